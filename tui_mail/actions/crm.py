"""Making, changing, merging and deleting records, activities and notes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before
from tui_mail.actions.recorded import Outcome, RecordDone, act, act_in_parts
from tui_mail.errors import ActionError
from tui_mail.model.records import ITEM_KINDS, Ref, checked
from tui_mail.model.safe_text import one_line
from tui_mail.store import activities, deals, items, links, organizations, people, records, sight

USER = "user"


async def create(
    ctx: Context,
    kind: str,
    values: Mapping[str, Any],
    *,
    dry_run: bool = False,
    after: int | None = None,
) -> RecordDone:
    """Make a record; `values` by the keys of `model.records.FIELDS`. `records[0]` names it.

    `after` is the journal entry that undo takes back together with this one.

    Raises ActionError that names the field that is wrong.
    """
    given = checked(kind, values, new=True)
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        ref = store(conn, kind, given, now)
        return Outcome(f"Added {kind} {_title(conn, ref)}", records=[ref])

    done = await act(ctx, f"create_{kind}", body, dry_run=dry_run, after=after)
    if kind == "person" and not dry_run:
        ctx.wake_for_contacts()
    return done


def store(conn: sqlite3.Connection, kind: str, given: Mapping[str, Any], now: int) -> Ref:
    """Add a checked record."""
    if kind == "person":
        return Ref(kind, people.create(conn, given, now))
    if kind == "organization":
        return Ref(kind, organizations.create(conn, given, now))
    return items.create(conn, kind, given, now)


async def edit(
    ctx: Context, ref: Ref, values: Mapping[str, Any], *, dry_run: bool = False
) -> RecordDone:
    """Change fields of a record; those not named stay."""
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        old = records.row(conn, ref)
        given = checked(ref.kind, values, new=False, currency=str(old.get("currency") or "EUR"))
        conversations = _conversations(conn, ref)
        alter(conn, ref, given, now)
        return Outcome(f"Changed {ref.kind} {_title(conn, ref)}", conversations, [ref])

    done = await act(ctx, f"edit_{ref.kind}", body, dry_run=dry_run)
    if ref.kind == "person" and "addresses" in values and not dry_run:
        ctx.wake_for_contacts()
    return done


def alter(conn: sqlite3.Connection, ref: Ref, given: Mapping[str, Any], now: int) -> None:
    """Change checked fields of a record."""
    if ref.kind == "person":
        people.change(conn, ref.id, given, now)
    elif ref.kind == "organization":
        organizations.change(conn, ref.id, given, now)
    else:
        items.change(conn, ref, given, now)


async def delete(ctx: Context, refs: Sequence[Ref], *, dry_run: bool = False) -> RecordDone:
    """Delete records; their mail stays, links to deleted items end. Many are done in parts."""
    now = ctx.now()
    titles = await _needed(ctx, refs)

    def body(conn: sqlite3.Connection, places: Sequence[int], past: Before) -> Outcome:
        changed: set[int] = set()
        for ref in (refs[place] for place in places):
            if ref.kind == "person":
                people.delete(conn, ref.id)
            elif ref.kind == "organization":
                organizations.delete(conn, ref.id)
            else:
                changed |= items.delete(conn, ref, USER, now)
        several = f"{past.seen + len(places)} records"
        what = f"{refs[0].kind} {titles[refs[0]]}" if len(refs) == 1 else several
        return Outcome(f"Deleted {what}", changed, list(refs))

    return await act_in_parts(ctx, "delete_records", range(len(refs)), body, dry_run=dry_run)


async def merge(
    ctx: Context, keep: Ref, others: Sequence[Ref], *, dry_run: bool = False
) -> RecordDone:
    """Join records of one kind into `keep`: it gets their mail, people, notes and what it lacks.

    Many are done in parts.
    """
    now = ctx.now()
    if any(other.kind != keep.kind or other == keep for other in others):
        raise ActionError(f"Only another {keep.kind} can be merged into this one.")
    await _needed(ctx, [keep, *others])

    def body(conn: sqlite3.Connection, places: Sequence[int], past: Before) -> Outcome:
        changed: set[int] = set()
        for other in (others[place] for place in places):
            if keep.kind == "person":
                people.merge(conn, keep.id, other.id, now)
            elif keep.kind == "organization":
                organizations.merge(conn, keep.id, other.id, now)
            else:
                changed |= items.merge(conn, keep, other, USER, now)
        number = past.seen + len(places) + 1
        return Outcome(f"Merged {number} into {keep.kind} {_title(conn, keep)}", changed, [keep])

    return await act_in_parts(
        ctx, f"merge_{keep.kind}", range(len(others)), body, dry_run=dry_run, costly=True
    )


async def _needed(ctx: Context, refs: Sequence[Ref]) -> dict[Ref, str]:
    """The first one's name, safe to show. Raises ActionError when one of them is not there."""
    if not refs:
        raise ActionError("Nothing is chosen.")

    def read(conn: sqlite3.Connection) -> dict[Ref, str]:
        for ref in refs:
            records.need(conn, ref)
        return {refs[0]: _title(conn, refs[0])}

    return await ctx.db.read(read)


