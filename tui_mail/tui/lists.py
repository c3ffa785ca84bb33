"""Where a list gets its rows: a view by position and key, or a fixed list of ids."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tui_mail.model.views import LANES, View
from tui_mail.store import pages
from tui_mail.store.database import Database
from tui_mail.store.ids import ids_json
from tui_mail.store.pages import Row
from tui_mail.tui.format import filed_row

Key = tuple[int, int]
"""Sort key of a row: time and conversation id."""
_SPECIAL = LANES | {View.SCREENED, View.SNOOZED, View.FOLLOW_UP}
"""Views whose rows say more than others."""
MOST_IDS = 100_000
"""Most conversations that are selected at once."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Neighbouring rows of one snapshot."""

    total: int
    start: int
    """Position of the first row."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What became of a row, and its neighbours, in one snapshot."""

    slice: Slice
    position: int
    """Rows above the key that was asked for, whether or not it is still there."""
    row: Row | None
    """The row now; None when it left the list."""
    new_above: int
    """Rows above the key that used to be first."""


class Source(Protocol):
    """A list of conversations, newest first."""

    async def at(self, start: int, size: int) -> Slice:
        """Rows from a position."""
        ...

    async def around(self, key: Key | None, first: Key | None, before: int, size: int) -> Around:
        """Rows around a key; without one, from the top."""
        ...

    async def ids(self, start: int, end: int) -> list[int]:
        """Ids from one position up to another."""
        ...

    async def find(self, conversation_id: int) -> int | None:
        """The position of a conversation, or None when it is not in the list."""
        ...

    async def of_kind(self, kind: str) -> list[int]:
        """Ids of everything that is `all`, `unread`, `read` or `starred`."""
        ...


class ViewSource:
    """The rows of a view or folder."""

    def __init__(self, db: Database, view_id: int) -> None:
        self._db = db
        self.view_id = view_id

    async def at(self, start: int, size: int) -> Slice:
        """Rows from a position, scanned from the nearer end."""
        return await self._db.read(_view_at, self.view_id, start, size)

    async def around(self, key: Key | None, first: Key | None, before: int, size: int) -> Around:
        """Rows around a key."""
        return await self._db.read(_view_around, self.view_id, key, first, before, size)

    async def ids(self, start: int, end: int) -> list[int]:
        """Ids from one position up to another, at most `MOST_IDS` from the top."""
        return (await self._db.read(pages.ids, self.view_id, min(end, MOST_IDS)))[start:]

    async def find(self, conversation_id: int) -> int | None:
        """The position of a conversation."""
        return await self._db.read(pages.position, self.view_id, conversation_id)

    async def of_kind(self, kind: str) -> list[int]:
        """Ids by state, at most `MOST_IDS`."""
        every = await self._db.read(pages.ids, self.view_id, MOST_IDS)
        if kind == "all":
            return every
        if kind == "starred":
            marked = set(await self._db.read(pages.ids, View.STARRED, MOST_IDS))
        else:
            marked = set(await self._db.read(pages.unread_ids, self.view_id))
        return [cid for cid in every if (cid in marked) != (kind == "read")]


class IdSource:
    """The rows of a search result, in the given order."""

    def __init__(self, db: Database, conversation_ids: Sequence[int]) -> None:
        self._db = db
        self._ids = list(conversation_ids)

    async def at(self, start: int, size: int) -> Slice:
        """Rows from a position; conversations that are gone leave the list."""
        wanted = self._ids[start : start + size]
        rows = await self._db.read(_rows_by_id, wanted)
        if len(rows) < len(wanted):
            gone = set(wanted) - {row.id for row in rows}
            self._ids = [cid for cid in self._ids if cid not in gone]
        return Slice(len(self._ids), start, tuple(rows))

    async def around(self, key: Key | None, first: Key | None, before: int, size: int) -> Around:
        """Rows around a key, which is found by its id."""
        position = self._ids.index(key[1]) if key and key[1] in self._ids else 0
        found = await self.at(max(0, position - before), size)
        row = next((row for row in found.rows if key and row.id == key[1]), None)
        return Around(found, position, row, 0)

    async def ids(self, start: int, end: int) -> list[int]:
        """Ids from one position up to another."""
        return self._ids[start:end]

    async def find(self, conversation_id: int) -> int | None:
        """The position of a conversation."""
        return self._ids.index(conversation_id) if conversation_id in self._ids else None

    def drop(self, conversation_ids: Collection[int]) -> None:
        """Leave conversations out from now on."""
        self._ids = [cid for cid in self._ids if cid not in conversation_ids]

    async def of_kind(self, kind: str) -> list[int]:
        """Ids by state."""
        rows = await self._db.read(pages.rows_by_id, self._ids)
        tests: dict[str, Callable[[Row], bool]] = {
            "all": lambda row: True,
            "unread": lambda row: row.unread > 0,
            "read": lambda row: not row.unread,
            "starred": lambda row: row.starred > 0,
        }
        return [row.id for row in rows if tests[kind](row)]


