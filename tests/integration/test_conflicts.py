"""Local wishes against what others did meanwhile: the table of §4.8, and the wire audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.oracle import check_fold
from tests.integration.test_engine import sync
from tests.integration.test_live import commands, opened
from tests.integration.waiting import one, rows
from tests.profiles import mail, profile
from tui_mail.actions import triage, undoing
from tui_mail.actions.context import Context
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.mail_account import MailAccount
from tui_mail.model.views import View
from tui_mail.store import accounts, pages


@dataclass
class Case:
    """One account with three mails, synced; `uid` is the first mail's."""

    server: ImapServer
    account: MailAccount
    paths: Paths
    ctx: Context
    ids: list[int]
    uid: int

    async def view(self, view: View) -> int:
        return (await self.ctx.db.read(pages.count, view))[0]

    async def folder(self, role: str) -> int:
        (row,) = await self.ctx.db.read(accounts.accounts)
        found = await self.ctx.db.read(accounts.role_folder, row.id, role)
        assert found is not None
        return found.id


@pytest.fixture
async def case(tmp_path: Path) -> AsyncIterator[Case]:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        account.create("Projects")
        for n in range(3):
            server.append("INBOX", mail(n), user="mira")
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            ids = [
                row[0]
                for row in await rows(ctx, "SELECT conversation_id FROM messages ORDER BY subject")
            ]
            yield Case(server, account, paths, ctx, ids, account.uids("INBOX")[0])
        check_fold(paths)
        audit(server)


def audit(server: ImapServer) -> None:
    """No plain EXPUNGE, no CLOSE, no FLAGS replace, no command by sequence number."""
    for pattern in (
        rb"^\S+ (EXPUNGE|CLOSE)\b",
        rb" STORE \S+ FLAGS",
        rb"^\S+ (STORE|FETCH|COPY|MOVE|SEARCH) ",
    ):
        assert commands(server, pattern) == []


async def test_different_flags_are_both_kept(case: Case) -> None:
    await triage.set_star(case.ctx, case.ids[:1], True)
    case.account.add_flags("INBOX", [case.uid], "\\Seen")
    await sync(case.paths)
    assert case.account.flags_of("INBOX", case.uid) >= {"\\Seen", "\\Flagged"}
    assert await one(case.ctx, "SELECT flags & 3 FROM messages ORDER BY subject LIMIT 1") == 3


async def test_the_same_flag_the_users_word_wins_once_then_the_server(case: Case) -> None:
    case.account.add_flags("INBOX", [case.uid], "\\Flagged")
    await sync(case.paths)
    await triage.set_star(case.ctx, case.ids[:1], False)
    await sync(case.paths)
    assert "\\Flagged" not in case.account.flags_of("INBOX", case.uid)
    case.account.add_flags("INBOX", [case.uid], "\\Flagged")
    await sync(case.paths)
    assert await case.view(View.STARRED) == 1


async def test_a_flag_on_a_vanished_mail_is_void(case: Case) -> None:
    await triage.set_star(case.ctx, case.ids[:1], True)
    case.account.expunge("INBOX", [case.uid])
    await sync(case.paths)
    assert await case.view(View.INBOX) == 2
    assert await rows(case.ctx, "SELECT state FROM operations") == [("done",)]


async def test_archived_here_and_moved_elsewhere_stays_where_the_other_put_it(case: Case) -> None:
    case.account.move_uids("INBOX", [case.uid], "Projects")
    await triage.archive(case.ctx, case.ids[:1])
    await sync(case.paths)
    await sync(case.paths)
    assert len(case.account.uids("Projects")) == 1
    assert case.account.uids("Archive") == []
    assert await case.view(View.INBOX) == 2
    assert await one(case.ctx, "SELECT count(*) FROM messages") == 3


async def test_archived_here_and_there_is_one_archived_mail(case: Case) -> None:
    case.account.move_uids("INBOX", [case.uid], "Archive")
    await triage.archive(case.ctx, case.ids[:1])
    await sync(case.paths)
    assert len(case.account.uids("Archive")) == 1
    assert await case.view(View.ARCHIVE) == 1
    assert await case.view(View.INBOX) == 2


async def test_archived_here_and_deleted_there_keeps_the_copy_here(case: Case) -> None:
    await triage.archive(case.ctx, case.ids[:1])
    case.account.expunge("INBOX", [case.uid])
    await sync(case.paths)
    await sync(case.paths)
    assert await one(case.ctx, "SELECT state FROM operations") in ("conflict", "done")
    assert await one(case.ctx, "SELECT count(*) FROM raws") == 3
    assert await case.view(View.INBOX) == 2


async def test_deleted_here_goes_although_its_flags_changed_there(case: Case) -> None:
    await triage.delete(case.ctx, case.ids[:1])
    case.account.add_flags("INBOX", [case.uid], "\\Flagged")
    await sync(case.paths)
    assert len(case.account.uids("INBOX")) == 2
    assert len(case.account.uids("Trash")) == 1


