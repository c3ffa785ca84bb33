"""All labels, who follows a record, and deals that nothing happens with, by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.crm import add, mail_from, mark
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE
from tui_mail.actions import crm, labelling, linking, sharing

Make = Callable[..., Mailbox]


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_labels_are_renamed_coloured_deleted_and_brought_back(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    async with start(box, size) as journey:
        deal = await add(journey, "deal", title="Crane")
        await labelling.set_labels(journey.app.ctx, deal, ["hot"])
        await labelling.label_conversations(journey.app.ctx, [1], ["later"])
        before = box.fetch("SELECT * FROM labels_of ORDER BY label_id")
        await journey.press("g", "L")
        await journey.until(lambda: "Labels  2" in journey.screen)
        assert journey.screen.index("Deals") < journey.screen.index("Conversations")
        await journey.press("r", *"hotter", "enter")
        await journey.until(lambda: "hotter" in journey.screen)
        await journey.press("c", *"red", "enter")
        await journey.until(lambda: "1 use · red" in journey.screen)
        await journey.press("j", "d")
        assert "Delete this label?" in journey.screen
        await journey.press("y")
        await journey.until(lambda: "Labels  1" in journey.screen)
        await journey.press("z", "z", "z")
        names = "SELECT name, color FROM labels ORDER BY name"
        await journey.until(lambda: box.fetch(names) == [("hot", ""), ("later", "")])
        assert box.fetch("SELECT * FROM labels_of ORDER BY label_id") == before


async def test_a_hostile_label_steers_nothing(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box) as journey:
        deal = await add(journey, "deal", title="Crane")
        await labelling.set_labels(journey.app.ctx, deal, [HOSTILE.replace("\x00", "")])
        await journey.press("g", "L")
        for keys in (("r", "escape"), ("c", "escape"), ("d",)):
            await journey.press(*keys)
            assert not {"\x1b", "\x9b", "\u202e"} & set(journey.screen)


async def test_a_record_is_followed_and_no_longer(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box, (100, 60)) as journey:
        await add(journey, "deal", title="Crane")
        await journey.press("g", "p", "enter")
        await journey.until(lambda: "Followed by" in journey.screen)
        followed = "SELECT kind, record_id, user_id FROM followers"
        await journey.press("f")
        await journey.until(lambda: box.fetch(followed) == [("deal", 1, 1)])
        assert "me follows Crane" in journey.screen
        await mark(journey, "Followed by")
        await journey.press("enter")
        await journey.until(lambda: box.fetch(followed) == [])
        box.run("INSERT INTO users(id, name) VALUES (2, 'Bea')")
        await journey.press("enter", *"bea", "enter")
        await journey.until(lambda: box.fetch(followed) == [("deal", 1, 2)])
        await journey.press("z")
        await journey.until(lambda: box.fetch(followed) == [])


async def test_deals_without_mail_are_reached_by_the_filter(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box) as journey:
        await add(journey, "deal", title="Silent")
        await add(journey, "deal", title="Fresh")
        plan = {"subject": "Call", "kind": "deal", "item_id": 1}
        await crm.create_activity(journey.app.ctx, plan)
        box.run("UPDATE stages SET rotten_days = 5")
        box.run("UPDATE deals SET stage_changed_at = stage_changed_at - 6 * 86400 WHERE id = 1")
        await journey.press("g", "p")
        await journey.until(lambda: "Deals  2" in journey.screen)
        await journey.press("f")
        await journey.until(lambda: "Deals gone quiet  1" in journey.screen)
        assert "Silent" in journey.screen and "Fresh" not in journey.screen
        assert "silent for 6 of 5 days" in journey.screen
        await journey.press("f")
        await journey.until(lambda: "Deals without a next activity  1" in journey.screen)
        assert "Fresh" in journey.screen and "Silent" not in journey.screen
        await journey.press("/", *"nothing", "enter")
        await journey.until(lambda: "Nothing of that name" in journey.screen)
        await journey.press("escape", "f")
        await journey.until(lambda: "Deals  2" in journey.screen)
        await journey.press("g", "c", "f")
        assert "Only deals can be filtered" in journey.screen


async def test_who_sees_a_record_is_chosen_on_its_screen_and_undone(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    box.run("INSERT INTO users(id, name) VALUES (2, 'Bea')")
    async with start(box) as journey:
        ctx = journey.app.ctx
        deal = await add(journey, "deal", title="Crane")
        await linking.link(ctx, [1], deal)
        assert (await sharing.audience(ctx, [1])).names == ("Bea",)
        await journey.press("g", "p", "enter")
        await journey.until(lambda: "Seen by             everyone" in journey.screen)
        await mark(journey, "Seen by")
        await journey.press("enter", *"owner", "enter")
        await journey.until(lambda: "Seen by             owner" in journey.screen)
        assert (await sharing.audience(ctx, [1])).names == ()
        await mark(journey, "Owner")
        await journey.press("enter", *"bea", "enter")
        await journey.until(lambda: "Owner               Bea" in journey.screen)
        assert (await sharing.audience(ctx, [1])).names == ("Bea",)
        await journey.press("x")
        assert "Owner always stands" in journey.screen
        await journey.press("z", "z")
        await journey.until(lambda: "Seen by             everyone" in journey.screen)
