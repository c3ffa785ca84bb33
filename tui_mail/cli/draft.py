"""`draft`: mails that are being written."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import local, utc
from tui_mail.cli.typed_text import add_text, edited, given_text
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.store.drafts import Draft


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands."""
    what = parser.add_subparsers(dest="what", metavar="list|show|edit|send|delete", required=True)
    what.add_parser("list", parents=[common], help="drafts, the newest first")
    show = what.add_parser("show", parents=[common], help="a draft and what speaks against it")
    edit = what.add_parser("edit", parents=[common], help="change one; without options in $EDITOR")
    send = what.add_parser("send", parents=[common], help="send one")
    delete = what.add_parser("delete", parents=[common], help="throw one away")
    for one in (show, edit, send, delete):
        one.add_argument("id", type=int)
    for option in ("to", "cc", "bcc", "subject"):
        edit.add_argument(f"--{option}")
    add_text(edit)
    edit.add_argument("--attach", action="append", type=Path, default=[], metavar="FILE")
    send.add_argument("--now", action="store_true", help="without the undo window")
    delete.add_argument("--yes", action="store_true", help="do not ask: it is gone then")
    for one in (edit, send, delete):
        add_dry_run(one)


def run(call: Call) -> int:
    """Show or change drafts."""
    work = {"list": _list, "show": _show, "edit": _edit, "send": _send, "delete": _delete}
    return with_context(call, work[call.args.what])


def _json(one: Draft) -> dict[str, Any]:
    content = one.content
    return {
        "id": one.id,
        "kind": one.kind,
        "state": one.state,
        "to": content.to,
        "cc": content.cc,
        "bcc": content.bcc,
        "subject": content.subject,
        "saved": utc(one.saved_at),
    }


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.store import drafts

    found = await ctx.db.read(drafts.unfinished)
    call.out.document({"drafts": [_json(one) for one in found]})
    call.out.rows(
        (
            (
                str(one.id),
                local(one.saved_at),
                one_line(one.content.to, 60),
                one_line(one.content.subject, 80) or "(no subject)",
                "open in a composer" if one.state == "open" else "",
            )
            for one in found
        ),
        ("id", "saved", "to", "subject", ""),
    )
    return Code.OK


async def _show(call: Call, ctx: Context) -> int:
    from tui_mail.actions import checking, keeping
    from tui_mail.cli.send import preview

    draft = await keeping.load(ctx, call.args.id)
    await preview(call, ctx, draft, await checking.check(ctx, draft))
    return Code.OK


async def _edit(call: Call, ctx: Context) -> int:
    from tui_mail.actions import keeping

    args = call.args
    draft = await keeping.load(ctx, args.id)
    fields = {
        name: getattr(args, name)
        for name in ("to", "cc", "bcc", "subject")
        if getattr(args, name) is not None
    }
    body = given_text(args)
    if body is None and not fields and not args.attach:
        body = edited(ctx, f"draft-{draft.uuid}", draft.content.body)
    if body is not None:
        fields["body"] = body
    changed = replace(draft, content=replace(draft.content, **fields))
    if not args.dry_run:
        for path in args.attach:
            await keeping.attach(ctx, changed, path)
        if draft.state == "open":
            await keeping.save(ctx, changed)
        else:
            await keeping.keep(ctx, changed)
    call.out.document({**_json(changed), "dry_run": bool(args.dry_run)})
    word = "Dry run, nothing changed: " if args.dry_run else ""
    call.out.line(f"{word}Draft {draft.id}: {one_line(changed.content.subject, 80)}")
    return Code.OK


async def _send(call: Call, ctx: Context) -> int:
    from tui_mail.actions import checking, keeping, sending
    from tui_mail.cli.send import preview, queued

    draft = await keeping.load(ctx, call.args.id)
    checks = await checking.check(ctx, draft)
    if call.args.dry_run:
        return await preview(call, ctx, draft, checks)
    for one in checks:
        if not one.blocks:
            call.out.note(f"Note: {one.text}")
    done = await sending.send(ctx, draft, at=ctx.now() if call.args.now else None)
    return await queued(call, ctx, done)


async def _delete(call: Call, ctx: Context) -> int:
    from tui_mail.actions import keeping

    draft = await keeping.load(ctx, call.args.id)
    shown = one_line(draft.content.subject, 80) or "(no subject)"
    if not (call.args.yes or call.args.dry_run):
        return call.out.refuse(
            Code.NEEDS_YES, f"Draft {draft.id}, {shown}, is gone then.", "Say --yes."
        )
    if not call.args.dry_run:
        await keeping.discard(ctx, draft)
    call.out.document({**_json(draft), "dry_run": bool(call.args.dry_run)})
    word = "Dry run, nothing changed: " if call.args.dry_run else ""
    call.out.line(f"{word}Deleted draft {draft.id}, {shown}.")
    return Code.OK
