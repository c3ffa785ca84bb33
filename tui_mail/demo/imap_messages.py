"""Commands that change mails: APPEND, STORE, COPY, MOVE, EXPUNGE."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

from tui_mail.demo.gmail_account import clean_label
from tui_mail.demo.imap_session import Command
from tui_mail.demo.imap_wire import compress
from tui_mail.demo.mailboxes import Entry, Mailbox, clean_flags, flags_wire
from tui_mail.errors import ProtocolError

if TYPE_CHECKING:
    from tui_mail.demo.imap_session import Session
    from tui_mail.demo.imap_view import View
    from tui_mail.demo.imap_wire import Args

_DATE_TIME = re.compile(
    rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_STORE_ITEM = re.compile(rb"([+-]?)(FLAGS|X-GM-LABELS)(\.SILENT)?", re.I)
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()


async def append(session: Session, args: Args) -> bytes:
    """APPEND, with APPENDUID where UIDPLUS is on (RFC 4315)."""
    name = args.mailbox()
    args.space()
    flags: list[str] = []
    if args.at(b"("):
        flags = args.flags()
        args.space()
    when: datetime | None = None
    if args.at(b'"'):
        when = _read_date_time(args)
        args.space()
    raw = args.string()
    args.end()
    box = session.user.target(name)
    uid = session.user.append(name, raw, flags, when)
    if session.has("UIDPLUS"):
        return b"[APPENDUID %d %d] Appended" % (box.uidvalidity, uid)
    return b"Appended"


def _read_date_time(args: Args) -> datetime:
    match = _DATE_TIME.fullmatch(args.take(_DATE_TIME, "a date and time"))
    try:
        assert match is not None
        away = timedelta(hours=int(match[8]), minutes=int(match[9]))
        zone = timezone(-away if match[7] == b"-" else away) if away else UTC
        month = _MONTHS.index(match[2].lower()) + 1
        day, year, hour, minute, second = (int(match[i]) for i in (1, 3, 4, 5, 6))
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise ProtocolError("Invalid date") from error


async def store(session: Session, args: Args, *, by_uid: bool) -> bytes:
    """STORE and UID STORE, for flags and Gmail's labels, with UNCHANGEDSINCE."""
    numbers = args.set()
    args.space()
    limit: int | None = None
    if session.has("CONDSTORE") and args.skip(b"(UNCHANGEDSINCE "):
        limit = args.number()
        args.expect(b") ")
        session.condstore = True
    match = _STORE_ITEM.fullmatch(args.take(_STORE_ITEM, "FLAGS"))
    assert match is not None
    sign, labels, silent = match[1], match[2].upper() != b"FLAGS", bool(match[3])
    args.space()
    gmail = session.gmail
    if labels and gmail is None:
        raise ProtocolError("Unknown item")
    if labels:
        values = frozenset(clean_label(label) for label in args.astrings())
    else:
        values = clean_flags(args.flags())
    args.end()
    view = session.writable()
    failed: list[int] = []
    for number, entry in view.entries(numbers, by_uid=by_uid):
        if limit is not None and entry.modseq > limit:
            failed.append(entry.uid if by_uid else number)
            continue
        mail = entry.mail
        if labels and gmail is not None:
            gmail.set_labels(mail, _combined(mail.labels, sign, values))
        else:
            session.user.set_mail_flags(mail, _combined(mail.flags, sign, values))
        if not labels and view.mailbox.has(entry.uid):
            _tell_stored(session, view, number, entry, by_uid=by_uid, silent=silent)
        await session.flush_when_full()
    if failed:
        return b"[MODIFIED %s] Conditional store failed" % compress(failed)
    return b"Store completed"


def _combined(old: frozenset[str], sign: bytes, values: frozenset[str]) -> frozenset[str]:
    return old | values if sign == b"+" else old - values if sign == b"-" else values


def _tell_stored(
    session: Session, view: View, number: int, entry: Entry, *, by_uid: bool, silent: bool
) -> None:
    view.known(entry.uid)
    items: list[bytes] = [b"UID %d" % entry.uid] if by_uid or session.qresync else []
    if not silent:
        items.append(b"FLAGS " + flags_wire(entry.mail.flags))
    if session.condstore:
        items.append(b"MODSEQ (%d)" % entry.modseq)
    if not silent or session.condstore:
        session.send(b"* %d FETCH (%s)" % (number, b" ".join(items)))


async def copy(session: Session, args: Args, *, by_uid: bool) -> bytes:
    """COPY and UID COPY, with COPYUID where UIDPLUS is on."""
    uids, target = _read_copy(session, args, by_uid=by_uid)
    pairs = session.user.copy(session.selected.mailbox, uids, target)
    if session.has("UIDPLUS") and pairs:
        return _copyuid(target, pairs) + b" Copied"
    return b"Copied"


async def move(session: Session, args: Args, *, by_uid: bool) -> bytes:
    """MOVE and UID MOVE (RFC 6851): COPYUID is told before the expunges."""
    session.writable()
    uids, target = _read_copy(session, args, by_uid=by_uid)
    pairs = session.user.move(session.selected.mailbox, uids, target)
    if session.has("UIDPLUS") and pairs:
        session.send(b"* OK " + _copyuid(target, pairs) + b" Moved")
    return b"Moved"


def _read_copy(session: Session, args: Args, *, by_uid: bool) -> tuple[list[int], Mailbox]:
    numbers = args.set()
    args.space()
    name = args.mailbox()
    args.end()
    uids = [entry.uid for _, entry in session.selected.entries(numbers, by_uid=by_uid)]
    return uids, session.user.target(name)


def _copyuid(target: Mailbox, pairs: list[tuple[int, int]]) -> bytes:
    """COPYUID; the sets keep their order, so that they can be read side by side."""
    if [new for _, new in pairs] == sorted(new for _, new in pairs):
        old, new = compress(o for o, _ in pairs), compress(n for _, n in pairs)
    else:
        old = b",".join(b"%d" % o for o, _ in pairs)
        new = b",".join(b"%d" % n for _, n in pairs)
    return b"[COPYUID %d %s %s]" % (target.uidvalidity, old, new)


async def expunge(session: Session, args: Args) -> bytes:
    """EXPUNGE."""
    args.end()
    return _expunge(session, None)


async def uid_expunge(session: Session, args: Args) -> bytes:
    """UID EXPUNGE (RFC 4315)."""
    numbers = args.set()
    args.end()
    return _expunge(session, [e.uid for _, e in session.selected.entries(numbers, by_uid=True)])


def _expunge(session: Session, uids: list[int] | None) -> bytes:
    box = session.writable().mailbox
    chosen = list(box.uids) if uids is None else uids
    session.user.remove(box, [uid for uid in chosen if "\\Deleted" in box.entries[uid].mail.flags])
    if session.qresync:
        return b"[HIGHESTMODSEQ %d] Expunged" % box.modseq
    return b"Expunged"


COMMANDS = {
    "APPEND": Command(append),
    "STORE": Command(partial(store, by_uid=False), "selected", expunges=False),
    "UID STORE": Command(partial(store, by_uid=True), "selected"),
    "COPY": Command(partial(copy, by_uid=False), "selected"),
    "UID COPY": Command(partial(copy, by_uid=True), "selected"),
    "MOVE": Command(partial(move, by_uid=False), "selected", "MOVE"),
    "UID MOVE": Command(partial(move, by_uid=True), "selected", "MOVE"),
    "EXPUNGE": Command(expunge, "selected"),
    "UID EXPUNGE": Command(uid_expunge, "selected", "UIDPLUS"),
}
