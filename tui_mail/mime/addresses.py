"""Address headers split into mailboxes, without recursion (RFC 5322 §3.4 and obsolete forms)."""

from __future__ import annotations

import re

from tui_mail.mime.charsets import without_surrogates
from tui_mail.mime.words import decode_octets, decode_value
from tui_mail.model.addresses import Address

MAX_ADDRESSES = 1000
"""Mailboxes read of one header (SEC-12)."""

_SIMPLE = re.compile(
    r'[ ]?(?:"([^"\\]*)"|([^"(),:;<>@\\\[\]]*))[ ]?'
    r'<([^\s"(),:;<>@\\\[\]]+@[^\s"(),:;<>@\\\[\]]+)>[ ]?$'
)
_BARE = re.compile(r'[ ]?([^\s"(),:;<>@\\\[\]]+@[^\s"(),:;<>@\\\[\]]+)[ ]?$')
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |"(?P<quoted>(?:[^"\\]|\\.)*)"?
    |(?P<comment>\()
    |<(?P<angle>[^<>]*)>?
    |\[(?P<literal>[^\]<>,;]*)\]?
    |(?P<special>[,;:)>\]])
    |(?P<atom>[^\s"(),:;<>\[\]]+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_EDGE = re.compile(r"[()\\]")
_ROUTE = re.compile(r"@[^:]*:")


def parse_addresses(value: str, charset: str = "") -> tuple[Address, ...]:
    """The mailboxes of an unfolded header, groups flattened; at most 1,000. Never raises.

    Names are decoded; an encoded word in an address stays as it is, for no RFC allows it there
    and it is how senders are forged. A piece without a mailbox, such as `undisclosed-recipients:;`,
    gives nothing; a name without an address gives an `Address` with an empty address.
    """
    simple = _SIMPLE.match(value)
    if simple is not None:
        quoted, name, address = simple.groups()
        return (_address(quoted if quoted is not None else name, address, charset),)
    bare = _BARE.match(value)
    if bare is not None:
        return (_address("", bare[1], charset),)
    if not value or value.isspace():
        return ()
    return tuple(_split(value, charset))


class _Mailbox:
    """What was read since the last separator."""

    __slots__ = ("angle", "comments", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    def add(self, text: str, *, spaced: bool) -> None:
        if spaced and self.words:
            self.words.append(" ")
        self.words.append(text)


def _split(value: str, charset: str) -> list[Address]:
    found: list[Address] = []
    box = _Mailbox()
    spaced = False
    at, size = 0, len(value)
    while at < size and len(found) < MAX_ADDRESSES:
        match = _TOKEN.match(value, at)
        assert match is not None
        at = match.end()
        kind = match.lastgroup
        if kind == "space":
            spaced = True
            continue
        if kind == "comment":
            comment, at = _comment(value, at)
            box.comments.append(comment)
            spaced = True
            continue
        if kind == "quoted":
            text = match["quoted"]
            text = _ESCAPE.sub(r"\1", text) if "\\" in text else text
            follows_at = value.startswith("@", at)
            box.add(f'"{text}"' if follows_at else text, spaced=spaced)
        elif kind == "angle":
            if box.angle is None or "@" not in box.angle:
                box.angle = match["angle"]
        elif kind == "special" and match["special"] in ",;":
            _close(box, found, charset)
            box = _Mailbox()
        elif kind == "special" and match["special"] == ":":
            box = _Mailbox()
        elif kind in ("atom", "literal"):
            box.add(match[0], spaced=spaced)
        spaced = False
    if len(found) < MAX_ADDRESSES:
        _close(box, found, charset)
    return found


def _comment(value: str, at: int) -> tuple[str, int]:
    """The text of a comment from `at` on, and the place after it; nesting is only counted."""
    depth, start = 1, at
    while depth:
        match = _COMMENT_EDGE.search(value, at)
        if match is None:
            return value[start:], len(value)
        at = match.end() + (1 if match[0] == "\\" else 0)
        if match[0] != "\\":
            depth += 1 if match[0] == "(" else -1
    return value[start : at - 1], at


def _close(box: _Mailbox, found: list[Address], charset: str) -> None:
    phrase = "".join(box.words).strip()
    comment = " ".join(box.comments).strip()
    if box.angle is not None:
        inner = _ROUTE.sub("", box.angle) if box.angle.lstrip().startswith("@") else box.angle
        inner = inner.strip()
        if inner or phrase:
            found.append(_address(phrase or comment, inner, charset))
    elif "@" in phrase:
        found.append(_loose(phrase, comment, charset))
    elif phrase:
        found.append(_address(phrase, "", charset))


def _loose(phrase: str, comment: str, charset: str) -> Address:
    """A mailbox without angle brackets: `a@b`, `a @ b`, or words around an address."""
    squeezed = re.sub(r"[ ]?([@.])[ ]?", r"\1", phrase) if " " in phrase else phrase
    if " " not in squeezed or squeezed.startswith('"'):
        return _address(comment, squeezed, charset)
    words = squeezed.split(" ")
    for index, word in enumerate(words):
        if "@" in word:
            name = " ".join(words[:index] + words[index + 1 :])
            return _address(name or comment, word, charset)
    return _address(comment, squeezed, charset)


def _address(name: str, address: str, charset: str) -> Address:
    if name and not (name.isascii() and "=?" not in name and name.isprintable()):
        name = without_surrogates(decode_value(name, charset))
    name = " ".join(name.split())
    if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    if not (address.isascii() and address.isprintable()):
        address = without_surrogates(decode_octets(address, charset))
    return Address(name, address)
