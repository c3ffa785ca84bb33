"""`note`: texts kept with records."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run, finish, missing_records, record_ref, refuse_records
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import local
from tui_mail.errors import ActionError
from tui_mail.model.records import MAX_TEXT, Ref
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands."""
    what = parser.add_subparsers(dest="what", metavar="list|add|edit|delete", required=True)
    listing = what.add_parser("list", parents=[common], help="the notes of a record")
    listing.add_argument("record", type=record_ref, help="deal:42, person:7 …")
    add = what.add_parser("add", parents=[common], help="keep a text with a record")
    add.add_argument("record", type=record_ref, help="deal:42, person:7 …")
    add.add_argument("text", help="the note; - is standard input")
    edit = what.add_parser("edit", parents=[common], help="write another text")
    edit.add_argument("id", type=int)
    edit.add_argument("text", help="the note; - is standard input")
    delete = what.add_parser("delete", parents=[common], help="remove a note")
    delete.add_argument("id", type=int)
    for one in (add, edit, delete):
        add_dry_run(one)


def run(call: Call) -> int:
    """Show or change notes."""
    work = {"list": _list, "add": _add}.get(call.args.what, _change)
    return with_context(call, work)


def _text(call: Call) -> str:
    text: str = call.args.text
    return sys.stdin.read(MAX_TEXT * 10 + 1) if text == "-" else text


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.cli.record_rows import note_json
    from tui_mail.store import activities

    ref: Ref = call.args.record
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    found = await ctx.db.read(activities.notes, ref, 1000)
    call.out.document({"record": str(ref), "notes": [note_json(one) for one in found]})
    call.out.rows(
        ((str(one.id), local(one.created_at), one_line(one.text, 300)) for one in found),
        ("id", "at", "text"),
    )
    return Code.OK


async def _add(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    ref: Ref = call.args.record
    if missing := await missing_records(ctx, [ref]):
        return refuse_records(call, missing)
    try:
        done = await crm.add_note(ctx, ref, _text(call), dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)


async def _change(call: Call, ctx: Context) -> int:
    from tui_mail.actions import crm

    text = "" if call.args.what == "delete" else _text(call)
    if call.args.what == "edit" and not text.strip():
        return call.out.refuse(Code.USAGE, "The note is empty.", "`note delete` removes it.")
    try:
        done = await crm.edit_note(ctx, call.args.id, text, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.NOT_FOUND, error.message, error.hint)
    return finish(call, done)
