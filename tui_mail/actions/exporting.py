"""Records as CSV and vCard, and everything of one record as a folder (`export deal:42`)."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.actions.reading import Reader, write_new
from tui_mail.errors import ActionError, MailError
from tui_mail.model.messages import ReadableMail
from tui_mail.model.money import plain_amount
from tui_mail.model.records import ITEM_KINDS, Item, Ref
from tui_mail.model.safe_text import one_line, safe_block
from tui_mail.store import activities, items, messages, organizations, people, record_mail, records
from tui_mail.store.messages import Message

_PAGE = 500
_HEADERS = {
    "person": "id name first_name last_name email phone job_title organization",
    "organization": "id name address domains",
    "deal": "id title person email organization value currency stage status expected_close created",
    "lead": "id title person email organization value currency status expected_close created",
    "project": "id title person email organization phase status end_date created",
}


async def export_csv(ctx: Context, kind: str) -> str:
    """Every record of a kind as CSV with a header; cells that a spreadsheet would run are quoted.

    What is exported is understood by the import again.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADERS[kind].split())
    start = 0
    while rows := await ctx.db.read(_rows, kind, start):
        writer.writerows([[defused(str(cell)) for cell in row] for row in rows])
        start += _PAGE
    return out.getvalue()


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one apostrophe before `= + - @` and tabs."""
    if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%"):
        try:
            float(text)
        except ValueError:
            return f"'{text}"
    return text


def _rows(conn: sqlite3.Connection, kind: str, start: int) -> list[list[Any]]:
    if kind == "person":
        return [
            [p.remote_id or p.id, p.name, p.first_name, p.last_name,
             ", ".join(a for a, _ in p.addresses), ", ".join(n for n, _ in p.phones),
             p.job_title, p.organization]
            for p in people.page(conn, start, _PAGE)
        ]  # fmt: skip
    if kind == "organization":
        return [
            [o.remote_id or o.id, o.name, o.address, ", ".join(o.domains)]
            for o in organizations.page(conn, start, _PAGE)
        ]
    return [_item_row(conn, item) for item in items.page(conn, kind, start=start, size=_PAGE)]


def _item_row(conn: sqlite3.Connection, item: Item) -> list[Any]:
    person = people.get(conn, item.person_id) if item.person_id else None
    address = person.addresses[0][0] if person and person.addresses else ""
    row: list[Any] = [item.ref.id, item.title, item.person, address, item.organization]
    if item.ref.kind != "project":
        row += [plain_amount(item.value, item.currency), item.currency]
    if item.ref.kind != "lead":
        row.append(item.stage)
    created = datetime.fromtimestamp(item.created_at, UTC).date().isoformat()
    return [*row, item.status, item.expected_close, created]


async def export_vcards(ctx: Context) -> str:
    """Every person as vCard 4.0."""
    from tui_mail.actions.vcards import write_vcards

    parts: list[str] = []
    start = 0
    while found := await ctx.db.read(people.page, start, _PAGE):
        parts.append(write_vcards(found))
        start += _PAGE
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Exported:
    """What a record's folder holds."""

    folder: Path
    messages: int
    attachments: int
    missing: int
    """Mails whose body is still on the server."""


async def export_record(ctx: Context, ref: Ref, folder: Path, *, wait: float = 0.0) -> Exported:
    """Write a record's mail to `messages.mbox`, its story to `timeline.md`, its files to
    `attachments/`, in an order that is the same every time.

    The folder must be new or empty. `wait` seconds are given to the engine for each body that is
    still on the server.
    """
    await ctx.db.read(records.need, ref)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ActionError(f"{folder} is not empty.")
    except OSError as error:
        raise ActionError(f"Cannot write into {folder}: {error.strerror}.") from error
    found = await ctx.db.read(_messages, ref)
    reader = Reader(ctx)
    box: list[bytes] = []
    opened: dict[int, ReadableMail | None] = {}
    files = missing = 0
    try:
        for number, message in enumerate(found, start=1):
            raw = await reader.raw(message.id, wait=wait)
            if raw is None:
                missing += 1
                opened[message.id] = None
                continue
            box.append(_mbox(raw, message))
            mail = (await reader.open(message.id)).mail
            opened[message.id] = mail
            for attachment in mail.attachments if mail else ():
                if not attachment.inline:
                    files += await _save(reader, folder, number, message.id, attachment.part)
    finally:
        await reader.close()
    write_new(folder, "messages.mbox", b"".join(box))
    text = await ctx.db.read(_timeline, ref, found, opened)
    write_new(folder, "timeline.md", text.encode())
    return Exported(folder, len(found), files, missing)


