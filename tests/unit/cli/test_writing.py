"""Templates, signatures and drafts from the command line; every change tried, undone, and safe."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui
from tui_mail.cli.codes import Code

Make = Callable[..., Mailbox]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.fixture
def office(mailbox: Make, tui: Tui) -> Mailbox:
    """A mailbox with a contact, her organization, a deal and a further field."""
    box = mailbox(0)
    for words in (
        ("org", "add", "Fjord AS"),
        ("person", "add", "Anna Berg", "--address", "anna@fjord.example", "--org", "1"),
        ("deal", "add", "Ferry signs", "--person", "1", "--value", "1200.50"),
    ):
        assert tui(*words).code == 0
    conn = box.connect()
    conn.execute("UPDATE organizations SET address = 'Quay 1' || char(10) || '0150 Oslo'")
    conn.execute('UPDATE deals SET custom = \'{"Renewal": "May"}\'')
    conn.commit()
    conn.close()
    return box


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What stands on standard input."""

    def put(text: str) -> None:
        stream = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)

    return put


def test_a_template_with_fields_is_filled_and_sent(office: Mailbox, tui: Tui) -> None:
    body = (
        "Hi {{person.first_name|there}},\n\n**{{deal.title}}** is {{deal.value}}"
        " {{deal.currency}}.\n\n{{org.address}} {{deal.renewal}}"
    )
    assert tui("template", "add", "Offer", "--subject", "{{deal.title}}", "--body", body).code == 0
    words = ("send", "--template", "offer", "--to", "anna@fjord.example", "--link", "deal:1",
             "--body", "")  # fmt: skip
    seen = tui(*words, "--dry-run", "--json").json
    assert seen["checks"] == []
    assert seen["subject"] == "Ferry signs"
    assert seen["body"] == "Hi Anna,\n\n*Ferry signs* is 1200.50 EUR.\n\nQuay 1, 0150 Oslo May\n"
    assert "Ferry signs" in seen["html_as_text"]
    assert seen["checks"] == []
    assert office.fetch("SELECT count(*) FROM outbox") == [(0,)]
    done = tui(*words, "--json")
    assert done.code == 0, done.err
    (raw,) = office.fetch("SELECT raw FROM outbox")[0]
    assert b"Subject: Ferry signs\r\n" in bytes(raw)  # type: ignore[call-overload]
    linked = office.fetch("SELECT kind, item_id, source FROM links WHERE removed_at IS NULL")
    assert linked == [("deal", 1, "manual")]
    tui("undo")
    assert office.fetch("SELECT count(*) FROM links WHERE removed_at IS NULL") == [(0,)]
    assert office.fetch("SELECT state FROM outbox") == [("cancelled",)]


@pytest.mark.parametrize(
    ("to", "field", "problem"),
    [
        ("anna@fjord.example", "{{person.phone}}", "{{person.phone}} is empty and has no fallback"),
        ("anna@fjord.example", "{{password}}", "{{password}} is no smart field"),
        ("anna@fjord.example", "{{deal.lost}}", "{{deal.lost}} is no smart field"),
        ("bo@else.example", "{{person.name}}", "{{person.name}} is empty"),
        ("bo@else.example", "{{deal.title}}", "{{deal.title}} is empty"),
    ],
)
def test_a_field_without_a_value_stops_the_mail_and_is_named(
    office: Mailbox, tui: Tui, to: str, field: str, problem: str
) -> None:
    seen = tui("send", "--to", to, "--subject", "x", "--body", f"A\n{field}", "-n", "--json")
    assert seen.code == Code.FAILED
    (line,) = [one for one in seen.json["checks"] if one["blocks"]]
    assert problem in line["text"] and "(text, line 2)" in line["text"]
    said = tui("send", "--to", to, "--subject", "x", "--body", field)
    assert said.code == Code.FAILED and problem in said.err
    assert office.fetch("SELECT count(*) FROM outbox") == [(0,)]


