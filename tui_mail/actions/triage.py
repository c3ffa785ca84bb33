"""Archive, delete, spam, move, read, star, mute.

Each is one transaction, or several where there are many conversations: the visible state, the
operations for the server and the journal entry, from which `actions.undoing` takes it back.
Conversations are named by the ids taken at the key press.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before, Done, in_parts
from tui_mail.errors import ActionError
from tui_mail.filing import intents
from tui_mail.model.messages import Flag
from tui_mail.model.policy import Policy
from tui_mail.model.safe_text import one_line
from tui_mail.store import accounts, journal, unnumbered
from tui_mail.store.flag_folds import fold_flags
from tui_mail.store.folds import fold, recount
from tui_mail.store.ids import ids_json


async def archive(ctx: Context, conversation_ids: Collection[int]) -> Done:
    """Take every inbox message of these conversations out of the inbox (R19, R24)."""
    return await _act(ctx, _archive, conversation_ids)


async def delete(ctx: Context, conversation_ids: Collection[int]) -> Done:
    """Move to Trash, or hide here only where the account says so (R20, R22)."""
    return await _act(ctx, _delete, conversation_ids)


async def report_spam(ctx: Context, conversation_ids: Collection[int]) -> Done:
    """Move to the spam folder and mark as junk."""
    return await _act(ctx, _spam, conversation_ids)


async def move(ctx: Context, conversation_ids: Collection[int], folder_id: int) -> Done:
    """Move the messages of one account's conversations to one of its folders."""
    return await _act(ctx, _move, conversation_ids, folder_id)


async def set_read(ctx: Context, conversation_ids: Collection[int], read: bool) -> Done:
    """Mark every message read; unread marks only the newest message that is not our own."""
    return await _act(ctx, _read, conversation_ids, read)


async def mark_message_read(ctx: Context, message_id: int) -> Done:
    """Mark one message read because it was opened; not part of undo."""
    policies = await ctx.policies()
    done = await ctx.db.write(_read_message, message_id, policies, ctx.now())
    ctx.wake()
    return done


async def set_star(ctx: Context, conversation_ids: Collection[int], star: bool) -> Done:
    """Star the newest message, or take every star of the conversations away."""
    return await _act(ctx, _star, conversation_ids, star)


async def mute(ctx: Context, conversation_ids: Collection[int], muted: bool) -> Done:
    """Keep conversations, and what is added to them, out of the inbox; only here."""
    return await _act(ctx, _mute, conversation_ids, muted)


async def _act(ctx: Context, unit: Any, conversation_ids: Collection[int], *args: Any) -> Done:
    """Run a unit in parts; mail whose server does not number it is left out, but for muting."""
    policies, now = await ctx.policies(), ctx.now()
    fixed: set[int] = set()
    if unit is not _mute:
        fixed = await ctx.db.read(unnumbered.conversations, conversation_ids)
    able = [cid for cid in conversation_ids if cid not in fixed]
    if fixed and not able:
        raise ActionError(f"This cannot be done: {unnumbered.WORDS}.")

    async def part(ids: Sequence[int], before: Before) -> Done:
        done: Done = await ctx.db.write(unit, ids, policies, now, before, *args)
        return done

    done = await in_parts(able, part, lambda entry: ctx.db.write(journal.complete, entry))
    ctx.wake()
    return replace(done, summary=f"{done.summary}; {len(fixed)} cannot be") if fixed else done


def _archive(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
) -> Done:
    places = intents.messages_in(conn, ids, ("inbox",))
    entry, before = _begin(conn, "archive", ids, [place[0] for place in places], now)
    targets: dict[int, tuple[int, bool]] = {}
    for message_id, account_id, folder_id, _ in places:
        policy = policies.get(account_id, Policy())
        if (
            policy.gmail
            and policy.archive_remote
            and intents.relabel(
                conn,
                message_id,
                account_id,
                remove=["\\Inbox"],
                verb="archive",
                now=now,
                journal_id=entry,
            )
        ):
            continue
        if account_id not in targets:
            targets[account_id] = intents.archive_target(conn, account_id, policy)
        target, local = targets[account_id]
        intents.relocate(
            conn,
            message_id,
            account_id,
            folder_id,
            target,
            verb="archive",
            now=now,
            journal_id=entry,
            local=local,
        )
    return _finish(conn, entry, past, "Archived", ids, before, now, places=True)


