"""Fields for typed text in which no control character ever stands (SEC-1)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from unicodedata import category

from rich.cells import cell_len
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from tui_mail.model.bidi import direction_of
from tui_mail.model.safe_text import safe_block, safe_line

_MOST_LINES_UP = 50
"""How far up a paragraph is looked for the letter that gives its direction."""


_MOST_DRAWN = 500
"""Lines of a text kept as they were drawn."""


class Asked(Message):
    """A key for the list of suggestions: `up`, `down` or `take`."""

    def __init__(self, field: Offered, what: str) -> None:
        super().__init__()
        self.field = field
        self.what = what


class Offered(Widget):
    """A field for which suggestions may be shown; while they are, some keys are theirs."""

    offered = False
    """Suggestions are shown."""
    completed = False
    """A smart field was put in by a suggestion, and nothing was typed since."""

    @property
    @abstractmethod
    def before_cursor(self) -> str:
        """The line up to the cursor."""

    @abstractmethod
    def replace_before_cursor(self, length: int, new: str) -> None:
        """Put other text in place of the last `length` characters before the cursor."""

    @abstractmethod
    def step_back(self, letters: int) -> None:
        """Move the cursor left in its line; with a negative number, right."""

    @property
    @abstractmethod
    def after_cursor(self) -> str:
        """The line from the cursor on."""

    def _is_in_braces(self, event: events.Key) -> bool:
        """A fallback typed right behind a completed smart field goes into it.

        A brace that is there already is stepped over.
        """
        before, was_completed = self.before_cursor, self.completed
        self.completed = False
        if event.character == "|" and was_completed and before.endswith("}}"):
            self.replace_before_cursor(2, "|}}")
            self.step_back(2)
        elif (
            event.character == "}"
            and self.after_cursor.startswith("}")
            and before.rpartition("{{")[2].count("}") < 2
            and "{{" in before
        ):
            self.step_back(-1)
        else:
            return False
        event.stop()
        event.prevent_default()
        return True

    def _is_asked(self, event: events.Key) -> bool:
        what = {"up": "up", "down": "down", "enter": "take"}.get(event.key)
        if not self.offered or not what:
            return False
        event.stop()
        event.prevent_default()
        self.post_message(Asked(self, what))
        return True


def _typed_unseen(event: events.Key) -> str:
    """A typed letter that has no shape of its own, made safe; empty for any other key.

    The joiners of Persian, Indic and emoji and the wide space of Japanese count as unprintable,
    and a field would lose them.
    """
    letter = event.character or ""
    if len(letter) != 1 or event.is_printable or category(letter) not in ("Cf", "Zs"):
        return ""
    event.stop()
    event.prevent_default()
    return safe_line(letter)


class LineField(Input, Offered):
    """One line; what is loaded or pasted is made safe first."""

    def __init__(self, value: str = "", **more: Any) -> None:
        super().__init__(safe_line(value), compact=True, **more)
        self.cursor_blink = False

    def load(self, value: str) -> None:
        """Replace the text."""
        self.value = safe_line(value)
        self.cursor_position = len(self.value)

    @property
    def before_cursor(self) -> str:
        """The text up to the cursor."""
        return self.value[: self.cursor_position]

    @property
    def after_cursor(self) -> str:
        """The text from the cursor on."""
        return self.value[self.cursor_position :]

    def step_back(self, letters: int) -> None:
        """Move the cursor left."""
        self.cursor_position -= letters

    def replace_before_cursor(self, length: int, new: str) -> None:
        """Put other text in place of the last characters before the cursor."""
        start = self.cursor_position - length
        self.value = safe_line(self.value[:start] + new + self.value[self.cursor_position :])
        self.cursor_position = start + len(new)

    async def _on_key(self, event: events.Key) -> None:
        if self._is_asked(event) or self._is_in_braces(event):
            return
        if unseen := _typed_unseen(event):
            self.insert_text_at_cursor(unseen)
            return
        await super()._on_key(event)

    def _on_paste(self, event: events.Paste) -> None:
        """Only make it safe: the field's own handler is called next, and puts it in."""
        event.text = safe_line(" ".join(event.text.splitlines()))


class RecipientField(LineField):
    """Addresses."""


