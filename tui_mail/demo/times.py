"""What waits for a time in the demo: a planned mail, a snoozed conversation, a follow-up due."""

from __future__ import annotations

import sqlite3

from tui_mail.actions import beginning, sending, times
from tui_mail.actions.context import Context
from tui_mail.model.drafts import DraftContent
from tui_mail.model.views import View
from tui_mail.store import reminders
from tui_mail.store.folds import recount

_HOUR = 3600
_PLANNED = DraftContent(
    to="Tomas Lindqvist <tomas.lindqvist@harborline.example>",
    subject="Proofs for the spring signs",
    body="Hello {{person.first_name|there}},\n\nthe proofs are ready; shall we look at them"
    " together?\n",
)


async def plan_mail(ctx: Context) -> None:
    """One mail that goes tomorrow morning; it is nothing that undo should begin with."""
    draft = await beginning.new_draft(ctx, content=_PLANNED, sign=False)
    done = await sending.send(ctx, draft, at=times.parse(ctx, "tomorrow").at)
    await ctx.db.write(_forget_undo, done.journal_id)


def _forget_undo(conn: sqlite3.Connection, entry_id: int | None) -> None:
    conn.execute("UPDATE journal SET undo = '' WHERE id = ?", (entry_id,))


def set_reminders(conn: sqlite3.Connection, now: int) -> bool:
    """Snooze the oldest of the inbox, and let an answer be overdue; False while mail is missing."""
    if conn.execute("SELECT 1 FROM reminders LIMIT 1").fetchone() is not None:
        return True
    if conn.execute("SELECT 1 FROM accounts WHERE state <> 'active'").fetchone() is not None:
        return False
    snoozed = conn.execute(
        "SELECT conversation_id FROM listing WHERE view_id = ? AND unread = 0 ORDER BY at LIMIT 1",
        (int(View.INBOX),),
    ).fetchone()
    asked = conn.execute(
        "SELECT c.id FROM listing l JOIN conversations c ON c.id = l.conversation_id"
        " WHERE l.view_id = ? AND c.answered = 1 AND c.drafts = 0 AND c.outgoing = 0"
        " AND c.last_at < ? ORDER BY l.at DESC LIMIT 1",
        (int(View.SENT), now - 24 * _HOUR),
    ).fetchone()
    if snoozed is None or asked is None:
        return False
    reminders.put(conn, snoozed[0], reminders.SNOOZE, now + 2 * 24 * _HOUR, now)
    reminders.put(conn, asked[0], reminders.REMIND, now - _HOUR, now)
    reminders.wake(conn, now)
    recount(conn, {snoozed[0], asked[0]})
    return True
