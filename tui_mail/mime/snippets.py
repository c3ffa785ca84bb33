"""The line of text a list shows of a mail."""

from __future__ import annotations

import re

from tui_mail.mime.quoting import (
    header_block_at,
    is_attribution,
    is_mobile_signature,
    is_separator,
    is_signature_mark,
)
from tui_mail.mime.quoting_words import GREETINGS
from tui_mail.model.safe_text import one_line

MAX_SNIPPET = 225
"""Characters of a snippet (what Pipedrive's API gives)."""

_FILLER = re.compile(
    "(?:[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2007\u2060-\u2064\u206a-\u206f"
    "\u3164\ufeff\uffa0]+[\\s]*)+"
)
_RULE = re.compile(r"[-=_*~#+.·•─━\s|>]{3,}")
_URL = re.compile(r"[<(\[]?https?://[^\s<>\])]{1,2000}[>)\]]?")
_WORD = re.compile(r"[^\W\d_]+")
_MAX_LINES = 400


def snippet_of(text: str) -> str:
    """What the mail says first: no quotes, attributions, bare greetings, rules or links.

    At most 225 characters of safe text on one line. Where nothing is left, the first words of the
    quote stand in.
    """
    lines = text[:20_000].split("\n")[:_MAX_LINES]
    said: list[str] = []
    quoted: list[str] = []
    greeting = ""
    length = 0
    for at, line in enumerate(lines):
        stripped = line.strip()
        if not stripped:
            continue
        if stripped.startswith(">"):
            if len(quoted) < 5:
                quoted.append(stripped.lstrip("> "))
            continue
        if is_signature_mark(line) or (said and is_mobile_signature(line)):
            break
        if is_separator(line) or header_block_at(lines, at):
            if said:
                break
            quoted.extend(lines[at + 1 : at + 20])
            break
        if is_attribution(line, before_quote=_quote_follows(lines, at)):
            continue
        shown = _without_links(stripped)
        if not shown or _RULE.fullmatch(shown):
            continue
        if not said and not greeting and _is_greeting(shown):
            greeting = shown
            continue
        said.append(shown)
        length += len(shown) + 1
        if length > 2 * MAX_SNIPPET:
            break
    chosen = " ".join(said) or greeting or " ".join(quoted)
    shown = one_line(chosen[: 4 * MAX_SNIPPET])
    return shown if len(shown) <= MAX_SNIPPET else f"{shown[: MAX_SNIPPET - 1]}…"


def _without_links(line: str) -> str:
    """The line without addresses of pages and invisible filling, which most lines have none of."""
    if "://" in line:
        line = _URL.sub("", line)
    if not line.isascii():
        line = _FILLER.sub(" ", line)
    return line.strip()


def _quote_follows(lines: list[str], at: int) -> bool:
    return any(line.lstrip().startswith(">") for line in lines[at + 1 : at + 3])


def _is_greeting(line: str) -> bool:
    """`Hi Ada,` or `Sehr geehrte Damen und Herren`: one short line that only greets."""
    if len(line) > 60 or line[-1] in ".?":
        return False
    words = _WORD.findall(line.lower())
    if not words or words[0] not in GREETINGS:
        return False
    strange = sum(word not in GREETINGS for word in words)
    return strange <= 3 and (strange == 0 or line[-1] in ",!:;")
