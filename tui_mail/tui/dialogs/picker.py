"""A field and the lines that fit what is typed: palette, folders, help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_mail.tui import text
from tui_mail.tui.commands import PICKER
from tui_mail.tui.fuzzy import ranked
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.hints import Hints


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose."""

    name: str
    detail: str
    key: str
    value: Any


class ChoiceList(Widget):
    """Draws the choices that fit; the marked one is reversed."""

    DEFAULT_CSS = "ChoiceList { height: 1fr; }"

    def __init__(self, key_width: int, name_width: int) -> None:
        super().__init__()
        self.choices: Sequence[Choice] = ()
        self.marked = 0
        self._top = 0
        self._key_width, self._name_width = key_width, name_width

    def offer(self, choices: Sequence[Choice]) -> None:
        """Show other choices, the first one marked."""
        self.choices, self.marked, self._top = choices, 0, 0
        self.refresh()

    def mark(self, index: int) -> None:
        """Mark another line."""
        self.marked = max(0, min(index, len(self.choices) - 1))
        height = max(1, self.size.height)
        self._top = max(self.marked - height + 1, min(self._top, self.marked))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Name, key, detail."""
        width, style = self.size.width, self.rich_style
        index = self._top + y
        if index >= len(self.choices):
            return text.strip(width, ("", style))
        choice = self.choices[index]
        head = f" {text.fit(choice.key, self._key_width)}" if self._key_width else ""
        room = self._name_width if choice.detail else max(self._name_width, width - len(head) - 2)
        name = f" {text.fit(choice.name, room)} "
        if index == self.marked:
            return text.strip(width, (head + name + choice.detail, style + Style(reverse=True)))
        bold = style + Style(bold=True)
        return text.strip(
            width, (head, bold), (name, style), (choice.detail, style + Style(dim=True))
        )


class PickerScreen(CommandScreen):
    """Type to narrow, Enter takes, Esc leaves."""

    CONTEXT = PICKER
    CSS_PATH: ClassVar[Any] = [stylesheet("picker.tcss")]

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        take: Callable[[Any], Awaitable[None]],
        *,
        note: str = "",
    ) -> None:
        super().__init__()
        self._heading = title
        self._choices = choices
        self._take = take
        self._note = note

    def compose(self) -> ComposeResult:
        """A field over the list."""
        keys = max((len(choice.key) for choice in self._choices), default=0)
        names = max((len(choice.name) for choice in self._choices), default=0)
        with Vertical(id="picker"):
            yield Static(text.plain(self._heading), id="picker-title")
            yield Input(id="picker-field", placeholder="type to narrow", compact=True)
            yield ChoiceList(min(keys, 16), min(names, 40))
            yield Static(text.plain(self._note), id="picker-note")
        yield Hints()

    def on_mount(self) -> None:
        """Everything is offered until something is typed."""
        field = self.query_one(Input)
        field.cursor_blink = False
        self.set_focus(field)
        self.query_one(ChoiceList).offer(self._choices)
        self.query_one("#picker-note").display = bool(self._note)
        self.query_one(Hints).offer(PICKER, self.mail_app.keymap_in_use)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Show what fits."""
        self.query_one(ChoiceList).offer(self._fitting(event.value))

    def _fitting(self, typed: str) -> Sequence[Choice]:
        named = ranked(typed, self._choices, lambda choice: choice.name)
        word, known = typed.strip().lower(), set(map(id, named))
        return named + [
            choice
            for choice in self._choices
            if id(choice) not in known and word in choice.detail.lower()
        ]

    async def command_picker_by(self, lines: int) -> None:
        """Mark another line."""
        found = self.query_one(ChoiceList)
        found.mark(found.marked + lines)

    async def command_picker_leave(self) -> None:
        """Choose nothing."""
        await self.app.pop_screen()

    async def command_picker_take(self) -> None:
        """Take the marked line of what fits the text as it is now."""
        found = self.query_one(ChoiceList)
        typed = self._fitting(self.query_one(Input).value)
        choices = found.choices if list(typed) == list(found.choices) else typed
        index = found.marked if choices is found.choices else 0
        await self.app.pop_screen()
        if choices:
            await self._take(choices[index].value)
