"""What stands around the list of conversations: head, banner, views, people, preview."""

from __future__ import annotations

import contextlib

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tui_mail.errors import TuiMailError
from tui_mail.model.views import VIEW_NAMES, View, view_folder
from tui_mail.store import accounts, pages
from tui_mail.store.accounts import Account, Folder
from tui_mail.tui import background, mending, text
from tui_mail.tui.asking import ASKING, AskingScreen
from tui_mail.tui.format import counted, number
from tui_mail.tui.widgets import panes

_WIDE, _FULL = 100, 140
_PREVIEW_DELAY = 0.08


class PanedScreen(AskingScreen):
    """A list with `#head`, `#banner`, `#views`, `#people`, `#preview` and `#empty` around it."""

    def __init__(self) -> None:
        super().__init__()
        self.view_id: int = View.INBOX
        self.sidebar: bool | None = None
        self.mailless = 0
        """Deals that belong to the view but have no mail that could stand in it."""
        """Whether the user wants the people; None as the settings and the width say."""
        self.preview = False
        """Whether the newest mail is shown under the list."""
        self.accounts: list[Account] = []
        self.folders: list[Folder] = []
        self._counts: dict[int, tuple[int, int]] = {}
        self._delay: Timer | None = None

    async def count_mailless(self) -> None:
        """Deals gone quiet or without a next step of which there is no mail to show."""
        if self.view_id in (View.QUIET, View.UNPLANNED):
            from tui_mail.store import lanes

            ctx = self.mail_app.ctx
            self.mailless = await ctx.db.read(lanes.mailless, self.view_id, ctx.now())
        else:
            self.mailless = 0

    async def read_around(self) -> None:
        """Read what the panes show beside the list."""
        db = self.mail_app.ctx.db
        self.accounts = await self.mail_app.read_accounts()
        self._counts = await db.read(pages.counts)
        await self.count_mailless()
        if self.has_class("-wide") or not self.folders:
            self.folders = await db.read(accounts.folders)
        several = len(self.accounts) > 1
        self.conversations.account_names = (
            {a.id: a.short_name or a.address for a in self.accounts} if several else {}
        )
        wanted = self.mail_app.ctx.settings.get("screen.bidi") == "app"
        self.conversations.orders_text = wanted and text.can_order()
        self.conversations.account_colours = {
            a.id: a.colour for a in self.accounts if several and a.colour != "none"
        }
        self._show_banner()
        self.show_views()

    def _show_banner(self) -> None:
        is_broken = bool(mending.broken(self.accounts))
        self.set_class(is_broken, "-broken")
        if is_broken:
            said = mending.banner(self.accounts, self.mail_app.keymap_in_use)
            self.query_one("#banner", Static).update(said)

    def place_panes(self, width: int) -> None:
        """Show the panes that have room and are wanted."""
        self.choose_panes(width)
        self.show_views()
        self.look_closer()

    def choose_panes(self, width: int) -> None:
        """Which panes have room and are wanted."""
        wanted = bool(self.mail_app.ctx.settings.get("screen.sidebar"))
        people = self.sidebar if self.sidebar is not None else wanted and width >= _FULL
        self.set_class(width >= _WIDE, "-wide")
        self.set_class(bool(people), "-people")
        self.set_class(self.preview, "-preview")

    def show_head(self) -> None:
        """What is shown, how much of it, and what is selected."""
        found = self.conversations
        pieces: list[text.Part] = [self._title()]
        if not self.before_search:
            total, unread = self._counts.get(self.view_id, (found.total, 0))
            pieces.append((f"  {number(unread)} unread of {number(total)}", "not bold"))
        if self.mailless:
            key = mending.key_of(self.mail_app.keymap_in_use, "go.deals")
            pieces.append(
                (f"  and {counted(self.mailless, 'deal')} without mail: {key}", "not bold")
            )
        if found.new_above:
            pieces.append(f"  ↑ {number(found.new_above)} new above")
        if found.selected:
            pieces.append(f"  {number(len(found.selected))} selected")
        if found.ranging:
            pieces.append("  range")
        self.query_one("#head", Static).update(text.parts(*pieces), layout=False)
        empty = found.loaded and not found.total
        self.set_class(empty, "-empty")
        if empty:
            self.query_one("#empty", Static).update(self._why_empty())

    def _title(self) -> str:
        if self.before_search:
            return f"Search: {self.found}"
        folder_id = view_folder(self.view_id)
        if folder_id is None:
            return VIEW_NAMES[View(self.view_id)]
        folder = next((f for f in self.folders if f.id == folder_id), None)
        if folder is None:
            return "Folder"
        owner = next((a for a in self.accounts if a.id == folder.account_id), None)
        return f"{owner.short_name}: {folder.name}" if owner else folder.name

    def _why_empty(self) -> Content:
        if self.before_search:
            return text.plain("Nothing found. Esc goes back to where you were.")
        if not self.accounts:
            return mending.no_account(self.mail_app.keymap_in_use)
        if any(a.state in ("not_started", "connecting", "initial_sync") for a in self.accounts):
            return text.plain("The first mail is on its way; the line below says how far it is.")
        if self.view_id in ASKING:
            return text.plain("Nothing waits for a link. g i goes back to the inbox.")
        if self.view_id == View.SCREENED:
            return text.plain("Nothing is kept out. b shows what is blocked; g i: the inbox.")
        if self.view_id == View.SNOOZED:
            return text.plain("Nothing is snoozed. h does it; g i goes back to the inbox.")
        if self.view_id == View.FOLLOW_UP:
            return text.plain("No answer is waited for. W does it; g i: the inbox.")
        if self.view_id == View.INBOX:
            return text.plain("Nothing to do here. g a shows what was archived, c writes a mail.")
        return text.plain("Nothing here. g i goes back to the inbox.")

    def show_views(self) -> None:
        """The views and folders at the left, where there is room."""
        if self.has_class("-wide"):
            pane = self.query_one("#views", Static)
            shown = panes.view_lines(
                self._counts,
                self.accounts,
                self.folders,
                self.view_id,
                21,
                max(1, self.size.height - 4),
            )
            pane.update(shown, layout=False)

    def look_closer(self) -> None:
        """The panes follow the cursor, when it stays."""
        if self._delay is not None:
            self._delay.stop()
        if any(map(self.has_class, ("-people", "-preview", "-asking"))):
            self._delay = self.set_timer(_PREVIEW_DELAY, self._show_conversation)

    def _show_conversation(self) -> None:
        background.begin(self, self._read_conversation, "preview")

    async def _read_conversation(self) -> None:
        app, conversation_id = self.mail_app, self.conversations.cursor_id
        if self.has_class("-people"):
            await self.show_people(conversation_id)
        if self.has_class("-asking"):
            await self.offer_links(conversation_id)
        if self.has_class("-preview"):
            from tui_mail.tui.widgets import preview

            pane = self.query_one("#preview", Static)
            message, body = None, ""
            if conversation_id is not None:
                message = await app.ctx.db.read(preview.newest, conversation_id)
            if message is not None:
                with contextlib.suppress(TuiMailError):
                    opened = await app.reader.open(message.id)
                    body = preview.preview_text(opened.mail) if opened.mail else ""
            pane.update(preview.preview_lines(message, body, app.ctx.now()))
