"""Encoded words (RFC 2047) and raw 8-bit octets of header values, made into text."""

from __future__ import annotations

import binascii
import re

from tui_mail.mime.charsets import decode_header_bytes, decode_text

MAX_WORDS = 1000
"""Encoded words decoded in one header; the rest stays as it is (SEC-12)."""

_WORD = re.compile(r"=\?([!-)+->@-~]{1,60})(?:\*[!->@-~]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_RAW = re.compile("[\udc80-\udcff]")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_CONTROL_SPACE = re.compile(r"[\r\n\0\x0b\x0c\x85\u2028\u2029]+")


def decode_value(value: str, charset: str = "") -> str:
    """Decode one unfolded header value.

    `value` holds octets that are not UTF-8 as surrogate escapes; `charset` is the body's, the best
    hint for them. CR, LF and NUL of the decoded text become spaces, so that the value can never
    open another header (SEC-4, SEC-26); other controls stay for `safe_text` to show.
    """
    value = decode_octets(value, charset)
    if "=?" in value:
        value = _without_breaks(_decode_words(value))
    return value


def decode_octets(value: str, charset: str = "") -> str:
    """The same for a value in which encoded words have no place, such as an address."""
    if not value.isascii() and _RAW.search(value):
        octets = value.encode("utf-8", "surrogateescape")
        value = decode_header_bytes(octets, charset)
    return _without_breaks(value)


def _without_breaks(value: str) -> str:
    return value if value.isprintable() else _CONTROL_SPACE.sub(" ", value)


def _decode_words(value: str) -> str:
    out: list[str] = []
    held = b""
    held_charset = ""
    end = 0
    for number, match in enumerate(_WORD.finditer(value)):
        if number >= MAX_WORDS:
            break
        gap = value[end : match.start()]
        charset = match[1].lower()
        joined = bool(held_charset) and not gap.strip()
        if not (joined and charset == held_charset):
            if held_charset:
                out.append(decode_text(held, held_charset))
                held = b""
            if not joined:
                out.append(gap)
            held_charset = charset
        held += _word_bytes(match[2], match[3])
        end = match.end()
    if held_charset:
        out.append(decode_text(held, held_charset))
    out.append(value[end:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "bB":
        return decode_base64(text)
    octets = text.replace("_", " ").encode("utf-8", "surrogateescape")
    return _QUOTED.sub(lambda match: bytes((int(match[1], 16),)), octets)


def decode_base64(text: str) -> bytes:
    """Decode base64 that may hold rubbish or lack its padding."""
    clean = _NOT_BASE64.sub("", text)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return binascii.a2b_base64(clean + "=" * (-len(clean) % 4))
