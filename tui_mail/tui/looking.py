"""Looking closer at the message that keys are about: its links, files, headers and raw mail."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.reading import Entry
from tui_mail.tui.shell import CommandScreen


class LookingCommands(CommandScreen):
    """A screen with a current message."""

    @property
    @abstractmethod
    def entry(self) -> Entry | None:
        """The message that keys are about."""

    async def command_link(self, wanted: int) -> None:
        """Open the n-th link of the message."""
        from tui_mail.tui.opening import open_link

        entry = self.entry
        links = entry.mail.links if entry and entry.mail else ()
        link = next((link for link in links if link.number == wanted), None)
        if link is None:
            self.say(f"This message has no link {wanted}.")
        else:
            await open_link(self, link)

    async def command_links(self) -> None:
        """Every link of the message with its full address."""
        from tui_mail.tui.opening import open_link

        entry = self.entry
        links = entry.mail.links if entry and entry.mail else ()
        if not links:
            self.say("This message has no links.")
            return
        choices = [
            Choice(link.text or link.host, link.url, str(link.number), link) for link in links
        ]
        await self.mail_app.push_screen(PickerScreen("Links", choices, partial(open_link, self)))

    async def command_attachments(self) -> None:
        """Open or save attachments."""
        entry = self.entry
        files = entry.mail.attachments if entry and entry.mail else ()
        if entry is None or not files:
            self.say("This message has no attachments.")
            return
        await self.mail_app.open_screen("attachments", message_id=entry.message.id, files=files)

    async def command_headers(self) -> None:
        """Every header of the message."""
        if (entry := self.entry) is not None:
            await self.mail_app.open_screen("source", message_id=entry.message.id)

    async def command_source(self) -> None:
        """The raw mail."""
        if (entry := self.entry) is not None:
            await self.mail_app.open_screen("source", message_id=entry.message.id, is_raw=True)
