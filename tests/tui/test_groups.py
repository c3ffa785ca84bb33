"""Group mail by keys: chosen in the list of contacts, looked at, confirmed, stopped, taken back."""

from __future__ import annotations

from collections.abc import Callable

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.steps import Journey
from tui_mail.actions import crm
from tui_mail.actions.context import open_context
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.screens.groups import GroupsScreen
from tui_mail.tui.screens.members import MembersScreen
from tui_mail.tui.screens.review import ReviewScreen

Make = Callable[..., Mailbox]


async def contacts(box: Mailbox, count: int) -> Mailbox:
    """People with an address; the last one has no job title."""

    ctx = await open_context(box.paths, clock=box.clock)
    try:
        for number in range(count):
            values = {"name": f"Kim {number:02}", "addresses": [f"kim{number}@example.org"]}
            title = f"title-{number}" if number < count - 1 else ""
            await crm.create(ctx, "person", {**values, "job_title": title})
    finally:
        await ctx.close()
    return box


async def written(journey: Journey, keys: tuple[str, ...], body: str) -> None:
    """A group mail to those that `keys` select, up to the review."""
    await journey.press("g", "c")
    await journey.until(lambda: "Kim 00" in journey.screen)
    await journey.press(*keys, "c")
    await journey.until(lambda: isinstance(journey.app.screen, ComposeScreen))
    await journey.until(lambda: "one mail each" in journey.screen)
    await journey.press(*"News", "tab", *body)
    await journey.press("escape")
    await journey.until(lambda: isinstance(journey.app.screen, ReviewScreen))


async def test_chosen_looked_at_sent_stopped_and_taken_back(mailbox: Make, start: Start) -> None:
    box = await contacts(mailbox(0), 4)
    async with start(box, (110, 34)) as journey:
        await written(journey, ("x", "x", "x"), "You are {{person.job_title}}.")
        await journey.until(lambda: "3 people, one mail each, 30 s apart" in journey.screen)
        await journey.press("v")
        await journey.until(lambda: isinstance(journey.app.screen, MembersScreen))
        await journey.press("j", "enter")
        await journey.until(lambda: "You are title-1." in journey.screen)
        await journey.press("q", "q")
        await journey.until(lambda: isinstance(journey.app.screen, ReviewScreen))
        await journey.press("y")
        await journey.until(lambda: "to 3 people, one by one" in journey.screen)
        assert box.fetch("SELECT count(*), count(DISTINCT message_id) FROM outbox") == [(3, 3)]
        await journey.press("escape", "escape")
        await journey.press("g", "o")
        await journey.until(lambda: "0 of 3 sent" in journey.screen)
        await journey.press("g", "G")
        await journey.until(lambda: isinstance(journey.app.screen, GroupsScreen))
        await journey.press("p")
        await journey.until(lambda: "STOPPED" in journey.screen)
        await journey.press("p")
        await journey.until(lambda: box.fetch("SELECT state FROM mailings") == [("running",)])
        await journey.press("X", "y")
        await journey.until(
            lambda: box.fetch("SELECT DISTINCT state FROM outbox") == [("cancelled",)]
        )
        assert box.fetch("SELECT state FROM drafts") == [("kept",)]


async def test_a_gap_of_one_person_is_named_and_stops_all(mailbox: Make, start: Start) -> None:
    box = await contacts(mailbox(0), 3)
    async with start(box, (110, 34)) as journey:
        await written(journey, ("*",), "You are {{person.job_title}}.")
        await journey.until(lambda: "Kim 02: {{person.job_title}} is empty" in journey.screen)
        await journey.press("v")
        await journey.until(lambda: isinstance(journey.app.screen, MembersScreen))
        assert "✗" in journey.screen
        await journey.press("q", "y")
        assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]


async def test_undo_in_time_takes_all_of_it_back(mailbox: Make, start: Start) -> None:
    box = await contacts(mailbox(0), 3)
    async with start(box, (110, 34)) as journey:
        await written(journey, ("x", "x"), "Hello.")
        await journey.press("y")
        await journey.until(lambda: "one by one" in journey.screen)
        await journey.press("escape", "escape", "escape", "z")
        await journey.until(
            lambda: box.fetch("SELECT DISTINCT state FROM outbox") == [("cancelled",)]
        )
        await journey.until(lambda: isinstance(journey.app.screen, ComposeScreen))


async def test_one_marked_contact_is_written_to_as_ever(mailbox: Make, start: Start) -> None:
    box = await contacts(mailbox(0), 2)
    async with start(box, (110, 34)) as journey:
        await journey.press("g", "c")
        await journey.until(lambda: "Kim 00" in journey.screen)
        await journey.press("c")
        await journey.until(lambda: "kim0@example.org" in journey.screen)
        assert "one mail each" not in journey.screen
