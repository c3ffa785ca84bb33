"""Further fields, labels, people and deals of a record, files and mail from its screen."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.conftest import Start
from tests.tui.crm import add, mail_from, mark
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE
from tests.tui.steps import Journey
from tui_mail.actions import crm, labelling

Make = Callable[..., Mailbox]
CORPUS = Path(__file__).resolve().parents[3] / "shared/corpora/naughty-strings/blns.txt"


async def open_deal(journey: Journey) -> None:
    await journey.press("g", "p", "enter")
    await journey.until(lambda: "Deal: Crane" in journey.screen)


async def test_a_field_is_defined_filled_emptied_and_undone(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box, (100, 60)) as journey:
        await add(journey, "deal", title="Crane")
        await open_deal(journey)
        await mark(journey, "Another field")
        await journey.press("enter", *"Region", "enter", *"cho", "enter", *"North, South", "enter")
        await journey.until(lambda: "Added the field Region" in journey.screen)
        await mark(journey, "Region")
        await journey.press("enter", "down", "enter")
        await journey.until(
            lambda: box.fetch("SELECT custom FROM deals") == [('{"Region": "South"}',)]
        )
        await journey.press("x")
        await journey.until(lambda: box.fetch("SELECT custom FROM deals") == [("{}",)])
        await journey.press("z")
        await journey.until(lambda: "South" in journey.screen)


async def test_numbers_and_days_of_further_fields_are_checked(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box, (100, 60)) as journey:
        await add(journey, "deal", title="Crane")
        await open_deal(journey)
        await mark(journey, "Another field")
        await journey.press("enter", *"Day", "enter", *"date", "enter")
        await journey.until(lambda: "Added the field Day" in journey.screen)
        await mark(journey, "Day")
        await journey.press("enter", *"soon", "enter")
        await journey.until(lambda: "Day is a day" in journey.screen)


async def test_labels_and_pickers_are_set_and_emptied(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box, (100, 60)) as journey:
        person = await add(journey, "person", name="Anna Berg")
        await add(journey, "deal", title="Crane", person_id=person.id)
        await open_deal(journey)
        await mark(journey, "Labels")
        await journey.press("enter", *"hot, north", "enter")
        await journey.until(lambda: "hot, north" in journey.screen)
        await journey.press("x")
        await journey.until(lambda: "hot, north" not in journey.screen)
        await mark(journey, "Person")
        await journey.press("x")
        await journey.until(lambda: box.fetch("SELECT person_id FROM deals") == [(None,)])
        assert box.fetch("SELECT count(*) FROM item_people") == [(0,)]
        await mark(journey, "Title")
        await journey.press("x")
        assert "Title is missing" in journey.screen


async def test_further_people_and_the_deals_of_a_project(mailbox: Make, start: Start) -> None:
    box = mailbox()
    async with start(box, (100, 60)) as journey:
        anna = await add(journey, "person", name="Anna Berg")
        await add(journey, "person", name="Bo Dahl")
        await add(journey, "deal", title="Crane", person_id=anna.id)
        await add(journey, "project", title="Harbour")
        await open_deal(journey)
        await mark(journey, "Somebody else")
        await journey.press("enter", *"bo", "enter")
        await journey.until(lambda: box.fetch("SELECT count(*) FROM item_people") == [(2,)])
        await mark(journey, "Bo Dahl")
        await journey.press("x")
        await journey.until(lambda: box.fetch("SELECT person_id FROM item_people") == [(anna.id,)])
        await journey.press("z")
        await journey.until(lambda: box.fetch("SELECT count(*) FROM item_people") == [(2,)])
        await journey.press("escape", "g", "j", "enter")
        await journey.until(lambda: "Project: Harbour" in journey.screen)
        await mark(journey, "Another deal")
        await journey.press("enter", "1")
        await journey.until(lambda: box.fetch("SELECT count(*) FROM project_deals") == [(1,)])
        await mark(journey, "Crane")
        await journey.press("enter")
        await journey.until(lambda: "Deal: Crane" in journey.screen)
        await journey.press("escape", "x")
        await journey.until(lambda: box.fetch("SELECT count(*) FROM project_deals") == [(0,)])


async def test_a_file_and_a_conversation_open_from_the_record(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    box = mailbox()
    box.arrive([mail_from(1, "anna@fjord.example")])
    conn = box.connect()
    conn.execute(
        "INSERT INTO attachments(message_id, part, filename, content_type, size)"
        " VALUES (1, '2', 'plan.txt', 'text/plain', 9)"
    )
    conn.commit()
    conn.close()
    async with start(box, (100, 60)) as journey:
        await add(journey, "person", name="Anna Berg", addresses="anna@fjord.example")
        await journey.press("g", "c", "enter")
        await journey.until(lambda: "plan.txt" in journey.screen)
        await mark(journey, "plan.txt")
        await journey.press("enter")
        await journey.until(lambda: "1 attachment" in journey.screen)
        assert "s Save" in journey.screen
        await journey.press("escape", "k")
        await journey.press("enter")
        await journey.until(lambda: "Subject 1" in journey.lines[0])
        await journey.press("escape")
        await journey.until(lambda: "Person: Anna Berg" in journey.screen)


async def test_hostile_names_in_fields_labels_and_relations(mailbox: Make, start: Start) -> None:
    box = mailbox()
    bad = HOSTILE.replace("\x00", "")
    async with start(box, (100, 60)) as journey:
        ctx = journey.app.ctx
        person = await add(journey, "person", name=bad)
        deal = await add(journey, "deal", title=bad, person_id=person.id, custom={bad: bad})
        await labelling.add_custom_field(ctx, "deal", bad, type_="choice", choices=[bad])
        await labelling.set_labels(ctx, deal, [bad])
        project = await add(journey, "project", title=bad, deals=[deal.id])
        box.arrive([replace(mail_from(1, "a@x.example", subject=bad, name=bad))])
        for keys, ref in ((("g", "p"), deal), (("g", "j"), project)):
            await journey.press(*keys, "enter")
            await journey.until(lambda ref=ref: f"{ref.kind.title()}: " in journey.screen)
            assert not {"\x1b", "\x9b", "\u202e"} & set(journey.screen)
            for line in ("Labels", "Another field", "Somebody else"):
                await mark(journey, line)
                await journey.press("enter")
                assert not {"\x1b", "\x9b", "\u202e"} & set(journey.screen)
                await journey.press("escape")
            await journey.press("escape", "escape")
        await journey.press("B")
        assert not {"\x1b", "\x9b", "\u202e"} & set(journey.screen)


def naughty() -> list[str]:
    """Strings of the corpus that a name can hold."""
    if not CORPUS.exists():
        pytest.skip("the naughty-strings corpus is not beside the repository")
    lines = CORPUS.read_text("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def clean(journey: Journey) -> bool:
    """Whether nothing on the screen could steer a terminal, and nothing broke."""
    steering = {chr(n) for n in (*range(32), *range(127, 160))} - {"\n"} | set("\u202a\u202e\u2066")
    return not steering & set(journey.screen) and "Something went wrong" not in journey.screen


async def test_the_corpus_of_naughty_strings_in_every_line_of_a_record_and_of_an_import(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    strings = naughty()
    box = mailbox()
    path = tmp_path / "naughty.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([strings[:150], *([one] * 150 for one in strings[:40])])
    async with start(box, (140, 45)) as journey:
        ctx = journey.app.ctx
        person = await add(journey, "person", name=strings[0])
        custom = dict(zip(strings, reversed(strings), strict=True))
        deal = await add(journey, "deal", title=strings[1], person_id=person.id, custom=custom)
        await labelling.set_labels(ctx, deal, strings)
        for one in strings[:60]:
            await crm.add_note(ctx, deal, one)
            await crm.create_activity(
                ctx, {"subject": one, "kind": "deal", "item_id": deal.id, "note": one}
            )
        await journey.press("g", "p", "enter")
        await journey.until(lambda: "Deal: " in journey.screen)
        for _ in range(len(strings) // 40 + 5):
            assert clean(journey), journey.screen
            await journey.press("pagedown")
        await journey.press("escape", "escape", "g", "c", "I")
        await journey.press(*str(path), "enter")
        await journey.until(lambda: "Columns" in journey.screen)
        await journey.until(lambda: "Trying" not in journey.screen)
        for _ in range(8):
            assert clean(journey), journey.screen
            await journey.press("pagedown")
