"""Group mail (B44): one mail each for up to a hundred people, frozen when it is confirmed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

from tui_mail.actions.checking import check
from tui_mail.actions.context import Context
from tui_mail.actions.group_members import key_of, members, single
from tui_mail.actions.keeping import save
from tui_mail.actions.orders import Order, answered_by, file_order, freeze, reschedule
from tui_mail.actions.parts import Done
from tui_mail.actions.regarding import take_back as take_links_back
from tui_mail.errors import ActionError
from tui_mail.filing import outgoing
from tui_mail.filing.drafting import drop_draft, reopen_draft
from tui_mail.model import faults
from tui_mail.model.addresses import Address
from tui_mail.model.moments import brief
from tui_mail.model.safe_text import one_line
from tui_mail.store import journal, mailings, recorder
from tui_mail.store.database import Pace
from tui_mail.store.drafts import Draft

_FIRST, _AT_ONCE = 8, 20
"""Mails queued in the first transaction, and in any."""


async def send_group(ctx: Context, draft: Draft, *, at: int | None = None) -> Done:
    """Freeze one mail each and put them into the outbox; `z` takes back what has not gone.

    `at` is when the first one goes; the others follow `writing.group_seconds` apart. What was left
    of an earlier confirmation of the same draft is replaced; nobody who has the mail gets it again.
    Raises ActionError or MailError; nothing goes then.
    """
    for problem in await check(ctx, draft):
        if problem.blocks:
            raise ActionError(problem.text)
    await save(ctx, draft)
    for earlier in await ctx.db.read(mailings.of_draft, draft.id):
        await _cancel_waiting(ctx, earlier)
    everyone = await members(ctx, draft)
    now, gap = ctx.now(), int(ctx.settings.get("writing.group_seconds"))
    start = at or now + int(ctx.settings.get("writing.undo_seconds"))
    orders = [
        await _frozen(ctx, draft, person, start + number * gap, scheduled=at is not None)
        for number, person in enumerate(everyone.people)
    ]
    subject = one_line(draft.content.subject, 200)
    mailing_id = await ctx.db.write(_begin, draft, subject, gap, _inputs(orders), now)
    changed: set[int] = set()
    links: dict[str, list[recorder.Change]] = {}
    pace, done = Pace(_FIRST, _AT_ONCE), 0
    while done < len(orders):
        part = orders[done : done + pace.rows]
        faults.point("group.part")
        started = ctx.clock.monotonic()
        more, linked = await ctx.db.write(_queue_part, mailing_id, part, now)
        pace.took(ctx.clock.monotonic() - started)
        changed |= more
        links |= linked
        done += len(part)
    faults.point("group.start")
    finished = await ctx.db.write(_start, draft, mailing_id, changed, links, at, now)
    ctx.wake()
    return finished


async def _frozen(
    ctx: Context, draft: Draft, person: Address, at: int, *, scheduled: bool
) -> Order:
    """The mail to one person, as the server will get it."""
    order = await freeze(
        ctx,
        single(draft, person),
        date=at,
        not_before=at,
        scheduled=scheduled,
        key=key_of(draft.uuid, person),
    )
    if list(order.recipients) != [person.key]:
        raise ActionError("A mail of the group would go to somebody else; nothing was sent.")
    return order


def _inputs(orders: Sequence[Order]) -> bytes:
    digest = hashlib.sha256()
    for order in orders:
        digest.update(hashlib.sha256(order.raw).digest())
    return digest.digest()


def _begin(
    conn: sqlite3.Connection, draft: Draft, subject: str, gap: int, inputs: bytes, now: int
) -> int:
    return mailings.create(
        conn, draft.id, draft.account_id, subject=subject, gap=gap, inputs=inputs, now=now
    )


def _queue_part(
    conn: sqlite3.Connection, mailing_id: int, orders: Sequence[Order], now: int
) -> tuple[set[int], dict[str, list[recorder.Change]]]:
    changed: set[int] = set()
    links: dict[str, list[recorder.Change]] = {}
    for order in orders:
        try:
            outbox_id, more, linked = file_order(conn, order, now, mailing_id=mailing_id)
        except sqlite3.IntegrityError as error:
            raise ActionError("This group mail is being sent from another window.") from error
        changed |= more
        if linked:
            links[str(outbox_id)] = linked
    return changed, links


def _start(
    conn: sqlite3.Connection,
    draft: Draft,
    mailing_id: int,
    changed: set[int],
    links: dict[str, list[recorder.Change]],
    at: int | None,
    now: int,
) -> Done:
    """From here on it goes: the state, the end of the draft and the journal in one transaction."""
    mailings.set_state(conn, mailing_id, "running")
    changed = changed | drop_draft(conn, draft.id, "sent", now)
    if (source := answered_by(draft)) is not None:
        changed |= outgoing.mark_answered(conn, source, now)
    found = mailings.get(conn, mailing_id)
    assert found is not None
    when = f" from {brief(at)}" if at else ""
    summary = f"Sending “{one_line(found.subject, 40)}” to {found.total} people, one by one{when}"
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action="send group",
        summary=summary,
        targets={"conversations": sorted(changed), "mailing": mailing_id},
        undo={"kind": "group", "mailing_id": mailing_id, "changes": links},
    )
    return Done(entry, summary, tuple(changed))


async def stop(ctx: Context, mailing_id: int) -> bool:
    """Let nothing more of it go until it goes on; False when nothing waits."""
    found = await ctx.db.read(mailings.get, mailing_id)
    if found is None or not found.waiting:
        return False
    await ctx.db.write(mailings.set_state, mailing_id, "stopped")
    return True


async def go_on(ctx: Context, mailing_id: int) -> bool:
    """Go on with what waits; mails whose time has passed get new ones, still apart."""
    found = await ctx.db.read(mailings.get, mailing_id)
    if found is None or not found.waiting or found.state == "running":
        return False
    at = ctx.now()
    for outbox_id, planned in await ctx.db.read(mailings.waiting, mailing_id):
        if planned < at:
            await reschedule(ctx, outbox_id, at)
        at = max(at, planned) + found.gap
    await ctx.db.write(mailings.set_state, mailing_id, "running")
    ctx.wake()
    return True


async def take_back(ctx: Context, mailing_id: int) -> Done:
    """Stop it for good: what has not gone is cancelled, and the draft is back for the rest."""
    entry = await ctx.db.read(_entry_of, mailing_id)
    return await _take_back(ctx, mailing_id, entry)


async def undo(ctx: Context, entry: journal.Entry) -> Done:
    """Take a confirmed group mail back as far as it has not gone."""
    return await _take_back(ctx, int(entry.undo["mailing_id"]), entry)


async def _take_back(ctx: Context, mailing_id: int, entry: journal.Entry | None) -> Done:
    links = entry.undo.get("changes", {}) if entry is not None else {}
    changed = await _cancel_waiting(ctx, mailing_id, links)
    return await ctx.db.write(_taken_back, mailing_id, entry, changed, ctx.now())


async def _cancel_waiting(
    ctx: Context, mailing_id: int, links: dict[str, list[recorder.Change]] | None = None
) -> set[int]:
    """Stop, then cancel what waits, one mail a transaction; returns what changed."""
    await ctx.db.write(mailings.set_state, mailing_id, "stopped")
    changed: set[int] = set()
    for outbox_id, _ in await ctx.db.read(mailings.waiting, mailing_id):
        faults.point("group.cancel")
        changed |= await ctx.db.write(
            _cancel, outbox_id, (links or {}).get(str(outbox_id)), ctx.now()
        )
    faults.point("group.cancelled")
    return changed


def _cancel(
    conn: sqlite3.Connection, outbox_id: int, links: list[recorder.Change] | None, now: int
) -> set[int]:
    changed = outgoing.cancel(conn, outbox_id, now)
    if changed and links:
        changed |= take_links_back(conn, links)
    return changed


def _taken_back(
    conn: sqlite3.Connection,
    mailing_id: int,
    entry: journal.Entry | None,
    changed: set[int],
    now: int,
) -> Done:
    """What was cancelled counts, also by an earlier try that was cut short."""
    found = mailings.get(conn, mailing_id)
    assert found is not None
    if entry is not None:
        journal.mark_undone(conn, entry.id, now)
    if not found.cancelled:
        return Done(None, f"Too late: all of “{one_line(found.subject, 40)}” has gone", (),
                    undoable=False)  # fmt: skip
    changed = changed | reopen_draft(conn, found.draft_id, now)
    gone = found.total - found.cancelled
    words = f"; {gone} had gone already" if gone else ""
    return Done(
        None,
        f"Taken back: {found.cancelled} mails of “{one_line(found.subject, 40)}”{words}",
        tuple(changed),
        undoable=False,
        draft_id=found.draft_id,
    )


def _entry_of(conn: sqlite3.Connection, mailing_id: int) -> journal.Entry | None:
    row = conn.execute(
        "SELECT id FROM journal WHERE action = 'send group' AND undone_at IS NULL"
        " AND json_extract(undo, '$.mailing_id') = ?",
        (mailing_id,),
    ).fetchone()
    return journal.entry(conn, row[0]) if row else None
