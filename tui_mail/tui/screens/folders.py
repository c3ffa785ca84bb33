"""Ticking the folders or labels of an account that are synced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tui_mail.model.safe_text import one_line
from tui_mail.store import accounts
from tui_mail.tui.commands import WIZARD
from tui_mail.tui.setting_rows import SettingRow, text_rows
from tui_mail.tui.setting_screen import SettingScreen
from tui_mail.tui.widgets.hints import Hints

Take = Callable[[tuple[str, ...]], Awaitable[None]]


def screen(*, account_id: int, ticked: tuple[str, ...], take: Take) -> FoldersScreen:
    """`take` gets the names when the user goes on."""
    return FoldersScreen(account_id, ticked, take)


class FoldersScreen(SettingScreen):
    """A line for each folder; leaving without going on changes nothing."""

    CONTEXT = WIZARD

    def __init__(self, account_id: int, ticked: tuple[str, ...], take: Take) -> None:
        super().__init__("Folders to sync")
        self._account_id, self._ticked, self._take = account_id, ticked, take
        self._folders: list[accounts.Folder] = []

    async def on_mount(self) -> None:
        """Show what the server has."""
        self.query_one(Hints).offer(WIZARD, self.mail_app.keymap_in_use)
        found = await self.mail_app.ctx.db.read(accounts.folders, self._account_id)
        self._folders = [one for one in found if one.selectable and one.role != "drafts"]
        if not self._ticked:
            self._ticked = tuple(o.name for o in self._folders if o.role in ("inbox", "sent"))
        self.show_rows()

    def every_row(self) -> Sequence[SettingRow]:
        """The folders, those of the inbox and Sent first."""
        rows = list(text_rows("On Gmail a label brings the whole conversation."))
        rows.append(SettingRow("go", "Go on", f"{len(self._ticked)} ticked", "Takes them."))
        for one in self._folders:
            mark = "[x]" if one.name in self._ticked else "[ ]"
            why = "without it your own answers are missing" if one.role == "sent" else one.role
            shown = f"{mark} {one_line(one.name, 80)}"
            rows.append(SettingRow("folder", shown, why, "Enter ticks it.", one.name))
        return rows

    async def command_setting_change(self) -> None:
        """Tick the marked folder."""
        row = self.list.row
        if row is None or row.kind == "go":
            await self.command_wizard_next()
            return
        name, marked = str(row.item), self.list.marked
        on = name in self._ticked
        rest = tuple(one for one in self._ticked if one != name)
        self._ticked = rest if on else (*self._ticked, name)
        self.show_rows()
        self.list.mark(marked)

    async def command_wizard_next(self) -> None:
        """Take what is ticked."""
        await self.app.pop_screen()
        await self._take(self._ticked)

    async def command_wizard_back(self) -> None:
        """Show everything again, or change nothing."""
        await self.command_back()

    async def command_wizard_leave(self) -> None:
        """Change nothing."""
        await self.app.pop_screen()
