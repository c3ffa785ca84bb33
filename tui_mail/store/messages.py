"""One conversation's messages, their raw mail, and what was made readable."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from tui_mail.model.messages import Attachment


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the conversation view needs it. Header text is not yet safe to show."""

    id: int
    account_id: int
    conversation_id: int
    state: str
    message_id: str
    refs: tuple[str, ...]
    subject: str
    from_name: str
    from_address: str
    is_own: bool
    snippet: str
    date: int | None
    sort_at: int
    size: int
    flags: int
    attachments: int
    kind: int
    defects: tuple[str, ...]
    body_state: str
    """none, full, too_big or failed."""
    problem: str
    stranger: bool
    orphaned_at: int | None
    tui_mail_id: str
    folders: tuple[str, ...]
    """Roles or names of the folders it is shown in."""
    let_go: bool = False
    """Not synced any more by the user's choice; the server has it as far as is known."""


OUTLIVES = (
    "EXISTS (SELECT 1 FROM conversations c JOIN accounts a ON a.id = m.account_id"
    " WHERE c.id = m.conversation_id AND c.link_state = 'linked' AND a.keep_linked = 1)"
)
"""Mail `m` that is gone from the server stays readable here, because it is linked (R23)."""

_COLUMNS = (
    "m.id, m.account_id, m.conversation_id, m.state, m.message_id, m.refs, m.subject, m.from_name,"
    " m.from_address, m.is_own, m.snippet, m.date, m.sort_at, m.size, m.flags, m.attachments,"
    " m.kind, m.defects, m.body_state, m.problem, m.stranger, m.orphaned_at, m.tui_mail_id,"
    " (SELECT json_group_array(coalesce(nullif(f.role, ''), f.name)) FROM presence p"
    "  JOIN folders f ON f.id = p.folder_id WHERE p.message_id = m.id),"
    " m.orphaned_at IS NOT NULL AND m.let_go_at IS m.orphaned_at"
)


def _message(row: tuple[Any, ...]) -> Message:
    values = list(row)
    values[5] = tuple(json.loads(values[5]))
    values[9] = bool(values[9])
    values[17] = tuple(json.loads(values[17]))
    values[20] = bool(values[20])
    values[23] = tuple(json.loads(values[23]))
    values[24] = bool(values[24])
    return Message(*values)


def message(conn: sqlite3.Connection, message_id: int) -> Message | None:
    """One message."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM messages m WHERE m.id = ?", (message_id,)
    ).fetchone()
    return _message(row) if row else None


def of_conversation(conn: sqlite3.Connection, conversation_id: int) -> list[Message]:
    """The messages of a conversation, oldest first; deleted and screened ones are left out."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM messages m WHERE m.conversation_id = ?"
        " AND m.deleted_at IS NULL AND (m.state <> 'received' OR m.orphaned_at IS NULL"
        f"  OR {OUTLIVES})"
        " ORDER BY m.sort_at, m.id",
        (conversation_id,),
    )
    return [_message(row) for row in rows]


def raw(conn: sqlite3.Connection, message_id: int) -> bytes | None:
    """The stored raw mail, still compressed, or None when it is not here."""
    row = conn.execute("SELECT data FROM raws WHERE message_id = ?", (message_id,)).fetchone()
    return row[0] if row else None


def readable(conn: sqlite3.Connection, message_id: int, version: int) -> bytes | None:
    """The kept readable form of this version, packed, or None."""
    row = conn.execute(
        "SELECT data FROM readables WHERE message_id = ? AND version = ?", (message_id, version)
    ).fetchone()
    return row[0] if row else None


def keep_readable(conn: sqlite3.Connection, message_id: int, version: int, data: bytes) -> None:
    """Keep the readable form so that opening the mail again needs no worker."""
    conn.execute(
        "INSERT OR REPLACE INTO readables(message_id, version, data) VALUES (?, ?, ?)",
        (message_id, version, data),
    )


def attachments(conn: sqlite3.Connection, message_id: int) -> list[Attachment]:
    """Attachments of a message in part order; names are safe."""
    rows = conn.execute(
        "SELECT part, filename, content_type, size, content_id, inline FROM attachments"
        " WHERE message_id = ? ORDER BY inline, part",
        (message_id,),
    )
    return [Attachment(r[0], r[1], r[2], r[3], r[4], bool(r[5])) for r in rows]


def conversation_of(conn: sqlite3.Connection, message_id: int) -> int | None:
    """The conversation a message is in."""
    row = conn.execute(
        "SELECT conversation_id FROM messages WHERE id = ?", (message_id,)
    ).fetchone()
    return row[0] if row else None


def places(conn: sqlite3.Connection, message_id: int) -> list[tuple[int, int, int]]:
    """Live placements of a message: folder id, generation, uid."""
    rows = conn.execute(
        "SELECT p.folder_id, p.generation, p.uid FROM placements p JOIN folders f"
        " ON f.id = p.folder_id AND f.generation = p.generation"
        " WHERE p.message_id = ? AND p.vanished_at IS NULL ORDER BY f.role = 'inbox' DESC",
        (message_id,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def want_body(conn: sqlite3.Connection, message_id: int, now: int) -> None:
    """Ask the engine to fetch a body next, because someone is waiting for it."""
    conn.execute(
        "INSERT INTO fetch_retry(folder_id, generation, uid, what, next_at)"
        " SELECT p.folder_id, p.generation, p.uid, 'wanted', ? FROM placements p"
        " JOIN folders f ON f.id = p.folder_id AND f.generation = p.generation"
        " WHERE p.message_id = ? AND p.vanished_at IS NULL LIMIT 1"
        " ON CONFLICT DO UPDATE SET next_at = excluded.next_at",
        (now, message_id),
    )
