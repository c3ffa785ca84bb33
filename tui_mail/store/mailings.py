"""Group mail: what belongs to one mailing, how far it is, and who has had it already (SEC-42)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

FREE = (
    "(mailing_id IS NULL OR EXISTS (SELECT 1 FROM mailings g WHERE g.id = mailing_id"
    " AND g.state = 'running' AND NOT (g.last_at > :now - g.gap AND g.last_at <= :now)))"
)
"""Rows of the outbox that no mailing holds back; a clock that went backwards holds nothing back."""
_WAITING = "('held', 'queued', 'retry_wait', 'missed')"


@dataclass(frozen=True, slots=True)
class Mailing:
    """One group mail and how far it is."""

    id: int
    draft_id: int
    subject: str
    state: str
    gap: int
    created_at: int
    total: int
    sent: int
    waiting: int
    going: int
    troubled: int
    """Failed, partly refused or uncertain: they wait for the user."""
    cancelled: int
    next_at: int
    """When the next one goes at the earliest; 0 when none waits."""

    @property
    def is_open(self) -> bool:
        """Whether something of it is not settled."""
        return bool(self.waiting or self.going or self.troubled)


@dataclass(frozen=True, slots=True)
class Part:
    """The mail to one person."""

    outbox_id: int
    conversation_id: int
    address: str
    name: str
    """Not yet safe to show."""
    state: str
    not_before: int
    error: str


_SELECT = (
    "SELECT g.id, g.draft_id, g.subject, g.state, g.gap, g.created_at, count(o.id),"
    " sum(o.state IN ('accepted', 'copy_pending', 'sent')),"
    f" sum(o.state IN {_WAITING}),"
    " sum(o.state IN ('claimed', 'connected', 'envelope_ok', 'body_sent', 'dot_intent')),"
    " sum(o.state IN ('failed', 'partial', 'uncertain')), sum(o.state = 'cancelled'),"
    f" coalesce(min(CASE WHEN o.state IN {_WAITING} THEN max(o.not_before, o.next_at,"
    " g.last_at + g.gap) END), 0)"
    " FROM mailings g JOIN outbox o ON o.mailing_id = g.id"
)


def create(
    conn: sqlite3.Connection,
    draft_id: int,
    account_id: int,
    *,
    subject: str,
    gap: int,
    inputs: bytes,
    now: int,
) -> int:
    """Begin a mailing; nothing of it goes before `start`."""
    cursor = conn.execute(
        "INSERT INTO mailings(draft_id, account_id, subject, gap, inputs, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (draft_id, account_id, subject, gap, inputs, now),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def set_state(conn: sqlite3.Connection, mailing_id: int, state: str) -> None:
    """Let it run, or stop it between two mails."""
    conn.execute("UPDATE mailings SET state = ? WHERE id = ?", (state, mailing_id))


def note_claim(conn: sqlite3.Connection, outbox_id: int, now: int) -> None:
    """A mail began to go: the next one of its mailing waits."""
    conn.execute(
        "UPDATE mailings SET last_at = ? WHERE id ="
        " (SELECT mailing_id FROM outbox WHERE id = ? AND mailing_id IS NOT NULL)",
        (now, outbox_id),
    )


def stop_late(conn: sqlite3.Connection, account_id: int, before: int) -> None:
    """Stop mailings of which a mail should have gone before a time: the user is asked (OUT-11)."""
    conn.execute(
        "UPDATE mailings SET state = 'stopped' WHERE account_id = ? AND state = 'running'"
        " AND EXISTS (SELECT 1 FROM outbox o WHERE o.mailing_id = mailings.id"
        "  AND o.state = 'held' AND o.not_before <= ?)",
        (account_id, before),
    )


def get(conn: sqlite3.Connection, mailing_id: int) -> Mailing | None:
    """One mailing."""
    row = conn.execute(f"{_SELECT} WHERE g.id = ? GROUP BY g.id", (mailing_id,)).fetchone()
    return Mailing(*row) if row else None


def latest(conn: sqlite3.Connection, limit: int = 10) -> list[Mailing]:
    """The newest mailings first."""
    rows = conn.execute(f"{_SELECT} GROUP BY g.id ORDER BY g.id DESC LIMIT ?", (limit,))
    return [Mailing(*row) for row in rows]


def open_ones(conn: sqlite3.Connection) -> list[Mailing]:
    """Mailings of which something still goes or waits."""
    rows = conn.execute(
        f"{_SELECT} WHERE o.mailing_id IN (SELECT mailing_id FROM outbox"
        " WHERE mailing_id IS NOT NULL AND state NOT IN ('sent', 'cancelled'))"
        " GROUP BY g.id ORDER BY g.id DESC"
    )
    return [found for found in (Mailing(*row) for row in rows) if found.is_open]


def parts(conn: sqlite3.Connection, mailing_id: int) -> list[Part]:
    """The mails of a mailing in their order."""
    rows = conn.execute(
        "SELECT o.id, m.conversation_id, r.address, coalesce((SELECT p.name FROM participants p"
        "  WHERE p.message_id = m.id AND p.role = 'to' ORDER BY p.position LIMIT 1), ''),"
        " o.state, o.not_before, o.error FROM outbox o JOIN messages m ON m.id = o.message_id"
        " JOIN outbox_recipients r ON r.outbox_id = o.id WHERE o.mailing_id = ? ORDER BY o.id",
        (mailing_id,),
    )
    return [Part(*row) for row in rows]


def waiting(conn: sqlite3.Connection, mailing_id: int) -> list[tuple[int, int]]:
    """(outbox id, time) of the mails that have not begun to go."""
    rows = conn.execute(
        f"SELECT id, not_before FROM outbox WHERE mailing_id = ? AND state IN {_WAITING}"
        " ORDER BY id",
        (mailing_id,),
    )
    return [(row[0], row[1]) for row in rows]


def of_draft(conn: sqlite3.Connection, draft_id: int) -> list[int]:
    """Mailings that were made of a draft."""
    rows = conn.execute("SELECT id FROM mailings WHERE draft_id = ? ORDER BY id", (draft_id,))
    return [row[0] for row in rows]


def taken(conn: sqlite3.Connection, keys: Collection[str]) -> set[str]:
    """Those idempotency keys whose mail went or is on its way; one that waits can be replaced."""
    rows = conn.execute(
        "SELECT idempotency_key FROM outbox"
        f" WHERE idempotency_key IN (SELECT value FROM json_each(?)) AND state NOT IN {_WAITING}",
        (json.dumps(list(keys)),),
    )
    return {row[0] for row in rows}
