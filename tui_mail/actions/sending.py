"""From a checked draft to a frozen mail in the outbox, and what can be done with it there."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, replace

from tui_mail.actions import regarding
from tui_mail.actions.checking import check
from tui_mail.actions.composition import outgoing_of, place_of, utc_offset
from tui_mail.actions.context import Context
from tui_mail.actions.keeping import files_of, save
from tui_mail.actions.parts import Done
from tui_mail.actions.smart_values import values
from tui_mail.errors import ActionError
from tui_mail.filing import outgoing
from tui_mail.filing.arrivals import FolderPlace
from tui_mail.model.addresses import address_key
from tui_mail.model.messages import IndexedMail
from tui_mail.model.moments import brief
from tui_mail.model.safe_text import one_line
from tui_mail.store import drafts, journal, outbox, recorder
from tui_mail.store.drafts import Draft


async def send(ctx: Context, draft: Draft, *, at: int | None = None) -> Done:
    """Freeze the mail and put it into the outbox; `z` stops it during the undo window.

    `at` is when it goes (UTC seconds): later, or at once without the undo window; the mail bears
    that time. Raises MailError or ActionError; the draft stays then.
    """
    if draft.content.group:
        from tui_mail.actions import groups

        return await groups.send_group(ctx, draft, at=at)
    for problem in await check(ctx, draft):
        if problem.blocks:
            raise ActionError(problem.text)
    account = ctx.account(draft.account_id)
    assert account is not None
    if draft.content.remind_at and draft.content.remind_at <= (at or ctx.now()):
        raise ActionError(
            "The mail would be followed up before it goes.", hint="Choose a later day."
        )
    from tui_mail.mime import compose
    from tui_mail.mime.indexing import index_mail

    await save(ctx, draft)
    files = await files_of(ctx, draft)
    goes_at = max(at or 0, ctx.now())
    mail = replace(
        outgoing_of(ctx, draft, account, files),
        tui_mail_id=outgoing.new_uuid(),
        date=goes_at,
        utc_offset=utc_offset(goes_at),
        values=await values(ctx, draft, at),
    )
    raw = await asyncio.to_thread(compose.build, mail)
    mail_from, recipients = compose.envelope_of(mail)
    indexed = await asyncio.to_thread(index_mail, raw)
    indexed = replace(indexed, envelope=replace(indexed.envelope, bcc=mail.bcc))
    wait = int(ctx.settings.get("writing.undo_seconds"))
    order = Order(
        place_of(ctx, draft.account_id),
        indexed,
        raw,
        mail.tui_mail_id,
        mail_from,
        tuple(map(address_key, recipients)),
        at or ctx.now() + wait,
        at is not None and at > ctx.now(),
        draft,
    )
    return await queue(ctx, order)


@dataclass(frozen=True, slots=True)
class Order:
    """A frozen mail and everything the outbox must know of it."""

    place: FolderPlace
    mail: IndexedMail
    raw: bytes
    """CRLF, with X-Tui-Mail-Id, without Bcc."""
    uuid: str
    mail_from: str
    recipients: tuple[str, ...]
    not_before: int
    scheduled: bool = False
    draft: Draft | None = None
    key: str | None = None
    """Unique for one mail to one person of a group (SEC-42)."""


async def queue(ctx: Context, order: Order) -> Done:
    """Put a frozen mail into the outbox and ring the engine."""
    done = await ctx.db.write(_queue, order, ctx.now())
    ctx.wake()
    return done


def _queue(conn: sqlite3.Connection, order: Order, now: int) -> Done:
    """The outbox row, the conversation and the journal entry in one transaction."""
    outbox_id, changed, changes = file_order(conn, order, now)
    source = answered_by(order.draft)
    answered = outgoing.mark_answered(conn, source, now) if source is not None else set()
    changed |= answered
    shown = one_line(order.mail.envelope.subject, 60) or "(no subject)"
    when = f"Sending at {brief(order.not_before)}:" if order.scheduled else "Sending"
    summary = f"{when} “{shown}”"
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action="send",
        summary=summary,
        targets={"conversations": sorted(changed), "outbox": outbox_id},
        undo={
            "kind": "send",
            "outbox_id": outbox_id,
            "changes": changes,
            "answered": source if answered else None,
        },
    )
    return Done(entry, summary, tuple(changed))


def file_order(
    conn: sqlite3.Connection, order: Order, now: int, *, mailing_id: int | None = None
) -> tuple[int, set[int], list[recorder.Change]]:
    """Put a frozen mail into the outbox and its conversation, linked as its draft says.

    Returns its outbox id, the conversations changed, and what undo needs of the links. The draft
    of a group mail ends with the whole group, not with one mail.
    """
    draft = order.draft
    outbox_id, changed = outgoing.queue(
        conn,
        order.place,
        order.mail,
        order.raw,
        outbox_uuid=order.uuid,
        mail_from=order.mail_from,
        recipients=order.recipients,
        not_before=order.not_before,
        now=now,
        scheduled=order.scheduled,
        draft_id=draft.id if draft and mailing_id is None else None,
        conversation_id=draft.conversation_id if draft else None,
        idempotency_key=order.key,
        mailing_id=mailing_id,
    )
    changes: list[recorder.Change] = []
    if draft is not None:
        more, changes = regarding.apply(conn, _conversation(conn, outbox_id), draft.content, now)
        changed |= more
    return outbox_id, changed, changes


def answered_by(draft: Draft | None) -> int | None:
    """The message a draft answers."""
    is_answer = draft is not None and draft.kind in ("reply", "reply_all")
    return draft.source_id if draft is not None and is_answer else None


def _conversation(conn: sqlite3.Connection, outbox_id: int) -> int:
    row = conn.execute(
        "SELECT m.conversation_id FROM outbox o JOIN messages m ON m.id = o.message_id"
        " WHERE o.id = ?",
        (outbox_id,),
    ).fetchone()
    return int(row[0])


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
    entry, decided = _entry_of(conn, mail, _conversation(conn, outbox_id))
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


async def reschedule(ctx: Context, outbox_id: int, at: int) -> bool:
    """Send a mail that waits, or whose time was missed, at another time; False when too late."""
    from tui_mail.mime.indexing import index_mail
    from tui_mail.mime.outgoing import redated

    raw = redated(await ctx.db.read(outbox.raw, outbox_id), date=at, utc_offset=utc_offset(at))
    mail = await asyncio.to_thread(index_mail, raw)
    done = await ctx.db.write(outgoing.replan, outbox_id, at, mail, raw, ctx.now())
    ctx.wake()
    return bool(done)


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
