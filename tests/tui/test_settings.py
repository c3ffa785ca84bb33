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
        lambda: isinstance(journey.app.screen, SettingsScreen) and bool(journey.app.screen.list.rows)
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
