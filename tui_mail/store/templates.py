"""Templates of mails and their files."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui_mail.store.drafts import DraftFile

_COLUMNS = "id, name, subject, body, shared, position, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Template:
    """A mail to begin with. Texts are not yet safe to show."""

    id: int
    name: str
    subject: str
    body: str
    """Markdown with smart fields."""
    shared: bool
    """For the company; else private."""
    position: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Version:
    """How a template was before a change."""

    journal_id: int
    until: int
    name: str
    subject: str
    body: str


def _template(row: tuple[Any, ...]) -> Template:
    values: list[Any] = [*row[:4], bool(row[4]), *row[5:]]
    return Template(*values)


def all_templates(conn: sqlite3.Connection) -> list[Template]:
    """Every template in the user's order."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM templates ORDER BY position, name, id")
    return [_template(row) for row in rows]


def holding(conn: sqlite3.Connection, words: Sequence[str]) -> list[tuple[Template, int]]:
    """Templates in whose name, subject or text every word stands, and how many files each has."""
    wanted = [word.casefold() for word in words]
    count = dict(
        conn.execute("SELECT template_id, count(*) FROM template_files GROUP BY template_id")
    )
    return [
        (one, count.get(one.id, 0))
        for one in all_templates(conn)
        if all(word in f"{one.name} {one.subject} {one.body}".casefold() for word in wanted)
    ]


def get(conn: sqlite3.Connection, template_id: int) -> Template | None:
    """One template."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM templates WHERE id = ?", (template_id,)).fetchone()
    return _template(row) if row else None


def by_name(conn: sqlite3.Connection, name: str) -> Template | None:
    """The template with this name, in whatever case."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM templates WHERE name = ?", (name.strip(),)
    ).fetchone()
    return _template(row) if row else None


def add(
    conn: sqlite3.Connection, name: str, subject: str, body: str, *, shared: bool, now: int
) -> int:
    """Add a template behind the others."""
    row = conn.execute(
        "INSERT INTO templates(name, subject, body, shared, position, created_at, updated_at)"
        " VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(position), 0) + 1 FROM templates), ?5, ?5)"
        " RETURNING id",
        (name, subject, body, shared, now),
    ).fetchone()
    return int(row[0])


def change(
    conn: sqlite3.Connection,
    template_id: int,
    name: str,
    subject: str,
    body: str,
    *,
    shared: bool,
    now: int,
) -> None:
    """Change a template."""
    conn.execute(
        "UPDATE templates SET name = ?, subject = ?, body = ?, shared = ?, updated_at = ?"
        " WHERE id = ?",
        (name, subject, body, shared, now, template_id),
    )


def remove(conn: sqlite3.Connection, template_id: int) -> None:
    """Remove a template; the content of its files stays for undo."""
    conn.execute("DELETE FROM template_files WHERE template_id = ?", (template_id,))
    conn.execute("DELETE FROM templates WHERE id = ?", (template_id,))


def place(conn: sqlite3.Connection, template_id: int, index: int) -> None:
    """Move a template to a place in the order, 0 first."""
    ids = [one.id for one in all_templates(conn) if one.id != template_id]
    ids.insert(max(0, index), template_id)
    for position, one in enumerate(ids, start=1):
        conn.execute(
            "UPDATE templates SET position = ?1 WHERE id = ?2 AND position <> ?1", (position, one)
        )


def files(conn: sqlite3.Connection, template_id: int) -> list[DraftFile]:
    """Attachments and inline images in order."""
    rows = conn.execute(
        "SELECT f.filename, f.content_type, c.data FROM template_files f"
        " JOIN file_contents c ON c.sha256 = f.sha256 WHERE f.template_id = ? ORDER BY f.position",
        (template_id,),
    )
    return [DraftFile(*row) for row in rows]


def set_files(conn: sqlite3.Connection, template_id: int, found: Sequence[DraftFile]) -> None:
    """Replace the files."""
    conn.execute("DELETE FROM template_files WHERE template_id = ?", (template_id,))
    for position, file in enumerate(found):
        digest = hashlib.sha256(file.data).hexdigest()
        conn.execute(
            "INSERT OR IGNORE INTO file_contents(sha256, data) VALUES (?, ?)", (digest, file.data)
        )
        conn.execute(
            "INSERT INTO template_files(template_id, position, filename, content_type, sha256)"
            " VALUES (?, ?, ?, ?, ?)",
            (template_id, position, file.filename, file.content_type, digest),
        )


def versions(conn: sqlite3.Connection, template_id: int, limit: int = 50) -> list[Version]:
    """How it was before each change, the newest first, read from the journal."""
    found: list[Version] = []
    for entry_id, at, undo in conn.execute(
        "SELECT id, at, undo FROM journal WHERE action = 'edit_template'"
        " AND undone_at IS NULL AND EXISTS (SELECT 1 FROM json_each(targets, '$.records')"
        "  WHERE value = ?) ORDER BY id DESC LIMIT ?",
        (f"template:{template_id}", limit),
    ):
        for what, table, key, old in json.loads(undo or "{}").get("changes", ()):
            if (what, table, key) == ("u", "templates", [template_id]):
                found.append(Version(entry_id, at, old[1], old[2], old[3]))
                break
    return found
