"""Named values under titles, one of them marked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.tui import text
from tui_mail.tui.setting_rows import SettingRow

_NAME = 30


class RowList(Widget, can_focus=True):
    """Draws the rows that fit; titles and texts cannot be marked."""

    DEFAULT_CSS = "RowList { height: 1fr; }"

    class Marked(Message):
        """Another row is marked."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[SettingRow] = ()
        self.marked = 0
        self._top = 0

    @property
    def row(self) -> SettingRow | None:
        """The marked row."""
        if 0 <= self.marked < len(self.rows) and self._can(self.marked):
            return self.rows[self.marked]
        return None

    def _can(self, index: int) -> bool:
        return self.rows[index].kind not in ("title", "text")

    def show(self, rows: Sequence[SettingRow]) -> None:
        """Show other rows; the mark stays on the same thing where it is still there."""
        before = self.row
        self.rows = rows
        same = (i for i, row in enumerate(rows) if before and (row.kind, row.name) ==
                (before.kind, before.name))  # fmt: skip
        first = next((i for i in range(len(rows)) if self._can(i)), 0)
        self.mark(next(same, first))

    def move_by(self, step: int) -> None:
        """Mark the next row that can be marked."""
        goal = max(0, min(self.marked + step, len(self.rows) - 1))
        direction = 1 if step > 0 else -1
        while 0 <= goal < len(self.rows) and not self._can(goal):
            goal += direction
        if not 0 <= goal < len(self.rows):
            able = [i for i in range(len(self.rows)) if self._can(i)]
            goal = (able[-1] if step > 0 else able[0]) if able else self.marked
        self.mark(goal)

    def mark(self, index: int) -> None:
        """Mark a row and keep it in view."""
        self.marked = index
        height = max(1, self.size.height)
        if index < height and not any(map(self._can, range(index))):
            self._top = 0
        margin = 1 if index and not self._can(index - 1) else 0
        self._top = max(index - height + 1, min(self._top, index - margin))
        self._top = max(0, self._top)
        if self.has_focus and self.is_attached:
            line = self.region.y + index - self._top
            self.app.cursor_position = Offset(self.region.x, line)
        self.refresh()
        self.post_message(self.Marked())

    def on_resize(self) -> None:
        """Keep the mark in view."""
        self.mark(self.marked)

    def render_line(self, y: int) -> Strip:
        """A title, or mark, name and value."""
        width, style = self.size.width, self.rich_style
        index = self._top + y
        if index >= len(self.rows):
            return text.strip(width, ("", style))
        row = self.rows[index]
        if row.kind == "title":
            return text.strip(width, (f" {row.name}", style + Style(bold=True, underline=True)),
                              ("", style))  # fmt: skip
        if row.kind == "text":
            return text.strip(width, (f"   {row.name}", style))
        name_width = min(_NAME, width // 3)
        left = f" {'*' if row.changed else ' '} {text.fit(row.name, name_width)} "
        if index == self.marked:
            return text.strip(width, (left + row.value, style + Style(reverse=True)))
        return text.strip(width, (left, style), (row.value, style + Style(bold=row.changed)))
