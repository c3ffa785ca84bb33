"""Activities and notes of records."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from tui_mail.errors import ActionError
from tui_mail.model.records import ITEM_KINDS, Activity, Note, Ref
from tui_mail.store import records
from tui_mail.store.ids import ids_json

_COLUMNS = (
    "id, subject, type, due_date, due_time, duration, done_at, note, kind, item_id, person_id,"
    " organization_id, created_at"
)
_WHERE = {
    "person": "person_id = ?",
    "organization": "organization_id = ?",
    **{kind: f"kind = '{kind}' AND item_id = ?" for kind in ITEM_KINDS},
}


def create(conn: sqlite3.Connection, values: Mapping[str, Any], now: int) -> int:
    """Add an activity and return its id."""
    _check(conn, values)
    done = {"done_at": now} if values.get("done") else {}
    return records.insert(conn, "activities", values, now, **done)


def change(conn: sqlite3.Connection, activity_id: int, values: Mapping[str, Any], now: int) -> None:
    """Change an activity; `done` marks it as done now, or as open again."""
    need(conn, activity_id)
    _check(conn, values)
    more = {"done_at": now if values["done"] else None} if "done" in values else {}
    records.update(conn, "activities", activity_id, values, now, **more)


def _check(conn: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    records.references(conn, values)
    if values.get("kind"):
        records.need(conn, Ref(values["kind"], values.get("item_id") or 0))


def need(conn: sqlite3.Connection, activity_id: int) -> Activity:
    """One activity. Raises ActionError when it is not there."""
    found = get(conn, activity_id)
    if found is None:
        raise ActionError(f"There is no activity {activity_id}.")
    return found


def get(conn: sqlite3.Connection, activity_id: int) -> Activity | None:
    """One activity."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM activities WHERE id = ?", (activity_id,)).fetchone()
    return Activity(*row) if row else None


def delete(conn: sqlite3.Connection, activity_id: int) -> None:
    """Remove an activity."""
    need(conn, activity_id)
    conn.execute("DELETE FROM activities WHERE id = ?", (activity_id,))


def of_record(conn: sqlite3.Connection, ref: Ref, limit: int = 100) -> list[Activity]:
    """The activities of a record: open ones by due day, then done ones, newest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM activities WHERE {_WHERE[ref.kind]}"
        " ORDER BY done_at IS NOT NULL, done_at DESC, due_date = '', due_date, due_time, id"
        " LIMIT ?",
        (ref.id, limit),
    )
    return [Activity(*row) for row in rows]


def next_of(conn: sqlite3.Connection, items: Sequence[Ref]) -> dict[Ref, Activity]:
    """The next open activity of each item that has one."""
    found: dict[Ref, Activity] = {}
    for kind in {ref.kind for ref in items}:
        ids = ids_json(ref.id for ref in items if ref.kind == kind)
        for row in conn.execute(
            f"SELECT {_COLUMNS} FROM activities WHERE kind = ? AND done_at IS NULL"
            " AND item_id IN (SELECT value FROM json_each(?))"
            " ORDER BY due_date = '', due_date, due_time, id",
            (kind, ids),
        ):
            activity = Activity(*row)
            found.setdefault(Ref(kind, activity.item_id), activity)
    return found


def due(conn: sqlite3.Connection, until: str, limit: int = 200) -> list[Activity]:
    """Open activities due up to a day (ISO date), earliest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM activities WHERE done_at IS NULL AND due_date <> ''"
        " AND due_date <= ? ORDER BY due_date, due_time, id LIMIT ?",
        (until, limit),
    )
    return [Activity(*row) for row in rows]


def add_note(conn: sqlite3.Connection, ref: Ref, text: str, now: int) -> int:
    """Keep a note with a record and return its id."""
    records.need(conn, ref)
    cursor = conn.execute(
        "INSERT INTO notes(kind, record_id, text, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
        (ref.kind, ref.id, text, now, now),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def notes(conn: sqlite3.Connection, ref: Ref, limit: int = 100) -> list[Note]:
    """The notes of a record, newest first."""
    rows = conn.execute(
        "SELECT id, kind, record_id, text, author_id, created_at, updated_at FROM notes"
        " WHERE kind = ? AND record_id = ? ORDER BY created_at DESC, id DESC LIMIT ?",
        (ref.kind, ref.id, limit),
    )
    return [Note(*row) for row in rows]


def change_note(conn: sqlite3.Connection, note_id: int, text: str, now: int) -> Ref:
    """Rewrite a note, or remove it when the text is empty; returns its record."""
    row = conn.execute("SELECT kind, record_id FROM notes WHERE id = ?", (note_id,)).fetchone()
    if row is None:
        raise ActionError(f"There is no note {note_id}.")
    if text:
        conn.execute("UPDATE notes SET text = ?, updated_at = ? WHERE id = ?", (text, now, note_id))
    else:
        conn.execute("DELETE FROM notes WHERE id = ?", (note_id,))
    return Ref(row[0], row[1])
