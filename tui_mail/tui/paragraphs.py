"""What the reader shows of a message, as paragraphs with a look. Pure.

The first column of the screen belongs to the program: what it says itself begins there with a bar,
and nothing of a mail ever does, so that no body can imitate it (SEC-4).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tui_mail.model.addresses import Address
from tui_mail.model.bidi import first_strong_is_rtl
from tui_mail.model.messages import Attachment, Block, DeliveryReport, Invite, ReadableMail
from tui_mail.model.safe_text import one_line, safe_line
from tui_mail.store.messages import Message
from tui_mail.tui.format import counted, number, short_date
from tui_mail.tui.reading import Entry, is_draft

Keys = Callable[[str], str]
"""Command id to the key as people read it."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INLINE_QUOTE = 3
"""Lines of a quote that stays open between answers."""
_MOST_PEOPLE = 6
_QUOTED = ("quote", "attribution")


class Para(NamedTuple):
    """One line of text before it is wrapped; safe text."""

    text: str
    look: str = "text"
    """`head`, `folded`, `bar`, `warn`, `fold` of the program; `text`, `quote`, `code`, `hidden`."""
    message: int = 0
    depth: int = 0
    rtl: bool = False
    right: str = ""
    """What stands at the right end of the first line."""


def long_date(at: int) -> str:
    """`Mon 16 Nov 2026 09:02` in the user's zone."""
    then = time.localtime(at)
    return (
        f"{_DAYS[then.tm_wday]} {then.tm_mday} {_MONTHS[then.tm_mon - 1]} {then.tm_year}"
        f" {then.tm_hour:02}:{then.tm_min:02}"
    )


def size_words(octets: int) -> str:
    """`812 B`, `25 kB`, `3.4 MB`."""
    if octets < 1000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{octets / 1000:.0f} kB"
    return f"{octets / 1_000_000:.1f} MB"


def person_words(person: Address) -> str:
    """Name and parsed address; the address is never left out."""
    name, address = one_line(person.name, 80), one_line(person.address, 120)
    if not address:
        return f"{name} (no address)".strip()
    return f"{name} <{address}>" if name and name != address else address


def of_message(entry: Entry, *, now: int, fold: bool, keys: Keys) -> list[Para]:
    """Everything that is shown of one message."""
    message = entry.message
    if not entry.unfolded:
        return [_folded(message, now)]
    paras = [_title(message)]
    paras += _header(entry)
    paras += [Para(text, "bar", message.id) for text in _facts(entry, keys)]
    paras += [Para(text, "warn", message.id) for text in _warnings(entry, keys)]
    paras += _cards(entry)
    paras.append(Para("", "text", message.id))
    paras += _body(entry, fold=fold, keys=keys)
    paras.append(Para("", "text", message.id))
    return paras


def sender_words(message: Message) -> str:
    """Who wrote it, in a few words."""
    if is_draft(message):
        return "Draft"
    return "me" if message.is_own else one_line(message.from_name or message.from_address, 60)


def _folded(message: Message, now: int) -> Para:
    mark = "●" if not message.flags & 1 and message.state == "received" else " "
    star = "★" if message.flags & 2 else ""
    who = sender_words(message) or "(nobody)"
    text = f"{mark}{who}{star}  {one_line(message.snippet, 200)}"
    return Para(text, "folded", message.id, right=short_date(message.sort_at, now))


def _title(message: Message) -> Para:
    star = " ★" if message.flags & 2 else ""
    mark = "●" if not message.flags & 1 and message.state == "received" else " "
    text = f"{mark}{sender_words(message) or '(nobody)'}{star}"
    when = long_date(message.date or message.sort_at)
    return Para(text, "head", message.id, right=when if message.date else f"{when} (no date)")


