"""Tables of an HTML body: which hold data, and how those become aligned lines."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from tui_mail.mime.quoting import TABLE_LINE
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from bs4 import Tag

_MAX_CELLS = 4000
_MAX_COLUMNS = 12
_CELL_WIDTH = 40
_SHORT_CELL = 80
_BLOCKS = ("div", "p", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "pre", "hr")


def is_data_table(table: Tag) -> bool:
    """Whether a table shows data; otherwise it only lays out the page.

    Data has at least two rows and columns, no table inside, no blocks in its cells beyond a single
    paragraph, and either headings or short cells in an even grid.
    """
    rows = rows_of(table)
    if len(rows) < 2 or table.find("table") is not None:
        return False
    counts = [len(row) for row in rows]
    if max(counts) < 2 or max(counts) > _MAX_COLUMNS or sum(counts) > _MAX_CELLS:
        return False
    if table.find("img") is not None and table.find("th") is None:
        return False
    if any(len(cell.find_all(_BLOCKS, limit=2)) > 1 for row in rows for cell in row):
        return False
    lengths = [len(cell.get_text(strip=True)) for row in rows for cell in row]
    if max(lengths, default=0) > 4 * _SHORT_CELL:
        return False
    if table.find(("th", "caption")) is not None:
        return True
    even = sum(count == max(counts) for count in counts) * 10 >= len(counts) * 7
    filled = sum(length > 0 for length in lengths) * 2 >= len(lengths)
    return even and filled and max(lengths, default=0) <= _SHORT_CELL


def rows_of(table: Tag) -> list[list[Tag]]:
    """The cells of a table, row by row; empty rows are left out."""
    rows: list[list[Tag]] = []
    for row in table.find_all("tr"):
        cells = row.find_all(("td", "th"), recursive=False)
        if cells:
            rows.append(list(cells))
    return rows


def table_lines(table: Tag) -> list[str]:
    """The table as aligned lines, each marked as a table's; numbers lean right."""
    rows = [[one_line(cell.get_text(" "), 200) for cell in row] for row in rows_of(table)]
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    columns = max(len(row) for row in rows)
    grid = [row + [""] * (columns - len(row)) for row in rows]
    kept = [at for at in range(columns) if any(row[at] for row in grid)]
    widths = {at: min(_CELL_WIDTH, max(_width(row[at]) for row in grid)) for at in kept}
    right = {at: _is_numeric([row[at] for row in grid[1:]]) for at in kept}
    headed = table.find("th") is not None
    lines: list[str] = []
    for number, row in enumerate(grid):
        cells = []
        for at in kept:
            room = " " * max(0, widths[at] - _width(row[at]))
            cells.append(room + row[at] if right[at] else row[at] + room)
        lines.append(TABLE_LINE + "  ".join(cells).rstrip())
        if number == 0 and headed:
            lines.append(TABLE_LINE + "  ".join("─" * widths[at] for at in kept))
    return lines


def _width(text: str) -> int:
    """Columns of a terminal, near enough to align a table."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def _is_numeric(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    numeric = sum(any(char.isdigit() for char in cell) and len(cell) <= 16 for cell in filled)
    letters = sum(sum(char.isalpha() for char in cell) > 4 for cell in filled)
    return bool(filled) and numeric == len(filled) and letters == 0
