"""FETCH: what is asked for, and each mail's answer (RFC 3501 §6.4.5, RFC 7162, X-GM-EXT-1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui_mail.demo import imap_parts
from tui_mail.demo.gmail_account import label_wire
from tui_mail.demo.imap_names import astring, literal
from tui_mail.demo.imap_session import Command
from tui_mail.demo.imap_wire import compress
from tui_mail.demo.mailboxes import Entry, Mail, date_wire, flags_wire
from tui_mail.errors import ProtocolError

if TYPE_CHECKING:
    from tui_mail.demo.imap_session import Session
    from tui_mail.demo.imap_wire import Args

Item = Callable[[Entry], bytes]

_NAME = re.compile(rb"[A-Za-z0-9.\-]+")
_SECTION = re.compile(rb"(\d+(?:\.\d+)*)?\.?([A-Za-z][A-Za-z.]*)?")
_PARTIAL = re.compile(rb"<(\d+)\.(\d+)>")
_MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}


def _flags(entry: Entry) -> bytes:
    return b"FLAGS " + flags_wire(entry.mail.flags)


def _uid(entry: Entry) -> bytes:
    return b"UID %d" % entry.uid


def _modseq(entry: Entry) -> bytes:
    return b"MODSEQ (%d)" % entry.modseq


_SIMPLE: dict[str, Item] = {
    "FLAGS": _flags,
    "UID": _uid,
    "MODSEQ": _modseq,
    "INTERNALDATE": lambda e: b"INTERNALDATE " + date_wire(e.mail.internal_date),
    "RFC822.SIZE": lambda e: b"RFC822.SIZE %d" % len(e.mail.raw),
    "ENVELOPE": lambda e: b"ENVELOPE " + e.mail.envelope,
    "BODYSTRUCTURE": lambda e: b"BODYSTRUCTURE " + imap_parts.structure(e.mail.tree),
    "BODY": lambda e: b"BODY " + imap_parts.structure(e.mail.tree, extended=False),
    "RFC822": lambda e: b"RFC822 " + literal(e.mail.raw),
    "RFC822.HEADER": lambda e: b"RFC822.HEADER " + literal(e.mail.header),
    "RFC822.TEXT": lambda e: b"RFC822.TEXT " + literal(e.mail.raw[e.mail.header_end :]),
}


class Request:
    """The items of one FETCH, ready to be answered for any mail."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.items: dict[str, Item] = {}
        self.marks_seen = False

    def read(self, args: Args) -> None:
        """Read a macro, one item or a list. Raises ProtocolError."""
        if args.skip(b"("):
            while not args.skip(b")"):
                self._read_item(args)
                args.skip(b" ")
        else:
            self._read_item(args)
        if not self.items:
            raise ProtocolError("Nothing to fetch")

    def _read_item(self, args: Args) -> None:
        name = args.take(_NAME, "an item").decode().upper()
        if name in ("BODY", "BODY.PEEK") and args.skip(b"["):
            self._read_section(args, peek=name == "BODY.PEEK")
        elif name in _MACROS:
            self.items.update({item: _SIMPLE[item] for item in _MACROS[name]})
        elif name.startswith("X-GM-"):
            self._read_gmail(name)
        elif name in _SIMPLE and (name != "MODSEQ" or self.session.has("CONDSTORE")):
            self.items[name] = _SIMPLE[name]
            self.marks_seen |= name in ("RFC822", "RFC822.TEXT")
            self.session.condstore |= name == "MODSEQ"
        else:
            raise ProtocolError(f"Unknown item {name}")

    def _read_gmail(self, name: str) -> None:
        account, view = self.session.gmail, self.session.selected
        if account is None:
            raise ProtocolError(f"Unknown item {name}")

        def labels(entry: Entry) -> bytes:
            shown = sorted(account.labels_for(entry.mail, view.mailbox))
            return b"X-GM-LABELS (%s)" % b" ".join(map(_label, shown))

        known: dict[str, Item] = {
            "X-GM-MSGID": lambda e: b"X-GM-MSGID %d" % e.mail.msgid,
            "X-GM-THRID": lambda e: b"X-GM-THRID %d" % e.mail.thrid,
            "X-GM-LABELS": labels,
        }
        if name not in known:
            raise ProtocolError(f"Unknown item {name}")
        self.items[name] = known[name]

    def _read_section(self, args: Args, *, peek: bool) -> None:
        match = _SECTION.match(args.data, args.pos)
        numbers, word = (match[1] or b"", (match[2] or b"").upper()) if match else (b"", b"")
        args.pos = match.end() if match else args.pos
        names: list[bytes] = []
        label = numbers + (b"." if numbers and word else b"") + word
        if word in (b"HEADER.FIELDS", b"HEADER.FIELDS.NOT"):
            args.space()
            names = args.astrings()
            label += b" (%s)" % b" ".join(astring(name) for name in names)
        elif word not in (b"", b"HEADER", b"TEXT", b"MIME") or (word == b"MIME" and not numbers):
            raise ProtocolError("Unknown section")
        args.expect(b"]")
        label = b"BODY[" + label + b"]"
        start, count = 0, -1
        if found := _PARTIAL.match(args.data, args.pos):
            start, count = int(found[1]), int(found[2])
            args.pos = found.end()
            label += b"<%d>" % start
        path = [int(number) for number in numbers.split(b".")] if numbers else []
        wanted = {name.lower() for name in names}

        def answer(entry: Entry) -> bytes:
            data = section(entry.mail, path, word, wanted)
            if data is None:
                return label + b" NIL"
            if count >= 0:
                data = data[start : start + count]
            return label + b" " + literal(data)

        self.items[label.decode("latin-1")] = answer
        self.marks_seen |= not peek


