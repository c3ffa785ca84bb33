"""Quotes, attributions and signatures in plain lines. Every scanner is linear (SEC-15)."""

from __future__ import annotations

import re

from tui_mail.mime.quoting_words import (
    FROM_LABELS,
    LEADS,
    MOBILE,
    OTHER_LABELS,
    SEPARATORS,
    VERBS,
)
from tui_mail.model.messages import Block

TABLE_LINE = "\x01"
"""Begins a line of a table in the text of a converted HTML body."""

CODE_LINE = "\x02"
"""Begins a line of preformatted text there."""

ATTRIBUTION_LINE = "\x03"
"""Begins a line there that the mail program marked as an attribution."""

QUOTE_START = "\x04"
"""A line there: all that follows is quoted."""

_MARKS = TABLE_LINE + CODE_LINE + ATTRIBUTION_LINE + QUOTE_START
_MARKED = {TABLE_LINE: "table", CODE_LINE: "code", ATTRIBUTION_LINE: "attribution"}

_LONGEST = 600
_WRAPPED = 4
_VERB = re.compile("|".join(sorted((re.escape(verb) for verb in VERBS), key=len, reverse=True)))
_OPENER = re.compile(
    r"(?:on|am|le|el|il|op|em|den|w dniu|dnia|dne|at|in article|\w{2,4}[.,]) ?.*[0-9]",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"[0-9]")
_RULE = re.compile(r"[-_=*]{2,}")
_LONG_RULE = re.compile(r"[-_]{20,}")
_LABEL = re.compile(r"[*_ ]{0,4}([^\s:：*][^:：*]{0,20}?)[*_ ]{0,4}[:：]")
_BULLETS = " \t*|\u2022"


def quote_depth(line: str) -> tuple[int, str]:
    """How many `>` open the line, and the rest of it without them and one blank."""
    if not line.startswith(">"):
        return 0, line
    at = depth = 0
    size = len(line)
    while at < size and line[at] in "> ":
        if line[at] == ">":
            depth += 1
        elif at + 1 >= size or line[at + 1] != ">":
            break
        at += 1
    return depth, line[at + 1 :] if at < size and line[at] == " " else line[at:]


def is_attribution(line: str, *, before_quote: bool = False) -> bool:
    """Whether the line announces a quote, such as `On Monday, Ada <a@b> wrote:`.

    Without a date or an address the line counts only just before a quote.
    """
    text = line.strip(_BULLETS).rstrip("\u200e\u200f\u202c \u00a0")
    if not 6 <= len(text) <= _LONGEST or text.startswith(">"):
        return False
    if text[-1] not in ":：":
        return False
    if before_quote and "@" in text and _DIGIT.search(text):
        return True
    if not _VERB.search(text[-160:].lower()):
        return False
    return before_quote or "@" in text or bool(_DIGIT.search(text) and len(text) > 15)


def is_separator(line: str) -> bool:
    """Whether the line is `-----Original Message-----` or Apple's `Begin forwarded message:`."""
    text = line.strip(_BULLETS)
    if not 4 <= len(text) <= 120:
        return False
    lower = text.lower()
    if _RULE.match(text):
        inner = lower.strip("-_=* ")
        return any(inner.startswith(word) for word in SEPARATORS)
    return lower.endswith(":") and lower.startswith(LEADS)


def header_block_at(lines: list[str], at: int) -> int:
    """The number of lines of an Outlook style header block that begins at `at`; 0 for none."""
    if _label(lines[at]) not in FROM_LABELS:
        return 0
    seen = 0
    end = at + 1
    for index in range(at + 1, min(at + 12, len(lines))):
        label = _label(lines[index])
        if label in OTHER_LABELS:
            seen += 1
            end = index + 1
        elif not lines[index].strip() and seen >= 2:
            break
    return end - at if seen >= 2 else 0


def _label(line: str) -> str:
    start = line[:80]
    if ":" not in start and "：" not in start:
        return ""
    match = _LABEL.match(start)
    return match[1].replace(" ", "").lower() if match else ""


def is_signature_mark(line: str) -> bool:
    """The line `-- ` of Usenet fame (RFC 3676 §4.3), its blank often lost."""
    return line.rstrip() in ("--", "—") and len(line) <= 4


def is_mobile_signature(line: str) -> bool:
    """A line such as `Sent from my phone`."""
    text = line.strip(" \t*_<>[]").lower()
    return 0 < len(text) <= 100 and (
        text.startswith(MOBILE) or (len(text) < 40 and text.endswith(("gesendet", "送信", "发送")))
    )


