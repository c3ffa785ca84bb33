"""`tui-mail group`: group mails, how far they are, stop, go on, take back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import add_dry_run
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import utc
from tui_mail.store import mailings
from tui_mail.store.mailings import Mailing

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    what = parser.add_subparsers(dest="what", metavar="list|show|stop|go-on|cancel")
    what.add_parser("list", parents=[common], help="the latest group mails")
    for word, text in (
        ("show", "one of them with everybody it goes to"),
        ("stop", "let nothing more of it go"),
        ("go-on", "go on with what waits"),
        ("cancel", "take back what has not gone; it is a draft again"),
    ):
        one = what.add_parser(word, parents=[common], help=text)
        one.add_argument("id", type=int)
        if word != "show":
            add_dry_run(one)


def run(call: Call) -> int:
    """Show or change group mails."""
    return with_context(call, _list if call.args.what in (None, "list") else _one)


async def _list(call: Call, ctx: Context) -> int:
    found = await ctx.db.read(mailings.latest, 50)
    call.out.document({"groups": [_json(one) for one in found]})
    call.out.rows(
        ((str(one.id), one.state, f"{one.sent}/{one.total}", one.subject) for one in found),
        ("id", "state", "sent", "subject"),
    )
    if not found and call.out.is_terminal:
        call.out.line("There is no group mail.")
    return Code.OK


async def _one(call: Call, ctx: Context) -> int:
    from tui_mail.actions import groups

    found = await ctx.db.read(mailings.get, call.args.id)
    if found is None:
        return call.out.refuse(Code.NOT_FOUND, f"There is no group mail {call.args.id}.")
    if call.args.what == "show":
        return await say(call, ctx, found.id, everybody=True)
    if not found.waiting:
        return call.out.refuse(Code.FAILED, "Nothing of it waits any more.")
    if call.args.dry_run:
        call.out.document({**_json(found), "dry_run": True})
        call.out.line(f"Dry run, nothing changed: {call.args.what} {found.waiting} mails.")
        return Code.OK
    if call.args.what == "cancel":
        done = await groups.take_back(ctx, found.id)
        call.out.line(f"{done.summary}.")
    else:
        action = groups.stop if call.args.what == "stop" else groups.go_on
        if not await action(ctx, found.id):
            return call.out.refuse(Code.FAILED, "It goes on already.")
    return await say(call, ctx, found.id)


async def say(call: Call, ctx: Context, mailing_id: int, *, everybody: bool = False) -> int:
    """How far a group mail is, and with `everybody` how far each mail is."""
    found = await ctx.db.read(mailings.get, mailing_id)
    assert found is not None
    parts = await ctx.db.read(mailings.parts, mailing_id)
    call.out.document(
        {
            **_json(found),
            "mails": [
                {
                    "outbox_id": part.outbox_id,
                    "address": part.address,
                    "state": part.state,
                    "not_before": utc(part.not_before),
                    "error": part.error,
                }
                for part in parts
            ],
        }
    )
    call.out.line(
        f"Group mail {found.id} is {found.state}: {found.sent} of {found.total} sent,"
        f" {found.waiting} wait."
    )
    if everybody and not call.out.as_json:
        call.out.rows(
            ((str(part.outbox_id), part.state, part.address, part.error) for part in parts),
            ("outbox", "state", "to", "why"),
        )
    return Code.FAILED if found.troubled else Code.OK


def _json(one: Mailing) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "subject": one.subject,
        "total": one.total,
        "sent": one.sent,
        "waiting": one.waiting,
        "going": one.going,
        "need_user": one.troubled,
        "cancelled": one.cancelled,
        "seconds_apart": one.gap,
        "next_at": utc(one.next_at),
    }
