"""Breaking a paragraph into lines of so many cells. Pure."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

Cut = tuple[int, int]
"""Start and end of a line in the text of its paragraph."""


def cuts(text: str, width: int, *, by_words: bool = True) -> list[Cut]:
    """Where one line of text is broken so that each piece fits `width` cells; never empty.

    White space at a break belongs to no line. Words that do not fit are cut between graphemes.
    """
    width = max(1, width)
    if len(text) <= width and (text.isascii() or cell_len(text) <= width):
        return [(0, len(text))]
    if text.isascii():
        return _ascii_cuts(text, width, by_words)
    return _wide_cuts(text, width) if by_words else _chopped(text, 0, len(text), width)


def _ascii_cuts(text: str, width: int, by_words: bool) -> list[Cut]:
    found: list[Cut] = []
    start, length = 0, len(text)
    while length - start > width:
        end = text.rfind(" ", start + 1, start + width + 1) if by_words else -1
        if end <= start or not text[start:end].strip():
            found.append((start, start + width))
            start += width
            continue
        found.append((start, end))
        start = end + 1
        while start < length and text[start] == " ":
            start += 1
    if start < length or not found:
        found.append((start, length))
    return found


def _wide_cuts(text: str, width: int) -> list[Cut]:
    found: list[Cut] = []
    start = end = 0
    used = 0
    at, length = 0, len(text)
    while at < length:
        stop = text.find(" ", at)
        stop = length if stop < 0 else stop
        word = cell_len(text[at:stop])
        gap = at - end
        if used and used + gap + word <= width:
            used += gap + word
            end = stop
        else:
            if used:
                found.append((start, end))
            start, end, used = at if found or used else 0, stop, word + (0 if used else at - start)
            if used > width:
                pieces = _chopped(text, start, stop, width)
                found += pieces[:-1]
                start, end = pieces[-1]
                used = cell_len(text[start:end])
        at = stop + 1
    if used or not found:
        found.append((start, end))
    return found


def _chopped(text: str, start: int, end: int, width: int) -> list[Cut]:
    found: list[Cut] = []
    for piece in chop_cells(text[start:end], width):
        found.append((start, start + len(piece)))
        start += len(piece)
    return found
