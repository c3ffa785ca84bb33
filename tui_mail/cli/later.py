"""`tui-mail later`: mails that are sent at a time, and what to do with one that was missed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.outbox import about, as_json
from tui_mail.model.moments import shown
from tui_mail.store import outbox
from tui_mail.store.outbox import Outgoing

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    what = parser.add_subparsers(dest="what", metavar="list|show|cancel|reschedule")
    what.add_parser("list", parents=[common], help="mails that wait for their time")
    for word, text in (
        ("show", "one of them"),
        ("cancel", "make it a draft again"),
        ("reschedule", "send it at another time; also one that was missed"),
    ):
        one = what.add_parser(word, parents=[common], help=text)
        one.add_argument("id", type=int, help="its number in the outbox")
        if word == "reschedule":
            one.add_argument("when", nargs="+", help="tomorrow 9, mon 14:30, in 2 hours …")
        if word != "show":
            add_dry_run(one)


def run(call: Call) -> int:
    """Show or change what is planned."""
    return with_context(call, _list if call.args.what in (None, "list") else _one)


async def _list(call: Call, ctx: Context) -> int:
    rows = await ctx.db.read(outbox.planned)
    call.out.document({"later": [await as_json(ctx, row) for row in rows]})
    lines = []
    for row in rows:
        subject, to = await about(ctx, row)
        missed = "MISSED, " if row.state == "missed" else ""
        lines.append((str(row.id), missed + shown(row.not_before, ctx.now()), to, subject))
    call.out.rows(lines, ("id", "when", "to", "subject"))
    if not rows and call.out.is_terminal:
        call.out.line("No mail waits for its time.")
    return Code.FAILED if any(row.state == "missed" for row in rows) else Code.OK


async def _one(call: Call, ctx: Context) -> int:
    row = await ctx.db.read(outbox.get, call.args.id)
    if row is None or not (row.scheduled or row.state == "missed"):
        return call.out.refuse(
            Code.NOT_FOUND,
            f"No planned mail has the number {call.args.id}.",
            "`tui-mail later` shows them.",
        )
    if call.args.what == "show":
        return await _say(call, ctx, row, "")
    if row.state not in ("held", "missed"):
        return call.out.refuse(Code.FAILED, f"Too late: mail {row.id} is {row.state}.")
    return await _change(call, ctx, row)


async def _change(call: Call, ctx: Context, row: Outgoing) -> int:
    from tui_mail.actions import orders, sending, times

    dry_run = bool(call.args.dry_run)
    before = "Dry run, nothing changed: " if dry_run else ""
    if call.args.what == "cancel":
        done = dry_run or await sending.cancel(ctx, row.id)
        words = f"{before}mail {row.id} is a draft again"
    else:
        moment = times.parse(ctx, " ".join(call.args.when))
        done = dry_run or await orders.reschedule(ctx, row.id, moment.at)
        words = f"{before}mail {row.id} goes {times.words(ctx, moment)}"
    after = await ctx.db.read(outbox.get, row.id)
    if not done or after is None:
        return call.out.refuse(Code.FAILED, f"Too late: mail {row.id} is on its way.")
    return await _say(call, ctx, after, words[0].upper() + words[1:])


async def _say(call: Call, ctx: Context, row: Outgoing, words: str) -> int:
    call.out.document(
        {**await as_json(ctx, row), "dry_run": bool(getattr(call.args, "dry_run", False))}
    )
    subject, to = await about(ctx, row)
    if words:
        call.out.line(f"{words}.")
    else:
        call.out.line(f"Mail {row.id}: {row.state}", "bold")
        call.out.line(f"To: {to}")
        call.out.line(f"Subject: {subject}")
        call.out.line(f"When: {shown(row.not_before, ctx.now())}")
    return Code.OK
