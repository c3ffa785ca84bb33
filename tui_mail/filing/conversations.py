"""Joining messages to conversations by their ids (R59), and merging when a late parent shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui_mail.errors import ActionError
from tui_mail.model.threading import id_hash
from tui_mail.store import reminders
from tui_mail.store.ids import ids_json


def assign(
    conn: sqlite3.Connection,
    threads: Sequence[tuple[str, Sequence[str], int | None]],
    parents: Sequence[str] = (),
) -> tuple[list[int], set[int]]:
    """The conversation of each message, given its Message-ID, its references and Gmail's thread id.

    Ids that name several conversations merge them into the oldest, but never two that are linked
    or that the user took apart: then the message goes to the one of its parent, the id that
    In-Reply-To names, and the rest stays as it is (R58). Returns the conversations in order and
    those that were emptied by a merge.
    """
    keys = [
        [id_hash(i) for i in (own, *references) if i]
        + ([id_hash(f"gm-thrid:{thread}")] if thread else [])
        for own, references, thread in threads
    ]
    wanted = {key for group in keys for key in group}
    known: dict[int, int] = {
        row[0]: row[1]
        for row in conn.execute(
            "SELECT id_hash, conversation_id FROM thread_ids"
            " WHERE id_hash IN (SELECT value FROM json_each(?))",
            (ids_json(wanted),),
        )
    }
    result: list[int] = []
    emptied: set[int] = set()
    fresh: dict[int, int] = {}
    moved: dict[int, int] = {}

    def current(conversation: int) -> int:
        while conversation in moved:
            conversation = moved[conversation]
        return conversation

    for number, group in enumerate(keys):
        found = sorted({current(known[key]) for key in group if key in known})
        kept = _kept_apart(conn, found)
        if kept:
            parent = id_hash(parents[number]) if number < len(parents) and parents[number] else 0
            order = [parent, *reversed(group[1:]), *group[:1]]
            target = next(current(known[key]) for key in order if key in known)
            for key in group:
                if key not in known:
                    known[key] = target
                    fresh[key] = target
            result.append(target)
            continue
        if not found:
            cursor = conn.execute("INSERT INTO conversations DEFAULT VALUES")
            assert cursor.lastrowid is not None
            target = cursor.lastrowid
        else:
            target = found[0]
            for other in found[1:]:
                merge(conn, other, target)
                moved[other] = target
                emptied.add(other)
        for key in group:
            if known.get(key) != target:
                known[key] = target
                fresh[key] = target
        result.append(target)
    conn.executemany(
        "INSERT INTO thread_ids(id_hash, conversation_id) VALUES (?, ?)"
        " ON CONFLICT(id_hash) DO UPDATE SET conversation_id = excluded.conversation_id",
        [(key, current(conversation)) for key, conversation in fresh.items()],
    )
    return [current(conversation) for conversation in result], emptied


def learn_id(conn: sqlite3.Connection, message_id: int, other_id: str) -> None:
    """A mail of ours has another Message-ID on the server: answers to that one belong to it too."""
    if other_id:
        conn.execute(
            "INSERT OR IGNORE INTO thread_ids(id_hash, conversation_id)"
            " SELECT ?, conversation_id FROM messages WHERE id = ? AND message_id <> ?"
            " AND state IN ('outgoing', 'sent')",
            (id_hash(other_id), message_id, other_id),
        )


def _kept_apart(conn: sqlite3.Connection, found: Sequence[int]) -> bool:
    """Whether these conversations must not become one (R58)."""
    if len(found) < 2:
        return False
    rows = conn.execute(
        "SELECT link_state = 'linked', apart FROM conversations"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (ids_json(found),),
    ).fetchall()
    return sum(row[0] for row in rows) > 1 or any(row[1] for row in rows)


def split(conn: sqlite3.Connection, message_ids: Sequence[int]) -> tuple[int, int]:
    """Take messages of one conversation into a new one; both stay apart for good.

    Answers to them follow by their ids. Returns (old, new). Raises ActionError when the messages
    are not of one conversation or are all of it.
    """
    rows = conn.execute(
        "SELECT id, conversation_id, message_id FROM messages"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (ids_json(message_ids),),
    ).fetchall()
    sources = {row[1] for row in rows}
    if len(sources) != 1 or len(rows) != len(set(message_ids)):
        raise ActionError("Choose messages of one conversation.")
    (source,) = sources
    rest = conn.execute(
        "SELECT count(*) FROM messages WHERE conversation_id = ? AND deleted_at IS NULL", (source,)
    ).fetchone()[0]
    if rest <= len(rows):
        raise ActionError("These are all messages of the conversation.")
    cursor = conn.execute(
        "INSERT INTO conversations(visibility, apart)"
        " SELECT visibility, 1 FROM conversations WHERE id = ?",
        (source,),
    )
    target = cursor.lastrowid
    assert target is not None
    conn.execute("UPDATE conversations SET apart = 1 WHERE id = ?", (source,))
    conn.executemany(
        "UPDATE messages SET conversation_id = ?, stranger = 0 WHERE id = ?",
        [(target, row[0]) for row in rows],
    )
    conn.executemany(
        "UPDATE thread_ids SET conversation_id = ? WHERE id_hash = ?",
        [(target, id_hash(row[2])) for row in rows if row[2]],
    )
    conn.execute(
        "UPDATE drafts SET conversation_id = ? WHERE message_id IN"
        " (SELECT id FROM messages WHERE conversation_id = ?)",
        (target, target),
    )
    return source, target


def merge(conn: sqlite3.Connection, source: int, target: int) -> None:
    """Move everything of one conversation into another, links too; the caller recounts both."""
    conn.execute(
        "UPDATE messages SET conversation_id = ? WHERE conversation_id = ?", (target, source)
    )
    conn.execute(
        "UPDATE thread_ids SET conversation_id = ? WHERE conversation_id = ?", (target, source)
    )
    conn.execute(
        "UPDATE drafts SET conversation_id = ? WHERE conversation_id = ?", (target, source)
    )
    reminders.carry(conn, source, target)

    from tui_mail.store import links

    links.carry(conn, source, target)
