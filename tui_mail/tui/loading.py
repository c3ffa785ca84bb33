"""Loading what the reader shows: from the store at once, bodies behind it, read marks last."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.timer import Timer

from tui_mail.errors import TuiMailError
from tui_mail.model.views import View
from tui_mail.store.pages import Row
from tui_mail.tui import background, text
from tui_mail.tui.filing import FilingScreen
from tui_mail.tui.reading import Entry, is_draft, look, other_subject, to_unfold

if TYPE_CHECKING:
    from tui_mail.tui.widgets.body_view import BodyView

_SKIM = 0.03
"""Seconds before bodies are asked for, so that leafing through asks for none."""


class Loading(FilingScreen):
    """A screen that holds one conversation's messages."""

    def __init__(self, conversation_id: int) -> None:
        super().__init__()
        self.conversation_id = conversation_id
        self.entries: dict[int, Entry] = {}
        self.row: Row | None = None
        self.keeps_unread = False
        """The user said unread; opening does not say otherwise."""
        self._marked: set[int] = set()
        self._delay: Timer | None = None

    @property
    @abstractmethod
    def body(self) -> BodyView:
        """The text."""

    @abstractmethod
    def paint(self, *, at: int | None = None) -> None:
        """Show the entries."""

    def forget(self) -> None:
        """Another conversation comes: what is under way for this one ends."""
        self.workers.cancel_group(self, "bodies")
        if self._delay is not None:
            self._delay.stop()
            self._delay = None
        self.entries, self.row = {}, None
        self._marked = set()
        self.keeps_unread = False

    async def load(self, *, fresh: bool = False) -> None:
        """Read the conversation; `fresh` chooses what is unfolded, else everything stays."""
        conversation_id = self.conversation_id
        wanted = [entry.message.id for entry in self.entries.values() if entry.unfolded]
        written = self.view_id in (View.OUTBOX, View.DRAFTS)
        found = await self.mail_app.ctx.db.read(look, conversation_id, wanted, written)
        if conversation_id != self.conversation_id or not self.is_attached:
            return
        if not found.messages:
            self.say("This conversation is not here any more.")
            if self.app.screen is self:
                self.app.pop_screen()
            return
        before, self.row = self.entries, found.row
        unfolded = set(to_unfold(found.messages, written=written)) if fresh else set()
        self.entries = {}
        for message in found.messages:
            entry = before.get(message.id) or Entry(message, unfolded=message.id in unfolded)
            entry.message = message
            entry.people = found.people.get(message.id, entry.people)
            entry.outgoing = found.outgoing.get(message.id)
            entry.subject = other_subject(message.subject, self.row.subject if self.row else "")
            self.entries[message.id] = entry
        if fresh:
            first = next(iter(self.entries[i].message.id for i in self.entries if i in unfolded))
            self.body.make_current(first)
            self.paint(at=first if len(self.entries) > 1 else next(iter(self.entries)))
        else:
            self.paint()
        self.open_bodies()

    async def refresh_facts(self) -> None:
        """Something changed in the store: messages, marks, how far a mail is."""
        await self.load()

    async def read_people(self, entry: Entry) -> None:
        """Who takes part in a message, as the store knows it."""
        from tui_mail.store import correspondents

        ctx = self.mail_app.ctx
        entry.people = await ctx.db.read(correspondents.of_message, entry.message.id)

    # Bodies

    def open_bodies(self) -> None:
        """Fetch what unfolded messages still need."""
        if any(entry.unfolded and entry.mail is None for entry in self.entries.values()):
            background.begin(self, self._open_bodies, "bodies")
        else:
            self.mark_seen_soon()

    async def _open_bodies(self) -> None:
        await asyncio.sleep(_SKIM)
        missing: list[Entry] = []
        current = self.body.current
        needed = [e for e in self.entries.values() if e.unfolded and e.mail is None]
        for entry in sorted(needed, key=lambda entry: entry.message.id != current):
            if is_draft(entry.message):
                await self._show_draft(entry)
                continue
            await self._open(entry, 0.0)
            if entry.mail is None:
                missing.append(entry)
            self.paint()
        self.mark_seen_soon()
        for entry in missing:
            entry.waiting = f"The text is not here: {entry.waiting}; asking the server for it …"
        if missing:
            from tui_mail.actions.reading import FETCH_SECONDS

            self.paint()
            await asyncio.gather(*(self._open(entry, FETCH_SECONDS) for entry in missing))
            for entry in missing:
                if entry.mail is None:
                    entry.waiting = f"The text is not here: {entry.waiting}. Enter asks again."
            self.paint()
            self.mark_seen_soon()

    async def _open(self, entry: Entry, wait: float) -> None:
        try:
            opened = await self.mail_app.reader.open(entry.message.id, wait=wait)
        except TuiMailError as error:
            entry.waiting = str(error)
            return
        entry.mail, entry.waiting = opened.mail, opened.waiting
        if entry.mail is not None:
            self.paint()

    async def _show_draft(self, entry: Entry) -> None:
        from tui_mail.actions.keeping import draft_of_message
        from tui_mail.model.messages import Block, Envelope, ReadableMail
        from tui_mail.model.safe_text import safe_block

        draft = await draft_of_message(self.mail_app.ctx, entry.message.id)
        typed = safe_block(draft.content.body) if draft is not None else ""
        entry.mail = ReadableMail(Envelope(), (), (Block("text", typed),))
        self.paint()

    # Read marks

    def mark_seen_soon(self) -> None:
        """Mark what is seen as read, when the setting says so."""
        settings = self.mail_app.ctx.settings
        how = settings.get("reading.mark_read")
        if how == "never" or self.keeps_unread:
            return
        if how == "open":
            self._mark_seen()
        elif self._delay is None:
            seconds = int(settings.get("reading.mark_read_seconds"))
            self._delay = self.set_timer(seconds, self._mark_later)

    def _mark_later(self) -> None:
        self._delay = None
        if self.app.screen is self and not self.keeps_unread:
            self._mark_seen()

    def _mark_seen(self) -> None:
        from tui_mail.actions import triage

        for message_id in self.body.in_view():
            entry = self.entries.get(message_id)
            shown = entry is not None and entry.unfolded and entry.mail is not None
            if entry is None or not shown or not entry.unread or message_id in self._marked:
                continue
            self._marked.add(message_id)

            async def job(message_id: int = message_id) -> None:
                await triage.mark_message_read(self.mail_app.ctx, message_id)
                self.mail_app.look_soon()

            self.mail_app.acts.put(job)

    def orders_text(self) -> bool:
        """Whether right-to-left text is put into visual order here; says why it cannot be."""
        if self.mail_app.ctx.settings.get("screen.bidi") != "app":
            return False
        if not text.can_order():
            self.say("screen.bidi is app, but python-bidi is not installed (extra: rtl).")
            return False
        return True

    # Drafts

    async def open_draft(self, message_id: int) -> None:
        """Go on writing a draft, ours or one that another program left."""
        await self.mail_app.open_screen("compose", kind="edit", message_id=message_id)

    async def draft_in(self, conversation_id: int) -> int | None:
        """The newest draft of a conversation."""
        found = await self.mail_app.ctx.db.read(look, conversation_id, ())
        drafts = [message.id for message in found.messages if is_draft(message)]
        return drafts[-1] if drafts else None
