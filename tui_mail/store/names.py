"""Finding records by what they are called: the pickers' index."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from tui_mail.model.records import Ref
from tui_mail.model.search_text import index_form, query_tokens

_SCANNED = 300
"""Hits that are looked at to find the best; a picker shows ten."""


def put(conn: sqlite3.Connection, kind: str, record_id: int, text: str) -> None:
    """Make a record findable by these words."""
    text = index_form(text)
    row = conn.execute(
        "SELECT key, text FROM record_names WHERE kind = ? AND id = ?", (kind, record_id)
    ).fetchone()
    if row is None:
        cursor = conn.execute(
            "INSERT INTO record_names(kind, id, text) VALUES (?, ?, ?)", (kind, record_id, text)
        )
        key = cursor.lastrowid
    elif row[1] == text:
        return
    else:
        key = row[0]
        unindex(conn, key)
        conn.execute("UPDATE record_names SET text = ? WHERE key = ?", (text, key))
    conn.execute("INSERT INTO fts_records(rowid, kind, text) VALUES (?, ?, ?)", (key, kind, text))


def remove(conn: sqlite3.Connection, kind: str, record_id: int) -> None:
    """A record is gone."""
    row = conn.execute(
        "SELECT key FROM record_names WHERE kind = ? AND id = ?", (kind, record_id)
    ).fetchone()
    if row is not None:
        unindex(conn, row[0])
        conn.execute("DELETE FROM record_names WHERE key = ?", row)


def unindex(conn: sqlite3.Connection, key: int) -> None:
    """Take a row out of the index; external content needs its old text for that."""
    row = conn.execute("SELECT key, kind, text FROM record_names WHERE key = ?", (key,)).fetchone()
    if row is not None:
        conn.execute(
            "INSERT INTO fts_records(fts_records, rowid, kind, text) VALUES ('delete', ?, ?, ?)",
            row,
        )


def index(conn: sqlite3.Connection, key: int) -> None:
    """Put a row of the table into the index."""
    conn.execute(
        "INSERT INTO fts_records(rowid, kind, text)"
        " SELECT key, kind, text FROM record_names WHERE key = ?",
        (key,),
    )


def find(
    conn: sqlite3.Connection, typed: str, kinds: Collection[str], limit: int = 20
) -> list[Ref]:
    """Records with words that start with every typed word; the shortest names first."""
    match = expression(typed, kinds)
    if not match:
        return []
    rows = conn.execute(
        "SELECT n.kind, n.id, length(n.text), n.text FROM (SELECT rowid AS key FROM fts_records"
        " WHERE fts_records MATCH ? LIMIT ?) f JOIN record_names n ON n.key = f.key",
        (match, _SCANNED),
    ).fetchall()
    first = typed.strip().lower()
    rows.sort(key=lambda row: (not row[3].lower().startswith(first), row[2], row[0], row[1]))
    return [Ref(row[0], row[1]) for row in rows[:limit]]


def matching(
    conn: sqlite3.Connection, words: Iterable[str], kinds: Collection[str], limit: int = 200
) -> dict[Ref, int]:
    """Records that hold any of these words, with how many of them."""
    found: dict[Ref, int] = {}
    for word in words:
        match = expression(word, kinds)
        if not match:
            continue
        for kind, record_id in conn.execute(
            "SELECT n.kind, n.id FROM (SELECT rowid AS key FROM fts_records"
            " WHERE fts_records MATCH ? LIMIT ?) f JOIN record_names n ON n.key = f.key",
            (match, limit),
        ):
            ref = Ref(kind, record_id)
            found[ref] = found.get(ref, 0) + 1
    return found


def expression(typed: str, kinds: Iterable[str]) -> str:
    """The FTS expression for records of some kinds with words that begin like those typed.

    Quoted token by token; empty when nothing was typed that can be looked for.
    """
    tokens = [token for word in typed.split() for token in query_tokens(word)]
    kept = [token for token in tokens if any(char.isalnum() for char in token)][:8]
    quoted = ['"' + token.replace('"', '""').replace("\x00", "") + '" *' for token in kept]
    if not quoted:
        return ""
    return f"kind : ({' OR '.join(kinds)}) AND text : ({' AND '.join(quoted)})"
