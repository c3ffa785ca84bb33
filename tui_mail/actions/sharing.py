"""Who sees a conversation: setting it, and naming everybody who will (R38 to R44)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before
from tui_mail.actions.recorded import Outcome, RecordDone, act, act_in_parts
from tui_mail.errors import ActionError
from tui_mail.model.records import Ref
from tui_mail.model.safe_text import one_line
from tui_mail.model.visibility import PRIVATE, SHARED, MailSight
from tui_mail.store import records, sight


@dataclass(frozen=True, slots=True)
class Audience:
    """What sharing conversations would mean."""

    names: tuple[str, ...]
    """Everybody else who sees them then; not yet safe to show."""
    gain: tuple[str, ...]
    """Those of them who see none of it now."""
    private: int
    """Messages that are private now."""
    shared: int
    unlinked: int
    """Conversations linked to no record: shared, they are still seen by nobody else."""


async def audience(ctx: Context, conversation_ids: Collection[int]) -> Audience:
    """Who would see these conversations if they were shared."""
    return await ctx.db.read(_audience, tuple(conversation_ids))


def _audience(conn: sqlite3.Connection, ids: tuple[int, ...]) -> Audience:
    users = sight.users(conn)
    then: dict[str, None] = {}
    now: set[str] = set()
    private = shared = unlinked = 0
    for cid in ids:
        records = sight.records_of(conn, cid)
        unlinked += not records
        if_shared = MailSight(sight.SELF, SHARED, records)
        then |= dict.fromkeys(user.name for user in sight.watchers(users, if_shared))
        mine, others = sight.counts(conn, cid)
        private += mine
        shared += others
        if others:
            now |= {user.name for user in sight.watchers(users, if_shared)}
    gain = tuple(name for name in then if name not in now)
    return Audience(tuple(then), gain, private, shared, unlinked)


async def follow(
    ctx: Context, ref: Ref, user_id: int, follows: bool = True, *, dry_run: bool = False
) -> RecordDone:
    """Let a user follow a record: they see it, and its shared mail, whoever else may (R42, B33)."""

    def body(conn: sqlite3.Connection) -> Outcome:
        records.need(conn, ref)
        names = {user.id: user.name for user in sight.users(conn)}
        if user_id not in names:
            raise ActionError(f"There is no user {user_id}.")
        sight.set_follower(conn, ref, user_id, follows)
        verb = "follows" if follows else "no longer follows"
        title = records.titles(conn, [ref])[ref]
        words = f"{one_line(names[user_id], 40)} {verb} {one_line(title, 60)}"
        return Outcome(words, records=[ref])

    return await act(ctx, "follow" if follows else "unfollow", body, dry_run=dry_run)


async def share(
    ctx: Context, conversation_ids: Collection[int], shared: bool, *, dry_run: bool = False
) -> RecordDone:
    """Share conversations or make them private: the mail that is here and what comes (R41)."""
    setting = SHARED if shared else PRIVATE

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        for cid in ids:
            conn.execute(
                "UPDATE conversations SET visibility = ?1 WHERE id = ?2 AND visibility IS NOT ?1",
                (setting, cid),
            )
            conn.execute(
                "UPDATE messages SET visibility = ?1 WHERE conversation_id = ?2"
                " AND visibility <> ?1",
                (setting, cid),
            )
        word = "Shared" if shared else "Made private"
        number = past.seen + len(ids)
        return Outcome(f"{word} {number} conversation{'' if number == 1 else 's'}", set(ids))

    action = "share" if shared else "unshare"
    return await act_in_parts(ctx, action, conversation_ids, body, dry_run=dry_run)
