"""LIST, STATUS and SELECT."""

from __future__ import annotations

from collections.abc import Callable

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from tui_mail.errors import ActionError, ProtocolError, RefusedError
from tui_mail.imap.connection import Answer, Connection
from tui_mail.imap.fetching import Fetcher, vanished_ranges
from tui_mail.imap.reader import Malformed
from tui_mail.imap.responses import (
    StatusLine,
    list_response,
    server_text,
    status_line,
    status_response,
)
from tui_mail.imap.roles import with_roles
from tui_mail.imap.searching import fetched_uids
from tui_mail.imap.uidset import LAST, UidSet
from tui_mail.imap.values import (
    FlagChange,
    FolderStatus,
    ListedFolder,
    ListResult,
    Selected,
)
from tui_mail.imap.wire import astring

_BULK = 10_000_000
_MAX_FOLDERS = 50_000


def wire_name(name: str) -> bytes:
    """Encode a folder name for the wire. Raises ActionError for control characters."""
    if any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in name) or not name:
        raise ActionError("The name of a folder has a character in it that cannot be sent.")
    try:
        encoded: bytes = encode_utf7(name)
    except UnicodeError as error:
        raise ActionError(
            "The name of a folder has a character in it that cannot be sent."
        ) from error
    return encoded


def _status_names(has: Callable[[str], bool]) -> bytes:
    names = [b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN"]
    if has("CONDSTORE"):
        names.append(b"HIGHESTMODSEQ")
    return b"(" + b" ".join(names) + b")"


def list_folders(connection: Connection, has: Callable[[str], bool]) -> ListResult:
    """List folders line by line; a line that cannot be read is skipped and recorded (L10)."""
    returned = []
    if has("LIST-EXTENDED"):
        if has("SPECIAL-USE"):
            returned.append(b"SPECIAL-USE")
        if has("LIST-STATUS") and has("OBJECTID"):
            returned.append(b"STATUS (MAILBOXID)")
    plain = [b"LIST", b'""', b'"*"']
    if not returned:
        return _listed(connection, connection.run(*plain))
    try:
        answer = connection.run(*plain, b"RETURN (" + b" ".join(returned) + b")")
    except RefusedError:
        answer = connection.run(*plain)
    return _listed(connection, answer)


def _listed(connection: Connection, answer: Answer) -> ListResult:
    found: dict[bytes, ListedFolder] = {}
    counters: dict[bytes, FolderStatus] = {}
    skipped: list[str] = []
    for parts in answer.untagged:
        word = parts[0][:9].upper()
        try:
            if word.startswith(b"* LIST "):
                folder = list_response(parts, decode_utf7)
                if folder.wire_name and len(found) < _MAX_FOLDERS:
                    found.setdefault(folder.wire_name, folder)
            elif word == b"* STATUS ":
                name, status_ = status_response(parts)
                counters[b"INBOX" if name.upper() == b"INBOX" else name] = status_
            else:
                connection.note(parts)
        except Malformed:
            if len(skipped) < 100:
                skipped.append(server_text(b" ".join(parts)))
    folders = with_roles(
        [
            ListedFolder(
                wire_name=folder.wire_name,
                name=folder.name,
                delimiter=folder.delimiter,
                attributes=folder.attributes,
                status=counters.get(name),
            )
            for name, folder in found.items()
        ]
    )
    return ListResult(folders, tuple(skipped))


def status(connection: Connection, name: bytes, has: Callable[[str], bool]) -> FolderStatus:
    """Ask the counters of one folder.

    Not its MAILBOXID, which LIST and SELECT tell as well: Cyrus 3.6 answers here with octets of
    memory it has freed, line ends among them.
    """
    answer = connection.run(b"STATUS", astring(name), _status_names(has))
    result: FolderStatus | None = None
    for parts in answer.untagged:
        if parts[0][:9].upper() != b"* STATUS ":
            connection.note(parts)
            continue
        try:
            result = status_response(parts)[1]
        except Malformed:
            continue
    if result is None:
        raise RefusedError("The server gave no counters of the folder.", code="NOSTATUS")
    return result


class _Opening:
    """What the responses to one SELECT add up to."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self.numbers: dict[bytes, int] = {}
        self.permanent: frozenset[str] = frozenset()
        self.mailbox_id = ""
        self.read_only = False
        self.uid_not_sticky = False
        self.changes: list[FlagChange] = []
        self.vanished: list[tuple[int, int]] = []

    def take(self, parts: list[bytes]) -> None:
        """Add one untagged response."""
        head = parts[0]
        words = head[:40].upper().split(None, 3)
        if len(words) == 3 and words[2] == b"EXISTS" and words[1].isdigit():
            # Zimbra sends several rising numbers.
            self.numbers[b"EXISTS"] = max(self.numbers.get(b"EXISTS", 0), int(words[1]))
        elif len(words) > 2 and words[2] == b"FETCH":
            change = self._fetcher.flag_change(parts)
            if change is not None:
                self.changes.append(change)
        elif len(words) > 1 and words[1] == b"VANISHED":
            self.vanished.extend(vanished_ranges(parts) or ())
        else:
            # Exchange leaves out the OK before a response code.
            rest = head[2:] if not head.startswith(b"* [") else b"OK " + head[2:]
            line = status_line(rest)
            if line is not None:
                self.take_code(line)

    def take_code(self, line: StatusLine) -> None:
        """Add one response code."""
        code, arguments = line.code, line.arguments
        if code == b"CLOSED":
            self.changes.clear()
            self.vanished.clear()
            self.numbers.clear()
        elif code in (b"UIDVALIDITY", b"UIDNEXT", b"HIGHESTMODSEQ"):
            digits = arguments.strip()
            if digits.isdigit() and len(digits) < 20:
                self.numbers[code] = int(digits)
        elif code == b"PERMANENTFLAGS":
            names = arguments.strip(b"() ").split()
            self.permanent = frozenset(name.decode("latin-1") for name in names[:1000])
        elif code == b"MAILBOXID":
            self.mailbox_id = arguments.strip(b"() ").decode("ascii", "replace")[:255]
        elif code == b"UIDNOTSTICKY":
            self.uid_not_sticky = True
        elif code == b"READ-ONLY":
            self.read_only = True


def select(
    connection: Connection,
    fetcher: Fetcher,
    name: bytes,
    enabled: frozenset[str],
    has: Callable[[str], bool],
    qresync: tuple[int, int] | None,
) -> Selected:
    """Select a folder and harvest the answer; see `ImapSession.select`."""
    parameter = []
    asked = qresync is not None and "QRESYNC" in enabled and qresync[0] > 0 and qresync[1] > 0
    if asked and qresync is not None:
        parameter = [b"(QRESYNC (%d %d))" % qresync]
    elif not enabled & {"QRESYNC", "CONDSTORE"} and has("CONDSTORE"):
        parameter = [b"(CONDSTORE)"]
    connection.drain()
    connection.dirty = False
    opening = _Opening(fetcher)
    end: list[StatusLine] = []
    for parts in connection.stream(b"SELECT", astring(name), *parameter, cap=_BULK, end=end):
        opening.take(parts)
    if not end:
        raise ProtocolError("The server's answer to SELECT is incomplete.")
    opening.take_code(end[0])
    numbers = opening.numbers
    uidvalidity = numbers.get(b"UIDVALIDITY", 0)
    exists = numbers.get(b"EXISTS", 0)
    uidnext = min(numbers.get(b"UIDNEXT", 0), LAST)
    if not uidnext and exists and uidvalidity:
        uidnext = min(max(fetched_uids(connection, b"*"), default=0) + 1, LAST)
    same = asked and qresync is not None and uidvalidity == qresync[0]
    return Selected(
        exists=exists,
        uidvalidity=uidvalidity,
        uidnext=uidnext,
        highestmodseq=numbers.get(b"HIGHESTMODSEQ") or None,
        permanent_flags=opening.permanent,
        read_only=opening.read_only,
        uid_not_sticky=opening.uid_not_sticky,
        mailbox_id=opening.mailbox_id,
        qresync=same and bool(numbers.get(b"HIGHESTMODSEQ")),
        changes=opening.changes if same else [],
        vanished=UidSet.joined(opening.vanished) if same else UidSet(),
    )
