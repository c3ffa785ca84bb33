"""What the screens of settings share: a list of rows, a line of help, a field to narrow."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui_mail.tui import text
from tui_mail.tui.commands import FIND
from tui_mail.tui.setting_rows import SettingRow, fitting
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.row_list import RowList
from tui_mail.tui.widgets.status_line import StatusLine


class SettingScreen(CommandScreen):
    """Rows with values; subclasses say which and what keys do."""

    AUTO_FOCUS = "RowList"
    CSS_PATH: ClassVar[Any] = [stylesheet("settings.tcss")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = title
        self._finding = False

    def compose(self) -> ComposeResult:
        """Title, rows, help, field."""
        yield Static(text.plain(self._heading), id="settings-title")
        yield RowList()
        yield Static(id="settings-help")
        yield LineField(id="settings-field", placeholder="type to narrow")
        yield StatusLine()
        yield Hints()

    @property
    def context(self) -> str:
        """The field has its own keys."""
        return FIND if self._finding else self.CONTEXT

    @property
    def list(self) -> RowList:
        """The rows."""
        return self.query_one(RowList)

    @abstractmethod
    def every_row(self) -> Sequence[SettingRow]:
        """All rows, before narrowing."""

    def show_rows(self) -> None:
        """Build the rows again and show those that fit."""
        typed = self.query_one(LineField).value
        self.list.show(fitting(list(self.every_row()), typed))

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    @on(RowList.Marked)
    def marked(self) -> None:
        """Explain the row."""
        row = self.list.row
        self.query_one("#settings-help", Static).update(text.plain(row.help if row else ""))

    @on(Input.Changed, "#settings-field")
    def narrow(self) -> None:
        """Show what fits."""
        self.show_rows()

    async def command_setting_by(self, step: int) -> None:
        """Mark another row."""
        page = max(1, self.list.size.height - 2)
        self.list.move_by(step if abs(step) == 1 else step // abs(step) * page)

    async def command_setting_find(self) -> None:
        """Open the field."""
        self._finding = True
        self.set_class(True, "-finding")
        self.set_focus(self.query_one(LineField))
        self.query_one(Hints).offer(FIND, self.mail_app.keymap_in_use)

    async def command_find_keep(self) -> None:
        """Work with what fits."""
        self._finding = False
        self.set_focus(self.list)
        self.query_one(Hints).offer(self.CONTEXT, self.mail_app.keymap_in_use)

    async def command_find_leave(self) -> None:
        """Show everything again."""
        self.query_one(LineField).value = ""
        self.set_class(False, "-finding")
        await self.command_find_keep()

    async def command_back(self) -> None:
        """Show everything again, or leave."""
        if self.query_one(LineField).value:
            await self.command_find_leave()
        else:
            await self.app.pop_screen()
