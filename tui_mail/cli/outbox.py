"""`tui-mail outbox`: what is on its way out, and what to do with mails that are stuck."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import local, utc
from tui_mail.store import outbox
from tui_mail.store.outbox import NEED_USER, Outgoing

if TYPE_CHECKING:
    from tui_mail.actions.context import Context

_WORDS = {
    "held": "waits, can be stopped",
    "missed": "was missed by hours; say whether it still goes",
    "queued": "is about to go",
    "retry_wait": "goes again later",
    "claimed": "is going",
    "connected": "is going",
    "envelope_ok": "is going",
    "body_sent": "is going",
    "dot_intent": "is being taken by the server",
    "accepted": "was taken by the server",
    "copy_pending": "was sent; its copy is being filed",
    "sent": "was sent",
    "partial": "went to some recipients only",
    "failed": "did not go",
    "uncertain": "may have gone; look before sending it again",
    "cancelled": "was stopped",
}


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    what = parser.add_subparsers(dest="what", metavar="list|show|cancel|resend|mark-sent")
    listing = what.add_parser("list", parents=[common], help="mails that are not done")
    listing.add_argument("--all", action="store_true", help="also sent and stopped ones")
    for word, text in (
        ("show", "one mail with its recipients"),
        ("cancel", "stop a mail that has not begun to go"),
        ("resend", "send a failed or uncertain mail again"),
        ("mark-sent", "an uncertain mail did go"),
    ):
        one = what.add_parser(word, parents=[common], help=text)
        one.add_argument("id", type=int)


def run(call: Call) -> int:
    """Show or change the outbox."""
    if call.args.what in (None, "list"):
        return with_context(call, _list)
    return with_context(call, _one)


async def _list(call: Call, ctx: Context) -> int:
    if getattr(call.args, "all", False):
        rows = await ctx.db.read(outbox.latest, 200)
    else:
        rows = await ctx.db.read(outbox.unfinished)
    call.out.document({"outbox": [await as_json(ctx, row) for row in rows]})
    lines = []
    for row in rows:
        subject, to = await about(ctx, row)
        lines.append((str(row.id), row.state, to, subject, row.error))
    call.out.rows(lines, ("id", "state", "to", "subject", "why"))
    if not rows and call.out.is_terminal:
        call.out.line("The outbox is empty.")
    return Code.FAILED if any(row.state in NEED_USER for row in rows) else Code.OK


async def _one(call: Call, ctx: Context) -> int:
    from tui_mail.actions import sending

    row = await ctx.db.read(outbox.get, call.args.id)
    if row is None:
        return call.out.refuse(Code.NOT_FOUND, f"The outbox holds no mail {call.args.id}.")
    if call.args.what == "show":
        return await _show(call, ctx, row)
    action = {
        "cancel": sending.cancel,
        "resend": sending.resend,
        "mark-sent": sending.mark_sent,
    }[call.args.what]
    if not await action(ctx, row.id):
        return call.out.refuse(
            Code.FAILED,
            f"Mail {row.id} {_WORDS.get(row.state, row.state)}; that cannot be done now.",
        )
    after = await ctx.db.read(outbox.get, row.id)
    assert after is not None
    call.out.document(await as_json(ctx, after))
    call.out.line(f"Mail {row.id} {_WORDS.get(after.state, after.state)}.")
    return Code.OK


async def _show(call: Call, ctx: Context, row: Outgoing) -> int:
    call.out.document(await as_json(ctx, row))
    subject, _ = await about(ctx, row)
    call.out.line(f"Mail {row.id} {_WORDS.get(row.state, row.state)}.", "bold")
    call.out.line(f"Subject: {subject}")
    call.out.line(f"From: {row.mail_from}")
    for one in await ctx.db.read(outbox.recipients, row.id):
        call.out.line(f"To: {one.address}: {one.state} {one.code} {one.answer}".rstrip())
    if row.error:
        call.out.line(f"Why: {row.error}")
    call.out.line(
        f"{row.size:,} bytes, {row.attempts} attempts, not before {local(row.not_before)}"
    )
    if row.next_at:
        call.out.line(f"Next attempt: {local(row.next_at)}")
    if row.queue_id:
        call.out.line(f"The server's name for it: {row.queue_id}")
    return Code.FAILED if row.state in NEED_USER else Code.OK


async def about(ctx: Context, row: Outgoing) -> tuple[str, str]:
    """Subject and recipients of a mail."""
    from tui_mail.store import messages

    message = await ctx.db.read(messages.message, row.message_id)
    people = await ctx.db.read(outbox.recipients, row.id)
    return message.subject if message else "", ", ".join(one.address for one in people)


async def as_json(ctx: Context, row: Outgoing) -> dict[str, Any]:
    """A mail of the outbox as commands give it."""
    subject, _ = await about(ctx, row)
    slugs = {row_id: slug for slug, row_id in ctx.account_ids.items()}
    return {
        "id": row.id,
        "account": slugs.get(row.account_id, ""),
        "state": row.state,
        "subject": subject,
        "message_id": row.message_id_header,
        "from": row.mail_from,
        "recipients": [
            {
                "address": one.address,
                "state": one.state,
                "code": one.code,
                "answer": one.answer,
            }
            for one in await ctx.db.read(outbox.recipients, row.id)
        ],
        "error": row.error,
        "attempts": row.attempts,
        "not_before": utc(row.not_before),
        "scheduled": row.scheduled,
        "next_at": utc(row.next_at),
        "created_at": utc(row.created_at),
        "size": row.size,
    }
