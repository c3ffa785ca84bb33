"""`snooze` and `remind` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui

Make = Callable[..., Mailbox]


@pytest.fixture
def now_is_now(mailbox: Make) -> Mailbox:
    """Three mails of this moment."""
    return mailbox(3)


@pytest.mark.parametrize(
    ("name", "set_", "end"), [("snooze", "--until", "--wake"), ("remind", "--by", "--forget")]
)
def test_set_listed_tried_ended_and_undone(
    now_is_now: Mailbox, tui: Tui, name: str, set_: str, end: str
) -> None:
    assert tui(name, "1", set_, "in 3 days", "--dry-run").out.startswith("Dry run")
    assert tui(name, "--json").json["conversations"] == []
    said = tui(name, "1", "2", set_, "in 3 days", "--json")
    assert said.json["undoable"] and said.json["due_at"]
    listed = tui(name, "--json").json["conversations"]
    assert sorted(one["id"] for one in listed) == [1, 2]
    assert not listed[0]["is_due"]
    tui(name, "1", end)
    assert [one["id"] for one in tui(name, "--json").json["conversations"]] == [2]
    tui("undo")
    assert len(tui(name, "--json").json["conversations"]) == 2
    assert tui(name, "3", end).code != 0
    assert tui(name, "3").code == 2
    assert tui(name, "99", set_, "tomorrow").code != 0


def test_send_can_be_followed_up(mailbox: Make, tui: Tui) -> None:
    mailbox(0)
    tui(
        "send", "--to", "bo@example.org", "--subject", "Ask", "--body", "?", "--remind", "in 2 days"
    )
    (one,) = tui("remind", "--json").json["conversations"]
    assert one["subject"] == "Ask"
    said = tui(
        "send", "--to", "bo@example.org", "--subject", "Late", "--body", "?",
        "--remind", "in 2 days", "--at", "in 3 days",
    )  # fmt: skip
    assert said.code != 0 and "before it goes" in said.err


def test_a_reminder_does_not_hinder_the_trial_of_an_import(
    now_is_now: Mailbox, tui: Tui, tmp_path: Path
) -> None:
    tui("snooze", "1", "--until", "in 3 days")
    file = tmp_path / "people.csv"
    file.write_text("Name,Email\nBo,bo@example.org\n")
    assert tui("import", "people", str(file), "--dry-run").code == 0


def test_undoing_a_split_keeps_what_was_set_on_the_new_conversation(
    now_is_now: Mailbox, tui: Tui
) -> None:
    tui("merge", "1", "2")
    tui("split", "m2")
    (new,) = now_is_now.fetch("SELECT max(id) FROM conversations")[0]
    tui("remind", str(new), "--by", "in 3 days")
    now_is_now.fetch("UPDATE journal SET undo = '' WHERE action = 'remind'")
    assert tui("undo").code == 0
    assert tui("list").code == 0
