"""Writing a mail: fields with completion, Markdown, an outside editor, and nothing that is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from tui_mail.actions import keeping
from tui_mail.errors import ActionError, TuiMailError
from tui_mail.model.drafts import DraftContent
from tui_mail.model.safe_text import safe_line
from tui_mail.store import correspondents
from tui_mail.store.correspondents import Correspondent
from tui_mail.store.drafts import Draft, DraftFile
from tui_mail.tui import text
from tui_mail.tui.commands import COMPOSE
from tui_mail.tui.composing import FIRST_REVISION, begin
from tui_mail.tui.dialogs.picker import Choice, ChoiceList
from tui_mail.tui.editing import edit_file
from tui_mail.tui.format import clock_time
from tui_mail.tui.paragraphs import size_words
from tui_mail.tui.recipients import is_whole, typed_part, with_choice, written
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.fields import LineField, RecipientField, SenderField, TextField
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine, standing

if TYPE_CHECKING:
    from tui_mail.actions.status import Status

SAVE_SECONDS = 1.5
"""How long typed text is at most only on the screen."""
_PATIENCE = 0.5
"""Seconds the first key waits for the draft."""
_COMPLETE_DELAY = 0.08
_PEOPLE = ("to", "cc", "bcc")
_FIELDS = ("#from", "#to", "#cc", "#bcc", "#subject", "#text")
_TITLES = {
    "new": "New mail",
    "reply": "Answer",
    "reply_all": "Answer to all",
    "forward": "Forward",
}


def screen(
    *,
    kind: str = "new",
    conversation_id: int | None = None,
    message_id: int | None = None,
    draft_id: int | None = None,
    mailto: str = "",
) -> ComposeScreen:
    """A composer for a new mail, an answer, or a draft."""
    start = partial(
        begin,
        kind=kind,
        conversation_id=conversation_id,
        message_id=message_id,
        draft_id=draft_id,
        mailto=mailto,
    )
    return ComposeScreen(kind, start)


class ComposeScreen(CommandScreen):
    """One mail being written; leaving goes through the review."""

    CONTEXT = COMPOSE
    AUTO_FOCUS = ""
    CSS_PATH: ClassVar[Any] = [stylesheet("compose.tcss")]

    def __init__(self, kind: str, start: partial[Any]) -> None:
        super().__init__()
        self.draft: Draft | None = None
        self.files: Sequence[DraftFile] = ()
        self.typed = DraftContent()
        """The fields as they stand, for saving also while the screen goes."""
        self._kind, self._start = kind, start
        self._ready = asyncio.Event()
        self._kept = DraftContent()
        """The fields as they were loaded or saved last."""
        self._is_dirty = False
        self._saving = asyncio.Lock()
        self._save_timer: Timer | None = None
        self._complete_timer: Timer | None = None
        self._saved_at = 0
        self._done = False

    def compose(self) -> ComposeResult:
        """Fields over the text."""
        yield Static(id="compose-head")
        with Horizontal(classes="row"):
            yield Static(text.plain("From"), classes="label")
            yield SenderField(id="from")
        for name in _PEOPLE:
            with Horizontal(classes="row"):
                yield Static(text.plain(name.title()), classes="label")
                yield RecipientField(id=name)
        with Horizontal(classes="row"):
            yield Static(text.plain("Subject"), classes="label")
            yield LineField(id="subject")
        yield Static(id="files")
        yield ChoiceList(0, 60)
        yield TextField(id="text")
        yield StatusLine()
        yield Hints()

    # Life

    async def on_mount(self) -> None:
        """Make the draft, so that what is typed next goes into it; fetching may take longer."""
        self.query_one(Hints).offer(COMPOSE, self.mail_app.keymap_in_use)
        self.query_one(ChoiceList).display = False
        self._show_head("…")
        self.run_worker(self._begin(), group="begin", exit_on_error=False)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), _PATIENCE)

    async def _begin(self) -> None:
        try:
            draft = await self._start(self.mail_app)
        except TuiMailError as error:
            self.app.pop_screen()
            self.mail_app.say(str(error), trouble=True)
            self._ready.set()
            return
        self.files = await keeping.files_of(self.mail_app.ctx, draft)
        self.draft, content = draft, draft.content
        for name in (*_PEOPLE, "subject"):
            self.query_one(f"#{name}", LineField).load(getattr(content, name))
        self.query_one(TextField).show(content.body)
        self.typed = self._kept = self._content()
        self._is_dirty = bool(self._kind == "new" and content.to)
        self._show_all()
        to_text = self._kind in ("reply", "reply_all") or (content.to and content.subject)
        self.set_focus(self.query_one(TextField if to_text else "#to"))
        self._ready.set()

    @property
    def is_touched(self) -> bool:
        """Whether the user wrote anything."""
        self._note_typed()
        draft = self.draft
        return draft is not None and (draft.revision > FIRST_REVISION or self._is_dirty)

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    def show_status(self, status: Status) -> None:
        """Say how things stand."""
        for line in self.query(StatusLine):
            line.stand(standing(status))

    def _show_head(self, state: str) -> None:
        title = _TITLES.get(self._kind if self._kind != "edit" else "new", "Draft")
        left = text.fit(title, max(8, self.app.size.width - 22))
        head = text.parts((left, "bold"), text.fit(state.rjust(19), 19))
        self.query_one("#compose-head", Static).update(head)

    def _show_all(self) -> None:
        draft = self.draft
        if draft is None:
            return
        ctx = self.mail_app.ctx
        account = ctx.account(draft.account_id)
        shown = written(account.name, account.address) if account else "(no account: choose one)"
        several = "  · Space switches" if len(ctx.settings.accounts) > 1 else ""
        self.query_one("#from", Static).update(text.parts(shown, (several, "dim")))
        names = ", ".join(f"{file.filename} {size_words(len(file.data))}" for file in self.files)
        self.query_one("#files", Static).update(text.parts(("Files    ", "dim"), names))
        self.query_one("#files").display = bool(self.files)
        self._show_head(f"saved {clock_time(self._saved_at)}" if self._saved_at else "")

    # Saving

    def _content(self) -> DraftContent:
        before = self.draft.content if self.draft else DraftContent()
        to, cc, bcc, subject = (
            self.query_one(f"#{name}", LineField).value for name in (*_PEOPLE, "subject")
        )
        body = self.query_one(TextField).text
        return replace(before, to=to, cc=cc, bcc=bcc, subject=subject, body=body)

    @on(Input.Changed)
    @on(TextArea.Changed)
    def changed(self, event: Input.Changed | TextArea.Changed) -> None:
        """Something was typed: it is on disk a moment later."""
        if self.draft is None:
            return
        self._note_typed()
        if self._is_dirty and self._save_timer is None:
            self._save_timer = self.set_timer(SAVE_SECONDS, self._save_soon)
        if isinstance(event, Input.Changed) and isinstance(event.input, RecipientField):
            self._complete_soon()

    def _note_typed(self) -> None:
        """Look at the fields themselves: what they tell of a change comes later."""
        if self.draft is not None and self.is_attached:
            self.typed = self._content()
            self._is_dirty = self._is_dirty or self.typed != self._kept

    def _save_soon(self) -> None:
        self._save_timer = None
        self.run_worker(self.save(), group="save", exit_on_error=False)

    async def save(self) -> None:
        """Keep what is typed, now."""
        async with self._saving:
            self._note_typed()
            if self.draft is None or self._done or not self._is_dirty:
                return
            self._is_dirty = False
            typed = self.typed
            draft = replace(self.draft, content=typed, revision=self.draft.revision + 1)
            try:
                await keeping.save(self.mail_app.ctx, draft)
            except TuiMailError as error:
                self._is_dirty = True
                self.say(f"Not saved: {error}", trouble=True)
                return
            self.draft, self._kept = draft, typed
            self._saved_at = self.mail_app.ctx.now()
            if self.is_attached:
                self._show_all()
                self.mail_app.look_soon()

    @on(events.DescendantBlur)
    def left_field(self) -> None:
        """Another field: keep what was typed."""
        self._close_suggestions()
        if self._is_dirty:
            self._save_soon()

    async def before_exit(self) -> None:
        """The program ends: nothing that was typed is lost."""
        await self.save()

    def ended(self) -> None:
        """Sent, kept or thrown away: nothing is saved any more."""
        self._done = True

    # Suggestions

    def _complete_soon(self) -> None:
        if self._complete_timer is not None:
            self._complete_timer.stop()
        self._complete_timer = self.set_timer(_COMPLETE_DELAY, self._complete_now)

    def _complete_now(self) -> None:
        field = self.focused
        if not isinstance(field, RecipientField):
            return
        start, end = typed_part(field.value, field.cursor_position)
        typed = field.value[start:end].strip()
        if len(typed) < 1 or "<" in typed:
            self._close_suggestions()
            return
        self.run_worker(self._suggest(field, typed), group="people", exclusive=True)

    async def _suggest(self, field: RecipientField, typed: str) -> None:
        ctx = self.mail_app.ctx
        found: list[Correspondent] = await ctx.db.read(correspondents.complete, typed, 5)
        if self.focused is not field:
            return
        shown = [person for person in found if person.address.lower() != typed.lower()]
        choices = [
            Choice(safe_line(p.name, 60) or p.address, p.address, "", written(p.name, p.address))
            for p in shown
        ]
        panel = self.query_one(ChoiceList)
        field.offered = panel.display = bool(choices)
        panel.styles.height = max(1, len(choices))
        panel.offer(choices)

    def _close_suggestions(self) -> bool:
        panel = self.query_one(ChoiceList)
        was_open = bool(panel.display)
        panel.display = False
        self.workers.cancel_group(self, "people")
        for field in self.query(RecipientField):
            field.offered = False
        return was_open

    @on(RecipientField.Asked)
    def asked(self, event: RecipientField.Asked) -> None:
        """A key for the suggestions."""
        panel = self.query_one(ChoiceList)
        if event.what == "take":
            self._take_suggestion(event.field)
        else:
            panel.mark(panel.marked + (1 if event.what == "down" else -1))

    def _take_suggestion(self, field: RecipientField) -> None:
        panel = self.query_one(ChoiceList)
        if panel.choices:
            choice = str(panel.choices[panel.marked].value)
            value, cursor = with_choice(field.value, field.cursor_position, choice)
            field.load(value)
            field.cursor_position = cursor
        self._close_suggestions()

    # The account

    @on(SenderField.Switched)
    async def switched(self, event: SenderField.Switched) -> None:
        """Another account."""
        await self.command_sender(event.step)

    async def command_sender(self, step: int = 1) -> None:
        """Send from the next account."""
        ctx, draft = self.mail_app.ctx, self.draft
        ids = [ctx.account_ids[account.id] for account in ctx.settings.accounts]
        if draft is None or not ids:
            return
        place = ids.index(draft.account_id) if draft.account_id in ids else -1
        self.draft = replace(draft, account_id=ids[(place + step) % len(ids)])
        self._is_dirty = True
        self._show_all()
        await self.save()

    # Commands

    async def command_field_by(self, step: int) -> None:
        """Take the suggestion, or go to another field; in one step, so that typing goes there."""
        field = self.focused
        if step > 0 and isinstance(field, RecipientField) and field.offered:
            start, end = typed_part(field.value, field.cursor_position)
            if not is_whole(field.value[start:end]):
                self._take_suggestion(field)
                return
        fields = [self.query_one(name) for name in _FIELDS]
        place = fields.index(field) if field in fields else -1
        self.set_focus(fields[(place + step) % len(fields)])

    async def command_review(self) -> None:
        """Save, then look at the mail before it goes; Esc first closes suggestions."""
        if self._close_suggestions() or self.draft is None:
            if self.draft is None:
                await self.app.pop_screen()
            return
        if not self.is_touched and not (self._kind == "forward" or self.files):
            self.ended()
            await keeping.discard(self.mail_app.ctx, self.draft)
            await self.app.pop_screen()
            return
        await self.save()
        await self.mail_app.open_screen("review", composer=self)

    async def command_attach(self) -> None:
        """Ask for a file; Tab completes its path."""
        from tui_mail.tui.dialogs.ask import AskScreen
        from tui_mail.tui.paths import complete_path, path_of

        draft = self.draft
        if draft is None:
            return

        async def take(typed: str) -> None:
            path = path_of(typed)
            if not path.is_file():
                raise ActionError(f"There is no file {typed.strip() or '(nothing)'}.")
            self.files = await keeping.attach(self.mail_app.ctx, draft, path)
            self._is_dirty = True
            await self.save()
            self._show_all()

        body = text.plain("Path of the file; its content is taken now.")
        await self.app.push_screen(AskScreen("Attach a file", body, take, complete=complete_path))

    async def detach(self, position: int) -> None:
        """Take a file out again."""
        if self.draft is not None:
            self.files = await keeping.detach(self.mail_app.ctx, self.draft, position)
            self._show_all()

    async def command_editor(self) -> None:
        """Write the text in another program; mail keeps coming in meanwhile."""
        self.run_worker(self._edit_outside(), group="editor", exclusive=True, exit_on_error=False)

    async def _edit_outside(self) -> None:
        await self.save()
        ctx, field = self.mail_app.ctx, self.query_one(TextField)
        folder = ctx.paths.temporary
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"draft-{self.draft.uuid if self.draft else 'new'}.md"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(field.text)
        try:
            if not await edit_file(self, path):
                return
            found = path.read_text(encoding="utf-8", errors="replace")
        finally:
            path.unlink(missing_ok=True)
        field.show(found.rstrip("\n") + "\n" if found.strip() else "")
        self.typed = self._content()
        self._is_dirty = True
        await self.save()
        self.set_focus(field)

    async def command_quit(self) -> None:
        """Leave the program; the draft is kept."""
        await self.save()
        await self.mail_app.command_quit()
