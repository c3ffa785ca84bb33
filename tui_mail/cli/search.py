"""`tui-mail search`: the grammar of the inbox's search, from the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the search."""
    parser.add_argument(
        "query",
        nargs="+",
        help='words, "phrases", -word, OR, from: to: subject: has: filename: is: in: before:'
        " after: larger: account:",
    )
    parser.add_argument("--limit", type=int, default=50, help="at most so many (default: 50)")


def run(call: Call) -> int:
    """Print what is found."""
    return with_context(call, _search)


async def _search(call: Call, ctx: Context) -> int:
    from tui_mail.actions.searching import search
    from tui_mail.cli.rows import as_json, print_rows, slugs_of
    from tui_mail.store import pages

    text = " ".join(call.args.query)
    result = await search(ctx, text, limit=max(1, min(call.args.limit, 1_000_000)))
    rows = await ctx.db.read(pages.rows_by_id, result.conversation_ids)
    slugs = slugs_of(ctx)
    hits = dict(zip(result.conversation_ids, result.message_ids, strict=True))
    call.out.document(
        {
            "query": text,
            "left_out": result.error,
            "more": result.more,
            "conversations": [{**as_json(row, slugs), "hit": hits[row.id]} for row in rows],
        }
    )
    if result.error:
        call.out.note(f"Left out of the search: {result.error}")
    print_rows(call.out, rows, slugs)
    if call.out.is_terminal and not rows:
        call.out.line("Nothing found.")
    elif call.out.is_terminal and result.more:
        call.out.note("There are more; --limit shows them.")
    return Code.USAGE if result.error and not rows else Code.OK
