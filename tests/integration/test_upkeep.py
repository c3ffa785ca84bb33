"""The database looks after itself: small copies, room on the disk, damage, unasked removals."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.oracle import check_fold
from tests.integration.test_engine import sync
from tests.integration.test_live import opened, running, state
from tests.integration.waiting import one, rows, until
from tests.profiles import mail, profile
from tui_mail.actions import beginning, crm, keeping, sending, triage
from tui_mail.actions.context import Context
from tui_mail.cli import backup
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.errors import StoreDamaged, StoreReadOnly
from tui_mail.filing import intents
from tui_mail.model.drafts import DraftContent
from tui_mail.model.views import View
from tui_mail.store import disk, pages, safe_copies
from tui_mail.store.folds import fold, recount
from tui_mail.sync import upkeep, valves
from tui_mail.sync.valves import UnaskedRate

NOW = 1_790_000_000


@contextlib.asynccontextmanager
async def served(tmp_path: Path, mails: int = 3) -> AsyncIterator[tuple[ImapServer, Paths]]:
    """An embedded server with some mail, and a profile that knows it."""
    async with ImapServer() as server:
        server.add_user("mira", "x")
        for number in range(mails):
            server.append("INBOX", mail(number), user="mira")
        yield server, profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")


async def _bodies(ctx: Context) -> object:
    return await one(ctx, "SELECT count(*) FROM raws")


async def test_a_small_copy_brings_back_what_no_server_has(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, paths):
        await sync(paths)
        async with opened(paths) as ctx:
            await crm.create(ctx, "person", {"name": "Anna Berg"})
            draft = await beginning.new_draft(ctx, content=DraftContent(subject="half a thought"))
            await keeping.keep(ctx, draft)
            before = await rows(ctx, "SELECT name FROM persons ORDER BY id")
            journal = await one(ctx, "SELECT count(*) FROM journal")
        copy = safe_copies.copy_kept(paths.database, paths.backups, NOW)
        assert copy is not None
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with contextlib.closing(sqlite3.connect(copy)) as conn:
            kept = conn.execute(
                "SELECT count(*) FROM raws r JOIN placements p USING (message_id)"
            ).fetchone()
            assert kept == (0,)
        paths.database.write_bytes(b"no database any more" * 1000)
        for suffix in ("-wal", "-shm"):
            paths.database.with_name(f"mail.db{suffix}").unlink(missing_ok=True)
        backup.restore(paths, copy)
        async with opened(paths) as ctx:
            assert await rows(ctx, "SELECT name FROM persons ORDER BY id") == before
            assert await one(ctx, "SELECT count(*) FROM journal") == journal
            assert "half a thought" in str(await one(ctx, "SELECT content FROM drafts"))
        await sync(paths)
        async with opened(paths) as ctx:
            assert await one(ctx, "SELECT count(*) FROM messages WHERE body_state = 'none'") == 0
            found = await one(ctx, "SELECT count(*) FROM fts WHERE fts MATCH 'price'")
            assert found == 3
        check_fold(paths)


async def test_mail_that_is_on_no_server_is_in_the_copy_with_its_body(tmp_path: Path) -> None:
    async with served(tmp_path, 2) as (server, paths):
        await sync(paths)
        server.mailbox("INBOX", "mira").remove([1])
        await sync(paths)
        copy = safe_copies.copy_kept(paths.database, paths.backups, NOW)
        assert copy is not None
        with contextlib.closing(sqlite3.connect(copy)) as conn:
            assert conn.execute(
                "SELECT count(*), sum(m.body_state = 'full'), sum(m.orphaned_at IS NOT NULL)"
                " FROM raws JOIN messages m ON m.id = raws.message_id"
            ).fetchone() == (1, 1, 1)
            assert conn.execute("SELECT count(*) FROM fts WHERE fts MATCH 'price'").fetchone() == (
                1,
            )


async def test_a_copy_is_made_only_when_there_is_something_new_to_keep(tmp_path: Path) -> None:
    async with served(tmp_path, 1) as (_, paths):
        await sync(paths)
        assert safe_copies.copy_kept(paths.database, paths.backups, NOW) is not None
        assert safe_copies.copy_kept(paths.database, paths.backups, NOW + 3600) is None
        async with opened(paths) as ctx:
            row = (await ctx.db.read(pages.page, View.INBOX, 0, 1))[0]
            await triage.set_star(ctx, [row.id], True)
        assert safe_copies.copy_kept(paths.database, paths.backups, NOW + 7200) is not None


@pytest.mark.parametrize(
    ("stamps", "octets", "stay"),
    [
        ([f"202611{day:02d}-{hour:02d}0000" for day in (1, 2) for hour in range(20)], 10, 25),
        ([f"202611{day:02d}-120000" for day in range(1, 31)], 10, 30),
        ([f"2026{month:02d}{day:02d}-120000" for month in (9, 10) for day in range(1, 31)], 10, 31),
        ([f"20261101-{hour:02d}0000" for hour in range(10)], 60 << 20, 8),
        ([f"20261101-{hour:02d}0000" for hour in range(5)], 600 << 20, 2),
    ],
)
def test_old_copies_go(tmp_path: Path, stamps: list[str], octets: int, stay: int) -> None:
    for stamp in stamps:
        with (tmp_path / f"kept-{stamp}.db").open("wb") as file:
            file.truncate(octets)
    (tmp_path / "mail-20261101-120000.db").touch()
    safe_copies.prune(tmp_path)
    left = sorted(path.name for path in tmp_path.glob("kept-*.db"))
    assert len(left) == stay
    assert left[-1] == f"kept-{stamps[-1]}.db"
    assert (tmp_path / "mail-20261101-120000.db").exists()


async def test_the_engine_makes_its_copy_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SETTLED_SECONDS", 0.0)
    async with served(tmp_path, 1) as (_, paths), running(paths):
        await until(lambda: list(paths.backups.glob("kept-*.db")) != [], "the copy")
        await until(lambda: paths.reserve.exists(), "the reserve")


async def test_a_damaged_file_takes_no_more_writes(tmp_path: Path) -> None:
    async with served(tmp_path, 1) as (_, paths):
        await sync(paths)
        with contextlib.closing(sqlite3.connect(paths.database)) as conn:
            conn.execute("UPDATE meta SET value = '0' WHERE key = 'clean_stop'")
            conn.commit()
            page = conn.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 'messages_fingerprint'"
            ).fetchone()[0]
            size = conn.execute("PRAGMA page_size").fetchone()[0]
        with paths.database.open("r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\0" * size)
        for _ in range(2):
            with pytest.raises(StoreDamaged, match="damaged"):
                async with running(paths):
                    await asyncio.sleep(5)


@pytest.mark.parametrize(
    ("free", "bodies", "said"),
    [(2 << 30, 2, ""), (500 << 20, 0, "only 500 MB of disk are free")],
)
async def test_bodies_wait_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, bodies: int, said: str
) -> None:
    monkeypatch.setattr(disk, "free_octets", lambda path: free)
    async with served(tmp_path, 2) as (_, paths):
        await sync(paths)
        async with opened(paths) as ctx:
            assert (await ctx.db.read(pages.count, View.INBOX))[0] == 2
            assert await _bodies(ctx) == bodies
            assert said in str(await one(ctx, "SELECT reason FROM accounts"))


async def test_sync_waits_for_room_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [100 << 20]
    monkeypatch.setattr(disk, "free_octets", lambda path: free[0])
    async with served(tmp_path, 2) as (_, paths), running(paths), opened(paths) as ctx:

        async def waits() -> bool:
            return await state(ctx) == "retrying"

        async def came() -> bool:
            return (await ctx.db.read(pages.count, View.INBOX))[0] == 2

        await until(waits, "the reason")
        assert "Sync waits" in str(await one(ctx, "SELECT reason FROM accounts"))
        assert not await came()
        free[0] = 2 << 30
        ctx.wake()
        await until(came, "the mail", 10)


async def test_a_mail_is_not_taken_when_it_could_not_be_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_octets", lambda path: 40 << 20)
    async with served(tmp_path, 0) as (_, paths):
        paths = profile(tmp_path, imap=("127.0.0.1", 1), smtp=("127.0.0.1", 1))
        async with opened(paths) as ctx:
            content = DraftContent(to="anna@fjord.example", subject="Offer", body="Here it is.")
            draft = await beginning.new_draft(ctx, content=content)
            with pytest.raises(StoreReadOnly, match="40 MB"):
                await sending.send(ctx, draft)
            assert await one(ctx, "SELECT count(*) FROM outbox") == 0
            assert "Offer" in str(await one(ctx, "SELECT content FROM drafts"))


async def test_removals_nobody_asked_for_are_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove_all(conn: sqlite3.Connection) -> None:
        roles = dict(conn.execute("SELECT role, id FROM folders"))
        ids = [row[0] for row in conn.execute("SELECT id FROM messages")]
        for message_id in ids:
            intents.relocate(
                conn,
                message_id,
                1,
                roles["inbox"],
                roles["archive"],
                verb="archive",
                now=NOW,
                journal_id=None,
            )
        recount(conn, fold(conn, ids))

    monkeypatch.setattr(valves, "UNASKED_A_MINUTE", 3)
    async with served(tmp_path, 6) as (_, paths):
        await sync(paths)
        async with opened(paths) as ctx:
            await ctx.db.write(remove_all)
            await sync(paths)
            assert (await ctx.db.read(pages.count, View.INBOX))[0] == 6
            said = await one(ctx, "SELECT summary FROM journal WHERE actor = 'server'")
            assert "more than anybody asked for" in str(said)


def test_the_rate_is_of_a_minute() -> None:
    rate = UnaskedRate()
    assert rate.allows(60, 1000)
    assert rate.allows(40, 1010)
    assert not rate.allows(1, 1020)
    assert rate.allows(100, 1060)
