"""Fields for typed text in which no control character ever stands (SEC-1)."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.widgets import Input, TextArea

from tui_mail.model.safe_text import safe_block, safe_line


class LineField(Input):
    """One line; what is loaded or pasted is made safe first."""

    def __init__(self, value: str = "", **more: Any) -> None:
        super().__init__(safe_line(value), compact=True, **more)
        self.cursor_blink = False

    def load(self, value: str) -> None:
        """Replace the text."""
        self.value = safe_line(value)
        self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        event.text = safe_line(" ".join(event.text.splitlines()))
        super()._on_paste(event)


class TextField(TextArea):
    """Many lines; what is loaded or pasted is made safe first."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True, **more
        )
        self.cursor_blink = False

    def show(self, value: str) -> None:
        """Replace the text, the cursor at its beginning."""
        self.load_text(safe_block(value))

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = safe_block(event.text)
        await super()._on_paste(event)
