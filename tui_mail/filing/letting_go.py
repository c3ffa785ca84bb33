"""Mail that is no longer wanted here although the server has it; nothing happens there."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from tui_mail.filing.vanished import settle
from tui_mail.store import retention
from tui_mail.store.folds import fold, recount
from tui_mail.store.ids import ids_json


def let_go(conn: sqlite3.Connection, message_ids: Collection[int], now: int) -> set[int]:
    """Forget where these mails are, so that they leave the lists; linked ones stay readable.

    They come back, and are the same mails, when they are wanted again. Answers the conversations.
    """
    conn.execute(
        "DELETE FROM placements WHERE message_id IN (SELECT value FROM json_each(?))",
        (ids_json(message_ids),),
    )
    settle(conn, message_ids, now)
    conn.execute(
        "UPDATE messages SET let_go_at = orphaned_at WHERE orphaned_at IS NOT NULL"
        " AND id IN (SELECT value FROM json_each(?))",
        (ids_json(message_ids),),
    )
    changed = fold(conn, message_ids)
    recount(conn, changed)
    return changed


def erase(conn: sqlite3.Connection, message_ids: Collection[int]) -> set[int]:
    """Remove these mails with their text and files at once. Answers the conversations."""
    rows = conn.execute(
        "SELECT id, text_key, conversation_id FROM messages"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (ids_json(message_ids),),
    ).fetchall()
    for message_id, text_key, _ in rows:
        retention.erase(conn, message_id, text_key)
    changed = {row[2] for row in rows}
    recount(conn, changed)
    return changed
