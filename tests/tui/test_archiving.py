"""The first archived mail of an account asks where archived mail goes, once (F2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.tui.conftest import Start
from tests.tui.factory import Mailbox
from tui_mail.accounts.secrets import write_secret
from tui_mail.config import save
from tui_mail.config.load import load
from tui_mail.config.settings import AccountSettings
from tui_mail.demo.imap_server import ImapServer

Make = Callable[..., Mailbox]
PLACES = (
    "SELECT f.name, count(*) FROM presence p JOIN folders f ON f.id = p.folder_id"
    " GROUP BY 1 ORDER BY 1"
)


@asynccontextmanager
async def server_for(box: Mailbox) -> AsyncIterator[ImapServer]:
    """A server without an archive for the account of the mailbox."""
    server = ImapServer()
    server.add_user("ada", "x", folders=(("INBOX", ""), ("Sent", "\\Sent")))
    async with server:
        account = replace(
            kept(box), imap_port=server.port, imap_security="none", imap_user="ada", secret="file"
        )
        save.put_account(box.paths.config_file, account)
        write_secret(account, box.paths, "x")
        yield server


def without_archive(mailbox: Make, kind: str, folder: str) -> Mailbox:
    """Four mails; what the engine saw when it listed the folders."""
    box = mailbox(4)
    box.run(
        "UPDATE folders SET role = '', name = 'Ablage', wire_name = ? WHERE role = 'archive'",
        b"Ablage",
    )
    seen = {"archive": {"kind": kind, "folder": folder, "reason": "the reason"}}
    box.run("UPDATE accounts SET server = ?", json.dumps(seen))
    return box


def kept(box: Mailbox) -> AccountSettings:
    """The account as the file has it."""
    (account,) = load(box.paths.config_file).accounts
    return account


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
async def test_it_asks_once_and_then_archives_what_the_key_was_for(
    mailbox: Make, start: Start, size: tuple[int, int]
) -> None:
    box = without_archive(mailbox, "create", "Archive")
    async with server_for(box) as server, start(box, size) as journey:
        await journey.press("j", "a")
        assert "work: where does archived mail go?" in journey.screen
        assert "Make a folder Archive" in journey.screen
        assert "Use the folder Ablage" in journey.screen
        assert "Only here" in journey.screen
        await journey.press("enter")
        await journey.until(lambda: "Archived 1 conversation" in journey.screen)
        assert "Archive" in server.account("ada").mailboxes
        assert journey.rows == ["Subject 0000", "Subject 0002", "Subject 0003"]
        await journey.press("a")
        assert "where does" not in journey.screen
        assert box.fetch(PLACES) == [("Archive", 2), ("INBOX", 2)]
        assert box.fetch("SELECT DISTINCT state FROM operations") == [("pending",)]
        await journey.press("z", "z")
        assert box.fetch(PLACES) == [("INBOX", 4)]
    assert kept(box).archive_folder == "Archive"
    async with start(box, size) as journey:
        await journey.press("a")
        assert "where does" not in journey.screen


@pytest.mark.parametrize(
    ("kind", "typed", "folder", "remote", "place"),
    [
        ("ask", "", "Ablage", True, "Ablage"),
        ("create", "use ablage", "Ablage", True, "Ablage"),
        ("ask", "only", "", False, "Archive (only here)"),
        ("create", "only", "", False, "Archive (only here)"),
    ],
)
async def test_every_answer_is_kept_and_holds(
    mailbox: Make, start: Start, kind: str, typed: str, folder: str, remote: bool, place: str
) -> None:
    box = without_archive(mailbox, kind, "Ablage" if kind == "ask" else "Archive")
    async with start(box) as journey:
        await journey.press("a", *typed, "enter")
        assert box.fetch(PLACES) == [(place, 1), ("INBOX", 3)]
        await journey.press("a")
        assert "where does" not in journey.screen
        assert box.fetch(PLACES) == [(place, 2), ("INBOX", 2)]
        await journey.press("z", "z")
        assert box.fetch(PLACES) == [("INBOX", 4)]
    assert (kept(box).archive_folder, kept(box).archive_remote) == (folder, remote)


async def test_leaving_the_question_archives_nothing(mailbox: Make, start: Start) -> None:
    box = without_archive(mailbox, "create", "Archive")
    async with start(box) as journey:
        await journey.press("a", "escape")
        assert box.fetch(PLACES) == [("INBOX", 4)]
        await journey.press("a")
        assert "where does archived mail go?" in journey.screen


async def test_a_server_that_makes_no_folder_is_not_asked_again(
    mailbox: Make, start: Start
) -> None:
    box = without_archive(mailbox, "create", "Archive")
    async with server_for(box) as server, start(box, (140, 45)) as journey:
        server.faults.refuse("CREATE", code="LIMIT", text="20 folders at most", times=None)
        await journey.press("a", "enter")
        await journey.until(lambda: "20 folders at most" in journey.screen)
        assert "archives only here" in journey.screen
        assert box.fetch(PLACES) == [("Archive (only here)", 1), ("INBOX", 3)]
        await journey.press("a")
        assert "where does" not in journey.screen
    assert not kept(box).archive_remote


async def test_without_a_network_this_mail_is_archived_here_and_the_question_stays(
    mailbox: Make, start: Start
) -> None:
    box = without_archive(mailbox, "create", "Archive")
    async with server_for(box) as server, start(box, (140, 45)) as journey:
        await server.stop()
        await journey.press("a", "enter")
        await journey.until(lambda: "you are asked again" in journey.screen)
        assert box.fetch(PLACES) == [("Archive (only here)", 1), ("INBOX", 3)]
        await journey.press("a")
        assert "where does archived mail go?" in journey.screen
    assert kept(box).archive_remote
