"""How a conversation reads as a line: every width, every script."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields

import pytest
from rich.cells import cell_len

from tui_mail.store.pages import Row
from tui_mail.tui.format import (
    FiledRow,
    columns,
    duration,
    line_parts,
    link_mark,
    marks,
    short_date,
)
from tui_mail.tui.fuzzy import ranked
from tui_mail.tui.text import fit

NOW = 1_790_000_000


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def row(**more: object) -> Row:
    values: dict[str, object] = {
        "id": 1, "at": NOW, "subject": "Offer", "people": "Ada", "snippet": "Dear all",
        "messages": 1, "unread": 0, "starred": 0, "attachments": 0, "drafts": 0, "outgoing": 0,
        "answered": False, "account_id": 1,
    }  # fmt: skip
    return Row(**{**values, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "narrow", "shown"),
    [
        (NOW, False, "16:13"),
        (NOW - 86_400, False, "20 Sep"),
        (NOW - 400 * 86_400, False, "2025-08-17"),
        (NOW - 400 * 86_400, True, "2025"),
    ],
)
def test_dates_are_in_the_users_zone(at: int, narrow: bool, shown: str) -> None:
    assert short_date(at, NOW, narrow=narrow) == shown


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("accounts", [1, 3])
@pytest.mark.parametrize(
    "text",
    [
        "Offer",
        "日本語のとても長い件名" * 9,
        "👩‍👩‍👧‍👦👍🏽🇩🇪" * 20,
        "שלום עולם " * 20,
        "e\u0301" * 90,
        "",
    ],
)
def test_the_left_part_never_passes_the_width(width: int, accounts: int, text: str) -> None:
    for messages in (1, 12, 4_000):
        found = row(subject=text, people=text, snippet=text, messages=messages)
        left, _ = line_parts(
            found, columns(width, accounts), selected=True, account="work", now=NOW
        )
        assert cell_len(left) <= width


def test_columns_line_up_whatever_the_script() -> None:
    starts = set()
    for people in ("Ada", "日本語太郎さん、山田花子さん", "👍🏽👍🏽👍🏽 Emoji Person", "עברית"):
        left, _ = line_parts(
            row(people=people), columns(100, 1), selected=False, account="", now=NOW
        )
        starts.add(cell_len(left[: left.index("Offer")]))
    assert len(starts) == 1


def test_right_to_left_columns_are_ordered_each_by_itself() -> None:
    pytest.importorskip("bidi", reason="needs the extra `rtl`")
    found = row(subject="שלום Offer", people="דנה", snippet="מחר")
    plain = line_parts(found, columns(120, 1), selected=False, account="", now=NOW)
    left, snippet = line_parts(
        found, columns(120, 1), selected=False, account="", now=NOW, ordered=True
    )
    assert cell_len(left) == cell_len(plain[0])
    assert "הנד" in left and "Offer םולש" in left
    assert left.index("הנד") < left.index("Offer")
    assert "רחמ" in snippet


@pytest.mark.parametrize(
    ("filed", "shown"),
    [
        ({}, " "),
        ({"muted": True}, "m"),
        ({"link_state": "linked", "muted": True}, "◆"),
        ({"link_state": "ambiguous"}, "?"),
        ({"link_state": "none"}, " "),
    ],
)
def test_what_a_row_says_of_its_link(filed: dict[str, object], shown: str) -> None:
    values = {one.name: getattr(row(), one.name) for one in fields(Row)}
    assert link_mark(FiledRow(**values, **filed)) == shown  # type: ignore[arg-type]
    assert link_mark(row()) == " "


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ({}, "    "),
        ({"unread": 2}, " ●  "),
        ({"answered": True}, " ↩  "),
        ({"starred": 1}, "  ★ "),
        ({"attachments": 1}, "   @"),
        ({"drafts": 1, "attachments": 1}, "   d"),
        ({"outgoing": 1}, "   >"),
    ],
)
def test_state_is_a_sign_not_a_colour(state: dict[str, object], shown: str) -> None:
    assert marks(row(**state), selected=False) == shown
    assert marks(row(**state), selected=True) == "x" + shown[1:]


@pytest.mark.parametrize(
    ("value", "width", "fitted"),
    [
        ("Ada", 5, "Ada  "),
        ("Adalbert", 5, "Adal…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日 …"),
        ("日本語", 6, "日本語"),
        ("x\x1b[2Jy", 8, "x␛[2Jy  "),
        ("any", 0, ""),
    ],
)
def test_text_fits_to_the_cell(value: str, width: int, fitted: str) -> None:
    assert fit(value, width) == fitted
    assert cell_len(fitted) == width


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.2, "1 s"), (40, "40 s"), (600, "10 min"), (7200, "2 h")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_the_best_fit_comes_first() -> None:
    names = ["Clients/Archive old", "Archive", "Trash", "A r c hive"]
    assert ranked("arch", names, str) == ["Archive", "Clients/Archive old", "A r c hive"]
    assert ranked("", names, str) == names
    assert ranked("zzz", names, str) == []
