"""Templates and signatures on their screens: made, changed, ordered, deleted, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.mails import HOSTILE
from tests.tui.test_compose import composing
from tui_mail.actions import signatures, templates
from tui_mail.store.drafts import DraftFile
from tui_mail.tui.screens.compose import ComposeScreen
from tui_mail.tui.screens.templates import TemplatesScreen
from tui_mail.tui.widgets.fields import LineField, TextField

Make = Callable[..., Mailbox]
NAMES = "SELECT name FROM templates ORDER BY position"


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_template_is_made_changed_ordered_deleted_and_brought_back(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    async with start(box, size) as journey:
        await journey.press("g", "T")
        assert "No template yet: n makes one" in journey.screen
        await journey.press("n", *"Offer", "enter")
        await journey.press(*"Hi {{person.first_name|there}},", "ctrl+s")
        await journey.press("s", *"About it", "enter")
        await journey.press("n", *"Thanks", "enter", "escape")
        assert box.fetch("SELECT name, subject, body, shared FROM templates ORDER BY position") == [
            ("Offer", "About it", "Hi {{person.first_name|there}},", 0), ("Thanks", "", "", 0),
        ]  # fmt: skip
        await journey.press("<")
        assert box.fetch(NAMES) == [("Thanks",), ("Offer",)]
        await journey.press("j", "r", *"Quote", "enter", "S")
        assert box.fetch("SELECT name, shared FROM templates WHERE shared") == [("Quote", 1)]
        await journey.press("d")
        assert box.fetch(NAMES) == [("Thanks",)]
        for count in range(4):
            await journey.press("z")
            assert "Undone" in journey.screen, count
        assert box.fetch(NAMES) == [("Offer",), ("Thanks",)]
        await journey.press("n", *"thanks", "enter")
        assert "There is a template thanks already" in journey.screen


async def test_smart_fields_are_suggested_in_a_template_as_in_a_mail(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await journey.press("g", "T", "n", *"Offer", "enter")
        await journey.pilot.press(*"Hi {{person.fi")
        await journey.until(lambda: "person.first_name" in journey.screen.replace("|there", ""))
        field = journey.app.screen.query_one(TextField)
        await journey.until(lambda: field.offered)
        await journey.press("tab", *"|you")
        assert field.text == "Hi {{person.first_name|you}}"
        await journey.press("tab", "end", *" {{deal.")
        await journey.until(lambda: field.offered)
        await journey.press("escape")
        assert not field.offered, "Esc closes the suggestions first"
        assert field.text == "Hi {{person.first_name|you}} {{deal.", "Tab changed nothing"
        await journey.press(*["backspace"] * 8, "ctrl+s")
        await journey.until(lambda: isinstance(journey.app.screen, TemplatesScreen))
    assert box.fetch("SELECT body FROM templates") == [("Hi {{person.first_name|you}}",)]


async def test_a_template_is_found_by_its_text_and_begins_a_mail_with_its_files(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        ctx = journey.app.ctx
        file = DraftFile("terms.txt", "text/plain", b"Terms.")
        await templates.add(ctx, "Offer", "Our offer", "Ferry signs.", files=[file])
        await templates.add(ctx, "Thanks", "", "Much obliged.")
        await journey.press("g", "T")
        await journey.until(lambda: "Thanks" in journey.screen)
        await journey.press("/", *"ferry")
        await journey.until(lambda: "Templates  1" in journey.screen)
        await journey.press("down", "c")
        shown = journey.app.screen
        assert isinstance(shown, ComposeScreen)
        await journey.until(lambda: shown.field.text == "Ferry signs.\n")
        assert shown.query_one("#subject", LineField).value == "Our offer"
        assert "terms.txt (text/plain, 6 B)" in journey.screen


async def test_a_former_version_comes_back(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await templates.add(journey.app.ctx, "Offer", "", "First.")
        await journey.press("g", "T", "v")
        assert "It was never changed." in journey.screen
        await journey.press("e", *" Second.", "ctrl+s")
        assert box.fetch("SELECT body FROM templates") == [("First. Second.",)]
        await journey.press("v", "enter")
        assert box.fetch("SELECT body FROM templates") == [("First.",)]


async def test_a_template_goes_out_as_a_file_and_comes_in_again(
    mailbox: Make, start: Start, tmp_path: Path
) -> None:
    box = mailbox(0)
    path = tmp_path / "offer.json"
    async with start(box) as journey:
        file = DraftFile("a.png", "image/png", b"\x89PNG")
        await templates.add(journey.app.ctx, "Offer", "S", "![a](a.png)", files=[file])
        await journey.press("g", "T", "E", *str(path), "enter")
        assert path.is_file()
        await journey.press("E", *str(path), "enter")
        assert "File exists" in journey.screen, "nothing is overwritten"
        await journey.press("escape", "d", "I", *str(path), "enter")
        assert box.fetch("SELECT name, subject, body FROM templates") == [
            ("Offer", "S", "![a](a.png)")
        ]
        assert box.fetch("SELECT filename FROM template_files") == [("a.png",)]


async def test_the_screens_are_a_key_away_from_the_composer(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        shown = await composing(journey, "c")
        await journey.press("ctrl+g", "a")
        assert isinstance(journey.app.screen, TemplatesScreen)
        await journey.press("q", "ctrl+g", "s")
        assert "This account has no signature" in journey.screen
        await journey.press("n", *"Work", "enter", *"Ada", "ctrl+s", "q")
        assert journey.app.screen is shown
        await journey.press("ctrl+g", "s", "enter")
        assert shown.field.text.endswith("-- \nAda\n")
        await journey.press("ctrl+g", "A")
        assert "Signatures  1" in journey.screen


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_signature_is_made_the_default_renamed_and_every_step_taken_back(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0)
    async with start(box, size) as journey:
        ctx = journey.app.ctx

        def default() -> tuple[str, str]:
            account = ctx.settings.accounts[0]
            return account.signature, account.signature_in

        before = default()
        await journey.press("g", "S", "n", *"Work", "enter", *"Ada", "enter", *"Ltd", "ctrl+s")
        assert box.fetch("SELECT name, body FROM signatures") == [("Work", "Ada\nLtd")]
        await journey.press("w")
        assert "Space makes one the default first" in journey.screen
        await journey.press("space")
        assert default() == ("Work", "both")
        assert "●  Work" in journey.screen
        await journey.press("w", *"new mails", "down", "enter")
        assert default() == ("Work", "new")
        await journey.press("r", *"Office", "enter")
        assert default() == ("Office", "new"), "the default follows its name"
        await journey.press("d")
        assert box.fetch("SELECT count(*) FROM signatures") == [(0,)]
        await journey.press("z", "z")
        assert box.fetch("SELECT name FROM signatures") == [("Work",)]
        assert default() == ("Work", "new")
        await journey.press("z")
        assert default() == ("Work", "both")
        await journey.press("z")
        assert default() == before
        await journey.press("z")
        assert box.fetch("SELECT count(*) FROM signatures") == [(0,)]


async def test_hostile_names_and_texts_steer_nothing(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    bad = HOSTILE.replace("\x00", "")
    async with start(box) as journey:
        ctx = journey.app.ctx
        await templates.add(ctx, bad[:90], bad, bad)
        await signatures.put(ctx, 1, bad[:90], bad, new=True)
        for screen, keys in (("T", ("enter", "s", "r")), ("S", ("enter", "r"))):
            await journey.press("g", screen)
            for key in keys:
                await journey.press(key)
                assert not {"\x1b", "\x9b", "\u202e"} & set(journey.screen)
                await journey.press("escape")
            await journey.press("q")
