"""Suggestions under a text: smart fields where they are typed, and what a screen adds to them."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.timer import Timer

from tui_mail.actions import smart_values
from tui_mail.model.smart_fields import NAMES, complete, open_field
from tui_mail.tui import background
from tui_mail.tui.dialogs.picker import Choice, ChoiceList
from tui_mail.tui.shell import CommandScreen
from tui_mail.tui.widgets.fields import Asked, LineField, Offered, TextField
from tui_mail.tui.widgets.hints import Hints

_DELAY = 0.08
_MOST = 5


class Suggesting(CommandScreen):
    """A screen with fields and one `ChoiceList` for what fits."""

    def __init__(self) -> None:
        super().__init__()
        self._complete_timer: Timer | None = None
        self._custom: list[str] = []
        self._asking: Offered | None = None
        """The field the suggestions are for."""

    def complete_soon(self) -> None:
        """Something was typed where suggestions may help."""
        if self._complete_timer is not None:
            self._complete_timer.stop()
        self._complete_timer = self.set_timer(_DELAY, self._complete_now)

    def _complete_now(self) -> None:
        if not self.look_up():
            self.close_suggestions()

    def look_up(self) -> bool:
        """Begin to look for what fits the field that has the keys; False when nothing can."""
        field = self.focused
        if isinstance(field, (LineField, TextField)):
            begun = open_field(field.before_cursor)
            if begun is not None:
                background.begin(self, partial(self._suggest_names, field, begun), "suggestions")
                return True
        return False

    async def _suggest_names(self, field: Offered, typed: str) -> None:
        self._custom = await smart_values.names(self.mail_app.ctx)
        found = complete(typed, self._custom)[:_MOST]
        choices = [Choice(name, NAMES.get(name, "further field"), "", name) for name in found]
        self.offer_choices(field, choices)

    def offer_choices(self, field: Offered, choices: list[Choice]) -> None:
        """Show what fits, while its field still has the keys."""
        if self.focused is not field:
            return
        panel = self.query_one(ChoiceList)
        if self._asking is not None:
            self._asking.offered = False
        self._asking = field
        field.offered = panel.display = bool(choices)
        panel.styles.height = max(1, len(choices))
        panel.offer(choices)
        self.query_one(Hints).refresh()

    def close_suggestions(self) -> bool:
        """Take the list away; whether there was one."""
        panel = self.query_one(ChoiceList)
        was_open = bool(panel.display)
        if self._complete_timer is not None:
            self._complete_timer.stop()
        self.workers.cancel_group(self, "suggestions")
        if was_open:
            panel.display = False
        if self._asking is not None:
            self._asking.offered = False
            self._asking = None
        if was_open:
            self.query_one(Hints).refresh()
        return was_open

    @on(Asked)
    def asked(self, event: Asked) -> None:
        """A key for the suggestions."""
        panel = self.query_one(ChoiceList)
        if event.what == "take":
            self.take_choice(event.field)
        else:
            panel.mark(panel.marked + (1 if event.what == "down" else -1))

    def take_choice(self, field: Offered) -> None:
        """Put the marked suggestion into the field."""
        panel = self.query_one(ChoiceList)
        if panel.choices:
            self.put_choice(field, str(panel.choices[panel.marked].value))
        self.close_suggestions()

    def put_choice(self, field: Offered, choice: str) -> None:
        """Complete the smart field that was begun."""
        begun = open_field(field.before_cursor)
        found = complete(begun or "", self._custom)
        if begun is not None and found:
            name = choice if choice in found else found[0]
            field.replace_before_cursor(len(begun), f"{name}}}}}")
            field.completed = True

    def take_suggestion(self) -> bool:
        """What Tab does while suggestions are open; False when it means something else."""
        field = self.focused
        if not isinstance(field, Offered) or not self.would_take():
            return False
        self.take_choice(field)
        return True

    def would_take(self) -> bool:
        """Whether Tab takes a suggestion now."""
        return isinstance(self.focused, Offered) and self.focused.offered
