"""`tui-mail unsubscribe`: leave the mailing list a message came from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run
from tui_mail.cli.call import Call, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """A message or a conversation, and a word to do it."""
    parser.add_argument("id", type=reference, help="a message (m34), or a conversation's newest")
    parser.add_argument("--mail", action="store_true", help="by mail also where one-click is there")
    parser.add_argument("--yes", action="store_true", help="do it; else only the target is said")
    add_dry_run(parser)


def run(call: Call) -> int:
    """Say what would be asked of whom; with --yes ask it."""
    return with_context(call, _unsubscribe)


async def _unsubscribe(call: Call, ctx: Context) -> int:
    from tui_mail.actions import unsubscribing
    from tui_mail.actions.reading import FETCH_SECONDS, Reader
    from tui_mail.store import messages

    kind, number = call.args.id
    if kind == "conversation":
        found = await ctx.db.read(messages.of_conversation, number)
        received = [one.id for one in found if one.state == "received"]
        if not received:
            return refuse_missing(call, [str(number)])
        number = received[-1]
    reader = Reader(ctx)
    try:
        opened = await reader.open(number, wait=FETCH_SECONDS)
    finally:
        await reader.close()
    way = unsubscribing.way_out(opened)
    click = bool(way.offers.one_click) and not call.args.mail
    target = way.offers.one_click if click else way.offers.mailto
    does = bool(call.args.yes and not call.args.dry_run and target)
    call.out.document(
        {
            "from": way.sender,
            "one_click": way.offers.one_click,
            "mailto": way.offers.mailto,
            "page": way.offers.page,
            "dkim": way.dkim,
            "dry_run": not does,
        }
    )
    if not target:
        call.out.line(f"Only a page for people is offered: {way.offers.page}")
        return Code.FAILED
    call.out.line(f"From: {way.sender} (signature: {way.dkim or 'not checked'})")
    call.out.line(f"{'Asks' if click else 'Mails'}: {target}")
    if not does:
        call.out.note("Nothing was done; --yes does it.")
        return Code.OK if call.args.dry_run else Code.NEEDS_YES
    done = await (unsubscribing.one_click if click else unsubscribing.by_mail)(ctx, opened)
    call.out.line(f"{done.summary}.")
    return Code.OK
