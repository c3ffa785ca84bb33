"""The rows of a long list that are at hand, and how they follow the store. Pure.

Positions are those of the list as it is shown: rows that were just acted on are already out of it,
though the store may still hold them for some milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection

from tui_mail.store.pages import Row
from tui_mail.tui.lists import Around, Key, Slice

PAGE = 128
"""Rows fetched at once, and the margin that is kept above and below what is in view."""
_MOST = 16 * PAGE


class Window:
    """A run of neighbouring rows, from `start` on."""

    def __init__(self) -> None:
        self.start = 0
        self.rows: list[Row] = []
        self.total = 0
        self.hidden: set[int] = set()
        """Ids taken out of the list before the store did."""

    @property
    def end(self) -> int:
        """Position behind the last row."""
        return self.start + len(self.rows)

    def row(self, position: int) -> Row | None:
        """The row at a position, when it is at hand."""
        index = position - self.start
        return self.rows[index] if 0 <= index < len(self.rows) else None

    def position(self, conversation_id: int) -> int | None:
        """Where a conversation is, when it is at hand."""
        for index, row in enumerate(self.rows):
            if row.id == conversation_id:
                return self.start + index
        return None

    def load(self, found: Slice) -> None:
        """Begin anew with a slice."""
        rows = [row for row in found.rows if row.id not in self.hidden]
        self.total = max(0, found.total - (len(found.rows) - len(rows)))
        self.start = min(found.start, max(0, self.total - len(rows)))
        self.rows = rows

    def extend(self, found: Slice) -> bool:
        """Join a slice at one end; False when the list changed meanwhile and must be read anew."""
        if self.hidden or found.total != self.total:
            return False
        known = {row.id for row in self.rows}
        if any(row.id in known for row in found.rows):
            return False
        if found.start == self.end:
            self.rows.extend(found.rows)
            if len(self.rows) > _MOST:
                surplus = len(self.rows) - _MOST
                del self.rows[:surplus]
                self.start += surplus
        elif found.start + len(found.rows) == self.start:
            self.rows[:0] = found.rows
            self.start = found.start
            del self.rows[_MOST:]
        else:
            return False
        return True

    def take_out(self, conversation_ids: Collection[int]) -> None:
        """Hide conversations at once; the store follows."""
        gone = set(conversation_ids) - self.hidden
        self.hidden |= gone
        self.rows = [row for row in self.rows if row.id not in gone]
        self.total = max(self.end, self.total - len(gone))

    def follow(self, found: Around, cursor: Key | None) -> int:
        """Take a fresh look at the list and return the cursor's position.

        The row under the cursor keeps its place among its neighbours even when the store now
        sorts it elsewhere, until the cursor leaves it.
        """
        rows = list(found.slice.rows)
        start, position = found.slice.start, found.position
        if cursor is not None and found.row is not None:
            at = next((i for i, row in enumerate(rows) if row.id == cursor[1]), None)
            if at is None or (found.row.at, found.row.id) != cursor:
                risen = found.row.at > cursor[0]
                if at is not None:
                    del rows[at]
                elif risen:
                    start = max(0, start - 1)
                position -= risen
                rows.insert(max(0, min(position - start, len(rows))), found.row)
        self.load(Slice(found.slice.total, start, tuple(rows)))
        if cursor is not None:
            shown = self.position(cursor[1])
            if shown is not None:
                return shown
            hidden_above = sum(row.id in self.hidden for row in rows[: max(0, position - start)])
            position -= hidden_above
        return max(0, min(position, self.total - 1))
