"""Taking the last thing back: what the journal keeps of it says how."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Done
from tui_mail.actions.recorded import refold_waiting, undo_rows
from tui_mail.actions.sending import stop
from tui_mail.filing import intents
from tui_mail.model.messages import Flag
from tui_mail.model.policy import Policy
from tui_mail.store import journal, outbox
from tui_mail.store.folds import recount
from tui_mail.store.ids import ids_json

_STILL_GOING = 1.0
"""Seconds in which an action that is going on has done one part more."""


async def undo(ctx: Context) -> Done | None:
    """Take the newest action back, also after a restart; None when there is nothing left."""
    newest = await ctx.db.read(journal.last_undoable)
    if newest is not None and newest.undo.get("kind") == "group":
        from tui_mail.actions import groups

        return await groups.undo(ctx, newest)
    policies = await ctx.policies()
    done: Done | None
    part: int | None
    if newest is not None and newest.undo.get("kind") == "default_signature":
        from tui_mail.actions import signatures

        done, part = await signatures.undo_default(ctx, newest), newest.undo.get("after")
    else:
        done, part = await ctx.db.write(_undo, policies, ctx.now())
    changed = set(done.conversation_ids) if done is not None else set()
    while part is not None:
        earlier, part = await ctx.db.write(_undo, policies, ctx.now(), part)
        changed |= set(earlier.conversation_ids) if earlier is not None else set()
    await refold_waiting(ctx)
    ctx.wake()
    return replace(done, conversation_ids=tuple(sorted(changed))) if done is not None else None


async def cut_short(ctx: Context) -> tuple[str, int] | None:
    """The newest action, when it ended before all of it was done: what was done, and of how many.

    An action that is still going on in another program is not meant: it is looked at twice.
    """
    found = await ctx.db.read(journal.last_undoable)
    if found is None or not found.undo.get("of"):
        return None
    await asyncio.sleep(_STILL_GOING)
    if await ctx.db.read(journal.last_undoable) != found:
        return None
    return found.summary, int(found.undo["of"])


def _undo(
    conn: sqlite3.Connection,
    policies: Mapping[int, Policy],
    now: int,
    entry_id: int | None = None,
) -> tuple[Done | None, int | None]:
    """Take one entry back; returns what was done and the entry that belongs to it and is next."""
    entry = journal.entry(conn, entry_id) if entry_id else journal.last_undoable(conn)
    if entry is None:
        return None, None
    kind = entry.undo.get("kind")
    changed: set[int] = set()
    if kind == "state":
        changed = intents.restore(
            conn,
            entry.undo["before"],
            policies,
            places=bool(entry.undo["places"]),
            flags=Flag(entry.undo["flags"]),
            now=now,
            journal_id=entry.id,
        )
    elif kind == "mute":
        changed = set(entry.undo["conversations"])
        conn.execute(
            "UPDATE conversations SET muted_at = ? WHERE id IN (SELECT value FROM json_each(?))",
            (now if entry.undo["muted"] else None, ids_json(changed)),
        )
        recount(conn, changed)
    elif kind == "send":
        return _unsend(conn, entry, now), None
    elif kind == "rows":
        changed = undo_rows(conn, entry.undo)
    journal.mark_undone(conn, entry.id, now)
    done = Done(entry.id, f"Undone: {entry.summary}", tuple(changed), undoable=False)
    return done, entry.undo.get("after")


def _unsend(conn: sqlite3.Connection, entry: journal.Entry, now: int) -> Done:
    """Stop a mail; one that is on its way is no longer there to be taken back (OUT-13)."""
    mail = outbox.get(conn, int(entry.undo["outbox_id"]))
    changed = stop(conn, int(entry.undo["outbox_id"]), now)
    if not changed:
        journal.mark_undone(conn, entry.id, now)
        return Done(entry.id, f"Too late: {entry.summary}", (), undoable=False)
    return Done(
        entry.id,
        f"Undone: {entry.summary}",
        tuple(changed),
        undoable=False,
        draft_id=mail.draft_id if mail else None,
    )
