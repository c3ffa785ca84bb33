"""Keeping the views over mail and records in step with the clock and the records."""

from __future__ import annotations

from tui_mail.actions.context import Context
from tui_mail.filing.waking import wake_due
from tui_mail.store import lanes
from tui_mail.store.database import Database

_PART = 300
"""Entries of one transaction: some milliseconds."""


async def refresh(ctx: Context) -> bool:
    """Bring "waiting for me", "gone quiet" and "no next activity" up to date, and wake what is due.

    Looked through on a connection of its own, because with tens of thousands of deals it takes a
    while, and the list is not to wait for it; only what differs is written. Whether anything did.
    """
    look = await Database(ctx.db.path).open()
    try:
        go, come = await look.read(lanes.behind, ctx.now())
    finally:
        await look.close()
    changed = bool(await wake_due(ctx.db, ctx.now()))
    for start in range(0, len(go), _PART):
        changed |= await ctx.db.write(lanes.apply, go[start : start + _PART], [])
    for start in range(0, len(come), _PART):
        changed |= await ctx.db.write(lanes.apply, [], come[start : start + _PART])
    return changed
