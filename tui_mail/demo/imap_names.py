"""Folder names and strings in the form IMAP has for them on the wire."""

from __future__ import annotations

import base64
import re

_ENCODED = re.compile(rb"&([^-]*)-")
_QUOTABLE = re.compile(rb"[\x20-\x7e]*\Z")
_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+\Z")


def encode_name(name: str) -> bytes:
    """A folder name in modified UTF-7 (RFC 3501 §5.1.3)."""
    out = bytearray()
    run: list[str] = []

    def close_run() -> None:
        if run:
            packed = base64.b64encode("".join(run).encode("utf-16-be"), b"+,")
            out.extend(b"&" + packed.rstrip(b"=") + b"-")
            run.clear()

    for char in name:
        if " " <= char <= "~":
            close_run()
            out.extend(b"&-" if char == "&" else char.encode())
        else:
            run.append(char)
    close_run()
    return bytes(out)


def decode_name(data: bytes) -> str:
    """The text of a name in modified UTF-7; what cannot be decoded stays as it came."""

    def decoded(match: re.Match[bytes]) -> bytes:
        packed = match[1]
        if not packed:
            return b"&"
        try:
            raw = base64.b64decode(packed + b"=" * (-len(packed) % 4), b"+,")
            return raw.decode("utf-16-be").encode()
        except ValueError:
            return match[0]

    return _ENCODED.sub(decoded, data).decode("utf-8", "replace")


def canonical(name: str) -> str:
    """INBOX is the same in any case (RFC 3501 §5.1); all other names are kept."""
    head, slash, rest = name.partition("/")
    return "INBOX" + slash + rest if head.upper() == "INBOX" else name


def quoted(data: bytes) -> bytes:
    """A string as quoted text, or as a literal when it cannot be quoted."""
    if _QUOTABLE.match(data):
        return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(data)


def nstring(data: bytes | None) -> bytes:
    """A string, or NIL for None."""
    return b"NIL" if data is None else quoted(data)


def astring(data: bytes) -> bytes:
    """An atom where the text allows it, else a string."""
    return data if _ATOM.match(data) else quoted(data)


def literal(data: bytes) -> bytes:
    """A literal: length, line end, octets."""
    return b"{%d}\r\n" % len(data) + data


def mailbox_name(name: str) -> bytes:
    """A folder name as it is sent to clients."""
    return quoted(encode_name(name))


def list_pattern(reference: str, pattern: str) -> re.Pattern[str]:
    """LIST's wildcards as an expression: `*` any text, `%` one level (RFC 3501 §6.3.8)."""
    parts = re.split(r"([*%])", canonical(reference + pattern))
    wild = {"*": ".*", "%": "[^/]*"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts) + r"\Z", re.S)
