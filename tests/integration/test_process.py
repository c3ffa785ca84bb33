"""The engine in a process of its own: it outlives a screen long enough, and not longer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.integration.test_live import _is, inbox, opened, state
from tests.integration.waiting import one, until
from tests.profiles import mail, profile
from tui_mail.actions import triage
from tui_mail.demo.imap_server import ImapServer
from tui_mail.model.views import View
from tui_mail.store import pages
from tui_mail.store.ownership import EngineLock
from tui_mail.sync.facts import subscribe
from tui_mail.sync.process import start_engine


async def test_it_syncs_and_goes_when_the_last_screen_has_gone(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(5)))
    engine = await start_engine(paths)
    assert engine is not None
    await until(lambda: paths.socket.exists(), "the engine's socket")

    async def listen() -> None:
        async for _ in subscribe(paths.socket):
            pass

    screen = asyncio.create_task(listen())
    async with opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        assert await inbox(ctx) == 5
        assert await start_engine(paths) is None, "there is one already"
        ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 2)]
        await triage.archive(ctx, ids)
        screen.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await screen
        assert await asyncio.wait_for(engine.wait(), 20) == 0
        with Mailbox(dovecot, user) as there:
            assert there.count("Archive") == 2, "queued work was finished before it went"
        assert await one(ctx, "SELECT value FROM meta WHERE key = 'clean_stop'") == "1"
    assert EngineLock.holder(paths.lock) is None


async def test_a_terminated_engine_stops_in_order(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    engine = await start_engine(paths)
    assert engine is not None
    async with opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        behind = os.getpriority(os.PRIO_PROCESS, engine.pid) - os.getpriority(os.PRIO_PROCESS, 0)
        assert behind > 0, "the screens have the processor first"
        engine.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(engine.wait(), 15) == 0
        assert await one(ctx, "SELECT value FROM meta WHERE key = 'clean_stop'") == "1"
    assert not paths.socket.exists()


async def test_a_killed_engine_can_be_started_again(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    dovecot.deliver(user, "INBOX", mail(1))
    first = await start_engine(paths)
    assert first is not None
    async with opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        first.kill()
        await first.wait()
        dovecot.deliver(user, "INBOX", mail(2))
        second = await start_engine(paths)
        assert second is not None
        await until(lambda: _is(inbox(ctx), 2), "the mail that came meanwhile")
        second.send_signal(signal.SIGTERM)
        await asyncio.wait_for(second.wait(), 15)


async def test_no_secret_is_in_the_engines_arguments_or_environment(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    os.environ["MAIL_CANARY"] = "canary-in-the-environment"
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    try:
        engine = await start_engine(paths)
    finally:
        del os.environ["MAIL_CANARY"]
    assert engine is not None
    async with opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                words = (process / "stat").read_text().rpartition(")")[2].split()
                if engine.pid not in (int(process.name), int(words[1])):
                    continue
                assert b"canary" not in (process / "environ").read_bytes()
                assert b"canary" not in (process / "cmdline").read_bytes()
    engine.send_signal(signal.SIGTERM)
    await asyncio.wait_for(engine.wait(), 15)


async def test_no_secret_is_in_any_file_but_its_own(tmp_path: Path) -> None:
    secret = "canary-password-57"
    async with ImapServer() as server:
        server.add_user("mira", secret)
        server.append("INBOX", mail(1), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira", password=secret)
        engine = await start_engine(paths)
        assert engine is not None
        async with opened(paths) as ctx:
            await until(lambda: _is(state(ctx), "active"), "active")
        engine.send_signal(signal.SIGTERM)
        await asyncio.wait_for(engine.wait(), 15)
    holders = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]
    assert holders == [paths.secrets_file]
