"""Commands about records, the same in the list and beside an open conversation.

Linking, blocking, why, who sees it, contacts. What they show is imported when a key asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_mail.model.views import View
from tui_mail.tui.acting import Deed
from tui_mail.tui.triage import TriageScreen

if TYPE_CHECKING:
    from tui_mail.actions.recorded import RecordDone
    from tui_mail.model.records import Ref
    from tui_mail.tui.changing import Did


class FilingScreen(TriageScreen):
    """A screen of conversations that are filed with records."""

    def link_to(
        self, ids: tuple[int, ...], item: Ref, *, also: bool = False, after: int | None = None
    ) -> None:
        """Link conversations; the same again is on the repeat key.

        `after` is the journal entry that made the item: one undo takes both back.
        """
        from tui_mail.actions import linking

        act = linking.link_also if also else linking.link
        deed = Deed("link", lambda ctx, ids: act(ctx, ids, item))
        self.do(deed, ids, first=lambda ctx, ids: act(ctx, ids, item, after=after))

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
        from tui_mail.tui.dialogs.picker import Choice, PickerScreen

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

    # The item it belongs to

    async def _item(self) -> tuple[Ref, Did] | None:
        """The item the conversation belongs to, and how what is done with it is shown."""
        from tui_mail.store import links

        cid = self._one()
        if cid is None:
            return None
        found = (await self.mail_app.ctx.db.read(links.primaries, [cid])).get(cid)
        if found is None:
            self.say("It is linked to nothing yet; l links it.")
            return None

        async def did(done: RecordDone) -> None:
            self.settled(done.conversation_ids, done)
            self.say(f"{done.summary} · {self._undo_key()} undoes")

        return found.item, did

    async def command_item_stage(self) -> None:
        """Choose another stage or phase for the item."""
        if (found := await self._item()) is not None:
            from tui_mail.tui.changing import choose_stage

            await choose_stage(self, *found)

    async def command_item_activity(self) -> None:
        """Plan something to do with the item."""
        if (found := await self._item()) is not None:
            from tui_mail.tui.changing import plan_activity

            await plan_activity(self, *found)

    async def command_item_done(self) -> None:
        """The next activity of the item is done."""
        if (found := await self._item()) is not None:
            from tui_mail.tui.changing import finish_next

            await finish_next(self, *found)

    async def command_label(self) -> None:
        """Set the labels of the targets; what is offered are those of the first."""
        ids = self.targets()
        if not ids:
            self.say("Nothing is selected.")
            return
        from tui_mail.tui.labels import ask_labels

        async def take(wanted: list[str]) -> None:
            from tui_mail.actions import labelling

            self.do(
                Deed("label", lambda ctx, ids: labelling.label_conversations(ctx, ids, wanted)),
                ids,
            )

        await ask_labels(self, "mail", ids[0], take)

    async def command_import(self) -> None:
        """Bring records from a file."""
        from tui_mail.tui.importing import import_file

        await import_file(self)

    async def command_go_records(self, kind: str) -> None:
        """Lists of records."""
        await self.mail_app.open_screen("records", kind=kind)
