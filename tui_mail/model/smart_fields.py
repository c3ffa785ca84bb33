"""Smart fields: `{{person.first_name|there}}` in a subject or a text (R7, B41, SEC-40).

A field is a fixed name, never an expression. A body is laid out with placeholders first and the
values are put into the finished text or HTML afterwards, in one pass, so that no value is read as
Markdown, as HTML or as a field again. `\\{{` stands for two plain braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from tui_mail.model.safe_text import one_line

NAMES: dict[str, str] = {
    "person.name": "full name",
    "person.first_name": "first name",
    "person.last_name": "last name",
    "person.email": "address",
    "person.phone": "first phone number",
    "person.job_title": "job title",
    "org.name": "organization",
    "org.address": "its postal address",
    "deal.title": "deal",
    "deal.value": "amount of the deal",
    "deal.currency": "its currency",
    "deal.stage": "stage",
    "deal.pipeline": "pipeline",
    "deal.expected_close_date": "when it should close",
    "deal.owner": "owner of the deal",
    "lead.title": "lead",
    "lead.value": "amount of the lead",
    "project.title": "project",
    "project.phase": "phase",
    "user.name": "your name",
    "user.email": "your address",
    "today": "the day it is sent",
}
"""Every fixed field and what it is; further ones are `kind.key` of a custom field."""

CUSTOM_KINDS = ("person", "org", "deal", "lead", "project")
"""What custom fields may belong to, as fields spell it."""

_FIELD = re.compile(r"\\\{\{|\{\{([^{}\n]{0,200})\}\}")
_NAME = re.compile(r"[a-z]+(?:\.[^\s.|{}][^.|{}]{0,60})?")
_URL_BEFORE = re.compile(r"(?:https?://|mailto:)[^\s<>\"]*$", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?:href|src)="[^"]*\"""")
_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Token:
    """A field as it was typed."""

    start: int
    end: int
    name: str
    fallback: str | None
    """What stands there when the field is empty; None when nothing was given."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A field that has no value: sending is blocked while one stands."""

    name: str
    """As it was typed; not yet safe to show."""
    where: str
    """`subject`, or `text, line 3`."""
    known: bool
    """False for a name that means nothing."""

    @property
    def problem(self) -> str:
        """One safe sentence."""
        shown = one_line(self.name, 60) or "(empty)"
        what = "is empty and has no fallback" if self.known else "is no smart field"
        return f"{{{{{shown}}}}} {what} ({self.where})."


def parse(text: str) -> list[Token]:
    """The fields of a text, in order."""
    found: list[Token] = []
    for match in _FIELD.finditer(text):
        if match[1] is None:
            continue
        name, bar, fallback = match[1].partition("|")
        name = " ".join(name.split()).lower()
        found.append(Token(match.start(), match.end(), name, fallback.strip() if bar else None))
    return found


def escaped(text: str) -> str:
    """Another's text as it may stand in a subject or text of ours: none of it is a field."""
    return re.sub(r"\\*\{\{", lambda match: "\\{{", text)


def complete(typed: str, custom: Iterable[str] = ()) -> list[str]:
    """Names that begin as typed, then those that hold it."""
    word = typed.strip().lower()
    names = [*NAMES, *(name for name in custom if name not in NAMES)]
    return [n for n in names if n.startswith(word)] + [
        n for n in names if word in n and not n.startswith(word)
    ]


def open_field(text: str) -> str | None:
    """What was typed of a field that is not closed yet, at the end of `text`."""
    start = text.rfind("{{", max(0, len(text) - 80))
    if start < 0 or (start and text[start - 1] == "\\"):
        return None
    typed = text[start + 2 :]
    return None if set(typed) & set("{}|\n") else typed


def gaps(text: str, values: Mapping[str, str], where: str, *, by_line: bool) -> list[Gap]:
    """The fields of a text that have neither a value nor a fallback.

    `values` holds every known name, with an empty value where there is none.
    """
    found: list[Gap] = []
    for token in parse(text):
        if _value(token, values) is None:
            line = text.count("\n", 0, token.start) + 1
            place = f"{where}, line {line}" if by_line else where
            known = token.name in values and _NAME.fullmatch(token.name) is not None
            found.append(Gap(token.name, place, known))
    return found


def _value(token: Token, values: Mapping[str, str]) -> str | None:
    """What stands in place of a field, as one line; None for nothing."""
    value = values.get(token.name, "") if _NAME.fullmatch(token.name) else None
    if value is None or token.name not in values:
        return None
    return flat(value) or token.fallback or None


def flat(value: str) -> str:
    """A value as one safe line; the lines of a postal address are set apart by commas."""
    lines = [line.strip(" ,") for line in value[: _MAX_VALUE * 2].splitlines()]
    return one_line(", ".join(line for line in lines if line), _MAX_VALUE)


def fill_header(text: str, values: Mapping[str, str]) -> str:
    """A header's text with its values, each as one line; fields without one stay as typed."""

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return "{{"
        (token,) = parse(match[0])
        value = _value(token, values)
        return match[0] if value is None else value

    return _FIELD.sub(put, text)


@dataclass(frozen=True, slots=True)
class Marked:
    """A Markdown text whose fields are placeholders until it is laid out."""

    text: str
    mark: str
    values: tuple[str, ...]
    """The value of each placeholder, in order; not escaped."""

    def plain(self, laid_out: str) -> str:
        """Plain text with its values; inside an address of the web they are percent-encoded."""

        def put(match: re.Match[str]) -> str:
            value = self.values[int(match[1])]
            begun = laid_out[max(0, match.start() - 2000) : match.start()]
            return quote(value, safe="") if _URL_BEFORE.search(begun) else value

        return self._pattern().sub(put, laid_out) if self.values else laid_out

    def html(self, laid_out: str) -> str:
        """HTML with its values: percent-encoded in links, escaped everywhere else."""
        if not self.values:
            return laid_out
        pattern = self._pattern()
        in_links = _ATTRIBUTE.sub(
            lambda link: pattern.sub(lambda m: quote(self.values[int(m[1])], safe=""), link[0]),
            laid_out,
        )
        return pattern.sub(lambda m: escape(self.values[int(m[1])]), in_links)

    def shown(self, piece: str) -> str:
        """A piece of text with its values as they are, to look at its letters."""
        return self._pattern().sub(lambda m: self.values[int(m[1])], piece)

    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"{self.mark}([0-9]{{4}})z")


def mark(text: str, values: Mapping[str, str]) -> Marked:
    """Put a placeholder for every field that has a value; the others stay as typed."""
    number = 0
    while f"zq{number}f" in text:
        number += 1
    sign = f"zq{number}f"
    found: list[str] = []

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        (token,) = parse(match[0])
        value = _value(token, values)
        if value is None or len(found) > 9999:
            return match[0]
        found.append(value)
        return f"{sign}{len(found) - 1:04}z"

    marked = _FIELD.sub(put, text)
    return Marked(marked, sign, tuple(found))
