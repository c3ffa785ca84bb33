"""What the status line and `doctor` show of the whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.store import accounts, journal, operations
from tui_mail.store.accounts import Account

MENDS: dict[str, str] = {
    "auth_failed": "press g @ to sign in again",
    "paused": "press g , to go on",
    "retrying": "press Ctrl-r to try now",
    "not_started": "waiting for the engine",
}
"""What the user can do about an account state (R13)."""


_UNDERWAY = ("connecting", "initial_sync")


def state_now(state: str, engine_runs: bool) -> str:
    """The state of an account as it is: without an engine nothing is under way."""
    return "not_started" if state in _UNDERWAY and not engine_runs else state


@dataclass(frozen=True, slots=True)
class Status:
    """One look at everything."""

    accounts: tuple[Account, ...]
    waiting_operations: int
    waiting_mails: int
    """Outbox rows that are neither sent nor cancelled."""
    held: tuple[int, int] | None
    """Outbox id and seconds left of the mail that can still be stopped."""
    troubled_mails: int
    """Failed, partly refused, uncertain or missed mails: they wait for the user."""
    oldest_ok_at: int
    """The least recent success of any account; 0 when one never succeeded."""
    undo_summary: str
    """What `z` would take back, or empty."""


def archive_unasked(ctx: Context, rows: Iterable[Account]) -> frozenset[int]:
    """Row ids of accounts that have no word yet on where their archived mail goes (F2).

    The engine notes what the folders say whenever it lists them.
    """
    return frozenset(
        row.id
        for row in rows
        if row.server.get("archive", {}).get("kind") in ("ask", "create")
        and (settings := ctx.settings.account(row.slug)) is not None
        and settings.archive_remote
    )


async def status(ctx: Context) -> Status:
    """Read the state of accounts, queue and outbox."""
    return await ctx.db.read(_status, ctx.now())


def _status(conn: sqlite3.Connection, now: int) -> Status:
    rows = accounts.accounts(conn)
    waiting = conn.execute(
        "SELECT count(*), sum(state IN ('failed', 'partial', 'uncertain', 'missed')) FROM outbox"
        " WHERE state NOT IN ('sent', 'cancelled')"
    ).fetchone()
    held = conn.execute(
        "SELECT id, not_before FROM outbox WHERE state = 'held' AND scheduled = 0"
        " AND mailing_id IS NULL"
        " AND not_before > ? ORDER BY id DESC LIMIT 1",
        (now,),
    ).fetchone()
    last = journal.last_undoable(conn)
    return Status(
        accounts=tuple(rows),
        waiting_operations=operations.waiting(conn),
        waiting_mails=waiting[0],
        held=(held[0], held[1] - now) if held else None,
        troubled_mails=waiting[1] or 0,
        oldest_ok_at=min((row.last_ok_at for row in rows if row.state != "paused"), default=0),
        undo_summary=last.summary if last else "",
    )