def _delete(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
) -> Done:
    places = [p for p in intents.messages_in(conn, ids) if p[3] != "trash"]
    entry, before = _begin(conn, "delete", ids, {place[0] for place in places}, now)
    _to_role(conn, places, "trash", "delete", policies, entry, now)
    return _finish(conn, entry, past, "Deleted", ids, before, now, places=True)


def _spam(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
) -> Done:
    places = [p for p in intents.messages_in(conn, ids) if p[3] not in ("junk", "sent", "drafts")]
    messages = {place[0] for place in places}
    entry, before = _begin(conn, "spam", ids, messages, now)
    intents.flag(conn, messages, add=Flag.JUNK, verb="spam", now=now, journal_id=entry)
    _to_role(conn, places, "junk", "spam", policies, entry, now)
    return _finish(
        conn, entry, past, "Reported as spam", ids, before, now, places=True, flags=Flag.JUNK
    )


def _to_role(
    conn: sqlite3.Connection,
    places: Sequence[tuple[int, int, int, str]],
    role: str,
    verb: str,
    policies: Mapping[int, Policy],
    entry: int,
    now: int,
) -> None:
    """Move places to an account's Trash or Junk; without one, hide the mail here only."""
    by_message: dict[int, list[tuple[int, int, str]]] = {}
    for message_id, account_id, folder_id, place_role in places:
        by_message.setdefault(message_id, []).append((account_id, folder_id, place_role))
    for message_id, where in by_message.items():
        account_id = where[0][0]
        policy = policies.get(account_id, Policy())
        folder = accounts.role_folder(conn, account_id, role)
        if folder is None or (role == "trash" and not policy.delete_remote):
            intents.bury(conn, message_id, now)
            continue
        if policy.gmail:
            where = [w for w in where if w[2] == "all"] or where[:1]
        for _, folder_id, _ in where:
            intents.relocate(
                conn,
                message_id,
                account_id,
                folder_id,
                folder.id,
                verb=verb,
                now=now,
                journal_id=entry,
            )


def _move(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
    folder_id: int,
) -> Done:
    target = accounts.folder(conn, folder_id)
    if target is None or not target.selectable:
        raise ActionError("That folder cannot hold mail.", hint="Choose another one.")
    places = [
        place
        for place in intents.messages_in(conn, ids)
        if place[1] == target.account_id and place[3] not in ("sent", "drafts")
    ]
    if not places:
        raise ActionError(
            "None of these conversations is in that folder's account.",
            hint="Mail moves within its own account.",
        )
    primary: dict[int, tuple[int, int, int, str]] = {}
    for place in places:
        if place[0] not in primary or place[3] == "inbox":
            primary[place[0]] = place
    entry, before = _begin(conn, "move", ids, primary, now)
    for message_id, account_id, source, _ in primary.values():
        intents.relocate(
            conn,
            message_id,
            account_id,
            source,
            target.id,
            verb="move",
            now=now,
            journal_id=entry,
        )
    verb = f"Moved to {one_line(target.name, 40)}:"
    return _finish(conn, entry, past, verb, ids, before, now, places=True)


def _read(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
    read: bool,
) -> Done:
    messages = _messages(conn, ids, "flags & 1 = 0") if read else _newest(conn, ids)
    entry, before = _begin(conn, "read" if read else "unread", ids, messages, now)
    change = {"add": Flag.SEEN} if read else {"remove": Flag.SEEN}
    intents.flag(
        conn, messages, verb="read" if read else "unread", now=now, journal_id=entry, **change
    )
    word = "Marked read" if read else "Marked unread"
    return _finish(conn, entry, past, word, ids, before, now, flags=Flag.SEEN)


def _read_message(
    conn: sqlite3.Connection, message_id: int, policies: Mapping[int, Policy], now: int
) -> Done:
    if unnumbered.has(conn, message_id):
        return Done(None, "", (), undoable=False)
    intents.flag(conn, [message_id], add=Flag.SEEN, verb="read", now=now, journal_id=None)
    changed = fold_flags(conn, [message_id])
    return Done(None, "", tuple(changed), undoable=False)


