"""Mail links and unsubscribing by keys: shown first, never by themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox, mail
from tui_mail.actions.context import open_context
from tui_mail.filing.bodies import file_bodies
from tui_mail.mime.indexing import index_mail
from tui_mail.model.messages import Link
from tui_mail.tui import opening
from tui_mail.tui.app import TuiMail
from tui_mail.tui.screens.compose import ComposeScreen

Make = Callable[..., Mailbox]
LINK = Link(
    1, "mailto:anna@fjord.example?subject=Hello&attach=/etc/passwd", "Anna", "fjord.example"
)


async def test_a_mail_link_opens_the_composer(mailbox: Make, start: Start) -> None:
    async with start(mailbox(1), (100, 30)) as journey:
        await opening.open_link(journey.app.screen, LINK)  # type: ignore[arg-type]
        await journey.until(lambda: isinstance(journey.app.screen, ComposeScreen))
        await journey.until(lambda: "anna@fjord.example" in journey.screen)
        assert "Hello" in journey.screen and "Left out of the link: attach" in journey.screen


async def test_without_a_mail_program_the_address_is_shown_and_copied(
    mailbox: Make, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    box = mailbox(1, settings='[reading]\nmail_links = "system"\n')
    async with start(box, (100, 30)) as journey:
        copied: list[str] = []
        journey.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await opening.open_link(journey.app.screen, LINK)  # type: ignore[arg-type]
        await journey.until(lambda: "No mail program can be started" in journey.screen)
        assert "mailto:anna@fjord.example" in journey.screen and copied == []
        await journey.press("y")
        assert copied == [LINK.url]


async def test_tmux_passes_the_copy_on(mailbox: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    ctx = await open_context(mailbox(1).paths)
    try:
        app = TuiMail(ctx, engine=False)
        async with app.run_test():
            written: list[str] = []
            app._driver.write = written.append  # type: ignore[method-assign, union-attr]
            app.copy_to_clipboard("a@x.example\x1b]0;x\x07")
        sent = "".join(written)
        assert "\x1bPtmux;\x1b\x1b]52;c;" in sent
        assert "]0;x" not in sent
    finally:
        await ctx.close()


async def test_the_program_started_with_a_link_shows_the_composer(mailbox: Make) -> None:
    ctx = await open_context(mailbox(1).paths)
    try:
        app = TuiMail(ctx, engine=False, mailto="mailto:anna@fjord.example")
        async with app.run_test() as pilot:
            for _ in range(300):
                await pilot.pause(0.01)
                if isinstance(app.screen, ComposeScreen) and app.screen.draft is not None:
                    break
            assert isinstance(app.screen, ComposeScreen)
            assert app.screen.content().to == "anna@fjord.example"
    finally:
        await ctx.close()


async def test_unsubscribing_shows_whom_it_asks_and_how_the_mail_is_signed(
    mailbox: Make, start: Start
) -> None:
    box = mailbox(0)
    (message,) = box.arrive([mail(1, "Weekly", name="News")])
    raw = (
        b"From: News <p1@example.org>\r\nTo: ada@example.com\r\nSubject: Weekly\r\n"
        b"Message-ID: <1@example.org>\r\nList-Unsubscribe: <https://[fd00::1]/leave>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello.\r\n"
    )
    conn = box.connect()
    file_bodies(conn, [(message, index_mail(raw))], box.clock.now())
    conn.close()
    async with start(box, (100, 30)) as journey:
        await journey.press("U")
        await journey.until(lambda: "fd00::1" in journey.screen)
        assert "Nobody checked the signature" in journey.screen
        await journey.press("n")
        assert box.fetch("SELECT count(*) FROM journal WHERE action = 'unsubscribe'") == [(0,)]
        await journey.press("U")
        await journey.until(lambda: "Unsubscribe?" in journey.screen)
        await journey.press("y")
        await journey.until(lambda: "private network" in journey.screen)
