"""A list of any length that holds only the rows near the viewport and draws its own lines.

The cursor is a conversation, its position is derived. What arrives never moves the row under the
cursor: the list follows the store around it.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Collection
from functools import partial

from rich.style import Style
from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.store.pages import Row
from tui_mail.tui import background, text
from tui_mail.tui.abstract import AbstractMeta
from tui_mail.tui.lists import Key, Source
from tui_mail.tui.window import PAGE, Window

_WINDOW = 4 * PAGE
_PATIENCE = 0.03
"""Seconds before a row that is not here yet is painted as a placeholder."""


class VirtualList(Widget, can_focus=True, metaclass=AbstractMeta):
    """Draws rows of a source; subclasses say how a row looks."""

    DEFAULT_CSS = """
    VirtualList { height: 1fr; width: 1fr; overflow: hidden; }
    """

    class Moved(Message):
        """The cursor stands on another conversation, or on none."""

    class Followed(Message):
        """The list took a fresh look at the store."""

    class Opened(Message):
        """A row was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source: Source | None = None
        self.window = Window()
        self.top = 0
        """Position of the first row in view."""
        self.position = 0
        self.cursor_key: Key | None = None
        """Sort key of the row under the cursor as it was when the cursor came to it."""
        self.new_above = 0
        """Conversations that came in above since the top was last in view."""
        self._first: Key | None = None
        self._following = False
        self._stale = False
        self._settled: set[int] = set()
        self._filling = False
        self._missing_at = 0.0
        self._loaded = False
        self._base: Style | None = None

    # Content

    @property
    def total(self) -> int:
        """Rows in the list."""
        return self.window.total

    @property
    def cursor_id(self) -> int | None:
        """The conversation under the cursor."""
        return self.cursor_key[1] if self.cursor_key else None

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return self.window.row(self.position)

    @property
    def loaded(self) -> bool:
        """Whether the first rows are here."""
        return self._loaded

    async def show(self, source: Source, *, key: Key | None = None, line: int = 0) -> None:
        """Show another list, the cursor on the row of `key` at that line, or on the first."""
        self.source = source
        found = await source.around(key, None, PAGE, _WINDOW)
        self.window = Window()
        self._settled.clear()
        self.new_above = 0
        self.position = self.window.follow(found, key)
        self._loaded = True
        self.top = max(0, self.position - line)
        self._clamp()
        self._first = self._identity_at(0)
        self._take_cursor()
        self.refresh()
        self.fill()

    def _identity_at(self, position: int) -> Key | None:
        row = self.window.row(position)
        return (row.at, row.id) if row else None

    def _take_cursor(self) -> None:
        before = self.cursor_id
        self.cursor_key = self._identity_at(self.position)
        self._note_top()
        self._place_hardware_cursor()
        if before != self.cursor_id or not self.total:
            self.post_message(self.Moved())

    def _note_top(self) -> None:
        if self.top == 0 and self.window.start == 0:
            self._first = self._identity_at(0) or self._first
            if self.new_above:
                self.new_above = 0
                self.post_message(self.Followed())

    def _place_hardware_cursor(self) -> None:
        if self.has_focus and self.is_attached:
            line = max(0, min(self.position - self.top, self.size.height - 1))
            self.app.cursor_position = Offset(self.region.x, self.region.y + line)

    # Moving

    async def move_to(self, position: int, *, line: int | None = None) -> None:
        """Put the cursor on a position; rows that are not here are fetched first."""
        if self.source is None or not self.total:
            return
        position = max(0, min(position, self.total - 1))
        if self.window.row(position) is None:
            found = await self.source.at(max(0, position - _WINDOW // 2), _WINDOW)
            self.window.load(found)
            position = max(0, min(position, self.total - 1))
        was_pinned = self._is_pinned()
        old, top = self.position, self.top
        self.position = position
        if line is not None:
            self.top = position - line
        elif not self.top <= position < self.top + self.size.height:
            self.top = position - self.size.height // 2
        if self.top != top:
            self._clamp()
        if self.top != top:
            self.refresh()
        else:
            self._refresh_line(old)
            self._refresh_line(position)
        self._take_cursor()
        self.fill()
        if was_pinned:
            self.follow()

    async def move_by(self, rows: int) -> None:
        """Move the cursor by rows."""
        await self.move_to(self.position + rows)

    async def page(self, pages: float) -> None:
        """Move by pages; the cursor keeps its line."""
        step = int(pages * max(1, self.size.height))
        line = self.position - self.top
        goal = max(0, min(self.position + step, self.total - 1))
        await self.move_to(goal, line=line if goal == self.position + step else None)

    def _is_pinned(self) -> bool:
        row = self.cursor_row
        return (
            row is not None and self.cursor_key is not None and (row.at, row.id) != self.cursor_key
        )

    def _clamp(self) -> None:
        self.top = max(0, min(self.top, self.total - self.size.height))

    async def reveal(self, conversation_ids: Collection[int]) -> None:
        """Put the cursor on the first of these that is in the list, as the store has it now."""
        source = self.source
        self.window.hidden.difference_update(conversation_ids)
        for conversation_id in conversation_ids:
            position = await source.find(conversation_id) if source is not None else None
            if source is None or source is not self.source or position is None:
                continue
            found = await source.at(max(0, position - _WINDOW // 2), _WINDOW)
            before = self._in_view()
            self.window.load(found)
            self.position = max(0, min(position, self.total - 1))
            if not self.top <= self.position < self.top + self.size.height:
                self.top = self.position - self.size.height // 2
            self._clamp()
            self._take_cursor()
            self._refresh_changes(before)
            break
        self.follow()

    # Following the store

    def follow(self) -> None:
        """Look at the store again soon; several calls make one look."""
        self._stale = True
        if not self._following and self.source is not None:
            self._following = True
            background.begin(self, self._follow, "follow", exclusive=False)

    async def _follow(self) -> None:
        try:
            while self._stale and self.source is not None:
                self._stale = False
                source, key, settled = self.source, self.cursor_key, set(self._settled)
                found = await source.around(key, self._first, PAGE, _WINDOW)
                if source is not self.source:
                    self._stale = True
                    continue
                if key != self.cursor_key:
                    self._stale = True
                    if self.window.rows:
                        continue
                self._settled -= settled
                self.window.hidden -= settled
                before = self._in_view()
                line = self.position - self.top
                self.position = self.window.follow(found, key)
                self.top = max(0, self.position - line)
                self.new_above = found.new_above if self.top > 0 else 0
                if key is None or self.window.position(key[1]) is None:
                    self._take_cursor()
                else:
                    self._note_top()
                    self._place_hardware_cursor()
                self._refresh_changes(before)
                self.post_message(self.Followed())
                self.fill()
        finally:
            self._following = False

    def _in_view(self) -> list[object]:
        height = self.size.height
        return [self._look(self.top + line) for line in range(height)]

    def _look(self, position: int) -> object:
        """What a line shows, for comparison."""
        return (self.window.row(position), position == self.position)

    def _refresh_changes(self, before: list[object]) -> None:
        now = self._in_view()
        if len(before) != len(now):
            self.refresh()
            return
        for line, (old, new) in enumerate(zip(before, now, strict=True)):
            if old != new:
                self.refresh(Region(0, line, self.size.width, 1))

    def take_out(self, conversation_ids: Collection[int]) -> None:
        """Hide rows at once because they were acted on; the cursor goes to the next one."""
        before = self._in_view()
        above = sum(
            row.id in conversation_ids
            for row in self.window.rows[: max(0, self.position - self.window.start)]
        )
        above_top = sum(
            row.id in conversation_ids
            for row in self.window.rows[: max(0, self.top - self.window.start)]
        )
        self.window.take_out(conversation_ids)
        self.position = max(0, min(self.position - above, self.total - 1))
        self.top -= above_top
        self._clamp()
        if not self.top <= self.position < self.top + max(1, self.size.height):
            self.top = max(0, self.position - self.size.height // 2)
        self._take_cursor()
        self._refresh_changes(before)
        self.fill()

    def settle(self, conversation_ids: Collection[int]) -> None:
        """The store took (or refused) what `take_out` showed: believe it again."""
        self._settled |= set(conversation_ids)
        self.follow()

    def fill(self) -> None:
        """Fetch what is missing in view, or the next page when the margin gets thin."""
        if self._filling or self.source is None or not self._loaded:
            return
        window, bottom = self.window, min(self.top + self.size.height, self.total)
        hole = self.top < window.start or bottom > window.end
        below = window.end < self.total and window.end - bottom < PAGE
        above = window.start > 0 and self.top - window.start < PAGE
        if not (hole or below or above):
            return
        if hole and (window.hidden or not window.rows):
            self.follow()
            return
        self._filling = True
        background.begin(self, partial(self._fill, below), "fill", exclusive=False)

    async def _fill(self, below: bool) -> None:
        try:
            source, window = self.source, self.window
            if source is None:
                return
            start = window.end if below else max(0, window.start - 2 * PAGE)
            size = 2 * PAGE if below else window.start - start
            found = await source.at(start, size)
            if source is self.source and window is self.window:
                before = self._in_view()
                if not window.extend(found):
                    self.follow()
                self._refresh_changes(before)
        finally:
            self._filling = False

    # Drawing

    @property
    def base_style(self) -> Style:
        """The widget's own style; asking Textual for it costs more than a line."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def notify_style_update(self) -> None:
        """Colours changed."""
        self._base = None
        super().notify_style_update()

    def _refresh_line(self, position: int) -> None:
        line = position - self.top
        if 0 <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        position, width = self.top + y, self.size.width
        base = self.base_style
        row = self.window.row(position)
        if row is not None:
            return self.paint(row, position == self.position, width)
        if position < self.total and self._loaded:
            return text.strip(width, ("  …" if self._overdue() else "", base + Style(dim=True)))
        return text.strip(width, ("", base))

    def _overdue(self) -> bool:
        now = asyncio.get_running_loop().time()
        if not self._missing_at or now - self._missing_at > 1:
            self._missing_at = now
            self.set_timer(_PATIENCE * 1.1, self.refresh)
        return now - self._missing_at > _PATIENCE

    @abstractmethod
    def paint(self, row: Row, at_cursor: bool, width: int) -> Strip:
        """How a row looks."""

    # Events

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in view."""
        height = max(1, event.size.height)
        if not self.top <= self.position < self.top + height:
            self.top = max(0, self.position - height // 2)
        if self.top + height > self.total:
            self.top = max(0, min(self.top, self.total - height))
        self.call_after_refresh(self._place_hardware_cursor)
        self.fill()

    def on_focus(self) -> None:
        """Show where the keys go."""
        self._place_hardware_cursor()

    async def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; twice opens."""
        await self.move_to(self.top + event.y)
        if event.chain == 2:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        """Scroll the view."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll the view."""
        self._scroll(-3)

    def _scroll(self, rows: int) -> None:
        self.top += rows
        self._clamp()
        self.refresh()
        self.fill()
