"""A running app over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox, make_mailbox
from tests.tui.steps import Journey
from tui_mail.actions.context import open_context
from tui_mail.tui.app import TuiMail

Start = Callable[..., AbstractAsyncContextManager[Journey]]


@pytest.fixture
def mailbox(tmp_path: Path) -> Callable[..., Mailbox]:
    """Makes a mailbox in a folder of the test."""
    return lambda count=0, **more: make_mailbox(tmp_path / "home", count, **more)


@pytest.fixture
def start() -> Start:
    """Runs the app over a mailbox."""

    @asynccontextmanager
    async def run(box: Mailbox, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Journey]:
        ctx = await open_context(box.paths, clock=box.clock)
        try:
            app = TuiMail(ctx, engine=False)
            async with app.run_test(size=size) as pilot:
                journey = Journey(app, pilot, box)
                await journey.until(lambda: journey.list.loaded)
                yield journey
            await app.acts.drain()
        finally:
            await ctx.close()

    return run
