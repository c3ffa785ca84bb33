"""Mail that joined a conversation by an id only: nobody of it takes part in the rest (§4.6)."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from tui_mail.store.ids import ids_json


@dataclass(slots=True)
class _Message:
    claims: bool
    """It names other mail, or has the id of another one."""
    marked: bool
    sender: int | None = None
    people: set[int] = field(default_factory=set)


def mark(conn: sqlite3.Connection, conversation_ids: Collection[int]) -> None:
    """Set or clear the mark on every message of these conversations.

    The whole conversation is judged each time, so the order of arrival makes no difference: past
    mail comes newest first, answers before what they answer.
    """
    found: dict[int, dict[int, _Message]] = defaultdict(dict)
    copies: Counter[tuple[int, str]] = Counter()
    named: dict[int, tuple[int, str]] = {}
    for cid, message_id, is_own, has_refs, header, marked in conn.execute(
        "SELECT conversation_id, id, is_own, refs <> '[]', message_id, stranger FROM messages"
        " WHERE conversation_id IN (SELECT value FROM json_each(?1) WHERE (SELECT count(*) FROM"
        "  (SELECT 1 FROM messages m WHERE m.conversation_id = value LIMIT 2)) > 1)",
        (ids_json(conversation_ids),),
    ):
        found[cid][message_id] = _Message(bool(has_refs) and not is_own, bool(marked))
        if header:
            copies[cid, header] += 1
            if not is_own:
                named[message_id] = (cid, header)
    if not found:
        return
    place = {message_id: cid for cid, messages in found.items() for message_id in messages}
    for message_id, role, position, correspondent in conn.execute(
        "SELECT message_id, role, position, correspondent_id FROM participants"
        " WHERE message_id IN (SELECT value FROM json_each(?))",
        (ids_json(place),),
    ):
        message = found[place[message_id]][message_id]
        message.people.add(correspondent)
        if role == "from" and position == 0:
            message.sender = correspondent
    changes: list[tuple[bool, int]] = []
    for messages in found.values():
        shares = Counter(person for message in messages.values() for person in message.people)
        for message_id, message in messages.items():
            claims = message.claims or copies[named.get(message_id, (0, ""))] > 1
            alone = message.sender is None or shares[message.sender] == 1
            if (claims and alone) != message.marked:
                changes.append((claims and alone, message_id))
    conn.executemany("UPDATE messages SET stranger = ? WHERE id = ?", changes)
