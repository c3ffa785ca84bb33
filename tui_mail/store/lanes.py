"""Views over mail and records together: who waits, what has gone quiet, what has no next step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.model.money import minor_digits
from tui_mail.model.records import Ref
from tui_mail.model.views import LANES, View
from tui_mail.store.ids import ids_json

_DAY = 86_400
MOST = 100_000
"""Most deals or conversations of a lane."""

Entry = tuple[int, int, int]
"""View, key, conversation: one row of a lane; the list stands by falling key."""


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
    conn: sqlite3.Connection, now: int, *, hours: int = 24, limit: int = MOST
) -> list[Waiting]:
    """Conversations of open deals that have waited for an answer, the most valuable first.

    Values of different currencies are compared by their numbers: there are no rates here.
    """
    rows = conn.execute(
        "SELECT c.id, d.id, c.last_in_at, d.value, d.currency FROM deals d CROSS JOIN links l"
        " ON l.kind = 'deal' AND l.item_id = d.id AND l.removed_at IS NULL"
        " CROSS JOIN conversations c ON c.id = l.conversation_id"
        " WHERE d.status = 'open' AND c.shown > 0 AND c.answered = 0"
        " AND c.muted_at IS NULL AND c.last_in_at BETWEEN 1 AND ?",
        (now - hours * 3600,),
    )
    found = [Waiting(row[0], Ref("deal", row[1]), *row[2:]) for row in rows]
    found.sort(key=lambda one: (-one.value / 10 ** minor_digits(one.currency), one.since))
    return found[:limit]


def quiet(conn: sqlite3.Connection, now: int, *, limit: int = MOST) -> list[Quiet]:
    """Open deals without mail and in their stage for longer than its days, quietest first."""
    rows = conn.execute(
        "SELECT * FROM (SELECT d.id, max(d.stage_changed_at, coalesce((SELECT max(c.last_at)"
        "  FROM links l CROSS JOIN conversations c ON c.id = l.conversation_id AND c.shown > 0"
        "  WHERE l.kind = 'deal' AND l.item_id = d.id AND l.removed_at IS NULL), 0)) AS last_at,"
        " s.rotten_days AS days FROM deals d JOIN stages s ON s.id = d.stage_id"
        " WHERE d.status = 'open' AND s.rotten_days IS NOT NULL)"
        " WHERE last_at < ? - days * ? ORDER BY last_at, id LIMIT ?",
        (now, _DAY, limit),
    )
    return [Quiet(Ref("deal", row[0]), row[1], row[2]) for row in rows]


def without_next_activity(conn: sqlite3.Connection, *, limit: int = MOST) -> list[Ref]:
    """Open deals with nothing planned, those longest in their stage first."""
    rows = conn.execute(
        "SELECT d.id FROM deals d WHERE d.status = 'open' AND NOT EXISTS (SELECT 1"
        "  FROM activities a WHERE a.kind = 'deal' AND a.item_id = d.id AND a.done_at IS NULL)"
        " ORDER BY d.stage_changed_at, d.id LIMIT ?",
        (limit,),
    )
    return [Ref("deal", row[0]) for row in rows]


def overdue(
    conn: sqlite3.Connection, now: int, *, silent: bool, unplanned: bool
) -> list[tuple[Ref, str]]:
    """Open deals, with mail or without, that were silent too long or have nothing planned, or both.

    Each with words about its silence, where that was asked for.
    """
    found = {
        one.deal: f"silent for {(now - one.last_at) // _DAY} of {one.days} days"
        for one in (quiet(conn, now) if silent else ())
    }
    if unplanned:
        bare = without_next_activity(conn)
        found = {ref: found.get(ref, "") for ref in bare if not silent or ref in found}
    return list(found.items())


def mailless(conn: sqlite3.Connection, view: int, now: int) -> int:
    """How many deals belong to a view of deals but have no conversation that could stand in it."""
    late = overdue(conn, now, silent=view == View.QUIET, unplanned=view == View.UNPLANNED)
    ids = [ref.id for ref, _ in late]
    return len(ids) - len(_newest(conn, ids))


def behind(conn: sqlite3.Connection, now: int) -> tuple[list[Entry], list[Entry]]:
    """Entries of the lanes that are to go and to come, since time has passed or records changed."""
    wanted: dict[tuple[int, int], int] = {}
    for one in waiting(conn, now):
        key = int(one.value / 10 ** minor_digits(one.currency))
        wanted.setdefault((View.WAITING, one.conversation_id), key)
    silent = quiet(conn, now)
    since = {one.deal.id: -one.last_at for one in silent}
    for deal_id, cid in _newest(conn, since):
        wanted.setdefault((View.QUIET, cid), since[deal_id])
    unplanned = [ref.id for ref in without_next_activity(conn)]
    staged = dict(
        conn.execute(
            "SELECT id, -stage_changed_at FROM deals WHERE id IN (SELECT value FROM json_each(?))",
            (ids_json(unplanned),),
        ).fetchall()
    )
    for deal_id, cid in _newest(conn, unplanned):
        wanted.setdefault((View.UNPLANNED, cid), staged[deal_id])
    here: dict[tuple[int, int], int] = {
        (row[0], row[1]): row[2]
        for row in conn.execute(
            "SELECT view_id, conversation_id, at FROM listing"
            " WHERE view_id IN (SELECT value FROM json_each(?))",
            (ids_json(LANES),),
        )
    }
    go = [(view, at, cid) for (view, cid), at in here.items() if wanted.get((view, cid)) != at]
    come = [(view, at, cid) for (view, cid), at in wanted.items() if here.get((view, cid)) != at]
    return go, come


def _newest(conn: sqlite3.Connection, deals: Iterable[int]) -> list[tuple[int, int]]:
    """The conversation with the latest mail of each deal that has one: (deal, conversation)."""
    rows = conn.execute(
        "SELECT l.item_id, c.id, max(c.last_at) FROM links l"
        " CROSS JOIN conversations c ON c.id = l.conversation_id"
        " WHERE l.kind = 'deal' AND l.removed_at IS NULL"
        " AND l.item_id IN (SELECT value FROM json_each(?)) AND c.shown > 0"
        " AND c.muted_at IS NULL GROUP BY l.item_id",
        (ids_json(deals),),
    )
    return [(row[0], row[1]) for row in rows]


def apply(conn: sqlite3.Connection, go: Iterable[Entry], come: Iterable[Entry]) -> bool:
    """Bring lanes up to date with entries of `behind`; whether anything changed."""
    counts: dict[int, list[int]] = {}
    for view, at, cid in go:
        row = conn.execute(
            "DELETE FROM listing WHERE view_id = ? AND at = ? AND conversation_id = ?"
            " RETURNING unread > 0",
            (int(view), at, cid),
        ).fetchone()
        if row is not None:
            count = counts.setdefault(int(view), [0, 0])
            count[0] -= 1
            count[1] -= row[0]
    for view, at, cid in come:
        row = conn.execute(
            "INSERT INTO listing(view_id, at, conversation_id, unread)"
            " SELECT ?1, ?2, c.id, k.unread FROM conversations c"
            " JOIN marks k ON k.conversation_id = c.id WHERE c.id = ?3 AND c.shown > 0"
            " AND NOT EXISTS (SELECT 1 FROM listing WHERE view_id = ?1 AND conversation_id = ?3)"
            " RETURNING unread > 0",
            (int(view), at, cid),
        ).fetchone()
        if row is not None:
            count = counts.setdefault(int(view), [0, 0])
            count[0] += 1
            count[1] += row[0]
    conn.executemany(
        "INSERT INTO view_counts(view_id, total, unread) VALUES (?, ?, ?) ON CONFLICT(view_id)"
        " DO UPDATE SET total = total + excluded.total, unread = unread + excluded.unread",
        [(view, total, unread) for view, (total, unread) in counts.items()],
    )
    return bool(counts)
