"""How a conversation reads as one line: columns, dates, numbers. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from typing import Any

from rich.cells import cell_len

from tui_mail.store.pages import Row
from tui_mail.tui.text import fit, visual

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NARROW = 70
"""Below this many columns dates of other years are a year and names are short."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells that add up to the width of a line."""

    width: int
    account: int
    """0 when there is only one account."""
    date: int
    people: int

    @property
    def narrow(self) -> bool:
        """Whether there is little room."""
        return self.width < _NARROW


def columns(width: int, accounts: int) -> Columns:
    """Share the width of a line; the subject gets what is left."""
    narrow = width < _NARROW
    account = 0 if accounts < 2 else (2 if narrow else 5)
    people = max(8, min(28, (width - account) // 4))
    return Columns(width, account, 6 if narrow else 10, people)


def short_date(at: int, now: int, *, narrow: bool = False) -> str:
    """`14:05` today, `12 Nov` this year, else `2025-11-12`; in the user's zone."""
    then, today = time.localtime(at), time.localtime(now)
    if then[:3] == today[:3]:
        return f"{then.tm_hour:02}:{then.tm_min:02}"
    if then.tm_year == today.tm_year:
        return f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}"
    if narrow:
        return f"{then.tm_year}"
    return f"{then.tm_year}-{then.tm_mon:02}-{then.tm_mday:02}"


def clock_time(at: int) -> str:
    """`14:05` in the user's zone."""
    then = time.localtime(at)
    return f"{then.tm_hour:02}:{then.tm_min:02}"


def number(value: int) -> str:
    """`1,234`."""
    return f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """`1 mail`, `2 mails`."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"


LINK_MARKS = {"linked": "◆", "ambiguous": "?"}
"""By the state of a conversation's link; what else there is has none."""
MUTED_MARK = "m"
SHARING_MARKS = {"shared": "s", "mixed": "~"}
"""By who sees the mail of a conversation; private mail has none."""


@dataclass(frozen=True, slots=True)
class FiledRow(Row):
    """A row with what the list says of its link and of what screened it."""

    link_state: str = ""
    muted: bool = False
    sharing: str = ""
    """`shared`, `mixed` when some of its mail is private (R40), or empty."""
    screened_by: str = ""
    """The entry that hides it; only in the view of what is screened."""
    shown_at: int = 0
    """Its date where the list stands by something else."""
    note: str = ""
    """What the list stands by, before the subject."""


_ROW = tuple(one.name for one in fields(Row))


def filed_row(
    row: Row, link_state: str, muted: bool, sharing: str, screened_by: str = ""
) -> FiledRow:
    """A row with what is known of its link, of who sees it and of what hides it."""
    known = (link_state, muted, sharing, screened_by)
    values: list[Any] = [*(getattr(row, name) for name in _ROW), *known]
    return FiledRow(*values)


def link_mark(row: Row) -> str:
    """One cell: linked, several items fit, muted, or nothing of it."""
    if not isinstance(row, FiledRow):
        return " "
    return LINK_MARKS.get(row.link_state) or (MUTED_MARK if row.muted else " ")


def sharing_mark(row: Row) -> str:
    """One cell: shared, shared in part, or nothing of it."""
    return SHARING_MARKS.get(row.sharing, " ") if isinstance(row, FiledRow) else " "


def marks(row: Row, selected: bool) -> str:
    """Four cells: selected, unread, starred, and draft, waiting to be sent or attachment."""
    last = "d" if row.drafts else ">" if row.outgoing else "@" if row.attachments else " "
    return (
        ("x" if selected else " ")
        + ("●" if row.unread else "↩" if row.answered else " ")
        + ("★" if row.starred else " ")
        + last
    )


def line_parts(
    row: Row, layout: Columns, *, selected: bool, account: str, now: int, ordered: bool = False
) -> tuple[str, str]:
    """The two segments of a line: what is read first, and the dim snippet.

    With `ordered` right-to-left text in a column is put into visual order, each column by itself.
    """
    cell = visual if ordered else str
    count = f" {row.messages}" if row.messages > 1 else ""
    at = (row.shown_at if isinstance(row, FiledRow) else 0) or row.at
    date = short_date(at, now, narrow=layout.narrow)
    head = marks(row, selected) + link_mark(row) + sharing_mark(row) + " "
    if layout.account:
        letters = layout.account - 1
        head += fit(account[:1] if letters == 1 else account, letters) + " "
    head += date.rjust(layout.date) + "  "
    head += cell(fit(row.people or "(nobody)", layout.people - len(count))) + count + "  "
    room = layout.width - 11 - layout.account - layout.date - layout.people
    subject = row.subject or "(no subject)"
    if isinstance(row, FiledRow) and row.screened_by:
        subject = f"[{row.screened_by}] {subject}"
    if isinstance(row, FiledRow) and row.note:
        subject = f"{row.note} · {subject}"
    text = fit(subject, room)
    if room > 30 and row.snippet and text.endswith("    "):
        text = text.rstrip() + "  "
        left = layout.width - cell_len(head + text)
        return head + cell(text), cell(fit(row.snippet, left)) if ordered else row.snippet
    return head + cell(text), ""
