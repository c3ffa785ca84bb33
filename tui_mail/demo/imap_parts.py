"""The parts of a mail as IMAP numbers and describes them (RFC 3501 §6.4.5, §7.4.2).

Offsets into the raw bytes, so that what is fetched is what was stored, octet for octet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import getaddresses

from tui_mail.demo.imap_names import nstring, quoted

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]*\r?\n[ \t])*[^\r\n]*)(?:\r?\n|\Z)")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_HEADER_END = re.compile(rb"(?:\A|\r?\n)\r?\n")
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.S)
_TYPE = re.compile(rb"\s*([^\s/;]+)/([^\s/;]+)")
_MAX_DEPTH = 40


@dataclass(slots=True)
class Part:
    """One node of the MIME tree; offsets are into the whole mail."""

    raw: bytes = field(repr=False)
    start: int
    body: int
    """Where the body starts: after the empty line."""
    end: int
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Header fields: name in lower case, value unfolded and trimmed."""
    kind: bytes = b"TEXT"
    subtype: bytes = b"PLAIN"
    params: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    message: Part | None = None

    def get(self, name: bytes) -> bytes | None:
        """The first field of that name, or None."""
        return next((value for key, value in self.fields if key == name), None)

    @property
    def header_bytes(self) -> bytes:
        """The header with its empty line."""
        return self.raw[self.start : self.body]

    @property
    def body_bytes(self) -> bytes:
        """What follows the header."""
        return self.raw[self.body : self.end]


def header_end(raw: bytes, start: int = 0, end: int | None = None) -> int:
    """The offset after a header's empty line."""
    stop = len(raw) if end is None else end
    if start == stop or raw.startswith((b"\r\n", b"\n"), start):
        return min(start + (2 if raw.startswith(b"\r\n", start) else 1), stop)
    found = raw.find(b"\r\n\r\n", start, stop)
    if found >= 0:
        return found + 4
    match = _HEADER_END.search(raw, start, stop)
    return match.end() if match else stop


def header_fields(raw: bytes, start: int, stop: int) -> list[tuple[bytes, bytes]]:
    """Names in lower case and unfolded values, in order."""
    return [
        (match[1].lower(), _FOLD.sub(b"", match[2]).strip())
        for match in _FIELD.finditer(raw, start, stop)
    ]


def select_fields(header: bytes, names: set[bytes], *, inverted: bool) -> bytes:
    """The raw fields with (or without) those names, and the empty line."""
    kept = [m[0] for m in _FIELD.finditer(header) if (m[1].lower() in names) is not inverted]
    return b"".join(kept) + b"\r\n"


def split_parameters(value: bytes) -> list[tuple[bytes, bytes]]:
    """The parameters of a Content-Type or Content-Disposition value."""
    out: list[tuple[bytes, bytes]] = []
    for match in _PARAMETER.finditer(value):
        text = match[2].strip()
        if text.startswith(b'"'):
            text = re.sub(rb"\\(.)", rb"\1", text[1:-1])
        out.append((match[1].upper(), text))
    return out


def parse(raw: bytes) -> Part:
    """The tree of a whole mail. Never fails: what is broken is text."""
    return _parse(raw, 0, len(raw), b"TEXT/PLAIN", 0)


def _parse(raw: bytes, start: int, end: int, default: bytes, depth: int) -> Part:
    body = header_end(raw, start, end)
    part = Part(raw, start, body, end, header_fields(raw, start, body))
    value = part.get(b"content-type") or default
    match = _TYPE.match(value) or _TYPE.match(default)
    if match:
        part.kind, part.subtype = match[1].upper(), match[2].upper()
        part.params = split_parameters(value)
    if depth >= _MAX_DEPTH:
        return part
    if part.kind == b"MULTIPART":
        boundary = dict(part.params).get(b"BOUNDARY", b"")
        child = b"MESSAGE/RFC822" if part.subtype == b"DIGEST" else b"TEXT/PLAIN"
        for low, high in _between(raw, body, end, boundary):
            part.parts.append(_parse(raw, low, high, child, depth + 1))
    elif part.kind == b"MESSAGE" and part.subtype == b"RFC822":
        part.message = _parse(raw, body, end, b"TEXT/PLAIN", depth + 1)
    return part


