"""Choosing one line: by its digit, by name, or the marked one; and the records there are."""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from tui_mail.model.records import ITEM_KINDS, Ref
from tui_mail.store import activities, items, lanes, organizations, people
from tui_mail.tui.commands import LINK
from tui_mail.tui.record_lines import (
    item_line,
    organization_words,
    person_words,
    standing_words,
)
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line


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


def explained(conn: sqlite3.Connection, lines: Sequence[Line], now: int) -> list[Line]:
    """Records with all of their words as notes; items with their age and what comes next."""
    refs = [line.item for line in lines if line.item and line.item.kind in ITEM_KINDS]
    known = {item.ref: item for item in items.get_many(conn, refs)}
    planned = activities.next_of(conn, refs)
    found = []
    for line in lines:
        words = " · ".join(word for word in (line.text, line.detail) if word)
        item = known.get(line.item)
        if item is not None:
            words += f"\n{standing_words(item, planned.get(item.ref), now)}"
        found.append(replace(line, note=words))
    return found


def overdue_page(
    conn: sqlite3.Connection, only: str, now: int, typed: str, limit: int
) -> list[Line]:
    """Open deals that are `quiet` or `unplanned`, with mail or without; narrowed by name."""
    late = lanes.overdue(conn, now, silent=only == "quiet", unplanned=only == "unplanned")
    if typed.strip():
        named = {one.ref for one in items.search(conn, typed, "deal", 10_000)}
        late = [(ref, words) for ref, words in late if ref in named]
    words = dict(late[:limit])
    return [item_line(item, kind=False, more=words[item.ref])
            for item in items.get_many(conn, list(words))]  # fmt: skip


class ChoosingScreen(SheetScreen):
    """Takes one line, by its digit while nothing is typed, or the marked one."""

    CONTEXT = LINK
    FIELD = "type a name"
    TYPES_AHEAD = True

    @abstractmethod
    async def chosen(self, line: Line) -> None:
        """Do what the line is for; the screen is still there."""

    async def command_take_number(self, number: int) -> None:
        """Take a line by its digit."""
        if number <= len(self.list.lines):
            await self.chosen(self.list.lines[number - 1])
        else:
            self.say(f"There is no line {number}.")

    async def command_take_marked(self) -> None:
        """Take the marked line of what fits the text as it is now."""
        await self.catch_up()
        line = self.list.line
        if line is None:
            self.say("Nothing of that name.")
        else:
            await self.chosen(line)

    async def command_link_new(self) -> None:
        """Nothing is made from here unless a subclass says so."""
        self.say("Nothing can be added here.")

    async def command_link_also(self) -> None:
        """The same as taking, unless a subclass says otherwise."""
        await self.command_take_marked()
