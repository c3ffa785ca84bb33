"""Settings by keys: everything goes through the file, comments stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tests.tui.steps import Journey
from tui_mail.config.load import load, write_text
from tui_mail.tui.screens.settings import SettingsScreen

Make = Callable[..., Mailbox]
COMMENTED = '# my own words\n[reading]\nmark_read = "never"  # because\n'


async def settings(journey: Journey) -> SettingsScreen:
    """Open the settings and wait for their rows."""
    await journey.pilot.press("g", ",")
    await journey.until(
        lambda: (
            isinstance(journey.app.screen, SettingsScreen) and bool(journey.app.screen.list.rows)
        )
    )
    found = journey.app.screen
    assert isinstance(found, SettingsScreen)
    return found


async def narrow(journey: Journey, words: str) -> None:
    """Leave only rows with these words."""
    await journey.press("/", *words, "enter")


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_a_switch_turns_and_the_comments_stay(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = mailbox(0, settings=COMMENTED)
    async with start(box, size) as journey:
        await settings(journey)
        await narrow(journey, "fold quotes")
        assert "Fold quoted text and signatures" in journey.screen
        await journey.press("enter")
        assert journey.app.ctx.settings.get("reading.fold_quotes") is False
    written = box.paths.config_file.read_text()
    assert "# my own words" in written
    assert 'mark_read = "never"  # because' in written
    assert load(box.paths.config_file).get("reading.fold_quotes") is False


@pytest.mark.parametrize(
    ("words", "typed", "expected"),
    [
        ("undo seconds", "abc", "is no whole number"),
        ("undo seconds", "9999", "must be between 0 and 600"),
    ],
)
async def test_a_value_that_cannot_be_is_refused_in_words(
    mailbox: Make, start: Start, words: str, typed: str, expected: str
) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await settings(journey)
        await narrow(journey, words)
        await journey.press("enter", "backspace", "backspace", *typed, "enter")
        assert expected in journey.screen
        assert journey.app.ctx.settings.get("writing.undo_seconds") == 10
        await journey.press("escape")
        assert isinstance(journey.app.screen, SettingsScreen)


async def test_keys_are_rebound_at_once_and_a_clash_is_named(mailbox: Make, start: Start) -> None:
    box = mailbox(3)
    async with start(box) as journey:
        await settings(journey)
        await narrow(journey, "mail.star")
        await journey.press("enter", "backspace", *"a", "enter")
        assert "is wanted by" in journey.screen and "mail.archive" in journey.screen
        await journey.press("backspace", *"C", "enter")
        await journey.press("escape", "q", "C")
        assert [row.starred for row in journey.list.window.rows] == [1, 0, 0]
    assert load(box.paths.config_file).keys == {"mail.star": "C"}


async def test_a_file_broken_by_hand_is_shown_with_its_line(mailbox: Make, start: Start) -> None:
    box = mailbox(0, settings=COMMENTED)
    async with start(box, (120, 30)) as journey:
        broken = box.paths.config_file.read_text() + "paused = perhaps\n"
        write_text(box.paths.config_file, broken)
        await settings(journey)
        assert f"line {len(broken.splitlines())}" in " ".join(journey.screen.split())
        assert "Ctrl-e opens it" in journey.screen
        await narrow(journey, "fold quotes")
        await journey.press("enter")
        assert box.paths.config_file.read_text() == broken
        assert journey.app.ctx.settings.get("reading.fold_quotes") is True


async def test_an_account_is_paused_and_goes_on(mailbox: Make, start: Start) -> None:
    box = mailbox(0)
    async with start(box) as journey:
        await settings(journey)
        await journey.press("p")
        assert box.fetch("SELECT state FROM accounts") == [("paused",)]
        assert "paused" in journey.screen
        await journey.press("p")
        assert box.fetch("SELECT state FROM accounts") == [("not_started",)]


async def test_removing_an_account_asks_and_keeps_its_mail(mailbox: Make, start: Start) -> None:
    box = mailbox(5)
    async with start(box) as journey:
        await settings(journey)
        await journey.press("D", "enter", "n")
        assert box.fetch("SELECT state FROM accounts") == [("active",)]
        await journey.press("D", "enter", "y")
        assert box.fetch("SELECT state FROM accounts") == [("removed",)]
        assert box.fetch("SELECT count(*) FROM messages") == [(5,)]
        assert load(box.paths.config_file).accounts == ()


async def test_a_new_password_lets_a_rejected_account_try_again(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    text = box.paths.config_file.read_text()
    write_text(box.paths.config_file, text + 'secret = "file"\n')
    async with start(box, (120, 30)) as journey:
        box.fetch("UPDATE accounts SET state = 'auth_failed', reason = 'LOGIN failed'")
        await settings(journey)
        assert "auth failed: LOGIN failed" in journey.screen
        await journey.press("s", *"new-secret", "enter")
        assert "new-secret" not in journey.screen
        assert box.fetch("SELECT state FROM accounts") == [("connecting",)]
    assert "new-secret" in box.paths.secrets_file.read_text()
    assert box.paths.secrets_file.stat().st_mode & 0o777 == 0o600
