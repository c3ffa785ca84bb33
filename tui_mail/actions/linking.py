"""Linking conversations to deals, leads and projects by hand; splitting and merging them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.actions.recorded import Outcome, RecordDone, act
from tui_mail.errors import ActionError
from tui_mail.filing import conversations, linking
from tui_mail.model.linking import FOREVER, Candidate, decide
from tui_mail.model.records import ITEM_KINDS, Ref
from tui_mail.model.safe_text import one_line
from tui_mail.store import links, records
from tui_mail.store.standing import INLINE

USER = "user"


async def link(
    ctx: Context, conversation_ids: Collection[int], item: Ref, *, dry_run: bool = False
) -> RecordDone:
    """Make an item the one these conversations belong to; a former one is replaced (R51, R53)."""
    ids, now = tuple(conversation_ids), ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        _need_item(conn, item)
        for cid in ids:
            _need_conversation(conn, cid)
            primary = links.primaries(conn, [cid]).get(cid)
            if primary is not None and primary.item == item and primary.source == "manual":
                continue
            if primary is not None:
                links.remove(conn, [primary.id], USER, now)
            links.add(conn, cid, item, source="manual", rule="R53", by=USER, now=now)
            links.settle(conn, cid)
        return Outcome(f"Linked {_number(ids)} to {_title(conn, item)}", set(ids), [item])

    return await act(ctx, "link", body, dry_run=dry_run)


async def link_also(
    ctx: Context, conversation_ids: Collection[int], item: Ref, *, dry_run: bool = False
) -> RecordDone:
    """Link to one more item beside the one they belong to; without one it becomes that."""
    ids, now = tuple(conversation_ids), ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        _need_item(conn, item)
        for cid in ids:
            _need_conversation(conn, cid)
            if any(one.item == item for one in links.live(conn, cid)):
                continue
            links.add(
                conn, cid, item, role="secondary", source="manual", rule="R53", by=USER, now=now
            )
            links.settle(conn, cid)
        return Outcome(f"Linked {_number(ids)} also to {_title(conn, item)}", set(ids), [item])

    return await act(ctx, "link_also", body, dry_run=dry_run)


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
    ids, now = tuple(conversation_ids), ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        for cid in ids:
            _need_conversation(conn, cid)
            ended = [one for one in links.live(conn, cid) if item is None or one.item == item]
            links.remove(conn, [one.id for one in ended], USER, now)
            if item is None or ended:
                links.settle(conn, cid, "excluded")
        return Outcome(f"Unlinked {_number(ids)}", set(ids))

    return await act(ctx, "unlink", body, dry_run=dry_run)


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
    if dry_run or not decided:
        return Plan(linked, ambiguous, looked_at)
    now = ctx.now()

    def body(conn: sqlite3.Connection) -> Outcome:
        again, _ = _plan(conn, list(decided))
        for cid, chosen in again.items():
            if chosen is not None:
                linking.link_automatically(conn, cid, chosen, now, rule="R54", by=USER)
        number = sum(chosen is not None for chosen in again.values())
        text = f"Linked {number} conversation{'' if number == 1 else 's'} automatically"
        return Outcome(text, {cid for cid, chosen in again.items() if chosen is not None})

    return Plan(linked, ambiguous, looked_at, await act(ctx, "apply_automatic", body))


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


async def split(ctx: Context, message_ids: Collection[int]) -> RecordDone:
    """Take messages out of their conversation into a new one, which is the last changed one."""
    ids = tuple(message_ids)

    def body(conn: sqlite3.Connection) -> Outcome:
        source, target = conversations.split(conn, ids)
        word = "message" if len(ids) == 1 else "messages"
        return Outcome(f"Split off {len(ids)} {word}", {source, target})

    return await act(ctx, "split", body)


async def merge_conversations(ctx: Context, keep_id: int, other_ids: Sequence[int]) -> RecordDone:
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
    return await act(ctx, "merge_conversations", body)


def _need_item(conn: sqlite3.Connection, item: Ref) -> None:
    if item.kind not in ITEM_KINDS:
        raise ActionError("Conversations are linked to deals, leads and projects.")
    records.need(conn, item)


def _need_conversation(conn: sqlite3.Connection, conversation_id: int) -> None:
    row = conn.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise ActionError(f"There is no conversation {conversation_id}.")


def _number(ids: Sequence[int]) -> str:
    return f"{len(ids)} conversation{'' if len(ids) == 1 else 's'}"


def _title(conn: sqlite3.Connection, ref: Ref) -> str:
    return one_line(records.titles(conn, [ref]).get(ref, str(ref)), 60)
