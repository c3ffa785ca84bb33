"""What the settings file names, held against what there is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping

from tui_mail.actions.context import Context
from tui_mail.config.unknown import Names, unknown_names
from tui_mail.store import accounts, signatures


async def doubts(ctx: Context) -> list[str]:
    """Names in the settings file that nothing has; one safe sentence each, with its line."""
    path = ctx.paths.config_file
    try:
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    names = await ctx.db.read(_names, ctx.account_ids)
    return unknown_names(ctx.settings, names, text, str(path))


def _names(conn: sqlite3.Connection, ids: Mapping[str, int]) -> dict[str, Names]:
    return {
        slug: Names(
            [one.name for one in signatures.of_account(conn, account_id)],
            [one.name for one in accounts.folders(conn, account_id)],
        )
        for slug, account_id in ids.items()
    }
