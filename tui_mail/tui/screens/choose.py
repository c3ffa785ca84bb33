"""Choosing one record of a kind by its name: for a field, a merge, an address."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence

from tui_mail.errors import TuiMailError
from tui_mail.model.records import Ref
from tui_mail.store import items, organizations, people
from tui_mail.tui import text
from tui_mail.tui.record_lines import item_line, organization_words, person_words
from tui_mail.tui.screens.link import ChoosingScreen
from tui_mail.tui.widgets.line_list import Line

Take = Callable[[Ref], Awaitable[None]]
_OFFERED = 60


def screen(*, kind: str, title: str, take: Take, but: Ref | None = None) -> ChooseScreen:
    """Every record of a kind but one."""
    return ChooseScreen(kind, title, take, but)


def record_page(
    conn: sqlite3.Connection, kind: str, typed: str, limit: int, start: int = 0
) -> list[Line]:
    """Records of a kind by name, or those whose names begin with what was typed."""
    typed = typed.strip()
    if kind == "person":
        persons = people.search(conn, typed, limit) if typed else people.page(conn, start, limit)
        return [Line(p.name, person_words(p), "", Ref(kind, p.id)) for p in persons]
    if kind == "organization":
        bodies = (
            organizations.search(conn, typed, limit)
            if typed
            else organizations.page(conn, start, limit)
        )
        return [Line(o.name, organization_words(o), "", Ref(kind, o.id)) for o in bodies]
    found = (
        items.search(conn, typed, kind, limit)
        if typed
        else items.page(conn, kind, start=start, size=limit)
    )
    return [item_line(item, kind=False) for item in found]


class ChooseScreen(ChoosingScreen):
    """A name narrows; Enter or a digit takes."""

    def __init__(self, kind: str, title: str, take: Take, but: Ref | None) -> None:
        super().__init__(title)
        self._kind, self._take, self._but = kind, take, but

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Records of the kind."""
        db = self.mail_app.ctx.db
        found = await db.read(record_page, self._kind, typed, _OFFERED)
        shown = [line for line in found if line.item != self._but]
        return [
            Line(line.text, line.detail, str(n) if n < 10 else "", line.item)
            for n, line in enumerate(shown, 1)
        ]

    def describe(self, line: Line | None) -> text.Part:
        """What there is when there is nothing."""
        return "" if line else f"There is no {self._kind} of that name."

    async def chosen(self, line: Line) -> None:
        """Take it and go back."""
        await self.app.pop_screen()
        try:
            await self._take(line.item)
        except TuiMailError as error:
            self.mail_app.note_failure(error)
