"""The one door for untrusted text (SEC-1, SEC-3).

Mail, server answers, folder names, file names and other people's data pass `safe_line` or
`safe_block` before any widget, log, notification or terminal. What could move the cursor, write
the clipboard or reorder its neighbours becomes a visible mark or goes.
"""

from __future__ import annotations

import unicodedata

_MAX_MARKS = 4
"""Combining marks kept on one base; more would smear over the neighbours."""
_SPACES = frozenset((0x09, 0x0A, 0x0D, 0x85, 0xA0, 0x202F, 0x205F, 0x2028, 0x2029))
_KEPT_FORMAT = frozenset((0x200C, 0x200D))
"""ZWNJ and ZWJ shape Persian, Indic and emoji."""
_FILLERS = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0))
_marks: set[str] = set()
"""Combining marks met so far, so that text without any is not walked through."""


class _Shown(dict[int, int | str]):
    """How each code point is shown, worked out when it is first met."""

    def __missing__(self, code: int) -> int | str:
        shown = _shown_as(code)
        self[code] = shown
        return shown


def _shown_as(code: int) -> int | str:
    if code in _SPACES:
        return " "
    if code < 0x20:
        return 0x2400 + code
    if code == 0x7F:
        return 0x2421
    if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
        return 0x2426
    if code in _FILLERS or 0xFE00 <= code <= 0xFE0E or 0xE0000 <= code <= 0xE0FFF:
        return ""
    category = unicodedata.category(chr(code))
    if category in ("Cs", "Co", "Cn", "Cc"):
        return 0xFFFD
    if category in ("Cf", "Zl", "Zp"):
        return code if code in _KEPT_FORMAT else ""
    if category in ("Mn", "Me"):
        _marks.add(chr(code))
    return code


_shown = _Shown()


def _cap_marks(text: str) -> str:
    out: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if char in _marks else 0
        if run <= _MAX_MARKS:
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
    text = text.translate(_shown)
    if not _marks.isdisjoint(text):
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
