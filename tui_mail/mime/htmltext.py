"""HTML to plain text in one linear pass: for the index, the snippet, and as the last resort."""

from __future__ import annotations

import html
import re

MAX_HTML = 2_000_000
"""Characters of HTML that are looked at for the index."""

_DROPPED = re.compile(r"<(script|style|head|title|template|noscript|svg|xml)\b", re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:p|div|br|tr|li|ul|ol|dl|dt|dd|h[1-6]|table|blockquote|hr|pre|section|article|header"
    r"|footer|center|address|body)\b[^<>]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"</?(?:td|th)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[!/?a-zA-Z][^<>]*>")
_HUGE_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
_BLANK = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r"\n[ \n]*")
_QUOTE_START = re.compile(
    r"<blockquote\b|class=[\"']?(?:gmail_quote|moz-cite-prefix|yahoo_quoted|protonmail_quote"
    r"|zmail_extra)|id=[\"']?(?:divRplyFwdMsg|appendonsend|mail-editor-reference)",
    re.IGNORECASE,
)


def html_to_text(source: str) -> str:
    """The visible words of an HTML body, blocks on lines of their own. Linear; never raises."""
    source = _without_dropped(_without_comments(source[:MAX_HTML]))
    source = _LINES.sub(" ", source.replace("\r", ""))
    source = _BREAK.sub("\n", source)
    source = _CELL.sub(" ", source)
    source = _TAG.sub("", source)
    source = unescape(source)
    source = _BLANK.sub(" ", source)
    return _LINES.sub("\n", source).strip()


def before_quote(source: str) -> str:
    """The HTML up to the first quoted mail; all of it when nothing stands before the quote."""
    match = _QUOTE_START.search(source)
    if match is None:
        return source
    at = source.rfind("<", 0, match.start() + 1)
    return source[:at] if at > 0 else source


def unescape(text: str) -> str:
    """Resolve character references; an impossible number becomes a replacement character."""
    if "&" not in text:
        return text
    try:
        return html.unescape(_HUGE_NUMBER.sub("\ufffd", text))
    except (ValueError, OverflowError):
        return text


def _without_comments(source: str) -> str:
    at = source.find("<!--")
    if at < 0:
        return source
    kept: list[str] = []
    start = 0
    while at >= 0:
        kept.append(source[start:at])
        end = source.find("-->", at + 2)
        if end < 0:
            return "".join(kept)
        start = end + 3
        at = source.find("<!--", start)
    kept.append(source[start:])
    return "".join(kept)


def _without_dropped(source: str) -> str:
    kept: list[str] = []
    start = 0
    unclosed: set[str] = set()
    for match in _DROPPED.finditer(source):
        name = match[1].lower()
        if match.start() < start or name in unclosed:
            continue
        closing = re.compile(f"</{name}", re.IGNORECASE).search(source, match.end())
        if closing is None:
            unclosed.add(name)
            continue
        kept.append(source[start : match.start()])
        start = closing.start()
    kept.append(source[start:])
    return "".join(kept)
