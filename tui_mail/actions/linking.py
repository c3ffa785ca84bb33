"""Linking conversations to deals, leads and projects by hand; splitting and merging them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before
from tui_mail.actions.recorded import Outcome, RecordDone, act, act_in_parts
from tui_mail.errors import ActionError
from tui_mail.filing import conversations, linking
from tui_mail.model.linking import FOREVER, Candidate, decide
from tui_mail.model.records import ITEM_KINDS, Ref
from tui_mail.model.safe_text import one_line
from tui_mail.store import links, records
from tui_mail.store.standing import INLINE

USER = "user"


async def link(
    ctx: Context,
    conversation_ids: Collection[int],
    item: Ref,
    *,
    dry_run: bool = False,
    after: int | None = None,
) -> RecordDone:
    """Make an item the one these conversations belong to; a former one is replaced (R51, R53).

    `after` is the journal entry that made the item: undo takes both back.
    """
    now = ctx.now()

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        _need_item(conn, item)
        here = _here(conn, ids)
        for cid in here:
            primary = links.primaries(conn, [cid]).get(cid)
            if primary is not None and primary.item == item and primary.source == "manual":
                continue
            if primary is not None:
                links.remove(conn, [primary.id], USER, now)
            links.add(conn, cid, item, source="manual", rule="R53", by=USER, now=now)
            links.settle(conn, cid)
        number = _number(past.seen + len(here))
        return Outcome(f"Linked {number} to {_title(conn, item)}", set(here), [item])

    return await act_in_parts(ctx, "link", conversation_ids, body, dry_run=dry_run, after=after)


async def link_also(
    ctx: Context,
    conversation_ids: Collection[int],
    item: Ref,
    *,
    dry_run: bool = False,
    after: int | None = None,
) -> RecordDone:
    """Link to one more item beside the one they belong to; without one it becomes that."""
    now = ctx.now()

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        _need_item(conn, item)
        here = _here(conn, ids)
        for cid in here:
            if any(one.item == item for one in links.live(conn, cid)):
                continue
            links.add(
                conn, cid, item, role="secondary", source="manual", rule="R53", by=USER, now=now
            )
            links.settle(conn, cid)
        number = _number(past.seen + len(here))
        return Outcome(f"Linked {number} also to {_title(conn, item)}", set(here), [item])

    return await act_in_parts(
        ctx, "link_also", conversation_ids, body, dry_run=dry_run, after=after
    )


async def make_primary(ctx: Context, conversation_id: int, item: Ref) -> RecordDone:
    """Make one of the linked items the one the conversation belongs to; the others stay."""
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        linked = links.live(conn, conversation_id)
        if all(one.item != item for one in linked):
            raise ActionError("The conversation is not linked to that.")
        for one in linked:
            if one.role == "primary" and one.item != item:
                conn.execute(
                    "UPDATE links SET role = 'secondary', source = 'manual' WHERE id = ?",
                    (one.id,),
                )
        if linked[0].item != item:
            links.add(conn, conversation_id, item, source="manual", rule="R53", by=USER, now=now)
        links.settle(conn, conversation_id)
        return Outcome(f"Now belongs to {_title(conn, item)}", {conversation_id}, [item])

    return await act(ctx, "make_primary", body)


async def unlink(
    ctx: Context,
    conversation_ids: Collection[int],
    item: Ref | None = None,
    *,
    dry_run: bool = False,
) -> RecordDone:
    """End one link, or all; automation leaves such a conversation alone from now on (R53).

    Without links this takes an ambiguous conversation out of its lane.
    """
    now = ctx.now()

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        here = _here(conn, ids)
        for cid in here:
            ended = [one for one in links.live(conn, cid) if item is None or one.item == item]
            links.remove(conn, [one.id for one in ended], USER, now)
            if item is None or ended:
                links.settle(conn, cid, "excluded")
        return Outcome(f"Unlinked {_number(past.seen + len(here))}", set(here))

    return await act_in_parts(ctx, "unlink", conversation_ids, body, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying automatic linking would do, or did."""

    linked: tuple[tuple[int, Ref], ...]
    """(conversation, item) of those with exactly one candidate."""
    ambiguous: tuple[int, ...]
    looked_at: int
    done: RecordDone | None = None


