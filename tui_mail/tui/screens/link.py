"""The picker behind `l`: what conversations may belong to, best first; digits choose."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence

from tui_mail.actions import picking
from tui_mail.actions.recorded import RecordDone
from tui_mail.model.records import ITEM_KINDS, Item, Ref
from tui_mail.store import items, links, records
from tui_mail.tui import text
from tui_mail.tui.choosing import ChoosingScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.filing import FilingScreen
from tui_mail.tui.format import counted
from tui_mail.tui.record_lines import item_line
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

_OFFERED = 40
_FEW = 9


def _open_items(conn: sqlite3.Connection) -> list[Item]:
    """Some open items, for a mail that leads to none."""
    found = [items.page(conn, kind, status="open", size=_FEW) for kind in ITEM_KINDS]
    return [item for some in found for item in some]


def screen(*, over: FilingScreen, ids: tuple[int, ...], also: bool = False) -> LinkScreen:
    """The picker for conversations of a screen."""
    return LinkScreen(over, ids, also)


class LinkScreen(ChoosingScreen):
    """Links the conversations it was opened for."""

    def __init__(self, over: FilingScreen, ids: tuple[int, ...], also: bool) -> None:
        what = counted(len(ids), "conversation")
        super().__init__(f"Link {what} also to" if also else f"Link {what} to")
        self._over, self._ids, self._also = over, ids, also
        self._now = ""

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Ranked items; with something typed, items of that name."""
        db = self.mail_app.ctx.db
        if not self._now:
            self._now = await self._linked_now()
        found = await db.read(picking.rank, self._ids, typed, _OFFERED)
        if not typed.strip() and len(found) < _FEW:
            known = {one.item.ref for one in found}
            more = await db.read(_open_items)
            found += [picking.Choice(x, "open", 0, False) for x in more if x.ref not in known]
        return [
            item_line(
                one.item,
                key=str(n) if n < 10 else "",
                more=one.why + (" · linked" if one.linked and one.why != "linked" else ""),
            )
            for n, one in enumerate(found, 1)
        ]

    async def _linked_now(self) -> str:
        db = self.mail_app.ctx.db
        found = await db.read(links.primaries, self._ids)
        items = sorted({link.item for link in found.values()})
        if not items:
            return "Not linked yet. Letters narrow, n adds a record from the mail."
        titles = await db.read(records.titles, items[:3])
        names = ", ".join(titles.values()) + (" …" if len(items) > 3 else "")
        return f"Linked to {names}: taking another replaces it, + links beside it."

    def describe(self, line: Line | None) -> text.Part:
        """What is linked now."""
        if line is None and self.typed:
            return "Nothing of that name. Esc empties the field, then n adds a record."
        return self._now

    async def chosen(self, line: Line) -> None:
        """Link and go back."""
        await self._link(line.item, self._also)

    async def _link(self, item: Ref, also: bool, after: int | None = None) -> None:
        await self.app.pop_screen()
        self._over.link_to(self._ids, item, also=also, after=after)

    async def command_link_also(self) -> None:
        """Link as one more."""
        await self.catch_up()
        if self.list.line is not None:
            await self._link(self.list.line.item, True)

    async def command_link_new(self) -> None:
        """Choose a kind, then fill in what the mail did not."""
        await choose_kind(self, self._fill)

    async def _fill(self, kind: str) -> None:
        from tui_mail.tui.prefill import from_mail

        ctx = self.mail_app.ctx
        values = await ctx.db.read(from_mail, self._ids[0], kind)

        async def kept(done: RecordDone) -> None:
            ref = done.records[0]
            if ref.kind in ITEM_KINDS:
                await self._link(ref, self._also, after=done.journal_id)
            else:
                await self.reload(keep=False)

        await self.mail_app.open_screen("form", kind=kind, values=values, kept=kept)


async def choose_kind(over: SheetScreen, take: Callable[[str], Awaitable[None]]) -> None:
    """Ask for the kind of a new record."""
    kinds = ("deal", "lead", "project", "person")
    choices = [Choice(f"New {kind}", "filled in from the mail", "", kind) for kind in kinds]
    await over.app.push_screen(PickerScreen("Add", choices, take))