def test_the_one_open_deal_of_the_person_fills_the_fields_by_the_rules(
    office: Mailbox, tui: Tui
) -> None:
    words = ("send", "--to", "anna@fjord.example", "--subject", "x", "--body", "{{deal.title}}")
    assert tui(*words, "-n", "--json").json["body"] == "Ferry signs\n"
    tui("deal", "add", "Second", "--person", "1")
    seen = tui(*words, "-n", "--json")
    assert seen.code == Code.FAILED, "two deals: it is not guessed which is meant"


def test_templates_are_changed_ordered_versioned_and_undone(office: Mailbox, tui: Tui) -> None:
    for name in ("One", "Two", "Three"):
        tui("template", "add", name, "--body", f"Text {name}")
    assert tui("template", "add", "one", "--body", "x").code != 0, "a name is there once"
    tui("template", "order", "Three", "1")
    tui("template", "edit", "One", "--body", "Newer", "--company")
    tui("template", "edit", "One", "--body", "Newest")
    listed = tui("template", "list", "--json").json["templates"]
    assert [one["name"] for one in listed] == ["Three", "One", "Two"]
    assert [one["shared"] for one in listed] == [False, True, False]
    past = tui("template", "show", "One", "--versions", "--json").json["versions"]
    assert [one["body"] for one in past] == ["Newer", "Text One"]
    tui("template", "restore", "One", str(past[1]["version"]))
    assert tui("template", "show", "One", "--json").json["body"] == "Text One"
    tui("undo")
    assert tui("template", "show", "One", "--json").json["body"] == "Newest"
    before = office.fetch("SELECT * FROM templates ORDER BY id")
    for words in (
        ("remove", "One"),
        ("edit", "One", "--body", "x"),
        ("order", "One", "3"),
        ("add", "Four", "--body", "x"),
        ("restore", "One", str(past[0]["version"])),
    ):
        assert tui("template", *words, "--dry-run").code == 0
        assert office.fetch("SELECT * FROM templates ORDER BY id") == before
    assert [t["name"] for t in tui("template", "list", "text", "two", "--json").json["templates"]
            ] == ["Two"]  # fmt: skip