async def test_there_and_back_again_before_the_sync_is_nothing(case: Case) -> None:
    await triage.archive(case.ctx, case.ids)
    await undoing.undo(case.ctx)
    await triage.set_read(case.ctx, case.ids, True)
    await triage.set_read(case.ctx, case.ids, False)
    before = len(commands(case.server, rb" (STORE|MOVE|COPY) "))
    await sync(case.paths)
    assert len(commands(case.server, rb" (STORE|MOVE|COPY) ")) == before
    assert len(case.account.uids("INBOX")) == 3


async def test_two_moves_before_the_sync_are_one(case: Case) -> None:
    await triage.archive(case.ctx, case.ids[:1])
    projects = await one(case.ctx, "SELECT id FROM folders WHERE name = 'Projects'")
    await triage.move(case.ctx, case.ids[:1], projects)
    await sync(case.paths)
    assert len(commands(case.server, rb" UID MOVE ")) == 1
    assert len(case.account.uids("Projects")) == 1


async def test_a_lost_answer_to_a_move_is_looked_up_not_repeated(case: Case) -> None:
    case.server.faults.swallow("UID MOVE", then="rst")
    await triage.archive(case.ctx, case.ids[:2])
    with pytest.raises(Exception, match=r".+"):
        await sync(case.paths)
    await sync(case.paths)
    assert len(case.account.uids("INBOX")) == 1
    assert len(case.account.uids("Archive")) == 2
    assert await one(case.ctx, "SELECT count(*) FROM messages") == 3
    assert await case.view(View.ARCHIVE) == 2


async def test_an_ok_without_effect_is_noticed(case: Case) -> None:
    case.server.faults.pretend("UID MOVE")
    await triage.archive(case.ctx, case.ids[:1])
    await sync(case.paths)
    await sync(case.paths)
    assert len(case.account.uids("Archive")) == 1
    assert len(case.account.uids("INBOX")) == 2


REFUSALS: dict[str, Callable[[Case], None]] = {
    "a read-only folder": lambda case: case.server.faults.refuse("UID STORE", code="NOPERM"),
    "a protocol error of ours": lambda case: case.server.faults.refuse("UID STORE", "BAD"),
}


@pytest.mark.parametrize("reason", REFUSALS)
async def test_a_refused_flag_does_not_hold_up_the_others(case: Case, reason: str) -> None:
    REFUSALS[reason](case)
    await triage.set_star(case.ctx, case.ids[:1], True)
    await triage.archive(case.ctx, case.ids[1:2])
    await sync(case.paths)
    assert await case.view(View.STARRED) == 0
    assert len(case.account.uids("Archive")) == 1


async def test_a_temporary_refusal_is_tried_again(case: Case) -> None:
    case.server.faults.refuse("UID MOVE", code="INUSE", text="Try again later")
    await triage.archive(case.ctx, case.ids[:1])
    await sync(case.paths)
    assert await case.view(View.INBOX) == 2
    assert await one(case.ctx, "SELECT state FROM operations") == "pending"
    await case.ctx.db.write(lambda conn: conn.execute("UPDATE operations SET next_at = 0"))
    await sync(case.paths)
    assert len(case.account.uids("Archive")) == 1


async def test_a_deleted_target_folder_gives_the_mail_back(case: Case) -> None:
    projects = await one(case.ctx, "SELECT id FROM folders WHERE name = 'Projects'")
    await triage.move(case.ctx, case.ids[:1], projects)
    case.account.delete("Projects")
    await sync(case.paths)
    assert len(case.account.uids("INBOX")) == 3
    assert await case.view(View.INBOX) == 3
    assert await one(case.ctx, "SELECT count(*) FROM journal WHERE actor = 'server'") == 1


async def test_operations_follow_a_renumbered_folder(case: Case) -> None:
    await triage.archive(case.ctx, case.ids[:2])
    case.account.renumber("INBOX")
    for _ in range(3):
        await case.ctx.db.write(lambda conn: conn.execute("UPDATE operations SET next_at = 0"))
        await sync(case.paths)
    assert len(case.account.uids("Archive")) == 2
    assert len(case.account.uids("INBOX")) == 1
    assert await case.view(View.ARCHIVE) == 2


@pytest.mark.parametrize("to", ["Archive", "Trash", "INBOX"])
async def test_a_star_follows_the_mail_that_was_moved_before_it(case: Case, to: str) -> None:
    """Also out of a folder that is not synced, where nothing tells that the mail has left."""
    await (triage.archive if to == "Archive" else triage.delete)(case.ctx, case.ids[:1])
    if to == "INBOX":
        await sync(case.paths)
        await undoing.undo(case.ctx)
    await triage.set_star(case.ctx, case.ids[:1], True)
    for _ in range(2):
        await sync(case.paths)
    open_ones = "SELECT count(*) FROM operations WHERE state IN ('pending', 'inflight', 'verify')"
    assert await one(case.ctx, open_ones) == 0
    assert await one(case.ctx, "SELECT max(flags & 2) FROM messages") == 2
    starred = [
        uid for uid in case.account.uids(to) if "\\Flagged" in case.account.flags_of(to, uid)
    ]
    assert len(starred) == 1
