"""Activities, notes, labels, further fields, converting, splitting and merging by command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.tui.crm import mail_from
from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui
from tests.unit.cli.test_records import HOSTILE, rows_of

Make = Callable[..., Mailbox]


@pytest.fixture
def company(mailbox: Make, tui: Tui) -> Mailbox:
    """A conversation of two mails and one of one; a person with a deal, a lead and a project."""
    box = mailbox(0)
    assert tui("person", "add", "Anna Berg", "--address", "anna@fjord.example").code == 0
    for kind in ("deal", "lead", "project"):
        assert tui(kind, "add", f"A {kind}", "--person", "anna@fjord.example").code == 0
    first = mail_from(1, "anna@fjord.example")
    refs = {"in_reply_to": (first.message_id,), "references": (first.message_id,)}
    box.arrive([first])
    box.arrive([replace(mail_from(2, "bo@fjord.example"), **refs)])
    box.arrive([mail_from(3, "cy@fjord.example")])
    assert tui("activity", "add", "deal:1", "Call her", "--due", "2030-01-02").code == 0
    assert tui("note", "add", "deal:1", "Likes fjords").code == 0
    assert tui("label", "deal:1", "--add", "warm").code == 0
    assert tui("follow", "deal:1").code == 0
    return box


CHANGES: dict[str, tuple[str, ...]] = {
    "activity add": ("activity", "add", "person:1", "Write", "--type", "email", "--at", "09:30"),
    "activity edit": ("activity", "edit", "1", "--subject", "Call him", "--minutes", "20"),
    "activity done": ("activity", "done", "1"),
    "activity delete": ("activity", "delete", "1"),
    "note add": ("note", "add", "project:1", "A text"),
    "note edit": ("note", "edit", "1", "Likes islands"),
    "note delete": ("note", "delete", "1"),
    "label record": ("label", "deal:1", "--add", "hot", "--add", "north"),
    "label mail": ("label", "1", "--add", "later"),
    "label rename": ("label", "rename", "deal", "warm", "hot"),
    "label color": ("label", "color", "deal", "warm", "red"),
    "label delete": ("label", "delete", "deal", "warm"),
    "follow": ("follow", "person:1"),
    "unfollow": ("unfollow", "deal:1", "--user", "me"),
    "field add": ("field", "add", "deal", "Region", "--type", "choice", "--choice", "North"),
    "fill field": ("deal", "edit", "1", "--field", "Region=North"),
    "convert": ("lead", "convert", "1"),
    "split": ("split", "m2"),
    "merge": ("merge", "1", "2"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_trial_changes_nothing_and_undo_takes_the_change_back(
    company: Mailbox, tui: Tui, name: str
) -> None:
    before = rows_of(company)
    trial = tui(*CHANGES[name], "--dry-run", "--json")
    assert (trial.code, trial.json["dry_run"]) == (0, True), trial.err
    assert rows_of(company) == before
    done = tui(*CHANGES[name], "--json")
    assert (done.code, done.json["undoable"]) == (0, True), done.err
    assert done.json["summary"] == trial.json["summary"]
    assert rows_of(company) != before
    undone = tui("undo")
    assert undone.code == 0
    assert "No engine" not in undone.out + undone.err, "nothing waits for a server"
    assert rows_of(company) == before


def test_undo_names_the_engine_only_where_the_server_must_hear_of_it(
    company: Mailbox, tui: Tui
) -> None:
    assert "No engine runs" in (said := tui("mark", "read", "1")).out + said.err
    assert "No engine runs" not in (said := tui("undo")).out + said.err, "both are void by now"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("activity", "done", "99"), 6, "no activity 99"),
        (("activity", "edit", "1"), 2, "what to change"),
        (("activity", "edit", "1", "--due", "soon"), 2, "2026-11-30"),
        (("activity", "add", "deal:99", "x"), 6, "deal:99"),
        (("activity", "add", "deal:1", " "), 2, "Subject is missing"),
        (("note", "add", "deal:1", " "), 2, "empty"),
        (("note", "edit", "99", "x"), 6, "no note 99"),
        (("label", "deal:99", "--add", "x"), 6, "deal:99"),
        (("label", "99", "--add", "x"), 6, "99"),
        (("label", "deal:1", "hot"), 2, "What is hot?"),
        (("label", "rename", "deal", "warm"), 2, "other words"),
        (("label", "rename", "sale", "warm", "hot"), 2, "other words"),
        (("label", "rename", "deal", "cold", "hot"), 2, "no label of that name"),
        (("label", "rename", "deal", "warm", " "), 2, "needs a name"),
        (("label", "color", "deal", "warm", "plaid"), 2, "one of red"),
        (("label", "list", "sale"), 2, "other words"),
        (("follow", "deal:99"), 6, "deal:99"),
        (("follow", "deal:1", "--user", "Nobody"), 6, "me (1)"),
        (("field", "add", "deal", " "), 2, "needs a name"),
        (("lead", "convert", "99"), 6, "lead:99"),
        (("split", "1"), 2, "invalid"),
        (("split", "m99"), 6, "m99"),
        (("split", "m3"), 2, "all messages"),
        (("split", "m1", "m3"), 2, "one conversation"),
        (("merge", "1", "99"), 6, "99"),
        (("merge", "1", "1"), 2, "at least two"),
    ],
)
def test_what_is_wrong_is_said(
    company: Mailbox, tui: Tui, words: tuple[str, ...], code: int, said: str
) -> None:
    found = tui(*words)
    assert found.code == code, found.err
    assert said in found.err


def test_what_was_made_is_listed_and_shown(company: Mailbox, tui: Tui) -> None:
    assert [one["subject"] for one in tui("activity", "--json").json["activities"]] == ["Call her"]
    listed = tui("activity", "list", "deal:1", "--json").json["activities"]
    assert [(one["id"], one["due_date"]) for one in listed] == [(1, "2030-01-02")]
    assert tui("activity", "list", "--until", "2029-12-31", "--json").json["activities"] == []
    assert [n["text"] for n in tui("note", "list", "deal:1", "--json").json["notes"]] == [
        "Likes fjords"
    ]
    tui("label", "deal:1", "--add", "hot", "--add", "north")
    tui("label", "deal:1", "--remove", "hot", "--add", "big")
    assert tui("label", "deal:1", "--json").json["labels"] == ["big", "north", "warm"]
    tui("label", "color", "deal", "warm", "red")
    tui("label", "rename", "deal", "big", "vast")
    assert [
        (one["scope"], one["name"], one["color"], one["used"])
        for one in tui("label", "list", "deal", "--json").json["labels"]
    ] == [
        ("deal", "hot", None, 0),
        ("deal", "north", None, 1),
        ("deal", "vast", None, 1),
        ("deal", "warm", "red", 1),
    ]
    assert tui("label", "list", "mail", "--json").json["labels"] == []
    assert tui("deal", "show", "1", "--json").json["followers"] == ["me"]
    assert "Followed by" in tui("deal", "show", "1").out
    tui("field", "add", "deal", "Region", "--choice", "North", "--type", "choice")
    assert tui("field", "--json").json["fields"][0]["choices"] == ["North"]
    tui("deal", "add", "Other", "--field", "Region=North")
    assert tui("deal", "show", "2", "--json").json["record"]["custom"] == {"Region": "North"}
    assert "North" in tui("deal", "show", "2").out
    converted = tui("lead", "convert", "1", "--json").json
    assert converted["records"] == ["deal:3", "lead:1"]
    assert "deal already" in tui("lead", "convert", "1").err


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_defused(company: Mailbox, tui: Tui, text: str) -> None:
    for words in (
        ("activity", "edit", "1", "--subject", text),
        ("note", "add", "deal:1", text),
        ("label", "deal:1", "--add", text),
        ("field", "add", "deal", text),
    ):
        assert tui(*words).code == 0
    for words in (("activity",), ("note", "list", "deal:1"), ("label", "deal:1"), ("field",)):
        said = tui(*words).out
        assert "\x1b" not in said and "\x9b" not in said and "\u202e" not in said


def test_deals_without_mail_are_found_by_silence_and_by_having_nothing_planned(
    company: Mailbox, tui: Tui
) -> None:
    def titles(*options: str) -> list[str]:
        return [one["title"] for one in tui("deal", "list", *options, "--json").json["records"]]

    assert tui("deal", "add", "Bare").code == 0
    assert titles("--quiet") == []
    assert titles("--no-activity") == ["Bare"]
    conn = company.connect()
    conn.execute("UPDATE stages SET rotten_days = 5")
    conn.execute("UPDATE deals SET stage_changed_at = stage_changed_at - 6 * 86400")
    conn.commit()
    conn.close()
    assert titles("--quiet") == ["A deal", "Bare"]
    assert titles("--quiet", "bar") == ["Bare"]
    assert titles("--quiet", "--no-activity") == ["Bare"]
    assert titles("--quiet", "--limit", "1") == ["A deal"]
    assert titles("--quiet", "--status", "won") == []


def test_a_record_is_for_its_owner_alone_and_so_is_the_deal_made_of_it(
    company: Mailbox, tui: Tui
) -> None:
    """The third condition of R42 can be set, and nothing widens it by itself."""
    company.run("INSERT INTO users(id, name) VALUES (2, 'Bea'), (3, 'Cem')")
    assert tui("link", "1", "lead:1").code == 0
    assert tui("share", "1", "--dry-run", "--json").json["seen_by"] == ["Bea", "Cem"]
    for ref in ("lead:1", "person:1"):
        kind, number = ref.split(":")
        assert tui(kind, "edit", number, "--visible-to", "owner").code == 0
    assert tui("share", "1", "--dry-run", "--json").json["seen_by"] == []
    assert tui("lead", "edit", "1", "--owner", "Bea").code == 0
    assert tui("follow", "lead:1", "--user", "Cem").code == 0
    assert tui("share", "1", "--dry-run", "--json").json["seen_by"] == ["Bea", "Cem"]
    shown = tui("lead", "show", "1").out
    assert "Bea" in shown and "owner" in shown
    (deal, _) = tui("lead", "convert", "1", "--json").json["records"]
    found = tui("deal", "show", deal, "--json").json
    assert (found["owner"], found["record"]["visible_to"]) == ("Bea", 1)
    assert found["followers"] == ["Cem"]


def test_the_narrower_sight_stays_when_records_become_one(company: Mailbox, tui: Tui) -> None:
    assert tui("deal", "add", "Hidden", "--visible-to", "owner", "--json").code == 0
    assert tui("deal", "merge", "1", "2").code == 0
    assert tui("deal", "show", "1", "--json").json["record"]["visible_to"] == 1
