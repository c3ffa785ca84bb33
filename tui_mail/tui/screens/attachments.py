"""The attachments of a message: open, save, show as text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from tui_mail.actions.reading import is_risky, opener
from tui_mail.errors import ActionError, TuiMailError
from tui_mail.model.messages import Attachment
from tui_mail.tui import background, text
from tui_mail.tui.commands import ATTACHMENTS
from tui_mail.tui.dialogs.ask import AskScreen, ConfirmScreen
from tui_mail.tui.dialogs.picker import Choice, ChoiceList
from tui_mail.tui.format import counted
from tui_mail.tui.opening import start
from tui_mail.tui.paragraphs import size_words
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

_MAX_TEXT = 2 * 1024 * 1024


def screen(*, message_id: int, files: Sequence[Attachment]) -> AttachmentsScreen:
    """The attachments of one message."""
    return AttachmentsScreen(message_id, files)


class AttachmentsScreen(CommandScreen):
    """Names, kinds and sizes; nothing is fetched before a key asks for it."""

    CONTEXT = ATTACHMENTS
    CSS_PATH: ClassVar[Any] = [stylesheet("message.tcss")]

    def __init__(self, message_id: int, files: Sequence[Attachment]) -> None:
        super().__init__()
        self._message_id, self._files = message_id, files

    def compose(self) -> ComposeResult:
        """The list."""
        yield Static(text.plain(counted(len(self._files), "attachment")), id="attachments-title")
        yield ChoiceList(8, 40)
        yield StatusLine()
        yield Hints()

    def on_mount(self) -> None:
        """Show what there is."""
        choices = [
            Choice(
                file.filename,
                file.content_type + (" · inside the text" if file.inline else "")
                + (" · may run a program" if is_risky(file.filename) else ""),
                size_words(file.size).rjust(8),
                file,
            )
            for file in self._files
        ]  # fmt: skip
        self.query_one(ChoiceList).offer(choices)
        self.query_one(Hints).offer(ATTACHMENTS, self.mail_app.keymap_in_use)

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        self.query_one(StatusLine).say(message, trouble=trouble)

    @property
    def marked(self) -> Attachment:
        """The file under the cursor."""
        found = self.query_one(ChoiceList)
        file: Attachment = found.choices[found.marked].value
        return file

    @property
    def _folder(self) -> Path:
        return Path(str(self.mail_app.ctx.settings.get("reading.downloads")))

    def _fetch(self, what: Callable[[], Awaitable[None]]) -> None:
        """Run what may wait for the server; keys go on meanwhile."""
        self.say("Fetching …")

        async def job() -> None:
            try:
                await what()
            except TuiMailError as error:
                self.say(str(error), trouble=True)

        background.begin(self, job, "file")

    async def command_mark_by(self, lines: int) -> None:
        """Move the cursor."""
        found = self.query_one(ChoiceList)
        found.mark(found.marked + lines)

    async def command_save_file(self) -> None:
        """Save the marked file."""
        file = self.marked

        async def save() -> None:
            path = await self.mail_app.reader.save(self._message_id, file.part, self._folder)
            self.say(f"Saved {path}")

        self._fetch(save)

    async def command_save_all(self) -> None:
        """Save every file that is not part of the text."""
        files = [file for file in self._files if not file.inline] or list(self._files)

        async def save() -> None:
            for file in files:
                await self.mail_app.reader.save(self._message_id, file.part, self._folder)
            self.say(f"Saved {counted(len(files), 'file')} into {self._folder.expanduser()}")

        self._fetch(save)

    async def command_show_text(self) -> None:
        """Show the marked file as text."""
        file = self.marked

        async def show() -> None:
            _, data = await self.mail_app.reader.attachment(self._message_id, file.part)
            shown = data[:_MAX_TEXT].decode("utf-8", "replace")
            await self.mail_app.open_screen("source", title=file.filename, shown=shown)
            self.say("")

        self._fetch(show)

    async def command_open_file(self) -> None:
        """Open the marked file with the program for it; risky ones need a typed word."""
        file = self.marked
        if opener() is None:
            self.say("No program can be started from here: s saves it, t shows it as text.")
            return

        async def go() -> None:
            self._fetch(self._open(file))

        async def typed(word: str) -> None:
            if word.strip().lower() != "open":
                raise ActionError("Type the word open, or press Esc.")
            await go()

        if is_risky(file.filename):
            body = text.parts((file.filename, "bold"), "\n\nA file of this kind can run a program"
                              " or reach the network. Type ", ("open", "bold"),
                              " to open it all the same.")  # fmt: skip
            await self.app.push_screen(AskScreen("Open this file?", body, typed))
        elif self.mail_app.ctx.settings.get("reading.confirm_open"):
            body = text.parts(
                (file.filename, "bold"), f"\n{file.content_type}, {size_words(file.size)}"
            )
            await self.app.push_screen(ConfirmScreen("Open with its program?", body, go))
        else:
            await go()

    def _open(self, file: Attachment) -> Callable[[], Awaitable[None]]:
        async def open_it() -> None:
            path = await self.mail_app.reader.for_opening(self._message_id, file.part)
            program = opener()
            if program is None:
                raise ActionError("No program can be started from here.")
            start([*program, str(path)])
            self.say(f"Opened {file.filename}.")

        return open_it
