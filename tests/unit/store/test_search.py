"""Whatever way a search goes through the store, it finds the same mail."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.tui.factory import NOW, mail, make_mailbox
from tui_mail.model.messages import Flag
from tui_mail.model.search import parse
from tui_mail.model.search_text import folded, holding
from tui_mail.store import search as searching
from tui_mail.store.search import search

QUERIES = (
    "offer",
    "offer is:starred",
    "off* is:starred",
    "offer is:unread",
    "offer larger:1M",
    "larger:1M",
    "larger:2M",
    "larger:500k",
    "offer before:2026-09-21",
    "offer after:2026-09-21",
    "offer after:2026-09-20 before:2026-09-21",
    "-offer is:starred",
    "(offer OR plan) is:starred",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    box = make_mailbox(tmp_path_factory.mktemp("search"))
    for day in range(6):
        envelopes = [
            mail(100 * day + n, subject=("Offer" if n % 2 else "Plan") + f" {n}") for n in range(12)
        ]
        flags = int(Flag.FLAGGED) if day % 2 else int(Flag.SEEN)
        box.arrive(envelopes, flags=flags, at=NOW - 86_400 * day, indexed=True)
    conn = box.connect()
    conn.execute("UPDATE messages SET size = id * 40000")
    yield conn
    conn.close()


def found(conn: sqlite3.Connection, text: str) -> tuple[int, ...]:
    query = parse(text, now=datetime.fromtimestamp(NOW, UTC))
    assert query.error == ""
    return search(conn, query, 1000).message_ids


@pytest.mark.parametrize("text", QUERIES)
def test_the_short_way_over_rare_mail_finds_the_same(
    store: sqlite3.Connection, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = found(store, text)
    monkeypatch.setattr(searching, "_is_rare", lambda conn, plan: False)
    monkeypatch.setattr(searching, "_narrow", lambda plan, term: None)
    assert found(store, text) == short
    assert short


def test_days_begin_and_end_where_they_are_said_to(store: sqlite3.Connection) -> None:
    times = dict(store.execute("SELECT id, sort_at FROM messages").fetchall())
    edge = datetime(2026, 9, 21, tzinfo=UTC).timestamp()
    assert all(times[one] < edge for one in found(store, "offer before:2026-09-21"))
    assert all(times[one] >= edge for one in found(store, "offer after:2026-09-21"))
    both = len(found(store, "offer before:2026-09-21")) + len(
        found(store, "offer after:2026-09-21")
    )
    assert both == len(found(store, "offer")) == 36


def test_newest_hits_come_first(store: sqlite3.Connection) -> None:
    times = dict(store.execute("SELECT id, sort_at FROM messages").fetchall())
    for text in QUERIES:
        order = [times[one] for one in found(store, text)]
        assert order == sorted(order, reverse=True), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("harbour", [2, 1]),
        ("subject:HARB*", [2, 1]),
        ("from:anna", [2]),
        ("to:ada harbour", [2, 1]),
        ("from:100%", []),
        ("harbour -plan", [2]),
        ("plan OR anna", [2, 1]),
        ("body:harbour", []),
        ("harbour is:starred", []),
        ("harbour in:trash", []),
    ],
)
def test_mail_whose_body_is_still_to_come_is_found_by_its_header(
    tmp_path: Path, text: str, expected: list[int]
) -> None:
    """The first is in the index, the second came a moment ago."""
    box = make_mailbox(tmp_path)
    box.arrive([mail(1, subject="Harbour plan")], at=NOW - 60, indexed=True)
    box.arrive([mail(2, subject="The harbour", name="Anna Berg")], at=NOW)
    conn = box.connect()
    assert conn.execute("SELECT text_key IS NULL FROM messages ORDER BY id").fetchall() == [
        (0,),
        (1,),
    ]
    assert list(found(conn, text)) == expected
    conn.close()


@pytest.mark.parametrize(
    ("subject", "queries"),
    [
        ("Angebot für die Übergabe", ("ÜBERGABE", "uber*", "übergabe", "subject:FÜR")),
        ("Rosé d'été", ("ÉTÉ", "ete", "rose", "ROSÉ")),
        ("U\u0308bergabe", ("übergabe", "ubergabe")),
        ("Договор о Поставке", ("договор", "ПОСТАВКЕ")),
        ("Новый счёт", ("СЧЁТ", "новый")),
        ("Νέος ΟΔΟΣ", ("οδός OR οδοσ", "ΝΈΟΣ")),
        ("Straße 100 %", ("STRAßE", "straße")),
    ],
)
def test_a_header_is_found_in_any_case_as_in_the_index(
    tmp_path: Path, subject: str, queries: tuple[str, ...]
) -> None:
    box = make_mailbox(tmp_path)
    box.arrive([mail(1, subject=subject)], at=NOW - 60, indexed=True)
    box.arrive([mail(2, subject=subject), mail(3, name=subject)], at=NOW)
    conn = box.connect()
    for text in queries:
        everywhere = "subject:" not in text
        assert found(conn, text) == ((2, 3, 1) if everywhere else (2, 1)), text
    assert found(conn, "strasse OR новыи OR οδος1") == (), "as the index has it"
    conn.close()


def test_letters_fold_as_the_index_folds_them() -> None:
    """Latin, Greek, Cyrillic and Armenian, all that the index's version of Unicode knows."""
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE f USING fts5(t, tokenize='unicode61 remove_diacritics 2')")
    conn.execute("CREATE VIRTUAL TABLE v USING fts5vocab(f, 'instance')")
    codes = [
        *range(0xC0, 0x370),
        *range(0x370, 0x528),
        *range(0x531, 0x557),
        *range(0x1E00, 0x1F00),
    ]
    conn.executemany("INSERT INTO f(rowid, t) VALUES (?, ?)", ((c, f"a{chr(c)}b") for c in codes))
    terms: dict[int, list[str]] = {}
    for code, term in conn.execute("SELECT doc, term FROM v"):
        terms.setdefault(code, []).append(term)
    other = {0x1E0, 0x1E1, 0x37F, 0x1E9B}
    """Two marks on one letter, a letter younger than the index, and the long s."""
    for code in set(codes) - other:
        if len(terms[code]) == 1:  # others are no letters to it
            assert f"a{folded(chr(code))}b" == terms[code][0], hex(code)
            assert holding(terms[code][0]).search(f"a{chr(code)}b"), hex(code)
    conn.close()
