"""Views over mail and records together: who waits, what has gone quiet, what has no next step."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tui_mail.model.money import minor_digits
from tui_mail.model.records import Ref

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation in which the other side wrote last, with its open deal."""

    conversation_id: int
    deal: Ref
    since: int
    """Time of the last mail that came."""
    value: int
    currency: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """An open deal that was silent for longer than its stage allows."""

    deal: Ref
    last_at: int
    """Time of the last mail, or when it came to its stage if that is later."""
    days: int
    """Days it may be silent."""


def waiting(
    conn: sqlite3.Connection, now: int, *, hours: int = 24, limit: int = 500
) -> list[Waiting]:
    """Conversations of open deals that have waited for an answer, the most valuable first.

    Values of different currencies are compared by their numbers: there are no rates here.
    """
    rows = conn.execute(
        "SELECT c.id, d.id, c.last_in_at, d.value, d.currency FROM deals d JOIN links l"
        " ON l.kind = 'deal' AND l.item_id = d.id AND l.removed_at IS NULL JOIN conversations c"
        " ON c.id = l.conversation_id WHERE d.status = 'open' AND c.shown > 0 AND c.answered = 0"
        " AND c.muted_at IS NULL AND c.last_in_at BETWEEN 1 AND ?",
        (now - hours * 3600,),
    )
    found = [Waiting(row[0], Ref("deal", row[1]), *row[2:]) for row in rows]
    found.sort(key=lambda one: (-one.value / 10 ** minor_digits(one.currency), one.since))
    return found[:limit]


def quiet(conn: sqlite3.Connection, now: int, *, limit: int = 500) -> list[Quiet]:
    """Open deals without mail and in their stage for longer than its days, quietest first."""
    rows = conn.execute(
        "SELECT * FROM (SELECT d.id, max(d.stage_changed_at, coalesce((SELECT max(c.last_at)"
        "  FROM links l JOIN conversations c ON c.id = l.conversation_id AND c.shown > 0"
        "  WHERE l.kind = 'deal' AND l.item_id = d.id AND l.removed_at IS NULL), 0)) AS last_at,"
        " s.rotten_days AS days FROM deals d JOIN stages s ON s.id = d.stage_id"
        " WHERE d.status = 'open' AND s.rotten_days IS NOT NULL)"
        " WHERE last_at < ? - days * ? ORDER BY last_at, id LIMIT ?",
        (now, _DAY, limit),
    )
    return [Quiet(Ref("deal", row[0]), row[1], row[2]) for row in rows]


def without_next_activity(conn: sqlite3.Connection, *, limit: int = 500) -> list[Ref]:
    """Open deals with nothing planned, those longest in their stage first."""
    rows = conn.execute(
        "SELECT d.id FROM deals d WHERE d.status = 'open' AND NOT EXISTS (SELECT 1"
        "  FROM activities a WHERE a.kind = 'deal' AND a.item_id = d.id AND a.done_at IS NULL)"
        " ORDER BY d.stage_changed_at, d.id LIMIT ?",
        (limit,),
    )
    return [Ref("deal", row[0]) for row in rows]
