"""Folders whose server gives no UIDVALIDITY: what is shown, and what cannot be done (SYN-1)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from tui_mail.store.ids import ids_json

WORDS = "the server does not number the mails of this folder: only their headers can be shown"
IS_UNNUMBERED = "(f.uidvalidity = 0 AND f.state IN ('unstable', 'renumbered', 'quarantined'))"
"""Of a folder `f`."""


def places(
    conn: sqlite3.Connection, folder_id: int, generation: int
) -> tuple[list[tuple[bytes, int]], bool]:
    """(identity, flags) of the mails shown, and whether places of former generations are left."""
    rows = conn.execute(
        "SELECT m.fingerprint, p.flags FROM placements p JOIN messages m ON m.id = p.message_id"
        " WHERE p.folder_id = ? AND p.generation = ?",
        (folder_id, generation),
    ).fetchall()
    former = conn.execute(
        "SELECT 1 FROM placements WHERE folder_id = ? AND generation < ? LIMIT 1",
        (folder_id, generation),
    ).fetchone()
    return [(row[0], row[1]) for row in rows], former is not None


def begin(conn: sqlite3.Connection, folder_id: int, now: int) -> int:
    """Start another generation, beside which the former one is still shown; returns it."""
    row = conn.execute(
        "UPDATE folders SET generation = generation + 1, state = 'renumbered', state_at = ?"
        " WHERE id = ? RETURNING generation",
        (now, folder_id),
    ).fetchone()
    conn.execute("DELETE FROM fetch_retry WHERE folder_id = ?", (folder_id,))
    return int(row[0])


def settled(conn: sqlite3.Connection, folder_id: int, now: int) -> None:
    """All that the server showed is here; bodies that cannot be had say why."""
    conn.execute(
        "UPDATE folders SET state_at = CASE WHEN state = 'unstable' THEN state_at ELSE ?1 END,"
        " state = 'unstable', last_sync_at = ?1, quarantine = '{}' WHERE id = ?2",
        (now, folder_id),
    )
    conn.execute(
        "UPDATE messages SET body_state = 'failed', problem = ?1 WHERE body_state = 'none' AND id"
        " IN (SELECT p.message_id FROM placements p JOIN folders f ON f.id = p.folder_id"
        "  AND f.generation = p.generation WHERE f.id = ?2) AND NOT EXISTS (SELECT 1"
        "  FROM placements p JOIN folders f ON f.id = p.folder_id AND f.generation = p.generation"
        "  WHERE p.message_id = messages.id AND p.vanished_at IS NULL AND f.id <> ?2)",
        (WORDS, folder_id),
    )


def wanted_again(conn: sqlite3.Connection, folder_id: int) -> None:
    """The folder is numbered by now: its bodies are still to come."""
    conn.execute(
        "UPDATE messages SET body_state = 'none', problem = '' WHERE body_state = 'failed'"
        " AND problem = ? AND id IN (SELECT message_id FROM placements WHERE folder_id = ?)",
        (WORDS, folder_id),
    )


def former(conn: sqlite3.Connection, folder_id: int, generation: int, most: int) -> list[int]:
    """Take away some places of former generations; returns their messages."""
    rows = conn.execute(
        "SELECT DISTINCT message_id FROM placements WHERE folder_id = ? AND generation < ? LIMIT ?",
        (folder_id, generation, most),
    ).fetchall()
    ids = [row[0] for row in rows]
    conn.execute(
        "DELETE FROM placements WHERE folder_id = ? AND generation < ?"
        " AND message_id IN (SELECT value FROM json_each(?))",
        (folder_id, generation, ids_json(ids)),
    )
    return ids


def conversations(conn: sqlite3.Connection, conversation_ids: Collection[int]) -> set[int]:
    """Those of the conversations that have mail in such a folder."""
    folders = conn.execute(f"SELECT f.id FROM folders f WHERE {IS_UNNUMBERED}").fetchall()
    if not folders:
        return set()
    rows = conn.execute(
        "SELECT DISTINCT m.conversation_id FROM messages m JOIN placements p"
        " ON p.message_id = m.id JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation"
        f" WHERE {IS_UNNUMBERED} AND m.conversation_id IN (SELECT value FROM json_each(?))",
        (ids_json(conversation_ids),),
    )
    return {row[0] for row in rows}


def has(conn: sqlite3.Connection, message_id: int) -> bool:
    """Whether a message is in such a folder."""
    row = conn.execute(
        "SELECT 1 FROM placements p JOIN folders f ON f.id = p.folder_id"
        f" AND f.generation = p.generation WHERE p.message_id = ? AND {IS_UNNUMBERED}",
        (message_id,),
    ).fetchone()
    return row is not None
