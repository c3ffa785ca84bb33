"""A question: a few lines and single keys, or a field whose value is checked before it is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui_mail.errors import TuiMailError
from tui_mail.tui import text
from tui_mail.tui.commands import ASK, CONFIRM
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints

Then = Callable[[], Awaitable[object]]
"""What to do once the question is closed; may open another screen."""


class ConfirmScreen(CommandScreen):
    """Yes or no; nothing happens without a yes."""

    CONTEXT = CONFIRM
    CSS_PATH: ClassVar[Any] = [stylesheet("ask.tcss")]

    def __init__(self, title: str, body: Content, yes: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._heading, self._body, self._yes = title, body, yes

    def compose(self) -> ComposeResult:
        """The question."""
        with Vertical(id="ask"):
            yield Static(text.plain(self._heading), id="ask-title")
            yield Static(self._body, id="ask-body")
        yield Hints()

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one(Hints).offer(CONFIRM, self.mail_app.keymap_in_use)

    async def command_ask_yes(self) -> None:
        """Do it."""
        await self.app.pop_screen()
        try:
            await self._yes()
        except TuiMailError as error:
            self.mail_app.note_failure(error)

    async def command_ask_no(self) -> None:
        """Leave it."""
        await self.app.pop_screen()


class AskScreen(CommandScreen):
    """Asks for one value; `take` raises a TuiMailError to refuse it, which is shown here.

    `take` opens no screen itself: the question is still on top. It returns what does.
    """

    CONTEXT = ASK
    CSS_PATH: ClassVar[Any] = [stylesheet("ask.tcss")]

    def __init__(
        self,
        title: str,
        body: Content,
        take: Callable[[str], Awaitable[Then | None]],
        *,
        value: str = "",
        secret: bool = False,
        complete: Callable[[str], list[str]] | None = None,
        describe: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__()
        self._heading, self._body, self._take = title, body, take
        self._value, self._secret, self._complete = value, secret, complete
        self._describe = describe or (lambda _: "")

    def compose(self) -> ComposeResult:
        """The question over its field."""
        with Vertical(id="ask"):
            yield Static(text.plain(self._heading), id="ask-title")
            yield Static(self._body, id="ask-body")
            yield LineField(self._value, id="ask-field", password=self._secret)
            yield Static(id="ask-note")
        yield Hints()

    def on_mount(self) -> None:
        """The field has the keys."""
        self.set_focus(self.query_one(Input))
        self.query_one(Hints).offer(ASK, self.mail_app.keymap_in_use)

    def _note(self, content: Content) -> None:
        self.query_one("#ask-note", Static).update(content)

    async def command_ask_take(self) -> None:
        """Take what was typed, or say why not."""
        try:
            then = await self._take(self.query_one(Input).value)
        except TuiMailError as error:
            self._note(text.lines(str(error)))
            return
        await self.app.pop_screen()
        if then is None:
            return
        try:
            await then()
        except TuiMailError as error:
            self.mail_app.note_failure(error)

    async def command_ask_no(self) -> None:
        """Take nothing."""
        await self.app.pop_screen()

    async def command_ask_complete(self) -> None:
        """Complete what was typed as far as it is clear, and show what fits."""
        if self._complete is None:
            return
        field = self.query_one(LineField)
        found = self._complete(field.value)
        if found:
            field.load(max(_common(found), field.value, key=len))
        shown = found[:12] if len(found) > 1 or self._describe(found[0] if found else "") else []
        lines = [f"{one}  {self._describe(one)}".rstrip() for one in shown]
        self._note(text.lines("\n".join(lines)))


def _common(found: list[str]) -> str:
    """How all of them begin."""
    low, high = min(found), max(found)
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[:same]
