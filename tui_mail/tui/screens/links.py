"""What a conversation is linked to: remove a link, make another one the first, add one."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import linking
from tui_mail.model.records import Ref
from tui_mail.store import items, links
from tui_mail.tui import text
from tui_mail.tui.commands import LINKS
from tui_mail.tui.filing import FilingScreen
from tui_mail.tui.format import short_date
from tui_mail.tui.record_lines import item_line
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line


def screen(*, over: FilingScreen, conversation_id: int) -> LinksScreen:
    """The links of one conversation."""
    return LinksScreen(over, conversation_id)


class LinksScreen(SheetScreen):
    """Live links, the first one first."""

    CONTEXT = LINKS

    def __init__(self, over: FilingScreen, conversation_id: int) -> None:
        super().__init__("Linked to")
        self._over, self._conversation = over, conversation_id

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Each link with where it came from."""
        db, now = self.mail_app.ctx.db, self.mail_app.ctx.now()
        live = await db.read(links.live, self._conversation)
        found = {item.ref: item for item in await db.read(items.get_many, [x.item for x in live])}
        return [
            item_line(
                found[one.item],
                key="1" if one.role == "primary" else "+",
                more=f"{'first' if one.role == 'primary' else 'further'}, {one.source},"
                f" {short_date(one.at, now)}",
            )
            for one in live
            if one.item in found
        ]

    def describe(self, line: Line | None) -> text.Part:
        """What there is when there is nothing."""
        if line is None:
            return "Not linked to any deal, lead or project. a links it."
        return "d removes the link; the program then leaves this conversation alone."

    @property
    def _item(self) -> Ref | None:
        return self.list.line.item if self.list.line else None

    async def command_links_remove(self) -> None:
        """End the marked link."""
        if self._item is not None:
            done = await linking.unlink(self.mail_app.ctx, [self._conversation], self._item)
            await self._changed(done.summary)

    async def command_links_primary(self) -> None:
        """Make the marked link the first."""
        if self._item is not None:
            done = await linking.make_primary(self.mail_app.ctx, self._conversation, self._item)
            await self._changed(done.summary)

    async def _changed(self, summary: str) -> None:
        self.mail_app.look_soon()
        await self.reload()
        self.say(f"{summary} · z undoes")

    async def command_links_add(self) -> None:
        """Link to one more."""
        await self.app.pop_screen()
        await self.mail_app.open_screen(
            "link", over=self._over, ids=(self._conversation,), also=True
        )

    async def command_links_open(self) -> None:
        """Show the record."""
        if self._item is not None:
            await self.mail_app.open_screen("record", ref=self._item)
