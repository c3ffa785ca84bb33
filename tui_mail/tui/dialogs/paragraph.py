"""A question whose answer has several lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui_mail.errors import TuiMailError
from tui_mail.tui import text
from tui_mail.tui.commands import PARAGRAPH
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.fields import TextField
from tui_mail.tui.widgets.hints import Hints


class ParagraphScreen(CommandScreen):
    """Asks for a text; `take` raises a TuiMailError to refuse it, which is shown here."""

    CONTEXT = PARAGRAPH
    CSS_PATH: ClassVar[Any] = [stylesheet("ask.tcss")]

    def __init__(
        self, title: str, take: Callable[[str], Awaitable[None]], *, value: str = ""
    ) -> None:
        super().__init__()
        self._heading, self._take, self._value = title, take, value
        self._warned = False

    def compose(self) -> ComposeResult:
        """The text over a line for what is wrong with it."""
        with Vertical(id="ask"):
            yield Static(text.plain(self._heading), id="ask-title")
            yield TextField(id="ask-text")
            yield Static(id="ask-note")
        yield Hints()

    def on_mount(self) -> None:
        """The text has the keys, its end the cursor."""
        field = self.query_one(TextField)
        field.load_text(self._value)
        field.move_cursor(field.document.end)
        self.set_focus(field)
        self.query_one(Hints).offer(PARAGRAPH, self.mail_app.keymap_in_use)

    async def command_paragraph_keep(self) -> None:
        """Take what was typed, or say why not."""
        try:
            await self._take(self.query_one(TextField).text.strip())
        except TuiMailError as error:
            self.query_one("#ask-note", Static).update(text.lines(str(error)))
            return
        if self.app.screen is self:
            await self.app.pop_screen()

    async def command_paragraph_leave(self) -> None:
        """Leave it; what was changed is dropped only at the second time."""
        if not self._warned and self.query_one(TextField).text.strip() != self._value.strip():
            self._warned = True
            self.query_one("#ask-note", Static).update(
                text.plain("This was changed: Ctrl-s keeps it, Esc again drops it.")
            )
            return
        await self.app.pop_screen()
