"""Before-images of the rows an action changes, so that undo restores them exactly.

While a recording is open on a connection, temporary triggers note every row of the records, links
and blocks that is added, changed or removed. Undo plays the notes backwards. Rows that are only
derived (lists, counters, the conversations of a person) are not recorded but folded again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from tui_mail.store import names

RECORDED: dict[str, tuple[str, ...]] = {
    "users": ("id",),
    "organizations": ("id",),
    "organization_domains": ("domain", "organization_id"),
    "persons": ("id",),
    "person_addresses": ("person_id", "address"),
    "person_phones": ("person_id", "position"),
    "pipelines": ("id",),
    "stages": ("id",),
    "deals": ("id",),
    "leads": ("id",),
    "boards": ("id",),
    "phases": ("id",),
    "projects": ("id",),
    "project_deals": ("project_id", "deal_id"),
    "item_people": ("person_id", "kind", "item_id"),
    "activities": ("id",),
    "notes": ("id",),
    "followers": ("kind", "record_id", "user_id"),
    "labels": ("id",),
    "labels_of": ("kind", "record_id", "label_id"),
    "custom_fields": ("id",),
    "links": ("id",),
    "link_candidates": ("conversation_id", "kind", "item_id"),
    "blocked": ("id",),
    "record_names": ("key",),
    "thread_ids": ("id_hash",),
    "templates": ("id",),
    "template_files": ("template_id", "position"),
    "signatures": ("id",),
    "reminders": ("conversation_id", "kind"),
}
"""Tables of which every row is recorded, with their keys."""

_PARTS: dict[str, tuple[str, ...]] = {
    "conversations": ("link_state", "link_kind", "link_id", "visibility", "apart"),
    "messages": ("conversation_id", "visibility", "screened_by", "auto_link", "stranger"),
    "drafts": ("conversation_id",),
}
"""Tables of which only these columns are recorded when they change; the rest belongs to sync."""

_ADDED = {
    "conversations": "NOT EXISTS (SELECT 1 FROM messages WHERE conversation_id = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM reminders WHERE conversation_id = ?1)",
    "correspondents": "NOT EXISTS (SELECT 1 FROM participants WHERE correspondent_id = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM person_addresses WHERE correspondent_id = ?1)",
}
"""Tables of mail to which actions add rows; undo takes those away that nothing else uses by now."""

Change = list[Any]
"""[what, table, key values, old values]: what is `i`, `u` or `d`."""


def begin(conn: sqlite3.Connection) -> None:
    """Start noting changes on this connection."""
    if not conn.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'noted'").fetchone():
        _install(conn)
    conn.execute("DELETE FROM temp.noted")
    conn.execute("UPDATE temp.noting SET on_ = 1")


def end(conn: sqlite3.Connection) -> list[Change]:
    """Stop noting; returns the changes in order."""
    conn.execute("UPDATE temp.noting SET on_ = 0")
    rows = conn.execute("SELECT what, tbl, key, old FROM temp.noted ORDER BY id").fetchall()
    conn.execute("DELETE FROM temp.noted")
    return [[what, table, json.loads(key), json.loads(old)] for what, table, key, old in rows]


def restore(conn: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Play changes backwards: rows stand as they stood before them."""
    conn.execute("PRAGMA defer_foreign_keys = ON")
    for what, table, key, old in reversed(changes):
        where = " AND ".join(f"{column} = ?" for column in _key(table))
        if table == "record_names":
            names.unindex(conn, key[0])
        if what == "i" and table in _ADDED:
            conn.execute(f"DELETE FROM {table} WHERE id = ?1 AND {_ADDED[table]}", key)
        elif what == "i":
            conn.execute(f"DELETE FROM {table} WHERE {where}", key)
        elif what == "d":
            columns = _columns(conn, table)[: len(old)]
            conn.execute(
                f"INSERT OR REPLACE INTO {table}({', '.join(columns)})"
                f" VALUES ({','.join('?' * len(columns))})",
                old,
            )
        else:
            columns = list(_PARTS.get(table, ())) or _columns(conn, table)[: len(old)]
            conn.execute(
                f"UPDATE {table} SET {', '.join(f'{c} = ?' for c in columns)} WHERE {where}",
                (*old, *key),
            )
        if table == "record_names" and what != "i":
            names.index(conn, key[0])


def touched(changes: Sequence[Change]) -> tuple[set[int], set[int]]:
    """The conversations and the persons whose derived rows depend on these changes."""
    conversations: set[int] = set()
    persons: set[int] = set()
    for what, table, key, old in changes:
        if table in ("conversations", "reminders"):
            conversations.add(key[0])
        elif table in ("persons", "person_addresses"):
            persons.add(key[0])
        elif table == "messages" and what == "u":
            conversations.add(old[0])
    return conversations, persons


def _key(table: str) -> tuple[str, ...]:
    return RECORDED.get(table, ("id",))


def _columns(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in conn.execute(f"PRAGMA main.table_info({table})")]


def _install(conn: sqlite3.Connection) -> None:
    conn.execute("CREATE TEMP TABLE noted (id INTEGER PRIMARY KEY, what, tbl, key, old)")
    conn.execute("CREATE TEMP TABLE noting (on_ INTEGER)")
    conn.execute("INSERT INTO temp.noting VALUES (0)")
    on = "(SELECT on_ FROM temp.noting)"
    for table, key in RECORDED.items():
        columns = _columns(conn, table)
        old = f"json_array({', '.join(f'OLD.{c}' for c in columns)})"
        old_key = f"json_array({', '.join(f'OLD.{c}' for c in key)})"
        new_key = f"json_array({', '.join(f'NEW.{c}' for c in key)})"
        for what, event, which, values in (
            ("i", "INSERT", new_key, "'null'"),
            ("u", "UPDATE", new_key, old),
            ("d", "DELETE", old_key, old),
        ):
            conn.execute(
                f"CREATE TEMP TRIGGER note_{what}_{table} AFTER {event} ON main.{table} WHEN {on}"
                f" BEGIN INSERT INTO noted(what, tbl, key, old)"
                f" VALUES ('{what}', '{table}', {which}, {values}); END"
            )
    for table in _ADDED:
        conn.execute(
            f"CREATE TEMP TRIGGER note_i_{table} AFTER INSERT ON main.{table} WHEN {on}"
            " BEGIN INSERT INTO noted(what, tbl, key, old)"
            f" VALUES ('i', '{table}', json_array(NEW.id), 'null'); END"
        )
    for table, parts in _PARTS.items():
        old = f"json_array({', '.join(f'OLD.{c}' for c in parts)})"
        conn.execute(
            f"CREATE TEMP TRIGGER note_u_{table} AFTER UPDATE OF {', '.join(parts)}"
            f" ON main.{table} WHEN {on} BEGIN INSERT INTO noted(what, tbl, key, old)"
            f" VALUES ('u', '{table}', json_array(NEW.id), {old}); END"
        )
