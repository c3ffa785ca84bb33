"""Where an operation stands: begun, ended, refused, put off."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tui_mail.model.safe_text import safe_line
from tui_mail.store import journal, operations
from tui_mail.store.folds import fold, recount
from tui_mail.store.operations import Operation
from tui_mail.sync.desk import Desk


def again(conn: sqlite3.Connection, operation_id: int, now: int) -> None:
    """It was looked at and has not happened: it may go out once more."""
    operations.set_state(conn, operation_id, "pending", now=now)


def begin(conn: sqlite3.Connection, ids: Sequence[int], evidence: dict[str, Any], now: int) -> None:
    """Write down that a command is about to go out, with what will prove it."""
    for operation_id in ids:
        operations.set_state(
            conn, operation_id, "inflight", now=now, evidence=evidence, attempted=True
        )


def end(
    conn: sqlite3.Connection, batch: Sequence[Operation], state: str, note: str, now: int
) -> set[int]:
    """Close operations as `done`, `failed` or `conflict`; the conversations that look different."""
    for op in batch:
        operations.set_state(conn, op.id, state, now=now, error=safe_line(note, 300))
    changed = fold(conn, {op.message_id for op in batch if op.message_id is not None})
    recount(conn, changed)
    return changed


async def fail(desk: Desk, batch: Sequence[Operation], reason: str) -> int:
    """The server refuses: the rows come back and say why (R68)."""
    desk.changed(await desk.db.write(_give_back, batch, reason, desk.now()))
    return len(batch)


def _give_back(
    conn: sqlite3.Connection, batch: Sequence[Operation], reason: str, now: int
) -> set[int]:
    changed = end(conn, batch, "failed", reason, now)
    by_verb: dict[str, int] = defaultdict(int)
    for op in batch:
        by_verb[op.verb] += 1
    for verb, count in by_verb.items():
        mails = "1 mail" if count == 1 else f"{count} mails"
        journal.add(
            conn,
            now=now,
            actor="server",
            action="refused",
            summary=safe_line(f"Could not {verb} {mails}: {reason}", 300),
            targets={"conversations": sorted(changed)},
        )
    return changed


async def later(desk: Desk, batch: Sequence[Operation], reason: str, seconds: int) -> None:
    """Try again after a while."""
    await desk.db.write(
        _postpone, [op.id for op in batch], reason, desk.now() + seconds, desk.now()
    )


def _postpone(conn: sqlite3.Connection, ids: Sequence[int], reason: str, at: int, now: int) -> None:
    for operation_id in ids:
        operations.set_state(
            conn,
            operation_id,
            "pending",
            now=now,
            error=safe_line(reason, 300),
            next_at=at,
            attempted=True,
        )
