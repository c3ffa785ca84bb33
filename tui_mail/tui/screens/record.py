"""One person, organization, deal, lead or project: fields, activities, notes, mail, files."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from tui_mail.actions import crm, labelling, recipients
from tui_mail.errors import ActionError, TuiMailError
from tui_mail.model.records import ITEM_KINDS, Field, Ref
from tui_mail.store import activities, records, sight
from tui_mail.tui import relating, text
from tui_mail.tui.changing import choose_stage, plan_activity
from tui_mail.tui.commands import RECORD, Command
from tui_mail.tui.dialogs.ask import AskScreen, ConfirmScreen
from tui_mail.tui.dialogs.paragraph import ParagraphScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.record_facts import (
    Entry,
    FieldLine,
    FileLine,
    Member,
    field_text,
    fields_of,
    record_lines,
    title_of,
)
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

_STATUSES = {
    "deal": ("open", "won", "lost"),
    "lead": ("open", "archived"),
    "project": ("open", "completed", "canceled"),
}
_STANDING = ("stage", "phase", "user")
"""What a record always has one of."""


def screen(*, ref: Ref) -> RecordScreen:
    """The screen of a record."""
    return RecordScreen(ref)


def _typed(conn: sqlite3.Connection, ref: Ref, field: Field) -> str:
    return field_text(conn, ref, field, records.row(conn, ref))


class RecordScreen(SheetScreen):
    """Enter changes or opens the marked line; every change is on the undo key."""

    CONTEXT = RECORD
    NAME_WIDTH = 44

    def __init__(self, ref: Ref) -> None:
        super().__init__(ref.kind.title())
        self.ref = ref

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Every section."""
        db = self.mail_app.ctx.db
        self.retitle(await db.read(title_of, self.ref))
        return await db.read(record_lines, self.ref, self.mail_app.ctx.now())

    def describe(self, line: Line | None) -> text.Part:
        """Long texts in full."""
        return line.text if line else ""

    def offers(self, command: Command) -> bool:
        """Only items have stages and a status."""
        if command.id == "record.stage":
            return self.ref.kind in ("deal", "project")
        return command.id != "record.status" or self.ref.kind in ITEM_KINDS

    async def _did(self, done: Any) -> None:
        self.mail_app.look_soon()
        if self.is_attached:
            await self.reload()
        self.say(f"{done.summary} · z undoes" if done.undoable else done.summary)

    async def _ask(self, title: str, words: str, take: Any, value: str = "") -> None:
        await self.app.push_screen(AskScreen(title, text.plain(words), take, value=value))

    async def command_record_change(self) -> None:
        """Change the field, note or activity, or open what the line stands for."""
        item = self.list.line.item if self.list.line else None
        match item:
            case FieldLine("labels"):
                await relating.change_labels(self, self.ref, self._did)
            case FieldLine("followers"):
                await relating.change_followers(self, self.ref, self._did)
            case FieldLine("define"):
                await relating.define_field(self, self.ref.kind, self._did)
            case FieldLine(("people" | "deals") as field):
                await relating.add_member(self, self.ref, field, self._did)
            case FieldLine(key) if key.startswith("custom:"):
                name = key.removeprefix("custom:")
                await relating.change_custom(self, self.ref, name, self._did)
            case FieldLine(key):
                await self._change(next(f for f in fields_of(self.ref) if f.key == key))
            case Ref():
                await self.mail_app.open_screen("record", ref=item)
            case Member(_, member):
                await self.mail_app.open_screen("record", ref=member)
            case FileLine(message_id, file):
                await self.mail_app.open_screen("attachments", message_id=message_id, files=(file,))
            case Entry("mail", conversation_id):
                await self.mail_app.open_screen("message", conversation_id=conversation_id)
            case Entry("note", note_id):
                await self._change_note(note_id)
            case Entry("activity", _):
                await self.command_record_done()
            case _:
                self.say("There is nothing to change here.")

    async def command_record_empty(self) -> None:
        """Empty the marked field, or take the marked person or deal out."""
        match self.list.line.item if self.list.line else None:
            case Member(side, member):
                await relating.drop_member(self, self.ref, side, member, self._did)
            case FieldLine("labels"):
                await self._did(await labelling.set_labels(self.mail_app.ctx, self.ref, ()))
            case FieldLine(key) if key.startswith("custom:"):
                name = key.removeprefix("custom:")
                await relating.set_custom(self, self.ref, name, "", self._did)
            case FieldLine(key) if key in {f.key for f in fields_of(self.ref)}:
                field = next(f for f in fields_of(self.ref) if f.key == key)
                if field.target in _STANDING or field.kind in ("choice", "currency", "sight"):
                    self.say(f"{field.title} always stands; Enter changes it.")
                    return
                value = None if field.kind == "record" else 0 if field.kind == "money" else ""
                await self._did(await crm.edit(self.mail_app.ctx, self.ref, {key: value}))
            case _:
                self.say("Mark a field, a person or a deal first.")

    async def _change(self, field: Field) -> None:
        ctx = self.mail_app.ctx
        if field.target in ("stage", "phase"):
            await self.command_record_stage()
            return
        if field.key == "status":
            await self.command_record_status()
            return
        if field.target == "user" or field.kind == "sight":
            await relating.change_sight(self, self.ref, field, self._did)
            return
        if field.kind == "record":
            await self._choose(field)
            return

        async def take(typed: str) -> None:
            await self._did(await crm.edit(ctx, self.ref, {field.key: typed.strip()}))

        await self._ask(field.title, "Enter keeps it.", take,
                        await ctx.db.read(_typed, self.ref, field))  # fmt: skip

    async def _choose(self, field: Field) -> None:
        async def take(ref: Ref) -> None:
            await self._did(await crm.edit(self.mail_app.ctx, self.ref, {field.key: ref.id}))

        await self.mail_app.open_screen(
            "choose", kind=field.target, title=field.title, take=take, but=self.ref
        )

    async def _change_note(self, note_id: int) -> None:
        ctx = self.mail_app.ctx
        notes = await ctx.db.read(activities.notes, self.ref, 100)
        old = next((note.text for note in notes if note.id == note_id), "")

        async def take(typed: str) -> None:
            await self._did(await crm.edit_note(ctx, note_id, typed))

        await self.app.push_screen(
            ParagraphScreen("Note; an empty text removes it", take, value=old)
        )

    async def command_record_compose(self) -> None:
        """Write to its first contact, or its organization's; linked to it when it is an item."""
        found, _ = await recipients.main_addresses(self.mail_app.ctx, [self.ref])
        to = ", ".join(found)
        item = self.ref if self.ref.kind in ITEM_KINDS else None
        await self.mail_app.open_screen("compose", kind="new", item=item, to=to)

    async def command_record_stage(self) -> None:
        """Choose a stage or phase."""
        await choose_stage(self, self.ref, self._did)

    async def command_record_status(self) -> None:
        """Choose a status; a lead can become a deal."""
        if self.ref.kind not in ITEM_KINDS:
            self.say("Only deals, leads and projects have a status.")
            return
        choices = [Choice(name, "", "", name) for name in _STATUSES[self.ref.kind]]
        if self.ref.kind == "lead":
            choices.append(Choice("make it a deal", "its mail goes with it", "", "deal"))

        async def take(status: str) -> None:
            ctx = self.mail_app.ctx
            if status == "deal":
                done = await crm.convert_lead(ctx, self.ref, {})
                self.ref = done.records[0]
                await self._did(done)
            elif status == "lost":
                await self._ask("Lost", "Why? May stay empty.", lose)
            else:
                await self._did(await crm.set_status(ctx, self.ref, status))

        async def lose(reason: str) -> None:
            await self._did(
                await crm.set_status(self.mail_app.ctx, self.ref, "lost", reason=reason)
            )

        await self.app.push_screen(PickerScreen("Status", choices, take))

    async def command_record_activity(self) -> None:
        """Plan something to do with it."""
        await plan_activity(self, self.ref, self._did)

    async def command_record_note(self) -> None:
        """Keep a note."""

        async def take(typed: str) -> None:
            await self._did(await crm.add_note(self.mail_app.ctx, self.ref, typed))

        await self.app.push_screen(ParagraphScreen("Note", take))

    async def command_record_done(self) -> None:
        """Mark the activity done, or open again."""
        match self.list.line.item if self.list.line else None:
            case Entry("activity", activity_id):
                ctx = self.mail_app.ctx
                old = await ctx.db.read(activities.need, activity_id)
                change = {"done": old.done_at is None}
                await self._did(await crm.edit_activity(ctx, activity_id, change))
            case _:
                self.say("Mark an activity first.")

    async def command_record_follow(self) -> None:
        """Follow it, or no longer."""
        await relating.follow(self, self.ref, sight.SELF, self._did)

    async def command_record_merge(self) -> None:
        """Choose a record that goes into this one."""
        kind = self.ref.kind

        async def take(other: Ref) -> None:
            names = await self.mail_app.ctx.db.read(records.titles, [self.ref, other])

            async def merge() -> None:
                await self._did(await crm.merge(self.mail_app.ctx, self.ref, [other]))

            words = f"{names.get(other, '')}\ngoes into\n{names.get(self.ref, '')}"
            await self.app.push_screen(ConfirmScreen(f"Merge this {kind}?", text.lines(words),
                                                     merge))  # fmt: skip

        await self.mail_app.open_screen(
            "choose", kind=kind, title=f"Merge into this {kind}", take=take, but=self.ref
        )

    async def command_record_delete(self) -> None:
        """Remove the marked note or activity, else the record; undo brings it back."""
        ctx = self.mail_app.ctx
        match self.list.line.item if self.list.line else None:
            case Entry("note", note_id):
                await self._did(await crm.edit_note(ctx, note_id, ""))
                return
            case Entry("activity", activity_id):
                await self._did(await crm.delete_activity(ctx, activity_id))
                return

        async def delete() -> None:
            try:
                done = await crm.delete(ctx, [self.ref])
            except TuiMailError as error:
                self.say(str(error), trouble=True)
                return
            self._shown = None
            if self.app.screen is self:
                await self.app.pop_screen()
            self.mail_app.look_soon()
            self.mail_app.say(f"{done.summary} · z undoes")

        title = await ctx.db.read(title_of, self.ref)
        body = text.lines(f"{title}\nIts mail stays. Undo brings it back.")
        await self.app.push_screen(ConfirmScreen("Delete?", body, delete))

    async def reload(self, *, keep: bool = True) -> None:
        """Show it again; a record that is gone meanwhile closes its screen."""
        try:
            await self.mail_app.ctx.db.read(title_of, self.ref)
        except ActionError:
            self._shown = None
            if self.app.screen is self:
                await self.app.pop_screen()
            self.mail_app.say(f"This {self.ref.kind} is gone.")
            return
        await super().reload(keep=keep)
