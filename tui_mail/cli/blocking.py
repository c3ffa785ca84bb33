"""`block`, `unblock`, `blocks`: who is kept out of the inbox. Nothing changes on the server."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run, finish
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import counted, local, utc
from tui_mail.errors import ActionError
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.blocking import Preview
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of one of the commands."""
    if name == "blocks":
        return
    parser.add_argument(
        "target", metavar="ADDRESS|@DOMAIN", help="one address, or a domain with its sub-domains"
    )
    parser.add_argument("--account", help="only for the mail of this account")
    if name == "block":
        parser.add_argument(
            "--linked-too", action="store_true", help="hide mail that is linked to an item too"
        )
        parser.add_argument("--yes", action="store_true", help="do it in spite of a warning")
    add_dry_run(parser)


def run(call: Call) -> int:
    """Show or change the list."""
    work: dict[str, Callable[[Call, Context], Any]] = {
        "block": _block,
        "unblock": _unblock,
        "blocks": _blocks,
    }
    return with_context(call, work[call.name])


def _account(call: Call, ctx: Context) -> tuple[int | None, int]:
    if call.args.account is None:
        return None, Code.OK
    account_id = ctx.account_ids.get(call.args.account)
    if account_id is not None:
        return account_id, Code.OK
    return None, call.out.refuse(
        Code.NOT_FOUND,
        f"There is no account `{call.args.account}`.",
        "`tui-mail account list` shows them.",
    )


async def _block(call: Call, ctx: Context) -> int:
    from tui_mail.actions import blocking

    account_id, code = _account(call, ctx)
    if code:
        return code
    try:
        seen = await blocking.preview(ctx, call.args.target, account_id=account_id)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    if seen.refusal:
        return call.out.refuse(Code.FAILED, seen.refusal)
    if seen.warning and not (call.args.yes or call.args.dry_run):
        return call.out.refuse(Code.NEEDS_YES, seen.warning, "Look with --dry-run, then say --yes.")
    done = await blocking.block(
        ctx,
        call.args.target,
        account_id=account_id,
        linked_too=call.args.linked_too,
        dry_run=call.args.dry_run,
    )
    finish(call, done, **_reach(ctx, seen))
    _tell(call, seen)
    return Code.OK


def _reach(ctx: Context, seen: Preview) -> dict[str, Any]:
    from tui_mail.cli.rows import as_json, slugs_of

    slugs = slugs_of(ctx)
    return {
        "target": str(seen.target),
        "known": seen.known,
        "warning": seen.warning,
        "messages": seen.messages,
        "sample": [as_json(row, slugs) for row in seen.sample],
        "linked": [as_json(row, slugs) for row in seen.linked],
    }


def _tell(call: Call, seen: Preview) -> None:
    if call.out.as_json:
        return
    if seen.warning:
        call.out.note(seen.warning)
    if call.args.dry_run:
        for row in seen.sample:
            call.out.note(f"  {row.id}  {one_line(row.people, 30)}: {one_line(row.subject, 60)}")
    if seen.linked and not call.args.linked_too:
        linked = counted(len(seen.linked), "linked conversation")
        call.out.note(f"Left as they are: {linked}; --linked-too hides those as well.")


async def _unblock(call: Call, ctx: Context) -> int:
    from tui_mail.actions import blocking

    account_id, code = _account(call, ctx)
    if code:
        return code
    try:
        entry = await blocking.find_entry(ctx, call.args.target, account_id=account_id)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    if entry is None:
        return call.out.refuse(
            Code.NOT_FOUND,
            f"`{one_line(call.args.target, 80)}` is not blocked.",
            "`tui-mail blocks` shows what is.",
        )
    return finish(call, await blocking.unblock(ctx, entry.id, dry_run=call.args.dry_run))


async def _blocks(call: Call, ctx: Context) -> int:
    from tui_mail.actions import blocking
    from tui_mail.cli.rows import slugs_of

    slugs = slugs_of(ctx)
    found = await blocking.entries(ctx)
    call.out.document(
        {
            "blocked": [
                {
                    "target": str(one.target),
                    "kind": one.target.kind,
                    "account": slugs.get(one.account_id) if one.account_id else None,
                    "by": one.by,
                    "created_at": utc(one.created_at),
                    "hits": one.hits,
                    "last_hit_at": utc(one.last_hit_at),
                }
                for one in found
            ]
        }
    )
    call.out.rows(
        (
            (
                str(one.target),
                slugs.get(one.account_id or 0, "all accounts"),
                str(one.hits),
                local(one.last_hit_at),
            )
            for one in found
        ),
        ("blocked", "account", "hits", "last hit"),
    )
    if not found and call.out.is_terminal:
        call.out.line("Nobody is blocked.")
    return Code.OK
