"""Writing by keys: nothing typed is lost, nothing goes without a look."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.steps import Journey
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.screens.review import ReviewScreen
from tui_mail.tui.widgets.fields import TextField

Make = Callable[..., Mailbox]


async def composing(journey: Journey, *keys: str) -> ComposeScreen:
    """Press keys that open a composer and wait until it can be typed into."""
    await journey.pilot.press(*keys)
    await journey.until(
        lambda: (
            isinstance(journey.app.screen, ComposeScreen)
            and journey.app.screen.draft is not None
            and journey.app.screen.focused is not None
        )
    )
    found = journey.app.screen
    assert isinstance(found, ComposeScreen)
    return found


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_mail_is_written_looked_at_and_sent(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    async with start(box, size) as journey:
        await composing(journey, "c")
        await journey.pilot.press(*"bo@example.org", "tab", "tab", "tab", *"Hi", "tab", *"Text")
        await journey.press("escape")
        assert isinstance(journey.app.screen, ReviewScreen)
        assert "bo@example.org" in journey.screen
        assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
        await journey.press("y")
        assert box.fetch("SELECT state FROM outbox") == [("held",)]
        assert "Sending “Hi” in 10 s · z stops it" in journey.screen
        back = await composing(journey, "z")
        assert box.fetch("SELECT state FROM outbox") == [("cancelled",)]
        assert back.query_one(TextField).text == "Text"
