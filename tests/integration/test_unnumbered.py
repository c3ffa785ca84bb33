"""A folder whose server gives no UIDVALIDITY: shown, header-only, and never acted on (SYN-1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.oracle import check_fold
from tests.integration.test_engine import sync
from tests.integration.test_live import commands, opened
from tests.integration.waiting import one, rows
from tests.profiles import mail, profile
from tui_mail.actions import triage
from tui_mail.actions.context import Context
from tui_mail.config.paths import Paths
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.mail_account import MailAccount
from tui_mail.errors import ActionError
from tui_mail.model.views import View
from tui_mail.store import pages


def without_numbers(response: bytes) -> bytes | None:
    """A server that never tells UIDVALIDITY."""
    if re.match(rb"\* OK \[UIDVALIDITY", response):
        return None
    return re.sub(rb" ?UIDVALIDITY \d+", b"", response)


def not_sticky(response: bytes) -> list[bytes] | bytes:
    """A server whose UIDs end with the session."""
    if re.match(rb"\* OK \[UIDVALIDITY", response):
        return [response, b"* NO [UIDNOTSTICKY] Not for long"]
    return response


@dataclass
class Case:
    """One account with four mails whose folders are not numbered, synced once."""

    server: ImapServer
    account: MailAccount
    paths: Paths
    ctx: Context

    async def inbox(self) -> int:
        return (await self.ctx.db.read(pages.count, View.INBOX))[0]

    async def ids(self) -> list[int]:
        return [r[0] for r in await rows(self.ctx, "SELECT id FROM conversations ORDER BY id")]


@pytest.fixture(params=[without_numbers, not_sticky])
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    async with ImapServer() as server:
        account = server.add_user("mira", "x")
        for n in range(4):
            server.append("INBOX", mail(n), user="mira")
        server.faults.rewrite(request.param)
        paths = profile(tmp_path, imap=("127.0.0.1", server.port), user="mira")
        await sync(paths)
        async with opened(paths) as ctx:
            yield Case(server, account, paths, ctx)
        check_fold(paths)


async def test_its_headers_are_shown_and_no_body_is_fetched(case: Case) -> None:
    assert await case.inbox() == 4
    states = await rows(case.ctx, "SELECT DISTINCT body_state, problem FROM messages")
    assert len(states) == 1 and states[0][0] == "failed" and "only their headers" in states[0][1]
    assert commands(case.server, rb"UID FETCH \S+ .*BODY\.PEEK\[\]") == []


async def test_it_follows_the_server_without_keeping_numbers(case: Case) -> None:
    generation = "SELECT generation FROM folders WHERE role = 'inbox'"
    messages, before = (
        await one(case.ctx, "SELECT count(*) FROM messages"),
        await one(case.ctx, generation),
    )
    await sync(case.paths)
    assert await one(case.ctx, generation) == before, "nothing changed, so nothing is written"
    case.account.renumber("INBOX")
    case.server.append("INBOX", mail(9), user="mira")
    case.account.add_flags("INBOX", case.account.uids("INBOX")[:1], "\\Seen")
    await sync(case.paths)
    assert await case.inbox() == 5
    assert await one(case.ctx, "SELECT count(*) FROM messages") == messages + 1
    assert await one(case.ctx, "SELECT count(*) FROM messages WHERE flags & 1") == 1
    old = "SELECT count(*) FROM placements p JOIN folders f ON f.id = p.folder_id"
    assert await one(case.ctx, f"{old} WHERE p.generation < f.generation") == 0
    assert await one(case.ctx, "SELECT count(*) FROM messages WHERE orphaned_at NOTNULL") == 0


async def test_no_operation_is_wanted_or_sent(case: Case) -> None:
    ids = await case.ids()
    for act in (
        triage.archive(case.ctx, ids),
        triage.delete(case.ctx, ids[:1]),
        triage.set_read(case.ctx, ids, True),
        triage.set_star(case.ctx, ids, True),
    ):
        with pytest.raises(ActionError, match="does not number the mails"):
            await act
    (message,) = (await rows(case.ctx, "SELECT id FROM messages LIMIT 1"))[0]
    await triage.mark_message_read(case.ctx, message)
    assert await one(case.ctx, "SELECT count(*) FROM operations") == 0
    assert (await triage.mute(case.ctx, ids[:1], True)).conversation_ids == (ids[0],)
    await sync(case.paths)
    assert commands(case.server, rb"UID (STORE|MOVE|COPY|EXPUNGE)") == []


async def test_an_empty_answer_is_not_believed_at_once(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.sync.valves.EMPTY_FLOOR", 3)
    case.account.empty("INBOX")
    await sync(case.paths)
    assert await case.inbox() == 4


async def test_once_it_is_numbered_it_is_a_folder_as_any_other(case: Case) -> None:
    case.server.faults.clear()
    await sync(case.paths)
    await sync(case.paths)
    assert await case.inbox() == 4
    assert await one(case.ctx, "SELECT count(*) FROM messages") == 4
    assert await one(case.ctx, "SELECT count(*) FROM messages WHERE body_state = 'full'") == 4
    await triage.archive(case.ctx, await case.ids())
    await sync(case.paths)
    assert case.account.uids("INBOX") == []
