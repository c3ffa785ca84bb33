"""The search grammar: words, phrases, `field:value`, `-`, OR and parentheses (Gmail's way)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

MAX_QUERY = 1000
MAX_TERMS = 60
LIVE_PREFIX = 3
"""Letters after which a word being typed also finds longer ones; fewer are in half of all mail."""

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<neg>-)?(?:(?P<field>[A-Za-z_]{2,12}):)?"
    r'(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s()"]+))|(?P<rest>\S))'
)

TEXT_FIELDS = {
    "from": "sender",
    "to": "recipients",
    "cc": "recipients",
    "bcc": "recipients",
    "subject": "subject",
    "filename": "files",
    "body": "body",
}
"""Fields that search a column of the index."""

VALUE_FIELDS = (
    "has",
    "is",
    "in",
    "before",
    "after",
    "older",
    "newer",
    "larger",
    "smaller",
    "account",
    "person",
    "org",
    "deal",
    "lead",
    "project",
    "stage",
    "label",
)
RECORD_FIELDS = VALUE_FIELDS[-7:]
"""Fields that take the name or the number of a record, or the name of a label."""
_IS_NAMES = (
    "read unread starred answered sent draft bulk muted linked ambiguous unlinked shared private"
    " screened"
)
IS_WORDS = tuple(_IS_NAMES.split())
HAS_WORDS = ("attachment", "attachments", "star")


@dataclass(frozen=True, slots=True)
class Text:
    """A word or phrase, in one column of the index or in all."""

    text: str
    column: str = ""
    prefix: bool = False
    """Match words that start with it: a trailing `*`, or the word being typed."""


@dataclass(frozen=True, slots=True)
class Field:
    """`is:unread`, `before:2026-11-01`, `larger:2M` …, already checked."""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Not:
    """A negated term or group."""

    term: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    terms: tuple[Node, ...]


Node = Text | Field | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `error` says what was wrong with a part that was left out."""

    node: Node | None
    error: str = ""


def parse(text: str, *, now: datetime, live: bool = False) -> Query:
    """Parse a query. `now` carries the user's time zone; `live` makes the last word a prefix.

    Never raises: a part that cannot be understood is named in `error` and left out.
    """
    if len(text) > MAX_QUERY:
        return Query(None, f"The query is longer than {MAX_QUERY} characters.")
    tokens = _tokens(text)
    if sum(token.kind == "term" for token in tokens) > MAX_TERMS:
        return Query(None, f"The query has more than {MAX_TERMS} words.")
    parser = _Parser(tokens, now, live)
    node = parser.alternatives()
    return Query(node, parser.error)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    """`(`, `)`, `or` or `term`."""
    field: str = ""
    text: str = ""
    phrase: bool = False
    negated: bool = False
    last: bool = False


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        if match["open"]:
            tokens.append(_Token("("))
        elif match["close"]:
            tokens.append(_Token(")"))
        elif match["rest"]:
            continue
        elif match["word"] == "OR" and not match["field"] and not match["neg"]:
            tokens.append(_Token("or"))
        elif match["word"] == "AND" and not match["field"] and not match["neg"]:
            continue
        else:
            phrase = match["phrase"] is not None
            value = match["phrase"] if phrase else match["word"]
            field, value = _split_unknown(match["field"] or "", value, phrase)
            last = position >= len(text) and not phrase and not text[-1:].isspace()
            tokens.append(_Token("term", field, value, phrase, bool(match["neg"]), last))
        if position >= len(text):
            break
    return tokens


def _split_unknown(field: str, value: str, phrase: bool) -> tuple[str, str]:
    """A colon after something that is no field belongs to the word: `12:30`, `http://x`."""
    name = field.lower()
    bare = value[:-1].lower() if not name and not phrase and value.endswith(":") else ""
    if bare in TEXT_FIELDS or bare in VALUE_FIELDS:
        return bare, ""
    if not name or name in TEXT_FIELDS or name in VALUE_FIELDS:
        return name, value
    return "", f"{field}:{value}" if not phrase else value


