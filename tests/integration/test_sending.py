"""Sending through a real engine and a sink that fails at every phase (FLT-23, FLT-25)."""

from __future__ import annotations

import contextlib
import email
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.integration.test_live import opened
from tests.integration.waiting import one, rows
from tests.profiles import mail, profile
from tui_mail.actions import beginning, sending, undoing
from tui_mail.actions.context import Context
from tui_mail.config import save
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.smtp_sink import SmtpSink
from tui_mail.errors import ActionError
from tui_mail.model.drafts import DraftContent
from tui_mail.model.views import View
from tui_mail.store import pages
from tui_mail.sync.engine import Engine


@dataclass
class Office:
    """One account between an IMAP server and a sink."""

    imap: ImapServer
    sink: SmtpSink
    paths: Paths

    async def sync(self) -> None:
        """A sync whose problems show in the rows, not here."""
        async with Engine(self.paths, check_seconds=0) as engine:
            await engine.sync_once()


@contextlib.asynccontextmanager
async def office(tmp_path: Path, **changes: object) -> AsyncIterator[Office]:
    async with (
        ImapServer() as imap,
        SmtpSink(users={"mira": "x"}) as sink,
    ):
        imap.add_user("mira", "x")
        paths = profile(
            tmp_path,
            imap=("127.0.0.1", imap.port),
            smtp=("127.0.0.1", sink.port),
            user="mira",
            **changes,
        )
        save.set_value(paths.config_file, "writing.undo_seconds", 0)
        one_office = Office(imap, sink, paths)
        await one_office.sync()
        yield one_office


async def write(ctx: Context, **fields: str) -> int:
    """Send a mail; returns its outbox id."""
    content = DraftContent(
        **{"to": "anna@fjord.example", "subject": "Hello", "body": "Hi.", **fields}
    )
    await sending.send(ctx, await beginning.new_draft(ctx, content=content))
    return int(await one(ctx, "SELECT max(id) FROM outbox"))


async def state(ctx: Context, outbox_id: int) -> str:
    return str(await one(ctx, "SELECT state FROM outbox WHERE id = ?", outbox_id))


