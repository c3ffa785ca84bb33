"""Conversations that come back at a time: snoozed ones, and those that wait for an answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from tui_mail.store.ids import ids_json

SNOOZE, REMIND = "snooze", "remind"
_SKEW = 900
"""Seconds a server's clock may be behind ours and its mail still counts as an answer."""
_AUTOMATIC, _REPORT = 2, 4
_COLUMNS = "conversation_id, kind, due_at, set_at, after_id, after_at, woken_at"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One of a conversation; there is at most one of each kind."""

    conversation_id: int
    kind: str
    due_at: int
    set_at: int
    after_id: int
    after_at: int
    woken_at: int | None

    def is_ended_by(self, message_id: int, at: int, kind: int) -> bool:
        """Whether a message of somebody else is the answer.

        `kind` are its bits: automatic answers and delivery reports answer no question.
        """
        if message_id <= self.after_id or at < self.after_at - _SKEW:
            return False
        return self.kind == SNOOZE or not kind & (_AUTOMATIC | _REPORT)


def of_conversations(conn: sqlite3.Connection, ids: str) -> dict[int, dict[str, Reminder]]:
    """Reminders by conversation and kind; `ids` is a JSON list."""
    found: dict[int, dict[str, Reminder]] = {}
    for row in conn.execute(
        f"SELECT {_COLUMNS} FROM reminders"
        " WHERE conversation_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        found.setdefault(row[0], {})[row[1]] = Reminder(*row)
    return found


def put(conn: sqlite3.Connection, conversation_id: int, kind: str, due_at: int, now: int) -> None:
    """Set a reminder in place of the one there may be."""
    drop(conn, [conversation_id], kind)
    conn.execute(
        f"INSERT INTO reminders({_COLUMNS}) SELECT ?1, ?2, ?3, ?4, coalesce(max(id), 0),"
        " coalesce(max(sort_at), 0), NULL FROM messages"
        " WHERE conversation_id = ?1 AND deleted_at IS NULL",
        (conversation_id, kind, due_at, now),
    )


def drop(conn: sqlite3.Connection, conversation_ids: Collection[int], kind: str) -> list[int]:
    """End reminders; returns the conversations that had one."""
    rows = conn.execute(
        "DELETE FROM reminders WHERE kind = ? AND conversation_id IN"
        " (SELECT value FROM json_each(?)) RETURNING conversation_id",
        (kind, ids_json(conversation_ids)),
    ).fetchall()
    return [row[0] for row in rows]


def forget_mail(conn: sqlite3.Connection, message_id: int) -> None:
    """The mail an answer was waited for did not go: nothing is waited for."""
    conn.execute("DELETE FROM reminders WHERE kind = 'remind' AND after_id = ?", (message_id,))


def carry(conn: sqlite3.Connection, source: int, target: int) -> None:
    """Two conversations become one: what the target has itself stays."""
    conn.execute(
        "UPDATE OR IGNORE reminders SET conversation_id = ? WHERE conversation_id = ?",
        (target, source),
    )


def any_due(conn: sqlite3.Connection, now: int) -> bool:
    """Whether some time has come."""
    row = conn.execute(
        "SELECT 1 FROM reminders WHERE woken_at IS NULL AND due_at <= ? LIMIT 1", (now,)
    ).fetchone()
    return row is not None


def wake(conn: sqlite3.Connection, now: int, limit: int = 100) -> set[int]:
    """Mark those whose time has come as awake; returns their conversations, to be counted anew."""
    rows = conn.execute(
        "UPDATE reminders SET woken_at = due_at WHERE (conversation_id, kind) IN"
        " (SELECT conversation_id, kind FROM reminders WHERE woken_at IS NULL AND due_at <= ?"
        "  ORDER BY due_at LIMIT ?) RETURNING conversation_id",
        (now, limit),
    ).fetchall()
    return {row[0] for row in rows}


def times(conn: sqlite3.Connection, kind: str, conversation_ids: Collection[int]) -> dict[int, int]:
    """When each conversation is due."""
    return dict(
        conn.execute(
            "SELECT conversation_id, due_at FROM reminders WHERE kind = ?"
            " AND conversation_id IN (SELECT value FROM json_each(?))",
            (kind, ids_json(conversation_ids)),
        ).fetchall()
    )
