"""`signature`: texts under mails, by account."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run, finish
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.typed_text import add_text, edited, given_text
from tui_mail.errors import ActionError
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands."""
    words = "list|show|add|edit|rename|remove|default"
    what = parser.add_subparsers(dest="what", metavar=words, required=True)
    listing = what.add_parser("list", parents=[common], help="the signatures of all accounts")
    show = what.add_parser("show", parents=[common], help="one signature")
    add = what.add_parser("add", parents=[common], help="add a signature")
    edit = what.add_parser("edit", parents=[common], help="change one; without --body in $EDITOR")
    rename = what.add_parser("rename", parents=[common], help="give one another name")
    remove = what.add_parser("remove", parents=[common], help="remove one; undo brings it back")
    default = what.add_parser("default", parents=[common], help="what mails begin with")
    default.add_argument("--none", action="store_true", help="mails begin without one")
    default.add_argument("--in", dest="where", choices=("both", "new", "replies", "none"))
    for one in (show, add, edit, rename, remove):
        one.add_argument("name")
    rename.add_argument("new_name", metavar="new-name")
    default.add_argument("name", nargs="?", default="")
    for one in (listing, show, add, edit, rename, remove, default):
        one.add_argument("--account", help="else the account new mail goes from")
    for one in (add, edit):
        add_text(one)
    for one in (add, edit, rename, remove, default):
        add_dry_run(one)


def run(call: Call) -> int:
    """Show or change signatures."""
    return with_context(call, _list if call.args.what == "list" else _one)


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.store import signatures

    rows = []
    for account in ctx.settings.accounts:
        if call.args.account in (None, account.id):
            for one in await ctx.db.read(signatures.of_account, ctx.account_ids[account.id]):
                used = account.signature_in if account.signature == one.name else ""
                rows.append((account.id, one.name, used, one.body))
    call.out.document(
        {
            "signatures": [
                {"account": row[0], "name": row[1], "default_in": row[2], "body": row[3]}
                for row in rows
            ]
        }
    )
    call.out.rows(
        ((*row[:3], one_line(row[3], 200)) for row in rows),
        ("account", "name", "default in", "text"),
    )
    return Code.OK


async def _one(call: Call, ctx: Context) -> int:
    from tui_mail.actions import signatures
    from tui_mail.actions.composition import default_account

    args = call.args
    account_id = ctx.account_ids.get(args.account) if args.account else default_account(ctx)
    if account_id is None:
        return call.out.refuse(Code.NOT_FOUND, f"There is no account `{args.account}`.")
    if args.what == "default":
        return await _default(call, ctx, account_id)
    if args.what == "add":
        body = given_text(args)
        if body is None:
            body = sys.stdin.read() if not sys.stdin.isatty() else edited(ctx, "signature", "")
        done = await signatures.put(
            ctx, account_id, args.name, body, new=True, dry_run=args.dry_run
        )
        return finish(call, done, made=True)
    one = await signatures.named(ctx, account_id, args.name)
    if args.what == "show":
        call.out.document({"name": one.name, "body": one.body})
        call.out.block(one.body)
        return Code.OK
    if args.what == "rename":
        return finish(call, await signatures.rename(ctx, one, args.new_name, dry_run=args.dry_run))
    if args.what == "remove":
        return finish(call, await signatures.remove(ctx, one, dry_run=args.dry_run))
    body = given_text(args)
    body = edited(ctx, "signature", one.body) if body is None else body
    done = await signatures.put(ctx, account_id, one.name, body, new=False, dry_run=args.dry_run)
    return finish(call, done)


async def _default(call: Call, ctx: Context, account_id: int) -> int:
    from tui_mail.actions import signatures

    args = call.args
    account = ctx.account(account_id)
    assert account is not None
    if not args.name and not args.none and not args.where:
        call.out.document({"account": account.id, "name": account.signature,
                           "in": account.signature_in})  # fmt: skip
        call.out.line(f"{account.id}: {account.signature or '(none)'}, in {account.signature_in}")
        return Code.OK
    if args.name and args.none:
        raise ActionError("Say a name or --none.")
    name = "" if args.none else args.name or account.signature
    if name:
        name = (await signatures.named(ctx, account_id, name)).name
    if not args.dry_run:
        await signatures.make_default(ctx, account_id, name, args.where or "")
    call.out.document(
        {
            "account": account.id,
            "name": name,
            "in": args.where or account.signature_in,
            "dry_run": bool(args.dry_run),
        }
    )
    word = "Dry run, nothing changed: " if args.dry_run else ""
    call.out.line(f"{word}{account.id} begins mails with {name or 'no signature'}.")
    return Code.OK
