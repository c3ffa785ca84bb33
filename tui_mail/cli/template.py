"""`template`: mails to begin with."""

from __future__ import annotations

import argparse
import mimetypes
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run, finish
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import local, utc
from tui_mail.cli.typed_text import add_text, edited, given_text, read_text
from tui_mail.errors import ActionError
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.store.drafts import DraftFile
    from tui_mail.store.templates import Template

_WORDS = "list|show|add|edit|order|remove|import|export|restore"


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands."""
    what = parser.add_subparsers(dest="what", metavar=_WORDS, required=True)
    listing = what.add_parser("list", parents=[common], help="every template in its order")
    listing.add_argument("words", nargs="*", help="only those that hold these words")
    show = what.add_parser("show", parents=[common], help="one template")
    show.add_argument("name")
    show.add_argument("--versions", action="store_true", help="how it was before each change")
    add = what.add_parser("add", parents=[common], help="add a template")
    edit = what.add_parser("edit", parents=[common], help="change one; without options, in $EDITOR")
    edit.add_argument("--name", dest="new_name", help="another name")
    for one in (add, edit):
        one.add_argument("name")
        one.add_argument("--subject")
        add_text(one)
        one.add_argument("--attach", action="append", type=Path, default=[], metavar="FILE")
        who = one.add_mutually_exclusive_group()
        who.add_argument("--company", dest="shared", action="store_true", default=None)
        who.add_argument("--private", dest="shared", action="store_false")
    order = what.add_parser("order", parents=[common], help="move one in the order")
    order.add_argument("name")
    order.add_argument("place", type=int, help="1 is first")
    remove = what.add_parser("remove", parents=[common], help="remove one; undo brings it back")
    remove.add_argument("name")
    taking = what.add_parser("import", parents=[common], help="take templates from files")
    taking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    taking.add_argument("--replace", action="store_true", help="also those whose name is known")
    export = what.add_parser("export", parents=[common], help="write one as a file")
    export.add_argument("name")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="else standard output")
    restore = what.add_parser("restore", parents=[common], help="bring an earlier version back")
    restore.add_argument("name")
    restore.add_argument("version", type=int, help="as `show --versions` names it")
    for one in (add, edit, order, remove, taking, restore):
        add_dry_run(one)


def run(call: Call) -> int:
    """Show or change templates."""
    work = {"list": _list, "show": _show, "add": _add, "edit": _edit, "import": _import,
            "export": _export}.get(call.args.what, _change)  # fmt: skip
    return with_context(call, work)


def _json(one: Template) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "subject": one.subject,
        "shared": one.shared,
        "changed": utc(one.updated_at),
    }


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.store import templates

    found = [one for one, _ in await ctx.db.read(templates.holding, call.args.words)]
    call.out.document({"templates": [_json(one) for one in found]})
    call.out.rows(
        (
            (one.name, one.subject, "company" if one.shared else "private", local(one.updated_at))
            for one in found
        ),
        ("name", "subject", "for", "changed"),
    )
    return Code.OK


async def _show(call: Call, ctx: Context) -> int:
    from tui_mail.actions.templates import named
    from tui_mail.store import templates

    one = await named(ctx, call.args.name)
    if call.args.versions:
        past = await ctx.db.read(templates.versions, one.id)
        shown = [{"version": v.journal_id, "until": utc(v.until), "name": v.name,
                  "subject": v.subject, "body": v.body} for v in past]  # fmt: skip
        call.out.document({"template": _json(one), "versions": shown})
        call.out.rows(
            ((str(v.journal_id), local(v.until), v.subject, one_line(v.body, 200)) for v in past),
            ("version", "until", "subject", "text"),
        )
        return Code.OK
    files = await ctx.db.read(templates.files, one.id)
    kinds = [{"filename": f.filename, "content_type": f.content_type, "size": len(f.data)}
             for f in files]  # fmt: skip
    call.out.document({**_json(one), "body": one.body, "files": kinds})
    call.out.line(f"Name: {one.name}")
    call.out.line(f"For: {'the company' if one.shared else 'you'}")
    call.out.line(f"Subject: {one.subject}")
    for file in files:
        call.out.line(f"File: {file.filename} ({len(file.data):,} bytes)")
    call.out.line()
    call.out.block(one.body)
    return Code.OK


def _files(call: Call) -> list[DraftFile]:
    from tui_mail.actions.keeping import free_names
    from tui_mail.store.drafts import DraftFile

    found = []
    for path in call.args.attach:
        try:
            data = path.expanduser().read_bytes()
        except OSError as error:
            raise ActionError(f"Cannot read {path}: {error.strerror}.") from error
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found.append(DraftFile(path.name, kind, data))
    return free_names(found, ())[0]


async def _add(call: Call, ctx: Context) -> int:
    from tui_mail.actions import templates

    body = given_text(call.args)
    if body is None:
        body = sys.stdin.read() if not sys.stdin.isatty() else edited(ctx, "template", "")
    done = await templates.add(
        ctx,
        call.args.name,
        call.args.subject or "",
        body,
        shared=bool(call.args.shared),
        files=_files(call),
        dry_run=call.args.dry_run,
    )
    return finish(call, done, made=True)


async def _edit(call: Call, ctx: Context) -> int:
    from tui_mail.actions import templates
    from tui_mail.store import templates as rows

    args = call.args
    one = await templates.named(ctx, args.name)
    body, files = given_text(args), None
    if args.attach:
        files = [*await ctx.db.read(rows.files, one.id), *_files(call)]
    if body is None and not args.attach and not any((args.subject, args.new_name)):
        body = edited(ctx, "template", one.body) if args.shared is None else None
    done = await templates.edit(
        ctx,
        one,
        name=args.new_name,
        subject=args.subject,
        body=body,
        shared=args.shared,
        files=files,
        dry_run=args.dry_run,
    )
    return finish(call, done)


async def _change(call: Call, ctx: Context) -> int:
    from tui_mail.actions import templates

    one, dry_run = await templates.named(ctx, call.args.name), bool(call.args.dry_run)
    if call.args.what == "remove":
        done = await templates.remove(ctx, one, dry_run=dry_run)
    elif call.args.what == "order":
        done = await templates.place(ctx, one, call.args.place - 1, dry_run=dry_run)
    else:
        done = await templates.restore(ctx, one, call.args.version, dry_run=dry_run)
    return finish(call, done)


async def _import(call: Call, ctx: Context) -> int:
    from tui_mail.actions import templates

    done = None
    for path in call.args.files:
        one = await templates.imported(
            ctx, read_text(path), replace_known=call.args.replace, dry_run=call.args.dry_run
        )
        done = one if done is None else replace(one, records=(*done.records, *one.records))
        call.out.note(one.summary)
    assert done is not None
    return finish(call, done, made=True)


async def _export(call: Call, ctx: Context) -> int:
    from tui_mail.actions import templates

    data = (await templates.exported(ctx, await templates.named(ctx, call.args.name))).encode()
    if call.args.output is None:
        call.out.raw(data)
        return Code.OK
    try:
        call.args.output.write_bytes(data)
    except OSError as error:
        raise ActionError(f"Cannot write {call.args.output}: {error.strerror}.") from error
    call.out.document({"file": str(call.args.output), "bytes": len(data)})
    call.out.line(f"Wrote {call.args.output}.")
    return Code.OK
