"""All labels: what has them, their names and colours."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import labelling
from tui_mail.actions.recorded import RecordDone
from tui_mail.model.records import PLURALS
from tui_mail.store import labels
from tui_mail.store.labels import Label
from tui_mail.tui import text
from tui_mail.tui.commands import LABELS
from tui_mail.tui.dialogs.ask import AskScreen, ConfirmScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.format import counted, number
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line


def screen() -> LabelsScreen:
    """The labels of every kind of record, and of mail."""
    return LabelsScreen("Labels")


class LabelsScreen(SheetScreen):
    """Renamed, coloured and deleted here; records and conversations get them on their own keys."""

    CONTEXT = LABELS

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """By what they are for, then by name."""
        found = await self.mail_app.ctx.db.read(labels.every)
        self.retitle(f"Labels  {number(len(found))}")
        lines: list[Line] = []
        for label, used in found:
            if not lines or lines[-1].item.scope != label.scope:
                title = PLURALS.get(label.scope, "conversations").title()
                lines.append(Line(title, item=label, heading=True))
            words = " · ".join(w for w in (counted(used, "use"), label.color) if w)
            lines.append(Line(label.name, words, "●" if label.color else "", label, False,
                              label.color))  # fmt: skip
        return lines

    def describe(self, line: Line | None) -> text.Part:
        """Where they come from."""
        if line is None:
            return "No labels yet: B on a mail gives one, Enter on Labels in a record too."
        return ""

    @property
    def _label(self) -> Label | None:
        return self.list.line.item if self.list.line else None

    async def _did(self, done: RecordDone) -> None:
        self.mail_app.look_soon()
        await self.reload()
        self.say(f"{done.summary} · z undoes" if done.undoable else done.summary)

    async def command_label_rename(self) -> None:
        """Ask for another name."""
        if (label := self._label) is None:
            return

        async def take(typed: str) -> None:
            ctx = self.mail_app.ctx
            await self._did(await labelling.rename_label(ctx, label.scope, label.name, typed))

        body = text.plain("What has the label keeps it.")
        await self.app.push_screen(AskScreen("Name of the label", body, take, value=label.name))

    async def command_label_color(self) -> None:
        """Choose a colour."""
        if (label := self._label) is None:
            return

        async def take(color: str) -> None:
            ctx = self.mail_app.ctx
            await self._did(await labelling.color_label(ctx, label.scope, label.name, color))

        choices = [Choice(one, "now" if one == label.color else "", "", one)
                   for one in labels.COLORS]  # fmt: skip
        choices.append(Choice("none", "", "", ""))
        await self.app.push_screen(PickerScreen("Colour", choices, take))

    async def command_label_delete(self) -> None:
        """Take it away everywhere; asks when something has it."""
        if (label := self._label) is None:
            return
        ctx = self.mail_app.ctx
        having = await ctx.db.read(labels.has, label.id)

        async def delete() -> None:
            await self._did(await labelling.delete_label(ctx, label.scope, label.name))

        if not having:
            await delete()
            return
        body = text.lines(f"{label.name}\n{counted(len(having), 'use')}. Undo brings it back.")
        await self.app.push_screen(ConfirmScreen("Delete this label?", body, delete))
