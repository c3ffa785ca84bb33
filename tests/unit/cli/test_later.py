"""`send --at` and `later`: planned, listed, moved, taken back, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui

Make = Callable[..., Mailbox]
MAIL = ("send", "--to", "bo@example.org", "--subject", "Plan", "--body", "Text")


def test_a_mail_is_planned_moved_and_taken_back(mailbox: Make, tui: Tui) -> None:
    box = mailbox()
    said = tui(*MAIL, "--at", "in 3 days", "--json")
    number = str(said.json["outbox_id"])
    assert said.json["not_before"] and said.code == 0
    assert tui("later", "--json").json["later"][0]["id"] == int(number)
    assert "in 3 days" in tui("later").out
    tried = tui("later", "reschedule", number, "in", "9", "days", "--dry-run")
    assert "in 9 days" in tried.out and "nothing changed" in tried.out
    assert "in 3 days" in tui("later", "show", number).out
    tui("later", "reschedule", number, "in", "9", "days")
    assert "in 9 days" in tui("later").out
    assert "draft again" in tui("later", "cancel", number).out
    assert tui("later", "--json").json["later"] == []
    assert box.fetch("SELECT state FROM outbox") == [("cancelled",)]
    assert tui("later", "cancel", number).code != 0


def test_a_past_or_unclear_time_plans_nothing(mailbox: Make, tui: Tui) -> None:
    box = mailbox()
    for typed, why in (("2020-01-01 9:00", "past"), ("soonish", "not understood")):
        said = tui(*MAIL, "--at", typed)
        assert said.code != 0 and why in said.err
    assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
    assert "Goes: " in tui(*MAIL, "--at", "tomorrow 9", "--dry-run").out


def test_a_missed_mail_is_named_and_goes_by_another_time(mailbox: Make, tui: Tui) -> None:
    box = mailbox()
    tui(*MAIL, "--at", "in 1 day")
    box.fetch("UPDATE outbox SET state = 'missed'")
    said = tui("later")
    assert "MISSED" in said.out and said.code != 0
    tui("later", "reschedule", "1", "tomorrow", "9")
    assert box.fetch("SELECT state FROM outbox") == [("held",)]
