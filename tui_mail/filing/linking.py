"""Linking conversations to items as mail comes in (R46 to R53); the rules are model.linking's."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tui_mail.model.linking import FOREVER, Candidate, Decision, decide
from tui_mail.model.records import Ref
from tui_mail.store import blocks, links
from tui_mail.store.ids import ids_json
from tui_mail.store.links import AUTOMATION, Link
from tui_mail.store.standing import TAKES_PART

_COUNTS = "m.screened_by IS NULL AND m.deleted_at IS NULL AND m.state IN ('received', 'sent')"


def evaluate(
    conn: sqlite3.Connection,
    conversation_ids: Collection[int],
    now: int,
    *,
    arrived: Mapping[int, int] | None = None,
) -> set[int]:
    """Decide for conversations that automation may touch; returns those whose link changed.

    `arrived` has the time of the oldest new mail of each conversation: one that is linked already
    is only looked at again when something older than its evidence came.
    """
    if not conversation_ids or not _any_items(conn):
        return set()
    found = _open_to_automation(conn, conversation_ids, arrived)
    if not found:
        return set()
    changed: set[int] = set()
    for conversation_id, decision in _decisions(conn, found).items():
        if _apply(conn, conversation_id, found[conversation_id], decision, now):
            changed.add(conversation_id)
    return changed


def evaluate_arrivals(conn: sqlite3.Connection, message_ids: Collection[int], now: int) -> set[int]:
    """Decide for the conversations of new messages; returns those whose link changed."""
    if not message_ids or not _any_items(conn):
        return set()
    arrived = dict(
        conn.execute(
            "SELECT conversation_id, min(sort_at) FROM messages"
            " WHERE id IN (SELECT value FROM json_each(?)) AND screened_by IS NULL"
            " GROUP BY conversation_id",
            (ids_json(message_ids),),
        ).fetchall()
    )
    return evaluate(conn, arrived, now, arrived=arrived)


def _any_items(conn: sqlite3.Connection) -> bool:
    return conn.execute("SELECT 1 FROM item_people LIMIT 1").fetchone() is not None


@dataclass(frozen=True, slots=True)
class _Current:
    state: str
    link: Link | None


def _open_to_automation(
    conn: sqlite3.Connection, conversation_ids: Collection[int], arrived: Mapping[int, int] | None
) -> dict[int, _Current]:
    """Conversations the user has not decided about (R53)."""
    primaries = links.primaries(conn, conversation_ids)
    found: dict[int, _Current] = {}
    for conversation_id, state in conn.execute(
        "SELECT id, link_state FROM conversations WHERE id IN (SELECT value FROM json_each(?))",
        (ids_json(conversation_ids),),
    ):
        link = primaries.get(conversation_id)
        if state == "excluded" or (link is not None and not _is_ours(link)):
            continue
        if link is not None and arrived is not None:
            oldest = arrived.get(conversation_id)
            if oldest is None or oldest > link.evidence_at:
                continue
        found[conversation_id] = _Current(state, link)
    return found


def _is_ours(link: Link) -> bool:
    """Made by automation on its own, not at the user's command (R54)."""
    return link.source == "auto" and link.by == AUTOMATION


def _decisions(conn: sqlite3.Connection, current: Mapping[int, _Current]) -> dict[int, Decision]:
    began = beginnings(conn, current)
    found = candidates(conn, current)
    decisions: dict[int, Decision] = {}
    for cid, one in current.items():
        linked = one.link.item if one.link is not None else None
        here = found.get(cid, [])
        if cid in began and (linked is None or any(each.ref == linked for each in here)):
            decisions[cid] = decide(began[cid], here, linked)
    return decisions


def beginnings(conn: sqlite3.Connection, conversation_ids: Iterable[int]) -> dict[int, int]:
    """When each conversation began, as far as its mail is here."""
    return dict(
        conn.execute(
            "SELECT m.conversation_id, min(m.sort_at) FROM messages m WHERE m.conversation_id IN"
            f" (SELECT value FROM json_each(?)) AND {_COUNTS} GROUP BY m.conversation_id",
            (ids_json(conversation_ids),),
        ).fetchall()
    )


def candidates(
    conn: sqlite3.Connection,
    conversation_ids: Iterable[int],
    *,
    every_mail: bool = False,
) -> dict[int, list[Candidate]]:
    """The items of everybody who takes part, by conversation.

    Bulk and automatic mail leads to none (R47), and neither does mail of accounts in manual mode
    (R46) unless the user's own command asks for `every_mail`.
    """
    own = blocks.own_addresses(conn)
    which = "m.kind = 0" if every_mail else "m.kind = 0 AND m.auto_link = 1"
    entered: dict[int, list[tuple[int, str, int, int]]] = defaultdict(list)
    persons: set[int] = set()
    for cid, person_id, address, since, at in conn.execute(
        "SELECT m.conversation_id, a.person_id, a.address, a.since, min(m.sort_at)"
        " FROM messages m JOIN participants p ON p.message_id = m.id"
        " JOIN person_addresses a ON a.correspondent_id = p.correspondent_id"
        f" WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND {TAKES_PART}"
        f" AND {_COUNTS} AND {which} GROUP BY m.conversation_id, a.person_id, a.address",
        (ids_json(conversation_ids),),
    ):
        if address not in own:
            entered[cid].append((person_id, address, since, at))
            persons.add(person_id)
    items: dict[int, list[tuple[Ref, int, int]]] = defaultdict(list)
    for person_id, kind, item_id, since, until in conn.execute(
        "SELECT person_id, kind, item_id, since, until FROM item_people"
        " WHERE person_id IN (SELECT value FROM json_each(?))",
        (ids_json(persons),),
    ):
        closed_at = FOREVER if until is None else until
        items[person_id].append((Ref(kind, item_id), since, closed_at))
    found: dict[int, list[Candidate]] = {}
    for cid, entries in entered.items():
        found[cid] = [
            Candidate(at, ref, address, person_id, max(since, known_since), until)
            for person_id, address, known_since, at in entries
            for ref, since, until in items.get(person_id, ())
        ]
    return found


def _apply(
    conn: sqlite3.Connection,
    conversation_id: int,
    current: _Current,
    decision: Decision,
    now: int,
) -> bool:
    chosen = decision.chosen
    if chosen is not None:
        if current.link is not None and current.link.item == chosen.ref:
            conn.execute(
                "UPDATE links SET address = ?, evidence_at = ? WHERE id = ?",
                (chosen.address, chosen.entered_at, current.link.id),
            )
            return False
        _unlink(conn, current, now)
        link_automatically(conn, conversation_id, chosen, now)
        return True
    if current.state == decision.state == "none":
        return False
    _unlink(conn, current, now)
    links.set_candidates(
        conn, conversation_id, [(one.ref, one.address) for one in decision.candidates]
    )
    links.settle(conn, conversation_id, decision.state)
    return current.state != decision.state


def _unlink(conn: sqlite3.Connection, current: _Current, now: int) -> None:
    if current.link is not None:
        links.remove(conn, [current.link.id], AUTOMATION, now)


def link_automatically(
    conn: sqlite3.Connection,
    conversation_id: int,
    chosen: Candidate,
    now: int,
    *,
    rule: str = "R47",
    by: str = AUTOMATION,
) -> None:
    """Link to the one item there is."""
    links.add(
        conn,
        conversation_id,
        chosen.ref,
        source="auto",
        rule=rule,
        by=by,
        now=now,
        address=chosen.address,
        evidence_at=chosen.entered_at,
    )
    links.settle(conn, conversation_id)
