"""The engine as it runs: push, wake-ups, lost servers, rejected secrets, one bad account."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.integration.oracle import check_fold
from tests.integration.test_engine import sync
from tests.integration.waiting import one, rows, until
from tests.profiles import mail, profile
from tui_mail.accounts.secrets import write_secret
from tui_mail.actions import triage, undoing
from tui_mail.actions.context import Context, open_context
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.errors import StoreBusy
from tui_mail.model.views import View
from tui_mail.store import pages
from tui_mail.sync.backoff import Backoff
from tui_mail.sync.condition import Condition
from tui_mail.sync.engine import Engine
from tui_mail.sync.facts import subscribe


@contextlib.asynccontextmanager
async def running(paths: Paths, check_seconds: int = 0) -> AsyncIterator[Engine]:
    """An engine at work."""
    async with Engine(paths, check_seconds=check_seconds) as engine:
        task = asyncio.create_task(engine.run())
        try:
            yield engine
        finally:
            engine.request_stop()
            await task


@contextlib.asynccontextmanager
async def opened(paths: Paths) -> AsyncIterator[Context]:
    """A context beside the engine, as a screen has one."""
    ctx = await open_context(paths)
    try:
        yield ctx
    finally:
        await ctx.close()


def commands(server: ImapServer, pattern: bytes) -> list[bytes]:
    """Client lines whose command matches."""
    return [line for line in server.log if re.search(pattern, line, re.IGNORECASE)]


async def state(ctx: Context, slug: str = "work") -> str:
    return str(await one(ctx, "SELECT state FROM accounts WHERE slug = ?", slug))


async def inbox(ctx: Context) -> int:
    return (await ctx.db.read(pages.count, View.INBOX))[0]


async def test_new_mail_is_pushed_and_announced(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    dovecot.deliver(user, "INBOX", mail(1))
    async with running(paths), opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        heard: list[int] = []

        async def listen() -> None:
            async for fact in subscribe(paths.socket):
                if fact.kind == "conversations":
                    heard.extend(fact.ids)

        listener = asyncio.create_task(listen())
        await until(lambda: paths.socket.exists(), "socket")
        with Mailbox(dovecot, user) as other:
            await asyncio.to_thread(other.imap.append, "INBOX", "", None, mail(2))
        await until(lambda: _is(inbox(ctx), 2), "the pushed mail", 10)
        await until(lambda: bool(heard), "the fact")
        listener.cancel()


async def _is(value: object, wanted: object) -> bool:
    return (await value) == wanted  # type: ignore[misc]


async def test_a_key_press_reaches_the_server_at_once(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(3)))
    async with running(paths), opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 3)]
        await triage.archive(ctx, ids[:1])
        with Mailbox(dovecot, user) as there:
            await until(
                lambda: asyncio.to_thread(lambda: there.count("Archive") == 1), "archived", 5
            )


async def test_the_user_can_ask_for_a_look_at_every_folder(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    paths = profile(tmp_path, imap=(dovecot.host, dovecot.port), user=user)
    dovecot.deliver(user, "INBOX", mail(1))
    async with running(paths), opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        with Mailbox(dovecot, user) as other:
            other.imap.append("Archive", "", None, mail(2))
        ctx.sync_now()

        async def archived() -> bool:
            return (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 1

        await until(archived, "the mail another program filed in a folder without push", 5)


async def test_a_stopped_server_is_waited_for(tmp_path: Path) -> None:
    server = ImapServer()
    server.add_user("mira", "x")
    server.append("INBOX", mail(1), user="mira")
    await server.start()
    port = server.port
    paths = profile(tmp_path, imap=("127.0.0.1", port), user="mira")
    async with running(paths), opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active")
        await server.stop()
        await until(lambda: _is(state(ctx), "retrying"), "retrying")
        assert await one(ctx, "SELECT reason FROM accounts") != ""
        assert await inbox(ctx) == 1
        await server.start(port=port)
        server.append("INBOX", mail(2), user="mira")
        ctx.wake()
        await until(lambda: _is(inbox(ctx), 2), "the mail after the pause", 30)
        await until(lambda: _is(state(ctx), "active"), "active again")
    await server.stop()


async def test_a_bell_just_after_a_failure_ends_the_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rings between the state being shown and the pause, and the pause would be long."""
    server = ImapServer()
    server.add_user("mira", "x")
    await server.start()
    port = server.port
    paths = profile(tmp_path, imap=("127.0.0.1", port), user="mira")
    report = Condition.report

    async def report_and_ring(condition: Condition, state: str, error: BaseException) -> None:
        await report(condition, state, error)
        await server.start(port=port)
        engine._wake(False)

    monkeypatch.setattr(Condition, "report", report_and_ring)
    monkeypatch.setattr(Backoff, "failed", lambda *_, **__: 900.0)
    await server.stop()
    async with running(paths) as engine, opened(paths) as ctx:
        await until(lambda: _is(state(ctx), "active"), "active by the bell")
    await server.stop()


