"""What an account brings here, in numbers: what a narrower choice would leave out (R16)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from tui_mail.store.ids import ids_json


@dataclass(frozen=True, slots=True)
class Outside:
    """Mail that is here and would not be brought today."""

    messages: int
    conversations: int
    """Of which nothing would be left in the lists."""
    linked: int
    """Of these conversations, linked ones: they stay readable at their deal."""


def threads_here(conn: sqlite3.Connection, account_id: int, threads: Collection[int]) -> set[int]:
    """Which of these Gmail conversations have a mail here."""
    rows = conn.execute(
        "SELECT DISTINCT gm_thrid FROM messages WHERE account_id = ?"
        " AND gm_thrid IN (SELECT value FROM json_each(?)) AND orphaned_at IS NULL",
        (account_id, ids_json(threads)),
    )
    return {row[0] for row in rows}


def outside(
    conn: sqlite3.Connection, account_id: int, before: int, folders: Collection[str]
) -> list[int]:
    """Ids of mails older than `before` (UTC seconds; 0: none), or placed only in these folders.

    Mail that the server still has something to do with, or that was written here, is left out.
    """
    return [
        row[0]
        for row in conn.execute(
            "SELECT m.id FROM messages m WHERE m.account_id = ?1 AND m.orphaned_at IS NULL"
            " AND m.deleted_at IS NULL AND m.state IN ('received', 'sent')"
            " AND EXISTS (SELECT 1 FROM placements p WHERE p.message_id = m.id"
            "  AND p.vanished_at IS NULL)"
            " AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.message_id = m.id"
            "  AND o.state IN ('pending', 'inflight', 'verify'))"
            " AND (m.internal_date < ?2 OR (?3 <> '[]' AND NOT EXISTS (SELECT 1 FROM placements p"
            "  JOIN folders f ON f.id = p.folder_id AND f.generation = p.generation"
            "  WHERE p.message_id = m.id AND p.vanished_at IS NULL"
            "  AND f.name NOT IN (SELECT value FROM json_each(?3)))))"
            " ORDER BY m.id",
            (account_id, before, json.dumps(sorted(folders))),
        )
    ]


def count(conn: sqlite3.Connection, message_ids: Collection[int]) -> Outside:
    """The same in numbers."""
    ids = ids_json(message_ids)
    row = conn.execute(
        "WITH gone(id) AS (SELECT value FROM json_each(?1)), touched(id) AS (SELECT DISTINCT"
        " conversation_id FROM messages WHERE id IN gone), whole(id) AS (SELECT id FROM touched"
        " WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = touched.id"
        " AND m.id NOT IN gone AND m.deleted_at IS NULL AND m.orphaned_at IS NULL))"
        " SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM whole),"
        " (SELECT count(*) FROM whole WHERE EXISTS (SELECT 1 FROM links l"
        "  WHERE l.conversation_id = whole.id AND l.removed_at IS NULL))",
        (ids,),
    ).fetchone()
    return Outside(*row)


def brought_by(conn: sqlite3.Connection, conversation_id: int) -> list[tuple[int, str, str, int]]:
    """What the mails of a conversation came with: account, folder name, labels (JSON), mails."""
    return conn.execute(
        "SELECT f.account_id, f.name, p.labels, count(DISTINCT p.message_id) FROM messages m"
        " JOIN placements p ON p.message_id = m.id JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation WHERE m.conversation_id = ? AND p.vanished_at IS NULL"
        " AND m.deleted_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2 LIMIT 40",
        (conversation_id,),
    ).fetchall()


def of_account(conn: sqlite3.Connection, account_id: int, *, but_linked: bool) -> list[int]:
    """Ids of the received and sent mails of an account, without those of linked conversations."""
    kept = (
        " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.conversation_id = m.conversation_id"
        " AND l.removed_at IS NULL)"
        if but_linked
        else ""
    )
    return [
        row[0]
        for row in conn.execute(
            "SELECT m.id FROM messages m WHERE m.account_id = ? AND m.state IN ('received', 'sent')"
            f" AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = m.id){kept}"
            " ORDER BY m.id",
            (account_id,),
        )
    ]


def waiting(conn: sqlite3.Connection, account_id: int) -> tuple[int, int]:
    """Mails that still have to go, and changes the server does not know yet."""
    row = conn.execute(
        "SELECT (SELECT count(*) FROM outbox WHERE account_id = ?1"
        "  AND state NOT IN ('sent', 'cancelled')),"
        " (SELECT count(*) FROM operations WHERE account_id = ?1"
        "  AND state IN ('pending', 'inflight', 'verify'))",
        (account_id,),
    ).fetchone()
    return row[0], row[1]


def unsent(conn: sqlite3.Connection, account_id: int) -> list[int]:
    """Outbox rows of mails that can still be stopped."""
    rows = conn.execute(
        "SELECT id FROM outbox WHERE account_id = ?"
        " AND state IN ('held', 'queued', 'retry_wait', 'failed', 'missed') ORDER BY id",
        (account_id,),
    )
    return [row[0] for row in rows]


def folder_names(conn: sqlite3.Connection, account_id: int) -> list[str]:
    """Folders that are synced now."""
    return [
        row[0]
        for row in conn.execute(
            "SELECT name FROM folders WHERE account_id = ? AND selected AND selectable"
            " AND state <> 'gone'",
            (account_id,),
        )
    ]


def forget_past(
    conn: sqlite3.Connection, account_id: int, before: int, folders: Collection[str]
) -> None:
    """Past mail of the account is complete only from `before` on, and in these folders not at all.

    So that it is fetched again when more is wanted.
    """
    conn.execute(
        "UPDATE folders SET horizon = ?1 WHERE account_id = ?2 AND horizon >= 0 AND horizon < ?1",
        (before, account_id),
    )
    conn.execute(
        "UPDATE folders SET uidvalidity = 0, uidnext = 0, modseq = 0, horizon = -1, state = 'new'"
        " WHERE account_id = ? AND name IN (SELECT value FROM json_each(?))",
        (account_id, json.dumps(sorted(folders))),
    )


def accounts_in_inbox(
    conn: sqlite3.Connection, conversation_ids: Collection[int]
) -> frozenset[int]:
    """Accounts that have mail of these conversations in their inbox."""
    rows = conn.execute(
        "SELECT DISTINCT m.account_id FROM messages m"
        " JOIN presence p ON p.message_id = m.id JOIN folders f ON f.id = p.folder_id"
        " WHERE m.conversation_id IN (SELECT value FROM json_each(?))"
        " AND m.deleted_at IS NULL AND f.role = 'inbox'",
        (ids_json(conversation_ids),),
    )
    return frozenset(row[0] for row in rows)
