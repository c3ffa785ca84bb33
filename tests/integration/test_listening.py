"""A folder that stays selected: what NOOP says is stored, and what it cannot say is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.integration.oracle import check_mirror
from tests.integration.test_engine import sync
from tests.profiles import mail, profile
from tui_mail.config.paths import Paths
from tui_mail.sync import bodies, passes
from tui_mail.sync.desk import Progress
from tui_mail.sync.engine import Engine


@dataclass
class Standing:
    """One connection of an engine, between two passes over the inbox."""

    engine: Engine

    async def look(self) -> bool:
        """Pass over the inbox; whether that took a SELECT."""
        before = self.wire.session.selections
        await passes.folder_pass(self.sync.desk, self.wire, self.inbox.id)
        return self.wire.session.selections > before

    async def open(self) -> None:
        (self.sync,) = self.engine._syncs.values()
        self.wire = await self.sync._connect()
        self.inbox = next(f for f in await self.sync._folders() if f.role == "inbox")
        assert await self.look()


@contextlib.asynccontextmanager
async def standing(paths: Paths) -> AsyncIterator[Standing]:
    """The inbox is selected and everything of it is stored."""
    async with Engine(paths, check_seconds=0) as engine:
        ours = Standing(engine)
        await ours.open()
        try:
            yield ours
            await bodies.fetch_bodies(
                ours.sync.desk, ours.wire, Progress(ours.sync.desk), lambda: False
            )
        finally:
            await ours.wire.close()


@pytest.fixture
async def paths(tmp_path: Path, dovecot: Dovecot, user: str) -> Paths:
    made = profile(tmp_path / "home", imap=(dovecot.host, dovecot.port), user=user)
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(20)))
    await sync(made)
    return made


async def test_nothing_new_takes_one_question(paths: Paths, dovecot: Dovecot, user: str) -> None:
    async with standing(paths) as ours:
        assert not await ours.look()
        assert not await ours.look()
    check_mirror(paths, dovecot, user)


async def test_new_mail_and_flags_are_stored_without_a_select(
    paths: Paths, dovecot: Dovecot, user: str
) -> None:
    async with standing(paths) as ours:
        with Mailbox(dovecot, user) as there:
            uids = there.uids("INBOX")
            there.store("INBOX", uids[:7], "+FLAGS", "(\\Flagged)")
            there.imap.append("INBOX", None, None, mail(100))
            there.imap.append("INBOX", None, None, mail(101))
            there.store("INBOX", uids[3:9], "+FLAGS", "(\\Seen)")
        assert not await ours.look()
        with Mailbox(dovecot, user) as there:
            there.store("INBOX", uids[:2], "-FLAGS", "(\\Flagged)")
        assert not await ours.look()
    check_mirror(paths, dovecot, user)


async def test_mail_that_left_is_asked_for(paths: Paths, dovecot: Dovecot, user: str) -> None:
    async with standing(paths) as ours:
        with Mailbox(dovecot, user) as there:
            there.expunge("INBOX", there.uids("INBOX")[2:4])
        assert await ours.look()
        assert not await ours.look()
    check_mirror(paths, dovecot, user)


async def test_mail_that_came_and_left_is_asked_for(
    paths: Paths, dovecot: Dovecot, user: str
) -> None:
    async with standing(paths) as ours:
        with Mailbox(dovecot, user) as there:
            there.imap.append("INBOX", None, None, mail(100))
            there.imap.append("INBOX", None, None, mail(101))
            there.expunge("INBOX", there.uids("INBOX")[-1:])
        await ours.look()
        assert not await ours.look()
    check_mirror(paths, dovecot, user)


async def test_after_another_folder_was_selected_a_pass_is_whole(
    paths: Paths, dovecot: Dovecot, user: str
) -> None:
    async with standing(paths) as ours:
        await ours.wire.call(lambda session: session.select(b"Sent"))
        with Mailbox(dovecot, user) as there:
            there.imap.append("INBOX", None, None, mail(100))
        assert await ours.look()
    check_mirror(paths, dovecot, user)


async def test_what_was_heard_is_told_again_to_the_next_connection(
    paths: Paths, dovecot: Dovecot, user: str
) -> None:
    async with standing(paths) as ours:
        with Mailbox(dovecot, user) as there:
            there.store("INBOX", there.uids("INBOX")[:5], "+FLAGS", "(\\Flagged)")
            there.imap.append("INBOX", None, None, mail(100))
        assert not await ours.look()
    await sync(paths)
    check_mirror(paths, dovecot, user)
