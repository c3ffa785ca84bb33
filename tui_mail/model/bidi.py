"""The base direction of a paragraph: its first strong character (UAX #9 P2, P3; R8)."""

from __future__ import annotations

import unicodedata

_MAX = 4000
"""Characters looked at; a paragraph without a strong one by then has no direction of its own."""


def direction_of(text: str) -> str:
    """`rtl` or `ltr` by the first strong character; empty where there is none, as in `1.2.2026`.

    Text inside isolates is skipped, as rule P2 says.
    """
    isolates = 0
    for char in text[:_MAX]:
        if char < "\u0590":
            if not isolates and char.isalpha():
                return "ltr"
            continue
        kind = unicodedata.bidirectional(char)
        if kind in ("LRI", "RLI", "FSI"):
            isolates += 1
        elif kind == "PDI":
            isolates = max(0, isolates - 1)
        elif isolates:
            continue
        elif kind == "L":
            return "ltr"
        elif kind in ("R", "AL"):
            return "rtl"
    return ""


def first_strong_is_rtl(text: str) -> bool:
    """Whether a paragraph is laid out from right to left."""
    return direction_of(text) == "rtl"
