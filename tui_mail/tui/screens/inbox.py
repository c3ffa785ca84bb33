"""The inbox: views at the left, conversations, people and preview, one status line."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from tui_mail.model.views import LANES, View, folder_view
from tui_mail.store import accounts
from tui_mail.store.pages import Row
from tui_mail.tui import background, mending
from tui_mail.tui.acting import Deed
from tui_mail.tui.asking import ASKING
from tui_mail.tui.commands import INBOX, Command
from tui_mail.tui.format import counted, number
from tui_mail.tui.lists import IdSource, ViewSource
from tui_mail.tui.paned import PanedScreen
from tui_mail.tui.shell import WhichKey
from tui_mail.tui.triage import leaves
from tui_mail.tui.widgets.conversation_list import ConversationList
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.side_pane import SidePane
from tui_mail.tui.widgets.status_line import StatusLine
from tui_mail.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from tui_mail.actions.parts import Done
    from tui_mail.actions.status import Status


class InboxScreen(PanedScreen):
    """Shows a view, a folder or what was found."""

    CONTEXT = INBOX
    AUTO_FOCUS = "ConversationList"

    def compose(self) -> ComposeResult:
        """Head, panes, status, hints; which of them show is known before they are there."""
        self.preview = bool(self.mail_app.ctx.settings.get("screen.preview"))
        self.choose_panes(self.app.size.width)
        yield Static(id="head")
        yield Static(id="banner")
        field = Input(id="search", placeholder="search all mail", compact=True)
        field.cursor_blink = False
        yield field
        with Horizontal(id="panes"):
            yield Static(id="views")
            with Vertical(id="middle"):
                yield ConversationList(id="list")
                yield Static(id="empty")
                yield Static(id="offers")
                yield Static(id="preview")
            yield SidePane(id="people")
        yield WhichKey()
        yield StatusLine()
        yield Hints()

    # Life

    async def on_mount(self) -> None:
        """Show the first rows with the first frame."""
        app = self.mail_app
        self.conversations.clock = app.ctx.clock
        self.query_one(Hints).offer(INBOX, app.keymap_in_use)
        await self.read_around()
        await self.conversations.show(ViewSource(app.ctx.db, self.view_id))
        self.set_focus(self.conversations)
        self.show_head()

    async def refresh_facts(self) -> None:
        """Something changed in the store: look again at what is shown."""
        self.conversations.follow()
        await self.read_around()
        if self.view_id == View.OUTBOX:
            self.set_class(await self.has_groups(), "-asking")
            self.look_closer()
        self.show_head()

    def show_status(self, status: Status) -> None:
        """Say how things stand."""
        from tui_mail.tui.standing import standing

        for line in self.query(StatusLine):
            line.stand(standing(status))

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    def on_resize(self, event: events.Resize) -> None:
        """Panes come and go with the width."""
        self.place_panes(event.size.width)

    @on(VirtualList.Moved)
    def moved(self) -> None:
        """Another conversation: the panes follow a moment later."""
        if self.conversations.ranging:
            self.show_head()
        self.look_closer()

    @on(VirtualList.Followed)
    def followed(self) -> None:
        """The list changed under us."""
        self.show_head()

    @on(VirtualList.Opened)
    async def opened(self) -> None:
        """A click opens as Enter does."""
        await self.command_open()

    # Triage

    def targets(self) -> tuple[int, ...]:
        """The selection, or the row under the cursor."""
        return self.conversations.targets()

    def target_rows(self) -> list[Row]:
        """Rows of the targets that are at hand."""
        return self.conversations.rows_of(self.targets())

    def acted(self, deed: Deed, conversation_ids: tuple[int, ...]) -> None:
        """Rows that will leave the view leave it now."""
        found = self.conversations
        was_selection = bool(found.selected)
        found.selected = set()
        found.end_range()
        if self.before_search:
            going = deed.verb in ("delete", "spam")
        else:
            going = leaves(deed.verb, self.view_id)
        if going:
            found.take_out(conversation_ids)
        elif was_selection:
            found.refresh()
        self.show_head()

    def settled(self, conversation_ids: tuple[int, ...], done: Done | None) -> None:
        """Believe the store again."""
        source = self.conversations.source
        if done is not None and isinstance(source, IdSource):
            source.drop(set(conversation_ids) & self.conversations.window.hidden)
        self.conversations.settle(conversation_ids)
        self.look_closer()
        self.mail_app.look_soon()
        if self.view_id in LANES:
            self.mail_app.lanes_soon()

    def undone(self, done: Done) -> None:
        """What came back is where the cursor goes."""
        if self.before_search:
            background.begin(self, partial(self.search, live=False), "search")
        else:
            found = self.conversations
            background.begin(
                self, partial(found.reveal, done.conversation_ids), "reveal", exclusive=False
            )
        self.mail_app.look_soon()

    def offers(self, command: Command) -> bool:
        """Accounts that are not there have no key, nor have links where none is asked."""
        if command.action == "link_number":
            return self.view_id in ASKING
        return command.action != "go_account" or command.argument <= len(self.accounts)

    async def command_merge(self) -> None:
        """Make one conversation of those selected; the one under the cursor takes the others."""
        from tui_mail.tui.joining import offer_merge

        found = self.conversations
        ids = self.targets()
        if ids:
            keep = found.cursor_id if found.cursor_id in ids else ids[0]
            await offer_merge(self, keep or ids[0], ids)

    # Commands of the list

    async def command_open(self) -> None:
        """Read the conversation under the cursor."""
        conversation_id = self.conversations.cursor_id
        if conversation_id is None:
            return
        await self.mail_app.open_screen(
            "message", conversation_id=conversation_id, view_id=self.view_id
        )

    async def _write(self, kind: str) -> None:
        conversation_id = self.conversations.cursor_id
        if conversation_id is not None:
            await self.mail_app.open_screen("compose", kind=kind, conversation_id=conversation_id)

    async def command_compose(self) -> None:
        """Write a new mail."""
        await self.mail_app.open_screen("compose", kind="new")

    async def command_reply(self) -> None:
        """Answer the newest mail."""
        await self._write("reply")

    async def command_reply_all(self) -> None:
        """Answer everyone."""
        await self._write("reply_all")

    async def command_forward(self) -> None:
        """Send the newest mail on."""
        await self._write("forward")

    async def newest_received(self) -> int | None:
        """The newest mail from others under the cursor."""
        from tui_mail.store import messages

        cid = self.conversations.cursor_id
        found = await self.mail_app.ctx.db.read(messages.of_conversation, cid) if cid else []
        return next((m.id for m in reversed(found) if m.state == "received"), None)

    async def command_groups(self) -> None:
        """Group mails and how far they are."""
        await self.mail_app.open_screen("groups")

    async def command_mend(self) -> None:
        """Open the secret of the first account that was rejected."""
        found = mending.broken(self.accounts)
        if found:
            await self.mail_app.open_screen("account", slug=found[0].slug, secret=True)
        else:
            self.say("Every account is signed in.")

    async def command_account_add(self) -> None:
        """A new account, step by step."""
        await self.mail_app.open_screen("wizard")

    async def command_settings(self) -> None:
        """Accounts and settings."""
        await self.mail_app.open_screen("settings")

    async def command_move_by(self, rows: int) -> None:
        """Move the cursor."""
        await self.conversations.move_by(rows)

    async def command_page(self, amount: float) -> None:
        """Move by pages."""
        await self.conversations.page(amount)

    async def command_top(self) -> None:
        """The first row, and what came in above."""
        await self.conversations.move_to(0, line=0)

    async def command_bottom(self) -> None:
        """The last row."""
        await self.conversations.move_to(self.conversations.total - 1)

    async def command_select(self) -> None:
        """Select and step down."""
        await self.conversations.toggle()
        self.show_head()

    async def command_range(self) -> None:
        """Begin or end a range."""
        self.conversations.start_range()
        self.show_head()

    async def command_select_kind(self, kind: str) -> None:
        """Select by state."""
        found = self.conversations
        found.end_range()
        if kind == "none" or found.source is None:
            found.select(set())
        else:
            found.select(set(await found.source.of_kind(kind)))
            self.say(f"{counted(len(found.selected), 'conversation')} selected.")
        self.show_head()

    async def show_view(self, view_id: int) -> None:
        """Show a view or folder from its top."""
        self.leave_search()
        self.view_id = view_id
        self.set_class(view_id in ASKING or await self.has_groups(), "-asking")
        await self.conversations.show(ViewSource(self.mail_app.ctx.db, view_id))
        if view_id in LANES:
            self.mail_app.lanes_soon()
        self.show_views()
        self.look_closer()
        self.query_one(Hints).refresh()
        await self.count_mailless()
        self.show_head()

    async def command_go_view(self, view: View) -> None:
        """Show a view."""
        await self.show_view(view)

    async def command_go_account(self, number_: int) -> None:
        """Show the inbox of the n-th account."""
        if number_ > len(self.accounts):
            self.say(f"There is no account {number_}.")
            return
        account = self.accounts[number_ - 1]
        folder = await self.mail_app.ctx.db.read(accounts.role_folder, account.id, "inbox")
        if folder is None:
            self.say(f"{account.short_name or account.address} has no inbox yet.")
            return
        await self.show_view(folder_view(folder.id))

    async def command_go_folder(self) -> None:
        """Choose a folder to show."""
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

        self.folders = await self.mail_app.ctx.db.read(accounts.folders)
        names = {a.id: a.short_name or a.address for a in self.accounts}
        choices = [
            Choice(f.name, names.get(f.account_id, ""), number(f.unread) if f.unread else "", f.id)
            for f in self.folders
        ]

        async def go(folder_id: int) -> None:
            await self.show_view(folder_view(folder_id))

        await self.mail_app.push_screen(PickerScreen("Go to folder", choices, go))

    async def command_toggle_sidebar(self) -> None:
        """Show or hide the people."""
        self.sidebar = not self.has_class("-people")
        self.place_panes(self.size.width)

    async def command_toggle_preview(self) -> None:
        """Show or hide the newest mail."""
        self.preview = not self.preview
        self.place_panes(self.size.width)

    async def command_back(self) -> None:
        """Undo the last narrowing: selection, search, view."""
        found = self.conversations
        if found.ranging or found.selected:
            found.end_range()
            found.select(set())
            self.show_head()
        elif self.before_search:
            await self.command_search_leave()
        elif self.view_id != View.INBOX:
            await self.show_view(View.INBOX)
        else:
            self.say("This is the inbox; q quits.")

    async def command_leave(self) -> None:
        """The same, but the inbox quits."""
        found = self.conversations
        if found.selected or self.before_search or self.view_id != View.INBOX:
            await self.command_back()
        else:
            await self.mail_app.command_quit()
