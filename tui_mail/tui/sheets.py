"""What the sheets and the screens of records share: a title, a field, lines, a note, the footer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui_mail.errors import TuiMailError
from tui_mail.tui import background, text
from tui_mail.tui.shell import CommandScreen, WhichKey, stylesheet
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.line_list import Line, LineList
from tui_mail.tui.widgets.status_line import StatusLine


class SheetScreen(CommandScreen):
    """A list of lines over the screen it is about; subclasses read the lines off the loop."""

    AUTO_FOCUS = "LineList"
    CSS_PATH: ClassVar[Any] = [stylesheet("sheet.tcss")]
    FIELD: ClassVar[str] = ""
    """What stands in the empty field; without it there is none."""
    TYPES_AHEAD: ClassVar[bool] = False
    """Printable keys that are no command begin a text in the field."""
    NAME_WIDTH: ClassVar[int] = 34

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = title
        self._shown: str | None = None
        self._begun, self._newest = 0, 0

    def compose(self) -> ComposeResult:
        """Title, field, lines, note."""
        yield Static(text.plain(self._heading), id="sheet-title")
        if self.FIELD:
            yield LineField(id="sheet-field", placeholder=self.FIELD, select_on_focus=False)
        yield LineList(self.NAME_WIDTH)
        yield Static(id="sheet-note")
        yield WhichKey()
        yield StatusLine()
        yield Hints()

    @property
    def list(self) -> LineList:
        """The lines."""
        return self.query_one(LineList)

    @property
    def typed(self) -> str:
        """What stands in the field."""
        return self.query_one(LineField).value if self.FIELD else ""

    @abstractmethod
    async def read_lines(self, typed: str) -> Sequence[Line]:
        """The lines for what was typed."""

    def describe(self, line: Line | None) -> text.Part:
        """What the note says of the marked line."""
        return ""

    # Life

    async def on_mount(self) -> None:
        """The lines come with the first frame."""
        self.query_one(Hints).offer(self.CONTEXT, self.mail_app.keymap_in_use)
        self.set_focus(self.list)
        await self.reload(keep=False)

    async def reload(self, *, keep: bool = True) -> None:
        """Read and show the lines again; never over lines that were asked for later."""
        typed = self.typed
        self._begun += 1
        number = self._begun
        try:
            lines = await self.read_lines(typed)
        except TuiMailError as error:
            self.say(str(error), trouble=True)
            return
        if typed == self.typed and self.is_attached and number > self._newest:
            self._shown, self._newest = typed, number
            self.list.show(lines, keep=keep)

    async def on_screen_resume(self) -> None:
        """Something may have changed meanwhile."""
        if self._shown is not None:
            await self.reload()

    def retitle(self, value: str) -> None:
        """Say something else in the title."""
        self.query_one("#sheet-title", Static).update(text.plain(value))

    def note(self, *pieces: text.Part) -> None:
        """Say something under the lines."""
        self.query_one("#sheet-note", Static).update(text.parts(*pieces))

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    @on(LineList.Marked)
    def marked(self) -> None:
        """Explain the line."""
        self.note(self.describe(self.list.line))

    @on(Input.Changed, "#sheet-field")
    def narrow(self) -> None:
        """Show what fits; only the last text counts."""
        background.begin(self, partial(self.reload, keep=False), "lines")

    async def catch_up(self) -> None:
        """Wait until the lines are those of what was typed."""
        if self._shown != self.typed:
            await self.reload(keep=False)

    async def take_key(self, event: events.Key) -> bool:
        """Commands first; then, where it is so, the beginning of a text."""
        if await super().take_key(event):
            return True
        letter = event.character
        if not self.TYPES_AHEAD or self.text_widget() is not None or not letter:
            return False
        if not event.is_printable:
            return False
        field = self.query_one(LineField)
        self.set_focus(field)
        field.load(field.value + letter)
        return True

    # Commands of every sheet

    async def command_sheet_by(self, step: int) -> None:
        """Mark another line; from the field the first step goes to the lines."""
        if self.text_widget() is not None:
            await self.catch_up()
            self.set_focus(self.list)
            return
        page = max(1, self.list.size.height - 2)
        self.list.move_by(step if abs(step) == 1 else step // abs(step) * page)

    async def command_sheet_find(self) -> None:
        """To the field."""
        if self.FIELD:
            self.set_focus(self.query_one(LineField))

    async def command_back(self) -> None:
        """Empty the field, or leave."""
        if self.FIELD and (self.typed or self.text_widget() is not None):
            self.query_one(LineField).load("")
            self.set_focus(self.list)
        else:
            await self.app.pop_screen()

    async def command_leave(self) -> None:
        """Leave."""
        await self.command_back()

    async def command_undo(self) -> None:
        """Take the newest deed back."""
        from tui_mail.actions import undoing

        done = await undoing.undo(self.mail_app.ctx)
        self.mail_app.look_soon()
        await self.reload()
        self.say("Nothing to undo." if done is None else done.summary)