def _header(entry: Entry) -> Iterator[Para]:
    message = entry.message
    senders = entry.people.get("from") or [Address(message.from_name, message.from_address)]
    yield Para(f"From     {_several(senders)}", "bar", message.id)
    for role, word in (("reply_to", "Reply to"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")):
        people = entry.people.get(role, [])
        if role == "reply_to" and {p.key for p in people} <= {p.key for p in senders}:
            continue
        if people:
            yield Para(f"{word:<8} {_several(people)}", "bar", message.id)
    if entry.subject:
        yield Para(f"Subject  {one_line(entry.subject, 1000)}", "bar", message.id)


def _several(people: Sequence[Address]) -> str:
    shown = ", ".join(person_words(person) for person in people[:_MOST_PEOPLE])
    more = len(people) - _MOST_PEOPLE
    return f"{shown} and {number(more)} more" if more > 0 else shown


def _facts(entry: Entry, keys: Keys) -> Iterator[str]:
    message, mail = entry.message, entry.mail
    if entry.outgoing is not None:
        from tui_mail.tui.sending import outgoing_words

        yield from outgoing_words(*entry.outgoing, keys=keys)
    if is_draft(message):
        yield f"This is a draft; {keys('message.fold')} goes on writing it."
    if mail is None:
        return
    if mail.auth is not None:
        results = [
            f"{name} {value}"
            for name, value in (
                ("SPF", mail.auth.spf), ("DKIM", mail.auth.dkim), ("DMARC", mail.auth.dmarc),
            )
            if value
        ]  # fmt: skip
        if results:
            yield f"Checked by {mail.auth.authserv_id}: {', '.join(results)}"
    left_out = []
    if mail.trackers:
        left_out.append(f"{counted(mail.trackers, 'tracker')} removed")
    if mail.remote_images:
        left_out.append(f"{counted(mail.remote_images, 'remote image')} not loaded")
    if left_out:
        yield ", ".join(left_out)
    shown = [file for file in mail.attachments if not file.inline]
    if shown:
        yield f"{keys('message.attachments')} {attachment_words(shown)}"


def attachment_words(files: Sequence[Attachment]) -> str:
    """`2 attachments: a.pdf 25 kB, b.png 3 kB`."""
    named = ", ".join(f"{safe_line(file.filename, 60)} {size_words(file.size)}" for file in files)
    return f"{counted(len(files), 'attachment')}: {named}"


def _warnings(entry: Entry, keys: Keys) -> Iterator[str]:
    message, mail = entry.message, entry.mail
    if message.stranger:
        yield "The sender is not part of this conversation otherwise; only an id puts it here."
    if message.let_go:
        yield "Not synced any more, as you chose; this is the copy kept here."
    elif message.orphaned_at is not None:
        yield "Gone from the server; this is the copy kept here."
    if entry.waiting:
        yield entry.waiting
    if mail is None:
        for defect in message.defects:
            yield safe_line(defect, 200)
        return
    yield from mail.notes
    if mail.hidden:
        yield "The mail holds text that a mail program would not show; it stands at the end."
    for link in [link for link in mail.links if link.mismatch][:3]:
        yield f"Link [{link.number}] names another site than it goes to: {link.host}"
    if mail.problem:
        where = f"{keys('message.headers')} headers, {keys('message.source')} raw mail"
        yield f"This mail cannot be shown: {mail.problem} ({where})"


def _cards(entry: Entry) -> Iterator[Para]:
    mail = entry.mail
    if mail is None:
        return
    lines = [
        *(invite_lines(mail.invite) if mail.invite else ()),
        *(report_lines(mail.report) if mail.report else ()),
    ]
    if lines:
        yield Para("", "bar", entry.message.id)
    for line in lines:
        yield Para(line, "bar", entry.message.id)


def invite_lines(invite: Invite) -> Iterator[str]:
    """An invitation in lines."""
    words = {
        "REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation",
        "PUBLISH": "Event", "COUNTER": "Another time proposed",
    }  # fmt: skip
    yield f"{words.get(invite.method.upper(), 'Event')}: {invite.summary or '(no title)'}"
    end = f" – {moment_words(invite.end)}" if invite.end else ""
    yield f"When     {moment_words(invite.start) or '(no time)'}{end}" + (
        f", {invite.rule}" if invite.rule else ""
    )
    for word, value in (
        ("Where", invite.location), ("By", invite.organizer), ("Status", invite.status.lower()),
    ):  # fmt: skip
        if value:
            yield f"{word:<8} {value}"
    if invite.attendees:
        more = len(invite.attendees) - _MOST_PEOPLE
        people = ", ".join(invite.attendees[:_MOST_PEOPLE])
        yield f"With     {people}" + (f" and {more} more" if more > 0 else "")


def moment_words(moment: str) -> str:
    """A time of an invitation; what is given in UTC is shown in the user's zone."""
    if moment.endswith(" UTC"):
        try:
            at = datetime.fromisoformat(moment[:-4]).replace(tzinfo=UTC)
        except ValueError:
            return moment
        return long_date(int(at.timestamp()))
    return moment.replace("T", " ", 1) if moment[10:11] == "T" else moment


def report_lines(report: DeliveryReport) -> Iterator[str]:
    """A delivery report in lines: who, what became of it, why."""
    words = {
        "failed": "did not arrive at", "delayed": "is delayed for", "delivered": "arrived at",
        "relayed": "was passed on for", "expanded": "was sent on to the members of",
    }  # fmt: skip
    for one in report.recipients[:20]:
        code = f" ({one.status})" if one.status else ""
        reason = f": {one.diagnostic}" if one.diagnostic else ""
        yield f"The mail {words.get(one.action, one.action)} {one.address}{code}{reason}"


def _body(entry: Entry, *, fold: bool, keys: Keys) -> Iterator[Para]:
    mail = entry.mail
    if mail is None:
        if not entry.waiting and entry.message.snippet:
            yield from _lines(entry.message.id, Block("text", one_line(entry.message.snippet)))
        return
    folding = fold and not entry.quotes
    key = keys("message.quotes")
    for group in _groups(mail):
        kind = group[0].kind
        if kind == "hidden":
            yield Para("Hidden in the mail:", "fold", entry.message.id)
        elif folding and (count := _fold_count(mail, group)):
            what = "a signature of " if kind == "signature" else "quoted: "
            text = f"+ {what}{counted(count, 'line')} · {key} shows it"
            yield Para(text, "fold", entry.message.id)
            continue
        for block in group:
            yield from _lines(entry.message.id, block)


def _groups(mail: ReadableMail) -> Iterator[list[Block]]:
    """Neighbouring blocks that fold together."""
    group: list[Block] = []
    for block in mail.blocks:
        joins = group and block.kind in _QUOTED and group[0].kind in _QUOTED
        if group and not (joins or (block.kind == group[0].kind == "signature")):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _fold_count(mail: ReadableMail, group: Sequence[Block]) -> int:
    """Lines that are folded away; 0 when the group stays open."""
    kinds = {block.kind for block in group}
    if not kinds & {"quote", "signature"}:
        return 0
    written = any(
        block.kind not in (*_QUOTED, "signature", "hidden") and block.text.strip()
        for block in mail.blocks
    )
    count = sum(block.text.count("\n") + 1 for block in group)
    is_last = not any(
        block.kind not in ("signature", "hidden") for block in _after(mail.blocks, group[-1])
    )
    inline = kinds <= set(_QUOTED) and count <= _INLINE_QUOTE and not is_last
    return count if written and not inline else 0


def _after(blocks: Sequence[Block], last: Block) -> Sequence[Block]:
    for at in range(len(blocks) - 1, -1, -1):
        if blocks[at] is last:
            return blocks[at + 1 :]
    return ()


_LOOKS = {"quote": "quote", "attribution": "quote", "code": "code", "table": "code"}


def _lines(message_id: int, block: Block) -> Iterator[Para]:
    look = "hidden" if block.kind == "hidden" else _LOOKS.get(block.kind, "text")
    depth = min(block.depth, 6)
    for line in block.text.split("\n"):
        rtl = not line.isascii() and first_strong_is_rtl(line)
        yield Para(line, look, message_id, depth, rtl)
