"""The sheet of `b`: what can be blocked here, how much it would hide, and a sample of it."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import blocking, triage
from tui_mail.actions.blocking import Offer, Preview
from tui_mail.store import pages
from tui_mail.tui import text
from tui_mail.tui.acting import Deed
from tui_mail.tui.commands import BLOCK
from tui_mail.tui.filing import FilingScreen
from tui_mail.tui.format import counted
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

_NAMES = {
    "address": "This address",
    "domain": "This domain and its sub-domains",
    "list": "This mailing list",
    "mute": "Mute this conversation",
    "spam": "Report spam",
}
_SAMPLE = 3


def screen(*, over: FilingScreen, conversation_id: int) -> BlockScreen:
    """What can be blocked from a conversation."""
    return BlockScreen(over, conversation_id)


class BlockScreen(SheetScreen):
    """Each line says what it would hide; Enter does it."""

    CONTEXT = BLOCK
    NAME_WIDTH = 32

    def __init__(self, over: FilingScreen, conversation_id: int) -> None:
        super().__init__("Block: only here, nothing changes on the server")
        self._over, self._conversation = over, conversation_id
        self._previews: dict[str, Preview] = {}
        self._linked_too = False
        self._account: tuple[int, str] | None = None
        """The account it is for when not for all: id and name."""

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """The offers with their counts; looked through off the loop."""
        ctx = self.mail_app.ctx
        offers = await blocking.offers(ctx, self._conversation)
        for offer in offers:
            if offer.target is not None:
                name = str(offer.target)
                self._previews[name] = await blocking.preview(ctx, name, account_id=self._only)
        where = f"for {self._account[1]} only" if self._account else "for all accounts"
        self.retitle(f"Block, {where}: only here, nothing changes on the server")
        return [Line(_NAMES[offer.kind], self._words(offer), "", offer) for offer in offers]

    def _words(self, offer: Offer) -> str:
        if offer.kind == "mute":
            return "keeps it out of the inbox from now on"
        if offer.kind == "spam":
            return "moves it to spam and tells the server"
        found = self._previews[str(offer.target)]
        if found.refusal:
            return f"cannot be blocked · {offer.target}"
        hidden = found.conversations + (len(found.linked) if self._linked_too else 0)
        words = f"hides {counted(hidden, 'conversation')} · {offer.target}"
        return words + (" · blocked already" if found.known else "")

    def describe(self, line: Line | None) -> text.Part:
        """Refusal or warning, the sample, and what is linked."""
        offer: Offer | None = line.item if line else None
        if offer is None or offer.target is None:
            return ""
        found = self._previews[str(offer.target)]
        if found.refusal:
            return found.refusal
        lines = [found.warning] if found.warning else []
        if found.linked:
            word = "hidden too" if self._linked_too else "stay; l hides them too"
            lines.append(f"{counted(len(found.linked), 'linked conversation')}: {word}")
        room = _SAMPLE - bool(found.linked)
        for row in (*found.linked[:1], *found.sample[:room]):
            lines.append(f"  {text.fit(row.people, 24)}  {text.fit(row.subject, 50).rstrip()}")
        return "\n".join(lines)

    @property
    def _only(self) -> int | None:
        return self._account[0] if self._account else None

    async def command_block_scope(self) -> None:
        """For all accounts, or only for the one the conversation is in (R34)."""
        if self._account is None:
            rows = await self.mail_app.ctx.db.read(pages.rows_by_id, [self._conversation])
            owner = rows[0].account_id if rows else 0
            names = {a.id: a.short_name or a.address for a in await self.mail_app.read_accounts()}
            self._account = (owner, names.get(owner, "this account"))
        else:
            self._account = None
        await self.reload()
        self.marked()

    async def command_block_linked(self) -> None:
        """Hide linked conversations too, or leave them."""
        self._linked_too = not self._linked_too
        await self.reload()
        self.marked()

    async def command_block_entries(self) -> None:
        """What is blocked."""
        await self.app.pop_screen()
        await self.mail_app.open_screen("blocked", conversation_id=None)

    async def command_block_take(self) -> None:
        """Do what the line says."""
        offer: Offer | None = self.list.line.item if self.list.line else None
        if offer is None:
            return
        ids = (self._conversation,)
        if offer.target is None:
            deed = (
                Deed("mute", lambda ctx, ids: triage.mute(ctx, ids, True))
                if offer.kind == "mute"
                else Deed("spam", triage.report_spam)
            )
            await self.app.pop_screen()
            self._over.do(deed, ids)
            return
        name, linked_too = str(offer.target), self._linked_too
        if self._previews[name].refusal:
            self.say(self._previews[name].refusal, trouble=True)
            return
        done = await blocking.block(
            self.mail_app.ctx, name, account_id=self._only, linked_too=linked_too
        )
        await self.app.pop_screen()
        self._over.settled(done.conversation_ids, done)
        self._over.say(f"{done.summary} · z undoes, g b shows them")
