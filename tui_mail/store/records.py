"""What persons, organizations, deals, leads and projects have in common in the store.

Values come in as `model.records.checked` gives them. Everything runs in the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from tui_mail.errors import ActionError
from tui_mail.model.records import PLURALS, Ref
from tui_mail.store import names

_ELSEWHERE = ("addresses", "phones", "domains", "people", "deals", "done")
"""Fields that are rows of other tables."""


def exists(conn: sqlite3.Connection, ref: Ref) -> bool:
    """Whether there is such a record."""
    row = conn.execute(f"SELECT 1 FROM {PLURALS[ref.kind]} WHERE id = ?", (ref.id,)).fetchone()
    return row is not None


def need(conn: sqlite3.Connection, ref: Ref) -> None:
    """Raise ActionError when there is no such record."""
    if not exists(conn, ref):
        raise ActionError(f"There is no {ref.kind} {ref.id}.")


def insert(
    conn: sqlite3.Connection, table: str, values: Mapping[str, Any], now: int, **more: Any
) -> int:
    """Add a row and return its id; `more` are columns that are no fields."""
    row = {**_columns(values), "created_at": now, "updated_at": now, **more}
    cursor = conn.execute(
        f"INSERT INTO {table}({', '.join(row)}) VALUES ({','.join('?' * len(row))})",
        tuple(row.values()),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def update(
    conn: sqlite3.Connection,
    table: str,
    record_id: int,
    values: Mapping[str, Any],
    now: int,
    **more: Any,
) -> None:
    """Change some columns of a row."""
    row = {**_columns(values), "updated_at": now, **more}
    conn.execute(
        f"UPDATE {table} SET {', '.join(f'{column} = ?' for column in row)} WHERE id = ?",
        (*row.values(), record_id),
    )


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: json.dumps(value) if key == "custom" else value
        for key, value in values.items()
        if key not in _ELSEWHERE
    }


def references(conn: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    """Check that the records a value points to are there. Raises ActionError."""
    for key, kind in (("person_id", "person"), ("organization_id", "organization")):
        if values.get(key):
            need(conn, Ref(kind, values[key]))
    for person_id in values.get("people") or ():
        need(conn, Ref("person", person_id))
    for deal_id in values.get("deals") or ():
        need(conn, Ref("deal", deal_id))
    for key, table in (("stage_id", "stages"), ("phase_id", "phases"), ("owner_id", "users")):
        if (
            key in values
            and not conn.execute(f"SELECT 1 FROM {table} WHERE id = ?", (values[key],)).fetchone()
        ):
            raise ActionError(f"There is no {key.removesuffix('_id')} {values[key]}.")


def forget(conn: sqlite3.Connection, ref: Ref) -> None:
    """Remove what hangs on a record of any kind, then the record."""
    conn.execute("DELETE FROM notes WHERE kind = ? AND record_id = ?", (ref.kind, ref.id))
    conn.execute("DELETE FROM labels_of WHERE kind = ? AND record_id = ?", (ref.kind, ref.id))
    names.remove(conn, ref.kind, ref.id)
    conn.execute(f"DELETE FROM {PLURALS[ref.kind]} WHERE id = ?", (ref.id,))


def hand_over(conn: sqlite3.Connection, source: Ref, target: Ref) -> None:
    """Notes and labels of a record that is merged go to the one that stays."""
    conn.execute(
        "UPDATE notes SET record_id = ? WHERE kind = ? AND record_id = ?",
        (target.id, source.kind, source.id),
    )
    conn.execute(
        "INSERT INTO labels_of(label_id, kind, record_id) SELECT label_id, kind, ? FROM labels_of"
        " WHERE kind = ? AND record_id = ? ON CONFLICT DO NOTHING",
        (target.id, source.kind, source.id),
    )


def merged(
    target: Mapping[str, Any], source: Mapping[str, Any], keys: Sequence[str]
) -> dict[str, Any]:
    """Values of `source` for what is empty in `target`; further fields are joined.

    Whoever could not see one of the two does not see both: the narrower sight stays (R42).
    """
    values = {key: source[key] for key in keys if source[key] and not target[key]}
    if source["visible_to"] < target["visible_to"]:
        values["visible_to"] = source["visible_to"]
    custom = {**json.loads(source["custom"]), **json.loads(target["custom"])}
    if custom != json.loads(target["custom"]):
        values["custom"] = custom
    return values


def row(conn: sqlite3.Connection, ref: Ref) -> dict[str, Any]:
    """A record's row by column. Raises ActionError when it is not there."""
    cursor = conn.execute(f"SELECT * FROM {PLURALS[ref.kind]} WHERE id = ?", (ref.id,))
    found = cursor.fetchone()
    if found is None:
        raise ActionError(f"There is no {ref.kind} {ref.id}.")
    return {column[0]: value for column, value in zip(cursor.description, found, strict=True)}


def count(conn: sqlite3.Connection, kind: str) -> int:
    """How many records of a kind there are."""
    return int(conn.execute(f"SELECT count(*) FROM {PLURALS[kind]}").fetchone()[0])


def titles(conn: sqlite3.Connection, refs: Sequence[Ref]) -> dict[Ref, str]:
    """Name or title of each record that is there, not yet safe to show."""
    found: dict[Ref, str] = {}
    for kind in {ref.kind for ref in refs}:
        column = "name" if kind in ("person", "organization") else "title"
        ids = json.dumps([ref.id for ref in refs if ref.kind == kind])
        for record_id, title in conn.execute(
            f"SELECT id, {column} FROM {PLURALS[kind]}"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (ids,),
        ):
            found[Ref(kind, record_id)] = title
    return found


def by_remote_id(conn: sqlite3.Connection, kind: str, remote_id: str) -> int | None:
    """The record with this id elsewhere; for imports that run twice."""
    found = conn.execute(
        f"SELECT id FROM {PLURALS[kind]} WHERE remote_id = ? AND remote_id <> '' LIMIT 1",
        (remote_id,),
    ).fetchone()
    return int(found[0]) if found else None
