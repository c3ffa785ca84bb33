"""What the engine reads and writes about folders: cursors, known UIDs, retries, bodies due."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tui_mail.store import unnumbered
from tui_mail.store.ids import ids_json

RETRIES = 3
"""Tries of one UID before it is given up for a day."""
RETRY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class BodyDue:
    """A message whose body is still on the server."""

    message_id: int
    folder_id: int
    generation: int
    uid: int
    size: int


def live_uids(conn: sqlite3.Connection, folder_id: int, generation: int) -> list[int]:
    """UIDs of the folder we hold, ascending."""
    return [
        row[0]
        for row in conn.execute(
            "SELECT uid FROM placements WHERE folder_id = ? AND generation = ?"
            " AND vanished_at IS NULL ORDER BY uid",
            (folder_id, generation),
        )
    ]


def known_uids(conn: sqlite3.Connection, folder_id: int, generation: int) -> set[int]:
    """UIDs that need no header fetch: stored, vanished, deleted here, or in the retry list."""
    rows = conn.execute(
        "SELECT uid FROM placements WHERE folder_id = ?1 AND generation = ?2"
        " UNION SELECT uid FROM fetch_retry WHERE folder_id = ?1 AND generation = ?2"
        "  AND what = 'header'"
        " UNION SELECT uid FROM tombstones WHERE folder_id = ?1 AND generation = ?2",
        (folder_id, generation),
    )
    return {row[0] for row in rows}


def explained(
    conn: sqlite3.Connection, folder_id: int, generation: int, uids: Sequence[int]
) -> int:
    """How many of these UIDs are mail that lives in another folder, or that we are moving."""
    row = conn.execute(
        "SELECT count(DISTINCT p.uid) FROM placements p WHERE p.folder_id = ?1"
        " AND p.generation = ?2 AND p.uid IN (SELECT value FROM json_each(?3)) AND ("
        " EXISTS (SELECT 1 FROM placements o JOIN folders f ON f.id = o.folder_id"
        "  AND f.generation = o.generation WHERE o.message_id = p.message_id"
        "  AND o.folder_id <> p.folder_id AND o.vanished_at IS NULL)"
        " OR EXISTS (SELECT 1 FROM operations x WHERE x.message_id = p.message_id"
        "  AND x.kind IN ('move', 'expunge') AND x.state IN ('pending', 'inflight', 'verify')))",
        (folder_id, generation, ids_json(uids)),
    ).fetchone()
    return int(row[0])


def set_cursor(
    conn: sqlite3.Connection,
    folder_id: int,
    now: int,
    *,
    uidnext: int | None = None,
    modseq: int | None = None,
    exists: int | None = None,
    horizon: int | None = None,
    audited: bool = False,
    state: str | None = None,
) -> None:
    """Move a folder's cursors; called only in the transaction that stores what they cover (I6)."""
    conn.execute(
        "UPDATE folders SET uidnext = coalesce(?, uidnext), modseq = coalesce(?, modseq),"
        " server_exists = coalesce(?, server_exists), horizon = coalesce(?, horizon),"
        " state = coalesce(?, state), last_sync_at = ?,"
        " last_audit_at = CASE WHEN ? THEN ? ELSE last_audit_at END WHERE id = ?",
        (uidnext, modseq, exists, horizon, state, now, audited, now, folder_id),
    )


def open_folder(
    conn: sqlite3.Connection,
    folder_id: int,
    uidvalidity: int,
    uidnext: int,
    modseq: int,
    exists: int,
    now: int,
) -> None:
    """A folder is seen for the first time: its numbers are kept, its mail is all still to come.

    `horizon` -1 says that nothing below `uidnext` is covered yet (I6).
    """
    conn.execute(
        "UPDATE folders SET uidvalidity = ?, uidnext = ?, modseq = ?, server_exists = ?,"
        " horizon = -1, state = 'live', state_at = ?, last_sync_at = ? WHERE id = ?",
        (uidvalidity, uidnext, modseq, exists, now, now, folder_id),
    )


