"""Another program changes the mailbox: each tier of servers ends in the same state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.integration.oracle import check_mirror
from tests.integration.test_engine import sync
from tests.profiles import mail, profile
from tui_mail.actions import triage, undoing
from tui_mail.actions.context import open_context
from tui_mail.config.paths import Paths
from tui_mail.model.views import View
from tui_mail.store import operations, pages

_BASE = "IMAP4rev1 LITERAL+ NAMESPACE UNSELECT CHILDREN ID LIST-EXTENDED"
TIERS = {
    "everything": None,
    "CONDSTORE without QRESYNC": f"{_BASE} UIDPLUS MOVE IDLE ENABLE CONDSTORE ESEARCH SPECIAL-USE",
    "plain": f"{_BASE} UIDPLUS MOVE IDLE SPECIAL-USE",
    "without MOVE": f"{_BASE} UIDPLUS IDLE ENABLE CONDSTORE QRESYNC SPECIAL-USE",
    "without UIDPLUS and MOVE": f"{_BASE} IDLE SPECIAL-USE",
    "nothing optional": "IMAP4rev1",
}


@pytest.fixture(params=TIERS, ids=str)
def server(request: pytest.FixtureRequest, make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    return make_dovecot(TIERS[request.param])


@pytest.fixture
def paths(tmp_path: Path, server: Dovecot, user: str) -> Paths:
    return profile(tmp_path / "home", imap=(server.host, server.port), user=user)


async def test_changes_made_elsewhere_arrive(paths: Paths, server: Dovecot, user: str) -> None:
    server.deliver(user, "INBOX", *(mail(n) for n in range(40)))
    await sync(paths)
    check_mirror(paths, server, user)
    with Mailbox(server, user) as other:
        uids = other.uids("INBOX")
        other.store("INBOX", uids[:5], "+FLAGS", "(\\Seen \\Flagged)")
        other.expunge("INBOX", uids[10:13])
        other.move("INBOX", uids[20:24], "Archive")
    server.deliver(user, "INBOX", *(mail(n) for n in range(40, 45)))
    await sync(paths)
    check_mirror(paths, server, user)
    ctx = await open_context(paths)
    try:
        assert (await ctx.db.read(pages.count, View.INBOX))[0] == 38
        assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 4
        assert (await ctx.db.read(pages.count, View.STARRED))[0] == 5
    finally:
        await ctx.close()


async def test_changes_made_here_arrive_there(paths: Paths, server: Dovecot, user: str) -> None:
    server.deliver(user, "INBOX", *(mail(n) for n in range(20)))
    await sync(paths)
    ctx = await open_context(paths)
    try:
        ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 20)]
        await triage.set_read(ctx, ids[:6], True)
        await triage.set_star(ctx, ids[2:4], True)
        await triage.archive(ctx, ids[:3])
        await triage.delete(ctx, ids[3:5])
        await sync(paths)
        assert await ctx.db.read(operations.waiting) == 0
        failed = await ctx.db.read(
            lambda conn: conn.execute(
                "SELECT kind, state, error FROM operations WHERE state NOT IN ('done')"
            ).fetchall()
        )
        assert failed == []
        with Mailbox(server, user) as there:
            shown = {u for u, f in there.flags("INBOX").items() if "\\Deleted" not in f}
            assert len(shown) == 15
            assert there.count("Archive") == 3
            assert there.count("Trash") == 2
            assert sum("\\Flagged" in f for f in there.flags("Archive").values()) == 1
        assert (await ctx.db.read(pages.count, View.INBOX))[0] == 15
    finally:
        await ctx.close()
    await sync(paths)
    if "UIDPLUS" in (server._capability or "UIDPLUS"):
        check_mirror(paths, server, user)


async def test_undo_after_the_server_did_it(paths: Paths, server: Dovecot, user: str) -> None:
    server.deliver(user, "INBOX", *(mail(n) for n in range(6)))
    await sync(paths)
    ctx = await open_context(paths)
    try:
        ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 6)]
        await triage.archive(ctx, ids[:4])
        await sync(paths)
        done = await undoing.undo(ctx)
        assert done is not None and done.summary == "Undone: Archived 4 conversations"
        assert (await ctx.db.read(pages.count, View.INBOX))[0] == 6
        await sync(paths)
        assert (await ctx.db.read(pages.count, View.INBOX))[0] == 6
        assert (await ctx.db.read(pages.count, View.ARCHIVE))[0] == 0
        with Mailbox(server, user) as there:
            assert sum("\\Deleted" not in f for f in there.flags("INBOX").values()) == 6
            shown = {
                u
                for u, f in (there.flags("Archive") if there.count("Archive") else {}).items()
                if "\\Deleted" not in f
            }
            assert shown == set()
    finally:
        await ctx.close()
