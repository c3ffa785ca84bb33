"""The question what archiving means for an account: asked once, at its first archived mail (F2).

Where the server says it, by labels or by a special use, nobody is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from tui_mail.accounts.archiving import ArchiveChoice
from tui_mail.actions import accounts as actions
from tui_mail.actions.context import Context
from tui_mail.actions.status import archive_unasked
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import ActionError, RefusedError, TuiMailError
from tui_mail.model.safe_text import one_line
from tui_mail.store import accounts, scope
from tui_mail.store.accounts import Account

_ROLES = ("inbox", "sent", "drafts", "junk", "trash", "all")


@dataclass(frozen=True, slots=True)
class ArchiveQuestion:
    """What an account still has to be asked. `shown` and `reason` are safe text."""

    account: str
    """Its id."""
    shown: str
    kind: Literal["ask", "create"]
    folder: str
    """The server's name of what is offered first."""
    reason: str
    others: tuple[str, ...] = ()
    """Other folders that could be meant."""


async def questions(ctx: Context, conversation_ids: Collection[int]) -> tuple[ArchiveQuestion, ...]:
    """What has to be asked before mail of these conversations is archived, account by account."""
    rows = await ctx.db.read(accounts.accounts)
    asked = archive_unasked(ctx, rows)
    if not asked:
        return ()
    asked &= await ctx.db.read(scope.accounts_in_inbox, conversation_ids)
    found = []
    for row in rows:
        settings = ctx.settings.account(row.slug)
        if row.id in asked and settings is not None:
            found.append(await ctx.db.read(_question, row, settings))
    return tuple(one for one in found if one is not None)


def _question(
    conn: sqlite3.Connection, row: Account, settings: AccountSettings
) -> ArchiveQuestion | None:
    seen = row.server["archive"]
    names = [
        folder.name
        for folder in accounts.folders(conn, row.id)
        if folder.selectable and folder.role not in _ROLES
    ]
    if settings.archive_folder in names:
        return None
    others = tuple(name for name in names if name != seen["folder"])
    shown, reason = one_line(row.short_name, 40), one_line(str(seen.get("reason", "")), 120)
    return ArchiveQuestion(row.slug, shown, seen["kind"], seen["folder"], reason, others)


async def answer(
    ctx: Context,
    question: ArchiveQuestion,
    kind: Literal["folder", "create", "local"],
    folder: str = "",
) -> str:
    """Keep the user's word; `create` makes the folder first. Answers what to tell, or nothing.

    A server that makes no folder is not asked again: mail is archived only here. One that cannot
    be reached changes nothing, and the question stays.
    """
    settings = ctx.settings.account(question.account)
    if settings is None:
        raise ActionError(f"There is no account `{one_line(question.account, 40)}`.")
    said, choice = "", ArchiveChoice(kind, folder, "you said so")
    try:
        changed = await actions.with_archive(ctx, settings, None, choice)
    except RefusedError as error:
        if error.code == "ALREADYEXISTS":
            choice = replace(choice, kind="folder")
        else:
            said = f"{question.shown} archives only here: {error.message}"
            choice = replace(choice, kind="local")
        changed = await actions.with_archive(ctx, settings, None, choice)
    except TuiMailError as error:
        return f"Archived only here; you are asked again. {error.message}"
    await actions.put_account(ctx, changed)
    await ctx.db.write(_settle, ctx.account_ids[question.account], choice)
    return said


def _settle(conn: sqlite3.Connection, account_id: int, choice: ArchiveChoice) -> None:
    """Let the answer hold at once, before the engine lists the folders again."""
    seen: dict[str, Any] = {"kind": choice.kind, "folder": choice.folder, "reason": choice.reason}
    if choice.kind in ("folder", "ask", "create"):
        from tui_mail.imap.folders import wire_name

        seen["kind"] = "folder"
        accounts.make_archive(conn, account_id, wire_name(choice.folder), choice.folder)
    accounts.set_server(conn, account_id, {"archive": seen})