def renumber(
    conn: sqlite3.Connection, folder_id: int, uidvalidity: int, uidnext: int, modseq: int, now: int
) -> int:
    """Start a new generation of UIDs; returns how often that happened within a day (§4.5)."""
    row = conn.execute("SELECT renumbered FROM folders WHERE id = ?", (folder_id,)).fetchone()
    times = [t for t in json.loads(row[0]) if t > now - 86_400] + [now]
    conn.execute(
        "UPDATE folders SET generation = generation + 1, uidvalidity = ?, uidnext = ?, modseq = ?,"
        " horizon = -1, state = 'renumbered', state_at = ?, renumbered = ?, quarantine = '{}'"
        " WHERE id = ?",
        (uidvalidity, uidnext, modseq, now, json.dumps(times), folder_id),
    )
    conn.execute("DELETE FROM fetch_retry WHERE folder_id = ?", (folder_id,))
    return len(times)


def flips(conn: sqlite3.Connection, folder_id: int, now: int) -> int:
    """How often UIDs became void within a day; 0 when the last time is over an hour ago."""
    row = conn.execute("SELECT renumbered FROM folders WHERE id = ?", (folder_id,)).fetchone()
    times = [t for t in json.loads(row[0]) if t > now - 86_400]
    return len(times) if times and times[-1] > now - 3600 else 0


def messages_of_generation(conn: sqlite3.Connection, folder_id: int, generation: int) -> list[int]:
    """Messages that had a live place in a former generation."""
    return [
        row[0]
        for row in conn.execute(
            "SELECT DISTINCT message_id FROM placements WHERE folder_id = ? AND generation = ?"
            " AND vanished_at IS NULL",
            (folder_id, generation),
        )
    ]


def set_state(conn: sqlite3.Connection, folder_id: int, state: str, now: int) -> None:
    """Move a folder to another state."""
    conn.execute("UPDATE folders SET state = ?, state_at = ? WHERE id = ?", (state, now, folder_id))


def quarantine(conn: sqlite3.Connection, folder_id: int) -> dict[str, int]:
    """The stored state of a loss that is being checked, or an empty dict."""
    row = conn.execute("SELECT quarantine FROM folders WHERE id = ?", (folder_id,)).fetchone()
    value: dict[str, int] = json.loads(row[0])
    return value


def set_quarantine(
    conn: sqlite3.Connection, folder_id: int, state: dict[str, int], now: int
) -> None:
    """Keep what is known of a loss; an empty dict ends the quarantine."""
    conn.execute(
        "UPDATE folders SET quarantine = ?, state = CASE WHEN ?2 THEN 'quarantined'"
        " WHEN state = 'quarantined' THEN 'live' ELSE state END, state_at = ?3 WHERE id = ?4",
        (json.dumps(state), bool(state), now, folder_id),
    )


def add_retries(
    conn: sqlite3.Connection,
    folder_id: int,
    generation: int,
    uids: Iterable[int],
    what: str,
    error: str,
    now: int,
) -> None:
    """Remember UIDs that did not come (SYN-3); each try waits longer, the third for a day."""
    conn.executemany(
        "INSERT INTO fetch_retry(folder_id, generation, uid, what, attempts, next_at, error)"
        " VALUES (?1, ?2, ?3, ?4, 1, ?5 + 60, ?6)"
        " ON CONFLICT(folder_id, generation, uid, what) DO UPDATE SET attempts = attempts + 1,"
        f" next_at = ?5 + CASE WHEN attempts + 1 >= {RETRIES:d} THEN {RETRY_SECONDS:d}"
        " ELSE 300 END, error = excluded.error",
        [(folder_id, generation, uid, what, now, error) for uid in uids],
    )


def due_retries(
    conn: sqlite3.Connection, folder_id: int, generation: int, what: str, now: int
) -> list[tuple[int, int]]:
    """UIDs whose next try is due, with the tries so far."""
    return [
        (row[0], row[1])
        for row in conn.execute(
            "SELECT uid, attempts FROM fetch_retry WHERE folder_id = ? AND generation = ?"
            " AND what = ? AND next_at <= ? ORDER BY uid DESC LIMIT 500",
            (folder_id, generation, what, now),
        )
    ]


def drop_retries(
    conn: sqlite3.Connection, folder_id: int, generation: int, uids: Iterable[int], what: str
) -> None:
    """UIDs that came, or are no longer on the server."""
    conn.executemany(
        "DELETE FROM fetch_retry WHERE folder_id = ? AND generation = ? AND uid = ? AND what = ?",
        [(folder_id, generation, uid, what) for uid in uids],
    )


