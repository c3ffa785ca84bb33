"""Linking, the views that ask, links, why, sharing and blocking by their keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.tui.conftest import Start
from tests.tui.crm import add, link_automatically, links, mail_from
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE
from tests.tui.steps import Journey
from tui_mail.actions import crm, linking, sharing

Make = Callable[..., Mailbox]
SIZES = [(80, 24), (140, 45)]


@pytest.mark.parametrize("size", SIZES)
async def test_two_keys_link_and_the_row_shows_it(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(3)])
    async with start(box, size) as journey:
        await add(journey, "deal", title="Fjord renewal")
        await add(journey, "deal", title="Harbour crane")
        assert "◆" not in journey.screen
        await journey.press("l")
        await journey.press(*"harb")
        await journey.until(lambda: "Harbour crane" in journey.screen)
        assert "Fjord renewal" not in journey.screen
        await journey.press("enter")
        assert links(box) == [("Subject 0", "deal", "Harbour crane", "primary")]
        await journey.until(lambda: "◆" in journey.screen)
        await journey.press("j", ".", "j", "l", "1")
        assert [row[2] for row in links(box)] == ["Harbour crane"] * 3
        await journey.press("z", "z")
        assert [row[0] for row in links(box)] == ["Subject 0"]


async def test_an_open_conversation_is_linked_and_answers_why(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(2)])
    async with start(box) as journey:
        await add(journey, "deal", title="Crane")
        await journey.press("enter", "l", *"cra", "enter")
        assert links(box) == [("Subject 0", "deal", "Crane", "primary")]
        assert "Linked 1 conversation to Crane" in journey.screen
        await journey.press("w")
        assert "Linked to deal Crane by you" in journey.screen
        await journey.press("q", "z")
        assert links(box) == []
        await journey.press("L")
        assert "Not linked to any deal" in journey.screen


async def test_a_name_is_typed_ahead_and_the_newest_text_counts(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    async with start(box) as journey:
        for n in range(40):
            await add(journey, "deal", title=f"Number {n}")
        await journey.pilot.press("l", "/", *"number 37", "enter")
        await journey.settled()
        assert [row[2] for row in links(box)] == ["Number 37"]


async def test_a_selection_is_linked_as_one_and_undone_as_one(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example") for n in range(3)])
    async with start(box) as journey:
        await add(journey, "project", title="Move")
        await journey.press("x", "x", "l", *"mov", "enter")
        assert len(links(box)) == 2
        await journey.press("z")
        assert links(box) == []


async def test_a_deal_is_made_from_the_mail_and_linked(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example", "Re: New crane", "Anna Berg")])
    async with start(box) as journey:
        await add(journey, "organization", name="Fjord AS", domains="fjord.example")
        await journey.press("l", "n")
        await journey.press("enter")
        assert "New crane" in journey.screen and "Fjord AS" in journey.screen
        await journey.press("ctrl+s")
        assert [row[2] for row in links(box)] == ["New crane"]
        assert box.fetch("SELECT name FROM persons") == [("Anna Berg",)]


@pytest.mark.parametrize("size", SIZES)
async def test_in_the_view_that_asks_a_digit_links_and_the_next_row_is_there(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        anna = await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        await add(journey, "deal", title="First deal", person_id=anna.id)
        await add(journey, "deal", title="Second deal", person_id=anna.id)
        box.clock.at += 3600
        link_automatically(box)
        box.arrive([mail_from(n, "anna@fjord.example") for n in range(2)])
        await journey.app.look()
        await journey.press("g", "m")
        await journey.until(lambda: "1 " in journey.screen and "First deal" in journey.screen)
        assert "?" in journey.screen
        await journey.press("1")
        await journey.until(lambda: journey.list.total == 1)
        await journey.press("1")
        await journey.until(lambda: journey.list.total == 0)
        assert len(links(box)) == 2
        await journey.press("g", "k")
        assert "Nothing waits for a link" in journey.screen


async def test_links_are_shown_reordered_and_removed(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    async with start(box) as journey:
        for title in ("Alpha", "Beta"):
            await add(journey, "deal", title=title)
        await journey.press("l", *"alp", "enter")
        await journey.press("L")
        assert "Alpha" in journey.screen
        await journey.press("a", *"bet", "enter")
        assert [(row[2], row[3]) for row in links(box)] == [
            ("Alpha", "primary"),
            ("Beta", "secondary"),
        ]
        await journey.press("L", "j", "p")
        assert links(box)[0][2] == "Beta"
        await journey.press("d")
        assert "Unlinked" in journey.screen
        await journey.press("z", "escape")
        assert len(links(box)) == 2


@pytest.mark.parametrize("size", SIZES)
async def test_blocking_says_what_it_hides_and_comes_back(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"ad{n}@spam.example", f"Offer {n}") for n in range(3)])
    box.arrive([mail_from(9, "anna@fjord.example")], at=box.clock.at - 900)
    async with start(box, size) as journey:
        await journey.press("g", "g", "b", "j")
        assert "hides 3 conversations · @spam.example" in journey.screen
        assert "Offer 1" in journey.screen
        await journey.press("enter")
        await journey.until(lambda: journey.list.total == 1)
        await journey.press("g", "b")
        await journey.until(lambda: journey.list.total == 3)
        assert "[@spam.example]" in journey.screen
        await journey.press("w")
        assert "@spam.example" in journey.screen
        await journey.press("q", "b", "d")
        assert "Unblocked" in journey.screen
        await journey.press("escape", "g", "i")
        await journey.until(lambda: journey.list.total == 4)


async def test_the_own_address_is_refused_and_free_mail_is_warned_of(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "someone@gmail.com")])
    async with start(box) as journey:
        await journey.press("b", "j")
        assert "this hides all of them" in journey.screen
        await journey.press("b", "a", *"ada@example.com", "enter")
        assert "your own address" in journey.screen
        await journey.press("escape", "a", *"co.uk", "enter")
        assert box.fetch("SELECT count(*) FROM blocked") == [(0,)]


async def test_why_and_sharing_answer_in_words(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    async with start(box) as journey:
        await journey.press("w")
        assert "nobody in it is a contact" in journey.screen
        assert "only you see it" in journey.screen
        await journey.press("q", "S")
        assert "seen by nobody else" in journey.screen
        await journey.press("enter")
        shared = box.fetch("SELECT visibility FROM messages")
        assert shared == [("shared",)]
        await journey.press("z")
        assert box.fetch("SELECT visibility FROM messages") == [("private",)]


async def test_a_contact_is_made_or_given_one_more_address(mailbox: Make, start: Start) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example", name="Anna Berg")])
    box.arrive([mail_from(2, "anna@home.example", name="Anna B")], at=box.clock.at - 600)
    async with start(box, (140, 45)) as journey:
        await journey.until(lambda: "no contact yet: + adds" in journey.screen)
        await journey.press("+", "enter", "ctrl+s")
        assert box.fetch("SELECT name FROM persons") == [("Anna Berg",)]
        await journey.press("j", "+", "down", "enter", "1")
        addresses = box.fetch("SELECT address FROM person_addresses ORDER BY position")
        assert addresses == [("anna@fjord.example",), ("anna@home.example",)]
        await journey.press("O")
        assert "Person: Anna Berg" in journey.screen and "Subject 1" in journey.screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_sidebar_says_what_the_conversation_belongs_to(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        anna = await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        deal = await add(journey, "deal", title="Crane", value="84600", person_id=anna.id)
        plan = {"subject": "Ring her", "due_date": "2026-09-30", "kind": "deal"}
        await crm.create_activity(journey.app.ctx, {**plan, "item_id": deal.id})
        box.clock.at += 3600
        link_automatically(box)
        box.arrive([mail_from(1, "anna@fjord.example")])
        await journey.app.look()
        if size[0] < 140:
            await journey.press("i")
        await journey.until(lambda: "84,600 EUR" in journey.screen)
        words = ("◆ Crane", "2026-09-30", "task: Ring her", "Anna Berg", "0 days in", "> stage")
        for word in words:
            assert word in journey.screen


async def test_nothing_of_a_linked_item_is_cut_beside_a_narrow_list(
    mailbox: Make, start: Start
) -> None:
    """Value, age and the next step fold onto further lines; the date stands before the words."""
    box = mailbox()
    async with start(box, (80, 24)) as journey:
        anna = await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        deal = await add(journey, "deal", title="Crane", value="1234567", person_id=anna.id,
                         stage_id=3)  # fmt: skip
        plan = {"subject": "Meet the whole steering group at the far clinic", "kind": "deal",
                "due_date": "2026-09-30", "due_time": "13:30", "type": "meeting"}  # fmt: skip
        await crm.create_activity(journey.app.ctx, {**plan, "item_id": deal.id})
        box.arrive([mail_from(1, "anna@fjord.example")])
        await linking.link(journey.app.ctx, [1], deal)
        await journey.app.look()
        await journey.press("i")
        await journey.until(lambda: "1,234,567" in journey.screen)
        for word in ("2026-09-30 13:30", "steering group", "far clinic", "Proposal sent"):
            assert word in journey.screen, word


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_says_what_is_shared_and_what_only_in_part(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, "anna@fjord.example") for n in range(3)])
    async with start(box, size) as journey:
        ctx = journey.app.ctx
        await sharing.share(ctx, [1, 2], True)
        first = mail_from(0, "anna@fjord.example")
        refs = {"in_reply_to": (first.message_id,), "references": (first.message_id,)}
        box.arrive([replace(mail_from(7, "bo@fjord.example"), **refs)])
        box.run("UPDATE messages SET visibility = 'private' WHERE subject = 'Subject 7'")
        await journey.app.look()
        await journey.until(lambda: "~" in journey.screen)
        marks = {line[5 + journey.lines[1].index("●") - 1] for line in journey.lines[1:4]}
        assert marks == {"s", "~", " "}
        await journey.press("g", "g", *(("i",) if size[0] < 140 else ()))
        await journey.until(lambda: "shared, but 1 of 2 private" in journey.screen)


@pytest.mark.parametrize("size", SIZES)
async def test_no_name_steers_the_sheets(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        anna = await add(journey, "person", name=HOSTILE, addresses="anna@fjord.example")
        await add(journey, "deal", title=HOSTILE, person_id=anna.id)
        box.clock.at += 3600
        link_automatically(box)
        box.arrive([mail_from(1, "anna@fjord.example", HOSTILE, HOSTILE)])
        conn = box.connect()
        conn.execute("INSERT INTO users(name, is_admin, is_self) VALUES (?, 0, 0)", (HOSTILE,))
        conn.close()
        await journey.app.look()
        await journey.press("i", "i")
        for keys in (("l",), ("L",), ("b",), ("w",), ("S",), ("O",)):
            await journey.press(*keys)
            assert "pwned" in journey.screen, keys
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u202c"
                           for line in journey.lines for char in line), keys  # fmt: skip
            await journey.press("escape")


@pytest.mark.parametrize("size", SIZES)
async def test_the_sidebar_stands_beside_an_open_mail_too(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, f"p{n}@fjord.example", name=f"Guest {n}") for n in range(2)])
    async with start(box, size) as journey:
        await journey.press("enter", "i")
        await journey.until(lambda: "no contact yet: + adds" in journey.screen)
        assert "p0@fjord.example" in journey.screen
        await journey.press("J")
        await journey.until(lambda: "p1@fjord.example" in journey.screen)
        await journey.press("i")
        assert "no contact yet" not in journey.screen


async def test_the_rules_are_applied_to_past_mail_after_saying_what_they_would_do(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, "anna@fjord.example") for n in range(2)])
    async with start(box) as journey:
        anna = await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        await journey.press("A")
        assert "The rules link none of 2" in journey.screen
        await add(journey, "deal", title="Crane", person_id=anna.id)
        await journey.press("A")
        assert "2 would be linked" in journey.screen and links(box) == []
        await journey.press("y")
        assert len(links(box)) == 2
        await journey.press("z")
        assert links(box) == []


async def test_the_sheet_counts_linked_mail_only_when_it_is_to_be_hidden_too(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, "anna@fjord.example") for n in range(3)])
    async with start(box) as journey:
        deal = await add(journey, "deal", title="Crane")
        await linking.link(journey.app.ctx, [1], deal)
        await journey.press("b")
        await journey.until(lambda: "hides 2 conversations · anna@" in journey.screen)
        assert "1 linked conversation: stay; l hides them too" in journey.screen
        await journey.press("l")
        await journey.until(lambda: "hides 3 conversations · anna@" in journey.screen)
        await journey.press("enter")
        await journey.until(lambda: journey.list.total == 0)
        await journey.press("g", "b", "w")
        await journey.until(lambda: "screened by anna@fjord.example, blocked by" in journey.screen)
        assert "what is screened is linked to nothing" not in journey.screen, "one was linked"
        await journey.press("escape", "z")
        await journey.until(
            lambda: (
                journey.list.total == 0
                and box.fetch("SELECT count(*) FROM messages WHERE screened_by IS NOT NULL")
                == [(0,)]
            )
        )


async def test_fifty_mails_are_filed_without_a_key_between_them(
    mailbox: Make, start: Start
) -> None:
    """Two keys a mail in a view that asks: the next row is under the cursor at once."""
    box = mailbox()
    async with start(box) as journey:
        anna = await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        for title in ("First deal", "Second deal"):
            await add(journey, "deal", title=title, person_id=anna.id)
        box.clock.at += 3600
        link_automatically(box)
        box.arrive([mail_from(n, "anna@fjord.example") for n in range(50)])
        await journey.app.look()
        await journey.press("g", "m")
        await journey.until(lambda: journey.list.total == 50)
        order = await journey.list.source.ids(0, 50)
        for filed in range(1, 6):
            await journey.press("l", "1")
            await journey.until(lambda left=50 - filed: journey.list.total == left)
            assert journey.list.cursor_id == order[filed], "the row that came after"
        await journey.press(".")
        await journey.until(lambda: journey.list.total == 44)
        assert journey.list.cursor_id == order[6]
        for _ in range(44):
            await journey.press("1")
        await journey.until(lambda: journey.list.total == 0)
        assert len(links(box)) == 50


async def test_items_whose_names_differ_at_their_end_are_told_apart_beside_a_narrow_list(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    async with start(box, (80, 24)) as journey:
        anna = await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        for name in ("phase one", "phase two"):
            title = f"Ferry terminal wayfinding and more, {name}"
            await add(journey, "deal", title=title, person_id=anna.id)
        box.clock.at += 3600
        link_automatically(box)
        box.arrive([mail_from(1, "anna@fjord.example")])
        await journey.app.look()
        await journey.press("i")
        await journey.until(lambda: "Which one?" in journey.screen)
        assert "phase one" in journey.screen and "phase two" in journey.screen


async def test_the_sidebar_leaves_nobody_out_in_silence(mailbox: Make, start: Start) -> None:
    box = mailbox()
    first = mail_from(0, "p0@fjord.example")
    refs = {"in_reply_to": (first.message_id,), "references": (first.message_id,)}
    box.arrive([first])
    for n in range(1, 9):
        box.arrive([replace(mail_from(n, f"p{n}@fjord.example"), **refs)])
    async with start(box, (140, 60)) as journey:
        await journey.until(lambda: "and 4 more in it" in journey.screen)


@pytest.mark.parametrize("place", ["list", "mail"])
async def test_a_sidebar_that_is_taller_than_the_screen_is_read_by_keys(
    mailbox: Make, start: Start, place: str
) -> None:
    box = mailbox()
    first = mail_from(0, "p0@fjord.example")
    refs = {"in_reply_to": (first.message_id,), "references": (first.message_id,)}
    box.arrive([first, mail_from(20, "other@fjord.example")])
    for n in range(1, 5):
        box.arrive([replace(mail_from(n, f"p{n}@fjord.example"), **refs)])
    async with start(box, (80, 24)) as journey:
        if place == "mail":
            await journey.press("enter")
        await journey.press(")")
        assert "The people are hidden; i shows them." in journey.screen
        await journey.press("i")
        await journey.until(lambda: "more lines" in journey.screen and "p0@" in side(journey))
        assert "p4@fjord.example" not in side(journey)
        seen = side(journey)
        for _ in range(4):
            await journey.press(")")
            seen += side(journey)
        assert "p4@fjord.example" in side(journey) and "more lines" not in side(journey)
        assert "above" in side(journey)
        assert all(f"p{n}@fjord.example" in seen for n in range(5)), "no line is passed over"
        await journey.press("(", "(", "(", "(")
        assert "p0@" in side(journey) and "above" not in side(journey)
        if place == "list":
            await journey.press(")", "j")
            await journey.until(lambda: "other@" in side(journey))
            assert "above" not in side(journey), "another conversation begins at the top"


def side(journey: Journey) -> str:
    """The pane at the right as it stands on the screen."""
    return "\n".join(line[42:] for line in journey.screen.splitlines())
