"""Where archived mail goes, on a server that does not say: asked once, then it happens (F2)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.integration.test_engine import sync
from tests.integration.test_live import opened
from tests.profiles import mail, profile
from tui_mail.accounts.archiving import ArchiveChoice
from tui_mail.actions import accounts as account_actions
from tui_mail.actions import triage, undoing
from tui_mail.actions.archiving import answer, questions
from tui_mail.cli.main import main
from tui_mail.config.load import load
from tui_mail.config.paths import Paths
from tui_mail.model.views import View
from tui_mail.store import pages


@pytest.fixture
def bare(make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """A server without an archive."""
    return make_dovecot(special_use=False, folders=("Sent", "Trash"))


def begin(bare: Dovecot, user: str, tmp_path: Path) -> Paths:
    """Three mails in an account."""
    with Mailbox(bare, user) as other:
        for number in range(3):
            other.imap.append("INBOX", "", None, mail(number))
    return profile(tmp_path / "home", imap=(bare.host, bare.port), user=user)


async def test_a_folder_is_made_and_the_mail_goes_there(
    bare: Dovecot, user: str, tmp_path: Path
) -> None:
    paths = begin(bare, user, tmp_path)
    await sync(paths)
    async with opened(paths) as ctx:
        first, second, _ = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 9)]
        (question,) = await questions(ctx, [first])
        assert (question.kind, question.folder) == ("create", "Archive")
        assert await answer(ctx, question, "create", "Archive") == ""
        assert await questions(ctx, [first]) == ()
        await triage.archive(ctx, [first])
        await sync(paths)
        assert await questions(ctx, [second]) == ()
        with Mailbox(bare, user) as other:
            assert (other.count("INBOX"), other.count("Archive")) == (2, 1)
        await undoing.undo(ctx)
        await sync(paths)
    with Mailbox(bare, user) as other:
        assert (other.count("INBOX"), other.count("Archive")) == (3, 0)


async def test_a_folder_with_a_known_name_is_asked_about(
    make_dovecot: Callable[..., Dovecot], user: str, tmp_path: Path
) -> None:
    named = make_dovecot(special_use=False)
    paths = begin(named, user, tmp_path)
    await sync(paths)
    async with opened(paths) as ctx:
        first, second, third = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 9)]
        (question,) = await questions(ctx, [first])
        assert (question.kind, question.folder) == ("ask", "Archive")
        await answer(ctx, question, "folder", "Archive")
        await triage.archive(ctx, [first])
        await sync(paths)
        assert await questions(ctx, [second]) == ()
        account = await account_actions.with_archive(
            ctx, load(paths.config_file).accounts[0], None, ArchiveChoice("create", "Ablage")
        )
        await account_actions.put_account(ctx, account)
        await sync(paths)
        await triage.archive(ctx, [third])
        await sync(paths)
    with Mailbox(named, user) as other:
        counts = [other.count(name) for name in ("INBOX", "Archive", "Ablage")]
    assert counts == [1, 1, 1]


async def test_where_the_server_says_it_nobody_is_asked(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    paths = begin(dovecot, user, tmp_path)
    await sync(paths)
    async with opened(paths) as ctx:
        ids = [row.id for row in await ctx.db.read(pages.page, View.INBOX, 0, 9)]
        assert await questions(ctx, ids) == ()


class Typing(io.StringIO):
    """A person at a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_command_asks_a_person_and_tells_a_script(
    bare: Dovecot,
    user: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = begin(bare, user, tmp_path)
    home = ("--home", str(tmp_path / "home"))
    assert main([*home, "sync", "--once"]) == 0
    assert main([*home, "archive", "1", "--json"]) == 0
    assert "account archive work --create Archive" in capsys.readouterr().err
    assert load(paths.config_file).accounts[0].archive_folder == ""
    monkeypatch.setattr("sys.stdin", Typing("y\n"))
    monkeypatch.setattr("sys.stderr", Typing())
    assert main([*home, "archive", "2"]) == 0
    assert load(paths.config_file).accounts[0].archive_folder == "Archive"
    assert main([*home, "sync", "--once"]) == 0
    with Mailbox(bare, user) as other:
        assert (other.count("INBOX"), other.count("Archive")) == (2, 1)