async def test_a_mail_goes_once_and_its_copy_is_filed(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        sent = await write(ctx, cc="Bo <bo@fjord.example>", bcc="secret@fjord.example")
        await here.sync()
        assert await state(ctx, sent) == "sent"
        (accepted,) = here.sink.accepted
        assert sorted(accepted.rcpts) == [
            "anna@fjord.example",
            "bo@fjord.example",
            "secret@fjord.example",
        ]
        assert b"secret@" not in accepted.raw
        account = here.imap.account("mira")
        (uid,) = account.uids("Sent")
        assert account.raw_of("Sent", uid) == accepted.raw
        parsed = email.message_from_bytes(accepted.raw)
        assert parsed.get_content_type() == "multipart/alternative"
        await here.sync()
        assert await one(ctx, "SELECT count(*) FROM messages WHERE deleted_at IS NULL") == 1
        assert (await ctx.db.read(pages.count, View.SENT))[0] == 1
        assert (await ctx.db.read(pages.count, View.OUTBOX))[0] == 0


BEFORE_THE_DOT = ["greeting", "ehlo", "mail", "rcpt", "data", "after-354"]


@pytest.mark.parametrize("phase", BEFORE_THE_DOT)
async def test_lost_before_the_dot_is_not_sent_and_tried_again(tmp_path: Path, phase: str) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.die(phase)
        sent = await write(ctx)
        await here.sync()
        assert await state(ctx, sent) == "retry_wait"
        assert here.sink.accepted == []
        await ctx.db.write(lambda conn: conn.execute("UPDATE outbox SET next_at = 0"))
        await here.sync()
        assert await state(ctx, sent) == "sent"
        assert len(here.sink.accepted) == 1


async def test_lost_about_the_dot_never_goes_by_itself(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.die("before-dot")
        sent = await write(ctx)
        await here.sync()
        assert await state(ctx, sent) in ("uncertain", "retry_wait")
        assert here.sink.accepted == []


async def test_lost_after_the_dot_is_uncertain_and_never_sent_again(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.die("after-dot")
        sent = await write(ctx)
        for _ in range(3):
            await here.sync()
            await ctx.db.write(lambda conn: conn.execute("UPDATE outbox SET next_at = 0"))
        assert await state(ctx, sent) == "uncertain"
        assert len(here.sink.accepted) == 1
        assert (await ctx.db.read(pages.count, View.OUTBOX))[0] == 1
        assert await sending.mark_sent(ctx, sent)
        assert await state(ctx, sent) == "sent"


async def test_proof_in_the_sent_folder_settles_an_uncertain_mail(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.die("after-dot")
        sent = await write(ctx)
        await here.sync()
        assert await state(ctx, sent) == "uncertain"
        here.imap.append("Sent", here.sink.accepted[0].raw, user="mira")
        await ctx.db.write(lambda conn: conn.execute("UPDATE outbox SET next_at = 0"))
        await here.sync()
        await here.sync()
        assert await state(ctx, sent) == "sent"
        assert len(here.sink.accepted) == 1
        assert len(here.imap.account("mira").uids("Sent")) == 1


async def test_the_user_may_send_an_uncertain_mail_again(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.die("dot")
        sent = await write(ctx)
        await here.sync()
        assert await state(ctx, sent) == "uncertain"
        assert await sending.resend(ctx, sent)
        await here.sync()
        assert await state(ctx, sent) == "sent"
        ids = {email.message_from_bytes(a.raw)["Message-ID"] for a in here.sink.accepted}
        assert len(ids) == 1, "the same mail keeps its Message-ID"


ANSWERS = {
    ("mail", "550 5.7.1 no"): "failed",
    ("mail", "451 4.3.0 later"): "retry_wait",
    ("rcpt", "550 5.1.1 unknown"): "failed",
    ("rcpt", "450 4.2.0 greylisted"): "retry_wait",
    ("data", "554 5.5.1 no"): "failed",
    ("data", "421 4.3.2 closing"): "retry_wait",
    ("dot", "550 5.7.1 spam"): "failed",
    ("dot", "452 4.3.1 full"): "retry_wait",
    ("dot", "421 4.3.2 closing"): "uncertain",
}


@pytest.mark.parametrize(("phase", "reply"), ANSWERS)
async def test_each_answer_has_its_state(tmp_path: Path, phase: str, reply: str) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.answer(phase, reply)
        sent = await write(ctx)
        await here.sync()
        assert await state(ctx, sent) == ANSWERS[phase, reply]
        error = str(await one(ctx, "SELECT error FROM outbox WHERE id = ?", sent))
        assert reply.split()[-1] in error
        (row,) = await ctx.db.read(pages.page, View.OUTBOX, 0, 1)
        assert reply.split()[-1] in row.snippet, "the list says why"
        assert len(here.sink.accepted) == 0


async def test_one_refused_recipient_stops_the_mail_before_anything_goes(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.refuse_recipient("bo@fjord.example")
        sent = await write(ctx, to="anna@fjord.example, bo@fjord.example")
        await here.sync()
        assert await state(ctx, sent) == "failed"
        assert here.sink.accepted == []
        assert dict(
            await rows(ctx, "SELECT address, state FROM outbox_recipients ORDER BY address")
        ) == {"anna@fjord.example": "waiting", "bo@fjord.example": "refused"}


async def test_recipients_asked_to_wait_are_tried_later_and_the_others_only_once(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.faults.answer("rcpt", "450 4.2.0 later", address="bo@fjord.example")
        sent = await write(ctx, to="anna@fjord.example, bo@fjord.example")
        await here.sync()
        assert [list(a.rcpts) for a in here.sink.accepted] == [["anna@fjord.example"]]
        assert await state(ctx, sent) == "retry_wait"
        await ctx.db.write(lambda conn: conn.execute("UPDATE outbox SET next_at = 0"))
        await here.sync()
        assert [list(a.rcpts) for a in here.sink.accepted] == [
            ["anna@fjord.example"],
            ["bo@fjord.example"],
        ]
        assert await state(ctx, sent) == "sent"


async def test_undo_before_it_goes_brings_the_draft_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        save.set_value(here.paths.config_file, "writing.undo_seconds", 60)
        async with opened(here.paths) as ctx:
            sent = await write(ctx, subject="Too early")
            await here.sync()
            assert await state(ctx, sent) == "held"
            done = await undoing.undo(ctx)
            assert done is not None and "Too early" in done.summary
            await here.sync()
            assert await state(ctx, sent) == "cancelled"
            assert here.sink.accepted == []
            assert (await ctx.db.read(pages.count, View.DRAFTS))[0] == 1
            assert (await ctx.db.read(pages.count, View.OUTBOX))[0] == 0


async def test_a_mail_that_has_gone_cannot_be_undone(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        sent = await write(ctx)
        await here.sync()
        assert not await sending.cancel(ctx, sent)
        assert await state(ctx, sent) == "sent"


async def test_a_restored_backup_sends_nothing_by_itself(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        save.set_value(here.paths.config_file, "writing.undo_seconds", 1)
        async with opened(here.paths) as ctx:
            sent = await write(ctx)
        old = tmp_path / "old.db"
        with sqlite3.connect(here.paths.database) as live, sqlite3.connect(old) as copy:
            live.backup(copy)
        async with opened(here.paths) as ctx:
            await ctx.db.write(lambda conn: conn.execute("UPDATE outbox SET not_before = 0"))
        await here.sync()
        assert len(here.sink.accepted) == 1
        for suffix in ("-wal", "-shm"):
            here.paths.database.with_name(here.paths.database.name + suffix).unlink(missing_ok=True)
        old.replace(here.paths.database)
        for _ in range(3):
            await here.sync()
        assert len(here.sink.accepted) == 1
        async with opened(here.paths) as ctx:
            assert await state(ctx, sent) in ("uncertain", "sent")


async def test_a_bounce_marks_its_recipient(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        sent = await write(ctx)
        await here.sync()
        original = here.sink.accepted[0].raw
        headers = original.split(b"\r\n\r\n")[0]
        bounce = (
            b"From: Mail Delivery System <mailer-daemon@fjord.example>\r\n"
            b"To: mira@northwind.example\r\nSubject: Undelivered\r\n"
            b"Message-ID: <b1@fjord.example>\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;"
            b' boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nUnknown user.\r\n'
            b"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; fjord.example"
            b"\r\n\r\nFinal-Recipient: rfc822; anna@fjord.example\r\nAction: failed\r\n"
            b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n"
            b"--x\r\nContent-Type: message/rfc822-headers\r\n\r\n" + headers + b"\r\n\r\n--x--\r\n"
        )
        here.imap.append("INBOX", bounce, user="mira")
        await here.sync()
        (found,) = await rows(
            ctx, "SELECT state, code FROM outbox_recipients WHERE outbox_id = ?", sent
        )
        assert found == ("bounced", "5.1.1")


async def test_a_forged_bounce_touches_no_other_mail(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        await write(ctx)
        await here.sync()
        here.imap.append("INBOX", mail(7, headers="X-Tui-Mail-Id: guess\r\n"), user="mira")
        await here.sync()
        assert await rows(ctx, "SELECT state FROM outbox_recipients") == [("accepted",)]


async def test_what_cannot_be_sent_is_said_before(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        for fields, words in (
            ({"to": ""}, "recipient"),
            ({"to": "nobody"}, "not a mail address"),
        ):
            draft = await beginning.new_draft(
                ctx, content=replace(DraftContent(subject="x", body="y"), **fields)
            )
            with pytest.raises(ActionError, match=words):
                await sending.send(ctx, draft)
        assert await one(ctx, "SELECT count(*) FROM outbox") == 0


async def test_a_mail_above_the_servers_size_is_refused_while_writing(tmp_path: Path) -> None:
    async with office(tmp_path) as here, opened(here.paths) as ctx:
        here.sink.size_limit = 30_000
        await write(ctx)
        await here.sync()
        draft = await beginning.new_draft(
            ctx, content=DraftContent(to="anna@fjord.example", subject="Big", body="x " * 40_000)
        )
        with pytest.raises(ActionError, match="too large"):
            await sending.send(ctx, draft)
