"""Signing in again without a gap, and many accounts within their budgets."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

from tests.integration.test_live import _is, commands, opened, running, state
from tests.integration.waiting import one, rows, until
from tests.profiles import mail, profile
from tui_mail.actions import accounts
from tui_mail.config import save
from tui_mail.demo.imap_server import ImapServer

MANY = 20


async def _whole(ctx: object, number: int) -> bool:
    return bool(await one(ctx, "SELECT count(*) FROM messages") >= number)  # type: ignore[arg-type]


async def test_after_another_password_nothing_is_missing_and_nothing_is_there_twice(
    tmp_path: Path,
) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for number in range(600):
            server.append("INBOX", mail(number), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        async with running(paths), opened(paths) as ctx:
            await until(lambda: _whole(ctx, 100), "the first rows")
            account.password = "another"
            await server.drop_connections()
            await until(lambda: _is(state(ctx), "auth_failed"), "auth_failed")
            tried = len(commands(server, rb"LOGIN|AUTHENTICATE"))
            before = await one(ctx, "SELECT count(*) FROM messages")
            server.append("INBOX", mail(601), user="mira")
            ctx.wake()
            await asyncio.sleep(0.3)
            assert len(commands(server, rb"LOGIN|AUTHENTICATE")) == tried
            assert await one(ctx, "SELECT count(*) FROM messages") == before, "all stays"
            await accounts.new_secret(ctx, "work", "another")
            await until(lambda: _is(state(ctx), "active"), "active")
            found = await rows(ctx, "SELECT message_id FROM messages")
            assert len(found) == len(set(found)) == 601


async def test_twenty_accounts_stay_within_connections_and_memory(tmp_path: Path) -> None:
    async with ImapServer() as server:
        for number in range(MANY):
            server.add_user(f"u{number}", "x")
            server.append("INBOX", mail(number), user=f"u{number}")
            paths = profile(
                tmp_path,
                slug=f"a{number}",
                address=f"u{number}@northwind.example",
                imap=("127.0.0.1", server.port),
                user=f"u{number}",
            )
        save.set_value(paths.config_file, "sync.host_connections", 6)
        most = 0
        begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, len(server.sessions))
                await asyncio.sleep(0.005)

        async with running(paths), opened(paths) as ctx:
            watcher = asyncio.create_task(watch())
            try:
                await until(lambda: _whole(ctx, MANY), "every account", 40)
                active = "SELECT count(*) FROM accounts WHERE state = 'active'"
                await until(lambda: _equals(one(ctx, active), MANY), "all are active", 40)
                made = server.connections
                for _ in range(5):
                    ctx.wake()
                    await asyncio.sleep(0.05)
                assert server.connections - made <= 6, "a wake-up without work connects nobody"
                server.append("INBOX", mail(99), user="u19")
                ctx.sync_now()
                await until(lambda: _whole(ctx, MANY + 1), "new mail of the last", 40)
            finally:
                watcher.cancel()
        assert 2 <= most <= 6
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun
        assert grown < 80 * 1024, f"{grown} KiB for {MANY} accounts"


async def _equals(value: object, wanted: object) -> bool:
    return bool(await value == wanted)  # type: ignore[misc]


async def test_a_stopped_account_is_left_alone_and_is_no_trouble(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        where = ("127.0.0.1", server.port)
        paths = profile(tmp_path, imap=where, user="mira", receive=False)
        async with running(paths), opened(paths) as ctx:
            await until(lambda: _is(state(ctx), "active"), "active")
            ctx.wake()
            await asyncio.sleep(0.2)
            assert server.connections == 0
            assert "stopped by you" in await one(ctx, "SELECT reason FROM accounts")
