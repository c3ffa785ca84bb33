"""Commands about folders: selecting, listing, counting, making and removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.demo.imap_names import list_pattern, mailbox_name
from tui_mail.demo.imap_session import Command
from tui_mail.demo.imap_wire import NumberSet, compress
from tui_mail.demo.mailboxes import Mailbox, flags_wire
from tui_mail.errors import ProtocolError, RefusedError

if TYPE_CHECKING:
    from tui_mail.demo.imap_session import Session
    from tui_mail.demo.imap_view import View
    from tui_mail.demo.imap_wire import Args

_STATUS_ITEMS = frozenset(
    ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ", "SIZE", "DELETED")
)


async def select(session: Session, args: Args) -> bytes:
    """SELECT with the parameters of CONDSTORE and QRESYNC (RFC 7162)."""
    return await _open(session, args, read_only=False)


async def examine(session: Session, args: Args) -> bytes:
    """EXAMINE."""
    return await _open(session, args, read_only=True)


async def _open(session: Session, args: Args, *, read_only: bool) -> bytes:
    name = args.mailbox()
    known: tuple[int, int, NumberSet | None] | None = None
    if args.skip(b" "):
        known = _select_parameters(session, args)
    args.end()
    if session.view is not None and session.qresync:
        session.send(b"* OK [CLOSED] Previous mailbox closed")
    session.unselect()
    box = session.user.mailbox(name)
    view = session.select(box, read_only=read_only)
    names = " ".join(flag for flag in box.flag_names())
    session.send(f"* FLAGS ({names})".encode())
    allowed = "" if read_only else f"{names} \\*"
    session.send(f"* OK [PERMANENTFLAGS ({allowed})] Limited".encode())
    session.send(b"* %d EXISTS" % len(view.uids))
    session.send(b"* 0 RECENT")
    unseen = box.unseen()
    if unseen:
        session.send(b"* OK [UNSEEN %d] First unseen" % view.number(unseen[0]))
    session.send(b"* OK [UIDVALIDITY %d] UIDs valid" % box.uidvalidity)
    session.send(b"* OK [UIDNEXT %d] Predicted next UID" % box.uidnext)
    if session.has("CONDSTORE"):
        session.send(b"* OK [HIGHESTMODSEQ %d] Highest" % box.modseq)
    if known is not None and known[0] == box.uidvalidity:
        _resync(session, view, known[1], known[2])
        await session.flush()
    return b"[READ-ONLY] Examined" if read_only else b"[READ-WRITE] Selected"


def _select_parameters(session: Session, args: Args) -> tuple[int, int, NumberSet | None] | None:
    known: tuple[int, int, NumberSet | None] | None = None
    args.expect(b"(")
    while not args.skip(b")"):
        word = args.word()
        if word == "CONDSTORE" and session.has("CONDSTORE"):
            session.condstore = True
        elif word == "QRESYNC" and session.qresync:
            args.expect(b" (")
            uidvalidity = args.number()
            args.space()
            modseq, uids = args.number(), None
            if args.skip(b" ") and not args.at(b"("):
                uids = args.set()
                args.skip(b" ")
            if args.skip(b"("):
                args.set()
                args.space()
                args.set()
                args.expect(b")")
            args.expect(b")")
            known = uidvalidity, modseq, uids
        else:
            raise ProtocolError("Unknown parameter")
        args.skip(b" ")
    return known


def _resync(session: Session, view: View, modseq: int, known: NumberSet | None) -> None:
    """What happened since the client was here last (RFC 7162 §3.2.5)."""
    box = view.mailbox
    gone = box.vanished_since(modseq)
    if known is not None:
        gone = known.pick(gone)
    if gone:
        session.send(b"* VANISHED (EARLIER) " + compress(gone))
    wanted = known.pick(box.uids) if known is not None else None
    limit = set(wanted) if wanted is not None else None
    for entry in box.changed_since(modseq):
        if limit is None or entry.uid in limit:
            session.send(
                b"* %d FETCH (UID %d FLAGS %s MODSEQ (%d))"
                % (view.number(entry.uid), entry.uid, flags_wire(entry.mail.flags), entry.modseq)
            )


async def list_folders(session: Session, args: Args) -> bytes:
    """LIST, with selection and return options where LIST-EXTENDED is on (RFC 5258, 5819, 6154)."""
    extended = session.has("LIST-EXTENDED") or session.has("SPECIAL-USE")
    chosen: set[str] = set()
    if extended and args.at(b"("):
        chosen = set(args.words())
        args.space()
    reference = args.mailbox()
    args.space()
    patterns: list[str] = []
    if extended and args.skip(b"("):
        while not args.skip(b")"):
            patterns.append(args.list_mailbox())
            args.skip(b" ")
    else:
        patterns.append(args.list_mailbox())
    returned: set[str] = set()
    status: list[str] = []
    if extended and args.skip(b" RETURN ("):
        while not args.skip(b")"):
            word = args.word()
            returned.add(word)
            if word == "STATUS":
                args.space()
                status = _status_items(args)
            args.skip(b" ")
    args.end()
    if patterns == [""]:
        session.send(b'* LIST (\\Noselect) "/" ""')
        return b"List completed"
    for box in _matching(session, reference, patterns):
        if "SUBSCRIBED" in chosen and not box.subscribed:
            continue
        if "SPECIAL-USE" in chosen and not box.special_use:
            continue
        attributes = _attributes(session, box)
        if box.subscribed and ("SUBSCRIBED" in chosen or "SUBSCRIBED" in returned):
            attributes.append("\\Subscribed")
        session.send(_list_line("LIST", attributes, box))
        if status and box.selectable:
            session.send(_status_line(session, box, status))
    return b"List completed"


async def lsub(session: Session, args: Args) -> bytes:
    """LSUB."""
    reference = args.mailbox()
    args.space()
    pattern = args.list_mailbox()
    for box in _matching(session, reference, [pattern]):
        if box.subscribed:
            session.send(_list_line("LSUB", [], box))
    return b"Lsub completed"


def _matching(session: Session, reference: str, patterns: list[str]) -> list[Mailbox]:
    wanted = [list_pattern(reference, pattern) for pattern in patterns]
    boxes = session.user.mailboxes
    return [boxes[name] for name in sorted(boxes) if any(p.match(name) for p in wanted)]


def _attributes(session: Session, box: Mailbox) -> list[str]:
    out = [] if box.selectable else ["\\Noselect"]
    if session.has("CHILDREN"):
        below = any(name.startswith(box.name + "/") for name in session.user.mailboxes)
        out.append("\\HasChildren" if below else "\\HasNoChildren")
    if box.special_use and session.has("SPECIAL-USE"):
        out.append(box.special_use)
    return out


def _list_line(word: str, attributes: list[str], box: Mailbox) -> bytes:
    return f'* {word} ({" ".join(attributes)}) "/" '.encode() + mailbox_name(box.name)


async def status(session: Session, args: Args) -> bytes:
    """STATUS."""
    name = args.mailbox()
    args.space()
    items = _status_items(args)
    args.end()
    session.send(_status_line(session, session.user.mailbox(name), items))
    return b"Status completed"


def _status_items(args: Args) -> list[str]:
    items = args.words()
    if not items or not set(items) <= _STATUS_ITEMS:
        raise ProtocolError("Unknown status item")
    return items


def _status_line(session: Session, box: Mailbox, items: list[str]) -> bytes:
    if "HIGHESTMODSEQ" in items:
        if not session.has("CONDSTORE"):
            raise ProtocolError("Unknown status item")
        session.condstore = True
    values: list[str] = []
    for item in items:
        if item == "MESSAGES":
            value = len(box.entries)
        elif item == "UIDNEXT":
            value = box.uidnext
        elif item == "UIDVALIDITY":
            value = box.uidvalidity
        elif item == "UNSEEN":
            value = len(box.unseen())
        elif item == "HIGHESTMODSEQ":
            value = box.modseq
        elif item == "SIZE":
            value = box.size()
        elif item == "DELETED":
            value = sum("\\Deleted" in e.mail.flags for e in box.entries.values())
        else:
            value = 0
        values.append(f"{item} {value}")
    return b"* STATUS " + mailbox_name(box.name) + f" ({' '.join(values)})".encode()


async def create(session: Session, args: Args) -> bytes:
    """CREATE, with `(USE (\\Archive))` of RFC 6154."""
    name = args.mailbox()
    special_use = ""
    if args.skip(b" ("):
        if args.word() != "USE":
            raise ProtocolError("Unknown parameter")
        args.space()
        special_use = next(iter(args.flags()), "")
        args.expect(b")")
    args.end()
    session.user.create(name, special_use=special_use)
    return b"Created"


async def delete(session: Session, args: Args) -> bytes:
    """DELETE."""
    name = args.mailbox()
    args.end()
    if session.view is not None and session.view.mailbox.name == name:
        session.unselect()
    session.user.delete(name)
    return b"Deleted"


async def rename(session: Session, args: Args) -> bytes:
    """RENAME."""
    old = args.mailbox()
    args.space()
    new = args.mailbox()
    args.end()
    session.user.rename(old, new)
    return b"Renamed"


async def subscribe(session: Session, args: Args) -> bytes:
    """SUBSCRIBE."""
    return _subscription(session, args, wanted=True)


async def unsubscribe(session: Session, args: Args) -> bytes:
    """UNSUBSCRIBE."""
    return _subscription(session, args, wanted=False)


def _subscription(session: Session, args: Args, *, wanted: bool) -> bytes:
    name = args.mailbox()
    args.end()
    box = session.user.mailboxes.get(name)
    if box is None:
        raise RefusedError("No such mailbox", code="NONEXISTENT")
    box.subscribed = wanted
    return b"Done"


async def close(session: Session, args: Args) -> bytes:
    """CLOSE: expunge in silence and leave."""
    args.end()
    view = session.selected
    box = view.mailbox
    session.unselect()
    if not view.read_only:
        deleted = [u for u, e in box.entries.items() if "\\Deleted" in e.mail.flags]
        session.user.remove(box, deleted)
    return b"Closed"


async def unselect(session: Session, args: Args) -> bytes:
    """UNSELECT (RFC 3691)."""
    args.end()
    session.unselect()
    return b"Unselected"


COMMANDS = {
    "SELECT": Command(select),
    "EXAMINE": Command(examine),
    "LIST": Command(list_folders),
    "LSUB": Command(lsub),
    "STATUS": Command(status),
    "CREATE": Command(create),
    "DELETE": Command(delete),
    "RENAME": Command(rename),
    "SUBSCRIBE": Command(subscribe),
    "UNSUBSCRIBE": Command(unsubscribe),
    "CLOSE": Command(close, "selected"),
    "UNSELECT": Command(unselect, "selected", "UNSELECT"),
}
