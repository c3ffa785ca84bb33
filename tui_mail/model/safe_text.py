"""The one door for untrusted text (SEC-1, SEC-3).

Mail, server answers, folder names, file names and other people's data pass `safe_line` or
`safe_block` before any widget, log, notification or terminal. What could move the cursor, write
the clipboard or reorder its neighbours becomes a visible mark or goes.
"""

from __future__ import annotations

import re
import unicodedata

_MAX_MARKS = 4
"""Combining marks kept on one base; more would smear over the neighbours."""

_KEPT_FORMAT = {0x200C, 0x200D}
"""ZWNJ and ZWJ shape Persian, Indic and emoji; they are kept between visible characters."""

_SUSPECT = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\uf8ff"
    "\U000110bd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_MARK_RUN = re.compile(r"[^\x00-\u02ff]")


def _shown_as(char: str) -> str:
    code = ord(char)
    if code in (0x09, 0x0A, 0x0D, 0x2028, 0x2029, 0xA0, 0x202F, 0x205F):
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code == 0xFE0F or code in _KEPT_FORMAT:
        return char
    if code == 0xAD or 0x200B <= code <= 0x200F or code in (0x061C, 0xFEFF, 0x034F):
        return ""
    if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
        return "\u2426"
    category = unicodedata.category(char)
    if category in ("Cs", "Co", "Cn", "Cc"):
        return "\ufffd"
    if category in ("Cf", "Zl", "Zp") or code in (0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5):
        return ""
    if 0xFE00 <= code <= 0xFE0E or 0x180B <= code <= 0x180F or 0xE0000 <= code <= 0xE0FFF:
        return ""
    return char


def _cap_marks(text: str) -> str:
    out: list[str] = []
    run = 0
    for char in text:
        if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
            run += 1
            if run > _MAX_MARKS:
                continue
        else:
            run = 0
        out.append(char)
    return "".join(out)


def safe_line(text: str, limit: int = 0) -> str:
    """Make one line that cannot move the cursor or reorder its neighbours.

    Controls become visible marks, line ends become spaces, invisible characters go, and combining
    marks are capped at four a base. `limit` cuts to that many characters (0: no cut).
    """
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    if _SUSPECT.search(text):
        text = _SUSPECT.sub(lambda match: _shown_as(match[0]), text)
    if _MARK_RUN.search(text):
        text = _cap_marks(text)
    return text


def safe_block(text: str) -> str:
    """The same for a body: lines stay lines, tabs go to the next multiple of eight."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\t" in text:
        text = text.expandtabs(8)
    return "\n".join(safe_line(line) for line in text.split("\n"))


def one_line(text: str, limit: int = 0) -> str:
    """`safe_line` with runs of white space folded into one space: subjects, snippets, names."""
    return safe_line(" ".join(text.split()), limit)
