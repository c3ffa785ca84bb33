"""Numbers about queue, outbox and folders: what `doctor`, `sync` and the settings say."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from tui_mail.store import accounts

_EVENTS = 10
_BETWEEN = "SELECT count(*) FROM messages WHERE size > 1000000 AND size > ? AND size <= ?"


@dataclass(slots=True)
class Counted:
    """Kept counters of one account."""

    messages: int = 0
    unread: int = 0
    operations: int = 0
    mails: int = 0


Numbers = dict[int, Counted]


def numbers(conn: sqlite3.Connection) -> Numbers:
    """Kept counters by account: nothing here grows with the mailbox."""
    found: Numbers = {}
    for folder in accounts.folders(conn):
        entry = found.setdefault(folder.account_id, Counted())
        entry.messages += folder.messages
        if folder.role == "inbox":
            entry.unread += folder.unread
    for account_id, number in conn.execute(
        "SELECT account_id, count(*) FROM operations"
        " WHERE state IN ('pending', 'inflight', 'verify') GROUP BY account_id"
    ):
        found.setdefault(account_id, Counted()).operations = number
    for account_id, number in conn.execute(
        "SELECT account_id, count(*) FROM outbox"
        " WHERE state NOT IN ('sent', 'cancelled') GROUP BY account_id"
    ):
        found.setdefault(account_id, Counted()).mails = number
    return found


def queue(conn: sqlite3.Connection, account_id: int) -> dict[str, Any]:
    """Operations and mails of an account that are not through, with the reasons."""
    waiting = conn.execute(
        "SELECT count(*), min(created_at) FROM operations WHERE account_id = ?"
        " AND state IN ('pending', 'inflight', 'verify')",
        (account_id,),
    ).fetchone()
    refused = conn.execute(
        "SELECT verb, error, finished_at FROM operations WHERE account_id = ?"
        " AND state IN ('failed', 'conflict') ORDER BY id DESC LIMIT 5",
        (account_id,),
    ).fetchall()
    mails = conn.execute(
        "SELECT count(*), coalesce(sum(state IN ('failed', 'partial', 'uncertain')), 0)"
        " FROM outbox WHERE account_id = ? AND state NOT IN ('sent', 'cancelled')",
        (account_id,),
    ).fetchone()
    stuck = conn.execute(
        "SELECT what, error, count(*) FROM fetch_retry JOIN folders ON folders.id = folder_id"
        " WHERE account_id = ? AND error <> '' GROUP BY what, error LIMIT 5",
        (account_id,),
    ).fetchall()
    return {
        "operations": waiting[0],
        "oldest_operation_at": (waiting[1]),
        "refused": [{"verb": r[0], "error": r[1], "at": (r[2])} for r in refused],
        "mails": mails[0],
        "troubled_mails": mails[1],
        "not_fetched": [{"what": r[0], "error": r[1], "mails": r[2]} for r in stuck],
    }


def events(conn: sqlite3.Connection, account_id: int) -> list[dict[str, Any]]:
    """What sync decided on its own, newest first, with the reason."""
    return [
        {"at": (row[0]), "folder": row[1] or "", "kind": row[2], "detail": row[3]}
        for row in conn.execute(
            "SELECT e.at, f.name, e.kind, e.detail FROM folder_events e"
            " LEFT JOIN folders f ON f.id = e.folder_id WHERE e.account_id = ?"
            " ORDER BY e.id DESC LIMIT ?",
            (account_id, _EVENTS),
        )
    ]


def between_sizes(conn: sqlite3.Connection, low: int, high: int) -> int:
    """Mails that are larger than `low` octets and not larger than `high`."""
    return _one(conn, _BETWEEN, low, high)


def held_mails(conn: sqlite3.Connection) -> int:
    """Mails that can still be stopped."""
    return _one(conn, "SELECT count(*) FROM outbox WHERE state = 'held'")


def drafts(conn: sqlite3.Connection) -> int:
    """Drafts that are not thrown away."""
    sql = "SELECT count(*) FROM messages WHERE state = 'draft' AND deleted_at IS NULL"
    return _one(conn, sql)


def _one(conn: sqlite3.Connection, sql: str, *values: int) -> int:
    return int(conn.execute(sql, values).fetchone()[0])
