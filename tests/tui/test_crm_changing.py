"""Split, merge, stages and activities beside the mail, blocks by account, new items and undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.tui.conftest import Start
from tests.tui.crm import add, links, mail_from
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE

Make = Callable[..., Mailbox]


def thread(box: Mailbox, number: int) -> None:
    """A conversation of two mails from different people."""
    first = mail_from(number, "anna@fjord.example", subject=f"Crane {number}")
    second = replace(
        mail_from(number + 1, "bo@fjord.example", subject=f"Re: Crane {number}"),
        in_reply_to=(first.message_id,), references=(first.message_id,),
    )  # fmt: skip
    box.arrive([first])
    box.arrive([second])


def conversations(box: Mailbox) -> list[tuple[object, ...]]:
    return box.fetch(
        "SELECT conversation_id, count(*) FROM messages GROUP BY conversation_id ORDER BY 1"
    )


async def test_a_message_is_split_off_after_a_word_and_undo_joins_it(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    thread(box, 1)
    async with start(box) as journey:
        before = conversations(box)
        assert [row[1] for row in before] == [2]
        await journey.press("enter", "|")
        assert "Split this message off?" in journey.screen
        assert "1 message stays here" in journey.screen
        await journey.press("n")
        assert conversations(box) == before
        await journey.press("|", "y")
        await journey.until(lambda: len(conversations(box)) == 2)
        assert "Split off 1 message" in journey.screen
        await journey.press("z")
        await journey.until(lambda: conversations(box) == before)


async def test_selected_conversations_become_one_and_undo_parts_them(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(3)])
    async with start(box) as journey:
        deal = await add(journey, "deal", title="Crane")
        assert deal.id
        await journey.press("j", "l", "1")
        await journey.press("g", "g", "&")
        assert "Select two conversations" in journey.screen
        before = conversations(box)
        await journey.press("x", "x", "&")
        assert "Make one of 2 conversations?" in journey.screen
        assert "Subject 0" in journey.screen and "Subject 1" in journey.screen
        await journey.press("y")
        await journey.until(lambda: [row[1] for row in conversations(box)] == [2, 1])
        assert len(links(box)) == 1
        await journey.press("z")
        await journey.until(lambda: conversations(box) == before)
        assert [row[0] for row in links(box)] == ["Subject 1"]


async def test_stage_and_activity_change_beside_the_mail(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    async with start(box, (140, 45)) as journey:
        await journey.press(">")
        assert "linked to nothing yet" in journey.screen
        await add(journey, "deal", title="Crane")
        await journey.press("l", "1")
        await journey.until(lambda: "no next activity" in journey.screen)
        for opened in (False, True):
            if opened:
                await journey.press("enter", "i")
            await journey.press("t", *"call anna 2030-01-02", "enter")
            await journey.until(lambda: "2030-01-02 task: call anna" in journey.screen)
            await journey.press("D")
            await journey.until(lambda: "no next activity" in journey.screen)
            await journey.press(">", *("propo" if not opened else "negot"), "enter")
            name = "Negotiation" if opened else "Proposal sent"
            await journey.until(lambda name=name: f"days in {name}" in journey.screen)
        await journey.press("z")
        await journey.until(lambda: "days in Proposal sent" in journey.screen)


async def test_a_new_deal_and_its_link_are_one_step_of_undo(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(2)])
    async with start(box) as journey:
        await journey.press("l", "n", "enter")
        await journey.until(lambda: "New deal" in journey.screen)
        await journey.press("ctrl+s")
        await journey.until(lambda: len(links(box)) == 1)
        assert box.fetch("SELECT count(*) FROM persons") == [(1,)]
        await journey.press("j", ".")
        assert len(links(box)) == 2
        await journey.press("z")
        assert len(links(box)) == 1, "the repetition alone"
        await journey.press("z")
        assert links(box) == []
        assert box.fetch("SELECT count(*) FROM deals") == [(0,)]
        assert box.fetch("SELECT count(*) FROM persons") == [(0,)]


async def test_a_block_is_for_all_accounts_or_for_one(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "spam@bulk.example")])
    async with start(box, (120, 30)) as journey:
        await journey.press("b")
        await journey.until(lambda: "for all accounts" in journey.screen)
        await journey.press("a")
        await journey.until(lambda: "only: only here" in journey.screen)
        await journey.press("enter")
        await journey.until(lambda: box.fetch("SELECT account_id FROM blocked") == [(1,)])
        await journey.press("g", "b", "b", "s", "enter")
        await journey.until(lambda: box.fetch("SELECT account_id FROM blocked") == [(None,)])
        assert "all accounts" in journey.screen
        assert box.fetch("SELECT count(*) FROM messages WHERE screened_by IS NULL") == [(0,)]
        await journey.press("z")
        await journey.until(lambda: box.fetch("SELECT account_id FROM blocked") == [(1,)])


async def test_hostile_names_in_the_questions_of_split_and_merge(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    first = replace(mail_from(1, "a@x.example", subject=HOSTILE, name=HOSTILE))
    answer = replace(mail_from(2, "b@x.example", subject=HOSTILE, name=HOSTILE),
                     in_reply_to=(first.message_id,), references=(first.message_id,))  # fmt: skip
    box.arrive([first, answer])
    box.arrive([mail_from(3, "c@x.example", subject=HOSTILE, name=HOSTILE)])
    async with start(box) as journey:
        await journey.press("x", "x", "&")
        assert "become one" in journey.screen
        assert "\x1b" not in journey.screen
        await journey.press("n", "escape", "j", "enter", "|")
        await journey.until(lambda: "conversation of its own" in journey.screen)
        assert "\x1b" not in journey.screen


async def test_the_views_over_mail_and_deals_have_keys_a_place_and_a_count(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(2)])
    async with start(box, (140, 45)) as journey:
        await add(journey, "deal", title="Crane", value="990")
        await journey.press("l", "1")
        await journey.press("g", "n")
        await journey.until(lambda: journey.list.total == 1)
        assert "No next activity" in journey.screen
        assert "990" in journey.screen and "Qualified" in journey.screen
        await journey.press("t", *"call", "enter")
        await journey.until(lambda: journey.list.total == 0)
        await journey.press("z")
        await journey.until(lambda: journey.list.total == 1)
        await add(journey, "deal", title="Never written about")
        await journey.press("g", "i", "g", "n")
        await journey.until(lambda: "and 1 deal without mail: g p" in journey.screen)
        for keys, title in (("w", "Waiting for me"), ("q", "Gone quiet")):
            await journey.press("g", keys)
            assert title in journey.lines[0]


async def test_labels_are_set_by_key_and_found(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(3)])
    async with start(box) as journey:
        await journey.press("x", "x", "B", *"later, big", "enter")
        assert box.fetch("SELECT count(*) FROM labels_of") == [(4,)]
        await journey.press("/", *"label:big", "enter")
        await journey.until(lambda: journey.list.total == 2)
        await journey.press("escape", "z")
        assert box.fetch("SELECT count(*) FROM labels_of") == [(0,)]
