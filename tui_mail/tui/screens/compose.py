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

from tui_mail.actions import checking, composition, keeping, regarding
from tui_mail.errors import TuiMailError
from tui_mail.model.addresses import written
from tui_mail.model.drafts import DraftContent
from tui_mail.model.records import Ref
from tui_mail.model.safe_text import safe_block
from tui_mail.store.drafts import DraftFile
from tui_mail.tui import background, text
from tui_mail.tui.commands import COMPOSE, Command
from tui_mail.tui.composer_completion import Completing
from tui_mail.tui.composer_tools import Tools
from tui_mail.tui.composing import FIRST_REVISION, begin
from tui_mail.tui.dialogs.picker import ChoiceList
from tui_mail.tui.editing import edit_file
from tui_mail.tui.format import clock_time
from tui_mail.tui.paragraphs import size_words
from tui_mail.tui.shell import WhichKey, stylesheet
from tui_mail.tui.standing import standing
from tui_mail.tui.widgets.fields import LineField, RecipientField, SenderField, TextField
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tui_mail.actions.status import Status

SAVE_SECONDS = 1.5
"""How long typed text is at most only on the screen."""
_PATIENCE = 0.5
"""Seconds the first key waits for the draft."""
_LOOK_DELAY = 0.7
"""Seconds without a key before the checks look again."""
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
    item: Ref | None = None,
    to: str = "",
    group: bool = False,
    template_id: int | None = None,
) -> ComposeScreen:
    """A composer for a new mail, an answer, or a draft."""
    start = partial(
        begin,
        kind=kind,
        conversation_id=conversation_id,
        message_id=message_id,
        draft_id=draft_id,
        mailto=mailto,
        item=item,
        to=to,
        group=group,
        template_id=template_id,
    )
    return ComposeScreen(kind, start)


def about_words(about: regarding.Regarding) -> str:
    """What a mail belongs to and why, in a few words; the title is made safe where it is drawn."""
    if about.item is None:
        how = {"several": "several deals are possible: you will be asked", "none": "nothing",
               "each": "each person's own deal, by the rules"}  # fmt: skip
        return how.get(about.how, "nothing")
    why = {"chosen": "", "conversation": " (its conversation)", "rule": " (by the rules)"}
    return f"{about.item.kind} {about.title or about.item}{why.get(about.how, '')}"


