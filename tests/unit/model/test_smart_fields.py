"""Smart fields: fixed names, one pass, escaped for where they stand (R7, SEC-40)."""

from __future__ import annotations

import pytest

from tui_mail.mime.compose import escape_markdown, reply_subject
from tui_mail.mime.rendering import to_html, to_plain
from tui_mail.model.smart_fields import (
    NAMES,
    complete,
    escaped,
    fill_header,
    flat,
    gaps,
    open_field,
    parse,
)

VALUES = {
    **dict.fromkeys(NAMES, ""),
    "person.name": "Anna Berg",
    "person.first_name": "Anna",
    "person.email": "anna+x@fjord.example",
    "deal.title": "{{user.email}}",
    "org.name": "<script>alert(1)</script>",
    "org.address": "Quay 1\r\nBcc: x@y.example\r\n\r\n0150 Oslo",
    "lead.title": "](javascript:alert(1)) **x** `y`",
    "project.title": "# Title",
    "user.name": "Mira",
    "person.custom key": "Ω",
    "user.email": "mira@northwind.example",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {{person.first_name}}", "Hi Anna"),
        ("Hi {{ Person.First_Name }}", "Hi Anna"),
        ("Hi {{person.last_name|there}}", "Hi there"),
        ("{{person.custom key}}", "Ω"),
        ("{{deal.title}}", "{{user.email}}"),
        ("a \\{{person.name}} b", "a {{person.name}} b"),
        ("{{org.address}}", "Quay 1, Bcc: x@y.example, 0150 Oslo"),
        ("{{person.name.__class__}}", "{{person.name.__class__}}"),
        ("{{}} {{ {{user.name}}", "{{}} {{ Mira"),
    ],
)  # fmt: skip
def test_a_header_holds_values_as_one_line(text: str, expected: str) -> None:
    assert fill_header(text, VALUES) == expected


@pytest.mark.parametrize(
    ("markdown", "plain", "html"),
    [
        ("Hi {{person.first_name}},", "Hi Anna,", "<p>Hi Anna,</p>"),
        ("{{deal.title}}", "{{user.email}}", "<p>{{user.email}}</p>"),
        ("{{org.name}}", "<script>alert(1)</script>",
         "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[see]({{lead.title}})",
         "see <%5D%28javascript%3Aalert%281%29%29%20%2A%2Ax%2A%2A%20%60y%60>", "<p>[see]("),
        ("[{{lead.title}}](https://a.example/)",
         "](javascript:alert(1)) **x** `y` <https://a.example/>",
         '<a href="https://a.example/">](javascript:alert(1)) **x** `y`</a>'),
        ("[m](https://a.example/?m={{person.email}})",
         "m <https://a.example/?m=anna%2Bx%40fjord.example>",
         'href="https://a.example/?m=anna%2Bx%40fjord.example"'),
        ("https://a.example/{{person.email}}", "https://a.example/anna%2Bx%40fjord.example",
         'href="https://a.example/anna%2Bx%40fjord.example"'),
        ("{{project.title}}", "# Title", "<p># Title</p>"),
        ("**{{person.name}}**", "*Anna Berg*", "<strong>Anna Berg</strong>"),
        ("`{{person.name}}`", "`Anna Berg`", ">Anna Berg</code>"),
        ("zq0f0000z {{person.name}}", "zq0f0000z Anna Berg", "zq0f0000z Anna Berg"),
    ],
)  # fmt: skip
def test_a_value_stays_text_in_both_parts(markdown: str, plain: str, html: str) -> None:
    if "see](" not in markdown:
        assert to_plain(markdown, VALUES).strip() == plain
    shown = to_html(markdown, VALUES).replace(' style="margin:0 0 1em 0"', "")
    assert html in shown
    assert "<script" not in shown and 'href="javascript' not in shown


def test_a_hebrew_name_turns_its_paragraph_round() -> None:
    assert 'dir="rtl"' in to_html("{{person.name}}, 3", {"person.name": "שלום"})
    assert "dir=" not in to_html("{{person.name}}, 3", {"person.name": "Anna"})


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("{{person.name}} {{person.last_name|x}}", []),
        ("a\n{{person.phone}}", ["{{person.phone}} is empty and has no fallback (text, line 2)."]),
        ("{{password}}", ["{{password}} is no smart field (text, line 1)."]),
        ("{{password|x}}", ["{{password}} is no smart field (text, line 1)."]),
        ("{{user.name.x}}", ["{{user.name.x}} is no smart field (text, line 1)."]),
        ("{{}}", ["{{(empty)}} is no smart field (text, line 1)."]),
        ("\\{{password}}", []),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_is_named(text: str, problems: list[str]) -> None:
    assert [gap.problem for gap in gaps(text, VALUES, "text", by_line=True)] == problems


@pytest.mark.parametrize("theirs", ["{{user.email}}", "{{{user.email}}", "\\{{user.email}}"])
def test_anothers_text_is_never_a_field(theirs: str) -> None:
    quoted = escape_markdown(theirs)
    assert parse(quoted) == parse(escaped(theirs)) == parse(reply_subject(theirs)) == []
    assert "mira@" not in to_html(f"> {quoted}", VALUES)
    assert "mira@" not in to_plain(f"> {quoted}", VALUES)


def test_names_are_completed() -> None:
    assert open_field("Hi {{per") == "per"
    assert open_field("Hi {{person.name}} x") is None
    assert open_field("Hi \\{{per") is None
    assert complete("person.f") == ["person.first_name"]
    assert complete("stage")[0] == "deal.stage"
    assert "deal.renewal" in complete("deal.", ["deal.renewal"])


def test_a_value_is_one_safe_line() -> None:
    assert not set(flat("a\x1b[2J\u202e\r\nb\x00\u2028c")) & set("\x1b\r\n\x00\u202e\u2028")