class _Parser:
    def __init__(self, tokens: list[_Token], now: datetime, live: bool) -> None:
        self._tokens = tokens
        self._position = 0
        self._now = now
        self._live = live
        self.error = ""

    def _peek(self) -> _Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def alternatives(self, depth: int = 0) -> Node | None:
        groups = [self._sequence(depth)]
        while (token := self._peek()) is not None and token.kind == "or":
            self._position += 1
            groups.append(self._sequence(depth))
        nodes = tuple(node for node in groups if node is not None)
        if not nodes:
            return None
        return nodes[0] if len(nodes) == 1 else Or(nodes)

    def _sequence(self, depth: int) -> Node | None:
        nodes: list[Node] = []
        while (token := self._peek()) is not None and token.kind != "or":
            self._position += 1
            node: Node | None
            if token.kind == ")":
                if depth:
                    self._position -= 1
                    break
                continue
            if token.kind == "(":
                if depth >= 10:
                    self.error = "Too many parentheses."
                    continue
                node = self.alternatives(depth + 1)
                if (closing := self._peek()) is not None and closing.kind == ")":
                    self._position += 1
            else:
                node = self._term(token)
            if node is not None:
                nodes.append(node)
        if not nodes:
            return None
        return nodes[0] if len(nodes) == 1 else And(tuple(nodes))

    def _term(self, token: _Token) -> Node | None:
        node: Node | None
        if token.field in VALUE_FIELDS:
            node = self._value(token.field, token.text)
        elif token.field == "from" and token.text.lower() == "known" and not token.phrase:
            node = Field("from", "known")
        else:
            text = token.text
            prefix = text.endswith("*") or (self._live and token.last and len(text) >= LIVE_PREFIX)
            text = text.rstrip("*")
            if not any(char.isalnum() for char in text):
                if token.field and not (self._live and not text):
                    self.error = f"`{token.field}:` needs a value."
                return None
            node = Text(text, TEXT_FIELDS.get(token.field, ""), prefix)
        return Not(node) if node is not None and token.negated else node

    def _value(self, name: str, text: str) -> Field | None:
        value = text.lower()
        if name == "is" and value in IS_WORDS:
            return Field("is", value)
        if name == "has" and value in HAS_WORDS:
            return Field("is", "starred") if value == "star" else Field("has", "attachment")
        if name in RECORD_FIELDS and any(char.isalnum() for char in value):
            return Field(name, text)
        if name in ("in", "account") and value:
            return Field(name, text if name == "in" else value)
        if name in ("larger", "smaller") and (size := parse_size(value)) is not None:
            return Field(name, size)
        if name in ("before", "after", "older", "newer"):
            moment = parse_day(value, self._now)
            if moment is not None:
                return Field("before" if name in ("before", "older") else "after", moment)
        if not (self._live and not value):
            self.error = f"`{name}:{text}` is not understood."
        return None


def parse_size(text: str) -> int | None:
    """Octets of `5M`, `200k`, `1234`; None when it is no size. One MB is 1,048,576 (R9)."""
    match = re.fullmatch(r"(\d{1,9})([kmg]?)b?", text)
    if match is None:
        return None
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[match[2]]


def parse_day(text: str, now: datetime) -> int | None:
    """UTC seconds of the start of a day: `2026-11-01`, `2026/11/1`, `2026-11`, `2026`, `3d`, `2w`,
    `1m`, `1y`, `today`, `yesterday`; None when it is none of these."""
    zone = now.tzinfo or UTC
    if text in ("today", "yesterday"):
        return _midnight(now.date() - timedelta(days=text == "yesterday"), zone)
    if match := re.fullmatch(r"(\d{1,4})([dwmy])", text):
        days = int(match[1]) * {"d": 1, "w": 7, "m": 30, "y": 365}[match[2]]
        try:
            return int((now - timedelta(days=days)).timestamp())
        except (OverflowError, ValueError):
            return 0
    if match := re.fullmatch(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?", text):
        try:
            day = date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
            return _midnight(day, zone)
        except (ValueError, OverflowError):
            return None
    return None


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
