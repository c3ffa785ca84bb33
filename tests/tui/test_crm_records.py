"""Lists, the board and the screens of records by their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.crm import add, mail_from, mark
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE
from tui_mail.actions import crm
from tui_mail.tui.screens.records import RecordsScreen
from tui_mail.tui.widgets.line_list import Line

Make = Callable[..., Mailbox]
SIZES = [(80, 24), (140, 45)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_list_is_searched_and_a_record_opened_and_changed(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        for n in range(30):
            await add(journey, "person", name=f"Person {n}")
        await add(journey, "person", name="Zoe Quist", addresses="zoe@fjord.example")
        await journey.press("g", "c")
        assert "Persons  31" in journey.screen and "Person 0" in journey.screen
        await journey.press("/", *"quis", "enter")
        assert "Person: Zoe Quist" in journey.screen and "zoe@fjord.example" in journey.screen
        await journey.press("j", "j", "j", "enter", *"CEO", "enter")
        assert box.fetch("SELECT job_title FROM persons WHERE name = 'Zoe Quist'") == [("CEO",)]
        assert "CEO" in journey.screen
        await journey.press("z")
        assert box.fetch("SELECT job_title FROM persons WHERE name = 'Zoe Quist'") == [("",)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_board_shows_totals_and_moves_a_deal(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        await add(journey, "deal", title="Crane", value="1000")
        await add(journey, "deal", title="Winch", value="500")
        await journey.press("g", "p", "B")
        assert "1,500 EUR" in journey.screen
        await add(journey, "deal", title="Pulley", value="70", currency="CHF")
        await crm.create_activity(
            journey.app.ctx,
            {"subject": "Ring", "due_date": "2030-01-02", "kind": "deal", "item_id": 1},
        )
        await journey.press("B", "B")
        await journey.until(lambda: "Qualified: 3 deals" in journey.screen)
        assert "1,500 EUR" in journey.lines[-6] and "70 CHF" in journey.lines[-6]
        first = box.fetch("SELECT stage_id FROM deals WHERE title = 'Crane'")
        while "Crane" not in "".join(journey.lines[-6:]):
            await journey.press("j")
        assert "0 days in Qualified · 2030-01-02 task: Ring" in journey.screen
        await journey.press(">")
        assert box.fetch("SELECT stage_id FROM deals WHERE title = 'Crane'") != first
        assert "500 EUR" in journey.screen and "1,000 EUR" in journey.screen
        await journey.press("z")
        assert box.fetch("SELECT stage_id FROM deals WHERE title = 'Crane'") == first
        await journey.press("enter")
        assert "Deal: Crane" in journey.screen


async def test_activities_notes_status_and_deleting(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box) as journey:
        await add(journey, "deal", title="Crane")
        await journey.press("g", "p", "enter")
        await journey.press("t", *"Ring", "space", *"2026-11-30", "enter")
        assert box.fetch("SELECT subject, due_date FROM activities") == [("Ring", "2026-11-30")]
        await journey.press("n", *"Likes", "space", *"red", "ctrl+s")
        assert box.fetch("SELECT text FROM notes") == [("Likes red",)]
        await journey.press("W", *"won", "enter")
        assert box.fetch("SELECT status FROM deals") == [("won",)]
        await journey.press("s", "down", "enter")
        assert "Moved Crane to" in journey.screen
        await journey.press("home", "D", "y")
        assert box.fetch("SELECT count(*) FROM deals") == [(0,)]
        await journey.press("z")
        assert box.fetch("SELECT count(*) FROM deals") == [(1,)]


async def test_lines_read_late_do_not_replace_newer_ones(mailbox: Make, start: Start) -> None:
    async with start(mailbox()) as journey:
        await journey.press("g", "c")
        shown = journey.app.screen
        assert isinstance(shown, RecordsScreen)
        late = asyncio.Event()

        async def read_late(typed: str) -> list[Line]:
            await late.wait()
            return [Line("Old")]

        async def read(typed: str) -> list[Line]:
            return [Line("New")]

        shown.read_lines = read_late  # type: ignore[method-assign]
        old = asyncio.create_task(shown.reload())
        await asyncio.sleep(0)
        shown.read_lines = read  # type: ignore[method-assign]
        await shown.reload()
        late.set()
        await old
        assert [line.text for line in shown.list.lines] == ["New"]


async def test_a_note_has_lines_and_is_dropped_only_after_a_word(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    async with start(box) as journey:
        deal = await add(journey, "deal", title="Crane")
        await journey.press("g", "p", "enter", "n", *"first", "enter", *"two", "ctrl+s")
        assert box.fetch("SELECT text FROM notes") == [("first\ntwo",)]
        await journey.until(lambda: "first" in journey.screen)
        await mark(journey, "first")
        await journey.press("enter", *"!", "escape")
        assert "Esc again drops it" in journey.screen
        await journey.press("ctrl+s")
        assert box.fetch("SELECT text FROM notes") == [("first\ntwo!",)]
        await journey.press("n", "x", "escape", "escape")
        assert box.fetch("SELECT count(*) FROM notes") == [(1,)]
        assert deal.id


async def test_two_contacts_become_one(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box) as journey:
        await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        await add(journey, "person", name="Anna B", addresses="anna@home.example")
        await journey.press("g", "c", "/", *"berg", "enter", "m", "1", "y")
        assert box.fetch("SELECT name FROM persons") == [("Anna Berg",)]
        assert "anna@home.example" in journey.screen


async def test_the_mail_of_a_record_is_opened_and_deleted_mail_is_gone(
    mailbox: Make, start: Start
) -> None:
    box = mailbox()
    box.arrive([mail_from(n, "anna@fjord.example") for n in range(2)])
    async with start(box) as journey:
        await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        await journey.press("d", "g", "c", "enter")
        assert "1 conversation," in journey.screen
        await journey.press("pagedown", "pagedown", "enter")
        assert "Subject 1" in journey.lines[0]
        await journey.press("q", "q", "q")
        assert "Inbox" in journey.lines[0]


@pytest.mark.parametrize("kind", ["person", "organization", "deal", "lead", "project"])
async def test_a_new_record_of_every_kind_and_what_is_wrong_is_named(
    mailbox: Make, start: Start, kind: str
) -> None:
    letter = {"person": "c", "organization": "r", "deal": "p", "lead": "l", "project": "j"}[kind]
    async with start(mailbox()) as journey:
        await journey.press("g", letter, "n", "ctrl+s")
        assert "is missing" in journey.screen
        await journey.press(*"Fine")
        if kind == "lead":
            await journey.press("tab", "tab", "tab", *"Anna <anna@fjord.example>")
        await journey.press("ctrl+s")
        assert f"{kind.title()}: Fine" in journey.screen


@pytest.mark.parametrize("size", SIZES)
async def test_no_name_steers_the_screens_of_records(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        body = await add(journey, "organization", name=HOSTILE)
        anna = await add(journey, "person", name=HOSTILE, organization_id=body.id)
        for kind in ("deal", "lead", "project"):
            await add(journey, kind, title=HOSTILE, person_id=anna.id, organization_id=body.id)
        for letter in "crplj":
            for keys in (("g", letter), ("enter",)):
                await journey.press(*keys)
                assert "pwned" in journey.screen
                assert not any(ord(char) < 32 or char in "\x7f\u202e\u202c"
                               for line in journey.lines for char in line)  # fmt: skip
            await journey.press("q", "q")
        await journey.press("g", "p", "B")
        assert not any(ord(char) < 32 for line in journey.lines for char in line)


@pytest.mark.parametrize("size", SIZES)
async def test_selected_records_are_merged_or_deleted_as_one_and_come_back(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox()
    async with start(box, size) as journey:
        for name in ("Anna Berg", "Bo Dahl", f"Cleo {HOSTILE}"):
            await add(journey, "person", name=name)
        names = "SELECT name FROM persons ORDER BY id"
        before = box.fetch(names)
        await journey.press("g", "c", "m")
        assert "Select two or more first" in journey.screen
        await journey.press("x", "x", "m")
        assert "Make one of 2 persons?" in journey.screen and "Bo Dahl" in journey.screen
        await journey.press("y")
        await journey.until(lambda: box.fetch(names) == [before[0], before[2]])
        await journey.press("z")
        await journey.until(lambda: box.fetch(names) == before)
        await journey.press("*", "D")
        assert "Delete 3 persons?" in journey.screen
        assert not {"\x1b", "\x9b", "\u202e"} & set(journey.screen)
        await journey.press("n", "D", "y")
        await journey.until(lambda: box.fetch(names) == [])
        await journey.until(lambda: "Persons  0" in journey.screen)
        await journey.press("z")
        await journey.until(lambda: box.fetch(names) == before)
