"""The look at a mail before it goes: who gets it, what is missing, and the key for each."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from tui_mail.actions import checking, composition, keeping, regarding, sending
from tui_mail.actions.checking import Check
from tui_mail.model.addresses import written
from tui_mail.model.moments import shown
from tui_mail.store.drafts import Draft
from tui_mail.tui import text
from tui_mail.tui.commands import REVIEW, shown_key
from tui_mail.tui.format import counted, duration
from tui_mail.tui.paragraphs import person_words, size_words
from tui_mail.tui.screens.compose import ComposeScreen, about_words
from tui_mail.tui.shell import CommandScreen, stylesheet
from tui_mail.tui.widgets.hints import Hints
from tui_mail.tui.widgets.status_line import StatusLine

_MENDS = {
    "edit": "review.edit",
    "attach": "review.attach",
    "images": "review.images",
    "item": "review.item",
    "sender": "review.sender",
}


def screen(*, composer: ComposeScreen) -> ReviewScreen:
    """The review over a composer."""
    return ReviewScreen(composer)


class ReviewScreen(CommandScreen):
    """Nothing goes without a key pressed here."""

    CONTEXT = REVIEW
    CSS_PATH: ClassVar[Any] = [stylesheet("compose.tcss")]

    def __init__(self, composer: ComposeScreen) -> None:
        super().__init__()
        self._composer = composer
        self._checks: list[Check] = []

    def compose(self) -> ComposeResult:
        """Summary and keys."""
        yield Static(text.plain("Send this mail?"), id="review-title")
        yield Static(id="review")
        yield StatusLine()
        yield Hints()

    async def on_mount(self) -> None:
        """Check the mail."""
        self.query_one(Hints).offer(REVIEW, self.mail_app.keymap_in_use)
        await self._look()

    async def on_screen_resume(self) -> None:
        """An attachment may have come."""
        if self._checks is not None and self.is_mounted:
            await self._look()

    def say(self, message: str, *, trouble: bool = False) -> None:
        """Say it in the status line."""
        for line in self.query(StatusLine):
            line.say(message, trouble=trouble)

    @property
    def draft(self) -> Draft:
        """The draft as it was saved."""
        assert self._composer.draft is not None
        return self._composer.draft

    def _key(self, command_id: str) -> str:
        keys = self.mail_app.keymap_in_use.keys.get(command_id, ())
        return shown_key(keys[0]) if keys else ""

    async def _look(self) -> None:
        ctx, draft = self.mail_app.ctx, self.draft
        self._checks = await checking.check(ctx, draft)
        sender = composition.sender_of(ctx, draft)
        about = await regarding.regarding(ctx, draft)
        pieces: list[text.Part] = []

        def row(label: str, value: str) -> None:
            if value:
                pieces.extend([(f"{label:<9}", "dim"), value, "\n"])

        row("From", written(sender.name, sender.address) or "(none)")
        if draft.content.group:
            row("To", await self._group_words())
        for label, typed in () if draft.content.group else (
            ("To", draft.content.to), ("Cc", draft.content.cc), ("Bcc", draft.content.bcc),
        ):  # fmt: skip
            people = composition.parse_people(typed)
            row(label, "\n         ".join(person_words(person) for person in people))
        row("Subject", draft.content.subject or "(none)")
        who = "shared with whoever sees its records" if about.shared else "private"
        by = draft.content.remind_at
        row("Answer", f"by {shown(by, ctx.now())}, or you are told" if by else "")
        row("About", f"{about_words(about)} · {who}")
        for number, file in enumerate(self._composer.files, start=1):
            size = size_words(len(file.data))
            row("Files" if number == 1 else "", f"{file.filename} ({file.content_type}, {size})")
        words = len(draft.content.body.split())
        row("Text", f"{words} words")
        pieces.append("\n")
        for check in self._checks:
            mark = "✗ " if check.blocks else "! "
            key = self._key(_MENDS.get(check.mend, "review.edit"))
            pieces += [(f"{mark}{check.text}", "bold"), f"  {key}\n"]
        blocked = any(check.blocks for check in self._checks)
        pieces.append("\n")
        for command_id, words_ in (
            ("review.send", "" if blocked else "send"),
            ("review.later", "" if blocked else "send it later"),
            ("review.remind", "follow it up when nobody answers"),
            ("review.edit", "go on writing"),
            ("review.attach", "attach a file"),
            ("review.detach", "take the last file out" if self._composer.files else ""),
            ("review.preview", "see it as the receiver does"),
            ("review.sender", "send from another address"),
            ("review.item", "belongs to something else"),
            ("review.visibility", "make it private" if about.shared else "share it"),
            ("review.keep", "keep as a draft"),
            ("review.discard", "throw away"),
        ):  # fmt: skip
            if words_:
                pieces += [(f"  {self._key(command_id):<4}", "bold"), f"{words_}\n"]
        self.query_one("#review", Static).update(text.parts(*pieces))

    async def _leave(self) -> None:
        """Close the review and the composer."""
        self._composer.ended()
        await self.app.pop_screen()
        if self.app.screen is self._composer:
            await self.app.pop_screen()
        self.mail_app.look_soon()

    async def command_review_send(self) -> None:
        """Send it; z takes it back for a while."""
        await self._send(None)

    async def command_review_later(self) -> None:
        """Send it at a time to be chosen."""
        from tui_mail.tui.dialogs.when import WhenScreen

        blocking = [check for check in self._checks if check.blocks]
        if blocking:
            self.say(blocking[0].text, trouble=True)
            return
        await self.app.push_screen(WhenScreen("Send it when?", self.mail_app.ctx, self._send))

    async def command_review_remind(self) -> None:
        """Choose by when an answer should be here."""
        from tui_mail.tui.dialogs.picker import Choice
        from tui_mail.tui.dialogs.when import WhenScreen

        async def take(at: int) -> None:
            await self._composer.change(remind_at=at)
            await self._look()

        never = Choice("never", "nothing is said", "", 0)
        await self.app.push_screen(WhenScreen("Answer by", self.mail_app.ctx, take, end=never))

    async def _send(self, at: int | None) -> None:
        await self._composer.save()
        blocking = [check for check in await checking.check(self.mail_app.ctx, self.draft)
                    if check.blocks]  # fmt: skip
        if blocking:
            self.say(blocking[0].text, trouble=True)
            return
        group = self.draft.content.group
        if group:
            self.say("Making one mail each…")
        done = await sending.send(self.mail_app.ctx, self.draft, at=at)
        await self._leave()
        seconds = int(self.mail_app.ctx.settings.get("writing.undo_seconds"))
        undo = self._key("mail.undo")
        if group:
            self.mail_app.say(f"{done.summary} · g G shows it, {undo} takes back what waits")
            return
        if at is not None:
            self.mail_app.say(f"{done.summary} · g o shows it, {undo} stops it")
            return
        waits = f" in {seconds} s · {undo} stops it" if seconds else ""
        self.mail_app.say_sending(done.summary + waits, done.journal_id)

    async def command_review_edit(self) -> None:
        """Go on writing."""
        await self.app.pop_screen()

    async def command_review_attach(self) -> None:
        """Attach a file."""
        await self._composer.command_attach()

    async def command_review_detach(self) -> None:
        """Take the last file out."""
        if self._composer.files:
            await self._composer.detach(len(self._composer.files) - 1)
            await self._look()

    async def command_review_sender(self) -> None:
        """Choose the address it goes from."""
        await self._composer.command_sender()
        await self._look()

    async def _group_words(self) -> str:
        """How many people get one mail each, and how long that takes."""
        from tui_mail.actions import group_members

        ctx = self.mail_app.ctx
        count = len((await group_members.members(ctx, self.draft)).people)
        gap = int(ctx.settings.get("writing.group_seconds"))
        people = counted(count, "person", "people")
        if count < 2:
            return people
        last = duration((count - 1) * gap)
        return f"{people}, one mail each, {gap} s apart: the last one {last} after the first"

    async def command_review_preview(self) -> None:
        """Both parts as the receiver sees them."""
        if self.draft.content.group:
            await self.mail_app.open_screen("members", composer=self._composer)
            return
        await self._composer.command_preview()

    async def command_review_images(self) -> None:
        """Attach the images that the text names by their path."""
        await self._composer.take_images()
        await self._look()

    async def command_review_item(self) -> None:
        """Choose what it belongs to."""
        await self._composer.command_item()

    async def command_review_visibility(self) -> None:
        """Private or shared."""
        await self._composer.command_visibility()
        await self._look()

    async def command_review_keep(self) -> None:
        """Keep the draft and go."""
        await self._composer.save()
        draft = self.draft
        await self._leave()
        await keeping.keep(self.mail_app.ctx, draft)
        self.mail_app.say("Kept as a draft: g d shows it.")
        self.mail_app.look_soon()

    async def command_review_discard(self) -> None:
        """Throw it away, once more asked."""
        from tui_mail.tui.dialogs.ask import ConfirmScreen

        async def discard() -> None:
            await keeping.discard(self.mail_app.ctx, self.draft)
            await self._leave()
            self.mail_app.say("The draft is gone.")

        body = text.plain("What was written here is lost then.")
        await self.app.push_screen(ConfirmScreen("Throw this mail away?", body, discard))

    async def command_quit(self) -> None:
        """Leave the program; the draft is kept."""
        await self._composer.command_quit()
