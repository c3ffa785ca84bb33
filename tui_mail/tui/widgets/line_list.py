"""Lines under headings, one of them marked: what sheets and the screens of records show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.style import Style
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.tui import text


@dataclass(frozen=True, slots=True)
class Line:
    """One line; texts need not be safe."""

    text: str
    detail: str = ""
    key: str = ""
    """The key that takes it, or a mark."""
    item: Any = None
    heading: bool = False
    color: str = ""
    """Of the key or mark, by name; it says nothing that the text does not."""
    note: str = ""
    """What is said of it below the list while it is marked."""


class LineList(Widget, can_focus=True):
    """Draws the lines that fit; headings cannot be marked."""

    DEFAULT_CSS = "LineList { height: 1fr; }"

    class Marked(Message):
        """Another line is marked."""

    def __init__(self, name_width: int = 34, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Line] = ()
        self.marked = 0
        self._top = 0
        self._name_width = name_width

    @property
    def line(self) -> Line | None:
        """The marked line."""
        if 0 <= self.marked < len(self.lines) and not self.lines[self.marked].heading:
            return self.lines[self.marked]
        return None

    def show(self, lines: Sequence[Line], *, keep: bool = True) -> None:
        """Show other lines; with `keep` the mark stays on the same thing where it is there."""
        before = self.line if keep else None
        place = self.marked
        self.lines = lines
        if not keep:
            self._top = 0
        able = [i for i, line in enumerate(lines) if not line.heading]
        same = [i for i in able if before and before.item is not None
                and lines[i].item == before.item]  # fmt: skip
        near = min(able, key=lambda i: abs(i - place), default=0) if before else None
        self.mark(same[0] if same else near if near is not None else (able[0] if able else 0))

    def move_by(self, step: int) -> None:
        """Mark the next line that can be marked."""
        able = [i for i, line in enumerate(self.lines) if not line.heading]
        if not able:
            return
        here = next((n for n, i in enumerate(able) if i >= self.marked), len(able) - 1)
        self.mark(able[max(0, min(here + step, len(able) - 1))])

    def mark(self, index: int) -> None:
        """Mark a line and keep it in view, with the heading above it."""
        self.marked = index
        height = max(1, self.size.height)
        margin = 1 if index and index <= len(self.lines) and self.lines[index - 1].heading else 0
        self._top = max(0, index - height + 1, min(self._top, index - margin))
        if self.has_focus and self.is_attached:
            place = Offset(self.region.x, self.region.y + index - self._top)
            self.app.cursor_position = place
        self.refresh()
        self.post_message(self.Marked())

    def on_resize(self) -> None:
        """Keep the mark in view."""
        self.mark(self.marked)

    def render_line(self, y: int) -> Strip:
        """A heading, or key, text and detail."""
        width, style = self.size.width, self.rich_style
        index = self._top + y
        if index >= len(self.lines):
            return text.strip(width, ("", style))
        line = self.lines[index]
        if line.heading:
            heading = style + Style(bold=True, underline=True)
            return text.strip(
                width, (" ", style), (line.text, heading), (f"  {line.detail}", style)
            )
        key = f" {text.fit(line.key, 2)} "
        name = line.text
        if line.detail:
            name = text.fit(name, min(self._name_width, max(10, width // 2))) + "  "
        if index == self.marked:
            return text.strip(width, (key + name + line.detail, style + Style(reverse=True)))
        bold = style + Style(bold=True, color=line.color or None)
        return text.strip(width, (key, bold), (name, style), (line.detail, style + Style(dim=True)))