async def test_a_rejected_secret_is_never_tried_twice(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "right")
        server.append("INBOX", mail(1), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira", password="wrong")
        async with running(paths), opened(paths) as ctx:
            await until(lambda: _is(state(ctx), "auth_failed"), "auth_failed")
            for _ in range(3):
                ctx.wake()
                await asyncio.sleep(0.2)
            assert len(commands(server, rb"LOGIN|AUTHENTICATE")) == 1
            account = ctx.settings.account("work")
            assert account is not None
            write_secret(account, paths, "right")
            ctx.wake()
            await until(lambda: _is(state(ctx), "active"), "active after the new secret")
            assert await inbox(ctx) == 1


async def test_one_broken_account_stops_no_other(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    dovecot.deliver(user, "INBOX", mail(1))
    profile(tmp_path, slug="broken", address="b@x.example", imap=("127.0.0.1", 1))
    paths = profile(tmp_path, slug="fine", imap=(dovecot.host, dovecot.port), user=user)
    async with running(paths), opened(paths) as ctx:
        await until(lambda: _is(state(ctx, "fine"), "active"), "the other account")
        await until(lambda: _is(state(ctx, "broken"), "retrying"), "the broken one")


async def test_a_second_engine_is_refused(tmp_path: Path) -> None:
    paths = profile(tmp_path)
    async with Engine(paths):
        with pytest.raises(StoreBusy):
            await Engine(paths).start()


async def test_renumbered_folder_is_bound_again_without_fetching_bodies(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(30):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        fetched = len(commands(server, rb"BODY\.PEEK\[\]"))
        assert fetched > 0
        account.renumber("INBOX")
        async with opened(paths) as ctx:
            before = await rows(ctx, "SELECT id, conversation_id FROM messages ORDER BY id")
            await sync(paths)
            assert await rows(ctx, "SELECT id, conversation_id FROM messages ORDER BY id") == before
            assert await inbox(ctx) == 30
            assert await one(ctx, "SELECT generation FROM folders WHERE role = 'inbox'") == 2
        assert len(commands(server, rb"BODY\.PEEK\[\]")) == fetched
        check_fold(paths)


async def test_a_server_that_renumbers_at_every_connect_is_followed_now_and_then(
    tmp_path: Path,
) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(5):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        for _ in range(8):
            account.renumber("INBOX")
            await sync(paths)
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 5
            assert await one(ctx, "SELECT count(*) FROM messages") == 5
            assert await one(ctx, "SELECT generation FROM folders WHERE role = 'inbox'") == 5
        assert commands(server, rb" (STORE|MOVE|EXPUNGE) ") == []


async def test_a_folder_that_is_suddenly_empty_is_not_believed_at_once(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(30):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        account.empty("INBOX")
        async with opened(paths) as ctx:
            await sync(paths)
            assert await inbox(ctx) == 30
            assert await one(ctx, "SELECT state FROM folders WHERE role = 'inbox'") == "quarantined"
            for _ in range(3):
                await sync(paths)
            assert await inbox(ctx) == 0
            kept = await one(ctx, "SELECT count(*) FROM raws")
            assert kept == 30, "bodies are kept until their retention ends"
            assert await one(ctx, "SELECT count(*) FROM messages WHERE orphaned_at IS NULL") == 0
        assert commands(server, rb" (EXPUNGE|CLOSE|STORE|MOVE)") == []


async def test_mail_that_comes_back_after_quarantine_stays(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(30):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        account.empty("INBOX")
        await sync(paths)
        for n in range(30):
            server.append("INBOX", mail(n), user="mira")
        for _ in range(4):
            await sync(paths)
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 30
            assert await one(ctx, "SELECT count(*) FROM messages") >= 30
        check_fold(paths)


async def test_many_mails_moved_elsewhere_are_followed_at_once(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        account.create("Old")
        for n in range(60):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        account.move_uids("INBOX", account.uids("INBOX")[:50], "Old")
        async with opened(paths) as ctx:
            await sync(paths)
            assert await inbox(ctx) == 10
            assert await one(ctx, "SELECT count(*) FROM messages") == 60


async def test_gmail_labels_are_places_and_archive_takes_the_inbox_label(tmp_path: Path) -> None:
    async with ImapServer(gmail=True) as server:
        server.add_user("mira", "x")
        for n in range(4):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 4
            assert await one(ctx, "SELECT count(*) FROM messages") == 4
            ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 4)]
            await triage.archive(ctx, ids[:2])
            assert await inbox(ctx) == 2
            await sync(paths)
            assert await inbox(ctx) == 2
            assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 2
            assert await undoing.undo(ctx) is not None
            await sync(paths)
            assert await inbox(ctx) == 4
        assert commands(server, rb"EXPUNGE") == []
        check_fold(paths)


async def test_archiving_only_here_leaves_the_server_alone(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        for n in range(3):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(
            tmp_path,
            imap=("127.0.0.1", server.port),
            user="mira",
            archive_remote=False,
            delete_remote=False,
        )
        await sync(paths)
        async with opened(paths) as ctx:
            ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 3)]
            await triage.archive(ctx, ids[:1])
            await triage.delete(ctx, ids[1:2])
            await sync(paths)
            assert await inbox(ctx) == 1
            assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 1
            await undoing.undo(ctx)
            await undoing.undo(ctx)
            assert await inbox(ctx) == 3
        assert commands(server, rb" (MOVE|STORE|COPY|EXPUNGE)") == []


async def test_leaving_the_inbox_elsewhere_can_be_ignored(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(3):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira", mirror_inbox=False)
        await sync(paths)
        account.move_uids("INBOX", account.uids("INBOX")[:1], "Archive")
        account.expunge("INBOX", account.uids("INBOX")[:1])
        await sync(paths)
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 2, "archived elsewhere stays, deleted elsewhere goes"
            shown = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 3)]
            await triage.archive(ctx, shown)
            await sync(paths)
            assert await inbox(ctx) == 0


async def test_a_refused_operation_gives_the_row_back_with_the_reason(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        server.append("INBOX", mail(1), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        server.faults.refuse("UID MOVE", code="OVERQUOTA", text="The quota is used up")
        async with opened(paths) as ctx:
            ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 1)]
            await triage.archive(ctx, ids)
            assert await inbox(ctx) == 0
            await sync(paths)
            assert await inbox(ctx) == 1
            said = await one(ctx, "SELECT summary FROM journal WHERE actor = 'server'")
            assert "quota is used up" in said
