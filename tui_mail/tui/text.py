"""The only door to widgets for text: what passes here is safe and is never read as markup (SEC-3).

A test reads the syntax tree of `tui/` and refuses any other way to a widget.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip

from tui_mail.model.safe_text import safe_block, safe_line

Part = str | tuple[str, str]
"""A piece of text, or the piece with a Textual style such as `bold`."""


def plain(value: str) -> Content:
    """One safe line for a widget."""
    return Content(safe_line(value))


def lines(value: str) -> Content:
    """A safe block of lines for a widget."""
    return Content(safe_block(value))


def parts(*pieces: Part) -> Content:
    """Safe pieces with styles; a line feed inside a piece stays one."""
    return Content.assemble(
        *(
            safe_block(piece) if isinstance(piece, str) else (safe_block(piece[0]), piece[1])
            for piece in pieces
        )
    )


def joined(contents: Iterable[Content], between: str = "\n") -> Content:
    """Contents put together with a separator."""
    return Content(between).join(contents)


def strip(width: int, *pieces: tuple[str, Style]) -> Strip:
    """One line of exactly `width` cells for a line-drawing widget; the last style fills it up."""
    segments: list[Segment] = []
    room = width
    last = Style.null()
    for value, last in pieces:
        text = fit(value, min(room, cell_len(safe_line(value))))
        if text:
            segments.append(Segment(text, last))
            room -= cell_len(text)
    if room > 0:
        if segments:
            text, style, _ = segments.pop()
            segments.append(Segment(text + " " * room, style))
        else:
            segments.append(Segment(" " * room, last))
    return Strip(segments, width)


def fit(value: str, width: int) -> str:
    """Safe text of exactly `width` cells: cut with `…` or filled with spaces."""
    if width <= 0:
        return ""
    text = safe_line(value)
    if text.isascii():
        size = len(text)
        if size <= width:
            return text + " " * (width - size)
        return text[: width - 1] + "…"
    size = cell_len(text)
    if size <= width:
        return text + " " * (width - size)
    return set_cell_size(text, width - 1) + "…"


def can_order() -> bool:
    """Whether the extra that puts text into visual order is installed."""
    from importlib.util import find_spec

    return find_spec("bidi") is not None


def visual(line: str) -> str:
    """A line in the order it is seen, for terminals that leave right-to-left text as it comes."""
    if all(char < "\u0590" for char in line):
        return line
    from bidi import get_display

    return str(get_display(line))
