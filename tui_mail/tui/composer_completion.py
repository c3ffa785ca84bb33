"""Suggestions while writing a mail: people in the address fields, besides smart fields."""

from __future__ import annotations

from functools import partial

from tui_mail.model.addresses import written
from tui_mail.model.safe_text import safe_line
from tui_mail.store import correspondents
from tui_mail.store.correspondents import Correspondent
from tui_mail.tui import background
from tui_mail.tui.composer import Composer
from tui_mail.tui.dialogs.picker import Choice
from tui_mail.tui.recipients import is_whole, typed_part, with_choice
from tui_mail.tui.suggesting import Suggesting
from tui_mail.tui.widgets.fields import Offered, RecipientField

_MOST = 5


class Completing(Suggesting, Composer):
    """The list of suggestions under the fields."""

    def look_up(self) -> bool:
        """People where addresses are typed."""
        field = self.focused
        if not isinstance(field, RecipientField):
            return super().look_up()
        start, end = typed_part(field.value, field.cursor_position)
        typed = field.value[start:end].strip()
        if not typed or "<" in typed:
            return False
        background.begin(self, partial(self._suggest_people, field, typed), "suggestions")
        return True

    async def _suggest_people(self, field: RecipientField, typed: str) -> None:
        ctx = self.mail_app.ctx
        found: list[Correspondent] = await ctx.db.read(correspondents.complete, typed, _MOST)
        shown = [person for person in found if person.address.lower() != typed.lower()]
        choices = [
            Choice(safe_line(p.name, 60) or p.address, p.address, "", written(p.name, p.address))
            for p in shown
        ]
        self.offer_choices(field, choices)

    def put_choice(self, field: Offered, choice: str) -> None:
        """The whole address, ready for the next one."""
        if not isinstance(field, RecipientField):
            super().put_choice(field, choice)
            return
        value, cursor = with_choice(field.value, field.cursor_position, choice)
        field.load(value)
        field.cursor_position = cursor

    def would_take(self) -> bool:
        """An address that is whole already is left as it is."""
        field = self.focused
        if isinstance(field, RecipientField):
            start, end = typed_part(field.value, field.cursor_position)
            if is_whole(field.value[start:end]):
                return False
        return super().would_take()