def _label(label: str) -> bytes:
    wire = label_wire(label)
    return wire if label.startswith("\\") else astring(wire)


def section(mail: Mail, path: list[int], word: bytes, names: set[bytes]) -> bytes | None:
    """The octets of a section; None when the mail has no such part."""
    inverted = word == b"HEADER.FIELDS.NOT"
    if not path:
        if not word:
            return mail.raw
        if word == b"TEXT":
            return mail.raw[mail.header_end :]
        if word == b"HEADER":
            return mail.header
        return imap_parts.select_fields(mail.header, names, inverted=inverted)
    part = imap_parts.find_part(mail.tree, path)
    if part is None:
        return None
    if not word:
        return part.body_bytes
    if word == b"MIME":
        return part.header_bytes
    inner = part.message
    if inner is None:
        return None
    if word == b"TEXT":
        return inner.body_bytes
    if word == b"HEADER":
        return inner.header_bytes
    return imap_parts.select_fields(inner.header_bytes, names, inverted=inverted)


async def fetch(session: Session, args: Args, *, by_uid: bool) -> bytes:
    """FETCH and UID FETCH, with CHANGEDSINCE and VANISHED."""
    numbers = args.set()
    args.space()
    request = Request(session)
    request.read(args)
    since, vanished = _modifiers(session, args, by_uid=by_uid)
    args.end()
    view = session.selected
    items = dict(request.items)
    if by_uid:
        items = {"UID": _uid, **items}
    if since is not None or (session.qresync and "FLAGS" in items):
        items["MODSEQ"] = _modseq
    if vanished and since is not None:
        gone = view.mailbox.vanished_since(since)
        wanted = [u for low, high in numbers.spans(1 << 32) for u in gone if low <= u <= high]
        if wanted:
            session.send(b"* VANISHED (EARLIER) " + compress(wanted))
    answers = list(items.values())
    marks = request.marks_seen and not view.read_only
    found = view.entries(numbers, by_uid=by_uid)
    if "newest-first" in session.host.ways:
        found = list(reversed(found))
    for number, entry in found:
        if since is not None and entry.modseq <= since:
            continue
        extra = b""
        if marks and "\\Seen" not in entry.mail.flags:
            session.user.set_mail_flags(entry.mail, entry.mail.flags | {"\\Seen"})
            view.known(entry.uid)
            extra = b"" if "FLAGS" in items else b" " + _flags(entry)
        session.send(b"* %d FETCH (%s%s)" % (number, b" ".join([a(entry) for a in answers]), extra))
        await session.flush_when_full()
    return b"Fetch completed"


def _modifiers(session: Session, args: Args, *, by_uid: bool) -> tuple[int | None, bool]:
    since: int | None = None
    vanished = False
    if args.skip(b" ("):
        while not args.skip(b")"):
            word = args.word()
            if word == "CHANGEDSINCE" and session.has("CONDSTORE"):
                args.space()
                since = args.number()
                session.condstore = True
            elif word == "VANISHED" and session.qresync and by_uid:
                vanished = True
            else:
                raise ProtocolError("Unknown modifier")
            args.skip(b" ")
    if vanished and since is None:
        raise ProtocolError("VANISHED needs CHANGEDSINCE")
    return since, vanished


COMMANDS = {
    "FETCH": Command(partial(fetch, by_uid=False), "selected", expunges=False),
    "UID FETCH": Command(partial(fetch, by_uid=True), "selected"),
}
