"""`tui-mail account add` at a terminal: back at every step, nothing kept before the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Said, Tui
from tests.unit.cli.test_account import Typing, kept
from tui_mail.config.load import load
from tui_mail.demo.imap_server import ImapServer
from tui_mail.demo.smtp_sink import SmtpSink

Add = Callable[..., Said]
FOLDERS = (("INBOX", ""), ("Sent", "\\Sent"), ("Trash", "\\Trash"), ("Clients", ""))


@pytest.fixture
def servers() -> Iterator[tuple[ImapServer, SmtpSink]]:
    """Both servers in a loop of their own, because a command runs its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    imap, sink = ImapServer(), SmtpSink(users={"mira@firma.example": "right"})
    imap.add_user("mira@firma.example", "right", folders=FOLDERS)
    for one in (imap, sink):
        asyncio.run_coroutine_threadsafe(one.start(), loop).result(10)
    yield imap, sink
    for one in (imap, sink):
        asyncio.run_coroutine_threadsafe(one.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def add(tui: Tui, servers: tuple[ImapServer, SmtpSink], monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds the account with what a person types, line by line; passwords beside it."""

    def run(*lines: str, passwords: tuple[str, ...] = ("right",), imap_port: int = 0) -> Said:
        typed = iter(passwords)
        monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(typed))
        monkeypatch.setattr("sys.stdin", Typing("".join(f"{line}\n" for line in lines)))
        imap, sink = servers
        said = tui(
            "account", "add", "mira@firma.example", "--secret", "file",
            "--imap-host", "127.0.0.1", "--imap-port", str(imap_port or imap.port),
            "--imap-security", "none", "--smtp-host", "127.0.0.1",
            "--smtp-port", str(sink.port), "--smtp-security", "none",
        )  # fmt: skip
        assert next(typed, None) is None, "every password was asked for"
        return said

    return run


def test_back_at_every_question(
    add: Add, tmp_path: Path, servers: tuple[ImapServer, SmtpSink]
) -> None:
    said = add(
        "<",  # from the archive to the password
        "n",  # archive only here …
        "<",  # … taken back
        "y",
        "wrong, address",  # refused and asked again
        "info@firma.example",
        "6m",
        "back",
        "1y",
        "contacts",
        "4", "<", "all",
        "<", "<", "everyone",
        "9", "3",
        "shared",
        "<",
        "private",
        "shared",
        passwords=("right", "right"),
    )  # fmt: skip
    assert said.code == 0, said.err
    account = kept(tmp_path, "mira")
    assert account.archive_folder == "Archive"
    assert "Archive" in servers[0].account().mailboxes
    assert account.aliases == ("info@firma.example",)
    assert (account.sync_days, account.past_mail) == (365, "everyone")
    assert (account.sync_scope, account.sync_folders) == ("chosen", ("INBOX", "Sent", "Clients"))
    assert (account.default_visibility, account.past_visibility) == ("private", "shared")
    assert "One of these is no e-mail address" in said.err
    assert "Say numbers from 1 to" in said.err


def test_a_rejected_password_is_typed_again_and_never_tried_twice(
    add: Add, tmp_path: Path, servers: tuple[ImapServer, SmtpSink]
) -> None:
    said = add("p", *[""] * 8, passwords=("wrong", "right"))
    assert said.code == 0, said.err
    assert "app password" in said.out
    assert kept(tmp_path, "mira").imap_host == "127.0.0.1"


def test_other_servers_are_typed_after_a_failed_test(
    add: Add, tmp_path: Path, servers: tuple[ImapServer, SmtpSink]
) -> None:
    imap, _ = servers
    said = add("s", f"127.0.0.1:{imap.port}", "", *[""] * 8, imap_port=1)
    assert said.code == 0, said.err
    assert kept(tmp_path, "mira").imap_port == imap.port


def test_leaving_keeps_nothing(add: Add, tmp_path: Path) -> None:
    said = add("q", passwords=("wrong",))
    assert said.code == 1
    said = add(passwords=("wrong",))
    assert said.code == 1, "standard input ended"
    assert load(tmp_path / "home" / "config.toml").accounts == ()
    assert not (tmp_path / "home" / "secrets.toml").exists()


def test_a_person_may_insist(add: Add, tmp_path: Path) -> None:
    said = add("k", *[""] * 8, passwords=("wrong",))
    assert said.code == 0, said.err
    assert kept(tmp_path, "mira").address == "mira@firma.example"


def test_found_servers_can_be_refused_and_others_typed(
    tui: Tui, tmp_path: Path, discovered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("n", "<", "n", "imap.firma.example", "smtp.firma.example:587", *[""] * 6)
    monkeypatch.setattr("sys.stdin", Typing("".join(f"{line}\n" for line in lines)))
    said = tui("account", "add", "mira@firma.example", "--secret", "command: true", "--no-test")
    assert said.code == 0, said.err
    account = kept(tmp_path, "mira")
    assert (account.imap_host, account.imap_port, account.imap_security) == (
        "imap.firma.example", 993, "tls",
    )  # fmt: skip
    assert (account.smtp_host, account.smtp_port, account.smtp_security) == (
        "smtp.firma.example", 587, "starttls",
    )  # fmt: skip
