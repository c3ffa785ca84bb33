"""The four classic troubles explained, and what is synced changed, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.factory import Mailbox, mail
from tests.unit.cli.conftest import Tui
from tui_mail.config.load import load, write_text

Make = Callable[..., Mailbox]


def texts(said: Any) -> str:
    """All findings and hints of a report in one piece."""
    return " ".join(f"{one['text']} {one['hint']}" for one in said.json["lines"])


def with_file_secret(box: Mailbox, more: str = "") -> None:
    """The secret is looked for in the file, where there is none."""
    text = box.paths.config_file.read_text()
    write_text(box.paths.config_file, text + 'secret = "file"\n' + more)


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("sign-in", "auth_failed", "not tried again by itself"),
        ("sign-in", "retrying", "not your password"),
        ("sign-in", "active", "There is no secret for `work`"),
        ("send", "auth_failed", "The sign-in was rejected: no [red]such\\x1b[31m user"),
    ],
)
def test_an_account_is_explained(
    tui: Tui, mailbox: Make, kind: str, state: str, expected: str
) -> None:
    box = mailbox(1)
    with_file_secret(box)
    box.fetch("UPDATE accounts SET state = ?, reason = 'no [red]such\\x1b[31m user'", state)
    said = tui("doctor", "--why", kind, "work", "--json")
    assert said.code == 1
    assert expected in texts(said)
    assert "\x1b" not in tui("doctor", "--why", kind, "work").out


@pytest.mark.parametrize(
    ("change", "expected", "ok"),
    [
        ("SELECT 1", "Its conversation is in the inbox.", True),
        ("UPDATE messages SET deleted_at = 1", "It was deleted here.", False),
        ("UPDATE messages SET screened_by = 1", "its sender is blocked", False),
        ("UPDATE conversations SET muted_at = 1", "muted", False),
        ("UPDATE messages SET orphaned_at = 1", "The server no longer has it", False),
    ],
)
def test_a_mail_missing_in_the_inbox_is_explained(
    tui: Tui, mailbox: Make, change: str, expected: str, ok: bool
) -> None:
    box = mailbox(1)
    box.fetch(change)
    for named in ("1", "m1", "<0@example.org>", "0@example.org"):
        said = tui("doctor", "--why", "inbox", named, "--json")
        assert expected in texts(said)
        assert (said.code == 0) is ok


def test_a_mail_that_is_not_here_is_explained_by_what_is_left_out(tui: Tui, mailbox: Make) -> None:
    box = mailbox(1)
    with_file_secret(box, 'past_mail = "contacts"\n')
    box.fetch("UPDATE folders SET selected = 0 WHERE name = 'Clients/Müller'")
    said = tui("doctor", "--why", "inbox", "<nobody@example.org>", "--json")
    assert said.code == 1
    assert "90 days of past mail" in texts(said)
    assert "only mail with contacts" in texts(said)
    assert "Clients/Müller" in texts(said)


def test_why_without_an_account_or_of_the_wrong_thing_says_what_to_name(
    tui: Tui, mailbox: Make
) -> None:
    for kind in ("sign-in", "send"):
        said = tui("doctor", "--why", kind)
        assert (said.code, "account add" in said.err) == (1, True)
    mailbox(1)
    said = tui("doctor", "--why", "sign-in", "12")
    assert said.code == 6 and "is about an account: work" in said.err
    said = tui("doctor", "--why", "inbox", "work", "--json")
    assert "90 days of past mail" in texts(said) and "not here" not in texts(said)


def test_without_an_engine_no_account_is_connecting(tui: Tui, mailbox: Make) -> None:
    box = mailbox(1)
    for state in ("connecting", "initial_sync"):
        box.fetch("UPDATE accounts SET state = ?", state)
        said = tui("account", "list", "--json")
        assert said.json["accounts"][0]["state"] == "not_started"
        assert "No engine runs" in tui("account", "list").err
        assert "No engine runs" in texts(tui("doctor", "--why", "sign-in", "work", "--json"))
        assert tui("doctor", "--json").json["accounts"][0]["state"] == "not_started"
    said = tui("daemon", "status")
    assert said.code == 1 and "tui-mail daemon install --now" in said.out


def test_a_mail_missing_at_a_deal_is_explained(tui: Tui, mailbox: Make) -> None:
    mailbox(1)
    said = tui("doctor", "--why", "deal", "1", "--json")
    assert said.code == 1
    assert "nobody in it is a contact" in texts(said).lower()
    assert tui("doctor", "--why", "deal").code == 2


def test_what_is_synced_is_changed_with_the_numbers_first(tui: Tui, mailbox: Make) -> None:
    box = mailbox(3)
    box.arrive([mail(90), mail(91)], at=1_500_000_000)
    said = tui("account", "scope", "work", "--past", "1m", "--dry-run", "--json")
    assert said.json["outside"]["mails"] >= 2
    assert not said.json["changed"]
    assert tui("account", "scope", "work", "--past", "all", "--share-new", "shared").code == 0
    (account,) = load(box.paths.config_file).accounts
    assert (account.sync_days, account.default_visibility) == (0, "shared")
    assert tui("account", "scope", "work", "--folder", "Clients/Müller").code == 0
    (account,) = load(box.paths.config_file).accounts
    assert account.sync_folders == ("INBOX", "Sent", "Clients/Müller")
    assert tui("account", "scope", "work", "--past", "soon").code == 2
    assert box.fetch("SELECT count(*) FROM messages WHERE orphaned_at IS NULL") == [(5,)]


def test_an_account_goes_with_what_was_said_of_its_mail(tui: Tui, mailbox: Make) -> None:
    box = mailbox(3)
    with_file_secret(box)
    said = tui("account", "remove", "work", "--dry-run", "--json")
    assert said.json == said.json | {"mails": 3, "linked": 0}
    assert tui("account", "remove", "work").code != 0
    said = tui("account", "remove", "work", "--yes", "--mail", "none", "--json")
    assert said.json["removed_mails"] == 3
    assert box.fetch("SELECT count(*) FROM messages") == [(0,)]
    assert load(box.paths.config_file).accounts == ()
