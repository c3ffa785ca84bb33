"""What was done, by whom, and how to take it back: feeds undo and "why"."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    id: int
    at: int
    actor: str
    action: str
    summary: str
    targets: dict[str, Any]
    undo: dict[str, Any]
    """Empty when it cannot be taken back."""


_DAY = 86_400
_COLUMNS = "id, at, actor, action, summary, targets, undo"


def _entry(row: tuple[Any, ...]) -> Entry:
    values: list[Any] = [*row[:5], json.loads(row[5]), json.loads(row[6] or "{}")]
    return Entry(*values)


def add(
    conn: sqlite3.Connection,
    *,
    now: int,
    actor: str,
    action: str,
    summary: str,
    targets: dict[str, Any],
    undo: dict[str, Any] | None = None,
) -> int:
    """Write an entry and return its id. `summary` is one safe line."""
    cursor = conn.execute(
        "INSERT INTO journal(at, actor, action, summary, targets, undo) VALUES (?, ?, ?, ?, ?, ?)",
        (now, actor, action, summary, json.dumps(targets), json.dumps(undo) if undo else ""),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def set_undo(conn: sqlite3.Connection, entry_id: int, undo: dict[str, Any]) -> None:
    """Complete an entry with its inverse."""
    conn.execute("UPDATE journal SET undo = ? WHERE id = ?", (json.dumps(undo), entry_id))


def last_undoable(conn: sqlite3.Connection) -> Entry | None:
    """The newest thing the user did that can still be taken back; survives a restart."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM journal WHERE undo <> '' AND undone_at IS NULL"
        " AND actor = 'user' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return _entry(row) if row else None


def undoable_since(conn: sqlite3.Connection, since: int) -> Iterator[Entry]:
    """What the user did since a moment and can be taken back, the newest first; with a day's room
    for clocks that were set."""
    for row in conn.execute(
        f"SELECT {_COLUMNS} FROM journal WHERE undo <> '' AND undone_at IS NULL"
        " AND actor = 'user' ORDER BY id DESC"
    ):
        if row[1] < since - _DAY:
            return
        yield _entry(row)


def entry(conn: sqlite3.Connection, entry_id: int) -> Entry | None:
    """One entry."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM journal WHERE id = ?", (entry_id,)).fetchone()
    return _entry(row) if row else None


def latest(conn: sqlite3.Connection, limit: int = 50) -> list[Entry]:
    """The newest entries first."""
    return [
        _entry(row)
        for row in conn.execute(
            f"SELECT {_COLUMNS} FROM journal ORDER BY id DESC LIMIT ?", (limit,)
        )
    ]


def complete(conn: sqlite3.Connection, entry_id: int) -> None:
    """The parts of an action that this entry belongs to are all done."""
    conn.execute("UPDATE journal SET undo = json_remove(undo, '$.of') WHERE id = ?", (entry_id,))


def mark_undone(conn: sqlite3.Connection, entry_id: int, now: int) -> None:
    """The entry was taken back."""
    conn.execute("UPDATE journal SET undone_at = ? WHERE id = ?", (now, entry_id))
