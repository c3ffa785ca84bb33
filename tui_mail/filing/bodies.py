"""Bodies: raw mail, index, attachments and snippet, in the transaction that marks them stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from tui_mail.filing.reports import file_report
from tui_mail.model.addresses import Address
from tui_mail.model.messages import Attachment, Envelope, IndexedMail
from tui_mail.model.search_text import index_form
from tui_mail.store.folds import recount
from tui_mail.store.ids import ids_json
from tui_mail.store.texts import remove_text

_KEY_BITS = 20
MAX_INDEXED = 262_144
"""Characters of a body that are searchable."""


def file_bodies(
    conn: sqlite3.Connection, bodies: Sequence[tuple[int, IndexedMail]], now: int
) -> set[int]:
    """Store the bodies of messages; returns the conversations that changed."""
    keys = _text_keys(conn, [message_id for message_id, _ in bodies])
    lines, others = _affected(conn, dict(bodies))
    conn.executemany(
        "INSERT OR REPLACE INTO raws(message_id, data) VALUES (?, ?)",
        [(message_id, mail.compressed) for message_id, mail in bodies if mail.compressed],
    )
    conn.executemany(
        "UPDATE messages SET body_state = 'full', snippet = ?, attachments = ?, raw_sha256 = ?,"
        " problem = ?, text_key = ? WHERE id = ?",
        [
            (
                mail.snippet,
                sum(not part.inline for part in mail.attachments),
                mail.sha256,
                mail.problem,
                keys[message_id],
                message_id,
            )
            for message_id, mail in bodies
        ],
    )
    store_attachments(conn, [(message_id, mail.attachments) for message_id, mail in bodies])
    index_texts(
        conn,
        [
            (keys[message_id], mail.envelope, mail.attachments, mail.text)
            for message_id, mail in bodies
        ],
    )
    for message_id, mail in bodies:
        if mail.report is not None:
            file_report(conn, message_id, mail.report, now)
    conn.executemany(
        "UPDATE conversations SET snippet = ?, attachments = attachments + ? WHERE id = ?",
        [(snippet, more, cid) for cid, (snippet, more) in lines.items() if cid not in others],
    )
    recount(conn, others)
    return others | lines.keys()


def file_headers_only(
    conn: sqlite3.Connection, message_id: int, envelope: Envelope, reason: str
) -> set[int]:
    """Index a mail whose body stays on the server (too big) by its headers."""
    keys = _text_keys(conn, [message_id])
    index_texts(conn, [(keys[message_id], envelope, (), "")])
    conn.execute(
        "UPDATE messages SET body_state = ?, text_key = ? WHERE id = ?",
        (reason, keys[message_id], message_id),
    )
    return _conversations(conn, [message_id])


def store_attachments(
    conn: sqlite3.Connection, parts: Sequence[tuple[int, Sequence[Attachment]]]
) -> None:
    """Replace the attachment rows of messages."""
    conn.executemany(
        "DELETE FROM attachments WHERE message_id = ?", [(message_id,) for message_id, _ in parts]
    )
    conn.executemany(
        "INSERT OR IGNORE INTO attachments(message_id, part, filename, content_type, size,"
        " content_id, inline) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (message_id, a.part, a.filename, a.content_type, a.size, a.content_id, a.inline)
            for message_id, attachments in parts
            for a in attachments
        ],
    )


def _affected(
    conn: sqlite3.Connection, bodies: Mapping[int, IndexedMail]
) -> tuple[dict[int, tuple[str, int]], set[int]]:
    """Conversations whose row will differ, asked before the bodies are stored.

    A row shows the snippet of its newest mail and counts the mails with attachments. The first
    answer has those where that is all: the snippet, and one mail with attachments more or less.
    The second has those that are summed up anew. The body of an older mail whose header told of
    its attachments changes nothing.
    """
    lines: dict[int, tuple[str, int]] = {}
    others: set[int] = set()
    for cid, message_id, attachments, sort_at, last_at, is_plain in conn.execute(
        "SELECT m.conversation_id, m.id, m.attachments, m.sort_at, c.last_at,"
        " c.outgoing = 0 AND NOT EXISTS (SELECT 1 FROM messages o"
        "  WHERE o.conversation_id = m.conversation_id AND o.id <> m.id AND o.sort_at >= m.sort_at)"
        " FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        " WHERE m.id IN (SELECT value FROM json_each(?))",
        (ids_json(bodies),),
    ):
        mail = bodies[message_id]
        more = any(not part.inline for part in mail.attachments) - bool(attachments)
        if is_plain and sort_at == last_at:
            lines[cid] = (mail.snippet, more)
        elif more or sort_at >= last_at:
            others.add(cid)
    return lines, others


def _conversations(conn: sqlite3.Connection, message_ids: Collection[int]) -> set[int]:
    marks = ",".join("?" * len(message_ids))
    rows = conn.execute(
        f"SELECT DISTINCT conversation_id FROM messages WHERE id IN ({marks})", tuple(message_ids)
    )
    return {row[0] for row in rows}


def _text_keys(conn: sqlite3.Connection, message_ids: Sequence[int]) -> dict[int, int]:
    """A free index row for each message, rising with its date; drops what was indexed before."""
    marks = ",".join("?" * len(message_ids))
    keys: dict[int, int] = {}
    taken: set[int] = set()
    for message_id, sort_at, old in conn.execute(
        f"SELECT id, sort_at, text_key FROM messages WHERE id IN ({marks})", tuple(message_ids)
    ).fetchall():
        if old is not None:
            remove_text(conn, old)
        key = sort_at << _KEY_BITS | message_id & (1 << _KEY_BITS) - 1
        while (
            key in taken
            or conn.execute("SELECT 1 FROM texts WHERE key = ?", (key,)).fetchone() is not None
        ):
            key += 1
        taken.add(key)
        keys[message_id] = key
    return keys


def index_texts(
    conn: sqlite3.Connection,
    texts: Sequence[tuple[int, Envelope, Sequence[Attachment], str]],
) -> None:
    """Write index rows in rising order of key, which lets FTS5 build one segment a batch."""
    rows = [
        (
            key,
            _clean(envelope.subject),
            _people(envelope.from_),
            _people((*envelope.to, *envelope.cc, *envelope.bcc)),
            _clean(" ".join(part.filename for part in attachments)),
            _clean(body[:MAX_INDEXED]),
        )
        for key, envelope, attachments, body in sorted(texts, key=lambda text: text[0])
    ]
    columns = "subject, sender, recipients, files, body) VALUES (?, ?, ?, ?, ?, ?)"
    conn.executemany(f"INSERT INTO texts(key, {columns}", rows)
    conn.executemany(f"INSERT INTO fts(rowid, {columns}", rows)


def _people(addresses: Sequence[Address]) -> str:
    return _clean(" ".join(f"{a.name} {a.address}" for a in addresses[:400]))


def _clean(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return index_form(text)
