"""Conversations whose time has come are back in their lists: the one place that wakes them."""

from __future__ import annotations

import sqlite3

from tui_mail.store import reminders
from tui_mail.store.database import Database
from tui_mail.store.folds import recount


def _wake(conn: sqlite3.Connection, now: int) -> set[int]:
    woken = reminders.wake(conn, now)
    recount(conn, woken)
    return woken


async def wake_due(db: Database, now: int) -> set[int]:
    """Wake what is due; returns the conversations that changed. Cheap when nothing is."""
    woken: set[int] = set()
    while await db.read(reminders.any_due, now):
        woken |= await db.write(_wake, now)
    return woken
