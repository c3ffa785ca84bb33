"""From octets to responses and tokens, with caps on everything a server can make large (L9).

A response is a list `[text, literal, text, literal, …, text]`: even places hold protocol text
without line end and literal marker, odd places hold literals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tui_mail.errors import ProtocolError
from tui_mail.imap.link import MAX_LINE

Response = list[bytes]
Token = Any
"""`bytes` for atoms and strings, None for NIL, a list for parentheses."""

MAX_LITERAL = 1 << 20
MAX_BODY = 100 << 20
MAX_RESPONSES = 200_000
_MAX_DEPTH = 60
_MAX_PARTS = 2_000
_MAX_BLANK = 100
_MARKER = re.compile(rb"~?\{(\d{1,20})\+?\}\r?\n\Z")
_TOKEN = re.compile(rb'[ \t]+|(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+)', re.DOTALL)
_ATOM_REST = re.compile(rb"[^\s()\"]*")
_SECTIONS = (b"BODY[", b"BINARY[", b"BODY.PEEK[")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


class Malformed(Exception):
    """A line that cannot be read. It is skipped; it never leaves this package."""


def literal_size(line: bytes) -> int:
    """The size that the line announces at its end, -1 when there is none."""
    if line[-3:-2] != b"}" and line[-2:-1] != b"}":
        return -1
    match = _MARKER.search(line)
    return -1 if match is None else int(match[1])


def read_response(
    readline: Callable[[int], bytes],
    read: Callable[[int], bytes],
    literal_cap: int = MAX_LITERAL,
    line_cap: int = MAX_LINE,
) -> Response:
    """Read one whole response. Raises ProtocolError over a cap, TransportError at the end."""
    parts: Response = []
    blank = 0
    while True:
        line = readline(line_cap)
        size = literal_size(line)
        if size < 0:
            parts.append(line.rstrip(b"\r\n"))
            if not parts[0] or parts[0][0] == 0:
                parts[0] = parts[0].lstrip(b"\0")
                if parts == [b""]:
                    parts = []
                    blank += 1
                    if blank > _MAX_BLANK:
                        raise ProtocolError("The server sends empty lines only.")
                    continue
            return parts
        if size > literal_cap or len(parts) > _MAX_PARTS:
            raise ProtocolError("The server sent more at once than can be taken.")
        parts.append(line[: line.rindex(b"{")].removesuffix(b"~"))
        parts.append(read(size))


def tokens(parts: Response, start: int = 0) -> list[Token]:
    """Split a response into nested tokens, from `start` in its first text on.

    Raises Malformed for unbalanced parentheses, open quotes and nesting over 60.
    """
    stack: list[list[Token]] = []
    current: list[Token] = []
    for index, part in enumerate(parts):
        if index & 1:
            current.append(part)
            continue
        position = start if index == 0 else 0
        end = len(part)
        while position < end:
            match = _TOKEN.match(part, position)
            if match is None:
                raise Malformed
            position = match.end()
            kind = match.lastindex
            if kind == 4:
                atom = match[4]
                if b"[" in atom and b"]" not in atom and atom.upper().startswith(_SECTIONS):
                    close = part.find(b"]", position)
                    if close < 0:
                        raise Malformed
                    rest = _ATOM_REST.match(part, close + 1)
                    position = rest.end() if rest else close + 1
                    atom = part[match.start() : position]
                current.append(None if atom.upper() == b"NIL" else atom)
            elif kind == 3:
                text = match[3]
                current.append(_ESCAPED.sub(rb"\1", text) if b"\\" in text else text)
            elif kind == 1:
                if len(stack) >= _MAX_DEPTH:
                    raise Malformed
                stack.append(current)
                current = []
            elif kind == 2:
                if not stack:
                    raise Malformed
                done, current = current, stack.pop()
                current.append(done)
    if stack:
        raise Malformed
    return current
