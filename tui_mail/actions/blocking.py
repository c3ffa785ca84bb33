"""Blocking senders: what it would hide, doing it, and taking it back. Only here, never remote."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.actions.parts import Before
from tui_mail.actions.recorded import Outcome, RecordDone, act, act_in_parts
from tui_mail.errors import ActionError
from tui_mail.filing import linking, screening
from tui_mail.model import blocking
from tui_mail.model.blocking import Target
from tui_mail.model.safe_text import one_line
from tui_mail.store import blocks, correspondents, messages, pages
from tui_mail.store.blocks import Blocked
from tui_mail.store.pages import Row

SAMPLE = 8
USER = "user"


@dataclass(frozen=True, slots=True)
class Preview:
    """What blocking something would do."""

    target: Target
    refusal: str
    """Why it cannot be done, or empty."""
    warning: str
    """What is to be said before, or empty."""
    conversations: int
    """Conversations with mail that would be hidden, the linked ones left out."""
    messages: int
    sample: tuple[Row, ...]
    linked: tuple[Row, ...]
    """Conversations linked to an item: hidden only when that is confirmed (R32)."""
    known: bool
    """It is blocked already."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the sheet of `b`."""

    kind: str
    """`address`, `domain`, `list` (the address of a mailing list), `mute` or `spam`."""
    target: Target | None
    refusal: str = ""
    warning: str = ""
    conversations: int = 0


async def preview(ctx: Context, text: str, *, account_id: int | None = None) -> Preview:
    """What blocking an address or a domain would hide. Raises ActionError when it is neither."""
    return await ctx.db.read(_preview, blocking.parse_target(text), account_id)


def _preview(conn: sqlite3.Connection, target: Target, account_id: int | None) -> Preview:
    own = blocks.own_addresses(conn)
    refusal = blocking.refusal(target, own, is_public_suffix) or ""
    found = screening.reach(conn, target, account_id)
    return Preview(
        target,
        refusal,
        blocking.warning(target, own),
        len(found.conversations),
        sum(map(len, found.messages.values())),
        tuple(pages.rows_by_id(conn, found.conversations[:SAMPLE])),
        tuple(pages.rows_by_id(conn, found.linked)),
        blocks.find(conn, target, account_id) is not None,
    )


async def offers(ctx: Context, conversation_id: int) -> list[Offer]:
    """What can be blocked from a conversation, with how much each would hide."""
    return await ctx.db.read(_offers, conversation_id)


def _offers(conn: sqlite3.Connection, conversation_id: int) -> list[Offer]:
    targets: dict[Target, str] = {}
    newest = [m for m in messages.of_conversation(conn, conversation_id) if not m.is_own]
    if newest:
        people = correspondents.of_message(conn, newest[-1].id)
        for sender in people.get("from", []):
            key, domain = sender.key, sender.key.rpartition("@")[2]
            if domain and domain != key:
                targets.setdefault(Target("address", key), "address")
                targets.setdefault(Target("domain", domain), "domain")
        if newest[-1].kind & 1:
            for person in people.get("to", []) + people.get("cc", []):
                if "@" in person.key and person.key not in blocks.own_addresses(conn):
                    targets.setdefault(Target("address", person.key), "list")
    found = []
    for target, kind in targets.items():
        seen = _preview(conn, target, None)
        found.append(Offer(kind, target, seen.refusal, seen.warning, seen.conversations))
    return [*found, Offer("mute", None), Offer("spam", None)]


async def block(
    ctx: Context,
    text: str,
    *,
    account_id: int | None = None,
    linked_too: bool = False,
    dry_run: bool = False,
    after: int | None = None,
) -> RecordDone:
    """Block an address or a domain and hide what it covers; nothing changes on the server (R31).

    Conversations linked to an item stay unless `linked_too`. Raises ActionError for own addresses
    and for suffixes under which many have domains.
    """
    target = blocking.parse_target(text)
    now = ctx.now()

    await asyncio.to_thread(_suffixes)  # the list takes longer to load than a transaction may
    found = await ctx.db.read(screening.reach, target, account_id)
    wanted = found.conversations + (found.linked if linked_too else ())

    def body(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        refused = blocking.refusal(target, blocks.own_addresses(conn), is_public_suffix)
        if refused:
            raise ActionError(refused)
        blocks.add(conn, target, account_id, USER, now)
        changed = screening.screen(conn, [mid for cid in ids for mid in found.messages[cid]])
        linking.evaluate(conn, changed, now)
        number = _number(past.changed + len(changed))
        return Outcome(f"Blocked {one_line(str(target), 60)}: {number} hidden", changed)

    return await act_in_parts(ctx, "block", wanted, body, dry_run=dry_run, after=after)


async def unblock(
    ctx: Context, entry_id: int, *, dry_run: bool = False, after: int | None = None
) -> RecordDone:
    """Remove an entry and bring its mail back, but for what another entry covers."""
    now = ctx.now()
    entry = await ctx.db.read(blocks.entry, entry_id)
    if entry is None:
        raise ActionError("That entry is gone already.")
    held = await ctx.db.read(screening.held_by, entry_id)
    name = one_line(str(entry.target), 60)

    def back(conn: sqlite3.Connection, ids: Sequence[int], past: Before) -> Outcome:
        messages = [mid for cid in ids for mid in held[cid]]
        changed = screening.release(conn, entry_id, messages)
        linking.evaluate(conn, changed, now)
        return Outcome(f"Unblocked {name}: {_number(past.changed + len(changed))} back", changed)

    done = await act_in_parts(ctx, "unblock", held, back, dry_run=dry_run, after=after)

    def remove(conn: sqlite3.Connection) -> Outcome:
        blocks.remove(conn, entry_id)
        return Outcome(done.summary)

    last = await act(ctx, "unblock", remove, dry_run=dry_run, after=done.journal_id or after)
    ctx.wake()
    return replace(last, conversation_ids=done.conversation_ids)


async def rescope(ctx: Context, entry_id: int, account_id: int | None) -> RecordDone:
    """Make an entry hold for one account only, or for all (R34); one step of undo."""
    entry = await ctx.db.read(blocks.entry, entry_id)
    if entry is None:
        raise ActionError("That entry is gone already.")
    if entry.account_id == account_id:
        raise ActionError("It is so already.")
    made = await block(ctx, str(entry.target), account_id=account_id)
    done = await unblock(ctx, entry_id, after=made.journal_id)
    where = "one account" if account_id is not None else "all accounts"
    changed = {*made.conversation_ids, *done.conversation_ids}
    summary = f"{one_line(str(entry.target), 60)} is blocked for {where}"
    return replace(done, summary=summary, conversation_ids=tuple(sorted(changed)))


async def entries(ctx: Context) -> list[Blocked]:
    """Every entry with its hits, the newest first."""
    return await ctx.db.read(blocks.entries)


async def find_entry(ctx: Context, text: str, *, account_id: int | None = None) -> Blocked | None:
    """The entry of an address or a domain as typed."""
    return await ctx.db.read(blocks.find, blocking.parse_target(text), account_id)


def _number(number: int) -> str:
    return f"{number} conversation{'' if number == 1 else 's'}"


def is_public_suffix(domain: str) -> bool:
    """Whether domains of many owners stand under a name: `com`, `co.uk`, `github.io`."""
    return bool(_suffixes().publicsuffix(domain) == domain)


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
