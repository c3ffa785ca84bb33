"""The triage commands, the same in the list and beside an open conversation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from tui_mail.errors import TuiMailError
from tui_mail.model.views import View, view_folder
from tui_mail.store import accounts
from tui_mail.store.pages import Row
from tui_mail.tui import text
from tui_mail.tui.acting import Call, Deed
from tui_mail.tui.commands import shown_key
from tui_mail.tui.mending import key_of
from tui_mail.tui.shell import CommandScreen
from tui_mail.tui.widgets.side_pane import SidePane

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.parts import Done


Set = Callable[["Context", tuple[int, ...], int], Awaitable["Done"]]
"""An action that takes a time."""


def leaves(verb: str, view_id: int) -> bool:
    """Whether a conversation goes from a view when this is done to it."""
    inbox = view_id in (View.INBOX, View.UNREAD)
    if verb in ("archive", "mute", "snooze"):
        return inbox
    if verb in ("wake", "forget"):
        return view_id == (View.SNOOZED if verb == "wake" else View.FOLLOW_UP)
    if verb == "move":
        return inbox or view_folder(view_id) is not None
    if verb == "link":
        return view_id in (View.AMBIGUOUS, View.UNLINKED)
    if verb == "delete":
        return view_id != View.TRASH
    return verb == "spam" and view_id != View.SPAM


class TriageScreen(CommandScreen):
    """A screen that shows conversations and acts on them by id."""

    view_id: int = View.INBOX

    @abstractmethod
    def targets(self) -> tuple[int, ...]:
        """Ids of what the key is about, taken when it is pressed."""

    @abstractmethod
    def target_rows(self) -> list[Row]:
        """Rows of the targets as far as they are at hand."""

    def acted(self, deed: Deed, conversation_ids: tuple[int, ...]) -> None:
        """Show at once what the deed will do."""

    def settled(self, conversation_ids: tuple[int, ...], done: Done | None) -> None:
        """The store has it, or refused it (`done` is None)."""

    def undone(self, done: Done) -> None:
        """Something was taken back."""

    def do(
        self, deed: Deed, chosen: tuple[int, ...] | None = None, *, first: Call | None = None
    ) -> None:
        """Do it to the targets: on the screen at once, in the store right after.

        `chosen` are the targets of the moment when a key asked for more before it could act;
        `first` is what is called now where a repetition would call something else.
        """
        ids = self.targets() if chosen is None else chosen
        if not ids:
            self.say("Nothing is selected.")
            return
        self.mail_app.last_deed = deed
        self.acted(deed, ids)

        async def job() -> None:
            done = None
            try:
                done = await (first or deed.call)(self.mail_app.ctx, ids)
                key = self._undo_key() if done.undoable else ""
                self.say(done.summary + (f" · {key} undoes" if key else ""))
            except TuiMailError as error:
                self.say(str(error), trouble=True)
            finally:
                self.settled(ids, done)

        self.mail_app.acts.put(job)

    def _undo_key(self) -> str:
        keys = self.mail_app.keymap_in_use.keys.get("mail.undo", ())
        return shown_key(keys[0]) if keys else ""

    async def command_archive(self) -> None:
        """Archive the targets; an account that never had to say where is asked first."""
        from tui_mail.actions import triage

        ids = self.targets()
        deed = Deed("archive", triage.archive)
        if not ids or not await self.mail_app.asks_where_archive():
            self.do(deed, ids)
            return
        from tui_mail.actions import archiving
        from tui_mail.tui.archiving import ask_where

        async def then(said: str) -> None:
            self.do(deed, ids)
            if said:
                self.mail_app.acts.put(partial(self._say_trouble, said))

        await ask_where(self.mail_app, await archiving.questions(self.mail_app.ctx, ids), then)

    async def _say_trouble(self, said: str) -> None:
        self.say(said, trouble=True)

    async def command_delete(self) -> None:
        """Move the targets to the trash."""
        from tui_mail.actions import triage

        self.do(Deed("delete", triage.delete))

    async def command_spam(self) -> None:
        """Report the targets."""
        from tui_mail.actions import triage

        self.do(Deed("spam", triage.report_spam))

    async def command_unread(self) -> None:
        """Mark read when something is unread, else unread."""
        from tui_mail.actions import triage

        read = any(row.unread for row in self.target_rows())
        self.do(
            Deed("read" if read else "unread", lambda ctx, ids: triage.set_read(ctx, ids, read))
        )

    async def command_star(self) -> None:
        """Set the star when one is missing, else take it away."""
        from tui_mail.actions import triage

        star = not all(row.starred for row in self.target_rows())
        self.do(
            Deed("star" if star else "unstar", lambda ctx, ids: triage.set_star(ctx, ids, star))
        )

    async def command_mute(self) -> None:
        """Mute the targets; undo brings them back."""
        from tui_mail.actions import triage

        self.do(Deed("mute", lambda ctx, ids: triage.mute(ctx, ids, True)))

    async def command_people_page(self, by: int) -> None:
        """Further lines of the pane of people."""
        if self.has_class("-people"):
            self.query_one(SidePane).page(by)
        else:
            self.say(f"The people are hidden; {key_of(self.mail_app.keymap_in_use, 'view.sidebar')}"
                     " shows them.")  # fmt: skip

    async def show_people(self, conversation_id: int | None) -> None:
        """Fill the pane of people; without a conversation it is empty."""
        from tui_mail.tui.widgets.sidebar import side_facts, side_lines

        app, pane, shown = self.mail_app, self.query_one(SidePane), text.plain("")
        if conversation_id is not None:
            facts = await app.ctx.db.read(side_facts, conversation_id)
            shown = side_lines(facts, app.ctx.now(), max(10, pane.size.width))
        keys = (
            key_of(app.keymap_in_use, "view.people_up"),
            key_of(app.keymap_in_use, "view.people_down"),
        )
        pane.fill(shown, conversation_id, keys)

    async def command_snooze(self) -> None:
        """Choose a time, then take the targets of this moment out of the inbox until then."""
        from tui_mail.actions import reminding
        from tui_mail.store import reminders

        await self._until("Snooze until", "snooze", reminding.snooze, "wake", reminding.wake,
                          reminders.SNOOZE)  # fmt: skip

    async def command_remind(self) -> None:
        """Choose a day by which the targets of this moment should have an answer."""
        from tui_mail.actions import reminding
        from tui_mail.store import reminders

        await self._until("Answer by", "remind", reminding.remind, "forget", reminding.forget,
                          reminders.REMIND)  # fmt: skip

    async def _until(
        self, title: str, verb: str, set_: Set, end_verb: str, end: Call, kind: str
    ) -> None:
        from tui_mail.store import reminders
        from tui_mail.tui.dialogs.picker import Choice
        from tui_mail.tui.dialogs.when import WhenScreen

        ids = self.targets()
        if not ids:
            self.say("Nothing is selected.")
            return

        async def take(at: int) -> None:
            if at:
                self.do(Deed(verb, lambda ctx, ids: set_(ctx, ids, at)), ids)
            else:
                self.do(Deed(end_verb, end), ids)

        ended = None
        if await self.mail_app.ctx.db.read(reminders.times, kind, ids):
            ended = Choice("not any more", "as if no time had been set", "", 0)
        await self.mail_app.push_screen(WhenScreen(title, self.mail_app.ctx, take, end=ended))

    @abstractmethod
    async def newest_received(self) -> int | None:
        """The message that leaving a mailing list is about."""

    async def command_unsubscribe(self) -> None:
        """Ask whether to leave the mailing list."""
        from tui_mail.tui.unsubscribing import ask_to_unsubscribe

        message_id = await self.newest_received()
        if message_id is None:
            self.say("There is no mail from a list here.")
            return
        try:
            await ask_to_unsubscribe(self, message_id)
        except TuiMailError as error:
            self.say(str(error), trouble=True)

    async def command_repeat(self) -> None:
        """Do the last deed again, to what is under the cursor now."""
        deed = self.mail_app.last_deed
        if deed is None:
            self.say("Nothing to repeat yet.")
        else:
            self.do(deed)

    async def command_undo(self) -> None:
        """Take the newest deed back, whenever it was done."""
        from tui_mail.actions import undoing

        async def job() -> None:
            try:
                done = await undoing.undo(self.mail_app.ctx)
            except TuiMailError as error:
                self.say(str(error), trouble=True)
                return
            if done is None:
                self.say("Nothing to undo.")
            else:
                self.say(done.summary)
                self.undone(done)
                if done.draft_id is not None:
                    await self.mail_app.open_screen("compose", draft_id=done.draft_id)

        self.mail_app.acts.put(job)

    async def command_move(self) -> None:
        """Choose a folder, then move the targets of this moment there."""
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

        ids = self.targets()
        if not ids:
            self.say("Nothing is selected.")
            return
        owners = {row.account_id for row in self.target_rows()}
        rows = await self.mail_app.ctx.db.read(accounts.folders)
        names = {a.id: a.short_name for a in await self.mail_app.read_accounts()}
        choices = [
            Choice(f.name, names.get(f.account_id, ""), "", f.id)
            for f in rows
            if f.selectable and f.account_id in owners and f.role not in ("sent", "drafts")
        ]

        async def move(folder_id: int) -> None:
            from tui_mail.actions import triage

            self.do(Deed("move", lambda ctx, ids: triage.move(ctx, ids, folder_id)))

        await self.mail_app.push_screen(PickerScreen("Move to", choices, move))
