"""What the records say of conversations: who is known in them, and which lanes they wait in.

Part of the fold: `read` before a conversation is summed up, `keep` after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui_mail.model.views import View
from tui_mail.store.ids import ids_json
from tui_mail.store.reminders import Reminder, of_conversations

INLINE = 300
"""Conversations that automation looks at again in the transaction that changes a record."""
AT_ONCE = 100
"""Conversations that are folded again in one transaction: about 20 ms; more wait."""

TAKES_PART = (
    "p.is_own = 0 AND (p.role IN ('from', 'to', 'cc', 'bcc')"
    " OR p.role = 'reply_to' AND (m.is_own = 1 OR m.from_address = ''))"
)
"""Participants who are the other side of a message (R2); `p` and `m` are the tables."""


@dataclass(slots=True)
class Standing:
    """One conversation as it is kept now."""

    muted: bool = False
    link_state: str = "none"
    shown: int = 0
    shared: int = 0
    people: dict[int, set[int]] = field(default_factory=dict)
    """Known persons of each message."""
    kept: set[int] = field(default_factory=set)
    """Persons whose conversation it is, as stored."""
    reminders: Mapping[str, Reminder] = field(default_factory=dict)
    """By kind."""
    forgetful: frozenset[int] = frozenset()
    """Accounts whose linked mail goes with the server's copy."""

    def outlives(self, account_id: int) -> bool:
        """Mail that is gone from the server stays readable here, because it is linked (R23)."""
        return self.link_state == "linked" and account_id not in self.forgetful


def read(conn: sqlite3.Connection, ids: str) -> dict[int, Standing]:
    """The standing of conversations, given as a JSON list of ids."""
    forgetful = frozenset(
        row[0] for row in conn.execute("SELECT id FROM accounts WHERE keep_linked = 0")
    )
    found = {
        row[0]: Standing(row[1] is not None, row[2], row[3], row[4], forgetful=forgetful)
        for row in conn.execute(
            "SELECT id, muted_at, link_state, shown, shared FROM conversations"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    if conn.execute("SELECT 1 FROM person_addresses LIMIT 1").fetchone() is not None:
        for cid, message_id, person_id in conn.execute(
            "SELECT m.conversation_id, m.id, a.person_id FROM messages m"
            " JOIN participants p ON p.message_id = m.id"
            " JOIN person_addresses a ON a.correspondent_id = p.correspondent_id"
            f" WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND {TAKES_PART}",
            (ids,),
        ):
            found.setdefault(cid, Standing()).people.setdefault(message_id, set()).add(person_id)
    for person_id, cid in conn.execute(
        "SELECT person_id, conversation_id FROM person_conversations"
        " WHERE conversation_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        found.setdefault(cid, Standing()).kept.add(person_id)
    for cid, kept in of_conversations(conn, ids).items():
        found.setdefault(cid, Standing()).reminders = kept
    return found


def lanes(
    standing: Standing, counted: Sequence[tuple[int, int, int, int]]
) -> list[tuple[View, int, int]]:
    """The lanes a conversation waits in: (view, time, unread).

    `counted` has (message, time, unread, kind) of the messages that are shown. Ambiguous ones wait
    for an answer; unlinked ones with somebody known in them wait to be filed, unless all their
    mail is bulk or automatic.
    """
    if standing.muted or not counted:
        return []
    at = max(row[1] for row in counted)
    unread = sum(row[2] for row in counted)
    if standing.link_state == "ambiguous":
        return [(View.AMBIGUOUS, at, unread)]
    if standing.link_state == "none" and any(
        not kind and standing.people.get(message_id) for message_id, _, _, kind in counted
    ):
        return [(View.UNLINKED, at, unread)]
    return []


def keep(
    conn: sqlite3.Connection,
    found: Mapping[int, Standing],
    shown: Mapping[int, Sequence[tuple[int, bool]]],
) -> None:
    """Write what differs: persons, and how many messages are shown and shared.

    `shown` has (message, shared) of the messages that are shown, by conversation.
    """
    counts: list[tuple[int, int, int]] = []
    gone: list[tuple[int, int]] = []
    come: list[tuple[int, int]] = []
    for cid, messages in shown.items():
        standing = found.get(cid)
        if standing is None:
            continue
        shared = sum(is_shared for _, is_shared in messages)
        if (standing.shown, standing.shared) != (len(messages), shared):
            counts.append((len(messages), shared, cid))
        people: set[int] = set()
        for message_id, _ in messages:
            people |= standing.people.get(message_id, set())
        gone += [(person, cid) for person in standing.kept - people]
        come += [(person, cid) for person in people - standing.kept]
    conn.executemany("UPDATE conversations SET shown = ?, shared = ? WHERE id = ?", counts)
    conn.executemany(
        "DELETE FROM person_conversations WHERE person_id = ? AND conversation_id = ?", gone
    )
    conn.executemany(
        "INSERT INTO person_conversations(person_id, conversation_id) VALUES (?, ?)", come
    )


def of_persons(conn: sqlite3.Connection, person_ids: Iterable[int]) -> set[int]:
    """Every conversation that shows these persons, or should."""
    ids = ids_json(person_ids)
    rows: list[Any] = conn.execute(
        "SELECT conversation_id FROM person_conversations"
        " WHERE person_id IN (SELECT value FROM json_each(?1))"
        " UNION SELECT m.conversation_id FROM person_addresses a"
        " JOIN participants p ON p.correspondent_id = a.correspondent_id"
        " JOIN messages m ON m.id = p.message_id"
        " WHERE a.person_id IN (SELECT value FROM json_each(?1))",
        (ids,),
    ).fetchall()
    return {row[0] for row in rows}


def put_off(conn: sqlite3.Connection, conversation_ids: Collection[int]) -> None:
    """Remember conversations that are to be folded again in transactions of their own."""
    conn.executemany(
        "INSERT OR IGNORE INTO refold(conversation_id) VALUES (?)",
        [(cid,) for cid in conversation_ids],
    )


def take_waiting(conn: sqlite3.Connection, limit: int = AT_ONCE) -> list[int]:
    """Some conversations that wait to be folded, taken off the list."""
    rows = conn.execute("SELECT conversation_id FROM refold LIMIT ?", (limit,)).fetchall()
    conn.executemany("DELETE FROM refold WHERE conversation_id = ?", rows)
    return [row[0] for row in rows]
