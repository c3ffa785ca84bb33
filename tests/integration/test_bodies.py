"""Bodies on demand, bodies that do not come, and mails that break the reader (FLT-27)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.test_engine import sync
from tests.integration.test_live import commands, inbox, opened, running, state
from tests.integration.waiting import one, rows, until
from tests.profiles import mail, profile
from tui_mail.actions.reading import Reader
from tui_mail.actions.searching import search
from tui_mail.config import save
from tui_mail.demo.imap_server import ImapServer
from tui_mail.errors import TransportError
from tui_mail.mime.indexing import decompress


async def test_a_large_mail_stays_on_the_server_until_it_is_opened(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        server.append("INBOX", mail(1, subject="Plans", body="x" * 1_200_000), user="mira")
        server.append("INBOX", mail(2), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        save.set_value(paths.config_file, "sync.attachment_limit_mb", 1)
        async with running(paths), opened(paths) as ctx:
            await until(lambda: _is(state(ctx), "active"), "active")
            assert await one(ctx, "SELECT body_state FROM messages WHERE subject = 'Plans'") == (
                "too_big"
            )
            found = await search(ctx, "plans")
            assert len(found.conversation_ids) == 1, "its headers are searchable"
            message_id = await one(ctx, "SELECT id FROM messages WHERE subject = 'Plans'")
            reader = Reader(ctx)
            try:
                before = await reader.open(message_id)
                assert before.mail is None
                assert before.waiting.endswith("MB, still on the server")
                after = await reader.open(message_id, wait=20)
                assert after.mail is not None and after.mail.blocks
            finally:
                await reader.close()


PIECE = 1 << 20
_WINDOW = rb"BODY\.PEEK\[\]<(\d+)\."


def _asked_from(server: ImapServer) -> list[int]:
    """The offsets of the pieces that were asked for."""
    lines = commands(server, _WINDOW)
    return [int(found[1]) // PIECE for line in lines if (found := re.search(_WINDOW, line))]


async def test_a_large_mail_goes_on_where_the_connection_was_lost(tmp_path: Path) -> None:
    raw = mail(1, subject="Plans", body="All the plans.\r\n" + "x" * 70 * (PIECE // 10))
    async with ImapServer() as server:
        server.add_user("mira", "x")
        server.append("INBOX", raw, user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        server.faults.swallow("UID FETCH", nth=5)
        with pytest.raises(TransportError):
            await sync(paths)
        first = _asked_from(server)
        assert first == [0, 1, 2, 3]
        await sync(paths)
        assert _asked_from(server)[len(first) :] == [3, 4, 5, 6, 7][: len(raw) // PIECE - 2]
        async with opened(paths) as ctx:
            stored = decompress(await one(ctx, "SELECT data FROM raws"))  # type: ignore[arg-type]
            assert stored == raw
        assert list(paths.pieces.iterdir()) == []


async def test_a_server_that_gives_too_much_is_asked_for_the_whole(tmp_path: Path) -> None:
    raw = mail(1, body="y" * 5 * PIECE)

    def whole(response: bytes) -> list[bytes]:
        if b"BODY[]<0>" not in response:
            return [response]
        return [b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n%s)\r\n" % (len(raw), raw)]

    async with ImapServer() as server:
        server.add_user("mira", "x")
        server.append("INBOX", raw, user="mira")
        server.faults.rewrite(whole)
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        async with running(paths), opened(paths) as ctx:
            await until(lambda: _is(one(ctx, "SELECT count(*) FROM raws"), 1), "the mail", 20)
        assert len(_asked_from(server)) == 1


async def _is(value: object, wanted: object) -> bool:
    return (await value) == wanted  # type: ignore[misc]


async def test_a_mail_the_server_does_not_give_stops_no_other(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(10):
            server.append("INBOX", mail(n), user="mira")
        bad = account.uids("INBOX")[4]

        def withhold(response: bytes) -> list[bytes]:
            body = b"BODY[]" in response and b"UID %d " % bad in response
            return [] if body else [response]

        server.faults.rewrite(withhold)
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        for _ in range(4):
            await sync(paths)
            async with opened(paths) as ctx:
                await ctx.db.write(lambda conn: conn.execute("UPDATE fetch_retry SET next_at = 0"))
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 10
            assert await rows(
                ctx, "SELECT body_state, count(*) FROM messages GROUP BY 1 ORDER BY 1"
            ) == [("failed", 1), ("full", 9)]
            failed = await rows(
                ctx, "SELECT id, subject, text_key FROM messages WHERE body_state = 'failed'"
            )
            (message_id, subject, text_key) = failed[0]
            assert text_key is not None, "its header is in the index"
            assert message_id in (await search(ctx, f'"{subject}"')).message_ids


async def test_headers_that_did_not_come_are_asked_for_again(tmp_path: Path) -> None:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(6):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        hidden = account.uids("INBOX")[2]
        server.faults.rewrite(
            lambda response: [] if b"UID %d " % hidden in response else [response]
        )
        await sync(paths)
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 5
            assert await rows(ctx, "SELECT uid, what FROM fetch_retry") == [(hidden, "header")]
            server.faults.clear()
            await ctx.db.write(lambda conn: conn.execute("UPDATE fetch_retry SET next_at = 0"))
            await sync(paths)
            assert await inbox(ctx) == 6
            assert await rows(ctx, "SELECT uid FROM fetch_retry") == []


async def test_poison_among_good_mail(tmp_path: Path) -> None:
    poison = [
        b"",
        b"\x00\x01\x02",
        b"Subject: " + b"=?utf-8?B?" * 3000 + b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 20_000,
        b"From: " + b"(" * 50_000 + b"\r\n\r\nx",
        b"Content-Type: text/html\r\n\r\n" + b"<!--" * 100_000,
        b"Content-Type: text/plain; charset=rot13\r\n\r\nhello",
        b"Subject: \x1b]0;x\x07\x9b2J\r\n\r\n\x1b[2J",
    ]
    async with ImapServer() as server:
        server.add_user("mira", "x")
        for n in range(20):
            server.append("INBOX", mail(n), user="mira")
        for raw in poison:
            server.append("INBOX", raw, user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            assert await inbox(ctx) == 20 + len(poison)
            assert await one(ctx, "SELECT count(*) FROM messages WHERE body_state = 'none'") == 0
            reader = Reader(ctx)
            try:
                for (message_id,) in await rows(ctx, "SELECT id FROM messages"):
                    shown = await reader.open(message_id)
                    assert shown.mail is not None
            finally:
                await reader.close()
        assert commands(server, rb" STORE ") == [], "reading and syncing change no flag (R64)"


async def test_nothing_is_fetched_that_is_older_than_wanted(tmp_path: Path) -> None:
    async with ImapServer() as server:
        server.add_user("mira", "x")
        old = datetime(2020, 9, 13, tzinfo=UTC)
        server.append("INBOX", mail(1, subject="Old"), internal_date=old, user="mira")
        server.append("INBOX", mail(2, subject="New"), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira", sync_days=30)
        await sync(paths)
        async with opened(paths) as ctx:
            assert await rows(ctx, "SELECT subject FROM messages") == [("New",)]
        profile(tmp_path, imap=("127.0.0.1", server.port), user="mira", sync_days=0)
        await sync(paths)
        async with opened(paths) as ctx:
            assert await rows(ctx, "SELECT subject FROM messages ORDER BY 1") == [
                ("New",),
                ("Old",),
            ]
