"""Snoozing conversations, and waiting for an answer until a day; servers learn nothing of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before
from tui_mail.actions.recorded import Outcome, RecordDone, act_in_parts
from tui_mail.errors import ActionError
from tui_mail.model.moments import brief
from tui_mail.model.views import View
from tui_mail.store import reminders
from tui_mail.store.ids import ids_json


async def snooze(
    ctx: Context, conversation_ids: Collection[int], until: int, *, dry_run: bool = False
) -> RecordDone:
    """Take conversations out of the inbox until a time; a mail from somebody ends it earlier.

    Raises ActionError when none of them is in the inbox or snoozed already.
    """

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        fitting = _listed(conn, ids, (View.INBOX, View.SNOOZED))
        if not fitting:
            raise ActionError(
                "Only what is in the inbox can be snoozed.", hint="W waits for an answer instead."
            )
        for conversation_id in fitting:
            reminders.put(conn, conversation_id, reminders.SNOOZE, until, ctx.now())
        words = f"until {brief(until)}"
        return _outcome("Snoozed", fitting, past, words)

    return await act_in_parts(ctx, "snooze", conversation_ids, body, dry_run=dry_run)


async def wake(
    ctx: Context, conversation_ids: Collection[int], *, dry_run: bool = False
) -> RecordDone:
    """Bring snoozed conversations back now."""
    return await _end(ctx, conversation_ids, reminders.SNOOZE, "Woke", dry_run)


async def remind(
    ctx: Context, conversation_ids: Collection[int], due_at: int, *, dry_run: bool = False
) -> RecordDone:
    """Show conversations in the follow-up list when nobody has answered by then."""

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        fitting = _listed(conn, ids, (View.ALL,))
        if not fitting:
            raise ActionError("There is nothing to wait for in spam, trash or screened mail.")
        for conversation_id in fitting:
            reminders.put(conn, conversation_id, reminders.REMIND, due_at, ctx.now())
        return _outcome("Waiting for an answer in", fitting, past, f"by {brief(due_at)}")

    return await act_in_parts(ctx, "remind", conversation_ids, body, dry_run=dry_run)


async def forget(
    ctx: Context, conversation_ids: Collection[int], *, dry_run: bool = False
) -> RecordDone:
    """Wait for an answer no longer."""
    return await _end(ctx, conversation_ids, reminders.REMIND, "Stopped waiting in", dry_run)


async def _end(
    ctx: Context, conversation_ids: Collection[int], kind: str, verb: str, dry_run: bool
) -> RecordDone:
    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        ended = reminders.drop(conn, ids, kind)
        if not ended:
            raise ActionError("Nothing waits for a time here.")
        return _outcome(verb, ended, past, "")

    return await act_in_parts(ctx, f"end {kind}", conversation_ids, body, dry_run=dry_run)


def _listed(conn: sqlite3.Connection, ids: Sequence[int], views: tuple[View, ...]) -> list[int]:
    rows = conn.execute(
        "SELECT DISTINCT conversation_id FROM listing"
        " WHERE conversation_id IN (SELECT value FROM json_each(?))"
        " AND view_id IN (SELECT value FROM json_each(?)) ORDER BY conversation_id",
        (ids_json(ids), ids_json(map(int, views))),
    )
    return [row[0] for row in rows]


def _outcome(verb: str, ids: Collection[int], past: Before, words: str) -> Outcome:
    count = past.changed + len(ids)
    summary = f"{verb} {count} conversation{'' if count == 1 else 's'} {words}".rstrip()
    return Outcome(summary, set(ids))