async def _save(reader: Reader, folder: Path, number: int, message_id: int, part: str) -> int:
    try:
        attachment, data = await reader.attachment(message_id, part)
    except (ActionError, MailError):
        return 0
    write_new(folder / "attachments", f"{number:04d}-{attachment.filename}", data)
    return 1


def _messages(conn: sqlite3.Connection, ref: Ref) -> list[Message]:
    """Every message of a record, oldest first; nothing deleted or screened."""
    found: list[Message] = []
    start = 0
    while ids := record_mail.conversation_ids(conn, ref, start, _PAGE):
        for cid in ids:
            found += [
                message
                for message in messages.of_conversation(conn, cid)
                if message.state in ("received", "sent") and not _screened(conn, message.id)
            ]
        start += _PAGE
    return sorted(found, key=lambda message: (message.sort_at, message.id))


def _screened(conn: sqlite3.Connection, message_id: int) -> bool:
    row = conn.execute("SELECT screened_by FROM messages WHERE id = ?", (message_id,)).fetchone()
    return row[0] is not None


def _mbox(raw: bytes, message: Message) -> bytes:
    """One mail in the mboxrd form: lines that begin with From get one more `>`."""
    at = datetime.fromtimestamp(message.sort_at, UTC)
    sender = "".join(c for c in message.from_address if 32 < ord(c) < 127) or "MAILER-DAEMON"
    lines = [
        b">" + line if line.lstrip(b">").startswith(b"From ") else line
        for line in raw.replace(b"\r\n", b"\n").split(b"\n")
    ]
    head = f"From {sender} {at:%a %b} {at.day:2d} {at:%H:%M:%S %Y}\n".encode()
    return head + b"\n".join(lines).rstrip(b"\n") + b"\n\n"


def _timeline(
    conn: sqlite3.Connection,
    ref: Ref,
    found: Sequence[Message],
    opened: dict[int, ReadableMail | None],
) -> str:
    """The story of a record as Markdown, oldest first."""
    lines = [f"# {_literal(records.titles(conn, [ref]).get(ref, str(ref)))}", ""]
    lines += [f"- {line}" for line in _facts(conn, ref)]
    entries: list[tuple[int, int, list[str]]] = []
    for number, message in enumerate(found, start=1):
        entries.append((message.sort_at, number, list(_mail(message, opened.get(message.id)))))
    for note in activities.notes(conn, ref, 10_000):
        text = ["**Note**", "", *_quoted(note.text)]
        entries.append((note.created_at, 1 << 40 | note.id, text))
    for activity in activities.of_record(conn, ref, 10_000):
        done = "done" if activity.done_at else "planned"
        due = f", due {activity.due_date} {activity.due_time}".rstrip() if activity.due_date else ""
        text = [f"**{activity.type.capitalize()}** ({done}{due}): {_literal(activity.subject)}"]
        entries.append((activity.done_at or activity.created_at, 1 << 41 | activity.id, text))
    for at, _, text in sorted(entries, key=lambda entry: entry[:2]):
        lines += ["", f"## {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC", "", *text]
    return "\n".join(lines) + "\n"


def _facts(conn: sqlite3.Connection, ref: Ref) -> Iterator[str]:
    if ref.kind in ITEM_KINDS:
        item = items.get(conn, ref)
        assert item is not None
        yield f"Status: {item.status}" + (f", {_literal(item.stage)}" if item.stage else "")
        if item.value:
            yield f"Value: {plain_amount(item.value, item.currency)} {item.currency}"
        if item.person:
            yield f"Person: {_literal(item.person)}"
        if item.organization:
            yield f"Organization: {_literal(item.organization)}"
    elif ref.kind == "person":
        person = people.get(conn, ref.id)
        assert person is not None
        for address, _ in person.addresses:
            yield _literal(address)
        if person.organization:
            yield f"Organization: {_literal(person.organization)}"


def _mail(message: Message, mail: ReadableMail | None) -> Iterator[str]:
    sender = message.from_name or message.from_address
    yield f"**{_literal(sender)}**: {_literal(message.subject or '(no subject)')}"
    yield ""
    if mail is None:
        yield "(the body is still on the server)"
        return
    for block in mail.blocks:
        if block.kind in ("text", "code", "table"):
            yield from _quoted(block.text)
    for attachment in mail.attachments:
        if not attachment.inline:
            yield f"- attached: {_literal(attachment.filename)}"


def _quoted(text: str) -> Iterator[str]:
    """Lines of a body as an indented block, in which no Markdown is read."""
    for line in safe_block(text).split("\n"):
        yield f"    {line}".rstrip()
    yield ""


def _literal(text: str) -> str:
    """One safe line in which no Markdown is read."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in one_line(text, 300))
