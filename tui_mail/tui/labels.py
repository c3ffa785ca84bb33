"""Asking for the labels of a conversation or a record."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from tui_mail.store import labels
from tui_mail.tui import text
from tui_mail.tui.dialogs.ask import AskScreen
from tui_mail.tui.shell import CommandScreen


def _known(conn: sqlite3.Connection, scope: str, record_id: int) -> tuple[list[str], list[str]]:
    """The labels it has, and all there are."""
    mine = [one.name for one in labels.of_record(conn, scope, record_id)]
    return mine, [one.name for one in labels.labels(conn, scope)]


async def ask_labels(
    over: CommandScreen,
    scope: str,
    record_id: int,
    take: Callable[[list[str]], Awaitable[None]],
) -> None:
    """A field with the labels it has, cut by commas; Tab completes from those there are."""
    mine, every = await over.mail_app.ctx.db.read(_known, scope, record_id)

    async def taken(typed: str) -> None:
        await take([name.strip() for name in typed.split(",") if name.strip()])

    def complete(typed: str) -> list[str]:
        head, comma, tail = typed.rpartition(",")
        begun = tail.strip().casefold()
        start = f"{head}, " if comma else ""
        return [start + name for name in every if name.casefold().startswith(begun)]

    words = "Cut by commas; an empty field takes all away. Tab completes."
    if every:
        words += "\nThere are: " + ", ".join(every[:30])
    title = "Labels"
    await over.mail_app.push_screen(
        AskScreen(title, text.lines(words), taken, value=", ".join(mine), complete=complete)
    )
