"""Drafts and their attachments."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_mail.model.drafts import DraftContent


@dataclass(frozen=True, slots=True)
class Draft:
    """One mail that is being written."""

    id: int
    uuid: str
    account_id: int
    message_id: int | None
    conversation_id: int | None
    kind: str
    """new, reply, reply_all or forward."""
    source_id: int | None
    """The message that is answered or forwarded."""
    revision: int
    content: DraftContent
    state: str
    """open, kept, sent or discarded."""
    saved_at: int


@dataclass(frozen=True, slots=True)
class DraftFile:
    """An attachment with its bytes, taken when it was added (OUT-12)."""

    filename: str
    content_type: str
    data: bytes


_COLUMNS = (
    "id, uuid, account_id, message_id, conversation_id, kind, source_id, revision, content, state,"
    " saved_at"
)


def _draft(row: tuple[Any, ...]) -> Draft:
    values = list(row)
    values[8] = DraftContent.from_json(values[8])
    return Draft(*values)


def create(
    conn: sqlite3.Connection,
    account_id: int,
    content: DraftContent,
    now: int,
    *,
    kind: str = "new",
    source_id: int | None = None,
    conversation_id: int | None = None,
) -> Draft:
    """Begin a draft."""
    row = conn.execute(
        "INSERT INTO drafts(uuid, account_id, conversation_id, kind, source_id, content, saved_at,"
        f" created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (
            uuid.uuid4().hex,
            account_id,
            conversation_id,
            kind,
            source_id,
            content.to_json(),
            now,
            now,
        ),
    ).fetchone()
    return _draft(row)


def get(conn: sqlite3.Connection, draft_id: int) -> Draft | None:
    """One draft that can still be edited."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM drafts WHERE id = ? AND state IN ('open', 'kept')", (draft_id,)
    ).fetchone()
    return _draft(row) if row else None


def has_answered(conn: sqlite3.Connection, message_id: int) -> bool:
    """Whether an answer to a message went out from here, or is on its way."""
    return (
        conn.execute(
            "SELECT 1 FROM drafts WHERE source_id = ? AND state = 'sent'"
            " AND kind IN ('reply', 'reply_all')",
            (message_id,),
        ).fetchone()
        is not None
    )


def of_message(conn: sqlite3.Connection, message_id: int) -> Draft | None:
    """The draft that a row of the Drafts view stands for."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM drafts WHERE message_id = ? AND state IN ('open', 'kept')",
        (message_id,),
    ).fetchone()
    return _draft(row) if row else None


def opened(conn: sqlite3.Connection) -> list[Draft]:
    """Drafts whose composer was not closed in order, newest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM drafts WHERE state = 'open' ORDER BY saved_at DESC"
    )
    return [_draft(row) for row in rows]


def unfinished(conn: sqlite3.Connection, limit: int = 200) -> list[Draft]:
    """Drafts that hold something, open or kept, newest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM drafts WHERE state IN ('open', 'kept')"
        " ORDER BY saved_at DESC, id DESC LIMIT ?",
        (limit,),
    )
    return [draft for draft in map(_draft, rows) if not draft.content.is_empty]


def set_state(conn: sqlite3.Connection, draft_id: int, state: str, now: int) -> None:
    """Open or keep a draft."""
    conn.execute("UPDATE drafts SET state = ?, saved_at = ? WHERE id = ?", (state, now, draft_id))


def files(conn: sqlite3.Connection, draft_id: int) -> list[DraftFile]:
    """The attachments in order."""
    rows = conn.execute(
        "SELECT filename, content_type, data FROM draft_files WHERE draft_id = ? ORDER BY position",
        (draft_id,),
    )
    return [DraftFile(*row) for row in rows]


def set_files(conn: sqlite3.Connection, draft_id: int, found: Sequence[DraftFile]) -> None:
    """Replace the attachments."""
    conn.execute("DELETE FROM draft_files WHERE draft_id = ?", (draft_id,))
    conn.executemany(
        "INSERT INTO draft_files(draft_id, position, filename, content_type, data)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (draft_id, position, file.filename, file.content_type, file.data)
            for position, file in enumerate(found)
        ],
    )


def ended(conn: sqlite3.Connection, draft_id: int) -> Draft | None:
    """One draft in whatever state: what a sent mail was made from."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM drafts WHERE id = ?", (draft_id,)).fetchone()
    return _draft(row) if row else None
