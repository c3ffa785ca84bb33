"""One line that says how things stand: the last thing done, the accounts, what waits."""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.model.safe_text import safe_line
from tui_mail.tui import text


class StatusLine(Widget):
    """Left what was done last, right how things stand."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._trouble = False
        self._standing = ""

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Show what happened."""
        if (message, trouble) != (self._said, self._trouble):
            self._said, self._trouble = message, trouble
            self.refresh()

    def unsay(self, message: str) -> None:
        """Take a message away that is no longer true, unless something else was said since."""
        if self._said == message:
            self.say("")

    def stand(self, words: str) -> None:
        """Show how things stand."""
        if words != self._standing:
            self._standing = words
            self.refresh()

    @property
    def shown(self) -> str:
        """Both halves, for tests and for screen readers."""
        return f"{self._said} {self._standing}".strip()

    def render_line(self, y: int) -> Strip:
        """The message takes the room it needs; the standing gets the rest, at the right."""
        width, style = self.size.width, self.rich_style
        left = f" {safe_line(self._said)}"
        right = f"{safe_line(self._standing)} "
        room = width - cell_len(left) - 2
        if cell_len(right) > room:
            right = text.fit(right, max(room, width // 3 if not self._trouble else 0))
        left = text.fit(left, width - cell_len(right))
        said = style + Style(bold=True) if self._trouble else style
        return text.strip(width, (left, said), (right, style + Style(dim=not self._trouble)))
