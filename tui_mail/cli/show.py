"""`tui-mail show`: a conversation or one message as text, headers, raw mail or JSON."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call, engine_runs, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import Output, local, utc
from tui_mail.model.messages import FLAG_NAMES, Block, ReadableMail
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.reading import Opened, Reader
    from tui_mail.model.addresses import Address
    from tui_mail.store.messages import Message

_WAIT_SECONDS = 20.0


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the reader."""
    parser.add_argument("id", type=reference, help="a conversation (12) or a message (m34)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--headers", action="store_true", help="every header line")
    what.add_argument("--raw", action="store_true", help="the mail as it came (newest message)")
    parser.add_argument("--quotes", action="store_true", help="quoted text too")
    parser.add_argument(
        "--wait",
        type=float,
        metavar="SECONDS",
        help="how long to wait for a body that is still on the server",
    )


def run(call: Call) -> int:
    """Print the conversation."""
    return with_context(call, _show)


async def _show(call: Call, ctx: Context) -> int:
    from tui_mail.actions.reading import Reader

    found = await messages_of(ctx, call.args.id)
    if not found:
        kind, number = call.args.id
        return refuse_missing(call, [f"m{number}" if kind == "message" else str(number)])
    wait = call.args.wait
    if wait is None:
        wait = _WAIT_SECONDS if engine_runs(call) else 0.0
    reader = Reader(ctx)
    try:
        if call.args.raw:
            return await _raw(call, reader, found[-1], wait)
        opened = [await reader.open(message.id, wait=wait) for message in found]
        if call.out.as_json:
            slug = {row_id: slug for slug, row_id in ctx.account_ids.items()}
            call.out.document(
                {
                    "id": found[0].conversation_id,
                    "subject": found[0].subject,
                    "messages": [
                        {
                            **as_json(one, await people_of(ctx, one.message.id)),
                            "account": slug.get(one.message.account_id, ""),
                        }
                        for one in opened
                    ],
                }
            )
        for number, one in enumerate(opened):
            if number:
                call.out.line()
            _print(call, one, await people_of(ctx, one.message.id))
    finally:
        await reader.close()
    return Code.OK


async def messages_of(ctx: Context, wanted: tuple[str, int]) -> list[Message]:
    """The messages behind a conversation or message id, oldest first."""
    from tui_mail.store import messages

    kind, number = wanted
    if kind == "conversation":
        return await ctx.db.read(messages.of_conversation, number)
    message = await ctx.db.read(messages.message, number)
    return [message] if message is not None else []


async def people_of(ctx: Context, message_id: int) -> dict[str, list[Address]]:
    """The participants of a message by role."""
    from tui_mail.store import correspondents

    return await ctx.db.read(correspondents.of_message, message_id)


async def _raw(call: Call, reader: Reader, message: Message, wait: float) -> int:
    raw = await reader.raw(message.id, wait=wait)
    if raw is None:
        return call.out.refuse(
            Code.FAILED, "The mail is still on the server.", "Try again when the engine runs."
        )
    if call.out.as_json:
        call.out.document({"id": message.id, "raw": raw.decode("latin-1")})
    else:
        call.out.raw(raw)
    return Code.OK


def as_json(opened: Opened, people: dict[str, list[Address]]) -> dict[str, Any]:
    """One message with stable keys."""
    message, mail = opened.message, opened.mail
    value: dict[str, Any] = {
        "id": message.id,
        "message_id": message.message_id,
        "date": utc(message.date),
        "at": utc(message.sort_at),
        "subject": message.subject,
        **{
            role: [{"name": one.name, "address": one.address} for one in people.get(role, [])]
            for role in ("from", "reply_to", "to", "cc", "bcc")
        },
        "flags": flag_words(message.flags),
        "folders": list(message.folders),
        "state": message.state,
        "size": message.size,
        "waiting": opened.waiting,
    }
    if mail is None:
        return {**value, "text": None}
    value |= {
        "text": text_of(mail, quotes=True),
        "blocks": [{"kind": b.kind, "depth": b.depth, "text": b.text} for b in mail.blocks],
        "links": [
            {"number": one.number, "url": one.url, "host": one.host, "mismatch": one.mismatch}
            for one in mail.links
        ],
        "attachments": [
            {
                "part": one.part,
                "filename": one.filename,
                "content_type": one.content_type,
                "size": one.size,
                "inline": one.inline,
            }
            for one in mail.attachments
        ],
        "headers": [[name, text] for name, text in mail.headers],
        "trackers": mail.trackers,
        "remote_images": mail.remote_images,
        "notes": list(mail.notes),
        "problem": mail.problem,
    }
    return value


def flag_words(flags: int) -> list[str]:
    """Flags as people write them: `seen`, `flagged` …"""
    return [(flag.name or "").lower() for flag in FLAG_NAMES if flags & flag]


def _print(call: Call, opened: Opened, people: dict[str, list[Address]]) -> None:
    out, message, mail = call.out, opened.message, opened.mail
    if call.args.headers and mail is not None:
        out.line(f"m{message.id}", "bold")
        for name, text in mail.headers:
            out.line(f"{name}: {text}")
        return
    marks = [
        *(() if message.flags & 1 else ("unread",)),
        *(("starred",) if message.flags & 2 else ()),
    ]
    where = ", ".join([*message.folders, *marks])
    out.line(f"m{message.id}  {one_line(message.subject) or '(no subject)'}", "bold")
    out.line(f"{local(message.date or message.sort_at)}  {where}".rstrip(), "dim")
    for role, word in (("from", "From"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")):
        if people.get(role):
            out.line(f"{word}: {', '.join(map(_person, people[role]))}")
    out.line()
    if mail is None:
        out.line(f"({opened.waiting})")
        return
    _print_body(out, mail, quotes=call.args.quotes)


def _print_body(out: Output, mail: ReadableMail, *, quotes: bool) -> None:
    for note in (mail.problem, *mail.notes):
        if note:
            out.line(f"! {note}")
    if mail.invite is not None:
        invite = mail.invite
        out.line(f"Invitation ({invite.method}): {invite.summary}")
        out.line(f"  {invite.start} - {invite.end}  {invite.location}".rstrip())
    out.block(text_of(mail, quotes=quotes))
    if mail.links:
        out.line()
    for link in mail.links:
        warning = "  ! the text names another host" if link.mismatch else ""
        out.line(f"[{link.number}] {link.url}{warning}")
    if mail.attachments:
        out.line()
    for one in mail.attachments:
        out.line(f"attachment {one.part}: {one.filename} ({one.content_type}, {one.size:,} bytes)")
    if mail.trackers:
        out.line(f"{mail.trackers} trackers were not loaded.")


def text_of(mail: ReadableMail, *, quotes: bool) -> str:
    """The body as plain text; without `quotes`, folded runs are named instead."""
    parts: list[str] = []
    for block in mail.blocks:
        if block.kind in ("quote", "signature") and not quotes:
            lines = block.text.count("\n") + 1
            word = "quoted" if block.kind == "quote" else "signature"
            parts.append(f"[{lines} {word} line{'' if lines == 1 else 's'}]")
        else:
            parts.append(_quoted(block))
    return "\n".join(parts)


def _quoted(block: Block) -> str:
    if block.kind != "quote":
        return block.text
    mark = ">" * max(1, block.depth)
    return "\n".join(f"{mark} {line}".rstrip() for line in block.text.split("\n"))


def _person(person: Address) -> str:
    return f"{one_line(person.name)} <{person.address}>" if person.name else person.address
