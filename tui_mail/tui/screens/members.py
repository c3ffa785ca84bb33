"""Whom a group mail goes to, what is missing for whom, and the mail of any of them."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions import group_members
from tui_mail.model.addresses import Address
from tui_mail.tui import text
from tui_mail.tui.commands import MEMBERS
from tui_mail.tui.format import counted
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line


def screen(*, composer: ComposeScreen) -> MembersScreen:
    """The people of the group mail in a composer."""
    return MembersScreen(composer)


class MembersScreen(SheetScreen):
    """Everybody once; Enter shows the mail as that person gets it."""

    CONTEXT = MEMBERS

    def __init__(self, composer: ComposeScreen) -> None:
        super().__init__("One mail each")
        self._composer = composer

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """Each person with what has no value for them."""
        draft = self._composer.draft
        if draft is None:
            return []
        found = await group_members.gaps_of_each(self.mail_app.ctx, draft)
        self.retitle(f"One mail each: {counted(len(found), 'person', 'people')}")
        return [
            Line(
                f"{person.name} <{person.address}>" if person.name else person.address,
                "; ".join(gaps) or "ready",
                "✗" if gaps else "✓",
                person,
            )
            for person, gaps in found
        ]

    def describe(self, line: Line | None) -> text.Part:
        """What Enter does."""
        return "Enter shows the mail as this person gets it." if line else "Nobody is in To."

    async def command_member_preview(self) -> None:
        """The mail of the marked person."""
        line, draft = self.list.line, self._composer.draft
        if line is not None and draft is not None and isinstance(line.item, Address):
            await self._composer.show_preview(group_members.single(draft, line.item))
