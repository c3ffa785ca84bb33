"""Importing from the lists: the columns of a file, what would come of it, and doing it twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE

Make = Callable[..., Mailbox]

CSV = (
    "Full name;Mail;Firm;Size\n"
    "Anna Berg;anna@fjord.example;Fjord;42\n"
    "Bo Lund;no address;Fjord;18\n"
    "Cleo;cleo@dock.example;Dock;40\n"
)
CARDS = "BEGIN:VCARD\nVERSION:3.0\nFN:Dora Dahl\nEMAIL:dora@dahl.example\nEND:VCARD\n"


async def open_file(journey, path: Path, *keys: str) -> None:  # type: ignore[no-untyped-def]
    """Through the keys to the screen of a file."""
    await journey.press(*keys)
    await journey.press(*str(path), "enter")


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_file_is_mapped_tried_and_imported_and_twice_is_once(
    mailbox: Make, start: Start, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(CSV, encoding="utf-8")
    box = mailbox()
    async with start(box, size) as journey:
        await open_file(journey, path, "g", "c", "I")
        await journey.until(lambda: "What the import would do" in journey.screen)
        assert "3 rows, cut by semicolons, utf-8" in journey.screen
        assert "2 new, 0 completed, 0 as they were, 1 rejected" in journey.screen
        assert "no address` is no e-mail address" in journey.screen
        assert box.fetch("SELECT count(*) FROM persons") == [(0,)]
        await journey.press("j", "j", "j", "enter", *"phones", "enter")
        await journey.until(lambda: "Size" in journey.screen and "phones" in journey.screen)
        await journey.until(lambda: "What the import would do" in journey.screen)
        await journey.press("y")
        assert "2 new and 0 completed person records; 1 row left out" in journey.screen
        await journey.press("y")
        await journey.until(lambda: "What was done" in journey.screen)
        assert box.fetch("SELECT name FROM persons ORDER BY name") == [("Anna Berg",), ("Cleo",)]
        assert box.fetch("SELECT number FROM person_phones ORDER BY 1") == [("40",), ("42",)]
        await journey.press("escape")
        await open_file(journey, path, "I")
        await journey.until(lambda: "0 new" in journey.screen)
        await journey.press("y", "y")
        await journey.until(lambda: "What was done" in journey.screen)
        assert box.fetch("SELECT count(*) FROM persons") == [(2,)]
        await journey.press("z", "z")
        await journey.until(lambda: box.fetch("SELECT count(*) FROM persons") == [(0,)])


async def test_cards_come_by_the_same_door_and_projects_too(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    cards, projects = tmp_path / "people.vcf", tmp_path / "projects.csv"
    cards.write_text(CARDS)
    projects.write_text("Project,Phase,Company\nMove house,Review,Fjord\n")
    box = mailbox()
    async with start(box) as journey:
        await journey.press("g", "I", "enter")
        await journey.press(*str(cards), "enter")
        await journey.until(lambda: "1 new" in journey.screen)
        await journey.press("y", "y")
        await journey.until(lambda: "What was done" in journey.screen)
        assert box.fetch("SELECT name FROM persons") == [("Dora Dahl",)]
        await journey.press("escape")
        await journey.press("g", "I", *"proj", "enter")
        await journey.press(*str(projects), "enter")
        await journey.until(lambda: "1 new" in journey.screen)
        await journey.press("y", "y")
        await journey.until(lambda: "What was done" in journey.screen)
        assert box.fetch(
            "SELECT p.title, f.name, o.name FROM projects p JOIN phases f ON f.id = p.phase_id"
            " JOIN organizations o ON o.id = p.organization_id"
        ) == [("Move house", "Review", "Fjord")]


async def test_what_cannot_be_read_is_said(mailbox: Make, start: Start, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    box = mailbox()
    async with start(box) as journey:
        await journey.press("g", "p", "I")
        await journey.press(*str(tmp_path / "nowhere.csv"), "enter")
        assert "No such file" in journey.screen
        for _ in "nowhere.csv":
            await journey.press("backspace")
        await journey.press(*"empty.csv", "enter")
        await journey.until(lambda: "The file is empty" in journey.screen)


async def test_hostile_headers_and_cells_are_defused(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    bad = HOSTILE.replace("\x00", "")
    path.write_text(f'Name,"{bad}"\nAnna,"{bad}"\n"{bad}",x\n,"{bad}"\n', encoding="utf-8")
    box = mailbox()
    async with start(box, (120, 30)) as journey:
        await open_file(journey, path, "g", "c", "I")
        await journey.until(lambda: "What the import would do" in journey.screen)
        assert "\x1b" not in journey.screen and "\x9b" not in journey.screen
        await journey.press("j", "enter")
        assert "\x1b" not in journey.screen and "\x9b" not in journey.screen
        await journey.press("escape", "y", "y")
        await journey.until(lambda: "What was done" in journey.screen)
        assert "\x1b" not in journey.screen
