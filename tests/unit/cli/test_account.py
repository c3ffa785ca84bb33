"""`tui-mail account add`: servers from presets and discovery, confirmed before use."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.profiles import profile
from tests.unit.cli.conftest import Tui
from tui_mail.accounts import vault
from tui_mail.config.load import load
from tui_mail.config.settings import AccountSettings

SECRET = ("--secret", "file", "--password-stdin", "--no-test")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What standard input holds."""

    def put(text: str = "app-pass\n") -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    put()
    return put


def kept(home: Path, slug: str) -> AccountSettings:
    account = load(home / "home" / "config.toml").account(slug)
    assert account is not None
    return account


def test_a_known_provider_needs_nothing_but_its_secret(
    tui: Tui, tmp_path: Path, typed: Any
) -> None:
    said = tui("account", "add", "mira@gmail.com", *SECRET)
    assert said.code == 0, said.err
    account = kept(tmp_path, "mira")
    assert (account.imap_host, account.smtp_host, account.smtp_port) == (
        "imap.gmail.com", "smtp.gmail.com", 465,
    )  # fmt: skip
    assert "app password, made at https://myaccount.google.com/apppasswords" in said.err


def test_a_provider_can_be_named_and_options_beat_it(tui: Tui, tmp_path: Path, typed: Any) -> None:
    said = tui(
        "account", "add", "mira@firma.example", "--provider", "fastmail", "--smtp-port", "587",
        "--smtp-security", "starttls", *SECRET,
    )  # fmt: skip
    assert said.code == 0, said.err
    account = kept(tmp_path, "mira")
    assert (account.imap_host, account.smtp_port, account.smtp_security) == (
        "imap.fastmail.com", 587, "starttls",
    )  # fmt: skip
    assert tui("account", "add", "a@firma.example", "--provider", "nobody", *SECRET).code == 2


def test_found_servers_are_used_only_after_a_yes(
    tui: Tui, tmp_path: Path, typed: Any, discovered: None
) -> None:
    said = tui("account", "add", "mira@firma.example", *SECRET)
    assert said.code == 7
    assert "firma.example:993" in said.err and "\x1b" not in said.err
    assert load(tmp_path / "home" / "config.toml").accounts == ()
    typed()
    assert tui("account", "add", "mira@firma.example", "--yes", *SECRET).code == 0
    assert kept(tmp_path, "mira").smtp_port == 587


def test_a_broken_file_of_own_providers_is_told(tui: Tui, tmp_path: Path, typed: Any) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "providers.toml").write_text('[[provider]]\nid = "gmail"\nsent = "x"\n')
    said = tui("account", "add", "mira@gmail.com", *SECRET)
    assert said.code == 2
    assert "providers.toml" in said.err and "sent" in said.err


@pytest.fixture
def passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's credential opens the vault; tests have no terminal to ask on."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "tui-mail.vault").write_text("correct horse battery\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.setattr("tui_mail.accounts.vault._MEMORY_KIB", 64)


def test_a_secret_moves_and_the_old_place_is_empty(
    tui: Tui, tmp_path: Path, typed: Any, passphrase: None
) -> None:
    home = tmp_path / "home"
    assert tui("account", "add", "mira@gmail.com", *SECRET).code == 0
    assert "app-pass" in (home / "secrets.toml").read_text()
    said = tui("account", "secret", "mira", "--to", "vault", "--json")
    assert said.json["kept_in"].startswith("the vault"), said.err
    assert kept(tmp_path, "mira").secret == "vault"
    files = [path for path in home.rglob("*") if path.is_file()]
    assert not [path for path in files if b"app-pass" in path.read_bytes()]
    assert tui("account", "unlock").code == 0
    assert tui("account", "secret", "mira", "--to", "file").code == 0
    assert "app-pass" in (home / "secrets.toml").read_text()
    assert tui("account", "secret", "nobody").code == 6


def test_without_a_terminal_the_vault_stays_locked_and_nothing_moves(
    tui: Tui, tmp_path: Path, typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui_mail.cli import account_secret
    from tui_mail.errors import SecretError

    def no_terminal(prompt: str) -> str:
        raise SecretError("there is no terminal to ask on")

    monkeypatch.setattr(account_secret, "ask", no_terminal)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert tui("account", "add", "mira@gmail.com", *SECRET).code == 0
    assert tui("account", "secret", "mira", "--to", "vault").code == 4
    assert kept(tmp_path, "mira").secret == "file"
    assert tui("account", "unlock").code == 6


def test_outlook_wants_a_client_id_and_says_where_one_is_made(
    tui: Tui, tmp_path: Path, typed: Any
) -> None:
    said = tui("account", "add", "mira@outlook.com", *SECRET)
    assert said.code == 2
    assert "client id of your own" in said.err and "entra.microsoft.com" in said.err
    assert load(tmp_path / "home" / "config.toml").accounts == ()


class Typing(io.StringIO):
    """A person at a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_last_steps_are_asked_at_a_terminal(
    tui: Tui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ("info@gmail.com, me@firma.example", "6m", "contacts", "private", "shared")
    monkeypatch.setattr("sys.stdin", Typing("\n".join(answers) + "\n"))
    said = tui("account", "add", "mira@gmail.com", "--secret", "command: true", "--no-test")
    assert said.code == 0, said.err
    account = kept(tmp_path, "mira")
    assert account.aliases == ("info@gmail.com", "me@firma.example")
    assert (account.sync_days, account.past_mail) == (180, "contacts")
    assert (account.default_visibility, account.past_visibility) == ("private", "shared")


def test_an_account_stops_bringing_mail_and_goes_on(tui: Tui, tmp_path: Path, typed: Any) -> None:
    assert tui("account", "add", "mira@gmail.com", *SECRET).code == 0
    assert tui("account", "stop", "mira").code == 0
    assert not kept(tmp_path, "mira").receive
    assert tui("account", "resume", "mira").code == 0
    assert kept(tmp_path, "mira").receive


_BEHIND = """
import fcntl, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
words = [sys.executable, "-m", "tui_mail", "--home", sys.argv[1], "account", "unlock"]
done = subprocess.run(words, process_group=0, timeout=30, capture_output=True, text=True)
sys.stderr.write(f"{done.returncode} {done.stderr}")
"""


def test_a_job_in_the_background_of_a_terminal_is_not_stopped_by_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.accounts.vault._MEMORY_KIB", 64)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    paths = profile(tmp_path / "home")
    vault.create(paths.vault_file, "correct horse battery")
    vault.lock(paths.vault_file)
    here, there = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _BEHIND, str(tmp_path / "home")],
            stdin=there, stdout=there, stderr=subprocess.PIPE, start_new_session=True,
            timeout=60, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(here)
        os.close(there)
    assert done.stderr.startswith("4 "), done.stderr
    assert "tui-mail account unlock" in done.stderr