def split_blocks(text: str) -> tuple[Block, ...]:
    """Cut a body into blocks: text, quotes by depth, attributions, signatures, tables and code.

    Lines quoted with `>` are quotes. Below an attribution, separator or Outlook header block
    without `>` marks, all the rest is one quote of depth 1.
    """
    lines = text.split("\n")
    marks = _Marks()
    at, size = 0, len(lines)
    while at < size:
        line = lines[at]
        depth, rest = quote_depth(line)
        if depth:
            marks.add("quote", rest.lstrip(_MARKS), depth)
            at += 1
            continue
        if line[:1] in _MARKED and line:
            marks.add(_MARKED[line[0]], line[1:])
            at += 1
            continue
        taken = _announcement(lines, at)
        if taken or line == QUOTE_START:
            whole = line == QUOTE_START or not _next_is_quoted(lines, at + taken)
            for one in lines[at : at + taken]:
                marks.add("attribution", one)
            at += taken
            if whole:
                _all_quoted(lines[at:], marks)
                at = size
            continue
        if is_signature_mark(line) or (is_mobile_signature(line) and _is_near_end(lines, at)):
            marks.in_signature = True
        marks.add("signature" if marks.in_signature else "text", line)
        at += 1
    return marks.blocks()


def _all_quoted(lines: list[str], marks: _Marks) -> None:
    """The rest is one quote; a header block at its beginning announces it."""
    at = _skip_blank(lines, 1 if lines and lines[0] == QUOTE_START else 0)
    taken = _announcement(lines, at) if at < len(lines) else 0
    for one in lines[at : at + taken]:
        marks.add("attribution", one)
    for one in lines[at + taken :]:
        depth, rest = quote_depth(one)
        marks.add("quote", rest.lstrip(_MARKS), depth + 1)


class _Marks:
    """Gathers lines of one kind and depth into blocks."""

    def __init__(self) -> None:
        self.in_signature = False
        self._found: list[tuple[str, int, list[str]]] = []

    def add(self, kind: str, line: str, depth: int = 0) -> None:
        if kind in ("quote", "attribution"):
            self.in_signature = False
        last = self._found[-1] if self._found else None
        if last is not None and last[0] == kind and last[1] == depth:
            last[2].append(line)
        else:
            self._found.append((kind, depth, [line]))

    def blocks(self) -> tuple[Block, ...]:
        out: list[Block] = []
        for kind, depth, lines in self._found:
            text = "\n".join(lines).strip("\n").rstrip()
            if text.strip():
                out.append(Block(kind, text, depth))
        return tuple(out)


def _announcement(lines: list[str], at: int) -> int:
    """How many lines from `at` announce a quote; 0 for none. An attribution may be wrapped."""
    line = lines[at]
    if not line.strip():
        return 0
    if is_separator(line):
        after = _skip_blank(lines, at + 1)
        block = header_block_at(lines, after) if after < len(lines) else 0
        return after - at + block if block else 1
    if _LONG_RULE.fullmatch(line.strip()):
        after = _skip_blank(lines, at + 1)
        block = header_block_at(lines, after) if after < len(lines) else 0
        return after - at + block if block else 0
    block = header_block_at(lines, at)
    if block:
        return block
    joined = ""
    for count in range(1, _WRAPPED + 1):
        index = at + count - 1
        if index >= len(lines) or not lines[index].strip() or lines[index].startswith(">"):
            break
        joined = f"{joined} {lines[index].strip()}".strip()
        if len(joined) > _LONGEST:
            break
        if joined[-1] in ":：\u200f\u202c" and (count == 1 or _OPENER.match(joined)):
            strong = is_attribution(joined) and bool(_OPENER.match(joined) or "@" in joined)
            quoted = _next_is_quoted(lines, at + count)
            if strong or (quoted and is_attribution(joined, before_quote=True)):
                return count
    return 0


def _skip_blank(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _next_is_quoted(lines: list[str], at: int) -> bool:
    for line in lines[at : at + 4]:
        if line.strip():
            return line.startswith(">")
    return False


def _is_near_end(lines: list[str], at: int) -> bool:
    """At most three lines of text follow before a quote or the end."""
    following = 0
    for index in range(at + 1, min(at + 20, len(lines))):
        line = lines[index]
        if line.startswith(">") or (line.strip() and _announcement(lines, index)):
            return True
        following += bool(line.strip())
        if following > 3:
            return False
    return at + 20 >= len(lines)
