"""The words people say times with, by language; documented in times.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from tui_mail.model.when_words import TimeWords


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files("tui_mail.config").joinpath("times.toml").read_text("utf-8")
    return tomllib.loads(text)


def time_languages() -> tuple[str, ...]:
    """The languages times are understood in."""
    return tuple(_tables())


@cache
def time_words(code: str) -> tuple[TimeWords, ...]:
    """The words of a language and then of English; English alone for one that is not known."""
    tables = _tables()
    return tuple(_words(tables[one]) for one in dict.fromkeys((code, "en")) if one in tables)


def _words(table: dict[str, Any]) -> TimeWords:
    named: dict[str, tuple[str, int]] = {}
    for number, months in enumerate(table["months"], start=1):
        named |= dict.fromkeys(months, ("month", number))
    for number, days in enumerate(table["weekdays"]):
        named |= dict.fromkeys(days, ("weekday", number))
    phrases: dict[str, list[tuple[str, int]]] = {word: [what] for word, what in named.items()}
    for kind, words in table.items():
        if kind not in ("first", "months", "weekdays"):
            for word in words:
                phrases.setdefault(word, []).append((kind, 0))
    return TimeWords(
        {word: tuple(found) for word, found in phrases.items()}, table["first"] == "day"
    )
