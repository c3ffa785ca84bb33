"""The operation log: what the server still has to do (§4.8)."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any

COLUMNS = (
    "id, uuid, account_id, kind, verb, message_id, folder_id, generation, uid, target_id, args,"
    " base, journal_id, depends_on, state, attempts, next_at, evidence, error, created_at"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the log. `evidence` holds what is known of steps already taken."""

    id: int
    uuid: str
    account_id: int
    kind: str
    """flag, move, label, append, expunge."""
    verb: str
    message_id: int | None
    folder_id: int | None
    generation: int
    uid: int
    """0 while the place is only known through `depends_on`."""
    target_id: int | None
    args: dict[str, Any]
    base: dict[str, Any]
    journal_id: int | None
    depends_on: int | None
    state: str
    attempts: int
    next_at: int
    evidence: dict[str, Any]
    error: str
    created_at: int


def operation(row: tuple[Any, ...]) -> Operation:
    """A row in the order of `COLUMNS`."""
    values = list(row)
    for column in (10, 11, 17):
        values[column] = json.loads(values[column])
    return Operation(*values)


def add(
    conn: sqlite3.Connection,
    *,
    account_id: int,
    kind: str,
    verb: str,
    now: int,
    message_id: int | None = None,
    folder_id: int | None = None,
    generation: int = 0,
    uid: int = 0,
    target_id: int | None = None,
    args: dict[str, Any] | None = None,
    base: dict[str, Any] | None = None,
    journal_id: int | None = None,
    depends_on: int | None = None,
    state: str = "pending",
    operation_uuid: str = "",
) -> int:
    """Append an operation and return its id."""
    cursor = conn.execute(
        "INSERT INTO operations(uuid, account_id, kind, verb, message_id, folder_id, generation,"
        " uid, target_id, args, base, journal_id, depends_on, state, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            operation_uuid or uuid.uuid4().hex,
            account_id,
            kind,
            verb,
            message_id,
            folder_id,
            generation,
            uid,
            target_id,
            json.dumps(args or {}),
            json.dumps(base or {}),
            journal_id,
            depends_on,
            state,
            now,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def of_message(conn: sqlite3.Connection, message_id: int) -> list[Operation]:
    """Operations of a message that shape its view, oldest first."""
    return [
        operation(row)
        for row in conn.execute(
            f"SELECT {COLUMNS} FROM operations WHERE message_id = ?"
            " AND state IN ('pending', 'inflight', 'verify', 'local') ORDER BY id",
            (message_id,),
        )
    ]


def get(conn: sqlite3.Connection, operation_id: int) -> Operation | None:
    """One operation."""
    row = conn.execute(f"SELECT {COLUMNS} FROM operations WHERE id = ?", (operation_id,)).fetchone()
    return operation(row) if row else None


def due(conn: sqlite3.Connection, account_id: int, now: int, limit: int = 2000) -> list[Operation]:
    """Open operations of an account whose time has come, in order."""
    return [
        operation(row)
        for row in conn.execute(
            f"SELECT {COLUMNS} FROM operations WHERE account_id = ?"
            " AND state IN ('pending', 'inflight', 'verify') AND next_at <= ?"
            " ORDER BY id LIMIT ?",
            (account_id, now, limit),
        )
    ]


def waiting(conn: sqlite3.Connection) -> int:
    """How many operations the servers have not confirmed yet."""
    row = conn.execute(
        "SELECT count(*) FROM operations WHERE state IN ('pending', 'inflight', 'verify')"
    ).fetchone()
    return int(row[0])


def set_state(
    conn: sqlite3.Connection,
    operation_id: int,
    state: str,
    *,
    now: int,
    error: str | None = None,
    evidence: dict[str, Any] | None = None,
    next_at: int | None = None,
    attempted: bool = False,
) -> None:
    """Move an operation on. `error` is safe text; `evidence` replaces what was kept."""
    final = state in ("done", "failed", "conflict", "cancelled")
    conn.execute(
        "UPDATE operations SET state = ?, error = coalesce(?, error),"
        " evidence = coalesce(?, evidence), next_at = coalesce(?, next_at),"
        " attempts = attempts + ?, finished_at = ? WHERE id = ?",
        (
            state,
            error,
            None if evidence is None else json.dumps(evidence),
            next_at,
            attempted,
            now if final else None,
            operation_id,
        ),
    )
