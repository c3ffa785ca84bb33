"""Bringing records from a file: what each column is, what would come of it, then doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.actions import importing
from tui_mail.actions.importing import Report, Table
from tui_mail.errors import TuiMailError
from tui_mail.model import mapping
from tui_mail.model.records import PLURALS
from tui_mail.tui import background, text
from tui_mail.tui.commands import IMPORT, Command
from tui_mail.tui.dialogs.ask import ConfirmScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.format import counted, number
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

_SAMPLES = 3
_REJECTED = 200
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Column:
    """The line of a column."""

    place: int


def screen(*, kind: str, file: str, data: bytes, table: Table | None) -> ImportScreen:
    """What is in a file that was read; cards have no table."""
    return ImportScreen(kind, file, data, table)


class ImportScreen(SheetScreen):
    """Columns with samples and what they are; below, what the import would do."""

    CONTEXT = IMPORT
    NAME_WIDTH = 40

    def __init__(self, kind: str, name: str, data: bytes, table: Table | None) -> None:
        super().__init__(f"Import {PLURALS[kind]} from {name}")
        self._kind, self._name, self._data, self._table = kind, name, data, table
        self._columns = list(mapping.propose(kind, table.header)) if table else []
        self._trial: Report | None = None
        self._done: Report | None = None
        self._refusal = ""
        self._busy = False

    async def on_mount(self) -> None:
        """Show the columns, and try them behind the screen."""
        await super().on_mount()
        self._try_soon()

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """The columns, then what came or would come of them."""
        lines: list[Line] = []
        table = self._table
        if table is not None:
            cut = _DELIMITERS.get(table.delimiter, table.delimiter)
            about = f"{counted(len(table.rows), 'row')}, cut by {cut}, {table.encoding}"
            lines.append(Line("Columns", about, heading=True))
            for place, (name, target) in enumerate(zip(table.header, self._columns, strict=False)):
                shown = f"{text.fit(name or f'column {place + 1}', 18)} {_shown(target)}"
                lines.append(Line(shown, self._sample(place), "", Column(place)))
        lines += self._outcome()
        return lines

    def _sample(self, place: int) -> str:
        assert self._table is not None
        cells = [row[place] for row in self._table.rows[:30] if place < len(row) and row[place]]
        return " · ".join(list(dict.fromkeys(cells))[:_SAMPLES])

    def _outcome(self) -> list[Line]:
        report = self._done or self._trial
        if self._refusal:
            return [Line("It cannot be imported so", heading=True), Line(self._refusal)]
        if report is None:
            return [Line("Trying …", "nothing is changed", heading=True)]
        head = "What was done" if self._done else "What the import would do"
        counts = (
            f"{number(report.created)} new, {number(report.updated)} completed,"
            f" {number(report.unchanged)} as they were, {number(len(report.rejected))} rejected"
        )
        lines = [Line(head, heading=True), Line(counts)]
        if report.also_created:
            also = counted(report.also_created, "record")
            lines.append(Line(f"{also} of people and organizations they name are new too"))
        if report.rejected:
            lines.append(Line("Rejected", "they are left out; the others are taken", heading=True))
            lines += [
                Line(f"{one.line}: {one.reason}", one.text) for one in report.rejected[:_REJECTED]
            ]
            if len(report.rejected) > _REJECTED:
                lines.append(Line(f"… and {number(len(report.rejected) - _REJECTED)} more"))
        return lines

    def describe(self, line: Line | None) -> text.Part:
        """The whole line, and what the keys do."""
        if line is not None and isinstance(line.item, Column):
            return "Enter says what this column is. y imports; the same file twice is once."
        return f"{line.text}  {line.detail}" if line is not None else ""

    def offers(self, command: Command) -> bool:
        """Cards have no columns."""
        return command.id != "import.column" or self._table is not None

    def _try_soon(self) -> None:
        self._trial, self._done, self._refusal = None, None, ""
        background.begin(self, self._try, "trial")

    async def _try(self) -> None:
        try:
            self._trial = await self._import(dry_run=True)
        except TuiMailError as error:
            self._refusal = str(error)
        await self.reload()

    async def _import(self, *, dry_run: bool) -> Report:
        ctx = self.mail_app.ctx
        if self._table is None:
            return await importing.import_vcards(ctx, self._data, dry_run=dry_run)
        columns = tuple(self._columns)
        return await importing.import_table(ctx, self._kind, self._table, columns, dry_run=dry_run)

    async def command_import_column(self) -> None:
        """Choose what the marked column is."""
        column = self.list.line.item if self.list.line else None
        if self._table is None or not isinstance(column, Column):
            self.say("Mark a column first.")
            return
        header = self._table.header[column.place]
        name = " ".join(header.split())[:80] or f"Column {column.place + 1}"
        choices = [Choice(_shown(target), "", "", target) for target in mapping.targets(self._kind)]
        choices += [Choice("leave it out", "", "", ""),
                    Choice("a further field", name, "", f"custom:{name}")]  # fmt: skip

        async def take(target: str) -> None:
            self._columns[column.place] = target
            if target not in mapping.REPEATED and target:
                for other, now in enumerate(self._columns):
                    if other != column.place and now == target:
                        self._columns[other] = ""
            self._try_soon()
            await self.reload()

        await self.app.push_screen(PickerScreen(f"What is {name}?", choices, take))

    async def command_import_do(self) -> None:
        """Ask with the counts, then import."""
        trial = self._trial
        if self._busy or trial is None:
            self.say(self._refusal or "Wait until it was tried.")
            return
        words = (
            f"{number(trial.created)} new and {number(trial.updated)} completed {self._kind}"
            f" records; {counted(len(trial.rejected), 'row')} left out.\nUndo takes it all back."
        )

        async def go() -> None:
            self._busy = True
            self.say("Importing …")
            background.begin(self, self._do, "import")

        await self.app.push_screen(ConfirmScreen(f"Import {self._name}?", text.lines(words), go))

    async def _do(self) -> None:
        try:
            done = await self._import(dry_run=False)
        except TuiMailError as error:
            self.say(str(error), trouble=True)
            return
        finally:
            self._busy = False
        self._done = done
        self.mail_app.look_soon()
        await self.reload()
        undo = " · z undoes" if done.done.undoable else ""
        self.say(f"{done.done.summary}{undo}")

    async def command_undo(self) -> None:
        """Take it back, and try again what would come of it."""
        await super().command_undo()
        if not self._busy:
            self._try_soon()


def _shown(target: str) -> str:
    """A target in words."""
    if not target:
        return "–"
    if target.startswith("custom:"):
        return f"+ {target.removeprefix('custom:')}"
    return target.replace("_", " ")
