"""Joining messages to conversations by their ids (R59), and merging when a late parent shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tui_mail.model.threading import id_hash
from tui_mail.store import links
from tui_mail.store.folds import ids_json


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
    links.carry(conn, source, target)
