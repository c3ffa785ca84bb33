"""Conversations as lines and as JSON, the same for every command that lists them."""

from __future__ import annotations

import time
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.cli.output import Output, fitted, utc
from tui_mail.model.safe_text import one_line
from tui_mail.store.pages import Row


def as_json(row: Row, slugs: dict[int, str]) -> dict[str, Any]:
    """One conversation with stable keys."""
    return {
        "id": row.id,
        "at": utc(row.at),
        "account": slugs.get(row.account_id, ""),
        "people": row.people,
        "subject": row.subject,
        "snippet": row.snippet,
        "messages": row.messages,
        "unread": row.unread,
        "starred": row.starred,
        "attachments": row.attachments,
        "drafts": row.drafts,
        "outgoing": row.outgoing,
        "answered": row.answered,
    }


def slugs_of(ctx: Context) -> dict[int, str]:
    """The id of each account row as people type it."""
    return {row_id: slug for slug, row_id in ctx.account_ids.items()}


def print_rows(out: Output, rows: list[Row], slugs: dict[int, str]) -> None:
    """Print a list: fitted to the terminal, or all fields separated by tabs in a pipe.

    The marks are `U` unread, `*` starred, `@` attachment, `>` the last mail is ours.
    """
    if not out.is_terminal:
        out.rows(
            (
                str(row.id),
                utc(row.at) or "",
                _marks(row).strip(),
                slugs.get(row.account_id, ""),
                row.people,
                row.subject,
                str(row.messages),
            )
            for row in rows
        )
        return
    number_width = max((len(str(row.id)) for row in rows), default=1)
    people_width = max(12, min(24, out.width // 5))
    for row in rows:
        subject = one_line(row.subject) or "(no subject)"
        count = f" ({row.messages})" if row.messages > 1 else ""
        snippet = f" - {one_line(row.snippet)}" if row.snippet else ""
        text = (
            f"{row.id:>{number_width}} {_marks(row)} "
            f"{fitted(one_line(row.people), people_width)}  {_when(row.at)}  "
            f"{subject}{count}{snippet}"
        )
        out.line(fitted(text, out.width, pad=False), "bold" if row.unread else "")


def _marks(row: Row) -> str:
    marks = (
        "U" if row.unread else " ",
        "*" if row.starred else " ",
        "@" if row.attachments else " ",
        ">" if row.answered else " ",
    )
    return "".join(marks)


def _when(seconds: int) -> str:
    """Time today, day this year, month else; always six columns."""
    then, now = time.localtime(seconds), time.localtime()
    if then[:3] == now[:3]:
        return time.strftime(" %H:%M", then)
    if then.tm_year == now.tm_year:
        return time.strftime("%d %b", then)
    return time.strftime("%y-%m ", then)
