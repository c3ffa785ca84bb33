"""A mail frozen for the outbox: made of a draft, queued, given another time."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, replace

from tui_mail.actions import regarding
from tui_mail.actions.composition import outgoing_of, place_of, utc_offset
from tui_mail.actions.context import Context
from tui_mail.actions.keeping import files_of
from tui_mail.actions.parts import Done
from tui_mail.actions.smart_values import values
from tui_mail.filing import outgoing
from tui_mail.filing.arrivals import FolderPlace
from tui_mail.model.addresses import address_key
from tui_mail.model.messages import IndexedMail
from tui_mail.model.moments import brief
from tui_mail.model.safe_text import one_line
from tui_mail.store import journal, outbox, recorder
from tui_mail.store.drafts import Draft


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


async def freeze(
    ctx: Context,
    draft: Draft,
    *,
    date: int,
    not_before: int,
    scheduled: bool,
    key: str | None = None,
) -> Order:
    """The mail of a draft with its fields filled in, as the server will get it; it bears `date`.

    Raises MailError when no mail can be made of it.
    """
    from tui_mail.mime import compose
    from tui_mail.mime.indexing import index_mail

    account = ctx.account(draft.account_id)
    assert account is not None
    mail = replace(
        outgoing_of(ctx, draft, account, await files_of(ctx, draft)),
        tui_mail_id=outgoing.new_uuid(),
        date=date,
        utc_offset=utc_offset(date),
        values=await values(ctx, draft, date),
    )
    raw = await asyncio.to_thread(compose.build, mail)
    mail_from, recipients = compose.envelope_of(mail)
    indexed = await asyncio.to_thread(index_mail, raw)
    return Order(
        place_of(ctx, draft.account_id),
        replace(indexed, envelope=replace(indexed.envelope, bcc=mail.bcc)),
        raw,
        mail.tui_mail_id,
        mail_from,
        tuple(map(address_key, recipients)),
        not_before,
        scheduled,
        draft,
        key,
    )


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
        more, changes = regarding.apply(conn, conversation_of(conn, outbox_id), draft.content, now)
        changed |= more
    return outbox_id, changed, changes


def answered_by(draft: Draft | None) -> int | None:
    """The message a draft answers."""
    is_answer = draft is not None and draft.kind in ("reply", "reply_all")
    return draft.source_id if draft is not None and is_answer else None


def conversation_of(conn: sqlite3.Connection, outbox_id: int) -> int:
    """The conversation of a mail in the outbox."""
    row = conn.execute(
        "SELECT m.conversation_id FROM outbox o JOIN messages m ON m.id = o.message_id"
        " WHERE o.id = ?",
        (outbox_id,),
    ).fetchone()
    return int(row[0])


async def reschedule(ctx: Context, outbox_id: int, at: int) -> bool:
    """Send a mail that waits, or whose time was missed, at another time; False when too late."""
    from tui_mail.mime.indexing import index_mail
    from tui_mail.mime.outgoing import redated

    raw = redated(await ctx.db.read(outbox.raw, outbox_id), date=at, utc_offset=utc_offset(at))
    mail = await asyncio.to_thread(index_mail, raw)
    done = await ctx.db.write(outgoing.replan, outbox_id, at, mail, raw, ctx.now())
    ctx.wake()
    return bool(done)