def test_a_template_goes_through_a_file_with_its_images(
    office: Mailbox, tui: Tui, tmp_path: Path
) -> None:
    image, other = tmp_path / "logo.png", tmp_path / "terms.pdf"
    image.write_bytes(PNG)
    other.write_bytes(b"%PDF-1.4 terms")
    tui("template", "add", "Offer", "--subject", "S", "--body", "![Logo](logo.png)\n\nSee.",
        "--attach", str(image), "--attach", str(other))  # fmt: skip
    file = tmp_path / "offer.json"
    assert tui("template", "export", "Offer", "-o", str(file)).code == 0
    assert tui("template", "import", str(file)).code != 0, "the name is taken"
    tui("template", "remove", "Offer")
    assert tui("template", "import", str(file)).code == 0
    shown = tui("template", "show", "Offer", "--json").json
    assert shown["body"] == "![Logo](logo.png)\n\nSee."
    assert [one["filename"] for one in shown["files"]] == ["logo.png", "terms.pdf"]
    tui("undo")
    tui("undo")
    assert tui("template", "show", "Offer", "--json").json["files"] == shown["files"]
    assert tui("send", "--template", "Offer", "--to", "a@b.example", "--body", "").code == 0
    raw = bytes(office.fetch("SELECT raw FROM outbox")[0][0])  # type: ignore[call-overload]
    assert b"multipart/related" in raw and b"Content-ID: <1." in raw and b"logo.png" in raw


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": "x"}', '{"format": "tui-mail template 1", "name": "x"}',
     '{"format": "tui-mail template 1", "name": "x", "subject": "", "body": "",'
     ' "files": [{"filename": "a", "content_type": "b", "data": "!"}]}'],
)  # fmt: skip
def test_what_is_no_template_is_refused(
    office: Mailbox, tui: Tui, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    said = tui("template", "import", str(file))
    assert said.code != 0 and "no template" in said.err
    assert office.fetch("SELECT count(*) FROM templates") == [(0,)]


def test_a_hostile_template_stays_text(office: Mailbox, tui: Tui, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(
        json.dumps(
            {
                "format": "tui-mail template 1",
                "name": "A\x1b]0;x\x07\r\nB",
                "subject": "{{person.name}}\r\nBcc: x@y.example",
                "body": "<script>alert(1)</script> ![x](/etc/passwd) [a](javascript:alert(1))",
                "files": [{"filename": "../../x\x1b.sh", "content_type": "a/b\r\nc", "data": ""}],
            }
        )
    )
    assert tui("template", "import", str(file)).code == 0
    listed = tui("template", "list")
    assert not set(listed.out) & set("\x1b\x07")
    assert len(listed.out.strip().splitlines()) == 1
    seen = tui("send", "--template", "1", "--to", "anna@fjord.example", "--body", "", "-n",
               "--json").json  # fmt: skip
    assert "\n" not in seen["subject"]
    assert [one["filename"] for one in seen["attachments"]] == ["x␛.sh"]
    assert any("/etc/passwd is not attached" in one["text"] for one in seen["checks"])


def test_signatures_begin_mails_by_their_setting(office: Mailbox, tui: Tui) -> None:
    tui("signature", "add", "Work", "--body", "-- \n*Ada*, Example Ltd")
    tui("signature", "add", "Short", "--body", "Ada")
    assert tui("signature", "add", "work", "--body", "x").code != 0
    tui("signature", "default", "work", "--in", "new")
    listed = tui("signature", "list", "--json").json["signatures"]
    assert [(one["name"], one["default_in"]) for one in listed] == [("Short", ""), ("Work", "new")]
    words = ("send", "--to", "anna@fjord.example", "--subject", "x", "--body", "Hi.", "-n",
             "--json")  # fmt: skip
    assert tui(*words).json["body"] == "Hi.\n\n-- \n*Ada*, Example Ltd\n"
    assert tui(*words, "--no-signature").json["body"] == "Hi.\n"
    tui("signature", "default", "--in", "replies")
    assert tui(*words).json["body"] == "Hi.\n"
    tui("signature", "rename", "work", "Office", "--dry-run")
    tui("signature", "rename", "work", "Office")
    assert tui("signature", "default", "--json").json["name"] == "Office"
    assert tui("signature", "rename", "Office", "short").code != 0
    tui("undo")
    assert tui("signature", "default", "--json").json["name"] == "Work"
    tui("signature", "remove", "Short")
    tui("undo")
    assert tui("signature", "show", "Short").out.strip() == "Ada"


def test_drafts_are_listed_changed_sent_and_deleted(
    office: Mailbox, tui: Tui, typed: Callable[[str], None]
) -> None:
    from tests.tui.drafts import kept_draft

    for subject in ("One", "Two"):
        kept_draft(office, subject)
    listed = tui("draft", "list", "--json").json["drafts"]
    assert {one["subject"] for one in listed} == {"One", "Two"}
    first = str(next(one["id"] for one in listed if one["subject"] == "One"))
    typed("From **standard** input")
    assert tui("draft", "edit", first, "--to", "anna@fjord.example", "--body", "-").code == 0
    assert "From *standard* input" in tui("draft", "show", first).out
    assert tui("draft", "edit", first, "--subject", "No", "-n").code == 0
    assert tui("draft", "send", first, "-n", "--json").json["subject"] == "One"
    assert tui("draft", "send", first).code == 0
    assert office.fetch("SELECT state FROM outbox") == [("held",)]
    second = str(next(one["id"] for one in listed if one["subject"] == "Two"))
    assert tui("draft", "delete", second).code == Code.NEEDS_YES
    assert tui("draft", "delete", second, "--yes").code == 0
    assert tui("draft", "list", "--json").json["drafts"] == []


def test_markdown_comes_from_standard_input(
    office: Mailbox, tui: Tui, typed: Callable[[str], None]
) -> None:
    typed("# Hi\n\nשלום\n")
    assert tui("send", "--to", "anna@fjord.example", "--subject", "x").code == 0
    raw = bytes(office.fetch("SELECT raw FROM outbox")[0][0])  # type: ignore[call-overload]
    assert b'dir=3D"rtl"' in raw and b"<h1" in raw
