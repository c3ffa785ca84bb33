"""Mail the server no longer shows: an observation, never a reason to act on the server."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from tui_mail.store import operations
from tui_mail.store.flag_folds import fold_flags
from tui_mail.store.folds import fold, recount
from tui_mail.store.ids import ids_json

RETENTION_SECONDS = 30 * 86_400


def vanish(
    conn: sqlite3.Connection,
    folder_id: int,
    generation: int,
    uids: Collection[int],
    now: int,
    *,
    keep_in: int | None = None,
) -> set[int]:
    """Mark placements as vanished; returns the conversations that changed.

    `keep_in` names the folder where mail that moved elsewhere stays shown (`mirror_inbox` off).

    A message without any place left is gone from the server: it leaves the lists and keeps its
    body until its retention ends (I1). Own pending operations on a vanished UID are void (§4.8).
    """
    if not uids:
        return set()
    rows = conn.execute(
        "UPDATE placements SET vanished_at = ? WHERE folder_id = ? AND generation = ?"
        " AND vanished_at IS NULL AND uid IN (SELECT value FROM json_each(?))"
        " RETURNING message_id",
        (now, folder_id, generation, ids_json(uids)),
    ).fetchall()
    message_ids = {row[0] for row in rows}
    if keep_in is not None:
        _keep_shown(conn, message_ids, keep_in, now)
    settle(conn, message_ids, now)
    changed = fold(conn, message_ids)
    recount(conn, changed)
    return changed


def _keep_shown(
    conn: sqlite3.Connection, message_ids: Collection[int], folder_id: int, now: int
) -> None:
    for message_id in message_ids:
        row = conn.execute(
            "SELECT account_id FROM messages WHERE id = ? AND NOT EXISTS (SELECT 1"
            " FROM operations o WHERE o.message_id = messages.id AND o.kind = 'move'"
            " AND o.state IN ('pending', 'inflight', 'verify', 'local'))",
            (message_id,),
        ).fetchone()
        if row is not None:
            operations.add(
                conn,
                account_id=row[0],
                kind="move",
                verb="keep",
                message_id=message_id,
                target_id=folder_id,
                state="local",
                now=now,
            )


def settle(conn: sqlite3.Connection, message_ids: Collection[int], now: int) -> None:
    """Set or clear the gone-from-server mark of messages by the places they have left."""
    if not message_ids:
        return
    ids = ids_json(message_ids)
    placed = (
        "EXISTS (SELECT 1 FROM placements p JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation WHERE p.message_id = messages.id"
        " AND p.vanished_at IS NULL)"
    )
    conn.execute(
        "UPDATE messages SET orphaned_at = ?, retention_until = ? WHERE orphaned_at IS NULL"
        f" AND id IN (SELECT value FROM json_each(?)) AND NOT {placed}"
        " AND state IN ('received', 'sent')"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = messages.id"
        "  AND o.state <> 'sent')",
        (now, now + RETENTION_SECONDS, ids),
    )
    conn.execute(
        "UPDATE messages SET orphaned_at = NULL, retention_until = NULL, let_go_at = NULL"
        f" WHERE orphaned_at IS NOT NULL AND id IN (SELECT value FROM json_each(?)) AND {placed}",
        (ids,),
    )


def apply_flags(
    conn: sqlite3.Connection,
    folder_id: int,
    generation: int,
    changes: Collection[tuple[int, int, str, int]],
) -> set[int]:
    """Store flags as the server reports them: rows of (uid, flags, keywords, modseq).

    Returns the conversations that changed. Rows for unknown UIDs are ignored.
    """
    if not changes:
        return set()
    before = {
        row[0]: (row[1], row[2], row[3])
        for row in conn.execute(
            "SELECT uid, message_id, flags, keywords FROM placements"
            " WHERE folder_id = ? AND generation = ?"
            " AND uid IN (SELECT value FROM json_each(?))",
            (folder_id, generation, ids_json(change[0] for change in changes)),
        )
    }
    rows: list[tuple[int, str, int, int, int, int]] = []
    touched: set[int] = set()
    for uid, flags, keywords, modseq in changes:
        old = before.get(uid)
        if old is None:
            continue
        if (old[1], old[2]) != (flags, keywords):
            touched.add(old[0])
            rows.append((flags, keywords, modseq, folder_id, generation, uid))
    conn.executemany(
        "UPDATE placements SET flags = ?, keywords = ?, modseq = max(modseq, ?)"
        " WHERE folder_id = ? AND generation = ? AND uid = ?",
        rows,
    )
    return fold_flags(conn, touched)
