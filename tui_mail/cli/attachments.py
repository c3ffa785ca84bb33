"""`tui-mail attachments`: list and save the files of a conversation or a message."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.cli.call import Call, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the attachments."""
    parser.add_argument("id", type=reference, help="a conversation (12) or a message (m34)")
    parser.add_argument("--save", type=Path, metavar="DIR", help="save them into DIR")
    parser.add_argument(
        "--part", action="append", metavar="PART", help="only this one, as the list calls it"
    )
    parser.add_argument("--inline", action="store_true", help="also images inside the text")


def run(call: Call) -> int:
    """List them, and save them if asked."""
    return with_context(call, _attachments)


async def _attachments(call: Call, ctx: Context) -> int:
    from tui_mail.actions.reading import Reader
    from tui_mail.cli.show import messages_of
    from tui_mail.store import messages

    found = await messages_of(ctx, call.args.id)
    if not found:
        kind, number = call.args.id
        return refuse_missing(call, [f"m{number}" if kind == "message" else str(number)])
    wanted = set(call.args.part or ())
    chosen = [
        (message.id, one)
        for message in found
        for one in await ctx.db.read(messages.attachments, message.id)
        if (call.args.inline or not one.inline)
        and (not wanted or wanted & {one.part, f"m{message.id}/{one.part}"})
    ]
    if wanted and not chosen:
        return call.out.refuse(Code.NOT_FOUND, "There is no such part.")
    saved: dict[tuple[int, str], Path] = {}
    if call.args.save is not None:
        reader = Reader(ctx)
        try:
            for message_id, one in chosen:
                path = await reader.save(message_id, one.part, call.args.save)
                saved[message_id, one.part] = path
        finally:
            await reader.close()
    call.out.document(
        {
            "attachments": [
                {
                    "message": message_id,
                    "part": one.part,
                    "filename": one.filename,
                    "content_type": one.content_type,
                    "size": one.size,
                    "inline": one.inline,
                    "saved": str(saved[message_id, one.part])
                    if (message_id, one.part) in saved
                    else None,
                }
                for message_id, one in chosen
            ]
        }
    )
    call.out.rows(
        (
            (
                f"m{message_id}/{one.part}",
                one.content_type,
                str(one.size),
                str(saved.get((message_id, one.part), one.filename)),
            )
            for message_id, one in chosen
        ),
        ("part", "type", "bytes", "saved as" if saved else "name"),
    )
    if not chosen and call.out.is_terminal:
        call.out.line("No attachments.")
    return Code.OK
