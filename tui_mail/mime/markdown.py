"""A cleaned HTML tree written as plain readable lines, by markdownify."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdownify import MarkdownConverter

from tui_mail.mime.quoting import ATTRIBUTION_LINE, CODE_LINE, QUOTE_START, TABLE_LINE

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_MARKS = (TABLE_LINE, CODE_LINE, ATTRIBUTION_LINE, QUOTE_START)
_MAX_STRONG = 60
_BLANK = re.compile(r"[ \t\xa0\u200b\ufeff]+")
_MANY_BLANK = re.compile(r"\n{3,}")
_QUOTED_BLANK = re.compile(r"(?:>[> ]*\n){2,}")
_OPTIONS: dict[str, Any] = {
    "bullets": "•",
    "escape_asterisks": False,
    "escape_underscores": False,
    "escape_misc": False,
    "strip_document": None,
}


class _Lines(MarkdownConverter):
    """Markdown without escapes: it is read, not rendered."""

    def convert_strong(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Short bold words keep stars around them."""
        words = text.strip()
        lone = parent_tags & {"h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "pre"}
        if not words or lone or len(words) > _MAX_STRONG or "\n" in words or not words[0].isalnum():
            return text
        before = text[: len(text) - len(text.lstrip())]
        return f"{before}*{words}*{text[len(text.rstrip()) :]}"

    convert_b = convert_strong

    def convert_em(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Italics are not marked."""
        return text

    convert_i = convert_em
    convert_del = convert_em
    convert_s = convert_em
    convert_sub = convert_em
    convert_sup = convert_em
    convert_code = convert_em
    convert_kbd = convert_em
    convert_samp = convert_em

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A heading is a line of its own, the first two levels underlined."""
        words = " ".join(text.split())
        if not words or "_inline" in parent_tags:
            return words
        rule = "\n" + "─" * min(len(words), 72) if n <= 2 else ""
        return f"\n\n{words}{rule}\n\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Preformatted lines carry a mark; lines that already carry one are ours."""
        lines = text.strip("\n").split("\n")
        marked = [line if line[:1] in _MARKS else CODE_LINE + line for line in lines]
        return "\n\n" + "\n".join(marked) + "\n\n"

    def convert_hr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A rule is a short line."""
        return "\n\n────────\n\n"


def _indent(prefix: str) -> str:
    """Quote marks and the indent of lists; the single blank a line break leaves behind goes."""
    marks = prefix.rstrip(" ")
    indent = len(prefix) - len(marks) - bool(marks)
    return (marks + " " if marks else "") + (" " * indent if indent > 1 else "")


def to_lines(soup: BeautifulSoup) -> str:
    """The tree as text: paragraphs on one line each, quotes behind `> `, no double blank lines."""
    converter: Any = _Lines(**_OPTIONS)
    text: str = converter.convert_soup(soup)
    lines = []
    for line in text.split("\n"):
        if line.lstrip("> ")[:1] in _MARKS and line.lstrip("> "):
            lines.append(line.rstrip())
        else:
            depth = len(line) - len(line.lstrip("> "))
            body = _BLANK.sub(" ", line[depth:]).rstrip()
            lines.append((_indent(line[:depth]) if body else line[:depth].rstrip()) + body)
    joined = "\n".join(lines)
    joined = _QUOTED_BLANK.sub(lambda match: match[0].split("\n", 1)[0] + "\n", joined)
    return _MANY_BLANK.sub("\n\n", joined).strip("\n")