async def apply_automatic(
    ctx: Context, conversation_ids: Collection[int] | None = None, *, dry_run: bool = True
) -> Plan:
    """Link what is unlinked now by the rule for new mail, past mail and new items too (R54).

    None takes every unlinked conversation with somebody known in it. Those the user unlinked are
    left alone. With `dry_run` nothing changes.
    """
    decided, looked_at = await ctx.db.read(_plan, conversation_ids)
    linked = tuple((cid, one.ref) for cid, one in decided.items() if one is not None)
    ambiguous = tuple(cid for cid, one in decided.items() if one is None)
    if dry_run or not linked:
        return Plan(linked, ambiguous, looked_at)
    now = ctx.now()

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        again, _ = _plan(conn, ids)
        for cid, chosen in again.items():
            if chosen is not None:
                linking.link_automatically(conn, cid, chosen, now, rule="R54", by=USER)
        done = {cid for cid, chosen in again.items() if chosen is not None}
        return Outcome(f"Linked {_number(past.changed + len(done))} automatically", done)

    done = await act_in_parts(ctx, "apply_automatic", [cid for cid, _ in linked], body)
    return Plan(linked, ambiguous, looked_at, done)


def _plan(
    conn: sqlite3.Connection, conversation_ids: Collection[int] | None
) -> tuple[dict[int, Candidate | None], int]:
    """The one item of each unlinked conversation, None where there are several."""
    unlinked = "SELECT c.id FROM conversations c WHERE c.link_state IN ('none', 'ambiguous')"
    if conversation_ids is None:
        rows = conn.execute(
            f"{unlinked} AND c.shown > 0 AND c.id IN"
            " (SELECT conversation_id FROM person_conversations)"
        ).fetchall()
    else:
        rows = conn.execute(
            f"{unlinked} AND c.id IN (SELECT value FROM json_each(?))",
            ("[" + ",".join(map(str, conversation_ids)) + "]",),
        ).fetchall()
    ids = [row[0] for row in rows]
    decided: dict[int, Candidate | None] = {}
    for start in range(0, len(ids), INLINE):
        part = ids[start : start + INLINE]
        for cid, found in linking.candidates(conn, part, every_mail=True).items():
            decision = decide(FOREVER, [one for one in found if one.is_open])
            if decision.state != "none":
                decided[cid] = decision.chosen
    return decided, len(ids)


async def split(ctx: Context, message_ids: Collection[int], *, dry_run: bool = False) -> RecordDone:
    """Take messages out of their conversation into a new one, which is the last changed one."""
    ids = tuple(message_ids)

    def body(conn: sqlite3.Connection) -> Outcome:
        source, target = conversations.split(conn, ids)
        word = "message" if len(ids) == 1 else "messages"
        return Outcome(f"Split off {len(ids)} {word}", {source, target})

    return await act(ctx, "split", body, dry_run=dry_run)


async def merge_conversations(
    ctx: Context, keep_id: int, other_ids: Sequence[int], *, dry_run: bool = False
) -> RecordDone:
    """Make one conversation of several; the links of all stay with it."""
    others = tuple(cid for cid in dict.fromkeys(other_ids) if cid != keep_id)

    def body(conn: sqlite3.Connection) -> Outcome:
        for cid in (keep_id, *others):
            _need_conversation(conn, cid)
        for cid in others:
            conversations.merge(conn, cid, keep_id)
        return Outcome(f"Merged {len(others) + 1} conversations", {keep_id, *others})

    if not others:
        raise ActionError("Choose at least two conversations.")
    return await act(ctx, "merge_conversations", body, dry_run=dry_run)


def _need_item(conn: sqlite3.Connection, item: Ref) -> None:
    if item.kind not in ITEM_KINDS:
        raise ActionError("Conversations are linked to deals, leads and projects.")
    records.need(conn, item)


def _exists(conn: sqlite3.Connection, conversation_id: int) -> bool:
    row = conn.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
    return row is not None


def _need_conversation(conn: sqlite3.Connection, conversation_id: int) -> None:
    if not _exists(conn, conversation_id):
        raise ActionError(f"There is no conversation {conversation_id}.")


def _here(conn: sqlite3.Connection, ids: Sequence[int]) -> list[int]:
    """Those that are there; one may have gone since the key was pressed. Refuses when none is."""
    found = [cid for cid in ids if _exists(conn, cid)]
    if ids and not found:
        _need_conversation(conn, ids[0])
    return found


def _number(number: int) -> str:
    return f"{number} conversation{'' if number == 1 else 's'}"


def _title(conn: sqlite3.Connection, ref: Ref) -> str:
    return one_line(records.titles(conn, [ref]).get(ref, str(ref)), 60)
