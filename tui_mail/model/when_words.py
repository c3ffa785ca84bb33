"""The words and numbers of a time that was typed, read from left to right; `when` adds them up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tui_mail.errors import ActionError

Meaning = tuple[str, int]
"""What a word stands for: `weekday` 0-6, `month` 1-12, or the name of its list."""

EXAMPLES = "Such as: tomorrow 9, mon 14:30, in 2 hours, 25 dec 8:00, 2026-12-01 09:00."


@dataclass(frozen=True, slots=True)
class TimeWords:
    """What the words of one language mean."""

    phrases: Mapping[str, tuple[Meaning, ...]]
    """By word, in small letters and without accents."""
    day_first: bool
    """3/4 is the third of April; otherwise it is refused as unclear."""


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that was said."""

    kind: str
    """A kind of `TimeWords`, or `number`, `clock`, `date`, `iso`, `span`."""
    value: object
    text: str


def plain(typed: str) -> str:
    """Small letters, no accents, one space: what words are compared as."""
    folded = unicodedata.normalize("NFKD", typed[:200].replace("\u2019", "'").casefold())
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]+(\d{1,2}):(\d{2})(?::\d{2})?\s*(z|[+-]\d{2}:?\d{2})?)?"
    r"(?![\d:])"
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:h](\d{2}))\s*([ap])?\.?(?:m\b\.?)?(?!\d)")
_HALF_DAY = re.compile(r"(\d{1,2})\s*([ap])\.?m\b\.?")
_DATE = re.compile(r"(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2})|\2)?(?![\d.])")
_SPAN = re.compile(r"\+?(\d{1,4})\s?(min|m|d|w)\b|\+(\d{1,4})\s?h\b|(\d{1,4})h\b")
_NUMBER = re.compile(r"(\d{1,4})(?:st|nd|rd|th|er|o|\.)?(?![\w:])")
_UNITS = {"min": "minute", "m": "minute", "d": "day", "w": "week"}


def tokens_of(text: str, words: TimeWords) -> list[Token]:
    """Read a text that `plain` made. Raises ActionError for a word that is not known."""
    readers: list[Callable[[re.Match[str], TimeWords], Token | None]] = [
        _read_iso, _read_half_day, _read_clock, _read_date, _read_span,
    ]  # fmt: skip
    patterns = (_ISO, _HALF_DAY, _CLOCK, _DATE, _SPAN)
    phrases = sorted(words.phrases, key=len, reverse=True)
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] in " ,;":
            at += 1
            continue
        token: Token | None = None
        for pattern, read in zip(patterns, readers, strict=True):
            match = pattern.match(text, at)
            token = read(match, words) if match else None
            if token is not None:
                break
        if token is None and (match := _NUMBER.match(text, at)):
            token = Token("number", int(match[1]), match[0])
        if token is None:
            token = _read_word(text, at, phrases, words, found)
        if token.kind != "fillers":
            found.append(token)
        at += len(token.text)
    return found


def _read_word(
    text: str, at: int, phrases: Sequence[str], words: TimeWords, before: Sequence[Token]
) -> Token:
    for phrase in phrases:
        if not text.startswith(phrase, at):
            continue
        end = at + len(phrase)
        if end < len(text) and text[end].isalnum() and phrase[-1].isalnum():
            continue
        meanings = words.phrases[phrase]
        kind, value = meanings[0]
        if len(meanings) > 1:
            kind, value = _choose(meanings, text[end:], before)
        if text[end : end + 1] == "." and kind in ("month", "weekday", "hour"):
            phrase += "."
        return Token(kind, value, phrase)
    word = re.split(r"[\s,;]", text[at:], maxsplit=1)[0][:40]
    raise ActionError(f"`{word}` is not understood.", hint=EXAMPLES)


def _choose(meanings: Sequence[Meaning], rest: str, before: Sequence[Token]) -> Meaning:
    """A word for the hour of the clock and for a length of time: `in` before it decides."""
    counted = any(token.kind == "in" for token in before)
    for kind, value in meanings:
        if kind == "hour" and counted:
            return kind, value
        if kind == "clock" and not counted:
            return kind, value
    return meanings[0]


def _read_iso(match: re.Match[str], words: TimeWords) -> Token | None:
    day = calendar_day(int(match[1]), int(match[2]), int(match[3]))
    if match[4] is None:
        return Token("date", (day, False), match[0])
    clock = clock_time(int(match[4]), int(match[5]))
    offset = match[6]
    if offset is None:
        return Token("iso", (day, clock), match[0])
    if offset == "z":
        return Token("iso", datetime.combine(day, clock, UTC), match[0])
    digits = offset[1:].replace(":", "")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    utc = datetime.combine(day, clock, UTC) - (away if offset[0] == "+" else -away)
    return Token("iso", utc, match[0])


def _read_half_day(match: re.Match[str], words: TimeWords) -> Token | None:
    return Token("clock_time", _twelve(int(match[1]), 0, match[2]), match[0])


def _read_clock(match: re.Match[str], words: TimeWords) -> Token | None:
    hour, minute = int(match[1]), int(match[2])
    return Token("clock_time", _twelve(hour, minute, match[3] or ""), match[0])


def _read_date(match: re.Match[str], words: TimeWords) -> Token | None:
    first, second, year = int(match[1]), int(match[3]), match[4]
    dotted = match[2] == "."
    if dotted and not year and (second > 12 or not second) and len(match[3]) == 2:
        return Token("clock_time", clock_time(first, second), match[0])
    if not dotted and not words.day_first and first <= 12 and second <= 12 and first != second:
        raise ActionError(
            f"`{match[0]}` may be two days.", hint="Write the month as a word, or 2026-12-01."
        )
    if not dotted and second > 12 >= first:
        first, second = second, first
    whole = int(year) + (2000 if len(year) == 2 else 0) if year else 0
    return Token("date", (calendar_day(whole or 2024, second, first), not whole), match[0])


def _read_span(match: re.Match[str], words: TimeWords) -> Token | None:
    if match[4] is not None:
        if ("clock", 0) in words.phrases.get("h", ()):
            return Token("clock_time", clock_time(int(match[4]), 0), match[0])
        return Token("span", ("hour", int(match[4])), match[0])
    if match[3] is not None:
        return Token("span", ("hour", int(match[3])), match[0])
    return Token("span", (_UNITS[match[2]], int(match[1])), match[0])


def _twelve(hour: int, minute: int, half: str) -> time:
    if not half:
        return clock_time(hour, minute)
    if not 1 <= hour <= 12:
        raise ActionError(f"{hour} {half}m is no time.")
    return clock_time(hour % 12 + (12 if half == "p" else 0), minute)


def clock_time(hour: int, minute: int) -> time:
    """A time of day. Raises ActionError for one that does not exist."""
    if hour > 23 or minute > 59:
        raise ActionError(f"{hour}:{minute:02} is no time.")
    return time(hour, minute)


def calendar_day(year: int, month: int, day: int) -> date:
    """A day. Raises ActionError for one that does not exist."""
    try:
        return date(year, month, day)
    except ValueError:
        raise ActionError(f"{day}.{month}. is no day of the calendar.") from None
