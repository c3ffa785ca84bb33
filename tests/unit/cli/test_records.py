"""The commands of records: parsing, exit codes, hostile text, dry runs and undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.records_world import dump
from tests.tui.factory import OWN, Mailbox, mail
from tests.unit.cli.conftest import Tui

Make = Callable[..., Mailbox]

HOSTILE = (
    "\x1b]0;owned\x07title",
    "\x1b[2J\x1b[Hcleared",
    "line one\r\nFake: line two",
    "tab\tseparated",
    "\x9b31mC1 colour",
    "rtl \u202egnp.exe",
    "[bold red]markup[/]",
    '=HYPERLINK("http://x")',
    "'; DROP TABLE deals; --",
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def company(mailbox: Make, tui: Tui) -> Mailbox:
    """Two mails of one person who has two deals; one person more."""
    box = mailbox(0)
    assert tui("org", "add", "Fjord AS", "--domain", "fjord.example").code == 0
    words = ("--address", "p1@example.org", "--org", "fjord as")
    assert tui("person", "add", "Anna Berg", *words).code == 0
    assert tui("person", "add", "Bo Dahl", "--address", "p2@example.org").code == 0
    for title in ("Signs", "Cases"):
        deal = ("--person", "p1@example.org", "--value", "1234.50", "--currency", "EUR")
        assert tui("deal", "add", title, *deal).code == 0
    box.arrive([mail(1), mail(2)])
    return box


def rows_of(box: Mailbox) -> dict[str, Any]:
    """Every row of the store, but for addresses that no mail was exchanged with."""
    conn = box.connect()
    try:
        found: dict[str, Any] = dict(dump(conn))
        found["correspondents"] = conn.execute(
            "SELECT * FROM correspondents WHERE id IN (SELECT correspondent_id FROM participants)"
        ).fetchall()
        return found
    finally:
        conn.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["deal", "show", "99"], 6, "deal:99"),
        (["deal", "show", "lead:1"], 2, "invalid"),
        (["deal", "show", "1; rm"], 2, "invalid"),
        (["deal", "edit", "99", "--title", "x"], 6, "deal:99"),
        (["deal", "edit", "1"], 2, "what to change"),
        (["deal", "edit", "1", "--title", " "], 2, "Title is missing"),
        (["deal", "edit", "1", "--value", "twelve"], 2, "no amount"),
        (["deal", "edit", "1", "--currency", "euro"], 2, "three letters"),
        (["deal", "edit", "1", "--expected-close", "soon"], 2, "2026-11-30"),
        (["deal", "edit", "1", "--status", "asleep"], 2, "invalid choice"),
        (["deal", "edit", "1", "--person", "99"], 2, "no person 99"),
        (["deal", "edit", "1", "--person", "nobody@x.example"], 2, "no person"),
        (["deal", "edit", "1", "--org", "Nowhere Ltd"], 2, "no organization"),
        (["deal", "edit", "1", "--org", "person:1"], 2, "is no organization"),
        (["deal", "edit", "1", "--field", "novalue"], 2, "KEY=VALUE"),
        (["deal", "stage", "1", "Nowhere"], 6, "Say one of: Qualified"),
        (["deal", "won", "99"], 6, "deal:99"),
        (["deal", "list", "--stage", "Nowhere"], 6, "no stage"),
        (["deal", "list", "--limit", "0"], 2, "--limit"),
        (["deal", "delete", "1", "99"], 6, "deal:99"),
        (["deal", "merge", "1", "1"], 2, "Only another deal"),
        (["deal", "merge", "1", "99"], 6, "deal:99"),
        (["deal", "add"], 2, "required"),
        (["lead", "add", "Nobody's"], 2, "a person or an organization"),
        (["lead", "stage", "1", "x"], 2, "invalid choice"),
        (["person", "add", "X", "--address", "no address"], 2, "no e-mail address"),
        (["deal", "edit", "1", "--visible-to", "some"], 2, "invalid choice"),
        (["deal", "edit", "1", "--owner", "Nobody"], 2, "No one user"),
        (["org", "show", "org:99"], 6, "org:99"),
        (["link", "1"], 2, "what to link to"),
        (["link", "deal:1"], 2, "Say conversations"),
        (["link", "1", "person:1"], 2, "invalid"),
        (["link", "1", "deal:99"], 6, "deal:99"),
        (["link", "99", "deal:1"], 6, "99"),
        (["unlink", "m99"], 6, "m99"),
        (["links", "99"], 6, "99"),
        (["candidates", "99"], 6, "99"),
        (["apply-links", "99"], 6, "99"),
        (["block", "@@"], 2, "no e-mail address"),
        (["block", "com"], 1, "domains of many"),
        (["block", OWN], 1, "your own address"),
        (["block", "gmail.com"], 7, "--yes"),
        (["block", "x@y.example", "--account", "nobody"], 6, "no account"),
        (["unblock", "x@y.example"], 6, "is not blocked"),
        (["share", "99"], 6, "99"),
        (["why", "99"], 6, "99"),
    ],
)
def test_what_cannot_be_done_has_its_code_and_changes_nothing(
    company: Mailbox, tui: Tui, words: list[str], code: int, said: str
) -> None:
    before = rows_of(company)
    done = tui(*words)
    assert (done.code, said in done.err) == (code, True), done.err
    assert rows_of(company) == before
    refused = tui(*words, "--json").json["error"]
    assert refused["code"] == code


CHANGES = (
    ["person", "add", "Cleo", "--address", "c@x.example", "--phone", "+47 1", "--field", "a=b"],
    ["person", "edit", "1", "--add-address", "two@example.org", "--job-title", "Buyer"],
    ["person", "delete", "1"],
    ["person", "merge", "1", "2"],
    ["deal", "merge", "2", "deal:1"],
    ["org", "add", "Glass Ltd", "--domain", "glass.example"],
    ["org", "edit", "1", "--name", "Fjord Group"],
    ["org", "delete", "1"],
    ["deal", "add", "Third", "--person", "person:2", "--also", "1", "--stage", "negotiation"],
    ["deal", "edit", "deal:1", "--value", "99", "--expected-close", "2027-01-31"],
    ["deal", "edit", "1", "--visible-to", "owner"],
    ["deal", "won", "1"],
    ["deal", "lost", "1", "--reason", "price"],
    ["deal", "stage", "1", "Negotiation"],
    ["deal", "delete", "1", "2"],
    ["lead", "add", "Maybe", "--org", "1"],
    ["project", "add", "Build", "--deal", "1", "--phase", "Review"],
    ["link", "1", "deal:1"],
    ["link", "1", "2", "deal:2"],
    ["link", "m1", "deal:2", "--secondary"],
    ["unlink", "1"],
    ["block", "p1@example.org"],
    ["block", "@example.org", "--account", "work"],
    ["share", "1", "2"],
)


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_a_dry_run_changes_nothing_and_undo_restores_every_row(
    company: Mailbox, tui: Tui, words: list[str]
) -> None:
    before = rows_of(company)
    tried = tui(*words, "--dry-run", "--json")
    assert tried.code == 0 and tried.json["dry_run"] is True, tried.err
    assert rows_of(company) == before
    done = tui(*words, "--json")
    assert done.code == 0 and done.json["undoable"] and done.json["summary"]
    assert tried.json["summary"] == done.json["summary"]
    assert rows_of(company) != before
    assert tui("undo").code == 0
    assert rows_of(company) == before


def test_fields_come_back_as_they_were_given(company: Mailbox, tui: Tui) -> None:
    words = ("--stage", "Proposal sent", "--also", "p2@example.org", "--field", "tier=gold")
    done = tui(
        "deal", "add", "Stairs", "--value", "1.234,50", "--currency", "nok", *words, "--json"
    )
    (ref,) = done.json["records"]
    shown = tui("deal", "show", ref, "--json").json
    record = shown["record"]
    assert (record["value"], record["currency"], record["stage"]) == (
        "1234.50", "NOK", "Proposal sent",
    )  # fmt: skip
    assert record["custom"] == {"tier": "gold"}
    assert [one["name"] for one in shown["people"]] == ["Bo Dahl"]
    tui("deal", "edit", ref, "--field", "size=big", "--person", "")
    again = tui("deal", "show", ref, "--json").json["record"]
    assert again["custom"] == {"tier": "gold", "size": "big"} and again["title"] == "Stairs"


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (["deal", "list"], ["Cases", "Signs"]),
        (["deal", "list", "sig"], ["Signs"]),
        (["deal", "list", "anna"], ["Signs", "Cases"]),
        (["deal", "list", "--limit", "1"], ["Cases"]),
        (["deal", "list", "--status", "won"], ["Cases"]),
        (["deal", "list", "anna", "--status", "open"], ["Signs"]),
        (["deal", "list", "--stage", "negotiation"], ["Signs"]),
        (["person", "list"], ["Anna Berg", "Bo Dahl"]),
        (["person", "list", "fjord"], ["Anna Berg"]),
        (["org"], ["Fjord AS"]),
        (["lead"], []),
    ],
)
def test_lists_are_by_name_or_by_words(
    company: Mailbox, tui: Tui, words: list[str], titles: list[str]
) -> None:
    tui("deal", "won", "2")
    tui("deal", "stage", "1", "negotiation")
    found = tui(*words, "--json").json["records"]
    assert [one.get("name") or one.get("title") for one in found] == titles
    assert len(tui(*words).out.splitlines()) == len(titles)


def test_a_conversation_is_linked_beside_its_deal_and_let_go(company: Mailbox, tui: Tui) -> None:
    offered = tui("candidates", "1", "--json").json["candidates"]
    assert {one["item"] for one in offered} == {"deal:1", "deal:2"}
    tui("link", "1", "deal:1")
    tui("link", "1", "deal:2", "--secondary")
    links = tui("links", "1", "--json").json["links"]
    assert [(one["item"], one["role"]) for one in links] == [
        ("deal:1", "primary"), ("deal:2", "secondary"),
    ]  # fmt: skip
    tui("unlink", "1", "deal:1")
    left = tui("links", "1", "--json").json
    assert [(one["item"], one["role"]) for one in left["links"]] == [("deal:2", "primary")]
    assert next(one["item"] for one in left["ended"]) == "deal:1"
    reasons = tui("why", "1", "--json").json["reasons"]
    assert any("Cases" in one["text"] and one["topic"] == "link" for one in reasons)


def test_automatic_linking_can_be_applied_to_what_is_here_and_taken_back(
    company: Mailbox, tui: Tui
) -> None:
    tui("deal", "delete", "2")
    before = rows_of(company)
    tried = tui("apply-links", "--dry-run", "--json").json
    assert tried["linked"] == [{"conversation": 1, "item": "deal:1"}] and tried["dry_run"]
    assert rows_of(company) == before
    done = tui("apply-links", "--json").json
    assert done["linked"] == tried["linked"] and done["undoable"]
    tui("undo")
    assert rows_of(company) == before


def test_a_block_hides_counts_and_comes_back(company: Mailbox, tui: Tui) -> None:
    shown = len(tui("list").out.splitlines())
    done = tui("block", "p2@example.org", "--json").json
    assert done["target"] == "p2@example.org" and done["messages"] == 1
    assert len(tui("list").out.splitlines()) == shown - 1
    (entry,) = tui("blocks", "--json").json["blocked"]
    assert (entry["target"], entry["hits"]) == ("p2@example.org", 1)
    tui("unblock", "P2@Example.org")
    assert len(tui("list").out.splitlines()) == shown
    assert tui("blocks", "--json").json["blocked"] == []


def test_linked_mail_stays_when_its_sender_is_blocked_unless_asked(
    company: Mailbox, tui: Tui
) -> None:
    tui("link", "1", "deal:1")
    left = tui("block", "p1@example.org", "--json").json
    assert [row["id"] for row in left["linked"]] == [1]
    assert 1 in [row["id"] for row in tui("list", "--json").json["conversations"]]
    tui("undo")
    tui("block", "p1@example.org", "--linked-too")
    assert 1 not in [row["id"] for row in tui("list", "--json").json["conversations"]]


def test_hostile_text_in_every_field_stays_on_its_line(mailbox: Make, tui: Tui) -> None:
    mailbox(0)
    for text in HOSTILE:
        assert tui("org", "add", text, "--postal-address", text).code == 0
        person = ("--first-name", text, "--job-title", text, "--phone", text, "--org", "1")
        assert tui("person", "add", text, *person).code == 0
        assert tui("deal", "add", text, "--person", "1", "--field", f"x{text}={text}").code == 0
    for kind in ("org", "person", "deal"):
        said = tui(kind, "list")
        assert len(said.out.splitlines()) == len(HOSTILE)
        assert not _CONTROLS.search(re.sub("[\t\n]", " ", said.out))
        for number in range(1, len(HOSTILE) + 1):
            shown = tui(kind, "show", str(number))
            assert shown.code == 0 and not _CONTROLS.search(re.sub("[\t\n]", " ", shown.out))
            assert tui(kind, "show", str(number), "--json").out.isascii()
        done = tui(kind, "delete", "1")
        assert not _CONTROLS.search(re.sub("[\t\n]", " ", done.out + done.err))


def test_sharing_names_who_sees_it(company: Mailbox, tui: Tui) -> None:
    conn = company.connect()
    conn.execute("INSERT INTO users(name) VALUES ('Jo \x1b[31mred')")
    conn.close()
    said = tui("share", "1", "--json").json
    assert said["seen_by"] == ["Jo \x1b[31mred"] and said["private_before"] == 1
    assert tui("unshare", "1", "--json").json["shared_before"] == 1
    assert not _CONTROLS.search(re.sub("[\t\n]", " ", tui("share", "1").err))
