"""The scripted session of the fault tests, run as a process: `python -m tests.faults.script HOME`.

First sync, archive, move, flag, delete, a draft, three mails sent, and a last sync. A step that
is in the journal already is not done again, so that the script can be run after it was killed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

from tui_mail.actions import beginning, keeping, sending, triage
from tui_mail.actions.context import Context, open_context
from tui_mail.config.paths import profile_paths
from tui_mail.errors import TuiMailError
from tui_mail.model.drafts import DraftContent
from tui_mail.store import accounts
from tui_mail.sync.engine import Engine

MAILS = 30
ARCHIVED = range(6)
MOVED = range(6, 10)
FLAGGED = range(8, 18)
DELETED = range(18, 21)
SENT = ("first", "second", "third")


async def conversations(ctx: Context, numbers: range) -> list[int]:
    """The conversations of mails by the number in their subject."""

    def find(conn: sqlite3.Connection) -> list[int]:
        return [
            conn.execute(
                "SELECT conversation_id FROM messages WHERE subject = ?", (f"Quote {n}",)
            ).fetchone()[0]
            for n in numbers
        ]

    return await ctx.db.read(find)


async def is_done(ctx: Context, action: str) -> bool:
    """Whether the journal has this step already."""
    return await ctx.db.read(
        lambda conn: (
            conn.execute(
                "SELECT 1 FROM journal WHERE action = ? AND actor = 'user'", (action,)
            ).fetchone()
            is not None
        )
    )


async def user(ctx: Context) -> None:
    """What the user does between the two syncs."""
    if not await is_done(ctx, "archive"):
        await triage.archive(ctx, await conversations(ctx, ARCHIVED))
    if not await is_done(ctx, "star"):
        await triage.set_star(ctx, await conversations(ctx, FLAGGED), True)
    if not await is_done(ctx, "move"):
        folder = await ctx.db.read(_projects)
        await triage.move(ctx, await conversations(ctx, MOVED), folder)
    if not await is_done(ctx, "delete"):
        await triage.delete(ctx, await conversations(ctx, DELETED))
    kept = await ctx.db.read(
        lambda conn: conn.execute("SELECT 1 FROM drafts WHERE state = 'kept'").fetchone()
    )
    if kept is None:
        draft = await beginning.new_draft(ctx, content=DraftContent(to="bo@fjord.example"))
        await keeping.keep(ctx, replace(draft, content=DraftContent(to="bo@x.example", body="…")))
    for subject in SENT:
        known = await ctx.db.read(
            lambda conn, subject=subject: conn.execute(
                "SELECT 1 FROM outbox o JOIN messages m ON m.id = o.message_id WHERE m.subject = ?",
                (subject,),
            ).fetchone()
        )
        if known is None:
            content = DraftContent(to="anna@fjord.example", subject=subject, body="On its way.")
            await sending.send(ctx, await beginning.new_draft(ctx, content=content))


def _projects(conn: sqlite3.Connection) -> int:
    row = conn.execute("SELECT id FROM folders WHERE name = 'Projects'").fetchone()
    folder_id: int = row[0]
    return folder_id


async def sync(home: Path) -> None:
    """One complete sync."""
    async with Engine(profile_paths(home), check_seconds=0) as engine:
        for problem in (await engine.sync_once()).values():
            if problem is not None:
                raise problem


async def main(home: Path) -> None:
    """The whole session."""
    await sync(home)
    ctx = await open_context(profile_paths(home))
    try:
        assert await ctx.db.read(accounts.accounts)
        await user(ctx)
    finally:
        await ctx.close()
    await sync(home)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1])))
    except TuiMailError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(1) from None
