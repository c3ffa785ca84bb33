"""The text of a conversation, drawn line by line; long bodies are wrapped in slices."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.tui import text
from tui_mail.tui.paragraphs import Para
from tui_mail.tui.wrapping import cuts

FIRST, SLICE = 200, 2000
"""Paragraphs that are wrapped at once, and those of each later slice."""
_TEXT_WIDTH = 96
"""Cells that running text takes at most; longer lines are hard to follow."""
_LINK = re.compile(r"\[(\d{1,3})\]")
_OWN = ("head", "folded", "bar", "warn", "fold")
Line = tuple[int, int, int]
"""Paragraph, start and end in its text."""
Place = tuple[int, int, int]
"""Message, paragraphs below its first one, and offset there."""


class BodyView(Widget, can_focus=True):
    """Draws paragraphs from `top` on."""

    DEFAULT_CSS = """
    BodyView { height: 1fr; width: 1fr; overflow: hidden; }
    """

    class Scrolled(Message):
        """Other lines are in view."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.paras: Sequence[Para] = ()
        self.lines: list[Line] = []
        self.top = 0
        self.current = 0
        """The message that keys are about."""
        self.links: Mapping[int, int] = {}
        """How many links each message has."""
        self.reorders = False
        """Right-to-left text is put into visual order here."""
        self.matches: list[tuple[int, int, int]] = []
        """Paragraph, start and end of what was found."""
        self.match = 0
        self._next_para = 0
        self._job = 0
        self._heads: list[tuple[int, int]] = []
        """Line and id of each message's first line."""
        self._goal: Place | None = None
        self._matched: dict[int, list[int]] = {}

    # Content

    def show(self, paras: Sequence[Para], *, at: int | None = None) -> None:
        """Show other paragraphs: from the message `at` on, or at the place that was in view."""
        self._goal = (at, 0, 0) if at is not None else self._place()
        self.paras = paras
        self._rewrap()

    def _place(self) -> Place | None:
        """What stands at the top of the view."""
        index = bisect_right(self._heads, (self.top, 1 << 62)) - 1
        if index < 0 or self.top >= len(self.lines):
            return None
        line, message = self._heads[index]
        para, start, _ = self.lines[self.top]
        return message, para - self.lines[line][0], start

    def _line_at(self, place: Place) -> int | None:
        """The line where a place is now; None while it is not wrapped yet."""
        head = self.line_of(place[0])
        if head is None:
            return None
        wanted = (self.lines[head][0] + place[1], place[2], 1 << 62)
        return bisect_right(self.lines, wanted) - 1

    def _rewrap(self) -> None:
        self._job += 1
        self.lines, self._heads, self._next_para = [], [], 0
        if not self.size.width:
            return
        self._wrap(FIRST)
        while self._next_para < len(self.paras) and not self._reached():
            self._wrap(SLICE)
        goal, self._goal = self._goal, None
        if goal is not None:
            self.top = self._line_at(goal) or 0
        self._clamp()
        self.refresh()
        self._place_hardware_cursor()
        self.post_message(self.Scrolled())
        self._continue(self._job)

    def _reached(self) -> bool:
        if self._goal is None:
            return len(self.lines) > self.top + self.size.height
        line = self._line_at(self._goal)
        return line is not None and len(self.lines) > line + self.size.height

    def _continue(self, job: int) -> None:
        if self._next_para < len(self.paras):
            self.call_later(self._slice, job)

    def _slice(self, job: int) -> None:
        if job == self._job:
            self._wrap(SLICE)
            if self._next_para >= len(self.paras):
                self.post_message(self.Scrolled())
            self._continue(job)

    def _wrap(self, count: int) -> None:
        width = self.size.width
        stop = min(len(self.paras), self._next_para + count)
        lines, plain = self.lines, min(width - 3, _TEXT_WIDTH)
        for index in range(self._next_para, stop):
            para = self.paras[index]
            value = para.text
            if para.look == "text" and not para.depth and len(value) <= plain and value.isascii():
                lines.append((index, 0, len(value)))
                continue
            if para.look in ("head", "folded"):
                self._heads.append((len(lines), para.message))
                lines.append((index, 0, len(value)))
                continue
            room = width - cell_len(_margin(para)) - 1
            if para.look not in _OWN and para.look != "code":
                room = min(room, _TEXT_WIDTH)
            for start, end in cuts(value, room, by_words=para.look != "code"):
                lines.append((index, start, end))
        self._next_para = stop

    def finish(self) -> None:
        """Wrap what is left, now."""
        while self._next_para < len(self.paras):
            self._wrap(SLICE)

    def line_of(self, message: int) -> int | None:
        """The first line of a message."""
        return next((line for line, found in self._heads if found == message), None)

    # Moving

    @property
    def bottom(self) -> int:
        """Behind the last line in view."""
        return self.top + self.size.height

    @property
    def share(self) -> int:
        """How much is above the end of the view, in percent."""
        total = max(1, len(self.lines))
        return min(100, 100 * self.bottom // total)

    def _clamp(self) -> None:
        self.top = max(0, min(self.top, len(self.lines) - self.size.height))

    def scroll_by(self, lines: int) -> bool:
        """Move the text; False when it cannot go further."""
        return self.scroll_to_line(self.top + lines)

    def scroll_to_line(self, line: int) -> bool:
        """Put a line at the top as far as there is text."""
        before = self.top
        while self._next_para < len(self.paras) and line + self.size.height > len(self.lines):
            self._wrap(SLICE)
        self.top = line
        self._clamp()
        if self.top != before:
            self.refresh()
            self._place_hardware_cursor()
            self.post_message(self.Scrolled())
        return self.top != before

    def scroll_to_message(self, message: int) -> None:
        """Put a message's first line at the top."""
        line = self.line_of(message)
        while line is None and self._next_para < len(self.paras):
            self._wrap(SLICE)
            line = self.line_of(message)
        if line is not None:
            self.scroll_to_line(line)

    def in_view(self) -> list[int]:
        """Messages of which something is in view, the topmost first."""
        seen: dict[int, None] = {}
        for index, _, _ in self.lines[self.top : self.bottom]:
            if self.paras[index].message:
                seen[self.paras[index].message] = None
        return list(seen)

    def make_current(self, message: int) -> None:
        """Say which message keys are about."""
        if message != self.current:
            self.current = message
            self.refresh()
            self._place_hardware_cursor()

    def _place_hardware_cursor(self) -> None:
        if self.has_focus and self.is_attached:
            line = self.line_of(self.current)
            shown = line - self.top if line is not None and self.top <= line < self.bottom else 0
            self.app.cursor_position = Offset(self.region.x, self.region.y + shown)

    # Finding

    def find(self, words: str, *, again: bool = False) -> int:
        """Mark every place of some words and go to the first one in or below the view.

        Done again after a repaint, it stays where it was when there are as many places as before.
        """
        before, match = len(self.matches), self.match
        self.matches, self._matched, self.match = [], {}, 0
        if words:
            pattern = re.compile(re.escape(words), re.IGNORECASE)
            for index, para in enumerate(self.paras):
                for found in pattern.finditer(para.text):
                    self._matched.setdefault(index, []).append(len(self.matches))
                    self.matches.append((index, found.start(), found.end()))
        if again and len(self.matches) == before:
            self.match = match
        elif self.matches:
            first = self.lines[self.top][0] if self.top < len(self.lines) else 0
            place = bisect_right([match[0] for match in self.matches], first - 1)
            self.go_to_match(place if place < len(self.matches) else 0)
        self.refresh()
        return len(self.matches)

    def go_to_match(self, number: int) -> None:
        """Bring one of the matches into view."""
        if not self.matches:
            return
        self.match = number % len(self.matches)
        index, start, _ = self.matches[self.match]
        while self._next_para <= index and self._next_para < len(self.paras):
            self._wrap(SLICE)
        line = bisect_right(self.lines, (index, start, 1 << 62)) - 1
        if not self.top <= line < self.bottom:
            self.scroll_to_line(line - self.size.height // 3)
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        at, width, base = self.top + y, self.size.width, self.rich_style
        if at >= len(self.lines):
            return text.strip(width, ("", base))
        index, start, end = self.lines[at]
        para = self.paras[index]
        if para.look in ("head", "folded"):
            return self._head_line(para, width, base)
        style = base + _STYLES.get(para.look, Style.null())
        margin = _margin(para, first=start == 0)
        pieces = [(margin, base if para.look in ("bar", "warn") else style)]
        if para.rtl:
            shown = para.text[start:end]
            if self.reorders:
                shown = text.visual(shown)
            room = min(width - cell_len(margin) - 1, _TEXT_WIDTH)
            pieces.append((" " * max(0, room - cell_len(shown)) + shown, style))
        else:
            pieces += self._runs(index, para, start, end, style)
        return text.strip(width, *pieces, ("", base))

    def _runs(
        self, index: int, para: Para, start: int, end: int, style: Style
    ) -> list[tuple[str, Style]]:
        """The text between two offsets with links and matches marked."""
        marks: list[tuple[int, int, Style]] = []
        count = self.links.get(para.message, 0)
        if count and para.look not in _OWN and "[" in para.text:
            for found in _LINK.finditer(para.text, start, end):
                if 0 < int(found[1]) <= count:
                    marks.append((found.start(), found.end(), _LINK_STYLE))
        for number in self._matched.get(index, ()):
            _, low, high = self.matches[number]
            if low < end and high > start:
                look = _FOUND_HERE if number == self.match else _FOUND
                marks.append((max(low, start), min(high, end), look))
        if not marks:
            return [(para.text[start:end], style)]
        runs: list[tuple[str, Style]] = []
        edges = sorted({start, end, *(m[0] for m in marks), *(m[1] for m in marks)})
        for low, high in pairwise(edges):
            look = style
            for first, last, extra in marks:
                if first <= low and high <= last:
                    look += extra
            runs.append((para.text[low:high], look))
        return runs

    def _head_line(self, para: Para, width: int, base: Style) -> Strip:
        mark = "▾" if para.look == "head" else "▸"
        right = f" {para.right} "
        left = text.fit(f"{mark}{para.text}", width - cell_len(right))
        style = base + Style(bold=para.look == "head" or para.text.startswith("●"))
        if para.message == self.current:
            style += Style(reverse=True)
        return text.strip(width, (left + right, style))

    # Events

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew, keeping the place."""
        if self._goal is None:
            self._goal = self._place()
        self._rewrap()

    def on_focus(self) -> None:
        """Show where the keys go."""
        self._place_hardware_cursor()

    def on_mouse_scroll_down(self) -> None:
        """Scroll."""
        self.scroll_by(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll."""
        self.scroll_by(-3)


_STYLES = {
    "quote": Style(dim=True),
    "hidden": Style(dim=True, strike=True),
    "warn": Style(bold=True),
    "fold": Style(dim=True),
}
_LINK_STYLE = Style(underline=True)
_FOUND = Style(underline=True, bold=True)
_FOUND_HERE = Style(reverse=True)


def _margin(para: Para, *, first: bool = True) -> str:
    """What stands before a line; only the program's own lines begin in the first column."""
    if para.look == "warn":
        return "┃ ! " if first else "┃   "
    if para.look in _OWN:
        return "┃ "
    return "  " + "│ " * para.depth
