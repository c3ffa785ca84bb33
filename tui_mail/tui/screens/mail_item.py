"""Choosing the deal, lead or project a mail being written belongs to."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence

from tui_mail.actions.regarding import NONE, recipients
from tui_mail.model.records import ITEM_KINDS, Item, Ref
from tui_mail.store import items, people
from tui_mail.store.drafts import Draft
from tui_mail.tui import text
from tui_mail.tui.choosing import ChoosingScreen
from tui_mail.tui.record_lines import item_line
from tui_mail.tui.widgets.line_list import Line

_MOST = 40
_FEW = 9


def screen(*, draft: Draft, take: Callable[[Ref | str], Awaitable[None]]) -> MailItemScreen:
    """Items of the people written to first."""
    return MailItemScreen(draft, take)


def _offered(conn: sqlite3.Connection, keys: Sequence[str], typed: str) -> list[Item]:
    if typed.strip():
        return [one for kind in ITEM_KINDS for one in items.search(conn, typed, kind, _FEW)]
    known = {one.id for key in keys for one in people.with_address(conn, key)}
    found = items.of_persons(conn, sorted(known), only_open=True, limit=_MOST)
    if len(found) < _FEW:
        refs = {one.ref for one in found}
        more = [one for kind in ITEM_KINDS for one in items.page(conn, kind, status="open",
                                                                 size=_FEW)]  # fmt: skip
        found += [one for one in more if one.ref not in refs]
    return found


class MailItemScreen(ChoosingScreen):
    """Takes an item, nothing, or what the rules say."""

    def __init__(self, draft: Draft, take: Callable[[Ref | str], Awaitable[None]]) -> None:
        super().__init__("This mail belongs to")
        self._draft, self._take = draft, take

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Items; without a text also the two other answers."""
        keys = [one.key for one in recipients(self._draft.content)]
        found = await self.mail_app.ctx.db.read(_offered, keys, typed)
        lines = [item_line(one, key=str(n) if n < 10 else "") for n, one in enumerate(found, 1)]
        if typed.strip():
            return lines
        by_rule = Line("By the rules", "what it is with is linked, as for received mail", "", "")
        return [*lines, by_rule, Line("Nothing", "it stays unlinked", "", NONE)]

    def describe(self, line: Line | None) -> text.Part:
        """What taking it means."""
        return "It is linked when it is sent."

    async def chosen(self, line: Line) -> None:
        """Take it and go back."""
        await self.app.pop_screen()
        await self._take(line.item)
