"""Names a person types on the command line: accounts, folders, views, labels, texts."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tui_mail.model.views import VIEW_WORDS

_SECONDS = 0.2
"""How long a busy database is waited for."""


def known(path: Path, kind: str) -> list[str]:
    """Names of a kind in the database file; none when it is not there or cannot be read now.

    Nothing is created and nothing upgraded. The names are as they came, not safe to show.
    """
    if not path.exists():
        return []
    try:
        where = path.absolute().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(where, uri=True, timeout=_SECONDS)) as conn:
            return [name for name in dict.fromkeys(KINDS[kind](conn)) if name]
    except sqlite3.Error:
        return []


def _column(sql: str) -> Callable[[sqlite3.Connection], list[str]]:
    return lambda conn: [row[0] for row in conn.execute(sql)]


_accounts = _column("SELECT slug FROM accounts WHERE state <> 'removed' ORDER BY position, id")


def _folders(conn: sqlite3.Connection) -> list[str]:
    """Folders by name; with the account before it where several have one of that name."""
    rows = conn.execute(
        "SELECT a.slug, f.name FROM folders f JOIN accounts a ON a.id = f.account_id"
        " WHERE f.state <> 'gone' AND f.selectable AND a.state <> 'removed' ORDER BY f.name, a.id"
    ).fetchall()
    times = Counter(name for _, name in rows)
    return [name if times[name] == 1 else f"{slug}/{name}" for slug, name in rows]


def _views(conn: sqlite3.Connection) -> list[str]:
    return [*VIEW_WORDS, *_folders(conn)]


KINDS: dict[str, Callable[[sqlite3.Connection], list[str]]] = {
    "account": _accounts,
    "folder": _folders,
    "view": _views,
    "label": _column("SELECT name FROM labels ORDER BY name"),
    "template": _column("SELECT name FROM templates ORDER BY name"),
    "signature": _column("SELECT name FROM signatures ORDER BY name"),
}
