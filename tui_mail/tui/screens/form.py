"""The fields of a new record; what they mean is checked when it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from tui_mail.actions import crm
from tui_mail.actions.recorded import RecordDone
from tui_mail.errors import TuiMailError
from tui_mail.model.records import FIELDS, Field, checked
from tui_mail.tui import text
from tui_mail.tui.commands import FORM
from tui_mail.tui.prefill import Known, mail_address, named_record
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.fields import LineField
from tui_mail.tui.widgets.hints import Hints

Kept = Callable[[RecordDone], Awaitable[None]]
"""Told what was added; undo of what follows can take it back too."""
_KEYS = {
    "person": ("name", "addresses", "phones", "job_title", "organization_id"),
    "organization": ("name", "domains", "address"),
    "deal": ("title", "value", "currency", "person_id", "organization_id", "expected_close"),
    "lead": ("title", "value", "currency", "person_id", "organization_id", "source"),
    "project": ("title", "person_id", "organization_id", "description", "end_date"),
}


def screen(*, kind: str, values: Mapping[str, str | Known], kept: Kept) -> FormScreen:
    """The form of a new record."""
    return FormScreen(kind, values, kept)


class FormScreen(CommandScreen):
    """A field each; Enter goes on, Ctrl-s keeps."""

    CONTEXT = FORM
    CSS_PATH: ClassVar[Any] = [stylesheet("sheet.tcss")]

    def __init__(self, kind: str, values: Mapping[str, str | Known], kept: Kept) -> None:
        super().__init__()
        self._kind, self._values, self._kept = kind, values, kept
        known = {field.key: field for field in FIELDS[kind]}
        self._fields: list[Field] = [known[key] for key in _KEYS[kind]]

    def compose(self) -> ComposeResult:
        """Labels and fields."""
        yield Static(text.plain(f"New {self._kind}"), id="form-title")
        for field in self._fields:
            given = self._values.get(field.key, "EUR" if field.key == "currency" else "")
            with Horizontal(classes="form-row"):
                yield Static(text.plain(field.title), classes="form-label")
                value = given.text if isinstance(given, Known) else given
                yield LineField(value, id=f"field-{field.key}")
        yield Static(id="form-note")
        yield Hints()

    def on_mount(self) -> None:
        """The first field has the keys."""
        self.query_one(Hints).offer(FORM, self.mail_app.keymap_in_use)
        self.set_focus(self.query(LineField).first())

    async def command_form_by(self, step: int) -> None:
        """Another field; Enter in the last one keeps."""
        fields = list(self.query(LineField))
        here = next((n for n, field in enumerate(fields) if field.has_focus), 0)
        if here + step >= len(fields):
            await self.command_form_keep()
        else:
            self.set_focus(fields[max(0, here + step)])

    async def command_form_keep(self) -> None:
        """Add the record, or say which field is wrong."""
        try:
            done = await self._keep()
        except TuiMailError as error:
            self.query_one("#form-note", Static).update(text.lines(str(error)))
            return
        await self.app.pop_screen()
        self.mail_app.look_soon()
        await self._kept(done)

    async def _keep(self) -> RecordDone:
        ctx = self.mail_app.ctx
        values: dict[str, Any] = {}
        newcomer: tuple[str, str] | None = None
        for field in self._fields:
            typed = self.query_one(f"#field-{field.key}", LineField).value.strip()
            given = self._values.get(field.key)
            if field.kind == "record":
                if isinstance(given, Known) and typed == LineField(given.text).value.strip():
                    values[field.key] = given.ref.id
                    continue
                address = mail_address(typed) if field.target == "person" else ""
                if address and not await ctx.db.read(_holders, address):
                    newcomer = (typed.rpartition("<")[0].strip(' "') or address, address)
                    continue
                found = await ctx.db.read(named_record, field.target, typed)
                if found is not None:
                    values[field.key] = found
            elif typed or field.required:
                values[field.key] = typed
        if newcomer is not None:
            checked(self._kind, values, new=True)
            person = {"name": newcomer[0], "addresses": newcomer[1],
                      "organization_id": values.get("organization_id")}  # fmt: skip
            made = await crm.create(ctx, "person", person)
            values["person_id"] = made.records[0].id
            return await crm.create(ctx, self._kind, values, after=made.journal_id)
        return await crm.create(ctx, self._kind, values)


def _holders(conn: Any, address: str) -> bool:
    from tui_mail.store import people

    return bool(people.with_address(conn, address))