class TextField(TextArea, Offered):
    """Many lines; what is loaded or pasted is made safe first.

    Paragraphs that read from right to left stand at the right (R8).
    """

    def __init__(self, **more: Any) -> None:
        self._drawn: dict[tuple[str, tuple[int, ...], int, int], Strip] = {}
        super().__init__(
            soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True, **more
        )
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._reads_rtl = False
        """Some of the text was seen to read from right to left."""

    def show(self, value: str) -> None:
        """Replace the text, the cursor at its beginning."""
        self.load_text(safe_block(value))

    @property
    def before_cursor(self) -> str:
        """The line up to the cursor."""
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]

    @property
    def after_cursor(self) -> str:
        """The line from the cursor on."""
        row, column = self.cursor_location
        return self.document.get_line(row)[column:]

    def step_back(self, letters: int) -> None:
        """Move the cursor left in its line."""
        row, column = self.cursor_location
        self.move_cursor((row, column - letters))

    def replace_before_cursor(self, length: int, new: str) -> None:
        """Put other text in place of the last characters before the cursor."""
        row, column = self.cursor_location
        self.replace(safe_block(new), (row, column - length), (row, column))

    async def _on_key(self, event: events.Key) -> None:
        if self._is_asked(event) or self._is_in_braces(event):
            return
        if unseen := _typed_unseen(event):
            self.insert(unseen)
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        """Only make it safe: the text area's own handler is called next, and puts it in."""
        event.text = safe_block(event.text)
        event.stop()

    # Right to left

    def _is_rtl(self, row: int) -> bool:
        """Whether the paragraph of a line reads from right to left."""
        for number in range(row, max(-1, row - _MOST_LINES_UP), -1):
            line = self.document.get_line(number)
            if line.isascii() and not line.strip():
                return False
            if direction := direction_of(line):
                return direction == "rtl"
        return False

    def _indent(self, y: int, shown: str) -> int:
        """By how many cells a line of the wrapped text is moved to the right."""
        places = self.wrapped_document._offset_to_line_info
        if y >= len(places) or not self._is_rtl(places[y][0]):
            return 0
        used = cell_len(shown.rstrip())
        cursor = self.wrapped_document.location_to_offset(self.cursor_location)
        if cursor.y == y:
            used = max(used, cursor.x + 1)
        return max(0, self.wrap_width - used)

    def render_line(self, y: int) -> Strip:
        """A line of the text; one that reads from right to left ends at the right edge."""
        strip = self._line(y)
        if not self._reads_rtl:
            self._reads_rtl = not strip.text.isascii() and _has_rtl(strip.text)
            if not self._reads_rtl:
                return strip
            self.call_next(self.refresh)
        indent = self._indent(y + self.scroll_offset.y, strip.text)
        if not indent:
            return strip
        width = strip.cell_length
        return Strip.join([strip.crop(width - indent, width), strip.crop(0, width - indent)])

    def _line(self, y: int) -> Strip:
        """A line as it is drawn; those away from the cursor are kept, an edit changes few."""
        places = self.wrapped_document._offset_to_line_info
        at = y + self.scroll_offset.y
        start, end = self.selection
        if at >= len(places) or start != end or places[at][0] == end[0]:
            return super().render_line(y)
        row, section = places[at]
        breaks = tuple(self.wrapped_document.get_offsets(row))
        width = self.scrollable_content_region.width
        key = (self.document.get_line(row), breaks, section, width)
        strip = self._drawn.get(key)
        if strip is None:
            if len(self._drawn) > _MOST_DRAWN:
                self._drawn.clear()
            strip = self._drawn[key] = super().render_line(y)
        return strip

    def notify_style_update(self) -> None:
        """Other colours: draw everything anew."""
        self._drawn.clear()
        super().notify_style_update()

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the terminal's cursor stands."""
        found = super().cursor_screen_offset
        if not self._reads_rtl:
            return found
        cursor = self.wrapped_document.location_to_offset(self.cursor_location)
        y = cursor.y - self.scroll_offset.y
        return found + Offset(self._indent(cursor.y, self._line(y).text), 0)


def _has_rtl(shown: str) -> bool:
    return any(direction_of(char) == "rtl" for char in shown if char > "\u0590")


class SenderField(Static, can_focus=True):
    """The address a mail goes from; Space and Enter choose another."""

    class Switched(Message):
        """Another address is wanted: the next one, the one before, or one to choose (0)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def on_key(self, event: events.Key) -> None:
        """Choose by Space and Enter, switch by the arrows."""
        step = {"space": 0, "enter": 0, "right": 1, "left": -1}.get(event.key)
        if step is not None:
            event.stop()
            self.post_message(self.Switched(step))
