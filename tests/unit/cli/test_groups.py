"""`send --group` and `group` on the command line."""

from __future__ import annotations

from collections.abc import Callable

from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui

Make = Callable[..., Mailbox]


def test_a_group_mail_is_tried_sent_stopped_and_taken_back(mailbox: Make, tui: Tui) -> None:
    box = mailbox(0)
    for number in range(3):
        tui("person", "add", f"Kim {number}", "--address", f"kim{number}@example.org")
    words = ("--group", "--subject", "News", "--body", "Hello {{person.first_name}}.")
    tried = tui("send", *words, "--persons", "Kim", "--dry-run")
    assert "Hello Kim." in tried.out and tried.code == 0
    assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
    said = tui("send", *words, "--person", "person:1", "--person", "person:2", "--to",
               "bo@example.org", "--json")  # fmt: skip
    assert said.code == 1 and "bo@example.org" in said.out + said.err
    said = tui("send", *words, "--person", "person:1", "--person", "person:2", "--json")
    assert said.json["total"] == 2 and said.json["waiting"] == 2
    number = str(said.json["id"])
    assert [one["address"] for one in said.json["mails"]] == ["kim0@example.org",
                                                             "kim1@example.org"]  # fmt: skip
    assert tui("group", "stop", number).code == 0
    assert tui("group", "--json").json["groups"][0]["state"] == "stopped"
    assert tui("group", "cancel", number, "--dry-run").out.startswith("Dry run")
    assert tui("group", "go-on", number).code == 0
    assert "2 mails" in tui("group", "cancel", number).out
    assert box.fetch("SELECT DISTINCT state FROM outbox") == [("cancelled",)]
    assert tui("group", "stop", number).code != 0


def test_wrong_words_send_nothing(mailbox: Make, tui: Tui) -> None:
    box = mailbox(0)
    assert tui("send", "--persons", "Kim", "--subject", "x", "--body", "y").code == 2
    assert tui("send", "--group", "--person", "person:9", "--subject", "x", "--body", "y").code != 0
    assert tui("group", "show", "1").code != 0
    assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
