"""What an action on records did, or would do, the same for every command that acts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call, refuse_missing
from tui_mail.cli.codes import Code
from tui_mail.model.records import ITEM_KINDS, KINDS, Ref, parse_ref

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.recorded import RecordDone

WORDS = {"organization": "org"}
"""Kinds that are called otherwise on the command line."""


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """`--dry-run`, of every command that changes something."""
    parser.add_argument("-n", "--dry-run", action="store_true", help="only say what would be done")


def finish(call: Call, done: RecordDone, *, made: bool = False, **more: Any) -> int:
    """Say what was done; a record that a dry run `made` has no id that could be named."""
    dry_run = bool(call.args.dry_run)
    refs = [] if made and dry_run else [str(ref) for ref in done.records]
    call.out.document(
        {
            "action": " ".join(filter(None, (call.name, getattr(call.args, "what", None)))),
            "summary": done.summary,
            "records": refs,
            "conversations": list(done.conversation_ids),
            "undoable": done.undoable,
            "dry_run": dry_run,
            **more,
        }
    )
    named = f" ({', '.join(refs)})" if made and refs else ""
    call.out.line(f"{'Dry run, nothing changed: ' if dry_run else ''}{done.summary}{named}.")
    return Code.OK


def item_ref(text: str) -> Ref:
    """`deal:42`, `lead:…` or `project:…`. Raises ValueError, which argparse explains."""
    ref = parse_ref(text)
    if ref is None or ref.kind not in ITEM_KINDS:
        raise ValueError(text)
    return ref


def record_ref(text: str) -> Ref:
    """A record of any kind, as `org:3`. Raises ValueError, which argparse explains."""
    ref = parse_ref(text)
    if ref is None:
        raise ValueError(text)
    return ref


def kind_of(word: str) -> str:
    """The kind of record that a command word names."""
    return next(kind for kind in KINDS if WORDS.get(kind, kind) == word)


async def missing_records(ctx: Context, refs: Iterable[Ref]) -> list[str]:
    """The names of those records that are not there."""
    from tui_mail.store import records

    found = []
    for ref in dict.fromkeys(refs):
        if not await ctx.db.read(records.exists, ref):
            found.append(f"{WORDS.get(ref.kind, ref.kind)}:{ref.id}")
    return found


def refuse_records(call: Call, missing: list[str]) -> int:
    """Say which records are not there."""
    if not all(":" in name for name in missing):
        return refuse_missing(call, missing)
    start = "This record is" if len(missing) == 1 else "These records are"
    word = missing[0].partition(":")[0]
    return call.out.refuse(
        Code.NOT_FOUND,
        f"{start} not here: {', '.join(missing[:10])}.",
        f"`tui-mail {word} list` shows ids.",
    )
