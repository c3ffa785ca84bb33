"""A mail as it came: its headers, its octets, or an attachment as text."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from tui_mail.errors import TuiMailError
from tui_mail.model.safe_text import safe_block
from tui_mail.tui import background, text
from tui_mail.tui.commands import SOURCE, Command
from tui_mail.tui.paragraphs import Para
from tui_mail.tui.shell import CommandScreen, WhichKey, stylesheet
from tui_mail.tui.widgets.body_view import BodyView
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

_MAX_RAW = 4 * 1024 * 1024
"""Octets of a raw mail that are shown; the rest can be saved."""


def screen(
    *,
    message_id: int = 0,
    is_raw: bool = False,
    title: str = "",
    shown: str = "",
    kind: str = "code",
) -> SourceScreen:
    """Headers or raw mail of a message, or a given text; `text` is wrapped between words."""
    return SourceScreen(message_id, is_raw, title, shown, kind)


class SourceScreen(CommandScreen):
    """Shows text without a meaning of its own."""

    CONTEXT = SOURCE
    AUTO_FOCUS = "BodyView"
    CSS_PATH: ClassVar[Any] = [stylesheet("message.tcss")]

    def __init__(
        self, message_id: int, is_raw: bool, title: str, shown: str, kind: str = "code"
    ) -> None:
        super().__init__()
        self._para = kind
        self._message_id, self._is_raw = message_id, is_raw
        self._heading, self._shown = title, shown

    def compose(self) -> ComposeResult:
        """Title and text."""
        yield Static(text.plain(self._heading), id="source-title")
        yield BodyView()
        yield WhichKey()
        yield StatusLine()
        yield Hints()

    def on_mount(self) -> None:
        """Show it; the raw mail may have to be fetched."""
        self.query_one(Hints).offer(SOURCE, self.mail_app.keymap_in_use)
        if self._message_id:
            self._look()
        else:
            self._show(self._heading, self._shown)

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        self.query_one(StatusLine).say(message, trouble=trouble)

    def offers(self, command: Command) -> bool:
        """Only a mail has headers."""
        return command.id != "source.other" or bool(self._message_id)

    @property
    def body(self) -> BodyView:
        """The text."""
        return self.query_one(BodyView)

    def _show(self, title: str, shown: str) -> None:
        self.query_one("#source-title", Static).update(text.plain(title))
        self.body.top = 0
        self.body.show([Para(line, self._para) for line in safe_block(shown).split("\n")])

    def _look(self) -> None:
        background.begin(self, self._fetch, "source")

    async def _fetch(self) -> None:
        from tui_mail.actions.reading import FETCH_SECONDS

        reader = self.mail_app.reader
        try:
            if self._is_raw:
                raw = await reader.raw(self._message_id)
                if raw is None:
                    self._show("Raw mail", "Asking the server for it …")
                    raw = await reader.raw(self._message_id, wait=FETCH_SECONDS)
                cut = raw is not None and len(raw) > _MAX_RAW
                shown = (raw or b"The server did not send it.")[:_MAX_RAW]
                self._show("Raw mail" + (", its beginning" if cut else ""), shown.decode("latin-1")
                           if not _is_text(shown) else shown.decode("utf-8"))  # fmt: skip
                return
            opened = await reader.open(self._message_id)
            if opened.mail is None:
                self._show("Headers", f"The mail is not here: {opened.waiting}.")
            else:
                lines = [f"{name}: {value}" for name, value in opened.mail.headers]
                self._show("Headers", "\n".join(lines))
        except TuiMailError as error:
            self.say(str(error), trouble=True)

    async def command_other(self) -> None:
        """Headers or the raw mail."""
        if self._message_id:
            self._is_raw = not self._is_raw
            self._look()

    async def command_scroll(self, lines: int) -> None:
        """Move the text by lines."""
        self.body.scroll_by(lines)

    async def command_scroll_page(self, pages: float) -> None:
        """Move the text by pages."""
        self.body.scroll_by(int(pages * max(1, self.body.size.height - 2)))

    async def command_scroll_top(self) -> None:
        """To the beginning."""
        self.body.scroll_to_line(0)

    async def command_scroll_bottom(self) -> None:
        """To the end."""
        self.body.finish()
        self.body.scroll_to_line(len(self.body.lines))


def _is_text(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
