"""Where archived mail goes: labels, special use, known names, asked, made, or only here (F2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.profiles import profile
from tests.unit.cli.conftest import Said
from tui_mail.accounts.archiving import ArchiveChoice, archive_choice
from tui_mail.cli.main import main
from tui_mail.config.load import load
from tui_mail.config.settings import AccountSettings
from tui_mail.demo.imap_server import ImapServer
from tui_mail.imap.roles import with_roles
from tui_mail.imap.values import ListedFolder


def listed(*folders: str, delimiter: str = "/") -> tuple[ListedFolder, ...]:
    """Folders by name; `name=use` has a special use, a `-` before it cannot be selected."""
    made = []
    for text in folders:
        name, _, use = text.partition("=")
        attributes = {f"\\{use.lower()}"} if use else set()
        if name.startswith("-"):
            name = name[1:]
            attributes.add("\\noselect")
        made.append(
            ListedFolder(
                wire_name=name.encode("utf-8"),
                name=name,
                delimiter=delimiter,
                attributes=frozenset(attributes),
            )
        )
    return with_roles(made)


@pytest.mark.parametrize(
    ("folders", "labels", "settings", "kind", "folder"),
    [
        (("INBOX", "[Gmail]/All Mail=All"), True, {}, "labels", ""),
        (("INBOX", "Sent=Sent"), True, {}, "local", ""),
        (("INBOX", "Ablage=Archive", "Archive"), False, {}, "folder", "Ablage"),
        (("INBOX", "Archive"), False, {}, "ask", "Archive"),
        (("INBOX", "INBOX/Archiv"), False, {}, "ask", "INBOX/Archiv"),
        (("INBOX", "Архив"), False, {}, "ask", "Архив"),
        (("INBOX", "アーカイブ"), False, {}, "ask", "アーカイブ"),
        (("INBOX", "Arşiv"), False, {}, "ask", "Arşiv"),
        (("INBOX", "Lưu trữ"), False, {}, "ask", "Lưu trữ"),
        (("INBOX", "Projects/Archive"), False, {}, "create", "Archive"),
        (("INBOX", "-Archive"), False, {}, "create", "Archive"),
        (("INBOX", "Sent"), False, {}, "create", "Archive"),
        (("INBOX", "INBOX/Sent", "INBOX/Trash"), False, {}, "create", "INBOX/Archive"),
        (("INBOX",), False, {}, "create", "Archive"),
        (("INBOX", "Archive=Archive", "Old"), False, {"archive_folder": "Old"}, "folder", "Old"),
        (("INBOX", "Archive=Archive"), False, {"archive_folder": "Old"}, "create", "Old"),
        (("INBOX", "Archive=Archive"), False, {"archive_remote": False}, "local", ""),
        (("INBOX", "[Gmail]/All Mail=All"), True, {"archive_remote": False}, "local", ""),
    ],
)
def test_the_archive_is_decided(
    folders: tuple[str, ...], labels: bool, settings: dict[str, Any], kind: str, folder: str
) -> None:
    account = AccountSettings("work", "mira@firma.example", **settings)
    choice = archive_choice(listed(*folders), account, labels=labels)
    assert (choice.kind, choice.folder) == (kind, folder)
    assert choice.reason


def test_every_known_name_of_an_archive_is_asked_about() -> None:
    import tomllib
    from importlib import resources

    text = resources.files("tui_mail.imap").joinpath("folder_names.toml").read_text("utf-8")
    account = AccountSettings("work", "mira@firma.example")
    for name in tomllib.loads(text)["archive"]:
        choice = archive_choice(listed("INBOX", name), account, labels=False)
        assert choice == ArchiveChoice("ask", name, choice.reason), name


@pytest.fixture
def server() -> Iterator[tuple[ImapServer, Any]]:
    """A server without an archive, in a loop of its own because commands run their own."""
    import threading

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    found = ImapServer()
    found.add_user("mira", "x", folders=(("INBOX", ""), ("Sent", "\\Sent"), ("Trash", "\\Trash")))
    asyncio.run_coroutine_threadsafe(found.start(), loop).result(10)
    yield found, loop
    asyncio.run_coroutine_threadsafe(found.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def tui(tmp_path: Path, capsys: pytest.CaptureFixture[str], server: tuple[ImapServer, Any]) -> Any:
    profile(tmp_path, imap=("127.0.0.1", server[0].port), user="mira")

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(["--home", str(tmp_path), "account", "archive", "work", *words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


def test_the_archive_is_shown_made_and_kept(
    tui: Any, server: tuple[ImapServer, Any], tmp_path: Path
) -> None:
    assert tui("--json").json["archive"] == "create"
    assert tui("--create", "Ablage/Ältere", "--dry-run", "--json").json["changed"] is False
    assert "Ablage" not in server[0].account().mailboxes
    assert tui("--create", "Ablage/Ältere").code == 0
    assert "Ablage/Ältere" in server[0].account().mailboxes
    account = load(tmp_path / "config.toml").account("work")
    assert account is not None and account.archive_folder == "Ablage/Ältere"
    assert (
        tui("--json").json | {"archive": "folder", "folder": "Ablage/Ältere"} == tui("--json").json
    )
    assert tui("--local").code == 0
    assert tui("--json").json["archive"] == "local"


def test_a_server_that_makes_no_folder_changes_nothing(
    tui: Any, server: tuple[ImapServer, Any], tmp_path: Path
) -> None:
    server[0].faults.refuse("CREATE", code="LIMIT", text="20 folders at most", times=None)
    said = tui("--create", "Archive")
    assert said.code != 0 and "20 folders at most" in said.err
    account = load(tmp_path / "config.toml").account("work")
    assert account is not None and account.archive_folder == "" and account.archive_remote
