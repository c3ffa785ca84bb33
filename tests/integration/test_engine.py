"""The engine against a real Dovecot: what the server has is here, what is done here is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.profiles import mail, profile
from tui_mail.actions import triage
from tui_mail.actions.context import open_context
from tui_mail.config.paths import Paths
from tui_mail.model.views import View
from tui_mail.store import accounts, operations, pages, syncing
from tui_mail.sync.engine import Engine


async def sync(paths: Paths) -> None:
    """One complete sync; anything that went wrong is raised."""
    async with Engine(paths, check_seconds=0) as engine:
        for problem in (await engine.sync_once()).values():
            if problem is not None:
                raise problem


@pytest.fixture
def paths(tmp_path: Path, dovecot: Dovecot, user: str) -> Paths:
    return profile(tmp_path / "home", imap=(dovecot.host, dovecot.port), user=user)


async def test_first_sync_brings_everything_newest_first(
    paths: Paths, dovecot: Dovecot, user: str
) -> None:
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(300)))
    await sync(paths)
    ctx = await open_context(paths)
    try:
        assert await ctx.db.read(pages.count, View.INBOX) == (300, 300)
        rows = await ctx.db.read(pages.page, View.INBOX, 0, 3)
        assert all(row.people == "Anna Berg" and row.snippet for row in rows)
        (account,) = await ctx.db.read(accounts.accounts)
        assert account.state == "active"
        assert await ctx.db.read(syncing.bodies_left, account.id) == 0
    finally:
        await ctx.close()


async def test_archive_here_is_archived_there(paths: Paths, dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(5)))
    await sync(paths)
    ctx = await open_context(paths)
    try:
        rows = await ctx.db.read(pages.page, View.INBOX, 0, 2)
        done = await triage.archive(ctx, [row.id for row in rows])
        assert done.summary == "Archived 2 conversations"
        assert (await ctx.db.read(pages.count, View.INBOX))[0] == 3
        assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 2
        await sync(paths)
        with Mailbox(dovecot, user) as there:
            assert there.count("INBOX") == 3
            assert there.count("Archive") == 2
        assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 2
        assert await ctx.db.read(operations.waiting) == 0
    finally:
        await ctx.close()
