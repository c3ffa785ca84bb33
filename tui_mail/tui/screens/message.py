"""A conversation: every message one line or unfolded, read, acted on and answered by keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from tui_mail.model.views import View
from tui_mail.store.pages import Row
from tui_mail.tui import background, text
from tui_mail.tui.acting import Deed
from tui_mail.tui.commands import MESSAGE, Command, shown_key
from tui_mail.tui.finding import FindingScreen
from tui_mail.tui.format import number
from tui_mail.tui.looking import LookingCommands
from tui_mail.tui.matching import MatchingScreen
from tui_mail.tui.outgoing import OutboxCommands
from tui_mail.tui.paragraphs import Para, of_message
from tui_mail.tui.reading import Entry, is_draft
from tui_mail.tui.sending import offers_of
from tui_mail.tui.shell import WhichKey, make_screen, stylesheet
from tui_mail.tui.standing import standing
from tui_mail.tui.widgets.body_view import BodyView
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.side_pane import SidePane
from tui_mail.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tui_mail.actions.parts import Done
    from tui_mail.actions.status import Status


def screen(*, conversation_id: int, view_id: int = View.INBOX) -> MessageScreen:
    """The reader over the list it was opened from."""
    return MessageScreen(conversation_id, view_id)


class MessageScreen(OutboxCommands, LookingCommands, MatchingScreen):
    """Reads one conversation after the other."""

    CONTEXT = MESSAGE
    AUTO_FOCUS = "BodyView"
    CSS_PATH: ClassVar[Any] = [stylesheet("message.tcss")]

    def __init__(self, conversation_id: int, view_id: int) -> None:
        super().__init__(conversation_id)
        self.view_id = view_id

    def compose(self) -> ComposeResult:
        """Head, text, find field, status, hints."""
        yield Static(id="head")
        with Horizontal(id="reader"):
            yield BodyView(id="body")
            yield SidePane(id="people")
        yield LineField(id="find", placeholder="find in this conversation")
        yield WhichKey()
        yield StatusLine()
        yield Hints()

    @property
    def body(self) -> BodyView:
        """The text."""
        return self.query_one(BodyView)

    @property
    def inbox(self) -> FindingScreen | None:
        """The list below, which knows the next conversation."""
        below = [s for s in self.app.screen_stack if isinstance(s, FindingScreen)]
        return below[-1] if below else None

    # Life

    async def on_mount(self) -> None:
        """Show what the store has with the first frame; bodies follow."""
        self.query_one(Hints).offer(MESSAGE, self.mail_app.keymap_in_use)
        self.body.reorders = self.orders_text()
        self.set_focus(self.body)
        if self.view_id == View.DRAFTS:
            draft = await self.draft_in(self.conversation_id)
            if draft is not None:
                composer = make_screen("compose", kind="edit", message_id=draft)
                self.app.call_later(self.app.switch_screen, composer)
                return
        await self.load(fresh=True)

    async def on_screen_resume(self) -> None:
        """Something may have been written or undone meanwhile."""
        if self.entries:
            await self.refresh_facts()

    def show_status(self, status: Status) -> None:
        """Say how things stand."""
        for line in self.query(StatusLine):
            line.stand(standing(status))

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    def first_key_of(self, command_id: str) -> str:
        """The first key of a command."""
        keys = self.mail_app.keymap_in_use.keys.get(command_id, ())
        return shown_key(keys[0]) if keys else f":{command_id}"

    def paint(self, *, at: int | None = None) -> None:
        """Build the paragraphs of every message and show them."""
        ctx = self.mail_app.ctx
        fold = bool(ctx.settings.get("reading.fold_quotes"))
        paras: list[Para] = []
        for entry in self.entries.values():
            paras += of_message(entry, now=ctx.now(), fold=fold, keys=self.first_key_of)
        self.body.links = {
            entry.message.id: len(entry.mail.links) for entry in self.entries.values() if entry.mail
        }
        self.body.show(paras, at=at)
        if self.searched:
            self.mark_found(again=True)
        self.show_head()
        self._show_side()

    def _show_side(self) -> None:
        if self.has_class("-people"):
            background.begin(self, self._read_side, "side")

    async def _read_side(self) -> None:
        await self.show_people(self.conversation_id)

    async def command_toggle_sidebar(self) -> None:
        """Show or hide what the conversation belongs to and the people."""
        self.toggle_class("-people")
        self.call_after_refresh(self._show_side)

    def show_head(self) -> None:
        """Subject, how many messages, place in the list."""
        row, body = self.row, self.body
        pieces: list[str] = []
        if len(self.entries) > 1:
            pieces.append(f"{number(len(self.entries))} messages")
        inbox = self.inbox
        if inbox is not None and inbox.conversations.cursor_id == self.conversation_id:
            place = (
                f"{number(inbox.conversations.position + 1)}/{number(inbox.conversations.total)}"
            )
            pieces.append(place)
        if len(body.lines) > body.size.height > 0:
            pieces.append(f"{body.share} %")
        right = " · ".join(pieces)
        width = max(10, self.size.width - 2)
        subject = (row.subject if row else "") or "(no subject)"
        left = text.fit(subject, width - len(right) - 1)
        self.query_one("#head", Static).update(text.parts((left, "bold"), f" {right}"))

    @on(BodyView.Scrolled)
    def scrolled(self) -> None:
        """The message that keys are about is one that can be seen."""
        seen = self.body.in_view()
        if seen and self.body.current not in seen:
            self.body.make_current(seen[0])
        self.show_head()
        self.mark_seen_soon()

    @property
    def entry(self) -> Entry | None:
        """The message that keys are about."""
        return self.entries.get(self.body.current)

    # Triage

    def targets(self) -> tuple[int, ...]:
        """This conversation."""
        return (self.conversation_id,)

    def target_rows(self) -> list[Row]:
        """Its row as the list has it."""
        return [self.row] if self.row else []

    def acted(self, deed: Deed, conversation_ids: tuple[int, ...]) -> None:
        """What leaves the list makes room for the next conversation at once."""
        if deed.verb in ("unread", "read"):
            self.keeps_unread = deed.verb == "unread"
        inbox = self.inbox
        if inbox is None:
            return
        found = inbox.conversations
        kept = found.selected - set(conversation_ids)
        was_here = found.cursor_id == self.conversation_id
        found.selected = set()
        inbox.acted(deed, conversation_ids)
        found.selected = kept
        if was_here and found.cursor_id != self.conversation_id:
            self.go_on(found.cursor_id)

    def go_on(self, conversation_id: int | None) -> None:
        """Show another conversation; without one, the list."""
        if conversation_id is None:
            self.app.pop_screen()
            return
        self.forget()
        self.leave_find()
        self.conversation_id = conversation_id
        background.begin(self, partial(self.load, fresh=True), "load")

    def settled(self, conversation_ids: tuple[int, ...], done: Done | None) -> None:
        """Believe the store again."""
        if (inbox := self.inbox) is not None:
            inbox.settled(conversation_ids, done)

    def undone(self, done: Done) -> None:
        """Show what came back."""
        if (inbox := self.inbox) is not None:
            inbox.undone(done)
        if len(done.conversation_ids) == 1 and done.conversation_ids != self.targets():
            self.go_on(done.conversation_ids[0])

    def offers(self, command: Command) -> bool:
        """Keys of outgoing mail only where there is one."""
        if command.id.startswith("outbox."):
            entry = self.entry
            if entry is None or entry.outgoing is None:
                return False
            return command.id.partition(".")[2] in dict(offers_of(entry.outgoing[0]))
        return True

    async def command_split(self) -> None:
        """Make this message a conversation of its own."""
        if (entry := self.entry) is not None:
            from tui_mail.tui.joining import offer_split

            await offer_split(self, entry.message, len(self.entries) - 1)

    # Moving

    async def command_scroll(self, lines: int) -> None:
        """Move the text by lines."""
        self.body.scroll_by(lines)

    async def command_scroll_page(self, pages: float) -> None:
        """Move the text by pages; two lines stay in view."""
        step = int(pages * max(1, self.body.size.height - 2))
        if not self.body.scroll_by(step) and pages > 0:
            self.say(f"The end. {self.first_key_of('message.next_conversation')} goes on.")

    async def command_scroll_top(self) -> None:
        """To the beginning."""
        self.body.scroll_to_line(0)

    async def command_scroll_bottom(self) -> None:
        """To the end."""
        self.body.finish()
        self.body.scroll_to_line(len(self.body.lines))

    async def command_message_by(self, step: int) -> None:
        """The next or previous message; while something is found, the next match."""
        if self.searched and step > 0:
            await self.command_match_by(1)
            return
        ids = list(self.entries)
        if self.body.current not in ids:
            return
        place = ids.index(self.body.current) + step
        if not 0 <= place < len(ids):
            self.say("This is the last message." if step > 0 else "This is the first message.")
            return
        await self.unfold(ids[place])

    async def unfold(self, message_id: int) -> None:
        """Unfold a message and go to its beginning."""
        entry = self.entries[message_id]
        self.body.make_current(message_id)
        if not entry.unfolded:
            entry.unfolded = True
            await self.read_people(entry)
            self.paint(at=message_id)
            self.open_bodies()
        else:
            self.body.scroll_to_message(message_id)
        self.mark_seen_soon()

    async def command_conversation_by(self, step: int) -> None:
        """The next or previous conversation of the list."""
        inbox = self.inbox
        if inbox is None:
            return
        found = inbox.conversations
        if found.cursor_id != self.conversation_id:
            await found.reveal([self.conversation_id])
        await found.move_by(step)
        if found.cursor_id in (None, self.conversation_id):
            self.say("No more conversations below." if step > 0 else "No more above.")
        else:
            self.go_on(found.cursor_id)

    async def command_fold(self) -> None:
        """Fold or unfold the message; a draft is opened for writing."""
        entry = self.entry
        if entry is None:
            return
        if is_draft(entry.message):
            await self.open_draft(entry.message.id)
        elif not entry.unfolded:
            await self.unfold(entry.message.id)
        elif entry.mail is None:
            self.open_bodies()
        else:
            entry.unfolded = False
            self.paint()

    async def command_quotes(self) -> None:
        """Show or fold quotes and signatures of the message."""
        if (entry := self.entry) is not None:
            entry.quotes = not entry.quotes
            self.paint()

    async def newest_received(self) -> int | None:
        """The message the keys are about."""
        entry = self.entry
        return entry.message.id if entry and entry.message.state == "received" else None

    async def command_back(self) -> None:
        """Forget what was found, or go back to the list."""
        if self.searched:
            self.leave_find()
        else:
            await self.app.pop_screen()

    # Writing

    async def _write(self, kind: str) -> None:
        entry = self.entry
        if entry is None:
            return
        if is_draft(entry.message):
            await self.open_draft(entry.message.id)
            return
        await self.mail_app.open_screen("compose", kind=kind, message_id=entry.message.id)

    async def command_reply(self) -> None:
        """Answer this message."""
        await self._write("reply")

    async def command_reply_all(self) -> None:
        """Answer everyone of this message."""
        await self._write("reply_all")

    async def command_forward(self) -> None:
        """Send this message on."""
        await self._write("forward")

    async def command_compose(self) -> None:
        """Write a new mail."""
        await self.mail_app.open_screen("compose", kind="new")
