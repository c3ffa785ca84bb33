"""Snooze and follow-up by keys: out of the inbox, in their lanes, back at their time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import NOW, Mailbox, mail
from tui_mail.actions import lanes
from tui_mail.model.addresses import Address
from tui_mail.model.messages import Envelope
from tui_mail.model.views import View

Make = Callable[..., Mailbox]


def view(box: Mailbox, wanted: View) -> list[object]:
    """Subjects of a view from its top."""
    return [
        row[0]
        for row in box.fetch(
            "SELECT c.subject FROM listing l JOIN conversations c ON c.id = l.conversation_id"
            " WHERE l.view_id = ? ORDER BY l.at DESC, l.conversation_id DESC",
            int(wanted),
        )
    ]


def answer(number: int, to: int, **more: object) -> Envelope:
    return Envelope(
        message_id=f"<{number}@example.org>",
        in_reply_to=(f"<{to}@example.org>",),
        subject="Re: it",
        from_=(Address("Bo", "bo@example.org"),),
        to=(Address("Ada", "ada@example.com"),),
        fingerprint=number.to_bytes(16, "big"),
        **more,  # type: ignore[arg-type]
    )


async def test_a_snoozed_conversation_leaves_and_comes_back_on_top(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(3)
    async with start(box, (110, 30)) as journey:
        await journey.press("j", "h")
        assert "tomorrow" in journey.screen
        assert "not any more" not in journey.screen, "nothing is snoozed"
        await journey.press(*"in 2 hours", "enter")
        await journey.until(lambda: "Snoozed 1 conversation" in journey.screen)
        assert journey.rows == ["Subject 0000", "Subject 0002"]
        assert view(box, View.UNREAD) == ["Subject 0000", "Subject 0002"]
        await journey.press("g", "h")
        assert journey.rows == ["Subject 0001"]
        assert "until " in journey.screen
        await journey.press("h")
        assert "not any more" in journey.screen
        await journey.press("escape")
        box.clock.at = NOW + 7300
        assert await lanes.refresh(journey.app.ctx)
        assert view(box, View.INBOX) == ["Subject 0001", "Subject 0000", "Subject 0002"]
        assert view(box, View.SNOOZED) == []
        assert not await lanes.refresh(journey.app.ctx)


@pytest.mark.parametrize("preset", ["default", "gmail", "mutt"])
async def test_the_open_conversation_is_snoozed_and_the_next_one_shown(
    mailbox: Make, start: Start, preset: str
) -> None:
    box = mailbox(3, settings=f'[screen]\nkeys = "{preset}"\n')
    async with start(box, (110, 30)) as journey:
        await journey.press("enter")
        await journey.until(lambda: "Subject 0000" in journey.lines[0])
        await journey.press("h", *"in 2 hours", "enter")
        await journey.until(lambda: "Subject 0001" in journey.lines[0])
        await journey.press("q", "c" if preset == "mutt" else "g", "h")
        assert journey.rows == ["Subject 0000"]
        assert "Snoozed  1 unread of 1" in journey.lines[0], "the lane shows a count"
        await journey.press("z")
        assert view(box, View.SNOOZED) == []


async def test_undo_brings_it_back_at_once_also_many(mailbox: Make, start: Start) -> None:
    box = mailbox(4)
    async with start(box, (110, 30)) as journey:
        await journey.press("*", "a", "h", "enter")
        await journey.until(lambda: "Snoozed 4 conversations" in journey.screen)
        assert view(box, View.INBOX) == []
        await journey.press("z")
        await journey.until(lambda: len(view(box, View.INBOX)) == 4)
        assert box.fetch("SELECT count(*) FROM reminders") == [(0,)]


async def test_a_snooze_is_ended_by_a_key_and_by_any_answer(mailbox: Make, start: Start) -> None:
    box = mailbox(2)
    async with start(box, (110, 30)) as journey:
        await journey.press("*", "a", "h", "enter")
        await journey.until(lambda: view(box, View.INBOX) == [])
        box.arrive([answer(900, to=1)])
        assert view(box, View.INBOX) == ["Subject 0001"]
        await journey.press("g", "h")
        await journey.until(lambda: journey.rows == ["Subject 0000"])
        await journey.press("h", *"not any", "enter")
        await journey.until(lambda: len(view(box, View.INBOX)) == 2)


async def test_a_follow_up_is_due_on_top_and_ended_by_an_answer(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(3)
    async with start(box, (110, 30)) as journey:
        await journey.press("W", *"in 2 hours", "enter", "j", "W", *"in 1 hour", "enter")
        await journey.until(lambda: len(view(box, View.FOLLOW_UP)) == 2)
        assert view(box, View.FOLLOW_UP) == ["Subject 0001", "Subject 0000"]
        assert len(view(box, View.INBOX)) == 3
        box.clock.at = NOW + 3700
        await lanes.refresh(journey.app.ctx)
        await journey.press("g", "e")
        await journey.until(lambda: "DUE " in journey.screen)
        assert box.fetch("SELECT total, unread FROM view_counts WHERE view_id = 18") == [(2, 1)]
        box.arrive([answer(900, to=1, is_auto_reply=True)])
        assert len(view(box, View.FOLLOW_UP)) == 2
        box.arrive([answer(901, to=1)])
        assert view(box, View.FOLLOW_UP) == ["Subject 0000"]


async def test_past_mail_that_comes_later_is_no_answer(mailbox: Make, start: Start) -> None:
    box = mailbox(1)
    async with start(box, (110, 30)) as journey:
        await journey.press("W", *"in 2 hours", "enter")
        await journey.until(lambda: len(view(box, View.FOLLOW_UP)) == 1)
        box.arrive([answer(900, to=0)], at=NOW - 90_000)
        assert len(view(box, View.FOLLOW_UP)) == 1


async def test_only_the_inbox_is_snoozed(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    box.arrive([mail(1)], folder="archive")
    async with start(box, (110, 30)) as journey:
        await journey.press("g", "a", "h", "enter")
        await journey.until(lambda: "Only what is in the inbox" in journey.screen)


async def test_set_in_the_review_it_is_kept_with_the_mail(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box, (100, 34)) as journey:
        await journey.press("c")
        await journey.press(*"bo@example.org", "tab", "tab", "tab", *"Ask", "tab", *"Well?")
        await journey.press("escape")
        await journey.until(lambda: "Send this mail?" in journey.screen)
        await journey.press("r", *"in 3 days", "enter")
        await journey.until(lambda: "or you are told" in journey.screen)
        await journey.press("y")
        await journey.until(lambda: view(box, View.FOLLOW_UP) == ["Ask"])
        await journey.press("z")
        await journey.until(lambda: view(box, View.FOLLOW_UP) == [])
        assert box.fetch("SELECT count(*) FROM reminders") == [(0,)]
