"""From a checked draft to a frozen mail in the outbox, and what can be done with it there."""

from __future__ import annotations

import sqlite3

from tui_mail.actions import regarding
from tui_mail.actions.checking import check
from tui_mail.actions.context import Context
from tui_mail.actions.groups import send_group
from tui_mail.actions.keeping import save
from tui_mail.actions.orders import conversation_of, freeze, queue, reschedule
from tui_mail.actions.parts import Done
from tui_mail.errors import ActionError
from tui_mail.filing import outgoing
from tui_mail.store import drafts, journal, outbox
from tui_mail.store.drafts import Draft


async def send(ctx: Context, draft: Draft, *, at: int | None = None) -> Done:
    """Freeze the mail and put it into the outbox; `z` stops it during the undo window.

    `at` is when it goes (UTC seconds): later, or at once without the undo window; the mail bears
    that time. Raises MailError or ActionError; the draft stays then.
    """
    if draft.content.group:
        return await send_group(ctx, draft, at=at)
    for problem in await check(ctx, draft):
        if problem.blocks:
            raise ActionError(problem.text)
    if draft.content.remind_at and draft.content.remind_at <= (at or ctx.now()):
        raise ActionError(
            "The mail would be followed up before it goes.", hint="Choose a later day."
        )
    await save(ctx, draft)
    now = ctx.now()
    order = await freeze(
        ctx,
        draft,
        date=max(at or 0, now),
        not_before=at or now + int(ctx.settings.get("writing.undo_seconds")),
        scheduled=at is not None and at > now,
    )
    return await queue(ctx, order)


async def cancel(ctx: Context, outbox_id: int) -> bool:
    """Stop a mail that has not begun to go; False when it was too late (OUT-13)."""
    done = bool(await ctx.db.write(stop, outbox_id, ctx.now()))
    ctx.wake()
    return done


def stop(conn: sqlite3.Connection, outbox_id: int, now: int) -> set[int]:
    """Cancel a mail and take back what came with sending it: link, visibility, answered mark.

    What the user decided about its conversation since then stays. Returns the conversations that
    changed; empty when it was too late.
    """
    mail = outbox.get(conn, outbox_id)
    changed = outgoing.cancel(conn, outbox_id, now)
    if mail is None or not changed:
        return changed
    entry, decided = _entry_of(conn, mail, conversation_of(conn, outbox_id))
    if entry is None:
        return changed
    journal.mark_undone(conn, entry.id, now)
    if entry.undo.get("changes") and not decided:
        changed |= regarding.take_back(conn, entry.undo["changes"])
    source = entry.undo.get("answered")
    if source is not None and not drafts.has_answered(conn, source):
        changed |= outgoing.mark_answered(conn, source, now, answered=False)
    return changed


def _entry_of(
    conn: sqlite3.Connection, mail: outbox.Outgoing, conversation_id: int
) -> tuple[journal.Entry | None, bool]:
    """The journal entry of sending a mail, and whether a later one is about its conversation."""
    decided = False
    for entry in journal.undoable_since(conn, mail.created_at):
        if entry.undo.get("kind") == "send" and entry.undo.get("outbox_id") == mail.id:
            return entry, decided
        if entry.undo.get("kind") == "rows":
            decided = decided or conversation_id in entry.targets.get("conversations", ())
    return None, decided


async def resend(ctx: Context, outbox_id: int) -> bool:
    """Send a failed, uncertain or missed mail, on the user's word (OUT-5, OUT-11)."""
    row = await ctx.db.read(outbox.get, outbox_id)
    if row is not None and row.state == "missed":
        return await reschedule(ctx, outbox_id, ctx.now())
    done = await ctx.db.write(outgoing.resend, outbox_id, ctx.now())
    ctx.wake()
    return done


async def mark_sent(ctx: Context, outbox_id: int) -> bool:
    """The user knows that an uncertain mail went."""
    return bool(await ctx.db.write(outgoing.mark_sent, outbox_id, ctx.now()))


async def outgoing_of_message(
    ctx: Context, message_id: int
) -> tuple[outbox.Outgoing, list[outbox.Recipient]] | None:
    """The outbox row behind a message, with its recipients."""
    row = await ctx.db.read(outbox.of_message, message_id)
    if row is None:
        return None
    return row, await ctx.db.read(outbox.recipients, row.id)


async def edit(ctx: Context, outbox_id: int) -> Draft:
    """Take a mail back as a draft; of one that may have gone, a copy is edited.

    Raises ActionError when it is on its way or its draft is gone.
    """
    return await ctx.db.write(_edit, outbox_id, ctx.now())


def _edit(conn: sqlite3.Connection, outbox_id: int, now: int) -> Draft:
    row = outbox.get(conn, outbox_id)
    if row is None or row.draft_id is None:
        raise ActionError("That mail was not written here; forward it instead.")
    if row.state in (*outbox.CANCELLABLE, "failed"):
        stop(conn, outbox_id, now)
        draft = drafts.get(conn, row.draft_id)
        if draft is None:
            raise ActionError("The draft of that mail is gone.")
        return draft
    if row.state not in outbox.NEED_USER:
        raise ActionError("That mail is on its way.", hint="Wait until it is settled.")
    source = drafts.ended(conn, row.draft_id)
    if source is None:
        raise ActionError("The draft of that mail is gone.")
    copy = drafts.create(
        conn,
        source.account_id,
        source.content,
        now,
        kind=source.kind,
        source_id=source.source_id,
        conversation_id=source.conversation_id,
    )
    drafts.set_files(conn, copy.id, drafts.files(conn, source.id))
    return copy
