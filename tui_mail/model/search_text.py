"""Text as the index sees it: CJK runs become spaced pairs (library trap 25), letters are folded."""

from __future__ import annotations

import functools
import re
import unicodedata

_CJK = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_CASED = ((0xC0, 0x250), (0x370, 0x588), (0x1E00, 0x2000), (0x2126, 0x212C))
"""Latin, Greek, Cyrillic, Armenian; in the other scripts a letter has one other case at most."""


def _pairs(match: re.Match[str]) -> str:
    run = match[0]
    if len(run) == 1:
        return f" {run} "
    return " " + " ".join(run[i : i + 2] for i in range(len(run) - 1)) + " "


def index_form(text: str) -> str:
    """Text to store in the index; unchanged when it holds no such script."""
    if text.isascii() or _CJK.search(text) is None:
        return text.replace("\x00", " ")
    return _CJK.sub(_pairs, text).replace("\x00", " ")


def query_tokens(word: str) -> list[str]:
    """The tokens a searched word or phrase has in the index, in order."""
    return _CJK.sub(_pairs, word).split()


def has_cjk(text: str) -> bool:
    """Whether any run is indexed as pairs; a single such character is matched as a prefix."""
    return _CJK.search(text) is not None


def folded(char: str) -> str:
    """A character as the index compares it: small, and without a diacritic if it is a Latin one.

    The rule of FTS5's `unicode61 remove_diacritics 2`: `Ä` is `a`, `Й` is `й`, `ß` stays, the
    final sigma is a sigma, and a combining mark is nothing.
    """
    if unicodedata.combining(char):
        return ""
    parts = unicodedata.normalize("NFD", char)
    if len(parts) > 1 and parts[0].isascii():
        return parts[0].lower()
    return next((f for f in (char.casefold(), char.lower()) if len(f) == 1), char)


def holding(text: str) -> re.Pattern[str]:
    """What finds `text` in other text, also inside of words, both folded as in the index."""
    letters = [one for char in text for one in folded(char)]
    return re.compile("[\u0300-\u036f]*".join(map(_any_form, letters)))


def _any_form(char: str) -> str:
    upper = char.upper()
    forms = {char, upper if len(upper) == 1 else char, *_forms().get(char, ())}
    return "[" + re.escape("".join(sorted(forms))) + "]"


@functools.cache
def _forms() -> dict[str, list[str]]:
    """Characters of scripts with cases by what they are folded to."""
    forms: dict[str, list[str]] = {}
    for first, last in _CASED:
        for char in map(chr, range(first, last)):
            if folded(char) != char:
                forms.setdefault(folded(char), []).append(char)
    return forms
