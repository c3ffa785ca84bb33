"""The views whose rows wait for a link: suggestions under the list, digits that take them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.widgets import Static

from tui_mail.model.views import View
from tui_mail.tui import text
from tui_mail.tui.finding import FindingScreen
from tui_mail.tui.format import counted, number

if TYPE_CHECKING:
    from tui_mail.actions.picking import Choice
    from tui_mail.model.records import Ref

_SUGGESTED = 5
ASKING = (View.AMBIGUOUS, View.UNLINKED)
"""Views whose rows wait for a link."""


class AskingScreen(FindingScreen):
    """A list with a pane `#offers` for what the digits link to."""

    def __init__(self) -> None:
        super().__init__()
        self._offers: tuple[int, tuple[Ref, ...]] | None = None

    @abstractmethod
    def look_closer(self) -> None:
        """Show what belongs to the row under the cursor, in a moment."""

    async def offer_links(self, conversation_id: int | None) -> None:
        """What the digits link to, under the list; in the Outbox how far group mails are."""
        from tui_mail.tui.record_lines import item_words

        pane = self.query_one("#offers", Static)
        if self.view_id == View.OUTBOX:
            from tui_mail.store import mailings
            from tui_mail.tui.sending import group_words

            found_ = await self.mail_app.ctx.db.read(mailings.open_ones)
            shown = "\n".join(group_words(one) for one in found_)
            pane.update(text.lines(f"{shown}\ng G: stop, go on, take back"))
            return
        if conversation_id is None:
            self._offers = None
            pane.update(text.plain("Nothing waits here."))
            return
        found = await self._suggestions(conversation_id)
        lines: list[text.Part] = []
        for number_, one in enumerate(found, 1):
            lines += [(f"{number_} ", "bold"), (one.item.title, "bold")]
            lines += [f"  {item_words(one.item)} · {one.why}", "\n"]
        lines.append("l shows more." if found else "Nothing fits; l looks further or adds one.")
        pane.update(text.parts(*lines))

    async def has_groups(self) -> bool:
        """Whether this is the Outbox and a group mail goes out."""
        if self.view_id != View.OUTBOX:
            return False
        from tui_mail.store import mailings

        return bool(await self.mail_app.ctx.db.read(mailings.open_ones))

    async def _suggestions(self, conversation_id: int) -> list[Choice]:
        from tui_mail.actions import picking

        found = await self.mail_app.ctx.db.read(picking.rank, (conversation_id,), "", _SUGGESTED)
        self._offers = (conversation_id, tuple(one.item.ref for one in found))
        return found

    async def command_link_number(self, place: int) -> None:
        """In the views that ask: link to a suggestion, and the next row is there at once."""
        if self.view_id not in ASKING or self.before_search:
            self.say("Digits link in Ambiguous (g m) and Unlinked (g k); l links here.")
            return
        conversation_id = self.conversations.cursor_id
        if conversation_id is None:
            return
        if self._offers is None or self._offers[0] != conversation_id:
            await self._suggestions(conversation_id)
        refs = self._offers[1] if self._offers else ()
        if place > len(refs):
            self.say(f"There is no suggestion {place}; l looks further.")
            return
        self.link_to(self.targets(), refs[place - 1])
        self.look_closer()

    async def command_apply_links(self) -> None:
        """Say what automatic linking would do to what is unlinked, and do it when told so."""
        from tui_mail.actions import linking
        from tui_mail.tui.dialogs.ask import ConfirmScreen

        ctx = self.mail_app.ctx
        plan = await linking.apply_automatic(ctx)
        if not plan.linked:
            self.say(f"The rules link none of {counted(plan.looked_at, 'unlinked conversation')}.")
            return

        async def apply() -> None:
            done = (await linking.apply_automatic(ctx, dry_run=False)).done
            self.mail_app.look_soon()
            if done is not None:
                self.say(f"{done.summary} · {self._undo_key()} undoes")

        words = (
            f"{counted(plan.looked_at, 'unlinked conversation')} with somebody known in them.\n"
            f"{number(len(plan.linked))} would be linked to their only open item.\n"
            f"{number(len(plan.ambiguous))} have several and stay as they are."
        )
        title = "Link by the rules?"
        await self.mail_app.push_screen(ConfirmScreen(title, text.lines(words), apply))
