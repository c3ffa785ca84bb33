"""`tui-mail snooze` and `tui-mail remind`: conversations that come back at a time."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run, finish
from tui_mail.cli.call import Call, conversations_of, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import utc
from tui_mail.model.moments import shown
from tui_mail.model.safe_text import one_line
from tui_mail.model.views import View

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Ids and a time; without ids what is waited for is listed."""
    parser.add_argument(
        "id", nargs="*", type=reference, help="conversations (12) or messages (m34); none: list"
    )
    what = parser.add_mutually_exclusive_group()
    if name == "snooze":
        what.add_argument("--until", metavar="WHEN", help="'tomorrow 9', 'monday', 'in 2 hours' …")
        what.add_argument("--wake", action="store_true", help="back into the inbox now")
    else:
        what.add_argument("--by", metavar="WHEN", help="by when somebody should have answered")
        what.add_argument("--forget", action="store_true", help="wait no longer")
    add_dry_run(parser)


def run(call: Call) -> int:
    """Set or end times, or list them."""
    return with_context(call, _act if call.args.id else _list)


async def _act(call: Call, ctx: Context) -> int:
    from tui_mail.actions import reminding, times

    found, missing = await conversations_of(ctx, call.args.id)
    if missing:
        return refuse_missing(call, missing)
    snoozes = call.name == "snooze"
    dry_run = bool(call.args.dry_run)
    typed = call.args.until if snoozes else call.args.by
    if typed is None:
        if not (call.args.wake if snoozes else call.args.forget):
            options = "--until WHEN or --wake" if snoozes else "--by WHEN or --forget"
            return call.out.refuse(Code.USAGE, f"Say {options}.")
        end = reminding.wake if snoozes else reminding.forget
        return finish(call, await end(ctx, found, dry_run=dry_run))
    moment = times.parse(ctx, typed)
    set_ = reminding.snooze if snoozes else reminding.remind
    done = await set_(ctx, found, moment.at, dry_run=dry_run)
    code = finish(call, done, due_at=utc(moment.at))
    call.out.note(f"That is {times.words(ctx, moment)}.")
    return code


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.store import pages, reminders

    view = View.SNOOZED if call.name == "snooze" else View.FOLLOW_UP
    kind = reminders.SNOOZE if call.name == "snooze" else reminders.REMIND
    ids = await ctx.db.read(pages.ids, view)
    rows = await ctx.db.read(pages.rows_by_id, ids)
    due = await ctx.db.read(reminders.times, kind, ids)
    call.out.document(
        {
            "conversations": [
                {
                    "id": row.id,
                    "subject": row.subject,
                    "people": row.people,
                    "due_at": utc(due[row.id]),
                    "is_due": due[row.id] <= ctx.now(),
                }
                for row in rows
            ]
        }
    )
    call.out.rows(
        (
            (str(row.id), shown(due[row.id], ctx.now()), row.people, one_line(row.subject, 80))
            for row in rows
        ),
        ("id", "when", "people", "subject"),
    )
    if not rows and call.out.is_terminal:
        call.out.line("Nothing waits for a time.")
    return Code.OK
