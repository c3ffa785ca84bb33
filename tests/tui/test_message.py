"""The reader by its keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.mails import file_mails, raw_mail
from tests.tui.steps import Journey
from tui_mail.model.messages import Flag
from tui_mail.tui.screens.message import MessageScreen

Make = Callable[..., Mailbox]


async def opened(journey: Journey) -> MessageScreen:
    """Open the row under the cursor and wait for its text."""
    await journey.press("enter")
    return await reading(journey)


async def reading(journey: Journey) -> MessageScreen:
    """Wait until every unfolded message has its text."""
    found = journey.app.screen
    assert isinstance(found, MessageScreen)
    await journey.until(
        lambda: bool(found.entries) and all(e.mail for e in found.entries.values() if e.unfolded)
    )
    await journey.settled()
    return found


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_mail_is_shown_with_its_sender_and_text(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    file_mails(box, raw_mail(1, "Dear Ada,\r\nthe price is 40 EUR.\r\n", subject="The offer"))
    async with start(box, size) as journey:
        await opened(journey)
        assert "The offer" in journey.lines[0]
        assert "From     Anna Berg <anna@fjord.example>" in journey.screen
        assert "Dear Ada," in journey.screen
        assert "the price is 40 EUR." in journey.screen
        assert box.fetch("SELECT flags & 1 FROM messages") == [(int(Flag.SEEN),)]
