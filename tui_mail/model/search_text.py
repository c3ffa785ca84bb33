"""Text as the index sees it: CJK runs become spaced pairs (library trap 25)."""

from __future__ import annotations

import re

_CJK = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)


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
