"""The pipeline: open deals by stage, with totals; keys move a deal on."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui_mail.actions import crm, undoing
from tui_mail.actions.recorded import RecordDone
from tui_mail.model.money import shown_amount
from tui_mail.model.records import Activity, Item, Ref
from tui_mail.store import activities, deals, items
from tui_mail.store.deals import Stage, Total
from tui_mail.tui import text
from tui_mail.tui.commands import BOARD
from tui_mail.tui.format import counted, number
from tui_mail.tui.record_lines import item_words, standing_words
from tui_mail.tui.shell import CommandScreen, WhichKey, make_screen, stylesheet
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

_COLUMN = 20
_MOST = 100


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages, what stands in each, and the first deals of each."""

    stages: tuple[Stage, ...]
    totals: dict[int, tuple[Total, ...]]
    deals: dict[int, tuple[Item, ...]]
    planned: dict[Ref, Activity]
    """What comes next for them, where something does."""


def screen() -> BoardScreen:
    """The board."""
    return BoardScreen()


def pipeline(conn: sqlite3.Connection) -> Pipeline:
    """Read the board: at most a hundred deals a stage, longest there first."""
    stages = deals.stages(conn)
    totals: dict[int, tuple[Total, ...]] = {}
    for one in deals.totals(conn):
        totals[one.stage_id] = (*totals.get(one.stage_id, ()), one)
    found = {
        stage.id: tuple(items.page(conn, "deal", status="open", stage_id=stage.id, size=_MOST))
        for stage in stages
    }
    refs = [item.ref for column in found.values() for item in column]
    return Pipeline(tuple(stages), totals, found, activities.next_of(conn, refs))