def _between(raw: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    if not boundary:
        return []
    delimiter = re.compile(
        rb"(?:\A|\r?\n|(?<=\n))--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)"
    )
    out: list[tuple[int, int]] = []
    low = -1
    for match in delimiter.finditer(raw, max(start - 2, 0), end):
        if low >= 0:
            out.append((low, max(match.start(), low)))
        if match[1]:
            return out
        low = match.end()
    if low >= 0:
        out.append((low, end))
    return out


def find_part(root: Part, numbers: list[int]) -> Part | None:
    """The part with that number, or None when there is none."""
    node = root
    for number in numbers:
        if node.message is not None and node is not root:
            node = node.message
        if node.parts:
            if not 1 <= number <= len(node.parts):
                return None
            node = node.parts[number - 1]
        elif number != 1:
            return None
    return node


def envelope(fields: list[tuple[bytes, bytes]]) -> bytes:
    """ENVELOPE: ten members in parentheses."""
    first: dict[bytes, bytes] = {}
    for name, value in fields:
        first.setdefault(name, value)
    sender = first.get(b"from")
    return b"(%s)" % b" ".join(
        (
            nstring(first.get(b"date")),
            nstring(first.get(b"subject")),
            _addresses(sender),
            _addresses(first.get(b"sender") or sender),
            _addresses(first.get(b"reply-to") or sender),
            _addresses(first.get(b"to")),
            _addresses(first.get(b"cc")),
            _addresses(first.get(b"bcc")),
            nstring(first.get(b"in-reply-to")),
            nstring(first.get(b"message-id")),
        )
    )


def _addresses(value: bytes | None) -> bytes:
    if not value:
        return b"NIL"
    out: list[bytes] = []
    for name, address in getaddresses([value.decode("utf-8", "surrogateescape")]):
        if not name and not address:
            continue
        local, at, domain = address.rpartition("@")
        if not at:
            local, domain = address, ""
        texts = [t.encode("utf-8", "surrogateescape") for t in (name, local, domain)]
        out.append(
            b"(%s NIL %s %s)" % (nstring(texts[0] or None), quoted(texts[1]), quoted(texts[2]))
        )
    return b"(%s)" % b"".join(out) if out else b"NIL"


def structure(part: Part, *, extended: bool = True) -> bytes:
    """BODYSTRUCTURE, or BODY without the extension data."""
    if part.kind == b"MULTIPART":
        inner = b"".join(structure(child, extended=extended) for child in part.parts)
        if not inner:
            inner = b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)'
        out = inner + b" " + quoted(part.subtype)
        if extended:
            out += b" %s %s %s %s" % (_pairs(part.params), *_extension(part))
        return b"(%s)" % out
    encoding = (part.get(b"content-transfer-encoding") or b"7BIT").upper()
    out = b"%s %s %s %s %s %s %d" % (
        quoted(part.kind),
        quoted(part.subtype),
        _pairs(part.params),
        nstring(part.get(b"content-id")),
        nstring(part.get(b"content-description")),
        quoted(encoding),
        part.end - part.body,
    )
    lines = part.raw.count(b"\n", part.body, part.end)
    if part.message is not None:
        out += b" %s %s %d" % (
            envelope(part.message.fields),
            structure(part.message, extended=extended),
            lines,
        )
    elif part.kind == b"TEXT":
        out += b" %d" % lines
    if extended:
        out += b" %s %s %s %s" % (nstring(part.get(b"content-md5")), *_extension(part))
    return b"(%s)" % out


def _extension(part: Part) -> tuple[bytes, bytes, bytes]:
    shown = b"NIL"
    if disposition := part.get(b"content-disposition"):
        kind = disposition.split(b";", 1)[0].strip().upper()
        shown = b"(%s %s)" % (quoted(kind), _pairs(split_parameters(disposition)))
    return (
        shown,
        nstring(part.get(b"content-language")),
        nstring(part.get(b"content-location")),
    )


def _pairs(params: list[tuple[bytes, bytes]]) -> bytes:
    if not params:
        return b"NIL"
    return b"(%s)" % b" ".join(quoted(item) for pair in params for item in pair)
