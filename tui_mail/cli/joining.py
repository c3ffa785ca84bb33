"""`split` and `merge`: messages taken out of a conversation, and conversations made one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run, finish
from tui_mail.cli.call import Call, conversations_of, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.errors import ActionError

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of one of the two."""
    if name == "split":
        parser.add_argument(
            "message", nargs="+", type=_message, help="messages of one conversation (m34)"
        )
    else:
        parser.add_argument("id", type=reference, help="the conversation that stays (12)")
        parser.add_argument("other", nargs="+", type=reference, help="those that go into it")
    add_dry_run(parser)


def _message(text: str) -> tuple[str, int]:
    kind, number = reference(text)
    if kind != "message":
        raise ValueError(text)
    return kind, number


def run(call: Call) -> int:
    """Do it, or say what it would do."""
    return with_context(call, _split if call.name == "split" else _merge)


async def _split(call: Call, ctx: Context) -> int:
    from tui_mail.actions import linking

    _, missing = await conversations_of(ctx, call.args.message)
    if missing:
        return refuse_missing(call, missing)
    ids = [number for _, number in call.args.message]
    try:
        done = await linking.split(ctx, ids, dry_run=call.args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)


async def _merge(call: Call, ctx: Context) -> int:
    from tui_mail.actions import linking

    found, missing = await conversations_of(ctx, [call.args.id, *call.args.other])
    if missing:
        return refuse_missing(call, missing)
    try:
        done = await linking.merge_conversations(
            ctx, found[0], found[1:], dry_run=call.args.dry_run
        )
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)
