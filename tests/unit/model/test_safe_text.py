"""The one door for untrusted text (SEC-1, SEC-3)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.safe_text import one_line, safe_block, safe_line

CASES = {
    "plain": ("Hello, world", "Hello, world"),
    "an escape sequence": ("a\x1b[2Jb", "a␛[2Jb"),
    "a clipboard write": ("\x1b]52;c;eA==\x07", "␛]52;c;eA==␇"),
    "eight-bit controls": ("a\x9b2J\x9d0", "a�2J�0"),
    "line ends in a line": ("a\r\nb\u2028c", "a  b c"),
    "a file name that turns around": ("inv\u202efdp.exe", "inv␦fdp.exe"),
    "isolates": ("\u2066a\u2069", "␦a␦"),
    "invisible space in a name": ("pay\u200bpal", "paypal"),
    "soft hyphens": ("a\xadb", "ab"),
    "tag characters": ("x\U000e0041\U000e0042", "x"),
    "hangul filler": ("a\u3164b", "ab"),
    "private use": ("a\ue000b", "a�b"),
    "a lone surrogate": ("a\ud83db", "a�b"),
    "a no-break space": ("a\xa0b", "a b"),
    "Thai keeps its marks": ("ไม่", "ไม่"),
    "Hebrew stays in logical order": ("שלום", "שלום"),
    "a family stays one": ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    "an emoji with its variation": ("❤\ufe0f", "❤\ufe0f"),
    "markup is only text": ("[/x] [@click=app.quit]", "[/x] [@click=app.quit]"),
    "too many accents": ("a" + "\u0301" * 30, "a" + "\u0301" * 4),
}


@pytest.mark.parametrize("case", CASES)
def test_line(case: str) -> None:
    given_text, wanted = CASES[case]
    assert safe_line(given_text) == wanted


def test_block_keeps_lines_and_expands_tabs() -> None:
    assert safe_block("a\tb\r\nc\x1bd\r") == "a       b\nc␛d\n"


def test_one_line_folds_space_and_cuts() -> None:
    assert one_line("  a \n\t b  ") == "a b"
    assert one_line("abcdef", 4) == "abc…"


def is_safe(text: str) -> bool:
    return not any(
        unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
        or (unicodedata.category(char) == "Cf" and char not in "\u200c\u200d")
        for char in text
    )


@given(st.text(max_size=200))
def test_nothing_dangerous_passes(text: str) -> None:
    assert is_safe(safe_line(text))
    assert is_safe(safe_block(text).replace("\n", ""))


@given(st.text(max_size=200))
def test_safe_text_is_left_alone(text: str) -> None:
    once = safe_line(text)
    assert safe_line(once) == once


@pytest.mark.parametrize("code", range(0xA0))
def test_every_control_code(code: int) -> None:
    assert is_safe(safe_line(f"a{chr(code)}b"))


def test_naughty_strings() -> None:
    folder = Path(__file__).resolve().parents[3].parent / "shared" / "corpora" / "naughty-strings"
    if not folder.exists():
        pytest.skip("the corpora are not beside this checkout")
    for path in folder.iterdir():
        for line in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            assert is_safe(safe_line(line))
