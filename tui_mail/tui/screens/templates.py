"""All templates: their order, names, texts, files and former versions."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import templates
from tui_mail.actions.recorded import RecordDone
from tui_mail.errors import ActionError
from tui_mail.model.moments import brief
from tui_mail.model.safe_text import one_line, safe_line
from tui_mail.store import templates as rows
from tui_mail.store.templates import Template, Version
from tui_mail.tui import text
from tui_mail.tui.commands import TEMPLATES
from tui_mail.tui.dialogs.ask import AskScreen, Then
from tui_mail.tui.dialogs.paragraph import ParagraphScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.format import counted, number, short_date
from tui_mail.tui.paths import complete_path, path_of
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

_SHOWN = 5
"""Lines of the text that the note shows."""


def screen() -> TemplatesScreen:
    """The templates in the user's order."""
    return TemplatesScreen()


class TemplatesScreen(SheetScreen):
    """Made, changed, ordered and deleted here; Ctrl-g t in the composer puts one into a mail."""

    CONTEXT = TEMPLATES
    FIELD = "/ narrows by name, subject and text"

    def __init__(self) -> None:
        super().__init__("Templates")
        self._bodies: dict[int, str] = {}

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Those that hold the words that were typed."""
        ctx = self.mail_app.ctx
        found = await ctx.db.read(rows.holding, typed.split())
        self._bodies = {one.id: one.body for one, _ in found}
        self.retitle(f"Templates  {number(len(found))}")
        return [
            Line(
                one.name,
                " · ".join(
                    word
                    for word in (
                        one.subject or "(no subject)",
                        "company" if one.shared else "",
                        counted(files, "file") if files else "",
                        short_date(one.updated_at, ctx.now()),
                    )
                    if word
                ),
                "",
                one.id,
            )
            for one, files in found
        ]

    def describe(self, line: Line | None) -> text.Part:
        """How its text begins; how one is made, where there is none."""
        if line is None and self.typed:
            return "No template holds that. Esc shows all."
        if line is None:
            return "No template yet: n makes one; in the composer Ctrl-g T keeps a mail as one."
        first = self._bodies.get(line.item, "").split("\n")[:_SHOWN]
        return "\n".join(safe_line(row, 200) for row in first) or "It has no text yet."

    async def _marked(self) -> Template | None:
        line = self.list.line
        return await self.mail_app.ctx.db.read(rows.get, line.item) if line else None

    async def _did(self, done: RecordDone) -> None:
        await self.reload()
        if done.records:
            places = [n for n, line in enumerate(self.list.lines)
                      if line.item == done.records[0].id]  # fmt: skip
            if places:
                self.list.mark(places[0])
        self.say(f"{done.summary} · z undoes" if done.undoable else done.summary)

    async def command_template_text(self) -> None:
        """Change the text."""
        if (one := await self._marked()) is None:
            return

        async def take(body: str) -> None:
            await self._did(await templates.edit(self.mail_app.ctx, one, body=body))

        title = f"Text of {safe_line(one.name, 40)} · Markdown, {{{{person.first_name|there}}}}"
        await self.app.push_screen(ParagraphScreen(title, take, value=one.body, completes=True))

    async def command_template_subject(self) -> None:
        """Change the subject."""
        if (one := await self._marked()) is None:
            return

        async def take(subject: str) -> None:
            await self._did(await templates.edit(self.mail_app.ctx, one, subject=subject))

        body = text.plain("It is taken where a mail has none yet.")
        await self.app.push_screen(AskScreen("Subject", body, take, value=one.subject))

    async def command_template_rename(self) -> None:
        """Give it another name."""
        if (one := await self._marked()) is None:
            return

        async def take(name: str) -> None:
            await self._did(await templates.edit(self.mail_app.ctx, one, name=name))

        body = text.plain("By this name it is found.")
        await self.app.push_screen(AskScreen("Name of the template", body, take, value=one.name))

    async def command_template_new(self) -> None:
        """Ask for a name, then for the text."""
        ctx = self.mail_app.ctx

        async def named(name: str) -> Then:
            await self._did(await templates.add(ctx, name, "", ""))
            return self.command_template_text

        body = text.plain("Its text comes next, then s sets its subject.")
        await self.app.push_screen(AskScreen("Name of the new template", body, named))

    async def command_template_place(self, step: int) -> None:
        """Move it up or down in the order."""
        if self.typed:
            self.say("Esc shows all of them; then they can be ordered.")
            return
        one, place = await self._marked(), self.list.marked + step
        if one is not None and 0 <= place < len(self.list.lines):
            await self._did(await templates.place(self.mail_app.ctx, one, place))

    async def command_template_shared(self) -> None:
        """For the company, or private."""
        if (one := await self._marked()) is not None:
            done = await templates.edit(self.mail_app.ctx, one, shared=not one.shared)
            await self._did(done)
            self.say("Private again · z undoes" if one.shared else "For the company · z undoes")

    async def command_template_delete(self) -> None:
        """Delete it; undo brings it back with its files."""
        if (one := await self._marked()) is not None:
            await self._did(await templates.remove(self.mail_app.ctx, one))

    async def command_template_versions(self) -> None:
        """Bring back how it was before a change."""
        if (one := await self._marked()) is None:
            return
        ctx = self.mail_app.ctx
        past = await ctx.db.read(rows.versions, one.id)
        if not past:
            self.say("It was never changed.")
            return

        async def take(version: Version) -> None:
            await self._did(await templates.restore(ctx, one, version.journal_id))

        choices = [Choice(f"until {brief(v.until)}",
                          one_line(f"{v.name}: {v.subject} · {v.body}", 100), "", v)
                   for v in past]  # fmt: skip
        await self.app.push_screen(PickerScreen("As it was", choices, take))

    async def command_template_write(self) -> None:
        """Write a mail with it."""
        if (line := self.list.line) is not None:
            await self.mail_app.open_screen("compose", kind="new", template_id=line.item)

    async def command_template_export(self) -> None:
        """Write it as a file."""
        if (one := await self._marked()) is None:
            return

        async def take(typed: str) -> None:
            path = path_of(typed)
            content = await templates.exported(self.mail_app.ctx, one)
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(content)
            except OSError as error:
                said = safe_line(f"{path}: {error.strerror}.", 300)
                raise ActionError(said, hint="Take another path.") from error
            self.say(f"Written to {safe_line(str(path), 200)}.")

        name = "".join(c if c.isalnum() or c in "-_ " else "_" for c in one.name).strip()
        body = text.plain("A file with its text, attachments and images; nothing is overwritten.")
        value = f"~/{name or 'template'}.json"
        await self.app.push_screen(
            AskScreen("Export to", body, take, value=value, complete=complete_path)
        )

    async def command_template_import(self) -> None:
        """Take one from a file."""

        async def take(typed: str) -> None:
            path = path_of(typed)
            try:
                content = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                said = safe_line(f"Cannot read {path}.", 300)
                raise ActionError(said, hint="Tab completes paths.") from error
            await self._did(await templates.imported(self.mail_app.ctx, content))

        body = text.plain("A file that export wrote; Tab completes.")
        await self.app.push_screen(
            AskScreen("Import a template", body, take, complete=complete_path)
        )
