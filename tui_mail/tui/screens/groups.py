"""Group mails: how far each is, stop and go on, take back what has not gone."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import groups
from tui_mail.model.moments import brief
from tui_mail.model.safe_text import safe_line
from tui_mail.store import mailings
from tui_mail.store.mailings import Mailing, Part
from tui_mail.tui import text
from tui_mail.tui.commands import GROUPS
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.sending import group_words, part_words
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line


def screen() -> GroupsScreen:
    """The latest group mails."""
    return GroupsScreen()


class GroupsScreen(SheetScreen):
    """Each group mail over the people it goes to."""

    CONTEXT = GROUPS

    def __init__(self) -> None:
        super().__init__("Group mail")
        self._of: dict[int, Mailing] = {}

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """The latest ones with their mails."""
        db = self.mail_app.ctx.db
        lines: list[Line] = []
        for mailing in await db.read(mailings.latest, 5):
            lines.append(Line(group_words(mailing), heading=True))
            for part in await db.read(mailings.parts, mailing.id):
                self._of[part.outbox_id] = mailing
                lines.append(Line(part.name or part.address, part_words(part), "", part))
        return lines

    async def refresh_facts(self) -> None:
        """Something went or stopped."""
        await self.reload()

    def describe(self, line: Line | None) -> text.Part:
        """What there is when there is nothing, else the mail's address and time."""
        if line is None or not isinstance(line.item, Part):
            return "No group mail yet: select people in g c with x, then c."
        part = line.item
        reason = f" · {safe_line(part.error, 200)}" if part.error else ""
        return f"{part.address} · planned for {brief(part.not_before)}{reason}"

    def _mailing(self) -> Mailing | None:
        line = self.list.line
        if line is None or not isinstance(line.item, Part):
            return None
        return self._of.get(line.item.outbox_id)

    async def command_group_toggle(self) -> None:
        """Stop after the mail that is going, or go on."""
        mailing = self._mailing()
        if mailing is None:
            return
        ctx = self.mail_app.ctx
        if mailing.state == "running":
            done = await groups.stop(ctx, mailing.id)
            words = "Stopped; p goes on."
        else:
            done = await groups.go_on(ctx, mailing.id)
            words = "It goes on."
        await self.reload()
        self.mail_app.look_soon()
        self.say(words if done else "Nothing of it waits any more.")

    async def command_group_cancel(self) -> None:
        """Take back what has not gone; asks first."""
        mailing = self._mailing()
        if mailing is None or not mailing.waiting:
            self.say("Nothing of it waits any more.")
            return

        async def take_back() -> None:
            done = await groups.take_back(self.mail_app.ctx, mailing.id)
            self.mail_app.look_soon()
            await self.reload()
            self.say(f"{done.summary}; g d shows the draft.")

        body = text.plain(
            f"{mailing.waiting} mails have not gone; they become a draft again."
            f" {mailing.sent} have gone and stay."
        )
        await self.app.push_screen(ConfirmScreen("Take the rest back?", body, take_back))

    async def command_group_open(self) -> None:
        """The mail to the marked person."""
        line = self.list.line
        if line is not None and isinstance(line.item, Part):
            await self.mail_app.open_screen("message", conversation_id=line.item.conversation_id)
