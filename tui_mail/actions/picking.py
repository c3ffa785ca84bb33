"""The picker behind `l`: which items a conversation may belong to, best first."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.actions.context import Context
from tui_mail.model.records import ITEM_KINDS, Item, Ref
from tui_mail.model.threading import base_subject
from tui_mail.store import items, links, names, organizations
from tui_mail.store.ids import ids_json

_RECENT = 20
_SMALL = (
    "about after and are can for from have how into new not our out please regarding that the this"
    " update was what when with you your und der die das mit von für ein eine"
)
_SMALL_WORDS = frozenset(_SMALL.split())


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the picker."""

    item: Item
    why: str
    """In a few safe words: `person`, `organization`, `linked lately`, `words of the subject` …"""
    score: int
    linked: bool
    """The conversation is linked to it already."""


async def choices(
    ctx: Context, conversation_ids: Sequence[int], typed: str = "", *, limit: int = 20
) -> list[Choice]:
    """What conversations may be linked to; with something typed, records of that name."""
    return await ctx.db.read(rank, tuple(conversation_ids), typed, limit)


def rank(
    conn: sqlite3.Connection, conversation_ids: Sequence[int], typed: str = "", limit: int = 20
) -> list[Choice]:
    """The same on a connection."""
    scores: dict[Ref, int] = {}
    whys: dict[Ref, str] = {}

    def offer(ref: Ref, score: int, why: str) -> None:
        scores[ref] = scores.get(ref, 0) + score
        whys.setdefault(ref, why)

    linked = {one.item for cid in conversation_ids[:50] for one in links.live(conn, cid)}
    for ref in linked:
        offer(ref, 5, "linked")
    for cid in conversation_ids[:50]:
        for ref, _ in links.candidates(conn, cid):
            offer(ref, 100, "fits by address")
    persons, companies, subjects = _surroundings(conn, conversation_ids)
    for ref in _open_of_persons(conn, persons):
        offer(ref, 80, "person")
    for ref in _open_of_organizations(conn, companies):
        offer(ref, 50, "organization")
    for place, ref in enumerate(_recent(conn)):
        offer(ref, _RECENT - place, "linked lately")
    words = {w.lower() for s in subjects for w in re.findall(r"\w{3,}", base_subject(s))}
    for ref, hits in names.matching(conn, sorted(words - _SMALL_WORDS)[:12], ITEM_KINDS).items():
        offer(ref, 15 * hits, "words of the subject")
    if typed.strip():
        order = {ref: -n for n, ref in enumerate(names.find(conn, typed, ITEM_KINDS, 200))}
        refs = sorted(order, key=lambda ref: (-scores.get(ref, 0), -order[ref]))
    else:
        refs = sorted(scores, key=lambda ref: (-scores[ref], ref))
    found = items.get_many(conn, refs[: limit * 3])
    kept = [item for item in found if item.is_open or item.ref in linked or typed.strip()]
    kept.sort(key=lambda item: not item.is_open)
    return [
        Choice(one, whys.get(one.ref, "by name"), scores.get(one.ref, 0), one.ref in linked)
        for one in kept[:limit]
    ]


def _surroundings(
    conn: sqlite3.Connection, conversation_ids: Sequence[int]
) -> tuple[set[int], set[int], list[str]]:
    """Persons, organizations and subjects of conversations."""
    ids = ids_json(conversation_ids)
    persons = {
        row[0]
        for row in conn.execute(
            "SELECT person_id FROM person_conversations"
            " WHERE conversation_id IN (SELECT value FROM json_each(?)) LIMIT 200",
            (ids,),
        )
    }
    companies = {
        row[0]
        for row in conn.execute(
            "SELECT organization_id FROM persons WHERE organization_id IS NOT NULL"
            " AND id IN (SELECT value FROM json_each(?))",
            (ids_json(persons),),
        )
    }
    domains = {
        row[0].rpartition("@")[2]
        for row in conn.execute(
            "SELECT DISTINCT c.address FROM messages m JOIN participants p ON p.message_id = m.id"
            " JOIN correspondents c ON c.id = p.correspondent_id"
            " WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND p.is_own = 0"
            " LIMIT 200",
            (ids,),
        )
    }
    for domain in sorted(domains - {""})[:50]:
        companies |= set(organizations.of_domain(conn, domain))
    subjects = conn.execute(
        "SELECT subject FROM conversations WHERE id IN (SELECT value FROM json_each(?)) LIMIT 20",
        (ids,),
    )
    return persons, companies, [row[0] for row in subjects]


def _open_of_persons(conn: sqlite3.Connection, persons: set[int]) -> list[Ref]:
    rows = conn.execute(
        "SELECT DISTINCT kind, item_id FROM item_people WHERE until IS NULL"
        " AND person_id IN (SELECT value FROM json_each(?)) LIMIT 100",
        (ids_json(persons),),
    )
    return [Ref(row[0], row[1]) for row in rows]


def _open_of_organizations(conn: sqlite3.Connection, companies: set[int]) -> list[Ref]:
    found: list[Ref] = []
    for kind in ITEM_KINDS:
        rows = conn.execute(
            f"SELECT id FROM {kind}s WHERE status = 'open' AND organization_id IN"
            " (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT 50",
            (ids_json(companies),),
        )
        found += [Ref(kind, row[0]) for row in rows]
    return found


def _recent(conn: sqlite3.Connection) -> list[Ref]:
    """What was linked by hand last."""
    rows = conn.execute(
        "SELECT kind, item_id FROM (SELECT kind, item_id, at, id FROM links"
        " WHERE removed_at IS NULL AND source = 'manual' ORDER BY at DESC LIMIT 100)"
        " GROUP BY kind, item_id ORDER BY max(at) DESC, max(id) DESC LIMIT ?",
        (_RECENT,),
    )
    return [Ref(row[0], row[1]) for row in rows]
