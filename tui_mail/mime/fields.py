"""A header block cut into its fields: one linear pass, no decoding."""

from __future__ import annotations

import re

MAX_BLOCK = 1 << 20
"""Octets of a header block that are read (SEC-12)."""

MAX_FIELDS = 2000
"""Fields of a header block that are read (SEC-12)."""

_FIELD = re.compile(r"^([!-9;-~]{1,200})[ \t]{0,20}:[ \t]*(.*)", re.MULTILINE)
_FOLD = re.compile(r"\n[ \t]+")
_FIRST_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]{0,20}:")


def header_end(raw: bytes) -> int:
    """Where the header block of a mail ends, its empty line included; `len(raw)` without one."""
    if raw.startswith((b"\r\n", b"\n")):
        return 2 if raw[:1] == b"\r" else 1
    crlf = raw.find(b"\n\r\n")
    bare = raw.find(b"\n\n", 0, crlf + 2 if crlf >= 0 else len(raw))
    if bare >= 0:
        return bare + 2
    return crlf + 3 if crlf >= 0 else len(raw)


def split_fields(block: bytes) -> list[tuple[str, str]]:
    """Name and unfolded value of every field, in order; names as written, values still encoded.

    Octets that are not UTF-8 stay as surrogate escapes. Stops at the empty line, 1 MiB or 2,000
    fields. Lines that are no field are skipped. Never raises.
    """
    if len(block) > MAX_BLOCK:
        block = block[:MAX_BLOCK]
    text = block.decode("utf-8", "surrogateescape")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", " ")
    if text.startswith("\n"):
        return []
    end = text.find("\n\n")
    if end >= 0:
        text = text[:end]
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    fields = _FIELD.findall(text)
    return fields[:MAX_FIELDS] if len(fields) > MAX_FIELDS else fields


def looks_like_header(raw: bytes) -> bool:
    """Whether the bytes begin with a header field at all."""
    return _FIRST_FIELD.match(raw) is not None or raw[:5] == b"From "
