"""Choosing one record of a kind by its name: for a field, a merge, an address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tui_mail.errors import TuiMailError
from tui_mail.model.records import Ref
from tui_mail.tui import text
from tui_mail.tui.choosing import ChoosingScreen, record_page
from tui_mail.tui.widgets.line_list import Line

Take = Callable[[Ref], Awaitable[None]]
_OFFERED = 60


def screen(*, kind: str, title: str, take: Take, but: Ref | None = None) -> ChooseScreen:
    """Every record of a kind but one."""
    return ChooseScreen(kind, title, take, but)


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
