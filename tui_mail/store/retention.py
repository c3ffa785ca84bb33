"""What is let go after its time: mail gone from the server, old journal lines, finished work."""

from __future__ import annotations

import sqlite3

from tui_mail.store.folds import recount
from tui_mail.store.ids import ids_json
from tui_mail.store.messages import OUTLIVES
from tui_mail.store.standing import take_waiting
from tui_mail.store.texts import remove_text

UNDO_DAYS = 30
DONE_DAYS = 30
SCREENED_DAYS = 1
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
    strip_screened(conn, now)
    recount(conn, take_waiting(conn))
    return len(rows)


def strip_screened(conn: sqlite3.Connection, now: int) -> int:
    """Drop what is kept of screened mail beyond its header, some at a time; how many it was (R31).

    Once blocking can hardly be meant to be taken back, and only of mail the server still has: its
    body is fetched again when the entry goes. The header stays, because without it nothing could
    say which entry hid whom, nor bring the mail back to its conversation without a server.
    """
    rows = conn.execute(
        "SELECT m.id, m.text_key FROM messages m JOIN blocked b ON b.id = m.screened_by"
        " WHERE m.body_state <> 'none' AND m.orphaned_at IS NULL AND m.state = 'received'"
        " AND b.created_at < ? AND EXISTS (SELECT 1 FROM placements p"
        "  WHERE p.message_id = m.id AND p.vanished_at IS NULL) LIMIT ?",
        (now - SCREENED_DAYS * 86_400, _BATCH),
    ).fetchall()
    for message_id, text_key in rows:
        if text_key is not None:
            remove_text(conn, text_key)
        for table in ("raws", "readables", "attachments"):
            conn.execute(f"DELETE FROM {table} WHERE message_id = ?", (message_id,))
        conn.execute(
            "UPDATE messages SET body_state = 'none', snippet = '', text_key = NULL WHERE id = ?",
            (message_id,),
        )
    recount(conn, [row[0] for row in conn.execute(
        "SELECT DISTINCT conversation_id FROM messages"
        " WHERE id IN (SELECT value FROM json_each(?))", (ids_json(row[0] for row in rows),)
    )])  # fmt: skip
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
