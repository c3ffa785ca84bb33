"""The Markdown of a mail as the two texts that are sent: readable plain text, and HTML (R6, R8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tui_mail.model.bidi import first_strong_is_rtl
from tui_mail.model.smart_fields import Marked, mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FONT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:15px"
_STYLES = {
    "p": "margin:0 0 1em 0",
    "h1": "font-size:1.5em;margin:0 0 .6em 0",
    "h2": "font-size:1.25em;margin:0 0 .6em 0",
    "h3": "font-size:1.1em;margin:0 0 .6em 0",
    "blockquote": "margin:0 0 1em 0;padding:0 0 0 .8em;border-left:2px solid #bbb;color:#555",
    "pre": "margin:0 0 1em 0;padding:.6em;background:#f4f4f4;overflow:auto",
    "code": "font-family:Menlo,Consolas,monospace;font-size:.9em",
    "ul": "margin:0 0 1em 0;padding-left:1.4em",
    "ol": "margin:0 0 1em 0;padding-left:1.6em",
    "table": "border-collapse:collapse;margin:0 0 1em 0",
    "th": "border:1px solid #ccc;padding:.3em .6em;text-align:left",
    "td": "border:1px solid #ccc;padding:.3em .6em",
    "hr": "border:0;border-top:1px solid #ccc;margin:1em 0",
    "img": "max-width:100%",
}
_DIRECTED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th"}
_LINK = re.compile(
    r"(?<!\\)(!?)\[((?:[^\[\]\\\n]|\\.){0,500})\]\(([^()\s]{1,2000})(?: \"[^\"\n]{0,200}\")?\)"
)
_HEADING = re.compile(r"(#{1,6}) {1,3}(.{1,500}?) {0,3}#{0,6}$")
_STRONG = re.compile(r"(?<![\w*\\])\*\*(?=\S)([^*\n]{1,500})(?<=\S)\*\*(?![\w*])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_SAFE_SCHEMES = {"http", "https", "mailto", "cid", "tel"}


def to_html(markdown: str, values: Mapping[str, str] | None = None) -> str:
    """A complete HTML document with inline styles; paragraphs that read right to left say so.

    `values` fill the smart fields; without them braces are text.
    """
    marked = mark(markdown, values or {})
    parser = _parser()
    tokens = parser.parse(marked.text)
    _decorate(tokens, marked)
    body = marked.html(parser.renderer.render(tokens, parser.options, {}))
    direction = ' dir="rtl"' if _mostly_rtl(tokens, marked) else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
        f'<body{direction} style="{_FONT}">\n{body}</body></html>\n'
    )


def to_plain(markdown: str, values: Mapping[str, str] | None = None) -> str:
    """The Markdown as a person would have typed it: no escapes, links written out, no stars."""
    marked = mark(markdown, values or {})
    return marked.plain(_plain(marked.text))


def _plain(markdown: str) -> str:
    out: list[str] = []
    fenced = False
    for line in markdown.replace("\r\n", "\n").split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if fenced:
            out.append(line.rstrip())
            continue
        heading = _HEADING.match(line)
        if heading is not None:
            text = _inline(heading[2])
            out.append(text)
            if len(heading[1]) <= 2:
                out.append(("=" if len(heading[1]) == 1 else "-") * min(len(text), 72))
            continue
        out.append(_inline(line).rstrip() if line.rstrip() != "--" else "-- ")
    return "\n".join(out).strip("\n") + "\n"


def _inline(line: str) -> str:
    def link(match: re.Match[str]) -> str:
        text, url = match[2], match[3]
        if match[1]:
            return f"[image: {text}]" if text else ""
        bare = url.removeprefix("mailto:")
        return text if text in (url, bare) else f"{text} <{url}>"

    line = _LINK.sub(link, line)
    line = _STRONG.sub(r"*\1*", line)
    return _ESCAPED.sub(r"\1", line)


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    parser.enable(["table", "strikethrough", "linkify"])
    parser.validateLink = _may_link  # type: ignore[method-assign]
    return parser


def _may_link(url: str) -> bool:
    try:
        scheme = urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return False
    return scheme in _SAFE_SCHEMES


def _decorate(tokens: Sequence[Token], marked: Marked) -> None:
    """Give block elements their inline style, and `dir` by the first strong character (R8)."""
    for at, token in enumerate(tokens):
        if token.nesting >= 0 and token.tag in _STYLES:
            _add_style(token, _STYLES[token.tag])
        directed = token.nesting == 1 and token.tag in _DIRECTED
        if directed and first_strong_is_rtl(marked.shown(_text(tokens, at))):
            token.attrSet("dir", "rtl")
            _add_style(token, "text-align:right")
        for child in token.children or ():
            if child.tag in ("code", "img"):
                _add_style(child, _STYLES[child.tag])


def _add_style(token: Token, style: str) -> None:
    had: Any = token.attrGet("style")
    token.attrSet("style", f"{had};{style}" if had else style)


def _text(tokens: Sequence[Token], at: int) -> str:
    for token in tokens[at + 1 : at + 4]:
        if token.type == "inline":
            return "".join(
                child.content
                for child in token.children or ()
                if child.type in ("text", "code_inline")
            )
    return ""


def _mostly_rtl(tokens: Sequence[Token], marked: Marked) -> bool:
    texts = [
        marked.shown(_text(tokens, at))
        for at, token in enumerate(tokens)
        if token.type == "paragraph_open"
    ]
    return bool(texts) and sum(map(first_strong_is_rtl, texts)) * 2 > len(texts)