class Board(Widget, can_focus=True):
    """Columns side by side, the marked deal reversed; columns scroll with the mark."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Pipeline((), {}, {}, {})
        self.column = 0
        self.place = 0

    @property
    def stage(self) -> Stage | None:
        """The marked stage."""
        return self.board.stages[self.column] if self.board.stages else None

    def column_deals(self, column: int) -> Sequence[Item]:
        """The deals of a column."""
        return self.board.deals.get(self.board.stages[column].id, ())

    @property
    def item(self) -> Item | None:
        """The marked deal."""
        found = self.column_deals(self.column) if self.board.stages else ()
        return found[self.place] if self.place < len(found) else None

    def totals_words(self) -> str:
        """The marked stage with all of its totals, by currency."""
        if self.stage is None:
            return "There is no stage."
        totals = self.board.totals.get(self.stage.id, ())
        if not totals:
            return f"{self.stage.name}: no open deal"
        count = counted(sum(total.deals for total in totals), "deal")
        sums = (shown_amount(total.value, total.currency) for total in totals)
        return f"{self.stage.name}: {' · '.join([count, *sums])}"

    def show(self, board: Pipeline, ref: Ref | None) -> None:
        """Show the board; the mark follows a deal."""
        self.board = board
        self.column = max(0, min(self.column, len(board.stages) - 1))
        for column, stage in enumerate(board.stages):
            for place, item in enumerate(board.deals.get(stage.id, ())):
                if item.ref == ref:
                    self.column, self.place = column, place
        self.move(0, 0)

    def move(self, columns: int, lines: int) -> None:
        """Move the mark."""
        if self.board.stages:
            self.column = max(0, min(self.column + columns, len(self.board.stages) - 1))
            last = len(self.column_deals(self.column)) - 1
            self.place = max(0, min(self.place + lines, last))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Name, count and total of each stage, then two lines a deal."""
        width, style = self.size.width, self.rich_style
        if not self.board.stages:
            return text.strip(width, ("", style))
        shown = max(1, min(len(self.board.stages), width // _COLUMN))
        first = max(0, min(self.column - shown // 2, len(self.board.stages) - shown))
        cell = width // shown
        pieces: list[tuple[str, Style]] = []
        for column in range(first, first + shown):
            value, more = self._cell(column, y)
            room = cell - 1 if column < first + shown - 1 else cell
            pieces.append((text.fit(value, room), style + more))
            if column < first + shown - 1:
                pieces.append(("│", style + Style(dim=True)))
        return text.strip(width, *pieces)

    def _cell(self, column: int, y: int) -> tuple[str, Style]:
        stage, found = self.board.stages[column], self.column_deals(column)
        totals = self.board.totals.get(stage.id, ())
        if y == 0:
            mark = "▸" if column == self.column else " "
            return f"{mark}{stage.name}", Style(bold=True, underline=True)
        if y == 1:
            count = sum(total.deals for total in totals)
            return " " + " · ".join(
                [number(count), *(shown_amount(t.value, t.currency) for t in totals)]
            ), Style(bold=True)
        height = max(1, (self.size.height - 2) // 2)
        top = max(0, self.place - height + 1) if column == self.column else 0
        index, second = divmod(y - 2, 2)
        index += top
        if index >= len(found):
            return "", Style()
        item = found[index]
        marked = column == self.column and index == self.place
        if second:
            value = shown_amount(item.value, item.currency) if item.value else ""
            words = " · ".join(word for word in (value, item.organization or item.person) if word)
            return f"  {words}", Style(reverse=marked, dim=not marked)
        return (">" if marked else " ") + item.title, Style(reverse=marked)


class BoardScreen(CommandScreen):
    """Open deals by stage."""

    CONTEXT = BOARD
    AUTO_FOCUS = "Board"
    CSS_PATH: ClassVar[Any] = [stylesheet("sheet.tcss")]

    def compose(self) -> ComposeResult:
        """Title, columns, the marked deal."""
        yield Static(text.plain("Pipeline"), id="sheet-title")
        yield Board()
        yield Static(id="sheet-note")
        yield WhichKey()
        yield StatusLine()
        yield Hints()

    @property
    def board(self) -> Board:
        """The columns."""
        return self.query_one(Board)

    async def on_mount(self) -> None:
        """The board comes with the first frame."""
        self.query_one(Hints).offer(BOARD, self.mail_app.keymap_in_use)
        self.set_focus(self.board)
        await self.reload()

    async def on_screen_resume(self) -> None:
        """Something may have changed meanwhile."""
        await self.reload()

    async def reload(self) -> None:
        """Read the board again; the mark follows its deal."""
        item = self.board.item
        found = await self.mail_app.ctx.db.read(pipeline)
        self.board.show(found, item.ref if item else None)
        self._explain()

    def _explain(self) -> None:
        item, now = self.board.item, self.mail_app.ctx.now()
        words = self.board.totals_words()
        if item is not None:
            planned = self.board.board.planned.get(item.ref)
            words += f"\n{item.title} · {item_words(item, kind=False)}"
            words += f"\n{standing_words(item, planned, now)}"
        self.query_one("#sheet-note", Static).update(text.lines(words))

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    async def command_board_stage(self, step: int) -> None:
        """Another column."""
        self.board.move(step, 0)
        self._explain()

    async def command_board_by(self, step: int) -> None:
        """Another deal."""
        self.board.move(0, step)
        self._explain()

    async def command_board_move(self, step: int) -> None:
        """Move the deal to a neighbouring stage."""
        board, item = self.board, self.board.item
        place = board.column + step
        if item is None or not 0 <= place < len(board.board.stages):
            self.say("There is no stage beyond." if item else "No deal is marked.")
            return
        done = await crm.set_stage(self.mail_app.ctx, item.ref, board.board.stages[place].id)
        self.mail_app.look_soon()
        await self.reload()
        self.say(f"{done.summary} · z undoes")

    async def command_undo(self) -> None:
        """Take the newest deed back."""

        done = await undoing.undo(self.mail_app.ctx)
        self.mail_app.look_soon()
        await self.reload()
        self.say("Nothing to undo." if done is None else done.summary)

    async def command_records_open(self) -> None:
        """Show the deal."""
        if self.board.item is not None:
            await self.mail_app.open_screen("record", ref=self.board.item.ref)

    async def command_records_new(self) -> None:
        """Add a deal."""

        async def kept(done: RecordDone) -> None:
            self.say("The deal is added · z undoes")
            await self.reload()

        await self.mail_app.open_screen("form", kind="deal", values={}, kept=kept)

    async def command_import(self) -> None:
        """Bring deals from a file."""
        from tui_mail.tui.importing import import_file

        await import_file(self, "deal")

    async def command_records_board(self) -> None:
        """The deals as a list."""
        await self.app.switch_screen(make_screen("records", kind="deal"))

    async def command_go_records(self, kind: str) -> None:
        """A list in place of the board."""
        await self.app.switch_screen(make_screen("records", kind=kind))
