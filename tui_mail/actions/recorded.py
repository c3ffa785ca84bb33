"""Actions on records and links: one transaction, one journal entry, an undo that is exact."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before, Done, in_parts
from tui_mail.filing import linking
from tui_mail.model.records import Ref
from tui_mail.store import journal, recorder, standing
from tui_mail.store.folds import recount


@dataclass(slots=True)
class Outcome:
    """What the body of an action reports."""

    summary: str
    """One safe line, in the past tense."""
    conversations: set[int] = field(default_factory=set)
    """Conversations whose row or lanes may look different."""
    records: list[Ref] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RecordDone(Done):
    """What an action on records did."""

    records: tuple[Ref, ...] = ()
    """The records that were made or changed."""


Body = Callable[[sqlite3.Connection], Outcome]
PartBody = Callable[[sqlite3.Connection, Sequence[int], Before], Outcome]
"""The body for some of many ids, and what the parts before it did."""


async def act(
    ctx: Context,
    action: str,
    body: Body,
    *,
    dry_run: bool = False,
    after: int | None = None,
    of: int = 0,
) -> RecordDone:
    """Run `body` as one undoable action; with `dry_run` everything it did is taken back.

    `after` is the journal entry of the part before: undo takes all parts back. `of` is for a part
    that others are to follow: see `actions.parts`.
    """
    chain = Before(after, of=of).chain()
    done = await ctx.db.write(_act, action, body, ctx.now(), dry_run, chain)
    await refold_waiting(ctx)
    return done


async def act_in_parts(
    ctx: Context,
    action: str,
    ids: Collection[int],
    body: PartBody,
    *,
    dry_run: bool = False,
    after: int | None = None,
    costly: bool = False,
) -> RecordDone:
    """Run `body` on many ids, in parts that are one step of undo; see `actions.parts`."""

    async def part(some: Sequence[int], past: Before) -> RecordDone:
        return await act(
            ctx,
            action,
            lambda conn: body(conn, some, past),
            dry_run=dry_run,
            after=past.entry or after,
            of=past.of,
        )

    return await in_parts(
        ids, part, lambda entry: ctx.db.write(journal.complete, entry), costly=costly
    )


def _act(
    conn: sqlite3.Connection,
    action: str,
    body: Body,
    now: int,
    dry_run: bool,
    chain: dict[str, int],
) -> RecordDone:
    if dry_run:
        conn.execute("SAVEPOINT dry_run")
        try:
            outcome = body(conn)
        finally:
            conn.execute("ROLLBACK TO dry_run")
            conn.execute("RELEASE dry_run")
        return RecordDone(
            None,
            outcome.summary,
            tuple(sorted(outcome.conversations)),
            undoable=False,
            records=tuple(outcome.records),
        )
    outcome, changes = record(conn, body, now)
    refs = tuple(outcome.records)
    if not changes:
        return RecordDone(None, outcome.summary, (), undoable=False, records=refs)
    changed = refold(conn, changes, outcome.conversations)
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action=action,
        summary=outcome.summary,
        targets={"conversations": sorted(changed), "records": [str(ref) for ref in refs[:100]]},
        undo={"kind": "rows", "changes": changes, **chain},
    )
    return RecordDone(entry, outcome.summary, tuple(sorted(changed)), records=refs)


def record(conn: sqlite3.Connection, body: Body, now: int) -> tuple[Outcome, list[recorder.Change]]:
    """Run a body, let automation decide about what it concerns, and note every row changed."""
    recorder.begin(conn)
    try:
        outcome = body(conn)
        linking.evaluate(conn, _concerned(conn, now), now)
    except BaseException:
        recorder.end(conn)
        raise
    return outcome, recorder.end(conn)


def _concerned(conn: sqlite3.Connection, now: int) -> set[int]:
    """Conversations whose candidates an action may have changed, the newest ones if they are many.

    Nothing older than what changed is among them: items are never linked to past mail (R50).
    Addresses known since before now come with an import.
    """
    of_items = conn.execute(
        "SELECT DISTINCT c.id FROM temp.noted n JOIN person_conversations pc"
        " ON pc.person_id = json_extract(n.key, '$[0]') JOIN conversations c"
        " ON c.id = pc.conversation_id WHERE n.tbl = 'item_people'"
        " AND (c.link_state = 'ambiguous' OR c.first_at >= (SELECT min(i.since)"
        "  FROM item_people i WHERE i.person_id = pc.person_id)) ORDER BY c.id DESC LIMIT ?",
        (standing.INLINE,),
    )
    of_addresses = conn.execute(
        "SELECT DISTINCT m.conversation_id FROM temp.noted n JOIN person_addresses a"
        " ON a.person_id = json_extract(n.key, '$[0]') AND a.since < ?"
        " JOIN participants p ON p.correspondent_id = a.correspondent_id"
        " JOIN messages m ON m.id = p.message_id WHERE n.tbl = 'person_addresses'"
        " AND m.sort_at >= a.since ORDER BY m.conversation_id DESC LIMIT ?",
        (now, 10 * standing.INLINE),
    )
    return {row[0] for row in (*of_items, *of_addresses)}


def refold(
    conn: sqlite3.Connection, changes: list[recorder.Change], more: Iterable[int] = ()
) -> set[int]:
    """Fold what depends on changed rows again, now or, when it is much, in further transactions."""
    conversations, persons = recorder.touched(changes)
    conversations |= set(more) | standing.of_persons(conn, persons)
    if len(conversations) <= standing.AT_ONCE:
        recount(conn, conversations)
    else:
        standing.put_off(conn, conversations)
    return conversations


def undo_rows(conn: sqlite3.Connection, undo: dict[str, Any]) -> set[int]:
    """Take a recorded action back; returns the conversations that changed."""
    changes: list[recorder.Change] = undo["changes"]
    _, persons = recorder.touched(changes)
    before = standing.of_persons(conn, persons)
    recorder.restore(conn, changes)
    moved = {
        row[0]
        for what, table, key, _ in changes
        if table == "messages" and what == "u"
        for row in conn.execute("SELECT conversation_id FROM messages WHERE id = ?", key)
    }
    return refold(conn, changes, before | moved)


async def refold_waiting(ctx: Context) -> None:
    """Fold what an action left over, some conversations at a time."""
    while await ctx.db.read(_any_waiting):
        await ctx.db.write(_refold_some)


def _any_waiting(conn: sqlite3.Connection) -> bool:
    return conn.execute("SELECT 1 FROM refold LIMIT 1").fetchone() is not None


def _refold_some(conn: sqlite3.Connection) -> None:
    recount(conn, standing.take_waiting(conn))
