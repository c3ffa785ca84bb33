"""Authentication-Results, believed only from the own provider (RFC 8601, SEC-6)."""

from __future__ import annotations

import re

from tui_mail.model.messages import AuthResult
from tui_mail.model.safe_text import one_line

_MAX_VALUE = 20_000
_METHOD = re.compile(r"(spf|dkim|dmarc)(?:/[0-9]{1,3})?\s{0,9}=\s{0,9}([a-z]{2,20})", re.IGNORECASE)
_INSTANCE = re.compile(r"i\s{0,9}=\s{0,9}[0-9]{1,3}$", re.IGNORECASE)
_RANK = ("pass", "fail", "softfail", "policy", "permerror", "temperror", "neutral", "none")
_NEEDS_ID = re.compile(
    r"(?:spf|dkim|dmarc|arc|iprev|auth|compauth)(?:/[0-9]+)?\s{0,9}=", re.IGNORECASE
)


def trusted_results(
    fields: list[tuple[str, str]], authserv_ids: tuple[str, ...]
) -> AuthResult | None:
    """The results of the first Authentication-Results field, if its id is one of `authserv_ids`.

    Fields of the same id directly around it count too, up to the next Received field: some servers
    write one a method. Anything further down the sender may have written. A field without an id,
    as Microsoft writes it, matches the id `""`.
    """
    trusted = {one.lower() for one in authserv_ids}
    found: AuthResult | None = None
    for name, value in fields:
        key = name.lower()
        if key == "received" and found is not None:
            break
        if key != "authentication-results":
            continue
        result = parse_results(value)
        if result.authserv_id.lower() not in trusted:
            break
        found = result if found is None else _merged(found, result)
    return found


def parse_results(value: str) -> AuthResult:
    """Read one field: with or without an id, ARC's `i=1`, comments, a trailing semicolon."""
    text = without_comments(value[:_MAX_VALUE])
    pieces = [piece.strip() for piece in text.split(";")]
    if pieces and _INSTANCE.match(pieces[0]):
        pieces = pieces[1:]
    server = ""
    if pieces and pieces[0] and not _NEEDS_ID.match(pieces[0]):
        server = pieces[0].split()[0].strip('"')
    results: dict[str, str] = {}
    for piece in pieces:
        match = _METHOD.match(piece)
        if match is None:
            continue
        method, result = match[1].lower(), match[2].lower()
        if method not in results or _rank(result) < _rank(results[method]):
            results[method] = result
    return AuthResult(
        one_line(server, 250),
        results.get("spf", ""),
        results.get("dkim", ""),
        results.get("dmarc", ""),
    )


def without_comments(text: str) -> str:
    """The text without its (nested (comments)); quoted strings stay. One pass."""
    if "(" not in text:
        return text
    out: list[str] = []
    depth = 0
    quoted = skip = False
    for char in text:
        if skip:
            skip = False
            if depth:
                continue
        elif char == "\\":
            skip = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif not quoted and char == "(":
            depth += 1
            continue
        elif not quoted and char == ")" and depth:
            depth -= 1
            continue
        if not depth:
            out.append(char)
    return "".join(out)


def _rank(result: str) -> int:
    return _RANK.index(result) if result in _RANK else len(_RANK)


def _merged(first: AuthResult, other: AuthResult) -> AuthResult:
    return AuthResult(
        first.authserv_id,
        first.spf or other.spf,
        first.dkim or other.dkim,
        first.dmarc or other.dmarc,
    )
