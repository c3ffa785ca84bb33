"""The entries that keep mail out: what each hid, and the way back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui_mail.actions import blocking
from tui_mail.errors import ActionError
from tui_mail.store.blocks import Blocked
from tui_mail.tui import text
from tui_mail.tui.commands import BLOCKED
from tui_mail.tui.dialogs.ask import AskScreen, ConfirmScreen, Then
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.format import counted, short_date
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line


def screen(*, conversation_id: int | None) -> BlockedScreen:
    """Every entry; those that hide the conversation come first."""
    return BlockedScreen(conversation_id)


def _hiding(conn: sqlite3.Connection, conversation_id: int) -> set[int]:
    rows = conn.execute(
        "SELECT DISTINCT screened_by FROM messages WHERE conversation_id = ?"
        " AND screened_by IS NOT NULL AND deleted_at IS NULL",
        (conversation_id,),
    )
    return {row[0] for row in rows}


class BlockedScreen(SheetScreen):
    """One line each entry; the key takes it away and its mail comes back."""

    CONTEXT = BLOCKED

    def __init__(self, conversation_id: int | None) -> None:
        super().__init__("Blocked addresses and domains")
        self._conversation = conversation_id

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Entries with their hits."""
        ctx = self.mail_app.ctx
        entries = await blocking.entries(ctx)
        hiding: set[int] = set()
        if self._conversation is not None:
            hiding = await ctx.db.read(_hiding, self._conversation)
        entries.sort(key=lambda one: one.id not in hiding)
        names = {a.id: a.short_name or a.address for a in await self.mail_app.read_accounts()}
        return [self._line(one, one.id in hiding, names) for one in entries]

    def _line(self, one: Blocked, hides: bool, names: dict[int, str]) -> Line:
        now = self.mail_app.ctx.now()
        words = [counted(one.hits, "mail") + " kept out"]
        if one.last_hit_at:
            words.append(f"last {short_date(one.last_hit_at, now)}")
        words.append(f"since {short_date(one.created_at, now)}")
        words.append("all accounts" if one.account_id is None else names.get(one.account_id, ""))
        if hides:
            words.append("hides this conversation")
        return Line(str(one.target), " · ".join(words), "●" if hides else "", one.id)

    def describe(self, line: Line | None) -> text.Part:
        """What the keys do."""
        if line is None:
            return "Nothing is blocked. b on a mail blocks its sender; a blocks by name."
        return "d takes the entry away: its mail comes back to where it would be."

    async def command_unblock(self) -> None:
        """Remove the marked entry."""
        if self.list.line is None:
            return
        done = await blocking.unblock(self.mail_app.ctx, self.list.line.item)
        self.mail_app.look_soon()
        await self.reload()
        self.say(f"{done.summary} · z undoes")

    async def command_blocked_scope(self) -> None:
        """Choose whether the marked entry is for all accounts or for one (R34)."""
        if self.list.line is None:
            return
        entry_id = self.list.line.item
        accounts = await self.mail_app.read_accounts()
        choices = [Choice("All accounts", "", "", None)]
        choices += [Choice(a.short_name or a.address, "only this account", "", a.id)
                    for a in accounts]  # fmt: skip

        async def take(account_id: int | None) -> None:
            done = await blocking.rescope(self.mail_app.ctx, entry_id, account_id)
            self.mail_app.look_soon()
            await self.reload()
            self.say(f"{done.summary} · z undoes")

        await self.app.push_screen(PickerScreen("Blocked for", choices, take))

    async def command_block_named(self) -> None:
        """Block what is typed; it says first what that would hide."""
        ctx = self.mail_app.ctx

        async def take(typed: str) -> Then:
            found = await blocking.preview(ctx, typed)
            if found.refusal:
                raise ActionError(found.refusal)

            async def block() -> None:
                done = await blocking.block(ctx, typed)
                self.mail_app.look_soon()
                await self.reload()
                self.say(f"{done.summary} · z undoes")

            words = f"{found.warning}\n" if found.warning else ""
            words += f"This hides {counted(found.conversations, 'conversation')}."
            for row in found.sample:
                words += f"\n  {text.fit(row.people, 24)}  {row.subject}"
            asked = ConfirmScreen(f"Block {typed}?", text.lines(words), block)
            return lambda: self.app.push_screen(asked)

        body = text.plain("An address, or a domain with its sub-domains: example.com")
        await self.app.push_screen(AskScreen("Block", body, take))