def _star(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
    star: bool,
) -> Done:
    messages = _newest(conn, ids) if star else _messages(conn, ids, "flags & 2 <> 0")
    entry, before = _begin(conn, "star" if star else "unstar", ids, messages, now)
    change = {"add": Flag.FLAGGED} if star else {"remove": Flag.FLAGGED}
    intents.flag(
        conn, messages, verb="star" if star else "unstar", now=now, journal_id=entry, **change
    )
    word = "Starred" if star else "Unstarred"
    return _finish(conn, entry, past, word, ids, before, now, flags=Flag.FLAGGED)


def _mute(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    policies: Mapping[int, Policy],
    now: int,
    past: Before,
    muted: bool,
) -> Done:
    rows = conn.execute(
        "SELECT id FROM conversations WHERE id IN (SELECT value FROM json_each(?))"
        f" AND muted_at IS {'' if muted else 'NOT '}NULL",
        (ids_json(ids),),
    ).fetchall()
    changed = [row[0] for row in rows]
    conn.execute(
        "UPDATE conversations SET muted_at = ? WHERE id IN (SELECT value FROM json_each(?))",
        (now if muted else None, ids_json(changed)),
    )
    recount(conn, changed)
    word = "Muted" if muted else "Unmuted"
    if not changed:
        return Done(None, f"{word}: nothing to do here", (), undoable=False)
    summary = _summary(word, past.changed + len(changed))
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action="mute" if muted else "unmute",
        summary=summary,
        targets={"conversations": list(changed)},
        undo={"kind": "mute", "conversations": list(changed), "muted": not muted, **past.chain()},
    )
    return Done(entry, summary, tuple(changed))


def _messages(conn: sqlite3.Connection, ids: Sequence[int], condition: str) -> list[int]:
    return [
        row[0]
        for row in conn.execute(
            "SELECT id FROM messages WHERE conversation_id IN (SELECT value FROM json_each(?))"
            f" AND deleted_at IS NULL AND {condition}",
            (ids_json(ids),),
        )
    ]


def _newest(conn: sqlite3.Connection, ids: Sequence[int]) -> list[int]:
    """The newest message of each conversation, somebody else's where there is one."""
    newest: dict[int, tuple[bool, int, int]] = {}
    for cid, message_id, is_own, sort_at in conn.execute(
        "SELECT conversation_id, id, is_own, sort_at FROM messages"
        " WHERE conversation_id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL"
        " AND state IN ('received', 'sent') AND orphaned_at IS NULL",
        (ids_json(ids),),
    ):
        key = (not is_own, sort_at, message_id)
        newest[cid] = max(newest.get(cid, key), key)
    return [key[2] for key in newest.values()]


def _begin(
    conn: sqlite3.Connection,
    action: str,
    ids: Sequence[int],
    messages: Collection[int],
    now: int,
) -> tuple[int, dict[str, object]]:
    before = intents.snapshot(conn, set(messages))
    entry = journal.add(
        conn,
        now=now,
        actor="user",
        action=action,
        summary="",
        targets={"conversations": list(ids), "messages": [int(key) for key in before]},
    )
    return entry, before


def _finish(
    conn: sqlite3.Connection,
    entry: int,
    past: Before,
    verb: str,
    ids: Sequence[int],
    before: dict[str, object],
    now: int,
    *,
    places: bool = False,
    flags: Flag = Flag.NONE,
) -> Done:
    messages = [int(key) for key in before]
    if places:
        changed = fold(conn, messages)
        recount(conn, changed)
    else:
        changed = fold_flags(conn, messages)
    if not changed:
        conn.execute("DELETE FROM journal WHERE id = ?", (entry,))
        return Done(None, f"{verb}: nothing to do here", (), undoable=False)
    summary = _summary(verb, past.changed + len(changed))
    undo_data = {"kind": "state", "before": before, "places": places, "flags": int(flags)}
    undo_data |= past.chain()
    conn.execute("UPDATE journal SET summary = ? WHERE id = ?", (summary, entry))
    journal.set_undo(conn, entry, undo_data)
    return Done(entry, summary, tuple(changed))


def _summary(verb: str, number: int) -> str:
    return f"{verb} {number} conversation{'' if number == 1 else 's'}"
