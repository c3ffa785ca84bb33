"""mailto links by a table of parameters (SEC-18), and what List-Unsubscribe offers (RFC 8058)."""

from __future__ import annotations

import pytest

from tui_mail.errors import ActionError
from tui_mail.model.mailto import parse_mailto
from tui_mail.model.unsubscribe import Offers, offers


@pytest.mark.parametrize(
    ("url", "fields", "dropped"),
    [
        ("mailto:anna@x.example", {"to": "anna@x.example"}, ()),
        ("MAILTO:anna@x.example", {"to": "anna@x.example"}, ()),
        ("mailto:", {"to": ""}, ()),
        ("mailto:a@x.example,b@x.example", {"to": "a@x.example, b@x.example"}, ()),
        ("mailto:?to=a@x.example&cc=b@x.example", {"to": "a@x.example", "cc": "b@x.example"}, ()),
        ("mailto:a@x.example?bcc=spy@x.example", {"bcc": "spy@x.example"}, ()),
        ("mailto:a@x.example?Subject=Hello%20World", {"subject": "Hello World"}, ()),
        ("mailto:a+tag@x.example?subject=1+1", {"to": "a+tag@x.example", "subject": "1+1"}, ()),
        ("mailto:a@x.example?subject=100%2525", {"subject": "100%25"}, ()),
        ("mailto:a@x.example?subject=caf%C3%A9", {"subject": "café"}, ()),
        ("mailto:a@x.example?body=one%0D%0Atwo", {"body": "one\\\ntwo"}, ()),
        ("mailto:a@x.example?attach=/etc/passwd", {"to": "a@x.example"}, ("attach",)),
        (
            "mailto:a@x.example?attachment=~/.ssh/id_rsa&subject=x",
            {"subject": "x"},
            ("attachment",),
        ),
        ("mailto:a@x.example?from=boss@x.example", {"sender": ""}, ("from",)),
        ("mailto:a@x.example?X-Run=1&reply-to=e@x.example", {}, ("x-run", "reply-to")),
        ("mailto:a@x.example?In-Reply-To=%3C1@x%3E", {"in_reply_to": ""}, ("in-reply-to",)),
        ("mailto:a@x.example#fragment", {"to": "a@x.example"}, ()),
        ("mailto:a@x.example?subject={{person.email}}", {"subject": "\\{{person.email}}"}, ()),
        ("mailto:a@x.example?subject=%1b]52;c;eA%07x", {}, ()),
    ],
)
def test_a_link_may_ask_for(url: str, fields: dict[str, str], dropped: tuple[str, ...]) -> None:
    found = parse_mailto(url)
    for name, value in fields.items():
        got = getattr(found.content, name)
        assert got == value or (name == "body" and "one" in got and "two" in got), name
    assert found.dropped == dropped
    shown = repr(found.content)
    assert "\x1b" not in shown and "\x07" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "mailto:a@x.example%0D%0ABcc:spy@x.example",
        "mailto:a@x.example?subject=Hi%0ABcc:%20spy@x.example",
        "mailto:a@x.example?cc=b@x.example%0dX:%201",
        "mailto:a@x.example?subject=a%00b",
        "https://x.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_header_lines_and_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(ActionError):
        parse_mailto(url)


ONE = "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("header", "post", "expected"),
    [
        ("<https://n.example/u?x=1>", ONE, Offers("https://n.example/u?x=1")),
        ("<mailto:u@n.example>, <https://n.example/u>", ONE,
         Offers("https://n.example/u", "mailto:u@n.example")),
        ("<https://n.example/u>", "", Offers(page="https://n.example/u")),
        ("<https://n.example/u>", "List-Unsubscribe=Two", Offers(page="https://n.example/u")),
        ("<http://n.example/u>", ONE, Offers()),
        ("<https://user:pw@n.example/u>", ONE, Offers()),
        ("<https://n.example/u\x00>", ONE, Offers()),
        ("<ftp://n.example>, <javascript:1>", ONE, Offers()),
        ("https://n.example/u", ONE, Offers()),
        ("<https://n.example:99999/>", ONE, Offers()),
        ("<https://n.example/\u202eu>", ONE, Offers()),
        ("", ONE, Offers()),
    ],
)  # fmt: skip
def test_what_a_list_offers(header: str, post: str, expected: Offers) -> None:
    assert offers(header, post) == expected
    assert bool(offers(header, post)) == bool(expected)
