"""The sheet of `w`: every decision about a conversation, the rule, when, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from tui_mail.actions.why import why
from tui_mail.tui import text
from tui_mail.tui.commands import WHY
from tui_mail.tui.format import short_date
from tui_mail.tui.sheets import SheetScreen
from tui_mail.tui.widgets.line_list import Line

_TOPICS = {
    "link": "Linked to",
    "history": "Before that",
    "people": "With",
    "screened": "Blocked",
    "sight": "Who sees it",
    "came": "What brought it in",
    "journal": "What was done",
}


def screen(*, conversation_id: int) -> WhyScreen:
    """The reasons of one conversation."""
    return WhyScreen(conversation_id)


class WhyScreen(SheetScreen):
    """Reasons under their topics; the marked one in full at the bottom."""

    CONTEXT = WHY

    def __init__(self, conversation_id: int) -> None:
        super().__init__("Why")
        self._conversation = conversation_id

    async def read_lines(self, typed: str) -> Sequence[Line]:
        """One line each reason."""
        ctx, lines, topic = self.mail_app.ctx, list[Line](), ""
        for number, reason in enumerate(await why(ctx, self._conversation)):
            if reason.topic != topic:
                topic = reason.topic
                lines.append(Line(_TOPICS.get(topic, topic), heading=True))
            when = short_date(reason.at, ctx.now()) if reason.at else ""
            after = ", ".join(word for word in (reason.rule, when) if word)
            lines.append(Line(f"{reason.text}  ({after})" if after else reason.text, item=number))
        return lines

    def describe(self, line: Line | None) -> text.Part:
        """The whole reason, where the line is too long for the screen."""
        return line.text if line else ""
