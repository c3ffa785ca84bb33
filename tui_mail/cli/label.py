"""`label`: labels of records and conversations; they are ours, not the server's (B12)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.cli.acted import add_dry_run, finish, missing_records, record_ref, refuse_records
from tui_mail.cli.call import Call, conversations_of, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Of what, and which."""
    parser.add_argument(
        "of", type=_labelled, help="a record (deal:42), a conversation (12) or a message (m34)"
    )
    parser.add_argument("--add", action="append", default=[], metavar="NAME", help="one more")
    parser.add_argument("--remove", action="append", default=[], metavar="NAME", help="not that")
    parser.add_argument("--clear", action="store_true", help="first take all of them away")
    add_dry_run(parser)


def _labelled(text: str) -> tuple[str, int] | Ref:
    return record_ref(text) if ":" in text else reference(text)


def run(call: Call) -> int:
    """Show or set labels."""
    return with_context(call, _label)


async def _label(call: Call, ctx: Context) -> int:
    from tui_mail.actions import labelling
    from tui_mail.store import labels

    of = call.args.of
    if isinstance(of, Ref):
        if missing := await missing_records(ctx, [of]):
            return refuse_records(call, missing)
        scope, number = of.kind, of.id
    else:
        found, gone = await conversations_of(ctx, [of])
        if gone:
            return refuse_missing(call, gone)
        scope, number = "mail", found[0]
    now = [one.name for one in await ctx.db.read(labels.of_record, scope, number)]
    args = call.args
    if not (args.add or args.remove or args.clear):
        return _show(call, now)
    wanted = [name for name in ([] if args.clear else now) if name not in args.remove]
    wanted += [name for name in args.add if name not in wanted]
    try:
        if isinstance(of, Ref):
            done = await labelling.set_labels(ctx, of, wanted, dry_run=args.dry_run)
        else:
            done = await labelling.label_conversations(ctx, [number], wanted, dry_run=args.dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done, labels=wanted)


def _show(call: Call, names: Sequence[str]) -> int:
    call.out.document({"labels": list(names)})
    call.out.rows((name,) for name in names)
    if not names and call.out.is_terminal:
        call.out.line("No labels; --add NAME gives one.")
    return Code.OK
