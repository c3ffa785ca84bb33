"""Lists of contacts, organizations, deals, leads and projects, with search."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from tui_mail.actions import crm, recipients
from tui_mail.actions.recorded import RecordDone
from tui_mail.model.records import PLURALS, Ref
from tui_mail.store import records
from tui_mail.tui import text
from tui_mail.tui.choosing import explained, overdue_page, record_page
from tui_mail.tui.commands import RECORDS, Command
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.format import counted, number
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.shell import make_screen
from tui_mail.tui.widgets.line_list import Line

_PAGE = 200
_NAMED = 8
"""Records that a question names one by one."""
_ONLY = {"": "", "quiet": "gone quiet", "unplanned": "without a next activity"}
"""What the filter key leaves of the deals, one after the other, in words."""


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
        self._only = ""
        self._chosen: dict[Ref, None] = {}

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """As many records as were asked for, and how many there are."""
        db, now = self.mail_app.ctx.db, self.mail_app.ctx.now()
        title = PLURALS[self.kind].title()
        chosen = f"  {number(len(self._chosen))} selected" if self._chosen else ""
        if self._only:
            found = await db.read(overdue_page, self._only, now, typed, self._limit)
            more = len(found) == self._limit
            self.retitle(f"{title} {_ONLY[self._only]}  {number(len(found))}{'+' * more}{chosen}")
        else:
            total = await db.read(records.count, self.kind)
            found = await db.read(record_page, self.kind, typed, self._limit)
            more = len(found) == self._limit and (bool(typed) or total > self._limit)
            self.retitle(f"{title}  {number(total)}{chosen}")
        found = await db.read(explained, found, now)
        if self._chosen:
            found = [replace(one, key="x" if one.item in self._chosen else "") for one in found]
        if more:
            found.append(Line("… more: Enter"))
        return found

    def describe(self, line: Line | None) -> text.Part:
        """All of the marked line; what there is when there is nothing."""
        if line is not None:
            return line.note
        if self._only and not self.typed:
            return f"No open deals {_ONLY[self._only]}."
        return (
            "Nothing of that name." if self.typed else f"No {PLURALS[self.kind]} yet: n adds one."
        )

    def offers(self, command: Command) -> bool:
        """Only deals have a board and a filter."""
        return command.action not in ("records_board", "records_filter") or self.kind == "deal"

    async def command_records_filter(self) -> None:
        """The next of: all deals, those gone quiet, those with nothing planned."""
        if self.kind != "deal":
            self.say("Only deals can be filtered.")
            return
        every = list(_ONLY)
        self._only = every[(every.index(self._only) + 1) % len(every)]
        await self.reload(keep=False)

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

    async def command_records_select(self) -> None:
        """Select the marked record, or not any more, and step down."""
        line = self.list.line
        if line is None or line.item is None:
            return
        if line.item in self._chosen:
            del self._chosen[line.item]
        else:
            self._chosen[line.item] = None
        await self.reload()
        self.list.move_by(1)

    async def command_records_all(self) -> None:
        """Select all that are listed; once more: none of them."""
        listed = [line.item for line in self.list.lines if line.item is not None]
        if all(item in self._chosen for item in listed):
            self._chosen = {item: None for item in self._chosen if item not in listed}
        else:
            self._chosen |= dict.fromkeys(listed)
        await self.reload()

    async def command_records_compose(self) -> None:
        """Write to the marked record, or one mail each to the selected ones."""
        from tui_mail.actions.group_members import MOST

        ctx, line = self.mail_app.ctx, self.list.line
        if not self._chosen:
            if line is not None and line.item is not None:
                found, _ = await recipients.main_addresses(ctx, [line.item])
                await self.mail_app.open_screen("compose", kind="new", to=", ".join(found))
            return
        found, missing = await recipients.main_addresses(ctx, list(self._chosen))
        if len(found) > MOST or not found:
            self.say(f"{len(found)} with an address; a group mail goes to 1 to {MOST} people.")
            return
        self._chosen = {}
        await self.mail_app.open_screen("compose", kind="new", to=", ".join(found), group=True)
        if missing:
            self.mail_app.say(f"{counted(len(missing), 'record')} without an address left out.")

    async def command_records_delete(self) -> None:
        """Delete the selected records, or the marked one, after a word; undo brings them back."""
        line = self.list.line
        refs = list(self._chosen) or [line.item] if line is not None and line.item else []
        if refs:
            await self._confirm(
                f"Delete {self._counted(refs)}?",
                refs,
                "Their mail stays. Undo brings them back.",
                lambda: crm.delete(self.mail_app.ctx, refs),
            )

    async def command_records_merge(self) -> None:
        """Join the selected records into the one that was selected first, after a word."""
        refs = list(self._chosen)
        if len(refs) < 2:
            self.say("Select two or more first; the first one stays.")
            return
        await self._confirm(
            f"Make one of {self._counted(refs)}?",
            refs,
            "The first one stays, with all addresses, mail and links. Undo parts them again.",
            lambda: crm.merge(self.mail_app.ctx, refs[0], refs[1:]),
        )

    def _counted(self, refs: Sequence[Ref]) -> str:
        return counted(len(refs), self.kind, PLURALS[self.kind])

    async def _confirm(
        self,
        title: str,
        refs: Sequence[Ref],
        words: str,
        deed: Callable[[], Awaitable[RecordDone]],
    ) -> None:
        names = await self.mail_app.ctx.db.read(records.titles, refs[:_NAMED])
        shown = [names.get(ref, "") for ref in refs[:_NAMED]]
        if len(refs) > _NAMED:
            shown.append(f"and {number(len(refs) - _NAMED)} more")

        async def act() -> None:
            done = await deed()
            self._chosen = {}
            self.mail_app.look_soon()
            await self.reload()
            self.say(f"{done.summary} · z undoes")

        body = text.lines("\n".join([*shown, "", words]))
        await self.app.push_screen(ConfirmScreen(title, body, act))

    async def command_back(self) -> None:
        """Empty the field, select nothing, or leave."""
        if self._chosen and not self.typed and self.text_widget() is None:
            self._chosen = {}
            await self.reload()
            return
        await super().command_back()

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
