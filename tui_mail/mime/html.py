"""An HTML body made into readable lines (SEC-7, SEC-10, SEC-11).

nh3 sanitises, a linear pass bounds nesting and number of tags, our cleaner takes out what is hidden
or only lays out the page, and markdownify writes the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_mail.mime.htmltext import html_to_text
from tui_mail.mime.links import Links

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

MAX_SOURCE = 300_000
"""Characters of HTML that are shown; the rest is left to the raw view."""

MAX_DEPTH = 60
"""Levels of nesting kept; deeper elements dissolve into the one around them."""

MAX_OPEN = 150
"""Elements of one kind that may be open at a time."""

MAX_TAGS = 12_000
"""Elements kept; the text of further ones stays."""

_TAG_NAMES = """
a abbr address b big blockquote br caption center cite code col colgroup dd del div dl dt
em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark
nav ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th
thead tr tt u ul article aside details summary var
"""
_TAGS = set(_TAG_NAMES.split())
_GONE = {
    "script",
    "style",
    "title",
    "head",
    "template",
    "noscript",
    "object",
    "svg",
    "math",
    "select",
}
_STYLES = {
    "display",
    "visibility",
    "font-size",
    "color",
    "background-color",
    "max-height",
    "opacity",
    "mso-hide",
    "width",
    "height",
}
_OWN_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s"=<>/]+="[^"]*")*)>')
_WHITE = re.compile(r"[ \t\r\n]+")
_NESTABLE = re.compile(
    r"<(/?)(a|abbr|b|big|blockquote|center|code|div|em|font|i|ins|nobr|ol|pre|q|s|section|small|span"
    r"|strike|strong|sub|sup|table|tt|u|ul|form|button|label|del|article|details)(?=[\s/>])[^<>]*>?",
    re.IGNORECASE,
)
_VOID = {"br", "hr", "img", "col"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_REMOTE_STYLE = re.compile(
    r"(?:url\(\s{0,9}[\"']?|background=[\"']?)\s{0,9}(?:https?:)?//", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class HtmlText:
    """The text of an HTML body, not yet cut into blocks, and what was taken out of it."""

    text: str
    """Lines; tables, code, attributions and the start of a quote carry the marks of `quoting`."""
    trackers: int = 0
    remote_images: int = 0
    hidden: str = ""
    """Text that the HTML hid, one stretch a line."""
    notes: tuple[str, ...] = ()


def read_html(source: str, links: Links) -> HtmlText:
    """Convert one HTML body. Never raises: what cannot be converted becomes plain text."""
    notes: list[str] = []
    if len(source) > MAX_SOURCE:
        source = source[:MAX_SOURCE]
        notes.append("only the first 300 kB of the HTML are shown")
    try:
        from tui_mail.mime.cleaning import clean
        from tui_mail.mime.markdown import to_lines

        soup, cut = parse(source)
        if cut:
            notes.append("the HTML is very complex and is shown simplified")
        found = clean(soup, links)
        remote = found.remote_images + len(_REMOTE_STYLE.findall(source))
        return HtmlText(
            to_lines(soup), found.trackers, remote, "\n".join(found.hidden), tuple(notes)
        )
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        notes.append("the HTML could not be converted; its bare text is shown")
        return HtmlText(_CONTROL.sub(" ", html_to_text(source)), notes=tuple(notes))


def parse(source: str) -> tuple[BeautifulSoup, bool]:
    """The sanitised tree, and whether it had to be simplified."""
    import nh3
    from bs4 import BeautifulSoup

    clean = nh3.clean(
        without_bombs(source),
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes={
            "*": {"style", "class", "id", "hidden", "dir"},
            "a": {"href", "name"},
            "img": {"src", "alt", "width", "height"},
            "td": {"bgcolor", "colspan"},
            "th": {"bgcolor", "colspan"},
            "table": {"bgcolor"},
            "font": {"color", "size"},
            "ol": {"start"},
        },
        url_schemes={"http", "https", "mailto", "cid"},
        filter_style_properties=_STYLES,
        link_rel=None,
    )
    flat, cut = flatten(_CONTROL.sub("\ufffd", clean))
    return BeautifulSoup(flat, "html.parser"), cut


def without_bombs(source: str) -> str:
    """Drop tags of a kind of which hundreds are open already: parsers take quadratic time there."""
    if source.count("<") <= MAX_OPEN:
        return source
    out: list[str] = []
    opened: dict[str, int] = {}
    dropped: dict[str, int] = {}
    last = 0
    for match in _NESTABLE.finditer(source):
        closing, name = match[1], match[2].lower()
        if closing:
            if dropped.get(name):
                dropped[name] -= 1
            else:
                opened[name] = max(0, opened.get(name, 0) - 1)
                continue
        elif opened.get(name, 0) < MAX_OPEN:
            opened[name] = opened.get(name, 0) + 1
            continue
        else:
            dropped[name] = dropped.get(name, 0) + 1
        out.append(source[last : match.start()])
        last = match.end()
    out.append(source[last:])
    return "".join(out)


def flatten(clean: str) -> tuple[str, bool]:
    """Drop elements below `MAX_DEPTH` levels and after `MAX_TAGS`, keeping their text.

    White space outside preformatted text is folded on the way. Expects what nh3 wrote: every
    element is closed, every attribute value quoted.
    """
    out: list[str] = []
    kept: list[bool] = []
    level = tags = last = preformatted = 0
    cut = False
    for match in _OWN_TAG.finditer(clean):
        between = clean[last : match.start()]
        out.append(between if preformatted else _WHITE.sub(" ", between))
        last = match.end()
        closing, name = match[1], match[2]
        if name == "pre":
            preformatted = max(0, preformatted + (-1 if closing else 1))
        if name in _VOID:
            if tags < MAX_TAGS:
                out.append(match[0])
                tags += 1
            continue
        if closing:
            if kept and kept.pop():
                level -= 1
                out.append(match[0])
            continue
        keep = level < MAX_DEPTH and tags < MAX_TAGS
        kept.append(keep)
        if keep:
            level += 1
            tags += 1
            out.append(match[0])
        else:
            cut = True
            out.append(" ")
    out.append(_WHITE.sub(" ", clean[last:]))
    return "".join(out), cut
