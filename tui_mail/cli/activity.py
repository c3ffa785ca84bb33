"""`activity`: what is planned and what was done."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run, finish, missing_records, record_ref, refuse_records
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.errors import ActionError
from tui_mail.model.records import ACTIVITY_TYPES, ITEM_KINDS, Ref

if TYPE_CHECKING:
    from tui_mail.actions.context import Context

_FIELDS = ("subject", "type", "due_date", "due_time", "duration", "note")


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    what = parser.add_subparsers(dest="what", metavar="list|add|done|reopen|edit|delete")
    listing = what.add_parser("list", parents=[common], help="what is open, by its day")
    listing.add_argument("record", nargs="?", type=record_ref, help="of a record (deal:42), all")
    listing.add_argument("--until", metavar="DAY", help="due up to this day (2026-11-30)")
    listing.add_argument("--limit", type=int, default=100, help="at most so many (default: 100)")
    add = what.add_parser("add", parents=[common], help="plan something")
    add.add_argument("record", type=record_ref, help="with what: deal:42, person:7 …")
    add.add_argument("subject", help="what is to be done")
    edit = what.add_parser("edit", parents=[common], help="change fields; the others stay")
    edit.add_argument("id", type=int)
    edit.add_argument("--subject", help="what is to be done")
    for one in (add, edit):
        one.add_argument("--type", choices=ACTIVITY_TYPES, help="what kind of thing")
        one.add_argument("--due", dest="due_date", metavar="DAY", help="2026-11-30")
        one.add_argument("--at", dest="due_time", metavar="TIME", help="09:30")
        one.add_argument("--minutes", dest="duration", type=int, help="how long it takes")
        one.add_argument("--note", help="more about it")
    done = what.add_parser("done", parents=[common], help="it is done")
    reopen = what.add_parser("reopen", parents=[common], help="it is open again")
    delete = what.add_parser("delete", parents=[common], help="remove it")
    for one in (done, reopen, delete):
        one.add_argument("id", type=int)
    for one in (add, edit, done, reopen, delete):
        add_dry_run(one)


def run(call: Call) -> int:
    """Show or change activities."""
    work = {None: _list, "list": _list, "add": _add}.get(call.args.what, _change)
    return with_context(call, work)


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.cli.record_rows import activity_json
    from tui_mail.store import activities, records

    ref: Ref | None = getattr(call.args, "record", None)
    limit = max(1, min(getattr(call.args, "limit", 100), 10_000))
    if ref is not None:
        if missing := await missing_records(ctx, [ref]):
            return refuse_records(call, missing)
        found = await ctx.db.read(activities.of_record, ref, limit)
    else:
        until = getattr(call.args, "until", None) or "9999-12-31"
        found = await ctx.db.read(activities.due, until, limit)
    of = {one.id: Ref(one.kind, one.item_id) for one in found if one.kind}
    titles = await ctx.db.read(records.titles, list(dict.fromkeys(of.values())))
    call.out.document({"activities": [activity_json(one) for one in found]})
    call.out.rows(
        (
            (
                str(one.id),
                "done" if one.done_at else f"{one.due_date or 'any day'} {one.due_time}".strip(),
                one.type,
                one.subject,
                titles.get(of[one.id], "") if one.id in of else "",
            )
            for one in found
        ),
        ("id", "when", "type", "subject", "with"),
    )
    if not found and call.out.is_terminal:
        call.out.line("Nothing is planned.")
    return Code.OK


def _typed(call: Call) -> dict[str, Any]:
    given = {key: getattr(call.args, key, None) for key in _FIELDS}
    return {key: value for key, value in given.items() if value is not None}


async def _add(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    ref: Ref = call.args.record
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    values = {"type": "task", **_typed(call)}
    if ref.kind in ITEM_KINDS:
        values |= {"kind": ref.kind, "item_id": ref.id}
    else:
        values[f"{ref.kind}_id"] = ref.id
    try:
        done = await crm.create_activity(ctx, values, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done, made=True)


async def _change(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm
    from tui_mail.store import activities

    number, dry_run = call.args.id, call.args.dry_run
    if await ctx.db.read(activities.get, number) is None:
        hint = "`tui-mail activity list` shows ids."
        return call.out.refuse(Code.NOT_FOUND, f"There is no activity {number}.", hint)
    if call.args.what == "delete":
        return finish(call, await crm.delete_activity(ctx, number, dry_run=dry_run))
    values = _typed(call) if call.args.what == "edit" else {"done": call.args.what == "done"}
    if not values:
        return call.out.refuse(Code.USAGE, "Say what to change.", "See `activity edit --help`.")
    try:
        done = await crm.edit_activity(ctx, number, values, dry_run=dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)
