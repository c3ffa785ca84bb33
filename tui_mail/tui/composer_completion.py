"""Suggestions while writing: people in the address fields, smart fields in subject and text."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.timer import Timer

from tui_mail.actions import smart_values
from tui_mail.model.addresses import written
from tui_mail.model.safe_text import safe_line
from tui_mail.model.smart_fields import NAMES, complete, open_field
from tui_mail.store import correspondents
from tui_mail.store.correspondents import Correspondent
from tui_mail.tui import background
from tui_mail.tui.composer import Composer
from tui_mail.tui.dialogs.picker import Choice, ChoiceList
from tui_mail.tui.recipients import is_whole, typed_part, with_choice
from tui_mail.tui.widgets.fields import Asked, LineField, Offered, RecipientField, TextField

_DELAY = 0.08
_MOST = 5


class Completing(Composer):
    """The list of suggestions under the fields."""

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
        field = self.focused
        if isinstance(field, RecipientField):
            start, end = typed_part(field.value, field.cursor_position)
            typed = field.value[start:end].strip()
            if typed and "<" not in typed:
                background.begin(self, partial(self._suggest_people, field, typed), "people")
                return
        elif isinstance(field, (LineField, TextField)):
            begun = open_field(field.before_cursor)
            if begun is not None:
                background.begin(self, partial(self._suggest_names, field, begun), "people")
                return
        self.close_suggestions()

    async def _suggest_people(self, field: RecipientField, typed: str) -> None:
        ctx = self.mail_app.ctx
        found: list[Correspondent] = await ctx.db.read(correspondents.complete, typed, _MOST)
        shown = [person for person in found if person.address.lower() != typed.lower()]
        choices = [
            Choice(safe_line(p.name, 60) or p.address, p.address, "", written(p.name, p.address))
            for p in shown
        ]
        self._offer(field, choices)

    async def _suggest_names(self, field: Offered, typed: str) -> None:
        self._custom = await smart_values.names(self.mail_app.ctx)
        found = complete(typed, self._custom)[:_MOST]
        choices = [Choice(name, NAMES.get(name, "further field"), "", name) for name in found]
        self._offer(field, choices)

    def _offer(self, field: Offered, choices: list[Choice]) -> None:
        if self.focused is not field:
            return
        panel = self.query_one(ChoiceList)
        if self._asking is not None:
            self._asking.offered = False
        self._asking = field
        field.offered = panel.display = bool(choices)
        panel.styles.height = max(1, len(choices))
        panel.offer(choices)

    def close_suggestions(self) -> bool:
        """Take the list away; whether there was one."""
        panel = self.query_one(ChoiceList)
        was_open = bool(panel.display)
        if self._complete_timer is not None:
            self._complete_timer.stop()
        self.workers.cancel_group(self, "people")
        if was_open:
            panel.display = False
        if self._asking is not None:
            self._asking.offered = False
            self._asking = None
        return was_open

    @on(Asked)
    def asked(self, event: Asked) -> None:
        """A key for the suggestions."""
        panel = self.query_one(ChoiceList)
        if event.what == "take":
            self._take(event.field)
        else:
            panel.mark(panel.marked + (1 if event.what == "down" else -1))

    def _take(self, field: Offered) -> None:
        panel = self.query_one(ChoiceList)
        if panel.choices:
            choice = str(panel.choices[panel.marked].value)
            if isinstance(field, RecipientField):
                value, cursor = with_choice(field.value, field.cursor_position, choice)
                field.load(value)
                field.cursor_position = cursor
            else:
                begun = open_field(field.before_cursor)
                found = complete(begun or "", self._custom)
                if begun is not None and found:
                    name = choice if choice in found else found[0]
                    field.replace_before_cursor(len(begun), f"{name}}}}}")
                    field.completed = True
        self.close_suggestions()

    def take_suggestion(self) -> bool:
        """What Tab does while suggestions are open; False when it means the next field."""
        field = self.focused
        if not isinstance(field, Offered) or not field.offered:
            return False
        if isinstance(field, RecipientField):
            start, end = typed_part(field.value, field.cursor_position)
            if is_whole(field.value[start:end]):
                return False
        self._take(field)
        return True
