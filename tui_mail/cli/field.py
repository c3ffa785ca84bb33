"""`field`: further fields of records; `add|edit --field KEY=VALUE` fills them in."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.acted import WORDS, add_dry_run, finish, kind_of
from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.errors import ActionError
from tui_mail.model.records import KINDS

if TYPE_CHECKING:
    from tui_mail.actions.context import Context

_TYPES = ("text", "number", "date", "choice")


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `list` is the default."""
    words = [WORDS.get(kind, kind) for kind in KINDS]
    what = parser.add_subparsers(dest="what", metavar="list|add")
    listing = what.add_parser("list", parents=[common], help="the fields that were defined")
    listing.add_argument("kind", nargs="?", choices=words, help="of this kind of record only")
    add = what.add_parser("add", parents=[common], help="define one")
    add.add_argument("kind", choices=words)
    add.add_argument("name")
    add.add_argument("--type", choices=_TYPES, default="text", help="default: text")
    add.add_argument("--choice", action="append", default=[], help="one of the values of a choice")
    add_dry_run(add)


def run(call: Call) -> int:
    """Show or define fields."""
    return with_context(call, _add if call.args.what == "add" else _list)


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.store import labels

    word = getattr(call.args, "kind", None)
    kinds = [kind_of(word)] if word else list(KINDS)
    found = [one for kind in kinds for one in await ctx.db.read(labels.custom_fields, kind)]
    call.out.document(
        {
            "fields": [
                {"kind": one.kind, "name": one.name, "type": one.type, "choices": one.choices}
                for one in found
            ]
        }
    )
    call.out.rows(
        ((WORDS.get(o.kind, o.kind), o.name, o.type, ", ".join(o.choices)) for o in found),
        ("kind", "name", "type", "choices"),
    )
    if not found and call.out.is_terminal:
        call.out.line("No further fields; `field add deal Region` defines one.")
    return Code.OK


async def _add(call: Call, ctx: Context) -> int:
    from tui_mail.actions import labelling

    args = call.args
    try:
        done = await labelling.add_custom_field(
            ctx, kind_of(args.kind), args.name, type_=args.type, choices=args.choice,
            dry_run=args.dry_run,
        )  # fmt: skip
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)