class ComposeScreen(Completing, Tools):
    """One mail being written; leaving goes through the review."""

    CONTEXT = COMPOSE
    AUTO_FOCUS = ""
    CSS_PATH: ClassVar[Any] = [stylesheet("compose.tcss")]

    def __init__(self, kind: str, start: partial[Any]) -> None:
        super().__init__()
        self.typed = DraftContent()
        """The fields as they stand, for saving also while the screen goes."""
        self._kind, self._start = kind, start
        self._ready = asyncio.Event()
        self._kept = DraftContent()
        """The fields as they were loaded or saved last."""
        self._is_dirty = False
        self._saving = asyncio.Lock()
        self._save_timer: Timer | None = None
        self._look_timer: Timer | None = None
        self._put_last: dict[str, tuple[text.Part, ...]] = {}
        self._received_by = ""
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
                yield RecipientField(id=name, select_on_focus=False)
        with Horizontal(classes="row"):
            yield Static(text.plain("Subject"), classes="label")
            yield LineField(id="subject", select_on_focus=False)
        yield Static(id="about")
        yield Static(id="files")
        yield ChoiceList(0, 60)
        yield TextField(id="text")
        yield Static(id="checks")
        yield WhichKey()
        yield StatusLine()
        yield Hints()

    # Life

    async def on_mount(self) -> None:
        """Make the draft, so that what is typed next goes into it; fetching may take longer."""
        self.query_one(Hints).offer(COMPOSE, self.mail_app.keymap_in_use)
        self.query_one(ChoiceList).display = False
        self._show_head("…")
        background.begin(self, self._begin, "begin")
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
        self._received_by = await checking.received_by(self.mail_app.ctx, draft)
        self.typed = self._kept = self.content()
        self._is_dirty = bool(self._kind == "new" and content.to)
        self._show_all()
        self._look_soon(0)
        if self._kind in ("reply", "reply_all") or (content.to and content.subject):
            self.set_focus(self.field)
        else:
            self.set_focus(self.query_one("#subject" if content.to else "#to"))
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
        sender = composition.sender_of(self.mail_app.ctx, draft)
        shown = written(sender.name, sender.address) or "(no account: choose one)"
        pieces: list[text.Part] = [shown]
        if self._received_by and sender.address.casefold() != self._received_by.casefold():
            pieces.append((f"  ! it came to {self._received_by} ", "bold reverse"))
        self.query_one("#from", Static).update(text.parts(*pieces))
        names = ", ".join(
            f"{file.filename} ({file.content_type}, {size_words(len(file.data))})"
            for file in self.files
        )
        self.query_one("#files", Static).update(text.parts(("Files    ", "dim"), names))
        self.query_one("#files").display = bool(self.files)
        self._show_state()

    def _show_state(self) -> None:
        plain = "one mail each · " if self.typed.group else ""
        plain += "plain text · " if self.typed.plain_only else ""
        saved = f"saved {clock_time(self._saved_at)}" if self._saved_at else ""
        self._show_head((plain + saved).removesuffix(" · "))

    # Looking at it while it is written

    def _look_soon(self, seconds: float = _LOOK_DELAY) -> None:
        if self._look_timer is not None:
            self._look_timer.stop()
        look = partial(background.begin, self, self._look_at_it, "checks")
        self._look_timer = self.set_timer(seconds, look) if seconds else None
        if not seconds:
            look()

    async def _look_at_it(self) -> None:
        """What the checks say now, how large it is, and what it will belong to."""
        if self.draft is None or self._done:
            return
        ctx, draft = self.mail_app.ctx, replace(self.draft, content=self.typed)
        about = await regarding.regarding(ctx, draft)
        found = await checking.glance(ctx, draft, list(self.files))
        if not self.is_attached or self._done:
            return
        words = about_words(about)
        who = "shared" if about.shared else "private"
        self._put("#about", ("About    ", "dim"), words, (" · ", "dim"), who)
        first = found.lines[0] if found.lines else None
        more = f" (+{len(found.lines) - 1})" if len(found.lines) > 1 else ""
        said = f"{'✗' if first.blocks else '!'} {first.text}{more}" if first else "✓ ready"
        size = size_words(found.size)
        size += f" of {size_words(found.limit)}" if found.limit else ""
        room = max(10, self.app.size.width - len(size) - 3)
        too_large = bool(found.limit and found.size > found.limit)
        self._put("#checks", (text.fit(said, room), "dim"), " ",
                  (size, "bold reverse" if too_large else "dim"))  # fmt: skip

    def _put(self, name: str, *pieces: text.Part) -> None:
        if self._put_last.get(name) != pieces:
            self._put_last[name] = pieces
            self.query_one(name, Static).update(text.parts(*pieces))

    # Saving

    def content(self) -> DraftContent:
        """The fields as they stand."""
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
        self.complete_soon()
        self._look_soon()

    def _note_typed(self) -> None:
        """Look at the fields themselves: what they tell of a change comes later."""
        if self.draft is not None and self.is_attached:
            self.typed = self.content()
            self._is_dirty = self._is_dirty or self.typed != self._kept

    def _save_soon(self) -> None:
        self._save_timer = None
        background.begin(self, self.save, "save", exclusive=False)

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
            self._kept = typed
            shown = {name: getattr(typed, name) for name in (*_PEOPLE, "subject", "body")}
            self.draft = replace(
                self.draft,
                content=replace(self.draft.content, **shown),
                revision=draft.revision,
            )
            self._saved_at = self.mail_app.ctx.now()
            if self.is_attached:
                self._show_state()
                self.mail_app.look_soon()

    @on(events.DescendantBlur)
    def left_field(self) -> None:
        """Another field: keep what was typed."""
        self.close_suggestions()
        if self._is_dirty:
            self._save_soon()

    async def before_exit(self) -> None:
        """The program ends: nothing that was typed is lost."""
        await self.save()

    def ended(self) -> None:
        """Sent, kept or thrown away: nothing is saved any more."""
        self._done = True

    # What no field shows

    async def change(self, **fields: object) -> None:
        """Change parts of the content that no field shows, show them, and save."""
        if self.draft is None:
            return
        more: Any = fields
        self.draft = replace(self.draft, content=replace(self.content(), **more))
        self._is_dirty = True
        self.typed = self.content()
        self._show_all()
        self._look_soon(0)
        await self.save()

    async def load(self, content: DraftContent) -> None:
        """Show other content, and save it; the cursor stays in the text."""
        if self.draft is None:
            return
        for name in (*_PEOPLE, "subject"):
            field, value = self.query_one(f"#{name}", LineField), str(getattr(content, name))
            if field.value != value:
                field.load(value)
        row, column = self.field.cursor_location
        if self.field.text != content.body:
            last = self.field.document.end
            self.field.replace(safe_block(content.body), (0, 0), last)
            end_row, end_column = self.field.document.end
            self.field.move_cursor(min((row, column), (end_row, end_column)))
        fields = ("sender", "item", "visibility", "signature", "plain_only")
        await self.change(**{name: getattr(content, name) for name in fields})

    async def take_files(self, files: Sequence[DraftFile]) -> None:
        """Show other files, and save."""
        self.files = files
        await self.change()

    @on(SenderField.Switched)
    async def switched(self, event: SenderField.Switched) -> None:
        """Another address."""
        await self.command_sender(event.step)

    # Commands

    def hint_text(self, command: Command) -> str:
        """What Tab does now: take the suggestion, or go to the field it says."""
        if command.id != "compose.next_field":
            return command.text
        if self.would_take():
            return "take it"
        names = [name[1:] for name in _FIELDS]
        field = self.focused.id if self.focused is not None else ""
        place = names.index(field) if field in names else -1
        return f"to {names[(place + 1) % len(names)].title()}"

    @on(events.DescendantFocus)
    def entered_field(self) -> None:
        """Tab goes elsewhere from here."""
        self.query_one(Hints).refresh()

    async def command_field_by(self, step: int) -> None:
        """Take the suggestion, or go to another field; in one step, so that typing goes there."""
        if step > 0 and self.take_suggestion():
            return
        field = self.focused
        self.close_suggestions()
        fields = [self.query_one(name) for name in _FIELDS]
        place = fields.index(field) if field in fields else -1
        self.set_focus(fields[(place + step) % len(fields)])

    async def command_review(self) -> None:
        """Save, then look at the mail before it goes; Esc first closes suggestions."""
        if self.close_suggestions() or self.draft is None:
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

    async def command_editor(self) -> None:
        """Write the text in another program; mail keeps coming in meanwhile."""
        background.begin(self, self._edit_outside, "editor")

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
        except OSError as error:
            self.say(f"The text cannot be read: {error.strerror}; nothing was taken.", trouble=True)
            return
        finally:
            path.unlink(missing_ok=True)
        self.set_focus(field)
        taken = safe_block(found).rstrip("\n")
        if taken == field.text.rstrip("\n"):
            self.say("Nothing was changed.")
            return
        await self.load(replace(self.content(), body=taken + "\n" if taken.strip() else ""))
        if not taken.strip():
            self.say("The text is empty now; Ctrl-z brings it back.")

    async def command_quit(self) -> None:
        """Leave the program; the draft is kept."""
        await self.save()
        await self.mail_app.command_quit()
