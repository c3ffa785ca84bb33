"""Sending later from the review: offered and typed times, the Outbox, another time, a miss."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import NOW, Mailbox
from tui_mail.actions import beginning, sending
from tui_mail.model.drafts import DraftContent
from tui_mail.model.moments import brief
from tui_mail.tui.screens.review import ReviewScreen

Make = Callable[..., Mailbox]
_DAY = 86_400


def tomorrow_at(hour: int) -> int:
    """That hour of the day after the tests' one, in the system's zone."""
    day = time.localtime(NOW + _DAY)
    return int(time.mktime((day.tm_year, day.tm_mon, day.tm_mday, hour, 0, 0, 0, 0, -1)))


async def test_a_typed_time_is_shown_exactly_and_then_taken(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box, (100, 30)) as journey:
        await journey.press("c")
        await journey.press(*"bo@example.org", "tab", "tab", "tab", *"Plan", "tab", *"Text")
        await journey.press("escape")
        await journey.until(lambda: isinstance(journey.app.screen, ReviewScreen))
        await journey.press("l")
        assert "tomorrow morning" in journey.screen
        await journey.press(*"yesterday", "enter")
        assert "`yesterday` is not understood" in journey.screen
        await journey.press(*["backspace"] * 9, *"tomorrow 9")
        assert brief(tomorrow_at(9)) in journey.screen
        await journey.press("enter")
        await journey.until(lambda: "Sending at" in journey.screen)
        assert box.fetch("SELECT state, scheduled, not_before FROM outbox") == [
            ("held", 1, tomorrow_at(9))
        ]
        await journey.press("g", "o")
        assert f"goes {brief(tomorrow_at(9))}" in journey.screen
        await journey.press("z")
        await journey.until(lambda: box.fetch("SELECT state FROM outbox") == [("cancelled",)])


async def planned(journey: object, state: str) -> None:
    ctx = journey.app.ctx  # type: ignore[attr-defined]
    content = DraftContent(to="bo@example.org", subject="The offer", body="Text")
    await sending.send(ctx, await beginning.new_draft(ctx, content=content), at=NOW + _DAY)
    journey.box.fetch("UPDATE outbox SET state = ?", state)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("state", "keys", "after"),
    [
        ("held", ["T", *"in 2 days", "enter"], ("held", 1)),
        ("held", ["X"], ("cancelled", 1)),
        ("missed", ["y"], ("held", 0)),
        ("missed", ["T", *"in 2 days", "enter"], ("held", 1)),
        ("missed", ["X"], ("cancelled", 1)),
    ],
)
async def test_a_planned_mail_moves_by_its_keys(
    mailbox: Make, start: Start, state: str, keys: list[str], after: tuple[str, int]
) -> None:
    box = mailbox(0)
    async with start(box, (100, 30)) as journey:
        await planned(journey, state)
        await journey.press("g", "o", "enter")
        words = "planned for" if state == "held" else "and missed. Does it still go?"
        await journey.until(lambda: words in journey.screen)
        await journey.press(*keys)
        await journey.until(
            lambda: box.fetch("SELECT state, scheduled FROM outbox") == [after], seconds=3
        )
