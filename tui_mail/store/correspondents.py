"""Everyone mail was exchanged with: completion, search and, later, contacts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tui_mail.model.addresses import Address, address_key


@dataclass(frozen=True, slots=True)
class Correspondent:
    """One address with the name last seen. Not yet safe to show."""

    id: int
    address: str
    name: str
    received: int
    sent: int
    last_at: int


def ensure(conn: sqlite3.Connection, people: Mapping[str, str]) -> dict[str, int]:
    """Ids for comparison keys; `people` maps a key to the best name known for it."""
    found = {
        row[0]: row[1]
        for row in conn.execute(
            "SELECT address, id FROM correspondents"
            " WHERE address IN (SELECT value FROM json_each(?))",
            (json.dumps(list(people)),),
        )
    }
    for key, name in people.items():
        if key not in found:
            cursor = conn.execute(
                "INSERT INTO correspondents(address, name) VALUES (?, ?)", (key, name)
            )
            assert cursor.lastrowid is not None
            found[key] = cursor.lastrowid
    return found


def note_mail(conn: sqlite3.Connection, seen: Iterable[tuple[int, str, int, int, int]]) -> None:
    """Count mail: rows of (id, name, received, sent, at); the newest non-empty name wins."""
    conn.executemany(
        "UPDATE correspondents SET received = received + ?3, sent = sent + ?4,"
        " name = CASE WHEN ?2 <> '' AND (?5 >= last_at OR name = '') THEN ?2 ELSE name END,"
        " last_at = max(last_at, ?5) WHERE id = ?1",
        seen,
    )


def complete(conn: sqlite3.Connection, typed: str, limit: int = 8) -> list[Correspondent]:
    """Correspondents whose address or a word of whose name starts with what was typed.

    Those written to most come first, then those heard from last.
    """
    typed = typed.strip().lower()
    if not typed:
        return []
    like = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = conn.execute(
        "SELECT id, address, name, received, sent, last_at FROM correspondents"
        " WHERE address LIKE ?1 || '%' ESCAPE '\\' OR name LIKE ?1 || '%' ESCAPE '\\'"
        " OR name LIKE '% ' || ?1 || '%' ESCAPE '\\' OR address LIKE '%@' || ?1 || '%' ESCAPE '\\'"
        " ORDER BY min(sent, 20) DESC, last_at DESC LIMIT ?2",
        (like, limit),
    )
    return [Correspondent(*row) for row in rows]


def of_message(conn: sqlite3.Connection, message_id: int) -> dict[str, list[Address]]:
    """The participants of a message by role (from, sender, reply_to, to, cc, bcc)."""
    people: dict[str, list[Address]] = {}
    for role, name, address in conn.execute(
        "SELECT p.role, p.name, c.address FROM participants p"
        " JOIN correspondents c ON c.id = p.correspondent_id"
        " WHERE p.message_id = ? ORDER BY p.role, p.position",
        (message_id,),
    ):
        people.setdefault(role, []).append(Address(name, address))
    return people


def of_conversation(
    conn: sqlite3.Connection, conversation_id: int
) -> list[tuple[Correspondent, bool]]:
    """Everyone in a conversation with whether they are the user, most active first."""
    rows = conn.execute(
        "SELECT c.id, c.address, coalesce(nullif(c.name, ''), max(p.name)), c.received, c.sent,"
        " c.last_at, max(p.is_own) FROM participants p"
        " JOIN messages m ON m.id = p.message_id"
        " JOIN correspondents c ON c.id = p.correspondent_id"
        " WHERE m.conversation_id = ? AND m.deleted_at IS NULL"
        " GROUP BY c.id ORDER BY max(p.is_own), sum(p.role = 'from') DESC, count(*) DESC LIMIT 100",
        (conversation_id,),
    )
    return [(Correspondent(*row[:6]), bool(row[6])) for row in rows]


def conversations_with(
    conn: sqlite3.Connection, correspondent_id: int, limit: int = 10
) -> list[tuple[int, str, int]]:
    """The latest conversations someone takes part in: id, subject, last time."""
    rows = conn.execute(
        "SELECT v.id, v.subject, v.last_at FROM conversations v WHERE v.id IN"
        " (SELECT m.conversation_id FROM participants p JOIN messages m ON m.id = p.message_id"
        "  WHERE p.correspondent_id = ? ORDER BY p.message_id DESC LIMIT 200)"
        " AND v.messages > 0 ORDER BY v.last_at DESC LIMIT ?",
        (correspondent_id, limit),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def own_key(address: str, own: frozenset[str]) -> bool:
    """Whether an address is one of the own addresses."""
    return address_key(address) in own
