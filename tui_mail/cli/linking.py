"""`link`, `unlink`, `links`, `candidates`, `apply-links`: what conversations belong to."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import (
    add_dry_run,
    finish,
    item_ref,
    missing_records,
    refuse_records,
)
from tui_mail.cli.call import Call, conversations_of, reference, refuse_missing, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import counted, local, utc
from tui_mail.model.records import Ref

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.store.links import Link

_SHOWN = 50


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of one of the commands."""
    if name in ("link", "unlink"):
        item = "deal:42, lead:7 or project:3"
        what = item if name == "link" else f"{item}, if only that link is to end"
        parser.add_argument(
            "words",
            nargs="+",
            type=id_or_item,
            metavar="ID… ITEM" if name == "link" else "ID… [ITEM]",
            help=f"conversations (12) or messages standing for theirs (m34), then {what}",
        )
    elif name == "apply-links":
        parser.add_argument(
            "id", nargs="*", type=reference, help="only these (default: all that are unlinked)"
        )
    else:
        parser.add_argument("id", type=reference, help="a conversation (12) or a message (m34)")
    if name == "link":
        parser.add_argument(
            "--secondary", action="store_true", help="beside what they belong to already"
        )
    if name == "candidates":
        parser.add_argument("--name", default="", help="those that are called so instead")
        parser.add_argument("--limit", type=int, default=20, help="at most so many (default: 20)")
    if name in ("link", "unlink", "apply-links"):
        add_dry_run(parser)


def id_or_item(text: str) -> tuple[str, int] | Ref:
    """A conversation, a message, or what they are linked to."""
    return item_ref(text) if ":" in text else reference(text)


def run(call: Call) -> int:
    """Show or change links."""
    work: dict[str, Callable[[Call, Context], Any]] = {
        "link": _link,
        "unlink": _unlink,
        "links": _links,
        "candidates": _candidates,
        "apply-links": _apply,
    }
    return with_context(call, work[call.name])


async def _named(call: Call, ctx: Context) -> tuple[list[int], Ref | None, int]:
    """The conversations, the item behind them, and an exit code when something is wrong."""
    words = list(call.args.words)
    item = words.pop() if isinstance(words[-1], Ref) else None
    if not words or any(isinstance(word, Ref) for word in words):
        text = "Say conversations, then one deal, lead or project."
        return [], None, call.out.refuse(Code.USAGE, text)
    found, missing = await conversations_of(ctx, words)
    if missing:
        return [], None, refuse_missing(call, missing)
    if item is not None and (gone := await missing_records(ctx, [item])):
        return [], None, refuse_records(call, gone)
    return found, item, Code.OK


async def _link(call: Call, ctx: Context) -> int:
    from tui_mail.actions import linking

    found, item, code = await _named(call, ctx)
    if code:
        return code
    if item is None:
        return call.out.refuse(Code.USAGE, "Say what to link to: `tui-mail link ID… deal:42`.")
    act = linking.link_also if call.args.secondary else linking.link
    return finish(call, await act(ctx, found, item, dry_run=call.args.dry_run))


async def _unlink(call: Call, ctx: Context) -> int:
    from tui_mail.actions import linking

    found, item, code = await _named(call, ctx)
    if code:
        return code
    return finish(call, await linking.unlink(ctx, found, item, dry_run=call.args.dry_run))


async def _conversation(call: Call, ctx: Context) -> tuple[int, int]:
    found, missing = await conversations_of(ctx, [call.args.id])
    return (0, refuse_missing(call, missing)) if missing else (found[0], Code.OK)


async def _links(call: Call, ctx: Context) -> int:
    from tui_mail.store import links, records

    conversation_id, code = await _conversation(call, ctx)
    if code:
        return code
    live = await ctx.db.read(links.live, conversation_id)
    history = await ctx.db.read(links.history, conversation_id)
    ended = [one for one in history if one.removed_at is not None]
    titles = await ctx.db.read(records.titles, [one.item for one in history])
    call.out.document(
        {
            "conversation": conversation_id,
            "links": [_as_json(one, titles) for one in live],
            "ended": [_as_json(one, titles) for one in ended],
        }
    )
    call.out.rows(
        (
            (str(one.item), one.role, one.source, local(one.at), titles.get(one.item, ""))
            for one in live
        ),
        ("item", "role", "by", "since", "title"),
    )
    if not live and call.out.is_terminal:
        call.out.line("Linked to nothing.")
    return Code.OK


def _as_json(one: Link, titles: dict[Ref, str]) -> dict[str, Any]:
    return {
        "item": str(one.item),
        "title": titles.get(one.item),
        "role": one.role,
        "source": one.source,
        "rule": one.rule,
        "address": one.address,
        "by": one.by,
        "at": utc(one.at),
        "ended_at": utc(one.removed_at),
        "ended_by": one.removed_by,
    }


async def _candidates(call: Call, ctx: Context) -> int:
    from tui_mail.actions.picking import choices
    from tui_mail.cli.record_rows import as_json

    conversation_id, code = await _conversation(call, ctx)
    if code:
        return code
    limit = max(1, min(call.args.limit, 1000))
    found = await choices(ctx, [conversation_id], call.args.name, limit=limit)
    call.out.document(
        {
            "conversation": conversation_id,
            "candidates": [
                {
                    "item": str(one.item.ref),
                    "why": one.why,
                    "linked": one.linked,
                    "record": as_json(one.item),
                }
                for one in found
            ],
        }
    )
    call.out.rows(
        ((str(o.item.ref), o.item.title, o.item.status, o.item.stage, o.why) for o in found),
        ("item", "title", "status", "stage", "why"),
    )
    if not found and call.out.is_terminal:
        call.out.line("Nothing fits; --name finds others.")
    return Code.OK


async def _apply(call: Call, ctx: Context) -> int:
    from tui_mail.actions.linking import apply_automatic
    from tui_mail.store import pages, records

    only: list[int] | None = None
    if call.args.id:
        only, missing = await conversations_of(ctx, call.args.id)
        if missing:
            return refuse_missing(call, missing)
    plan = await apply_automatic(ctx, only, dry_run=call.args.dry_run)
    titles = await ctx.db.read(records.titles, [ref for _, ref in plan.linked])
    done = plan.done
    call.out.document(
        {
            "action": call.name,
            "dry_run": bool(call.args.dry_run),
            "looked_at": plan.looked_at,
            "linked": [{"conversation": cid, "item": str(ref)} for cid, ref in plan.linked],
            "ambiguous": list(plan.ambiguous),
            "undoable": bool(done and done.undoable),
        }
    )
    shown = plan.linked if not call.out.is_terminal else plan.linked[:_SHOWN]
    rows = await ctx.db.read(pages.rows_by_id, [cid for cid, _ in shown])
    subjects = {row.id: row.subject for row in rows}
    call.out.rows(
        (str(cid), str(ref), titles.get(ref, ""), subjects.get(cid, "")) for cid, ref in shown
    )
    if not call.out.as_json:
        verb = "Would link" if call.args.dry_run else "Linked"
        call.out.note(
            f"{verb} {len(plan.linked):,} of {counted(plan.looked_at, 'unlinked conversation')};"
            f" {len(plan.ambiguous):,} have several candidates."
        )
    return Code.OK
