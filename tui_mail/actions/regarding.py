"""What a mail being written will belong to: its item, and who sees it (R3, R38, R51)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tui_mail.actions.composition import parse_people
from tui_mail.actions.context import Context
from tui_mail.actions.recorded import Outcome, record, refold
from tui_mail.errors import ActionError
from tui_mail.model.addresses import Address
from tui_mail.model.drafts import DraftContent
from tui_mail.model.records import ITEM_KINDS, Ref, parse_ref
from tui_mail.model.visibility import PRIVATE, SHARED
from tui_mail.store import items, links, organizations, people, recorder, records, reminders
from tui_mail.store.drafts import Draft

NONE = "none"
"""`DraftContent.item` for a mail that shall be linked to nothing."""


@dataclass(frozen=True, slots=True)
class Regarding:
    """What is known of it now."""

    item: Ref | None
    title: str
    """Of the item; not yet safe to show."""
    how: str
    """`chosen`, `conversation` (linked already), `rule` (automation will link), `several` (it will
    ask), `each` (a group mail: by the rules for each person), `none`."""
    linked: tuple[Ref, ...]
    """Items whose values fill smart fields, the one it belongs to first."""
    shared: bool
    insiders: frozenset[str]
    """Addresses of everybody of the item, and `@domain` of its organization."""


async def regarding(ctx: Context, draft: Draft) -> Regarding:
    """Look it up for a draft as it stands."""
    account = ctx.account(draft.account_id)
    automatic = account is not None and account.link_mode == "automatic"
    default = account.default_visibility if account is not None else PRIVATE
    people_of = [one.key for one in recipients(draft.content)]
    return await ctx.db.read(_regarding, draft, people_of, automatic, default)


def recipients(content: DraftContent) -> tuple[Address, ...]:
    """Everybody in To, Cc and Bcc."""
    return (*parse_people(content.to), *parse_people(content.cc), *parse_people(content.bcc))


def _regarding(
    conn: sqlite3.Connection, draft: Draft, keys: list[str], automatic: bool, default: str
) -> Regarding:
    content, cid = draft.content, draft.conversation_id
    live = [one.item for one in links.live(conn, cid)] if cid else []
    chosen = parse_ref(content.item)
    how = "none"
    if chosen is not None and records.exists(conn, chosen):
        linked, how = [chosen, *(ref for ref in live if ref != chosen)], "chosen"
    elif content.item == NONE:
        linked = []
    elif live:
        linked, how = live, "conversation"
    elif content.group:
        linked, how = [], "each"
    else:
        linked = _by_rule(conn, keys) if automatic and not cid else []
        how = {0: "none", 1: "rule"}.get(len(linked), "several")
        linked = linked if how == "rule" else []
    item = linked[0] if linked else None
    title = records.titles(conn, [item]).get(item, "") if item else ""
    word = content.visibility or _word(conn, cid) or default
    insiders = _insiders(conn, item) if item else frozenset()
    return Regarding(item, title, how, tuple(linked), word == SHARED, insiders)


def _by_rule(conn: sqlite3.Connection, keys: list[str]) -> list[Ref]:
    """The open items of everybody written to: what automation will choose from (R47)."""
    known = {one.id for key in keys for one in people.with_address(conn, key)}
    return [item.ref for item in items.of_persons(conn, sorted(known), only_open=True, limit=3)]


def _word(conn: sqlite3.Connection, conversation_id: int | None) -> str:
    row = conn.execute(
        "SELECT visibility FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    return str(row[0] or "") if row else ""


def _insiders(conn: sqlite3.Connection, item: Ref) -> frozenset[str]:
    found: set[str] = set()
    for person in people.get_many(conn, items.people_of(conn, item)):
        found |= {address for address, _ in person.addresses}
    row = items.get(conn, item)
    if row is not None and row.organization_id:
        found |= {f"@{domain}" for domain in organizations.domains_of(conn, row.organization_id)}
    return frozenset(found)


def checked_item(typed: str) -> str:
    """`deal:4`, `none` or empty as a draft keeps it. Raises ActionError."""
    if typed in ("", NONE):
        return typed
    ref = parse_ref(typed)
    if ref is None or ref.kind not in ITEM_KINDS:
        raise ActionError("Mail is linked to deals, leads and projects.", hint="Such as deal:4.")
    return str(ref)


def apply(
    conn: sqlite3.Connection, conversation_id: int, content: DraftContent, now: int
) -> tuple[set[int], list[recorder.Change]]:
    """Link a conversation, set who sees it and when to look for an answer, as the writer said.

    Returns the conversations changed, and what undo needs.
    """
    item = parse_ref(content.item)

    def body(conn: sqlite3.Connection) -> Outcome:
        if item is not None and records.exists(conn, item):
            primary = links.primaries(conn, [conversation_id]).get(conversation_id)
            if primary is None or primary.item != item:
                if primary is not None:
                    links.remove(conn, [primary.id], "user", now)
                links.add(
                    conn, conversation_id, item, source="manual", rule="R53", by="user", now=now
                )
        if item is not None:
            links.settle(conn, conversation_id)
        elif content.item == NONE:
            ended = [one.id for one in links.live(conn, conversation_id)]
            links.remove(conn, ended, "user", now)
            links.settle(conn, conversation_id, "excluded")
        if content.visibility in (PRIVATE, SHARED):
            for table, key in (("conversations", "id"), ("messages", "conversation_id")):
                conn.execute(
                    f"UPDATE {table} SET visibility = ?1 WHERE {key} = ?2 AND visibility IS NOT ?1",
                    (content.visibility, conversation_id),
                )
        if content.remind_at:
            reminders.put(conn, conversation_id, reminders.REMIND, content.remind_at, now)
        return Outcome("", {conversation_id})

    if not content.item and not content.visibility and not content.remind_at:
        return set(), []
    outcome, changes = record(conn, body, now)
    return refold(conn, changes, outcome.conversations), changes


def take_back(conn: sqlite3.Connection, changes: list[recorder.Change]) -> set[int]:
    """Undo `apply`."""
    recorder.restore(conn, changes)
    return refold(conn, changes)
