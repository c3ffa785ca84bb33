"""Content-Type and Content-Disposition: value and parameters (RFC 2045 §5.1, RFC 2231)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from tui_mail.mime.charsets import decode_header_bytes, decode_text
from tui_mail.mime.words import decode_value

MAX_PARAMETERS = 100
"""Parameters read of one header (SEC-12)."""

_MAX_VALUE = 65_536
_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,100})/([a-z0-9!#$&^_.+-]{1,100})")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"(.*?)\*(?:([0-9]{1,3})(\*)?)?$", re.DOTALL)


def split_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split `type/sub; name=value; ...` into the lower-case value and its decoded parameters.

    Names come in lower case. RFC 2231 sections and charsets are put together; encoded words in a
    parameter, which no RFC allows and many clients write, are decoded too. Never raises.
    """
    value = value[:_MAX_VALUE]
    head, _, rest = value.partition(";")
    if not rest:
        return head.strip().lower(), {}
    raw = _raw_parameters(rest)
    if any("*" in name for name, _ in raw):
        return head.strip().lower(), _join_sections(raw)
    params: dict[str, str] = {}
    for name, text in raw:
        params.setdefault(name, decode_value(text))
    return head.strip().lower(), params


def media_type(value: str) -> str:
    """A well formed `type/subtype` in lower case, or `text/plain` (RFC 2045 §5.2)."""
    match = _TYPE.match(value)
    return match[0] if match else "text/plain"


def _raw_parameters(rest: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, size = 0, len(rest)
    while at < size and len(found) < MAX_PARAMETERS:
        equals = rest.find("=", at)
        if equals < 0:
            break
        at = max(at, rest.rfind(";", at, equals) + 1)
        name = rest[at:equals].strip().lower()
        at = equals + 1
        while at < size and rest[at] in " \t":
            at += 1
        if at < size and rest[at] == '"':
            match = _QUOTED.match(rest, at)
            assert match is not None
            text = _ESCAPE.sub(r"\1", match[1]) if "\\" in match[1] else match[1]
            at = match.end()
            after = rest.find(";", at)
            at = size if after < 0 else after + 1
        else:
            after = rest.find(";", at)
            after = size if after < 0 else after
            text = rest[at:after].strip()
            at = after + 1
        if name:
            found.append((name, text))
    return found


def _join_sections(raw: list[tuple[str, str]]) -> dict[str, str]:
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, text in raw:
        match = _SECTION.match(name) if "*" in name else None
        if match is None:
            plain.setdefault(name, decode_value(text))
        elif match[2] is None:
            pieces.setdefault(match[1], {}).setdefault(0, (True, text))
        else:
            pieces.setdefault(match[1], {}).setdefault(int(match[2]), (match[3] is not None, text))
    for name, sections in pieces.items():
        plain[name] = _joined([sections[number] for number in sorted(sections)])
    return plain


def _joined(sections: list[tuple[bool, str]]) -> str:
    charset = ""
    octets = b""
    for index, (encoded, text) in enumerate(sections):
        if encoded and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data = text.encode("utf-8", "surrogateescape")
        octets += unquote_to_bytes(data) if encoded else data
    if charset:
        return decode_text(octets, charset)
    return decode_value(decode_header_bytes(octets))
