"""All signatures by account: their texts, and which one mails begin with."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import signatures
from tui_mail.actions.recorded import RecordDone
from tui_mail.errors import ActionError
from tui_mail.model.safe_text import one_line, safe_line
from tui_mail.store import signatures as rows
from tui_mail.store.signatures import Signature
from tui_mail.tui import text
from tui_mail.tui.commands import SIGNATURES
from tui_mail.tui.dialogs.ask import AskScreen, Then
from tui_mail.tui.dialogs.paragraph import ParagraphScreen
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.format import number
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

WHERE = {
    "both": "in new mails and answers",
    "new": "in new mails",
    "replies": "in answers",
    "none": "in no mail by itself",
}
"""Where the default signature is put by itself."""


def screen(*, account_id: int | None = None) -> SignaturesScreen:
    """The signatures of every account; those of `account_id` are marked first."""
    return SignaturesScreen(account_id)


class SignaturesScreen(SheetScreen):
    """Made, changed, made the default and deleted here; Ctrl-g s in the composer takes another."""

    CONTEXT = SIGNATURES

    def __init__(self, account_id: int | None) -> None:
        super().__init__("Signatures")
        self._begin_at = account_id
        self._of: dict[int, Signature] = {}

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """By account; an account without one has a line that makes one."""
        ctx = self.mail_app.ctx
        lines: list[Line] = []
        self._of = {}
        for account in ctx.settings.accounts:
            account_id = ctx.account_ids[account.id]
            lines.append(Line(account.address or account.id, heading=True))
            found = await ctx.db.read(rows.of_account, account_id)
            for one in found:
                self._of[one.id] = one
                is_default = one.name == account.signature
                words = one_line(one.body, 100)
                if is_default:
                    words = f"{WHERE[account.signature_in]} · {words}"
                lines.append(Line(one.name, words, "●" if is_default else "", (account_id, one.id)))
            if not found:
                lines.append(Line("(none)", "n makes one", "", (account_id, None)))
        self.retitle(f"Signatures  {number(len(self._of))}")
        return lines

    async def on_mount(self) -> None:
        """Mark the account that was asked for."""
        await super().on_mount()
        for place, line in enumerate(self.list.lines):
            if line.item and line.item[0] == self._begin_at:
                self.list.mark(place)
                break

    def describe(self, line: Line | None) -> text.Part:
        """The whole text of the marked one."""
        if line is None:
            return "There is no account yet."
        one = self._of.get(line.item[1])
        if one is None:
            return "This account has no signature: n makes one."
        return "\n".join(safe_line(row, 200) for row in one.body.split("\n")[:5])

    @property
    def _account(self) -> int | None:
        return self.list.line.item[0] if self.list.line else None

    @property
    def _one(self) -> Signature | None:
        found = self._of.get(self.list.line.item[1]) if self.list.line else None
        if found is None:
            self.say("n makes a signature here.")
        return found

    async def _did(self, done: RecordDone) -> None:
        account_id = self._account
        await self.reload()
        if done.records:
            places = [n for n, line in enumerate(self.list.lines)
                      if line.item == (account_id, done.records[0].id)]  # fmt: skip
            if places:
                self.list.mark(places[0])
        self.say(f"{done.summary} · z undoes" if done.undoable else done.summary)

    async def command_signature_text(self) -> None:
        """Change the text."""
        if (one := self._one) is not None:
            await self._ask_text(one.account_id, one.name, one.body, new=False)

    async def _ask_text(self, account_id: int, name: str, body: str, *, new: bool) -> None:
        async def take(typed: str) -> None:
            ctx = self.mail_app.ctx
            await self._did(await signatures.put(ctx, account_id, name, typed, new=new))

        title = f"Signature {safe_line(name, 40)} · Markdown"
        await self.app.push_screen(ParagraphScreen(title, take, value=body))

    async def command_signature_new(self) -> None:
        """Ask for a name, then for the text."""
        account_id = self._account
        if account_id is None:
            return

        async def named(name: str) -> Then:
            await signatures.need_free(self.mail_app.ctx, account_id, name)
            return lambda: self._ask_text(account_id, name, "", new=True)

        body = text.plain("Such as Work or Short; its text comes next.")
        await self.app.push_screen(AskScreen("Name of the new signature", body, named))

    async def command_signature_rename(self) -> None:
        """Give it another name."""
        if (one := self._one) is None:
            return

        async def take(name: str) -> None:
            await self._did(await signatures.rename(self.mail_app.ctx, one, name))

        body = text.plain("It stays the default where it is.")
        await self.app.push_screen(AskScreen("Name of the signature", body, take, value=one.name))

    async def command_signature_default(self) -> None:
        """Let mails of its account begin with it, or with none."""
        if (one := self._one) is None:
            return
        ctx = self.mail_app.ctx
        account = ctx.account(one.account_id)
        is_default = account is not None and account.signature == one.name
        where = "both" if account is not None and account.signature_in == "none" else ""
        name = "" if is_default else one.name
        await self._did(await signatures.make_default(ctx, one.account_id, name, where))

    async def command_signature_where(self) -> None:
        """Choose in which mails the default stands by itself."""
        account_id = self._account
        account = self.mail_app.ctx.account(account_id) if account_id is not None else None
        if account_id is None or account is None:
            return
        if not account.signature:
            raise ActionError("Space makes one the default first.")

        async def take(where: str) -> None:
            ctx = self.mail_app.ctx
            name = account.signature
            await self._did(await signatures.make_default(ctx, account_id, name, where))

        choices = [Choice(words, "now" if where == account.signature_in else "", "", where)
                   for where, words in WHERE.items()]  # fmt: skip
        await self.app.push_screen(PickerScreen("The default stands", choices, take))

    async def command_signature_delete(self) -> None:
        """Delete it; undo brings it back."""
        if (one := self._one) is not None:
            await self._did(await signatures.remove(self.mail_app.ctx, one))
