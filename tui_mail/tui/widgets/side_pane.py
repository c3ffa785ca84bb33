"""The pane at the right: facts in lines, as many as fit, and how many more there are."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widgets import Static

from tui_mail.tui import text
from tui_mail.tui.format import counted, number


class SidePane(Static):
    """Shows a part of its lines; what is above and below is said in its last line."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: list[Content] = []
        self._subject: object = None
        self._top = 0
        self._keys = ("", "")

    def fill(self, shown: Content, subject: object, keys: tuple[str, str]) -> None:
        """Show lines about `subject`; another one begins at the top. `keys` go up and down."""
        self._lines = list(shown.rstrip().split("\n", allow_blank=True))
        if subject != self._subject:
            self._subject, self._top = subject, 0
        self._keys = keys
        self._draw()

    def page(self, by: int) -> None:
        """Go a page up or down."""
        self._top += by * max(1, self.size.height - 2)
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Another number of lines fits."""
        self._draw()

    def _draw(self) -> None:
        height = self.size.height
        if not height or len(self._lines) <= height:
            self._top = 0
            self.update(text.joined(self._lines))
            return
        rows = max(1, height - 1)
        self._top = max(0, min(self._top, len(self._lines) - rows))
        below = len(self._lines) - rows - self._top
        up, down = self._keys
        words = f"{up} ↑ {number(self._top)} above  " if self._top else ""
        if below:
            words += f"{down} ↓ {counted(below, 'more line')}"
        hint = text.parts((words.rstrip(), "dim"))
        self.update(text.joined([*self._lines[self._top : self._top + rows], hint]))
