"""Fields for typed text in which no control character ever stands (SEC-1)."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.message import Message
from textual.widgets import Input, Static, TextArea

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


class RecipientField(LineField):
    """Addresses; keys for the list of suggestions go to it while it is open."""

    class Asked(Message):
        """A key for the suggestions: `up`, `down` or `take`."""

        def __init__(self, field: RecipientField, what: str) -> None:
            super().__init__()
            self.field = field
            self.what = what

    def __init__(self, value: str = "", **more: Any) -> None:
        super().__init__(value, **more)
        self.offered = False
        """Suggestions are shown."""

    async def _on_key(self, event: events.Key) -> None:
        what = {"up": "up", "down": "down", "enter": "take"}.get(event.key)
        if self.offered and what:
            event.stop()
            event.prevent_default()
            self.post_message(self.Asked(self, what))
            return
        await super()._on_key(event)


class SenderField(Static, can_focus=True):
    """The account a mail goes from; any of these keys takes the next one."""

    class Switched(Message):
        """Another account is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def on_key(self, event: events.Key) -> None:
        """Switch by Space, Enter and the arrows."""
        step = {"space": 1, "enter": 1, "right": 1, "left": -1}.get(event.key)
        if step is not None:
            event.stop()
            self.post_message(self.Switched(step))
