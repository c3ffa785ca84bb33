"""Mail sent later through a real engine and sink, with a clock that the test moves (OUT-11)."""

from __future__ import annotations

import email
from email.utils import parsedate_to_datetime
from pathlib import Path

from tests.integration.test_live import opened
from tests.integration.test_sending import Office, office, state
from tests.integration.waiting import one
from tests.profiles import mail
from tests.tui.factory import FixedClock
from tui_mail.actions import beginning, orders, reminding, sending
from tui_mail.actions.context import Context
from tui_mail.model.drafts import DraftContent
from tui_mail.model.views import View
from tui_mail.store import folds, outbox, pages
from tui_mail.sync.engine import Engine

_HOUR = 3600


async def sync_at(here: Office, at: int) -> None:
    async with Engine(here.paths, clock=FixedClock(at), check_seconds=0) as engine:
        await engine.sync_once()


async def plan(ctx: Context, at: int) -> int:
    content = DraftContent(to="anna@fjord.example", subject="Later", body="It is {{today}}.")
    await sending.send(ctx, await beginning.new_draft(ctx, content=content), at=at)
    return int(await one(ctx, "SELECT max(id) FROM outbox"))


async def test_it_goes_at_its_time_and_not_before_and_bears_it(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        at = ctx.now() + 30 * _HOUR
        sent = await plan(ctx, at)
        await sync_at(here, at - 1)
        assert here.sink.accepted == []
        assert (await ctx.db.read(pages.count, View.OUTBOX))[0] == 1
        await sync_at(here, at + 5)
        (accepted,) = here.sink.accepted
        parsed = email.message_from_bytes(accepted.raw)
        assert parsedate_to_datetime(parsed["Date"]).timestamp() == at
        assert await state(ctx, sent) == "sent"


async def test_missed_by_hours_it_asks_and_goes_on_a_word_only(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        at = ctx.now() + _HOUR
        sent = await plan(ctx, at)
        await sync_at(here, at + 12 * _HOUR + 1)
        await sync_at(here, at + 40 * _HOUR)
        await sync_at(here, at + 1)
        assert await state(ctx, sent) == "missed"
        assert here.sink.accepted == []
        assert await sending.resend(ctx, sent)
        await here.sync()
        assert len(here.sink.accepted) == 1
        await sync_at(here, at - 10)
        await sync_at(here, at + 1)
        assert len(here.sink.accepted) == 1


async def test_a_little_late_it_still_goes(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        at = ctx.now() + _HOUR
        await plan(ctx, at)
        await sync_at(here, at + 11 * _HOUR)
        assert len(here.sink.accepted) == 1


async def test_another_time_changes_the_date_and_nothing_else(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        at = ctx.now() + _HOUR
        sent = await plan(ctx, at)
        before = await ctx.db.read(outbox.raw, sent)
        assert await orders.reschedule(ctx, sent, at + 24 * _HOUR)
        after = await ctx.db.read(outbox.raw, sent)
        old, new = before.split(b"\r\n"), after.split(b"\r\n")
        assert [x for x, y in zip(old, new, strict=True) if x != y] == [
            line for line in old if line.startswith(b"Date:")
        ]
        await sync_at(here, at + 2 * _HOUR)
        assert here.sink.accepted == []
        await sync_at(here, at + 24 * _HOUR)
        (accepted,) = here.sink.accepted
        assert accepted.raw.rstrip() == after.rstrip()
        assert not await orders.reschedule(ctx, sent, at)


async def test_cancelled_it_is_a_draft_again(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        at = ctx.now() + _HOUR
        sent = await plan(ctx, at)
        assert await sending.cancel(ctx, sent)
        await sync_at(here, at + 60)
        assert here.sink.accepted == []
        assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 1


async def test_the_engine_wakes_after_a_restart_and_the_server_learns_nothing(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here:
        here.imap.append("INBOX", mail(1), user="mira")
        await here.sync()
        async with opened(here.paths) as ctx:
            conversation = int(await one(ctx, "SELECT conversation_id FROM messages"))
            now = ctx.now()
            await reminding.snooze(ctx, [conversation], now + _HOUR)
            await reminding.remind(ctx, [conversation], now + 2 * _HOUR)
            assert await ctx.db.read(pages.count, View.INBOX) == (0, 0)
        said = len(here.imap.log)
        await sync_at(here, now + 60)
        async with opened(here.paths) as ctx:
            assert await ctx.db.read(pages.count, View.SNOOZED) == (1, 1)
        await sync_at(here, now + 3 * _HOUR)
        async with opened(here.paths) as ctx:
            (row,) = await ctx.db.read(pages.page, View.INBOX, 0, 10)
            assert row.at == now + _HOUR
            assert await ctx.db.read(pages.count, View.FOLLOW_UP) == (1, 1)
            await ctx.db.write(folds.rebuild)
            (again,) = await ctx.db.read(pages.page, View.INBOX, 0, 10)
            assert again.at == row.at
        changing = (b" STORE", b"MOVE", b"COPY", b"APPEND", b"EXPUNGE")
        assert not [line for line in here.imap.log[said:] if any(w in line for w in changing)]
