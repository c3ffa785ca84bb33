"""Labels of records and conversations, and the definitions of further fields."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.errors import ActionError

SCOPES = ("person", "organization", "deal", "lead", "project", "mail")
COLORS = ("red", "yellow", "green", "cyan", "blue", "magenta")
"""Colours a label can have: those that every terminal shows."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label; the name is not yet safe to show."""

    id: int
    scope: str
    """Kind of the records it is for; `mail` for conversations."""
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class CustomField:
    """A further field that forms offer for a kind of record; its values are in `custom`."""

    id: int
    kind: str
    key: str
    name: str
    type: str
    """`text`, `number`, `date` or `choice`."""
    choices: tuple[str, ...]


def labels(conn: sqlite3.Connection, scope: str) -> list[Label]:
    """The labels of a scope by name."""
    rows = conn.execute(
        "SELECT id, scope, name, color FROM labels WHERE scope = ? ORDER BY name COLLATE NOCASE",
        (scope,),
    )
    return [Label(*row) for row in rows]


def every(conn: sqlite3.Connection) -> list[tuple[Label, int]]:
    """All labels by scope and name, each with how many records or conversations have it."""
    rows = conn.execute(
        "SELECT id, scope, name, color, (SELECT count(*) FROM labels_of WHERE label_id = l.id)"
        " FROM labels l ORDER BY scope, name COLLATE NOCASE"
    )
    return [(Label(*row[:4]), row[4]) for row in rows]


def named(conn: sqlite3.Connection, scope: str, name: str) -> Label:
    """The label of a scope by its name. Raises ActionError."""
    for one in labels(conn, scope):
        if one.name == name:
            return one
    raise ActionError("There is no label of that name.", hint="`tui-mail label list` shows them.")


def has(conn: sqlite3.Connection, label_id: int) -> list[int]:
    """The records or conversations that have a label."""
    rows = conn.execute(
        "SELECT record_id FROM labels_of WHERE label_id = ? ORDER BY record_id", (label_id,)
    )
    return [row[0] for row in rows]


def change(conn: sqlite3.Connection, label: Label) -> None:
    """Give a label another name or colour."""
    conn.execute(
        "UPDATE labels SET name = ?, color = ? WHERE id = ?", (label.name, label.color, label.id)
    )


def drop(conn: sqlite3.Connection, label: Label, record_ids: Sequence[int]) -> None:
    """Take a label from some records; when nothing has it any more, it goes itself."""
    conn.executemany(
        "DELETE FROM labels_of WHERE kind = ? AND record_id = ? AND label_id = ?",
        [(label.scope, record_id, label.id) for record_id in record_ids],
    )
    conn.execute(
        "DELETE FROM labels WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM labels_of WHERE label_id = ?1)",
        (label.id,),
    )


def of_record(conn: sqlite3.Connection, scope: str, record_id: int) -> list[Label]:
    """The labels of a record, or of a conversation with the scope `mail`."""
    rows = conn.execute(
        "SELECT l.id, l.scope, l.name, l.color FROM labels_of o JOIN labels l ON l.id = o.label_id"
        " WHERE o.kind = ? AND o.record_id = ? ORDER BY l.name COLLATE NOCASE",
        (scope, record_id),
    )
    return [Label(*row) for row in rows]


def set_labels(conn: sqlite3.Connection, scope: str, record_id: int, wanted: Sequence[str]) -> None:
    """Give a record exactly these labels; new names become labels."""
    ids: set[int] = set()
    for name in dict.fromkeys(wanted):
        conn.execute(
            "INSERT INTO labels(scope, name) VALUES (?, ?) ON CONFLICT DO NOTHING", (scope, name)
        )
        row = conn.execute(
            "SELECT id FROM labels WHERE scope = ? AND name = ?", (scope, name)
        ).fetchone()
        ids.add(row[0])
    here = {label.id for label in of_record(conn, scope, record_id)}
    conn.executemany(
        "DELETE FROM labels_of WHERE kind = ? AND record_id = ? AND label_id = ?",
        [(scope, record_id, label_id) for label_id in here - ids],
    )
    conn.executemany(
        "INSERT INTO labels_of(label_id, kind, record_id) VALUES (?, ?, ?)",
        [(label_id, scope, record_id) for label_id in ids - here],
    )


def custom_fields(conn: sqlite3.Connection, kind: str) -> list[CustomField]:
    """The further fields of a kind of record, in order."""
    rows = conn.execute(
        "SELECT id, kind, key, name, type, choices FROM custom_fields WHERE kind = ?"
        " ORDER BY position, id",
        (kind,),
    )
    return [CustomField(*[*row[:5], tuple(json.loads(row[5]))]) for row in rows]


def add_custom_field(
    conn: sqlite3.Connection, kind: str, key: str, name: str, type_: str, choices: Sequence[str]
) -> int:
    """Define a further field and return its id."""
    cursor = conn.execute(
        "INSERT INTO custom_fields(kind, key, name, type, choices, position) VALUES (?1, ?2, ?3,"
        " ?4, ?5, (SELECT count(*) FROM custom_fields WHERE kind = ?1))",
        (kind, key, name, type_, json.dumps(list(choices))),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid
