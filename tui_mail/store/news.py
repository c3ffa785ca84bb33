"""Mail that has just come, for those who want to be told."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class News:
    """What came since the last look."""

    newest: int
    """The highest message id there is."""
    count: int = 0
    sender: str = ""
    subject: str = ""
    """Of the newest one; not yet safe to show."""


def since(conn: sqlite3.Connection, message_id: int, after: int) -> News:
    """Unread mail in an inbox that was stored behind `message_id` and arrived after `after`.

    What is screened, muted or one's own is no news (R31).
    """
    newest = conn.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]
    rows = conn.execute(
        "SELECT coalesce(nullif(m.from_name, ''), m.from_address), m.subject FROM messages m"
        " JOIN conversations c ON c.id = m.conversation_id"
        " WHERE m.id > ? AND m.sort_at > ? AND m.flags & 1 = 0 AND m.is_own = 0"
        " AND m.screened_by IS NULL AND m.deleted_at IS NULL AND c.muted_at IS NULL"
        " AND EXISTS (SELECT 1 FROM presence p JOIN folders f ON f.id = p.folder_id"
        "  WHERE p.message_id = m.id AND f.role = 'inbox') ORDER BY m.id DESC LIMIT 100",
        (message_id, after),
    ).fetchall()
    return News(newest, len(rows), *(rows[0] if rows else ("", "")))
