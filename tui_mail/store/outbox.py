"""The outbox: frozen mails and how far each of them is (§4.9)."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import Any

from tui_mail.store import mailings

BEFORE_DOT = ("claimed", "connected", "envelope_ok", "body_sent")
"""States in which a loss of the connection means: not sent (OUT-2)."""
CANCELLABLE = ("held", "queued", "retry_wait", "missed")
FINAL = ("sent", "cancelled")
NEED_USER = ("failed", "partial", "uncertain", "missed")
MISSED_AFTER = 12 * 3600
"""A planned mail this late is asked about and not sent by itself (OUT-11)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the outbox without its bytes."""

    id: int
    uuid: str
    account_id: int
    message_id: int
    draft_id: int | None
    message_id_header: str
    mail_from: str
    state: str
    not_before: int
    scheduled: bool
    attempts: int
    next_at: int
    lease: str
    queue_id: str
    error: str
    checks: int
    created_at: int
    size: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a mail; an accepted one is never addressed again (OUT-6)."""

    address: str
    state: str
    """waiting accepted refused retry bounced delivered."""
    code: str
    answer: str


_COLUMNS = (
    "id, uuid, account_id, message_id, draft_id, message_id_header, mail_from, state, not_before,"
    " scheduled, attempts, next_at, lease, queue_id, error, checks, created_at, length(raw)"
)


def _outgoing(row: tuple[Any, ...]) -> Outgoing:
    values = list(row)
    values[9] = bool(values[9])
    return Outgoing(*values)


def get(conn: sqlite3.Connection, outbox_id: int) -> Outgoing | None:
    """One row."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    return _outgoing(row) if row else None


def of_message(conn: sqlite3.Connection, message_id: int) -> Outgoing | None:
    """The newest outbox row of a message."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE message_id = ? ORDER BY id DESC LIMIT 1",
        (message_id,),
    ).fetchone()
    return _outgoing(row) if row else None


def unfinished(conn: sqlite3.Connection, account_id: int | None = None) -> list[Outgoing]:
    """Rows that are neither sent nor cancelled, oldest first."""
    where = "" if account_id is None else " AND account_id = ?"
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE state NOT IN ('sent', 'cancelled'){where}"
        " ORDER BY id",
        () if account_id is None else (account_id,),
    )
    return [_outgoing(row) for row in rows]


def latest(conn: sqlite3.Connection, limit: int = 50) -> list[Outgoing]:
    """The newest rows, finished ones included."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM outbox ORDER BY id DESC LIMIT ?", (limit,))
    return [_outgoing(row) for row in rows]


def raw(conn: sqlite3.Connection, outbox_id: int) -> bytes:
    """The frozen octets."""
    row = conn.execute("SELECT raw FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    data: bytes = row[0]
    return data


def recipients(conn: sqlite3.Connection, outbox_id: int) -> list[Recipient]:
    """The recipients of a mail with their state."""
    rows = conn.execute(
        "SELECT address, state, code, answer FROM outbox_recipients WHERE outbox_id = ?"
        " ORDER BY address",
        (outbox_id,),
    )
    return [Recipient(*row) for row in rows]


def set_recipient(
    conn: sqlite3.Connection, outbox_id: int, address: str, state: str, code: str, answer: str
) -> None:
    """Store the server's answer for one recipient (safe text)."""
    conn.execute(
        "UPDATE outbox_recipients SET state = ?, code = ?, answer = ?"
        " WHERE outbox_id = ? AND address = ?",
        (state, code, answer, outbox_id, address),
    )


def claim(conn: sqlite3.Connection, account_id: int, lease: str, now: int) -> Outgoing | None:
    """Take the next due mail of an account by a conditional update (OUT-10).

    Planned mails whose time was missed are left where they are: `missed` finds them first.
    """
    row = conn.execute(
        "UPDATE outbox SET state = 'claimed', lease = :lease, attempts = attempts + 1 WHERE id ="
        " (SELECT id FROM outbox WHERE account_id = :account AND ("
        "   (state = 'held' AND not_before <= :now AND (scheduled = 0 OR not_before > :late))"
        "   OR state = 'queued' OR (state = 'retry_wait' AND next_at <= :now))"
        f"  AND {mailings.FREE} ORDER BY id LIMIT 1)"
        f" AND state IN ('held', 'queued', 'retry_wait') RETURNING {_COLUMNS}",
        {"lease": lease, "account": account_id, "now": now, "late": now - MISSED_AFTER},
    ).fetchone()
    if row is None:
        return None
    mailings.note_claim(conn, row[0], now)
    return _outgoing(row)


