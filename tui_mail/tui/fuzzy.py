"""Finding a line by a few typed letters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def score(typed: str, candidate: str) -> int:
    """How well it fits, higher is better; 0 when it does not fit."""
    typed, candidate = typed.lower().strip(), candidate.lower()
    if not typed:
        return 1
    at = candidate.find(typed)
    if at == 0:
        return 400 - min(len(candidate), 99)
    if at > 0:
        return (300 if not candidate[at - 1].isalnum() else 200) - min(at, 99)
    words = typed.split()
    if len(words) > 1 and all(word in candidate for word in words):
        return 150
    position = -1
    for char in typed.replace(" ", ""):
        position = candidate.find(char, position + 1)
        if position < 0:
            return 0
    return max(1, 100 - position)


def ranked(typed: str, items: Iterable[T], words: Callable[[T], str]) -> list[T]:
    """The items that fit, best first; equal ones keep their order."""
    found = [(score(typed, words(item)), item) for item in items]
    fitting = [pair for pair in found if pair[0]]
    fitting.sort(key=lambda pair: -pair[0])
    return [item for _, item in fitting]
