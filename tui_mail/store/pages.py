"""Pages of conversations for the list: by position from the nearer end, or by key."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.views import View
from tui_mail.store.ids import ids_json


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. Texts were made safe when they were stored."""

    id: int
    """Conversation id: what actions take and what the cursor stands on."""
    at: int
    """UTC seconds, the sort key in its view."""
    subject: str
    people: str
    snippet: str
    messages: int
    unread: int
    starred: int
    attachments: int
    drafts: int
    outgoing: int
    answered: bool
    account_id: int


_COLUMNS = (
    "c.id, {at}, c.subject, c.people, c.snippet, c.messages, k.unread, k.starred,"
    " c.attachments, c.drafts, c.outgoing, c.answered, c.account_id"
)
_MARKS = " JOIN marks k ON k.conversation_id = c.id"


def count(conn: sqlite3.Connection, view_id: int) -> tuple[int, int]:
    """Conversations of a view and how many have unread mail; kept counters, never counted."""
    row = conn.execute(
        "SELECT total, unread FROM view_counts WHERE view_id = ?", (view_id,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def counts(conn: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """Total and unread conversations of every view."""
    return {
        row[0]: (row[1], row[2])
        for row in conn.execute("SELECT view_id, total, unread FROM view_counts")
    }


def page(conn: sqlite3.Connection, view_id: int, start: int, size: int) -> list[Row]:
    """Rows start … start+size of a view, newest first, scanned from the nearer end."""
    total, _ = count(conn, view_id)
    size = min(size, total - start)
    if size <= 0:
        return []
    if start * 2 <= total:
        order, offset = "at DESC, conversation_id DESC", start
    else:
        order, offset = "at, conversation_id", total - start - size
    rows = conn.execute(
        f"SELECT {_COLUMNS.format(at='l.at')} FROM (SELECT at, conversation_id FROM listing"
        f" WHERE view_id = ? ORDER BY {order} LIMIT ? OFFSET ?) l"
        f" JOIN conversations c ON c.id = l.conversation_id{_MARKS}"
        " ORDER BY l.at DESC, l.conversation_id DESC",
        (view_id, size, offset),
    )
    return [_row(row) for row in rows]


def page_after(
    conn: sqlite3.Connection, view_id: int, at: int, conversation_id: int, size: int
) -> list[Row]:
    """The rows below a known one, by key: the same cost at any depth."""
    rows = conn.execute(
        f"SELECT {_COLUMNS.format(at='l.at')} FROM (SELECT at, conversation_id FROM listing"
        " WHERE view_id = ? AND (at, conversation_id) < (?, ?)"
        " ORDER BY at DESC, conversation_id DESC LIMIT ?) l"
        f" JOIN conversations c ON c.id = l.conversation_id{_MARKS}"
        " ORDER BY l.at DESC, l.conversation_id DESC",
        (view_id, at, conversation_id, size),
    )
    return [_row(row) for row in rows]


def position(conn: sqlite3.Connection, view_id: int, conversation_id: int) -> int | None:
    """The row number of a conversation in a view, or None when it is not there."""
    row = conn.execute(
        "SELECT at FROM listing WHERE conversation_id = ? AND view_id = ?",
        (conversation_id, view_id),
    ).fetchone()
    if row is None:
        return None
    above = conn.execute(
        "SELECT count(*) FROM listing WHERE view_id = ? AND (at, conversation_id) > (?, ?)",
        (view_id, row[0], conversation_id),
    ).fetchone()
    return int(above[0])


def position_of_key(conn: sqlite3.Connection, view_id: int, at: int, conversation_id: int) -> int:
    """How many rows of a view stand above a key, whether or not the key is still there."""
    row = conn.execute(
        "SELECT count(*) FROM listing WHERE view_id = ? AND (at, conversation_id) > (?, ?)",
        (view_id, at, conversation_id),
    ).fetchone()
    return int(row[0])


def rows_by_id(conn: sqlite3.Connection, conversation_ids: Sequence[int]) -> list[Row]:
    """Rows of these conversations in the given order; those that are gone are left out."""
    found = {
        row[0]: _row(row)
        for row in conn.execute(
            f"SELECT {_COLUMNS.format(at='c.last_at')} FROM conversations c{_MARKS}"
            " WHERE c.id IN (SELECT value FROM json_each(?))",
            (ids_json(conversation_ids),),
        )
    }
    return [found[cid] for cid in conversation_ids if cid in found]


def ids(conn: sqlite3.Connection, view_id: int, limit: int = 100_000) -> list[int]:
    """Conversation ids of a view in list order; for select-all."""
    return [
        row[0]
        for row in conn.execute(
            "SELECT conversation_id FROM listing WHERE view_id = ?"
            " ORDER BY at DESC, conversation_id DESC LIMIT ?",
            (view_id, limit),
        )
    ]


def views_of(conn: sqlite3.Connection, conversation_id: int) -> set[int]:
    """The views a conversation is in."""
    return {
        row[0]
        for row in conn.execute(
            "SELECT view_id FROM listing WHERE conversation_id = ?", (conversation_id,)
        )
    }


def unread_ids(conn: sqlite3.Connection, view_id: int = View.INBOX) -> list[int]:
    """Conversations of a view that hold unread mail."""
    return [
        row[0]
        for row in conn.execute(
            "SELECT conversation_id FROM listing WHERE view_id = ? AND unread > 0"
            " ORDER BY at DESC, conversation_id DESC",
            (view_id,),
        )
    ]


def data_version(conn: sqlite3.Connection) -> int:
    """Changes whenever another connection committed; a poll that costs microseconds."""
    return int(conn.execute("PRAGMA data_version").fetchone()[0])


def _row(row: tuple[int, ...]) -> Row:
    values = list(row)
    values[11] = bool(values[11])
    return Row(*values)  # type: ignore[arg-type]
