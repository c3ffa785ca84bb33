"""Commands about records, the same in the list and beside an open conversation.

Linking, blocking, why, who sees it, contacts. What they show is imported when a key asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.model.views import View
from tui_mail.tui.acting import Deed
from tui_mail.tui.dialogs.picker import Choice, PickerScreen
from tui_mail.tui.triage import TriageScreen

if TYPE_CHECKING:
    from tui_mail.model.records import Ref


class FilingScreen(TriageScreen):
    """A screen of conversations that are filed with records."""

    def link_to(self, ids: tuple[int, ...], item: Ref, *, also: bool = False) -> None:
        """Link conversations; the same again is on the repeat key."""
        from tui_mail.actions import linking

        act = linking.link_also if also else linking.link
        self.do(Deed("link", lambda ctx, ids: act(ctx, ids, item)), ids)

    def _one(self) -> int | None:
        ids = self.targets()
        if len(ids) == 1:
            return ids[0]
        self.say("Choose one conversation for this." if ids else "Nothing is selected.")
        return None

    async def command_file_with(self) -> None:
        """Choose what the targets belong to."""
        ids = self.targets()
        if ids:
            await self.mail_app.open_screen("link", over=self, ids=ids)
        else:
            self.say("Nothing is selected.")

    async def command_shown_links(self) -> None:
        """The links of the conversation."""
        cid = self._one()
        if cid is not None:
            await self.mail_app.open_screen("links", over=self, conversation_id=cid)

    async def command_block(self) -> None:
        """What can be blocked here; in the view of the screened, what is blocked."""
        if self.view_id == View.SCREENED:
            ids = self.targets()[:1]
            await self.mail_app.open_screen("blocked", conversation_id=ids[0] if ids else None)
            return
        cid = self._one()
        if cid is not None:
            await self.mail_app.open_screen("block", over=self, conversation_id=cid)

    async def command_why(self) -> None:
        """Why it is where it is."""
        cid = self._one()
        if cid is not None:
            await self.mail_app.open_screen("why", conversation_id=cid)

    async def command_share(self) -> None:
        """Set who sees the targets, with the names of those who would."""
        from tui_mail.actions import sharing

        ids = self.targets()
        if not ids:
            self.say("Nothing is selected.")
            return
        found = await sharing.audience(self.mail_app.ctx, ids)
        names = ", ".join(found.names) or "nobody else, as things are"
        now = "private" if not found.shared else "shared" if not found.private else "mixed"
        note = f"Now {now}: {found.private} private and {found.shared} shared messages."
        if found.unlinked:
            note += " Not linked to any record: seen by nobody else until it is."
        if found.gain and now != "shared":
            note += f" New to it: {', '.join(found.gain)}."
        choices = [
            Choice("Private", "only you, whoever asks", "", False),
            Choice("Shared", f"seen by {names}", "", True),
        ]
        if now == "private":
            choices.reverse()

        async def take(shared: bool) -> None:
            self.do(Deed("share", lambda ctx, ids: sharing.share(ctx, ids, shared)), ids)

        await self.app.push_screen(PickerScreen("Who sees it", choices, take, note=note))

    async def command_contact(self) -> None:
        """Offer to make contacts of those who are none."""
        cid = self._one()
        if cid is not None:
            from tui_mail.tui.contacts import offer_contacts

            await offer_contacts(self, cid)

    async def command_record(self) -> None:
        """Open the linked item or somebody of the conversation."""
        cid = self._one()
        if cid is not None:
            from tui_mail.tui.contacts import offer_records

            await offer_records(self, cid)

    async def command_go_records(self, kind: str) -> None:
        """Lists of records."""
        await self.mail_app.open_screen("records", kind=kind)