def _view_at(conn: sqlite3.Connection, view_id: int, start: int, size: int) -> Slice:
    total, _ = pages.count(conn, view_id)
    start = max(0, min(start, total - 1))
    return Slice(total, start, filed(conn, pages.page(conn, view_id, start, size), view_id))


def _rows_by_id(conn: sqlite3.Connection, conversation_ids: Sequence[int]) -> tuple[Row, ...]:
    return filed(conn, pages.rows_by_id(conn, conversation_ids))


def filed(conn: sqlite3.Connection, rows: Sequence[Row], view_id: int = 0) -> tuple[Row, ...]:
    """The rows with their links, who sees them, whether they are muted, and what screened them.

    Rows of which there is nothing to say stay as they are.
    """
    ids = ids_json(row.id for row in rows)
    sharing = _sharing(conn, ids)
    states: dict[int, tuple[str, bool, str]] = {
        cid: ("", False, how) for cid, how in sharing.items()
    } | {
        cid: (state, bool(muted), sharing.get(cid, ""))
        for cid, state, muted in conn.execute(
            "SELECT id, link_state, muted_at IS NOT NULL FROM conversations"
            " WHERE (link_state IN ('linked', 'ambiguous') OR muted_at IS NOT NULL)"
            " AND id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    if view_id in _SPECIAL:
        from tui_mail.tui.lane_rows import lane_rows

        return lane_rows(conn, rows, view_id, states)
    return tuple(filed_row(row, *states[row.id]) if row.id in states else row for row in rows)


def _sharing(conn: sqlite3.Connection, ids: str) -> dict[int, str]:
    """`shared` or `mixed` of those conversations with mail that is shared (R40)."""
    found = conn.execute(
        "SELECT conversation_id, EXISTS (SELECT 1 FROM messages p WHERE p.conversation_id ="
        "  s.conversation_id AND p.visibility <> 'shared' AND p.deleted_at IS NULL)"
        " FROM (SELECT DISTINCT conversation_id FROM messages INDEXED BY messages_shared"
        "  WHERE visibility = 'shared' AND deleted_at IS NULL"
        "  AND conversation_id IN (SELECT value FROM json_each(?))) s",
        (ids,),
    )
    return {cid: "mixed" if private else "shared" for cid, private in found}


def _at_in_view(conn: sqlite3.Connection, view_id: int, conversation_id: int) -> int | None:
    """The key a conversation stands by in a view, when it is there."""
    row = conn.execute(
        "SELECT at FROM listing WHERE view_id = ? AND conversation_id = ?",
        (view_id, conversation_id),
    ).fetchone()
    return int(row[0]) if row else None


def _view_around(
    conn: sqlite3.Connection,
    view_id: int,
    key: Key | None,
    first: Key | None,
    before: int,
    size: int,
) -> Around:
    total, _ = pages.count(conn, view_id)
    position = pages.position_of_key(conn, view_id, *key) if key else 0
    start = max(0, min(position - before, total - 1))
    rows = filed(conn, pages.page(conn, view_id, start, size), view_id)
    row = None
    if key is not None:
        row = next((row for row in rows if row.id == key[1]), None)
        if row is None and (at := _at_in_view(conn, view_id, key[1])) is not None:
            found = [replace(one, at=at) for one in pages.rows_by_id(conn, [key[1]])]
            row = next(iter(filed(conn, found, view_id)), None)
    above = pages.position_of_key(conn, view_id, *first) if first else 0
    return Around(Slice(total, start, rows), position, row, above)