async def add_address(ctx: Context, person_id: int, address: str) -> RecordDone:
    """Give an existing contact one more address; their past mail is theirs at once (R45)."""
    ((key, _),) = checked("person", {"addresses": [address]}, new=False)["addresses"]
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        ref = Ref("person", person_id)
        records.need(conn, ref)
        if not people.add_address(conn, person_id, key, now):
            raise ActionError("The address is there already.")
        return Outcome(f"Added {one_line(key, 60)} to {_title(conn, ref)}", records=[ref])

    done = await act(ctx, "add_address", body)
    ctx.wake_for_contacts()
    return done


async def set_stage(ctx: Context, ref: Ref, stage_id: int, *, dry_run: bool = False) -> RecordDone:
    """Move a deal to another stage, or a project to another phase."""
    key = "phase_id" if ref.kind == "project" else "stage_id"
    if ref.kind == "lead":
        raise ActionError("A lead has no stages.", hint="Make it a deal first.")
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        items.change(conn, ref, {key: stage_id}, now)
        item = items.get(conn, ref)
        assert item is not None
        text = f"Moved {one_line(item.title, 60)} to {one_line(item.stage, 40)}"
        return Outcome(text, _conversations(conn, ref), [ref])

    return await act(ctx, "stage", body, dry_run=dry_run)


async def set_status(
    ctx: Context, ref: Ref, status: str, *, reason: str = "", dry_run: bool = False
) -> RecordDone:
    """Win, lose, reopen, archive or complete an item; its conversations stay with it (R52)."""
    values = {"status": status, **({"lost_reason": reason} if status == "lost" and reason else {})}
    given = checked(ref.kind, values, new=False)
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        asked = set(links.with_candidate(conn, ref))
        items.change(conn, ref, given, now)
        text = f"{_title(conn, ref)} is {'open again' if status == 'open' else status}"
        return Outcome(text, _conversations(conn, ref) | asked, [ref])

    return await act(ctx, "status", body, dry_run=dry_run)


async def convert_lead(
    ctx: Context, lead: Ref, values: Mapping[str, Any], *, dry_run: bool = False
) -> RecordDone:
    """Make a deal of a lead; its conversations go to the deal."""
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        if lead.kind != "lead":
            raise ActionError("Only a lead becomes a deal.")
        old = records.row(conn, lead)
        if old["status"] == "converted":
            raise ActionError("This lead is a deal already.")
        keys = (
            "title", "person_id", "organization_id", "value", "currency", "expected_close",
            "owner_id", "visible_to",
        )  # fmt: skip
        given = checked("deal", {**{key: old[key] for key in keys}, **values}, new=True)
        given["people"] = tuple(items.people_of(conn, lead))
        deal = items.create(conn, "deal", given, now)
        conn.execute(
            "INSERT INTO item_people(person_id, kind, item_id, since)"
            " SELECT person_id, 'deal', ?, since FROM item_people WHERE kind = 'lead'"
            " AND item_id = ? ON CONFLICT(person_id, kind, item_id)"
            " DO UPDATE SET since = min(since, excluded.since)",
            (deal.id, lead.id),
        )
        conn.execute("UPDATE deals SET source_lead_id = ? WHERE id = ?", (lead.id, deal.id))
        for user_id in sight.followers_of(conn, lead):
            sight.set_follower(conn, deal, user_id, True)
        changed = links.hand_over(conn, lead, deal, USER, now)
        items.change(conn, lead, {"status": "converted"}, now)
        conn.execute("UPDATE leads SET deal_id = ? WHERE id = ?", (deal.id, lead.id))
        return Outcome(f"Made a deal of {_title(conn, lead)}", changed, [deal, lead])

    return await act(ctx, "convert_lead", body, dry_run=dry_run)


