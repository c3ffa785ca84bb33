"""What is let go after its time: mail gone from the server, old journal lines, finished work."""

from __future__ import annotations

import sqlite3

from tui_mail.store.folds import recount
from tui_mail.store.messages import OUTLIVES
from tui_mail.store.standing import take_waiting
from tui_mail.store.texts import remove_text

UNDO_DAYS = 30
DONE_DAYS = 30
_BATCH = 200


def sweep(conn: sqlite3.Connection, now: int) -> int:
    """Remove what has outlived its retention, a little at a time; returns how many mails went."""
    rows = conn.execute(
        "SELECT m.id, m.text_key FROM messages m WHERE m.orphaned_at IS NOT NULL"
        f" AND m.retention_until < ?1 AND m.state IN ('received', 'sent') AND NOT {OUTLIVES}"
        " UNION ALL SELECT id, text_key FROM messages"
        " WHERE state = 'draft' AND deleted_at < ?1 - ?2 LIMIT ?3",
        (now, UNDO_DAYS * 86_400, _BATCH),
    ).fetchall()
    for message_id, text_key in rows:
        erase(conn, message_id, text_key)
    conn.execute("DELETE FROM journal WHERE at < ?", (now - UNDO_DAYS * 86_400,))
    conn.execute(
        "DELETE FROM operations WHERE state IN ('done', 'cancelled') AND finished_at < ?",
        (now - DONE_DAYS * 86_400,),
    )
    conn.execute("DELETE FROM folder_events WHERE at < ?", (now - 365 * 86_400,))
    recount(conn, take_waiting(conn))
    return len(rows)


def erase(conn: sqlite3.Connection, message_id: int, text_key: int | None) -> None:
    """Remove a message with its body, index, files and places (SEC-35)."""
    if text_key is not None:
        remove_text(conn, text_key)
    for table in ("raws", "readables", "attachments", "participants", "presence", "placements"):
        conn.execute(f"DELETE FROM {table} WHERE message_id = ?", (message_id,))
    conn.execute("UPDATE operations SET message_id = NULL WHERE message_id = ?", (message_id,))
    conn.execute("UPDATE drafts SET message_id = NULL WHERE message_id = ?", (message_id,))
    conn.execute(
        "DELETE FROM messages WHERE id = ? AND id NOT IN (SELECT message_id FROM outbox)",
        (message_id,),
    )


def sizes(conn: sqlite3.Connection) -> dict[str, int]:
    """Counts for `doctor`."""
    return {
        name: conn.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        for name in ("messages", "conversations", "raws", "operations", "outbox", "journal")
    }
