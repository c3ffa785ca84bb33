"""Keys of the composer beside typing: marks, files, templates, signature, sender, item."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_mail.actions import beginning, checking, keeping, regarding, senders, signatures, templates
from tui_mail.actions.senders import Sender
from tui_mail.errors import ActionError, MailError
from tui_mail.model.markup import image_markup, images, signature_of, signed, trimmed
from tui_mail.model.records import Ref
from tui_mail.model.safe_text import one_line, safe_line
from tui_mail.model.visibility import PRIVATE, SHARED
from tui_mail.store import signatures as signature_rows
from tui_mail.store import templates as template_rows
from tui_mail.store.drafts import Draft
from tui_mail.tui import text
from tui_mail.tui.composer import Composer
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.paragraphs import size_words

_AROUND = {"bold": "**", "italic": "*", "code": "`", "strike": "~~"}
_BEFORE = {"quote": "> ", "list": "- ", "numbers": "1. ", "heading": "## "}
_SOURCES = {"account": "", "alias": "alias", "sent": "seen in Sent; no alias yet"}


class Tools(Composer):
    """What the composer can do besides taking letters."""

    # The text

    async def command_format(self, kind: str) -> None:
        """Put marks around what is selected, or before its lines; again takes them away."""
        field = self.field
        self.set_focus(field)
        if kind in _AROUND:
            self._put_around(_AROUND[kind])
        elif kind in _BEFORE:
            self._put_before(_BEFORE[kind])
        else:
            chosen = field.selected_text
            start, end = sorted(field.selection)
            row, column = field.replace(f"[{chosen}]()", start, end).end_location
            field.move_cursor((row, column - (1 if chosen else 3)))

    def _put_around(self, mark: str) -> None:
        field = self.field
        chosen = field.selected_text
        start, end = sorted(field.selection)
        size = len(mark)
        if len(chosen) > 2 * size and chosen.startswith(mark) and chosen.endswith(mark):
            field.move_cursor(field.replace(chosen[size:-size], start, end).end_location)
            return
        row, column = field.replace(f"{mark}{chosen}{mark}", start, end).end_location
        field.move_cursor((row, column if chosen else column - size))

    def _put_before(self, mark: str) -> None:
        field = self.field
        (first, _), (last, _) = sorted(field.selection)
        lines = [field.document.get_line(row) for row in range(first, last + 1)]
        if all(line.startswith(mark) for line in lines):
            changed = [line[len(mark) :] for line in lines]
        else:
            changed = [line if line.startswith(mark) else mark + line for line in lines]
        done = field.replace("\n".join(changed), (first, 0), (last, len(lines[-1])))
        field.move_cursor(done.end_location)

    async def command_trim(self) -> None:
        """Cut away quotes that nothing was written under."""
        before = self.field.text
        after = trimmed(before)
        if after.strip() == before.strip():
            self.say("There is no quote to cut.")
            return
        await self.load(replace(self.content(), body=after))
        cut = len(before.splitlines()) - len(after.splitlines())
        self.say(f"Cut {cut} lines of quotes; Ctrl-z brings them back.")

    async def command_plain(self) -> None:
        """Send plain text only, or with HTML again."""
        plain = not self.content().plain_only
        await self.change(plain_only=plain)
        self.say("Plain text only." if plain else "Plain text and HTML.")

    async def command_group(self) -> None:
        """One mail each for everybody in To, or one mail for all."""
        group = not self.content().group
        await self.change(group=group)
        self.say("One mail each for everybody in To." if group else "One mail for all.")

    async def command_field_name(self) -> None:
        """Begin a smart field; names are offered."""
        field = self.focused if self.focused is self.query_one("#subject") else self.field
        self.set_focus(field)
        if field is self.field:
            self.field.insert("{{")
        else:
            line: Any = field
            line.insert_text_at_cursor("{{")

    async def command_preview(self) -> None:
        """Both parts as the receiver sees them."""
        if self.draft is None:
            return
        await self.save()
        await self.show_preview(self.draft)

    async def show_preview(self, draft: Draft) -> None:
        """Both parts of a draft, such as the one to one person of a group."""
        try:
            found = await checking.preview(self.mail_app.ctx, draft)
        except MailError as error:
            self.say(str(error), trouble=True)
            return
        html = "none: plain text only" if draft.content.plain_only else found.html
        shown = "\n".join(
            [
                f"Subject: {found.subject or '(none)'}",
                f"Size:    {size_words(found.size)} as it is sent",
                "",
                "─── Plain text ───",
                found.plain.rstrip("\n"),
                "",
                "─── HTML, as text ───",
                html,
            ]
        )
        await self.mail_app.open_screen(
            "source", title="As the receiver sees it", shown=shown, kind="text"
        )

    # Files

    async def command_attach(self) -> None:
        """Ask for a file; Tab completes its path."""

        async def take(draft: Draft, path: Path) -> None:
            await self.take_files(await keeping.attach(self.mail_app.ctx, draft, path))

        await self._ask_file("Attach a file", "Path of the file; its content is taken now.", take)

    async def command_image(self) -> None:
        """Ask for an image and show it inside the text."""

        async def take(draft: Draft, path: Path) -> None:
            files, name = await keeping.attach_image(self.mail_app.ctx, draft, path)
            self.field.insert(image_markup(name))
            await self.take_files(files)
            self.set_focus(self.field)

        await self._ask_file(
            "Image", "Path of an image to show in the text; its content is taken now.", take
        )

    async def _ask_file(
        self, title: str, said: str, take: Callable[[Draft, Path], Awaitable[None]]
    ) -> None:
        draft = self.draft
        if draft is None:
            return
        from tui_mail.tui.dialogs.ask import AskScreen
        from tui_mail.tui.paths import complete_path, describe_path, path_of

        async def taken(typed: str) -> None:
            path = path_of(typed)
            if not path.is_file():
                raise ActionError(f"There is no file {typed.strip() or '(nothing)'}.")
            await take(draft, path)

        await self.app.push_screen(
            AskScreen(
                title, text.plain(said), taken, complete=complete_path, describe=describe_path
            )
        )

    async def take_images(self) -> None:
        """Attach the images the text names by their paths; only called by a key that says so."""
        from tui_mail.tui.paths import path_of

        draft = self.draft
        if draft is None:
            return
        body, known = self.field.text, {file.filename for file in self.files}
        for image in images(body):
            if not image.is_file or image.target in known:
                continue
            path = path_of(image.target)
            if not path.is_file():
                raise ActionError(f"There is no image {one_line(image.target, 100)}.")
            ctx = self.mail_app.ctx
            files, name = await keeping.attach_image(ctx, draft, path)
            known.add(name)
            for old in (f"]({image.target})", f"](<{image.target}>)"):
                body = body.replace(old, image_markup(name)[image_markup(name).index("](") :])
            await self.take_files(files)
        if body != self.field.text:
            await self.load(replace(self.content(), body=body))

    async def detach(self, position: int) -> None:
        """Take a file out again."""
        if self.draft is not None:
            await self.take_files(await keeping.detach(self.mail_app.ctx, self.draft, position))

    # Templates and signatures

    async def command_template(self) -> None:
        """Put a template into the mail; type to find it."""
        ctx, draft = self.mail_app.ctx, self.draft
        found = await ctx.db.read(template_rows.all_templates)
        if draft is None:
            return
        if not found:
            self.say("There is no template yet: Ctrl-g T keeps this mail as one.")
            return

        async def take(template: template_rows.Template) -> None:
            now = replace(draft, content=self.content())
            filled = await templates.insert(ctx, now, template)
            self.files = await keeping.files_of(ctx, now)
            await self.load(filled.content)
            self.set_focus(self.field)

        choices = [
            Choice(
                safe_line(one.name, 60),
                safe_line(one.subject, 100) + (" · company" if one.shared else ""),
                "",
                one,
            )
            for one in found
        ]
        await self.app.push_screen(PickerScreen("Template", choices, take))

    async def command_keep_template(self) -> None:
        """Keep this mail as a template."""
        from tui_mail.tui.dialogs.ask import AskScreen

        if self.draft is None:
            return
        await self.save()
        draft = self.draft

        async def take(name: str) -> None:
            body = await self._signature_text()
            done = await templates.keep_draft(self.mail_app.ctx, draft, name, signature=body)
            self.say(done.summary)

        body = text.plain("Its name; one that is there already is changed.")
        await self.app.push_screen(
            AskScreen("Save as a template", body, take, value=draft.content.subject)
        )

    async def _signature_text(self) -> str:
        content, draft = self.content(), self.draft
        if draft is None or not content.signature:
            return ""
        found = await self.mail_app.ctx.db.read(
            signature_rows.by_name, draft.account_id, content.signature
        )
        return found.body if found else ""

    async def command_signature(self) -> None:
        """Take another signature, or none."""
        ctx, draft = self.mail_app.ctx, self.draft
        if draft is None:
            return
        found = await ctx.db.read(signature_rows.of_account, draft.account_id)
        if not found:
            await self.command_go_signatures()
            return
        choices = [
            Choice(safe_line(one.name, 60), one_line(one.body, 100), "", one) for one in found
        ]
        choices.append(Choice("None", "no signature", "", None))

        async def take(chosen: signature_rows.Signature | None) -> None:
            await self.sign(chosen.name if chosen else "")

        await self.app.push_screen(PickerScreen("Signature", choices, take))

    async def command_go_signatures(self) -> None:
        """Every signature, those of this mail's account first."""
        if self.draft is not None:
            await self.mail_app.open_screen("signatures", account_id=self.draft.account_id)

    async def sign(self, name: str, former: str | None = None) -> None:
        """Put the signature of that name under the text in place of the former one.

        `former` is the text of that when it belongs to another account.
        """
        if self.draft is None:
            return
        ctx, content = self.mail_app.ctx, self.content()
        new = (await signatures.named(ctx, self.draft.account_id, name)).body if name else ""
        old = await self._signature_text() if former is None else former
        had = bool(content.signature)
        stood = signature_of(content.body, old, had=had)
        body = signed(content.body, new, old, had=had)
        await self.load(replace(content, body=body, signature=name))
        if stood and stood.partition("\n")[2].strip() != old.strip():
            self.say("The signature you had changed was replaced; Ctrl-z brings it back.")

    # Sender, item, visibility

    async def command_sender(self, step: int = 0) -> None:
        """Choose the address it goes from; with a step, the next or the one before."""
        found = await senders.senders(self.mail_app.ctx)
        if not found:
            return
        if not step and len(found) > 1:
            choices = [Choice(one.address, _SOURCES[one.source], "", one) for one in found]
            await self.app.push_screen(PickerScreen("From", choices, self._send_from))
            return
        draft = self.draft
        if draft is not None:
            now = self.content().sender
            place = next((n for n, one in enumerate(found) if one.account_id == draft.account_id
                          and (one.address == now or (not now and one.source == "account"))),
                         -1)  # fmt: skip
            await self._send_from(found[(place + (step or 1)) % len(found)])

    async def _send_from(self, sender: Sender) -> None:
        """Go from another address; the signature of another account comes along."""
        draft, ctx = self.draft, self.mail_app.ctx
        if draft is None:
            return
        is_other = sender.account_id != draft.account_id
        old = await self._signature_text() if is_other else ""
        account = ctx.account(sender.account_id)
        alias = "" if sender.source == "account" else sender.address
        self.draft = replace(draft, account_id=sender.account_id)
        await self.change(sender=alias)
        if is_other and account is not None:
            name = beginning.signature_for(account, answer=draft.kind != "new")
            if await ctx.db.read(signature_rows.by_name, sender.account_id, name) is None:
                name = ""
            if name or self.content().signature:
                await self.sign(name, old)

    async def command_item(self) -> None:
        """Choose the deal, lead or project it belongs to."""
        draft = self.draft
        if draft is None:
            return

        async def take(chosen: Ref | str) -> None:
            await self.change(item=regarding.checked_item(str(chosen)))

        now = replace(draft, content=self.content())
        await self.mail_app.open_screen("mail_item", draft=now, take=take)

    async def command_visibility(self) -> None:
        """Who sees it: only you, or everyone who sees its records."""
        if self.draft is None:
            return
        now = replace(self.draft, content=self.content())
        shared = (await regarding.regarding(self.mail_app.ctx, now)).shared
        await self.change(visibility=PRIVATE if shared else SHARED)
        self.say("Private: only you." if shared else "Shared with whoever sees its records.")
