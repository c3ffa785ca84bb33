"""`person`, `org`, `deal`, `lead`, `project`: the records, listed, shown, made and changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import (
    add_dry_run,
    finish,
    kind_of,
    missing_records,
    refuse_records,
)
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.record_fields import add_options, stage_of, typed
from tui_mail.errors import ActionError
from tui_mail.model.records import FIELDS, ITEM_KINDS, Ref, checked, parse_ref

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.cli.record_rows import Record

_STATUSES = {
    "deal": ("won", "lost", "reopen", "stage"),
    "lead": ("archive", "reopen", "convert"),
    "project": ("complete", "cancel", "reopen", "phase"),
}
_BECOMES = {"reopen": "open", "archive": "archived", "complete": "completed", "cancel": "canceled"}


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    kind = kind_of(name)
    verbs = ("list", "show", "add", "edit", "merge", "delete", *_STATUSES.get(kind, ()))
    what = parser.add_subparsers(dest="what", metavar="|".join(verbs))
    one_id = _id_of(kind)

    listing = what.add_parser(
        "list", parents=[common], help="those there are, or that are so called"
    )
    listing.add_argument("words", nargs="*", help="beginnings of words of names and addresses")
    listing.add_argument("--limit", type=_limit, default=50, help="at most so many (default: 50)")
    if kind in ITEM_KINDS:
        choices = next(field.choices for field in FIELDS[kind] if field.key == "status")
        listing.add_argument("--status", choices=choices, help="only these")
    if kind == "deal":
        listing.add_argument(
            "--quiet", action="store_true", help="open and silent for longer than its stage allows"
        )
        listing.add_argument(
            "--no-activity", action="store_true", help="open and with nothing planned"
        )
    if kind in ("deal", "project"):
        listing.add_argument("--stage" if kind == "deal" else "--phase", dest="stage")

    show = what.add_parser("show", parents=[common], help="one, with its mail and activities")
    show.add_argument("id", type=one_id)
    add = what.add_parser("add", parents=[common], help="make one")
    add_options(add, kind, new=True)
    edit = what.add_parser("edit", parents=[common], help="change fields; the others stay")
    edit.add_argument("id", type=one_id)
    add_options(edit, kind, new=False)
    delete = what.add_parser("delete", parents=[common], help="remove; mail stays")
    delete.add_argument("ids", nargs="+", type=one_id, metavar="id")
    merge = what.add_parser("merge", parents=[common], help="make one of several")
    merge.add_argument("id", type=one_id, help="the one that stays")
    merge.add_argument("ids", nargs="+", type=one_id, metavar="other", help="those that go")
    changing = [add, edit, delete, merge]
    for verb in _STATUSES.get(kind, ()):
        moves = verb in ("stage", "phase")
        text = (
            "make it a deal; its mail goes with it"
            if verb == "convert"
            else f"move it to another {verb}"
            if moves
            else f"it is {'open again' if verb == 'reopen' else _BECOMES.get(verb, verb)}"
        )
        one = what.add_parser(verb, parents=[common], help=text)
        one.add_argument("id", type=one_id)
        if moves:
            one.add_argument("stage", metavar=verb, help="its name or id")
        if verb == "lost":
            one.add_argument("--reason", default="", help="why")
        changing.append(one)
    for one in changing:
        add_dry_run(one)


def _id_of(kind: str) -> Callable[[str], Ref]:
    """`42` or `deal:42`, as the type of an argument."""

    def record_id(text: str) -> Ref:
        ref = parse_ref(text) or parse_ref(f"{kind}:{text}")
        if ref is None or ref.kind != kind:
            raise ValueError(text)
        return ref

    return record_id


def _limit(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1_000_000:
        raise ValueError(text)
    return number


def run(call: Call) -> int:
    """Show or change records."""
    work = {
        None: _list,
        "list": _list,
        "show": _show,
        "add": _add,
        "edit": _edit,
        "delete": _delete,
        "merge": _merge,
        "stage": _stage,
        "phase": _stage,
        "convert": _convert,
    }.get(call.args.what, _status)
    return with_context(call, work)


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.cli.record_rows import as_json, print_records
    from tui_mail.store import records

    kind = kind_of(call.name)
    try:
        found = await _found(call, ctx, kind)
    except ActionError as error:
        return call.out.refuse(Code.NOT_FOUND, error.message, error.hint)
    total = await ctx.db.read(records.count, kind)
    call.out.document(
        {"kind": kind, "total": total, "records": [as_json(record) for record in found]}
    )
    print_records(call.out, kind, found)
    if not found and call.out.is_terminal:
        call.out.line("Nothing here.")
    return Code.OK


async def _found(call: Call, ctx: Context, kind: str) -> list[Record]:
    """What the list shows: all by name, or those that the words find, best first."""
    from tui_mail.store import items, lanes, organizations, people

    args = call.args
    text = " ".join(getattr(args, "words", ()))
    limit: int = getattr(args, "limit", 50)
    if kind not in ITEM_KINDS:
        module: Any = people if kind == "person" else organizations
        if text:
            return list(await ctx.db.read(module.search, text, limit))
        return list(await ctx.db.read(module.page, 0, limit))
    status = getattr(args, "status", None) or ""
    named = getattr(args, "stage", None)
    stage_id = await stage_of(ctx, "stage" if kind == "deal" else "phase", named) if named else 0

    silent, unplanned = getattr(args, "quiet", False), getattr(args, "no_activity", False)

    def read(conn: Any) -> list[Record]:
        if silent or unplanned:
            late = lanes.overdue(conn, ctx.now(), silent=silent, unplanned=unplanned)
            refs = [ref for ref, _ in late]
            if text:
                named = {one.ref for one in items.search(conn, text, kind, 10_000)}
                refs = [ref for ref in refs if ref in named]
            matching = items.get_many(conn, refs)
        elif not text:
            return list(
                items.page(conn, kind, status=status, stage_id=stage_id, start=0, size=limit)
            )
        else:
            matching = items.search(conn, text, kind, 10_000)
        kept = [
            one for one in matching if status in ("", one.status) and stage_id in (0, one.stage_id)
        ]
        return list(kept[:limit])

    return await ctx.db.read(read)


async def _show(call: Call, ctx: Context) -> int:
    from tui_mail.cli.record_show import show

    ref: Ref = call.args.id
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    return await show(call, ctx, ref)


async def _add(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    kind = kind_of(call.name)
    try:
        values = await typed(ctx, kind, call.args)
        checked(kind, values, new=True)
        done = await crm.create(ctx, kind, values, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done, made=True)


async def _edit(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm
    from tui_mail.store import people, records

    ref: Ref = call.args.id
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    try:
        values = await typed(ctx, ref.kind, call.args)
        if "custom" in values:
            import json

            row = await ctx.db.read(records.row, ref)
            values["custom"] = {**json.loads(row["custom"]), **values["custom"]}
        if further := getattr(call.args, "add_address", None):
            person = await ctx.db.read(people.get, ref.id)
            kept = values.get("addresses") or (person.addresses if person else ())
            values["addresses"] = [*kept, *further]
        if not values:
            return call.out.refuse(
                Code.USAGE, "Say what to change.", f"See `tui-mail {call.name} edit --help`."
            )
        done = await crm.edit(ctx, ref, values, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)


async def _delete(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    refs = list(dict.fromkeys(call.args.ids))
    if missing := await missing_records(ctx, refs):
        return refuse_records(call, missing)
    return finish(call, await crm.delete(ctx, refs, dry_run=call.args.dry_run))


async def _merge(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    keep: Ref = call.args.id
    others = list(dict.fromkeys(call.args.ids))
    if missing := await missing_records(ctx, [keep, *others]):
        return refuse_records(call, missing)
    try:
        done = await crm.merge(ctx, keep, others, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)


async def _stage(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    ref: Ref = call.args.id
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    try:
        stage_id = await stage_of(ctx, call.args.what, call.args.stage)
    except ActionError as error:
        return call.out.refuse(Code.NOT_FOUND, error.message, error.hint)
    return finish(call, await crm.set_stage(ctx, ref, stage_id, dry_run=call.args.dry_run))


async def _convert(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    ref: Ref = call.args.id
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    try:
        done = await crm.convert_lead(ctx, ref, {}, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done, made=True)


async def _status(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    ref: Ref = call.args.id
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    status = _BECOMES.get(call.args.what, call.args.what)
    reason = getattr(call.args, "reason", "")
    done = await crm.set_status(ctx, ref, status, reason=reason, dry_run=call.args.dry_run)
    return finish(call, done)
