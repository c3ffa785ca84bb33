"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tui_mail.actions.context import Context


async def until(
    condition: Callable[[], bool | Awaitable[bool]], what: str, seconds: float = 20.0
) -> None:
    """Wait until the condition holds; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result if isinstance(result, bool) else await result:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not reached: {what}")


async def rows(ctx: Context, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query."""

    def read(conn: sqlite3.Connection) -> list[tuple[Any, ...]]:
        return conn.execute(sql, values).fetchall()

    return await ctx.db.read(read)


async def one(ctx: Context, sql: str, *values: object) -> Any:
    """The first column of the first row, or None."""
    found = await rows(ctx, sql, *values)
    return found[0][0] if found else None