_PLACE = (
    "SELECT m.id, p.folder_id, p.generation, p.uid, m.size FROM messages m"
    " JOIN placements p ON p.message_id = m.id AND p.vanished_at IS NULL"
    " JOIN folders f ON f.id = p.folder_id AND f.generation = p.generation"
    f" AND NOT {unnumbered.IS_UNNUMBERED}"
)


def wanted_bodies(conn: sqlite3.Connection, account_id: int) -> list[BodyDue]:
    """Bodies somebody waits for."""
    rows = conn.execute(
        f"{_PLACE} JOIN fetch_retry r ON r.folder_id = p.folder_id"
        " AND r.generation = p.generation AND r.uid = p.uid AND r.what = 'wanted'"
        " WHERE m.account_id = ? LIMIT 20",
        (account_id,),
    )
    return [BodyDue(*row) for row in rows]


def bodies_due(conn: sqlite3.Connection, account_id: int, now: int, limit: int) -> list[BodyDue]:
    """Bodies to fetch next, newest first, without those that wait for a retry."""
    rows = conn.execute(
        f"{_PLACE} WHERE m.account_id = ? AND m.body_state = 'none'"
        " AND m.deleted_at IS NULL AND m.screened_by IS NULL AND f.selectable = 1"
        " AND NOT EXISTS (SELECT 1 FROM fetch_retry r"
        "  WHERE r.folder_id = p.folder_id AND r.generation = p.generation AND r.uid = p.uid"
        "  AND r.what = 'body' AND r.next_at > ?)"
        " ORDER BY m.sort_at DESC LIMIT ?",
        (account_id, now, limit),
    )
    seen: set[int] = set()
    due: list[BodyDue] = []
    for row in rows:
        if row[0] not in seen:
            seen.add(row[0])
            due.append(BodyDue(*row))
    return due


def bodies_left(conn: sqlite3.Connection, account_id: int) -> int:
    """How many bodies are still to come."""
    row = conn.execute(
        "SELECT count(*) FROM messages WHERE account_id = ? AND body_state = 'none'"
        " AND screened_by IS NULL",
        (account_id,),
    ).fetchone()
    return int(row[0])


def set_body_state(
    conn: sqlite3.Connection, message_ids: Iterable[int], state: str, problem: str
) -> None:
    """Mark bodies as `too_big` or `failed`, with the reason (safe text)."""
    conn.executemany(
        "UPDATE messages SET body_state = ?, problem = ? WHERE id = ?",
        [(state, problem, message_id) for message_id in message_ids],
    )


def sample(
    conn: sqlite3.Connection, folder_id: int, generation: int, count: int
) -> list[tuple[int, bytes, int, int]]:
    """Some known UIDs with identity, size and internal date, for the fingerprint check (SYN-9)."""
    rows = conn.execute(
        "SELECT p.uid, m.fingerprint, m.size, m.internal_date FROM placements p"
        " JOIN messages m ON m.id = p.message_id WHERE p.folder_id = ? AND p.generation = ?"
        " AND p.vanished_at IS NULL AND m.state = 'received' ORDER BY p.uid DESC LIMIT ?",
        (folder_id, generation, count),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def placed_uids(
    conn: sqlite3.Connection, folder_id: int, generation: int, uids: Sequence[int]
) -> dict[int, int]:
    """Message of each UID that has a live placement."""
    return {
        row[0]: row[1]
        for row in conn.execute(
            "SELECT uid, message_id FROM placements WHERE folder_id = ? AND generation = ?"
            " AND vanished_at IS NULL AND uid IN (SELECT value FROM json_each(?))",
            (folder_id, generation, ids_json(uids)),
        )
    }


def uid_of_message(
    conn: sqlite3.Connection, message_id: int, folder_id: int
) -> tuple[int, int] | None:
    """(generation, uid) of a message in a folder's current generation."""
    row: Any = conn.execute(
        "SELECT p.generation, p.uid FROM placements p JOIN folders f ON f.id = p.folder_id"
        " AND f.generation = p.generation WHERE p.message_id = ? AND p.folder_id = ?"
        " AND p.vanished_at IS NULL ORDER BY p.uid DESC LIMIT 1",
        (message_id, folder_id),
    ).fetchone()
    return (row[0], row[1]) if row else None
