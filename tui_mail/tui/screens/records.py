"""Lists of contacts, organizations, deals, leads and projects, with search."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions.recorded import RecordDone
from tui_mail.model.records import PLURALS
from tui_mail.store import records
from tui_mail.tui import text
from tui_mail.tui.choosing import record_page
from tui_mail.tui.commands import RECORDS, Command
from tui_mail.tui.format import number
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.shell import make_screen
from tui_mail.tui.widgets.line_list import Line

_PAGE = 200


def screen(*, kind: str) -> RecordsScreen:
    """All records of a kind."""
    return RecordsScreen(kind)


class RecordsScreen(SheetScreen):
    """By name, a page at a time; the last line leads on."""

    CONTEXT = RECORDS
    FIELD = "search by name"

    def __init__(self, kind: str) -> None:
        super().__init__(PLURALS[kind].title())
        self.kind = kind
        self._limit = _PAGE

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """As many records as were asked for, and how many there are."""
        db = self.mail_app.ctx.db
        total = await db.read(records.count, self.kind)
        found = await db.read(record_page, self.kind, typed, self._limit)
        self.retitle(f"{PLURALS[self.kind].title()}  {number(total)}")
        if len(found) == self._limit and (typed or total > self._limit):
            found.append(Line("… more: Enter"))
        return found

    def describe(self, line: Line | None) -> text.Part:
        """What there is when there is nothing."""
        if line is not None:
            return ""
        return (
            "Nothing of that name." if self.typed else f"No {PLURALS[self.kind]} yet: n adds one."
        )

    def offers(self, command: Command) -> bool:
        """Only deals have a board."""
        return command.action != "records_board" or self.kind == "deal"

    async def command_records_open(self) -> None:
        """Show the record, or more of them."""
        await self.catch_up()
        line = self.list.line
        if line is None:
            return
        if line.item is None:
            self._limit += _PAGE
            await self.reload()
        else:
            await self.mail_app.open_screen("record", ref=line.item)

    async def command_records_new(self) -> None:
        """Add a record."""

        async def kept(done: RecordDone) -> None:
            await self.reload()
            await self.mail_app.open_screen("record", ref=done.records[0])

        await self.mail_app.open_screen("form", kind=self.kind, values={}, kept=kept)

    async def command_import(self) -> None:
        """Bring records of this kind from a file."""
        from tui_mail.tui.importing import import_file

        await import_file(self, self.kind)

    async def command_records_board(self) -> None:
        """The deals by stage."""
        if self.kind != "deal":
            self.say("Only deals have a board.")
            return
        await self.app.switch_screen(make_screen("board"))

    async def command_go_records(self, kind: str) -> None:
        """Another list in place of this one."""
        await self.app.switch_screen(make_screen("records", kind=kind))