async def create_activity(
    ctx: Context, values: Mapping[str, Any], *, dry_run: bool = False
) -> RecordDone:
    """Plan something; the journal entry names it."""
    given = checked("activity", values, new=True)
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        activity_id = activities.create(conn, given, now)
        return Outcome(f"Planned {one_line(given['subject'], 60)}", records=[
            Ref("activity", activity_id)
        ])  # fmt: skip

    return await act(ctx, "create_activity", body, dry_run=dry_run)


async def edit_activity(
    ctx: Context, activity_id: int, values: Mapping[str, Any], *, dry_run: bool = False
) -> RecordDone:
    """Change an activity; `done` marks it done or open again."""
    given = checked("activity", values, new=False)
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        activities.change(conn, activity_id, given, now)
        subject = one_line(activities.need(conn, activity_id).subject, 60)
        word = "Done:" if given.get("done") else "Changed"
        return Outcome(f"{word} {subject}", records=[Ref("activity", activity_id)])

    return await act(ctx, "edit_activity", body, dry_run=dry_run)


async def delete_activity(ctx: Context, activity_id: int, *, dry_run: bool = False) -> RecordDone:
    """Remove an activity."""

    def body(conn: sqlite3.Connection) -> Outcome:
        subject = one_line(activities.need(conn, activity_id).subject, 60)
        activities.delete(conn, activity_id)
        return Outcome(f"Deleted {subject}")

    return await act(ctx, "delete_activity", body, dry_run=dry_run)


async def add_note(ctx: Context, ref: Ref, text: str, *, dry_run: bool = False) -> RecordDone:
    """Keep a note with a record."""
    from tui_mail.model.records import clean

    note = clean(text, long=True)
    if not note:
        raise ActionError("The note is empty.")
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        activities.add_note(conn, ref, note, now)
        return Outcome(f"Noted with {_title(conn, ref)}", records=[ref])

    return await act(ctx, "note", body, dry_run=dry_run)


async def edit_note(ctx: Context, note_id: int, text: str, *, dry_run: bool = False) -> RecordDone:
    """Rewrite a note; an empty text removes it."""
    from tui_mail.model.records import clean

    note = clean(text, long=True)
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        ref = activities.change_note(conn, note_id, note, now)
        return Outcome("Changed the note" if note else "Removed the note", records=[ref])

    return await act(ctx, "note", body, dry_run=dry_run)


async def add_stage(ctx: Context, name: str, *, rotten_days: int | None = None) -> RecordDone:
    """Append a stage to the default pipeline."""
    from tui_mail.model.records import clean

    def body(conn: sqlite3.Connection) -> Outcome:
        deals.add_stage(conn, clean(name), rotten_days=rotten_days)
        return Outcome(f"Added stage {one_line(name, 40)}")

    if not clean(name):
        raise ActionError("The stage needs a name.")
    return await act(ctx, "add_stage", body)


def _title(conn: sqlite3.Connection, ref: Ref) -> str:
    """Name of a record, safe to show."""
    return one_line(records.titles(conn, [ref]).get(ref, str(ref)), 60)


def _conversations(conn: sqlite3.Connection, ref: Ref) -> set[int]:
    """Conversations whose rows name an item."""
    if ref.kind not in ITEM_KINDS:
        return set()
    return {link.conversation_id for link in links.of_item(conn, ref)[:300]}
