"""Keys for outgoing mail in the reader: stop it, send again, it was sent, edit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable

from tui_mail.actions import orders, sending
from tui_mail.model.moments import shown
from tui_mail.store.outbox import Outgoing
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.dialogs.when import WhenScreen
from tui_mail.tui.reading import Entry
from tui_mail.tui.shell import CommandScreen


class OutboxCommands(CommandScreen):
    """A screen whose current message may be one that goes out."""

    @property
    @abstractmethod
    def entry(self) -> Entry | None:
        """The message that keys are about."""

    def _mail(self) -> Outgoing | None:
        entry = self.entry
        if entry is None or entry.outgoing is None:
            self.say("This message is not in the outbox.")
            return None
        return entry.outgoing[0]

    async def command_outbox_cancel(self) -> None:
        """Stop a mail before it goes; its draft comes back."""
        if (mail := self._mail()) is not None:
            stopped = await sending.cancel(self.mail_app.ctx, mail.id)
            self.say(
                "Stopped; the mail is a draft again."
                if stopped
                else "Too late: the mail is on its way or has gone."
            )
            self.mail_app.look_soon()

    async def command_outbox_resend(self) -> None:
        """Send again what failed; asks first when it may have arrived."""
        mail = self._mail()
        if mail is None:
            return

        async def again() -> None:
            done = await sending.resend(self.mail_app.ctx, mail.id)
            self.mail_app.say("It is sent again." if done else "There is nothing to send again.")
            self.mail_app.look_soon()

        await self._sure(mail, "Send again?", again)

    async def command_outbox_later(self) -> None:
        """Send a mail that waits at another time."""
        mail = self._mail()
        if mail is None:
            return
        if mail.state not in ("held", "missed"):
            self.say("Only a mail that waits for its time can have another one.")
            return

        async def move(at: int) -> None:
            ctx = self.mail_app.ctx
            if await orders.reschedule(ctx, mail.id, at):
                self.mail_app.say(f"Goes {shown(at, ctx.now())}.")
            else:
                self.mail_app.say("Too late: the mail is on its way or has gone.")
            self.mail_app.look_soon()

        await self.app.push_screen(WhenScreen("Send it when?", self.mail_app.ctx, move))

    async def command_outbox_mark_sent(self) -> None:
        """The user knows that it was sent."""
        if (mail := self._mail()) is not None:
            done = await sending.mark_sent(self.mail_app.ctx, mail.id)
            self.say("Marked as sent." if done else "This mail needs no word from you.")
            self.mail_app.look_soon()

    async def command_outbox_edit(self) -> None:
        """Take a mail back into the composer."""
        mail = self._mail()
        if mail is None:
            return

        async def edit() -> None:
            draft = await sending.edit(self.mail_app.ctx, mail.id)
            self.mail_app.look_soon()
            await self.mail_app.open_screen("compose", draft_id=draft.id)

        await self._sure(mail, "Edit and send another time?", edit)

    async def _sure(self, mail: Outgoing, question: str, do: Callable[[], Awaitable[None]]) -> None:
        """Ask only where the mail may have arrived already."""
        if mail.state != "uncertain":
            await do()
            return
        body = text.plain("Nobody knows whether this mail was sent; it may arrive twice.")
        await self.app.push_screen(ConfirmScreen(question, body, do))
