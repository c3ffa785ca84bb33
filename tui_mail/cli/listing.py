"""`tui-mail list`: conversations of a view or a folder, newest first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.model.views import LANES, VIEW_WORDS, folder_view

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.store.pages import Row

_PAGE = 500


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the list."""
    parser.add_argument(
        "view",
        nargs="?",
        default="inbox",
        help=f"one of {', '.join(VIEW_WORDS)}, or a folder as NAME or ACCOUNT/NAME",
    )
    parser.add_argument("--limit", type=_limit, default=50, help="at most so many (default: 50)")
    parser.add_argument("--unread", action="store_true", help="only those with unread mail")
    parser.add_argument("--account", help="only those whose newest mail is in this account")


def _limit(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1_000_000:
        raise ValueError(text)
    return number


def run(call: Call) -> int:
    """Print the list."""
    return with_context(call, _list)


async def _list(call: Call, ctx: Context) -> int:
    from tui_mail.cli.rows import as_json, print_rows, slugs_of
    from tui_mail.store import pages

    views = await find_view(ctx, call.args.view)
    if len(views) != 1:
        return refuse_view(call, views)
    account_id = None
    if call.args.account is not None:
        account_id = ctx.account_ids.get(call.args.account)
        if account_id is None:
            return call.out.refuse(
                Code.NOT_FOUND,
                f"There is no account `{call.args.account}`.",
                "`tui-mail account list` shows them.",
            )
    (view_id,) = views.values()
    if view_id in LANES:
        from tui_mail.actions import lanes

        await lanes.refresh(ctx)
    total, unread = await ctx.db.read(pages.count, view_id)
    rows = await _rows(ctx, view_id, call.args.limit, call.args.unread, account_id)
    slugs = slugs_of(ctx)
    call.out.document(
        {
            "view": next(iter(views)),
            "total": total,
            "unread": unread,
            "conversations": [as_json(row, slugs) for row in rows],
        }
    )
    print_rows(call.out, rows, slugs)
    if not rows and call.out.is_terminal:
        call.out.line("Nothing here.")
    return Code.OK


async def _rows(
    ctx: Context, view_id: int, limit: int, unread: bool, account_id: int | None
) -> list[Row]:
    from tui_mail.store import pages

    if view_id in LANES:
        ids = await ctx.db.read(pages.ids, view_id)
        if unread:
            marked = set(await ctx.db.read(pages.unread_ids, view_id))
            ids = [cid for cid in ids if cid in marked]
        found = await ctx.db.read(pages.rows_by_id, ids if account_id else ids[:limit])
        return [row for row in found if account_id in (None, row.account_id)][:limit]
    if unread:
        ids = await ctx.db.read(pages.unread_ids, view_id)
        found = await ctx.db.read(pages.rows_by_id, ids if account_id else ids[:limit])
        return [row for row in found if account_id in (None, row.account_id)][:limit]
    rows: list[Row] = []
    page = await ctx.db.read(pages.page, view_id, 0, min(limit, _PAGE))
    while page and len(rows) < limit:
        rows += [row for row in page if account_id in (None, row.account_id)]
        last = page[-1]
        page = await ctx.db.read(pages.page_after, view_id, last.at, last.id, _PAGE)
    return rows[:limit]


async def find_view(ctx: Context, text: str) -> dict[str, int]:
    """The views a word can mean, by name: a built-in one, or folders called so."""
    word = text.casefold()
    if word in VIEW_WORDS:
        view = VIEW_WORDS[word]
        return {view.name.lower(): int(view)}
    found = await find_folders(ctx, text)
    return {name: folder_view(folder_id) for name, folder_id in found.items()}


async def find_folders(ctx: Context, text: str) -> dict[str, int]:
    """Folder ids by `ACCOUNT/NAME`; `text` is that, or the name alone, in any case."""
    from tui_mail.store import accounts

    slugs = {row_id: slug for slug, row_id in ctx.account_ids.items()}
    word = text.casefold()
    found: dict[str, int] = {}
    for folder in await ctx.db.read(accounts.folders):
        slug = slugs.get(folder.account_id)
        full = f"{slug}/{folder.name}"
        if slug is not None and word in (folder.name.casefold(), full.casefold()):
            found[full] = folder.id
    return found


def refuse_view(call: Call, views: dict[str, int]) -> int:
    """Say that a word means no view, or several."""
    if views:
        return call.out.refuse(
            Code.USAGE, "Several folders are called so.", f"Say one of: {', '.join(views)}."
        )
    return call.out.refuse(
        Code.NOT_FOUND,
        f"There is no view or folder `{call.args.view}`.",
        f"Views: {', '.join(VIEW_WORDS)}.",
    )
