"""Search in the list: live while typing, the results in the same rows, and the way back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import partial

from textual import on
from textual.timer import Timer
from textual.widgets import Input

from tui_mail.tui import background
from tui_mail.tui.commands import INBOX, SEARCH
from tui_mail.tui.filing import FilingScreen
from tui_mail.tui.format import counted
from tui_mail.tui.lists import IdSource, Key, Source
from tui_mail.tui.widgets.conversation_list import ConversationList
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

_DELAY = 0.12


@dataclass(frozen=True, slots=True)
class Place:
    """Where the user was before a search."""

    source: Source
    key: Key | None
    line: int


class FindingScreen(FilingScreen):
    """A screen with a list, a field `#search` and a footer."""

    def __init__(self) -> None:
        super().__init__()
        self.before_search: Place | None = None
        """Set while results are shown."""
        self.found = ""
        """What was searched, and how much there is, for the head."""
        self._search_delay: Timer | None = None
        self._hits = ""

    @property
    def conversations(self) -> ConversationList:
        """The list."""
        return self.query_one(ConversationList)

    @property
    def context(self) -> str:
        """The search field has its own keys."""
        return SEARCH if isinstance(self.focused, Input) else INBOX

    @abstractmethod
    def show_head(self) -> None:
        """Say what is shown."""

    async def command_search(self) -> None:
        """Open the search field; what was typed before is still there."""
        found = self.conversations
        if self.before_search is None and found.source is not None:
            line = found.position - found.top
            self.before_search = Place(found.source, found.cursor_key, line)
            self.found = ""
        self.set_class(True, "-searching")
        self.set_focus(self.query_one(Input))
        self.query_one(Hints).offer(SEARCH, self.mail_app.keymap_in_use)

    @on(Input.Changed, "#search")
    def search_changed(self) -> None:
        """Search once the typing pauses."""
        if self.before_search is None:
            return
        if self._search_delay is not None:
            self._search_delay.stop()
        self._search_delay = self.set_timer(_DELAY, self._search_now)

    def _search_now(self) -> None:
        background.begin(self, partial(self.search, live=True), "search")

    async def search(self, *, live: bool) -> None:
        """Show what fits the text; an empty field shows the place from before."""
        from tui_mail.actions import searching

        place, typed = self.before_search, self.query_one(Input).value.strip()
        if place is None:
            return
        if not typed:
            await self.conversations.show(place.source, key=place.key, line=place.line)
            return
        ctx = self.mail_app.ctx
        result = await searching.search(ctx, typed, live=live)
        if self.before_search is None:
            return
        more = "more than " if result.more else ""
        hits = f"{more}{counted(len(result.conversation_ids), 'conversation')}"
        self.found = f"{typed}  {hits}"
        self._hits = result.error or hits
        self.say(self._hits, trouble=bool(result.error))
        await self.conversations.show(IdSource(ctx.db, result.conversation_ids))
        self.show_head()

    async def command_search_keep(self) -> None:
        """Work with what was found."""
        if self._search_delay is not None:
            self._search_delay.stop()
        if not self.query_one(Input).value.strip():
            await self.command_search_leave()
            return
        self.workers.cancel_group(self, "search")
        await self.search(live=False)
        self._close_field()

    async def command_search_leave(self) -> None:
        """Back to the exact place from before."""
        place = self.before_search
        self.leave_search()
        if place is not None:
            await self.conversations.show(place.source, key=place.key, line=place.line)
        self.show_head()

    def leave_search(self) -> None:
        """Forget the search; the caller shows another list."""
        if self._search_delay is not None:
            self._search_delay.stop()
        self.workers.cancel_group(self, "search")
        self.before_search = None
        for line in self.query(StatusLine):
            line.unsay(self._hits)
        self.query_one(Input).value = ""
        self._close_field()

    def _close_field(self) -> None:
        self.set_class(False, "-searching")
        self.set_focus(self.conversations)
        self.query_one(Hints).offer(INBOX, self.mail_app.keymap_in_use)