def miss(conn: sqlite3.Connection, account_id: int, now: int) -> list[int]:
    """Planned mails whose time went by unnoticed become a question (OUT-11); their messages.

    A group mail is stopped as a whole.
    """
    mailings.stop_late(conn, account_id, now - MISSED_AFTER)
    rows = conn.execute(
        "UPDATE outbox SET state = 'missed', error = '' WHERE account_id = ? AND state = 'held'"
        " AND scheduled = 1 AND mailing_id IS NULL AND not_before <= ? RETURNING id, message_id",
        (account_id, now - MISSED_AFTER),
    ).fetchall()
    conn.executemany(
        "INSERT INTO outbox_attempts(outbox_id, at, stage, outcome) VALUES (?, ?, 'missed', '')",
        [(row[0], now) for row in rows],
    )
    return [row[1] for row in rows]


def replan(
    conn: sqlite3.Connection, outbox_id: int, at: int, raw: bytes, *, scheduled: bool
) -> int | None:
    """Give a mail that has not begun to go another time; its message, None when it is too late."""
    row = conn.execute(
        "UPDATE outbox SET state = 'held', not_before = ?, scheduled = ?, raw = ?, sha256 = ?,"
        " error = '' WHERE id = ?"
        " AND state IN ('held', 'missed') RETURNING message_id",
        (at, scheduled, raw, hashlib.sha256(raw).digest(), outbox_id),
    ).fetchone()
    return row[0] if row else None


def planned(conn: sqlite3.Connection) -> list[Outgoing]:
    """Mails to be sent later, the next one first; those whose time was missed too."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM outbox WHERE (state = 'held' AND scheduled = 1)"
        " OR state = 'missed' ORDER BY not_before, id"
    )
    return [_outgoing(row) for row in rows]


def advance(
    conn: sqlite3.Connection,
    outbox_id: int,
    lease: str,
    state: str,
    *,
    now: int,
    error: str | None = None,
    next_at: int | None = None,
    queue_id: str | None = None,
) -> bool:
    """Move a claimed mail on; False when the lease is not ours any more."""
    cursor = conn.execute(
        "UPDATE outbox SET state = ?, error = coalesce(?, error), next_at = coalesce(?, next_at),"
        " queue_id = coalesce(?, queue_id), finished_at = ? WHERE id = ? AND lease = ?",
        (state, error, next_at, queue_id, now if state in FINAL else None, outbox_id, lease),
    )
    conn.execute(
        "INSERT INTO outbox_attempts(outbox_id, at, stage, outcome) VALUES (?, ?, ?, ?)",
        (outbox_id, now, state, error or ""),
    )
    return cursor.rowcount == 1


def next_due(conn: sqlite3.Connection, account_id: int) -> int | None:
    """When the next mail of an account may go; None when nothing waits."""
    row = conn.execute(
        "SELECT min(max(CASE o.state WHEN 'held' THEN o.not_before WHEN 'retry_wait' THEN o.next_at"
        " ELSE 0 END, coalesce(g.last_at + g.gap, 0)))"
        " FROM outbox o LEFT JOIN mailings g ON g.id = o.mailing_id WHERE o.account_id = ?"
        " AND o.state IN ('held', 'queued', 'retry_wait')"
        " AND (o.mailing_id IS NULL OR g.state = 'running')",
        (account_id,),
    ).fetchone()
    return row[0] if row else None


def is_held(conn: sqlite3.Connection, journal_id: int) -> bool:
    """Whether the mail that a journal entry is about still waits to go."""
    row = conn.execute(
        "SELECT 1 FROM journal j JOIN outbox o ON o.id = json_extract(j.targets, '$.outbox')"
        " WHERE j.id = ? AND o.state = 'held'",
        (journal_id,),
    ).fetchone()
    return row is not None
