"""The sanitised tree of an HTML body freed of what is hidden, and made ready to be written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from tui_mail.mime.links import Links
from tui_mail.mime.quoting import ATTRIBUTION_LINE, QUOTE_START
from tui_mail.mime.tables import is_data_table, table_lines
from tui_mail.mime.tracking_images import is_tracker
from tui_mail.model.safe_text import one_line

MAX_HIDDEN = 2000
"""Characters of hidden text kept."""

_MAX_MARKED = 200
_MAX_TABLES = 500
_LAYOUT = ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "center", "font")
_ATTRIBUTIONS = {"gmail_attr", "moz-cite-prefix", "protonmail_quote_header", "hmmessage-attr"}
_QUOTE_CLASSES = {
    "yahoo_quoted",
    "zmail_extra",
    "OutlookMessageHeader",
    "ydp-quoted",
    "WordSection-q",
}
_QUOTE_IDS = {
    "divRplyFwdMsg",
    "appendonsend",
    "OLK_SRC_BODY_SECTION",
    "stopSpelling",
    "mail-editor-reference-message-container",
    "reply-intro",
    "isForwardContent",
    "replySplit",
}
_FILLER = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\ufeff\u3164]+"
)
_ZERO_SIZE = re.compile(r"0*(?:\.0+)?\s*(?:px|pt|em|rem|%)?$|1px$")
_LENGTH = re.compile(r"([0-9]{1,6})(?:\.[0-9]+)?(?:px)?$")
_COLORS = {"white": "#ffffff", "black": "#000000", "#fff": "#ffffff", "#000": "#000000"}


@dataclass(slots=True)
class Cleaned:
    """What was taken out of a body."""

    trackers: int = 0
    remote_images: int = 0
    hidden: list[str] = field(default_factory=list)


def clean(soup: BeautifulSoup, links: Links) -> Cleaned:
    """Clean the tree in place: hidden text, images, links, quotes, tables, in this order."""
    done = Cleaned()
    _take_out_hidden(soup, done)
    _replace_images(soup, done)
    _number_links(soup, links)
    _mark_quotes(soup)
    _settle_tables(soup)
    return done


def _style(tag: Tag) -> dict[str, str]:
    text = tag.get("style")
    if not isinstance(text, str) or not text:
        return {}
    pairs = (piece.partition(":") for piece in text[:2000].split(";"))
    return {
        name.strip().lower(): value.partition("!")[0].strip().lower()
        for name, _, value in pairs
        if value
    }


def _is_hidden(tag: Tag, style: dict[str, str]) -> bool:
    if tag.has_attr("hidden"):
        return True
    return bool(style) and (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("mso-hide") == "all"
        or _is_zero(style.get("max-height", ""))
        or _is_zero(style.get("opacity", ""))
    )


def _is_zero(value: str) -> bool:
    return bool(value) and value[0] in "0." and _ZERO_SIZE.match(value) is not None


def _color(value: str) -> str:
    value = value.replace(" ", "")
    if value.startswith("rgb(") and value.count(",") == 2:
        try:
            return "#" + "".join(f"{min(255, int(one)):02x}" for one in value[4:-1].split(","))
        except ValueError:
            return value
    if len(value) == 4 and value[0] == "#":
        return "#" + "".join(char * 2 for char in value[1:])
    return _COLORS.get(value, value)


def _take_out_hidden(soup: BeautifulSoup, done: Cleaned) -> None:
    """Hidden by display, size or colour. Size 0 on an element hides only text that inherits it."""
    room = MAX_HIDDEN
    stack: list[tuple[Tag, bool, str, str]] = [(soup, False, "", "")]
    while stack:
        tag, tiny, color, ground = stack.pop()
        invisible = tiny or bool(color and color == ground)
        kept: list[Tag | NavigableString] = []
        gone: list[Tag | NavigableString] = []
        for child in tag.children:
            if isinstance(child, Tag):
                style = _style(child)
                if _is_hidden(child, style):
                    gone.append(child)
                    continue
                kept.append(child)
                stack.append((child, *_look(child, style, tiny, color, ground)))
            elif isinstance(child, NavigableString):
                (gone if invisible else kept).append(child)
        for one in gone:
            room -= _keep_hidden(one, done, room)
        if gone:
            tag.clear()
            tag.extend(kept)


def _look(
    tag: Tag, style: dict[str, str], tiny: bool, color: str, ground: str
) -> tuple[bool, str, str]:
    """Whether text in the tag is too small to see, its colour, and the colour behind it."""
    size = style.get("font-size", "")
    own = _color(style.get("color", "") or str(tag.get("color") or "").lower())
    back = _color(style.get("background-color", "") or str(tag.get("bgcolor") or "").lower())
    return (_is_zero(size) or size == "1px") if size else tiny, own or color, back or ground


def _keep_hidden(one: Tag | NavigableString, done: Cleaned, room: int) -> int:
    """Note hidden text and count hidden images; how many characters were kept."""
    if isinstance(one, Tag):
        for image in one.find_all("img"):
            _count_image(image, done)
    if room <= 0:
        return 0
    shown = one_line(_FILLER.sub("", one.get_text(" ")), room)
    if shown:
        done.hidden.append(shown)
    return len(shown)


def _count_image(image: Tag, done: Cleaned) -> bool:
    """Count an image; whether it is only a tracker."""
    url = str(image.get("src") or "")
    style = _style(image)
    remote = url.startswith(("http:", "https:", "//"))
    width, height = (
        str(image.get(name) or "").strip() or _pixels(style.get(name, ""))
        for name in ("width", "height")
    )
    if remote and is_tracker(url, width.removesuffix("px"), height.removesuffix("px")):
        done.trackers += 1
        return True
    done.remote_images += remote
    return any(size.isdigit() and int(size) <= 2 for size in (width[:6], height[:6]))


def _pixels(value: str) -> str:
    match = _LENGTH.match(value)
    return match[1] if match else ""


def _replace_images(soup: BeautifulSoup, done: Cleaned) -> None:
    for image in soup.find_all("img"):
        alt = one_line(str(image.get("alt") or ""), 200).strip()
        inline = str(image.get("src") or "").startswith("cid:")
        if _count_image(image, done):
            shown = ""
        else:
            shown = f"[image: {alt}]" if alt else "[image]" if inline else ""
        image.name = "span"
        image.append(NavigableString(shown))


def _number_links(soup: BeautifulSoup, links: Links) -> None:
    for anchor in soup.find_all("a"):
        text = " ".join(anchor.get_text(" ").split())
        shown = _FILLER.sub("", text)
        number = links.add(str(anchor.get("href") or ""), text) if shown else 0
        if number:
            anchor.append(NavigableString(f" [{number}]"))
        anchor.name = "span"


def _mark_quotes(soup: BeautifulSoup) -> None:
    """Put the marks of `quoting` before what mail programs mark as attribution or quote."""
    marked = 0
    for tag in soup.find_all(["div", "span", "p", "hr", "section", "table"]):
        if marked >= _MAX_MARKED:
            return
        classes = tag.get("class") or ()
        names = set(classes) if not isinstance(classes, str) else {classes}
        if names & _ATTRIBUTIONS:
            text = one_line(tag.get_text(" "), 400)
            block = soup.new_tag("pre")
            block.string = ATTRIBUTION_LINE + text
            tag.replace_with(block)
            marked += 1
        elif names & _QUOTE_CLASSES or str(tag.get("id") or "").removeprefix("x_") in _QUOTE_IDS:
            block = soup.new_tag("pre")
            block.string = QUOTE_START
            tag.insert_before(block)
            marked += 1


def _settle_tables(soup: BeautifulSoup) -> None:
    """Data tables become aligned lines, innermost first; all other tables become blocks."""
    for table in reversed(soup.find_all("table", limit=_MAX_TABLES)):
        if is_data_table(table):
            lines = table_lines(table)
            block = soup.new_tag("pre")
            block.string = "\n".join(lines)
            table.replace_with(block)
    for tag in soup.find_all(_LAYOUT):
        tag.name = "span" if tag.name == "font" else "div"
