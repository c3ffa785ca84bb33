"""Bulk FETCH: headers, flags and bodies, read mail by mail straight from the buffered stream.

The usual shape of an answer is matched by one expression a line; any other shape goes through the
general parser. Entries without UID, for other UIDs, or without all items asked for are not
returned; they only make the folder dirty (L3, SYN-10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_mail.errors import ProtocolError
from tui_mail.imap.capabilities import Quirks
from tui_mail.imap.connection import Connection
from tui_mail.imap.link import MAX_LINE
from tui_mail.imap.reader import MAX_BODY, MAX_LITERAL, Malformed, Response, Token
from tui_mail.imap.responses import (
    DateReader,
    FlagReader,
    fetch_items,
    item_flags,
    item_id,
    item_modseq,
    number,
)
from tui_mail.imap.uidset import LAST, UidSet, parse_ranges
from tui_mail.imap.values import BodyItem, FlagChange, HeaderItem
from tui_mail.imap.wire import field_names

_BULK = 10_000_000
"""Responses to one flag fetch: a folder of millions is still read, one line at a time."""
_FLAG_LINES = re.compile(
    rb"^\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()\"{\r\n]*)\)(?: MODSEQ \((\d{1,19})\))?\)\r\n",
    re.MULTILINE,
)
_FLAG_LINE = re.compile(
    rb"\* \d+ FETCH \((?:(?:UID (\d{1,9})|FLAGS \(([^()\"{\r\n]*)\)|MODSEQ \((\d{1,18})\))"
    rb"(?: |(?=\)\Z)))+\)\Z"
)
_HEADER_LINE = re.compile(
    rb"\* \d+ FETCH \((?:(?:UID (\d{1,10})|FLAGS \(([^()\"{]*)\)|INTERNALDATE \"([^\"]{20,30})\""
    rb"|RFC822\.SIZE (\d{1,10})|MODSEQ \((\d{1,19})\)|EMAILID \(([A-Za-z0-9_-]{1,255})\)) )*"
    rb"BODY\[HEADER\.FIELDS \([^()]*\)\] \{(\d{1,7})\}\r\n\Z"
)
_BODY_LINE = re.compile(rb"\* \d+ FETCH \((?:UID (\d{1,10}) )?BODY\[\] \{(\d{1,10})\}\r\n\Z")
_TAIL = b")\r\n"


def uid_sets(uids: UidSet, quirks: Quirks) -> Iterator[UidSet]:
    """Split a set into arguments the server can read in one command."""
    yield from uids.chunks(max(200, quirks.command_octets - 300))


def _items(parts: Response) -> dict[bytes, Token] | None:
    try:
        return fetch_items(parts)
    except Malformed:
        return None


def _uid(items: dict[bytes, Token]) -> int:
    try:
        return number(items[b"UID"], LAST)
    except (KeyError, Malformed):
        return 0


class Fetcher:
    """Reads FETCH answers of one connection; remembers flag lists and days it has seen."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.flags = FlagReader()
        self._dates = DateReader()

    # -- flags -------------------------------------------------------------------------------

    def flag_change(self, parts: Response) -> FlagChange | None:
        """Read one FETCH response with UID and FLAGS; None for anything else."""
        usual = _FLAG_LINE.match(parts[0]) if len(parts) == 1 else None
        if usual is not None:
            uid, text, modseq = usual.groups()
            if uid is not None and text is not None and int(uid):
                return FlagChange(int(uid), *self.flags.read(text), int(modseq or 0))
        items = _items(parts)
        if items is None:
            return None
        uid = _uid(items)
        flags = item_flags(items, self.flags)
        if not uid or flags is None:
            return None
        try:
            return FlagChange(uid, flags[0], flags[1], item_modseq(items))
        except Malformed:
            return None

    def flag_batches(
        self, uids: UidSet, changed_since: int | None, vanished: list[tuple[int, int]] | None
    ) -> Iterator[list[FlagChange]]:
        """Yield the flags of `uids`, of those changed since a mod-sequence if one is given.

        With `vanished`, ranges the server reports as gone are added to it (RFC 7162 §3.2.6).
        """
        connection = self._connection
        modifier = b""
        if changed_since is not None:
            extra = b" VANISHED" if vanished is not None else b""
            modifier = b" (CHANGEDSINCE %d%s)" % (changed_since, extra)
        for part in uid_sets(uids, connection.quirks):
            command = b"UID FETCH " + part.wire() + b" (UID FLAGS)" + modifier
            tag, early = connection.start(command)
            for response in early:
                connection.note(response)
            yield from self._flag_blocks(tag, part, vanished)

    def _flag_blocks(
        self, tag: bytes, asked: UidSet, vanished: list[tuple[int, int]] | None
    ) -> Iterator[list[FlagChange]]:
        connection = self._connection
        link = connection.link
        link.allow_stream(connection.settings.timeout_command)
        file = link.file
        count = 0
        singly, penalty = 0, 1
        complete = False
        try:
            while count < _BULK:
                if singly == 0:
                    found, end, whole = _flag_run(file.peek(1))
                    # Odd lines among good ones must not make every line cost a whole block.
                    penalty = 1 if whole else min(penalty * 2, 512)
                    singly = 0 if whole else penalty
                    if found:
                        file.read(end)
                        count += len(found)
                        yield self._flag_block(found, asked)
                        continue
                singly = max(0, singly - 1)
                count += 1
                parts = connection.continued(file.readline(MAX_LINE + 1))
                if parts[0].startswith(tag + b" "):
                    complete = True
                    connection.finish(tag, parts)
                    return
                change = self._other_flag_line(parts, asked, vanished)
                if change is not None:
                    yield [change]
            raise ProtocolError("The server sent too many responses.")
        finally:
            if not complete:
                connection.close()

    def _flag_block(
        self, found: list[tuple[bytes, bytes, bytes]], asked: UidSet
    ) -> list[FlagChange]:
        read, known, new = self.flags.read, self.flags.known, tuple.__new__
        changes = []
        for uid, text, modseq in found:
            bits, keywords = known(text) or read(text)
            changes.append(new(FlagChange, (int(uid), bits, keywords, int(modseq or 0))))
        low, high = asked.lowest, asked.highest
        if len(asked.ranges) == 1:
            kept = [change for change in changes if low <= change[0] <= high]
        else:
            kept = [change for change in changes if change[0] in asked]
        if len(kept) < len(changes):
            self._connection.dirty = True
        return kept

    def _other_flag_line(
        self, parts: Response, asked: UidSet, vanished: list[tuple[int, int]] | None
    ) -> FlagChange | None:
        ranges = vanished_ranges(parts)
        if ranges is not None:
            if vanished is not None:
                vanished.extend(ranges)
            else:
                self._connection.dirty = True
            return None
        change = self.flag_change(parts)
        if change is not None and change.uid in asked:
            return change
        self._connection.note(parts)
        return None

    # -- headers -----------------------------------------------------------------------------

    def headers(
        self, uids: UidSet, fields: tuple[str, ...], *, gmail: bool, email_id: bool, modseq: bool
    ) -> Iterator[HeaderItem]:
        """Yield one row for each message that came back whole."""
        connection = self._connection
        items = [b"UID", b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"]
        if modseq:
            items.append(b"MODSEQ")
        if email_id:
            items.append(b"EMAILID")
        if gmail:
            items += [b"X-GM-MSGID", b"X-GM-THRID", b"X-GM-LABELS"]
        items.append(b"BODY.PEEK[HEADER.FIELDS " + field_names(fields) + b"]")
        wanted = b" (" + b" ".join(items) + b")"
        for part in uid_sets(uids, connection.quirks):
            tag, early = connection.start(b"UID FETCH " + part.wire() + wanted)
            for response in early:
                connection.note(response)
            yield from self._header_lines(tag, part)

    def _header_lines(self, tag: bytes, asked: UidSet) -> Iterator[HeaderItem]:
        connection = self._connection
        link = connection.link
        link.allow_stream(connection.settings.timeout_command)
        readline, read = link.file.readline, link.file.read
        match, read_flags, read_date = _HEADER_LINE.match, self.flags.read, self._dates.read
        low, high = asked.lowest, asked.highest
        dense = len(asked.ranges) == 1
        complete = False
        try:
            while True:
                line = readline(MAX_LINE + 1)
                found = match(line)
                if found is None:
                    parts = connection.continued(line)
                    if parts[0].startswith(tag + b" "):
                        complete = True
                        connection.finish(tag, parts)
                        return
                else:
                    uid, flags, date, size, modseq, email_id, length = found.groups()
                    octets = int(length)
                    if octets > MAX_LITERAL:
                        raise ProtocolError("The server sent more at once than can be taken.")
                    header = read(octets)
                    tail = readline(MAX_LINE + 1)
                    if tail == _TAIL and uid is not None and flags is not None and size is not None:
                        number_ = int(uid)
                        if low <= number_ <= high and (dense or number_ in asked):
                            bits, keywords = read_flags(flags)
                            yield HeaderItem(
                                number_,
                                bits,
                                keywords,
                                read_date(date) if date is not None else 0,
                                int(size),
                                int(modseq or 0),
                                header,
                                email_id=email_id.decode() if email_id else "",
                            )
                            continue
                    parts = [line[: line.rindex(b"{")], header, *connection.continued(tail, True)]
                item = self._header_item(parts)
                if item is not None and item.uid in asked:
                    yield item
                else:
                    connection.note(parts)
        finally:
            if not complete:
                connection.close()

    def _header_item(self, parts: Response) -> HeaderItem | None:
        items = _items(parts)
        if items is None:
            return None
        uid, flags = _uid(items), item_flags(items, self.flags)
        header, size = items.get(b"BODY[HEADER.FIELDS]"), items.get(b"RFC822.SIZE")
        if not uid or flags is None or not isinstance(header, bytes) or size is None:
            return None
        date, labels = items.get(b"INTERNALDATE"), items.get(b"X-GM-LABELS")
        try:
            return HeaderItem(
                uid=uid,
                flags=flags[0],
                keywords=flags[1],
                internal_date=self._dates.read(date) if isinstance(date, bytes) else 0,
                size=number(size),
                modseq=item_modseq(items),
                header=header,
                gm_msgid=_big_number(items.get(b"X-GM-MSGID")),
                gm_thrid=_big_number(items.get(b"X-GM-THRID")),
                gm_labels=_labels(labels),
                email_id=item_id(items, b"EMAILID"),
            )
        except Malformed:
            return None

    # -- bodies ------------------------------------------------------------------------------

    def bodies(self, uids: UidSet) -> Iterator[BodyItem]:
        """Yield whole messages as they come; a message the server does not give is left out."""
        connection = self._connection
        for part in uid_sets(uids, connection.quirks):
            tag, early = connection.start(b"UID FETCH " + part.wire() + b" (UID BODY.PEEK[])")
            for response in early:
                connection.note(response)
            yield from self._body_lines(tag, part)

    def _body_lines(self, tag: bytes, asked: UidSet) -> Iterator[BodyItem]:
        connection = self._connection
        link = connection.link
        link.allow_stream(connection.settings.timeout_command)
        readline = link.file.readline
        complete = False
        try:
            while True:
                line = readline(MAX_LINE + 1)
                found = _BODY_LINE.match(line)
                if found is None:
                    parts = connection.continued(line, literal_cap=MAX_BODY)
                    if parts[0].startswith(tag + b" "):
                        complete = True
                        connection.finish(tag, parts)
                        return
                else:
                    octets = int(found[2])
                    if octets > MAX_BODY:
                        raise ProtocolError("The server sent more at once than can be taken.")
                    raw = link.read(octets)
                    tail = readline(MAX_LINE + 1)
                    if tail == _TAIL and found[1] is not None and int(found[1]) in asked:
                        yield BodyItem(int(found[1]), raw)
                        continue
                    parts = [line[: line.rindex(b"{")], raw, *connection.continued(tail, True)]
                items = _items(parts) or {}
                body = items.get(b"BODY[]")
                if isinstance(body, bytes) and _uid(items) in asked:
                    yield BodyItem(_uid(items), body)
                else:
                    connection.note(parts)
        finally:
            if not complete:
                connection.close()

    def section(self, uid: int, name: bytes, partial: tuple[int, int] | None) -> bytes | None:
        """Fetch one section of one message, or `length` octets from `offset`; None when absent."""
        asked = UidSet.span(uid, uid)
        window = b"<%d.%d>" % partial if partial is not None else b""
        command = b"UID FETCH %d (UID BODY.PEEK[%s]%s)" % (uid, name, window)
        key = b"BODY[" + name + b"]"
        cap = MAX_BODY if partial is None else partial[1] + 65536
        result: bytes | None = None
        for parts in self._connection.stream(command, literal_cap=cap):
            items = _items(parts) or {}
            body = items.get(key)
            if isinstance(body, bytes) and _uid(items) in asked:
                result = body
            else:
                self._connection.note(parts)
        return result


def _flag_run(block: bytes) -> tuple[list[tuple[bytes, bytes, bytes]], int, bool]:
    """Match the usual flag lines at the start of a block.

    Returns their groups, where they end, and whether they are all complete lines of the block.
    """
    end = block.rfind(b"\n") + 1
    found = _FLAG_LINES.findall(block, 0, end)
    if len(found) == block.count(b"\n", 0, end):
        return found, end, True
    run: list[tuple[bytes, bytes, bytes]] = []
    reached = 0
    for match in _FLAG_LINES.finditer(block, 0, end):
        if match.start() != reached:
            break
        reached = match.end()
        run.append((match[1], match[2], match[3] or b""))
    return run, reached, False


def _labels(value: Token) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    from imapclient.imap_utf7 import decode

    names = []
    for name in value[:1000]:
        if isinstance(name, bytes):
            try:
                names.append(decode(name))
            except (UnicodeError, ValueError):
                names.append(name.decode("utf-8", "replace"))
    return tuple(names)


def _big_number(token: Token) -> int:
    if not isinstance(token, bytes) or not token.isdigit() or len(token) > 20:
        return 0
    return int(token)


def vanished_ranges(parts: Response) -> list[tuple[int, int]] | None:
    """Read VANISHED; None for another response. Raises ProtocolError when it cannot be read."""
    head = parts[0]
    if head[:11].upper() != b"* VANISHED ":
        return None
    text = head[11:].strip()
    if text[:9].upper() == b"(EARLIER)":
        text = text[9:].strip()
    return parse_ranges(text)
