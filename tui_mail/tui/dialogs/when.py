"""Choosing a time: one that is offered, or one that is typed, with what it means at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.widgets import Input, Static

from tui_mail.actions import times
from tui_mail.actions.context import Context
from tui_mail.errors import ActionError
from tui_mail.tui import text
from tui_mail.tui.dialogs.picker import Choice, PickerScreen

_NOTE = "Or type: tomorrow 9, mon 14:30, in 2 hours, 25 dec 8:00, 2026-12-01 09:00"


class WhenScreen(PickerScreen):
    """Takes a moment in UTC seconds; what is past or unclear cannot be taken.

    `end` is a last choice that takes a set time away.
    """

    def __init__(
        self,
        title: str,
        ctx: Context,
        take: Callable[[Any], Awaitable[None]],
        *,
        end: Choice | None = None,
    ) -> None:
        offered = [
            Choice(name, times.words(ctx, moment), "", moment.at)
            for name, moment in times.offers(ctx)
        ]
        super().__init__(title, [*offered, *([end] if end else [])], take, note=_NOTE)
        self._ctx = ctx

    def _fitting(self, typed: str) -> Sequence[Choice]:
        if not typed.strip():
            self._say(_NOTE)
            return self._choices
        try:
            moment = times.parse(self._ctx, typed)
        except ActionError as error:
            self._say(str(error))
            word = typed.strip().lower()
            return [choice for choice in self._choices if choice.name.lower().startswith(word)]
        self._say(_NOTE)
        return [Choice(typed.strip()[:28], times.words(self._ctx, moment), "", moment.at)]

    def _say(self, note: str) -> None:
        self.query_one("#picker-note", Static).update(text.plain(note))

    async def command_picker_take(self) -> None:
        """Take the marked time; without one stay, and say why."""
        if self._fitting(self.query_one(Input).value):
            await super().command_picker_take()
