"""The list of conversations: how a row looks, and what is selected."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.strip import Strip

from tui_mail.model.clock import Clock, SystemClock
from tui_mail.store.pages import Row
from tui_mail.tui import text
from tui_mail.tui.format import columns, line_parts, link_mark, marks, sharing_mark
from tui_mail.tui.lists import Source
from tui_mail.tui.widgets.virtual_list import VirtualList

_BOLD = Style(bold=True)
_DIM = Style(dim=True)
_REVERSE = Style(reverse=True)


class ConversationList(VirtualList):
    """Rows in two segments; unread is bold and has a mark, the cursor's row is reversed."""

    def __init__(self, *, clock: Clock | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self.clock = clock or SystemClock()
        self.account_names: Mapping[int, str] = {}
        """Short names by account; shown when there are several."""
        self.account_colours: Mapping[int, str] = {}
        """Colours of those names, where one was chosen."""
        self.orders_text = False
        """Whether right-to-left text is put into visual order here (R8)."""
        self.selected: set[int] = set()
        self._anchor: int | None = None
        self._kept: set[int] = set()

    def paint(self, row: Row, at_cursor: bool, width: int) -> Strip:
        """Two segments: what is read first, and the dim snippet."""
        style = self.base_style
        layout = columns(width, len(self.account_names))
        left, right = line_parts(
            row,
            layout,
            selected=row.id in self.selected,
            account=self.account_names.get(row.account_id, ""),
            now=self.clock.now(),
            ordered=self.orders_text,
        )
        head = style + _BOLD if row.unread else style
        if at_cursor:
            return text.strip(width, (left + right, head + _REVERSE))
        colour = self.account_colours.get(row.account_id, "")
        if colour and layout.account:
            selected = row.id in self.selected
            start = len(marks(row, selected) + link_mark(row) + sharing_mark(row)) + 1
            end = start + layout.account - 1
            named = (left[start:end], head + Style(color=colour))
            return text.strip(
                width, (left[:start], head), named, (left[end:], head), (right, style + _DIM)
            )
        return text.strip(width, (left, head), (right, style + _DIM))

    def _look(self, position: int) -> object:
        row = self.window.row(position)
        return (row, position == self.position, row is not None and row.id in self.selected)

    # Selection

    def targets(self) -> tuple[int, ...]:
        """What an action is about: the selection, or else the row under the cursor."""
        if self.selected:
            return tuple(self.selected)
        return (self.cursor_id,) if self.cursor_id is not None else ()

    def rows_of(self, conversation_ids: tuple[int, ...]) -> list[Row]:
        """Those of the rows that are at hand."""
        wanted = set(conversation_ids)
        return [row for row in self.window.rows if row.id in wanted]

    async def toggle(self) -> None:
        """Select the row under the cursor, or not, and step down."""
        if self.cursor_id is not None:
            self.selected ^= {self.cursor_id}
            self._refresh_line(self.position)
            await self.move_by(1)

    def select(self, conversation_ids: set[int]) -> None:
        """Replace the selection."""
        before = self._in_view()
        self.selected = conversation_ids
        self._refresh_changes(before)

    @property
    def ranging(self) -> bool:
        """Whether moving selects."""
        return self._anchor is not None

    def start_range(self) -> None:
        """From here on moving selects; again ends it."""
        self._anchor = None if self._anchor is not None else self.position
        self._kept = set(self.selected)
        if self._anchor is not None and self.cursor_id is not None:
            self.select(self._kept | {self.cursor_id})

    def end_range(self) -> None:
        """Moving no longer selects."""
        self._anchor = None

    async def move_to(self, position: int, *, line: int | None = None) -> None:
        """Move, and select on the way while a range is open."""
        await super().move_to(position, line=line)
        if self._anchor is not None and self.source is not None:
            low, high = sorted((self._anchor, self.position))
            rows = [self.window.row(at) for at in range(low, high + 1)] if high - low < 999 else []
            found = [row.id for row in rows if row is not None]
            if len(found) != high - low + 1:
                found = await self.source.ids(low, high + 1)
            self.select(self._kept | set(found))

    async def show(self, source: Source, **where: object) -> None:
        """Show another list; the selection belongs to the old one."""
        self.selected = set()
        self._anchor = None
        await super().show(source, **where)  # type: ignore[arg-type]
