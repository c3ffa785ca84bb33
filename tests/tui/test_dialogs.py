"""A question closes when it is answered, whatever its answer opens next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.crm import add, mark
from tests.tui.factory import Mailbox
from tests.tui.steps import Journey
from tui_mail.errors import ActionError
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import AskScreen, ConfirmScreen, Then

Make = Callable[..., Mailbox]


def stack(journey: Journey) -> list[str]:
    """What is open, from the inbox up."""
    return [type(screen).__name__ for screen in journey.app.screen_stack]


def asked(journey: Journey, log: list[str]) -> AskScreen:
    """A question whose answer `more` asks again, and whose answer `no` is refused."""

    async def take(typed: str) -> Then | None:
        log.append(typed)
        if typed == "no":
            raise ActionError("Not this.")
        if typed == "more":
            return lambda: journey.app.push_screen(asked(journey, log))
        if typed == "trouble":
            return trouble
        return None

    async def trouble() -> None:
        raise ActionError("It did not work.")

    return AskScreen("Question", text.plain("?"), take)


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        (["yes"], ["InboxScreen"]),
        (["no"], ["InboxScreen", "AskScreen"]),
        (["more"], ["InboxScreen", "AskScreen"]),
        (["more", "more", "no"], ["InboxScreen", "AskScreen"]),
        (["more", "yes"], ["InboxScreen"]),
        (["trouble"], ["InboxScreen"]),
    ],
)
async def test_no_answered_question_stays_below(
    mailbox: Make, start: Start, answers: list[str], left: list[str]
) -> None:
    log: list[str] = []
    async with start(mailbox()) as journey:
        await journey.app.push_screen(asked(journey, log))
        for answer in answers:
            await journey.press(*answer, "enter")
        assert log == answers
        assert stack(journey) == left
        if answers[-1] in ("no", "trouble"):
            assert ("Not this." if answers[-1] == "no" else "It did not work.") in journey.screen


async def test_a_field_with_choices_is_defined_over_one_dialog_at_a_time(
    mailbox: Make, start: Start
) -> None:
    async with start(mailbox(), (100, 60)) as journey:
        await add(journey, "deal", title="Crane")
        await journey.press("g", "p", "enter")
        await journey.until(lambda: "Another field" in journey.screen)
        below = stack(journey)
        await mark(journey, "Another field")
        await journey.press("enter", *"Region", "enter")
        assert stack(journey) == [*below, "PickerScreen"]
        await journey.press(*"cho", "enter")
        assert stack(journey) == [*below, "AskScreen"]
        await journey.press(*"North, South", "enter")
        assert stack(journey) == below


async def test_blocking_by_name_asks_over_the_entries_only(mailbox: Make, start: Start) -> None:
    async with start(mailbox()) as journey:
        await journey.press("g", "b", "b")
        below = stack(journey)
        await journey.press("a", *"spam.example", "enter")
        assert stack(journey) == [*below, ConfirmScreen.__name__]
        await journey.press("escape")
        assert stack(journey) == below
