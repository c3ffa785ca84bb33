"""`label`: labels of records and conversations; they are ours, not the server's (B12).

Beside those of one record: `label list`, `label rename SCOPE NAME NEW`, `label color SCOPE NAME
COLOR`, `label delete SCOPE NAME`, where the scope is a kind of record or `mail`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_mail.cli.acted import (
    WORDS,
    add_dry_run,
    finish,
    kind_of,
    missing_records,
    record_ref,
    refuse_records,
)
from tui_mail.cli.call import Call, conversations_of, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.errors import ActionError
from tui_mail.model.records import KINDS, Ref

if TYPE_CHECKING:
    from tui_mail.actions.context import Context

_SCOPES = (*(WORDS.get(kind, kind) for kind in KINDS), "mail")
_VERBS = {"list": (0, 1), "rename": (3, 3), "color": (2, 3), "delete": (2, 2)}
"""What can be done with labels themselves, with the fewest and most words behind it."""


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Of what, and which; or what to do with the labels themselves."""
    parser.add_argument(
        "of",
        type=_labelled,
        help="a record (deal:42), a conversation (12) or a message (m34); or list [SCOPE],"
        " rename SCOPE NAME NEW, color SCOPE NAME [COLOR], delete SCOPE NAME",
    )
    parser.add_argument(
        "words", nargs="*", metavar="word", help=f"SCOPE: {', '.join(_SCOPES)}; names"
    )
    parser.add_argument("--add", action="append", default=[], metavar="NAME", help="one more")
    parser.add_argument("--remove", action="append", default=[], metavar="NAME", help="not that")
    parser.add_argument("--clear", action="store_true", help="first take all of them away")
    add_dry_run(parser)


def _labelled(text: str) -> tuple[str, int] | Ref | str:
    if text in _VERBS:
        return text
    return record_ref(text) if ":" in text else reference(text)


def run(call: Call) -> int:
    """Show or set labels."""
    return with_context(call, _label)


async def _label(call: Call, ctx: Context) -> int:
    from tui_mail.actions import labelling
    from tui_mail.store import labels

    of = call.args.of
    if isinstance(of, str):
        return await _every(call, ctx, of)
    if call.args.words:
        return call.out.refuse(
            Code.USAGE, f"What is {call.args.words[0]}?", "--add NAME gives one more."
        )
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


async def _every(call: Call, ctx: Context, verb: str) -> int:
    """Show, rename, colour or delete labels themselves."""
    from tui_mail.actions import labelling

    words: list[str] = call.args.words
    least, most = _VERBS[verb]
    if not least <= len(words) <= most or (words and words[0] not in _SCOPES):
        return call.out.refuse(
            Code.USAGE, f"`label {verb}` wants other words.", "See `tui-mail label --help`."
        )
    scope = kind_of(words[0]) if words and words[0] != "mail" else (words or [""])[0]
    if verb == "list":
        return await _list(call, ctx, scope)
    if call.args.add or call.args.remove or call.args.clear:
        return call.out.refuse(Code.USAGE, "--add, --remove and --clear are for one record.")
    dry_run = call.args.dry_run
    try:
        if verb == "rename":
            done = await labelling.rename_label(ctx, scope, words[1], words[2], dry_run=dry_run)
        elif verb == "color":
            color = words[2] if len(words) > 2 else ""
            done = await labelling.color_label(ctx, scope, words[1], color, dry_run=dry_run)
        else:
            done = await labelling.delete_label(ctx, scope, words[1], dry_run=dry_run)
    except ActionError as error:
        return call.out.refuse(Code.USAGE, error.message, error.hint)
    return finish(call, done)


async def _list(call: Call, ctx: Context, scope: str) -> int:
    from tui_mail.store import labels

    found = [
        (one, used) for one, used in await ctx.db.read(labels.every) if scope in ("", one.scope)
    ]
    call.out.document(
        {
            "labels": [
                {"scope": one.scope, "name": one.name, "color": one.color or None, "used": used}
                for one, used in found
            ]
        }
    )
    call.out.rows(
        ((WORDS.get(o.scope, o.scope), o.name, o.color, str(used)) for o, used in found),
        ("scope", "name", "color", "used"),
    )
    if not found and call.out.is_terminal:
        call.out.line("No labels yet; `label deal:1 --add hot` makes one.")
    return Code.OK


def _show(call: Call, names: Sequence[str]) -> int:
    call.out.document({"labels": list(names)})
    call.out.rows((name,) for name in names)
    if not names and call.out.is_terminal:
        call.out.line("No labels; --add NAME gives one.")
    return Code.OK
