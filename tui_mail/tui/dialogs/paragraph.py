"""A question whose answer has several lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static, TextArea

from tui_mail.errors import TuiMailError
from tui_mail.tui import text
from tui_mail.tui.commands import PARAGRAPH, Command
from tui_mail.tui.dialogs.picker import ChoiceList
from tui_mail.tui.shell import stylesheet
from tui_mail.tui.suggesting import Suggesting
from tui_mail.tui.widgets.fields import TextField
from tui_mail.tui.widgets.hints import Hints


class ParagraphScreen(Suggesting):
    """Asks for a text; `take` raises a TuiMailError to refuse it, which is shown here.

    With `completes`, smart fields are suggested as they are typed.
    """

    CONTEXT = PARAGRAPH
    CSS_PATH: ClassVar[Any] = [stylesheet("ask.tcss")]

    def __init__(
        self,
        title: str,
        take: Callable[[str], Awaitable[None]],
        *,
        value: str = "",
        completes: bool = False,
    ) -> None:
        super().__init__()
        self._completes = completes
        self._heading, self._take, self._value = title, take, value
        self._warned = False

    def compose(self) -> ComposeResult:
        """The text over a line for what is wrong with it."""
        with Vertical(id="ask"):
            yield Static(text.plain(self._heading), id="ask-title")
            yield ChoiceList(0, 60)
            yield TextField(id="ask-text")
            yield Static(id="ask-note")
        yield Hints()

    def on_mount(self) -> None:
        """The text has the keys, its end the cursor."""
        self.query_one(ChoiceList).display = False
        field = self.query_one(TextField)
        field.load_text(self._value)
        field.move_cursor(field.document.end)
        self.set_focus(field)
        self.query_one(Hints).offer(PARAGRAPH, self.mail_app.keymap_in_use)

    @on(TextArea.Changed)
    def typed(self) -> None:
        """A smart field may have been begun."""
        if self._completes:
            self.complete_soon()

    def offers(self, command: Command) -> bool:
        """Tab is named while there is something to take."""
        return command.id != "paragraph.complete" or self.would_take()

    async def command_paragraph_complete(self) -> None:
        """Take the suggestion; without one nothing is changed."""
        self.take_suggestion()

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
        """Close the suggestions, or leave; what was changed is dropped only at the second time."""
        if self.close_suggestions():
            return
        if not self._warned and self.query_one(TextField).text.strip() != self._value.strip():
            self._warned = True
            self.query_one("#ask-note", Static).update(
                text.plain("This was changed: Ctrl-s keeps it, Esc again drops it.")
            )
            return
        await self.app.pop_screen()
