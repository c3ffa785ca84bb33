"""A parsed query to SQL: index first, newest first, every value bound (SEC-34)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.model.search import RECORD_FIELDS, And, Field, Node, Not, Or, Query, Text
from tui_mail.model.search_text import folded, has_cjk, holding, query_tokens
from tui_mail.model.views import VIEW_WORDS, View
from tui_mail.store import record_search

_DEADLINE = 3.0
"""Seconds after which a search stops and shows what it has."""

_FEW = 300
"""Candidates of a rare condition that are looked up in the index one by one."""
_LARGE = 1_000_000
"""Octets above which mails have an index of their own."""
_KEY_BITS = 20
"""Index keys are the time of the mail, shifted by this, and a number."""

_IS = {
    "read": "m.flags & 1 <> 0",
    "unread": "m.flags & 1 = 0",
    "starred": "m.flags & 2 <> 0",
    "answered": "m.flags & 4 <> 0",
    "sent": "m.is_own = 1",
    "draft": "m.state = 'draft'",
    "bulk": "m.kind & 1 <> 0",
    "muted": "EXISTS (SELECT 1 FROM conversations c WHERE c.id = m.conversation_id"
    " AND c.muted_at IS NOT NULL)",
    **record_search.IS,
}


def _holds(column: str) -> str:
    """A word in a column; LIKE folds ASCII only, and only text that has more is folded in Python.

    Values: the word as LIKE takes it, folded, and as it stands.
    """
    more = f"length(CAST({column} AS BLOB)) > length({column})"
    return f"({column} LIKE ? ESCAPE '\\' OR ({more} AND folds_to_hold({column}, ?)))"


_HEADERS = {
    "subject": _holds("m.subject"),
    "sender": f"({_holds('m.from_name')} OR {_holds('m.from_address')})",
    "recipients": "EXISTS (SELECT 1 FROM participants p WHERE p.message_id = m.id"
    f" AND p.role IN ('to', 'cc', 'bcc') AND ({_holds('p.name')} OR p.correspondent_id IN"
    f" (SELECT c.id FROM correspondents c WHERE {_holds('c.address')})))",
}
"""Columns of the index as a header has them."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Conversations of a search, newest hit first."""

    conversation_ids: tuple[int, ...]
    message_ids: tuple[int, ...]
    """The newest hit of each conversation."""
    more: bool
    """There are further ones beyond the limit, or the time was up."""


@dataclass(slots=True)
class _Plan:
    match: list[str]
    """FTS expressions that all must hold."""
    where: list[str]
    values: list[object]
    bounds: list[str]
    """Limits on the index key, which rises with the time of the mail."""
    rare: list[str]
    """Conditions that have an index of few rows."""


def search(conn: sqlite3.Connection, query: Query, limit: int = 500) -> Hits:
    """Run a query. Mail in spam and trash is left out unless `in:` names it."""
    if query.node is None:
        return Hits((), (), False)
    plan = _Plan([], [], [], [], [])
    terms = query.node.terms if isinstance(query.node, And) else (query.node,)
    for term in terms:
        expression = _expression(term)
        if expression is not None:
            plan.match.append(expression)
        else:
            plan.where.append(_condition(term, plan.values))
            if isinstance(term, Field):
                _narrow(plan, term)
    scope = _scope(query.node)
    where = " AND ".join([*plan.where, *scope])
    match = " AND ".join(plan.match)
    values: Sequence[object] = plan.values
    if match and not _is_rare(conn, plan):
        sql = (
            "SELECT m.sort_at, m.id, m.conversation_id FROM fts"
            " CROSS JOIN messages m ON m.text_key = fts.rowid"
            f" WHERE fts MATCH ? AND {' AND '.join([*plan.bounds, where])} ORDER BY fts.rowid DESC"
        )
        values = (match, *values)
    else:
        if match:
            where += " AND EXISTS (SELECT 1 FROM fts WHERE fts MATCH ? AND fts.rowid = m.text_key)"
            values = (*values, match)
        sql = (
            f"SELECT m.sort_at, m.id, m.conversation_id FROM messages m WHERE {where}"
            " ORDER BY m.sort_at DESC, m.id DESC"
        )
    found, more = _collect(conn, sql, values, limit)
    if match and _has_headers_only(conn):
        values = []
        where = " AND ".join([_in_headers(query.node, values), *scope])
        _teach_folding(conn, [value for value in values if isinstance(value, str)])
        further, even_more = _collect(
            conn,
            "SELECT m.sort_at, m.id, m.conversation_id FROM messages m"
            f" WHERE m.body_state = 'none' AND {where} ORDER BY m.sort_at DESC, m.id DESC",
            values,
            limit,
        )
        found, more = sorted({*found, *further}, reverse=True), more or even_more
    newest: dict[int, int] = {}
    for _, message_id, conversation_id in found:
        newest.setdefault(conversation_id, message_id)
    ids = tuple(newest)[:limit]
    return Hits(ids, tuple(newest[cid] for cid in ids), more or len(newest) > limit)


def _scope(node: Node) -> list[str]:
    """What is left out unless it is asked for."""
    scope = ["m.deleted_at IS NULL"]
    if not _mentions_view(node):
        scope.append(
            "(m.state <> 'received' OR EXISTS (SELECT 1 FROM presence p JOIN folders f"
            " ON f.id = p.folder_id WHERE p.message_id = m.id"
            " AND f.role NOT IN ('trash', 'junk')))"
        )
    if not _asks_for_screened(node):
        scope.append("m.screened_by IS NULL")
    return scope


def _has_headers_only(conn: sqlite3.Connection) -> bool:
    """Whether mail is here whose body, and with it its index row, is still to come."""
    row = conn.execute("SELECT 1 FROM messages WHERE body_state = 'none' LIMIT 1").fetchone()
    return row is not None


def _teach_folding(conn: sqlite3.Connection, words: Sequence[str]) -> None:
    """Give the connection the function of `_holds`, for these words."""
    finds = {word: holding(word).search for word in words}
    conn.create_function(
        "folds_to_hold", 2, lambda text, word: finds[word](text) is not None, deterministic=True
    )


def _in_headers(node: Node, values: list[object]) -> str:
    """The same question to the header of a mail that is not in the index yet: its words are looked
    for as they stand, also inside of words, in whatever case and with or without diacritics."""
    if isinstance(node, Not):
        return f"NOT coalesce({_in_headers(node.term, values)}, 0)"
    if isinstance(node, And | Or):
        joint = " AND " if isinstance(node, And) else " OR "
        return "(" + joint.join(_in_headers(term, values) for term in node.terms) + ")"
    if isinstance(node, Field):
        return _field(node, values)
    wanted = "".join(map(folded, node.text))
    parts = []
    for column, condition in _HEADERS.items():
        if node.column in ("", column):
            parts.append(condition)
            values += [f"%{_like(wanted)}%", node.text] * (condition.count("?") // 2)
    return "(" + " OR ".join(parts or ["0"]) + ")"


def _narrow(plan: _Plan, term: Field) -> None:
    """Note what a condition says about where to begin."""
    if term.name == "before":
        plan.bounds.append(f"fts.rowid < {(int(term.value) + 1) << _KEY_BITS:d}")
    elif term.name == "after":
        plan.bounds.append(f"fts.rowid >= {int(term.value) << _KEY_BITS:d}")
    elif (term.name == "is" and term.value in ("starred", "unread")) or (
        term.name == "larger" and int(term.value) >= _LARGE
    ):
        plan.rare.append(plan.where[-1])


def _is_rare(conn: sqlite3.Connection, plan: _Plan) -> bool:
    """Whether so few mails fulfil a condition that each can be looked up in the index.

    Not for beginnings of words: each look-up would collect every word that begins so.
    """
    if any(part.endswith(" *)") for part in plan.match):
        return False
    return any(
        conn.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM messages m WHERE {condition} LIMIT {_FEW + 1:d})"
        ).fetchone()[0]
        <= _FEW
        for condition in plan.rare
    )


def _collect(
    conn: sqlite3.Connection, sql: str, values: Sequence[object], limit: int
) -> tuple[list[tuple[int, int, int]], bool]:
    """(time, message, conversation) of the newest hit of each conversation; and is there more?"""
    deadline = time.monotonic() + _DEADLINE
    conn.set_progress_handler(lambda: time.monotonic() > deadline, 20_000)
    seen: set[int] = set()
    found: list[tuple[int, int, int]] = []
    more = False
    try:
        for row in conn.execute(sql, values):
            if row[2] in seen:
                continue
            if len(found) >= limit:
                more = True
                break
            seen.add(row[2])
            found.append(row)
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        more = True
    finally:
        conn.set_progress_handler(None, 0)
    return found, more


def _expression(node: Node) -> str | None:
    """The term as an FTS expression, or None when it needs SQL."""
    if isinstance(node, Text):
        return _quoted(node)
    if isinstance(node, Or):
        parts = [_expression(term) for term in node.terms]
        return None if None in parts else "(" + " OR ".join(p for p in parts if p) + ")"
    if isinstance(node, And):
        positive = [_expression(t) for t in node.terms if not isinstance(t, Not)]
        negative = [_expression(t.term) for t in node.terms if isinstance(t, Not)]
        if None in positive or None in negative or not positive:
            return None
        text = "(" + " AND ".join(p for p in positive if p) + ")"
        for part in negative:
            text = f"({text} NOT {part})"
        return text
    return None


def _quoted(node: Text) -> str:
    tokens = query_tokens(node.text)
    quoted = '"' + " ".join(tokens).replace('"', '""') + '"'
    prefix = node.prefix or (has_cjk(node.text) and len(tokens[-1]) == 1)
    column = f"{node.column} : " if node.column else ""
    return f"({column}{quoted}{' *' if prefix else ''})"


def _condition(node: Node, values: list[object]) -> str:
    if isinstance(node, Text):
        values.append(_quoted(node))
        return "m.text_key IN (SELECT rowid FROM fts WHERE fts MATCH ?)"
    if isinstance(node, Not):
        return f"NOT coalesce({_condition(node.term, values)}, 0)"
    if isinstance(node, And):
        return "(" + " AND ".join(_condition(term, values) for term in node.terms) + ")"
    if isinstance(node, Or):
        return "(" + " OR ".join(_condition(term, values) for term in node.terms) + ")"
    return _field(node, values)


def _field(node: Field, values: list[object]) -> str:
    if node.name == "is":
        return f"({_IS[str(node.value)]})"
    if node.name == "from":
        return f"({record_search.KNOWN})"
    if node.name in RECORD_FIELDS:
        return record_search.condition(node.name, str(node.value), values)
    if node.name == "has":
        return "(m.attachments > 0)"
    if node.name == "in":
        return _view(str(node.value), values)
    if node.name == "account":
        values += [node.value, f"%{_like(str(node.value))}%"]
        return (
            "(m.account_id IN (SELECT id FROM accounts WHERE slug = ?"
            " OR address LIKE ? ESCAPE '\\'))"
        )
    if node.name == "larger" and int(node.value) >= _LARGE:
        return f"(m.size > {_LARGE:d} AND m.size > {int(node.value):d})"
    values.append(node.value)
    comparison = {
        "before": "m.sort_at < ?",
        "after": "m.sort_at >= ?",
        "larger": "m.size > ?",
        "smaller": "m.size < ?",
    }[node.name]
    return f"({comparison})"


def _view(name: str, values: list[object]) -> str:
    view = VIEW_WORDS.get(name.lower())
    if view is not None and view is not View.ALL:
        values.append(int(view))
        return (
            "(EXISTS (SELECT 1 FROM listing l WHERE l.conversation_id = m.conversation_id"
            " AND l.view_id = ?))"
        )
    if view is View.ALL:
        return "(1)"
    values += [name, f"%/{_like(name)}"]
    return (
        "(EXISTS (SELECT 1 FROM presence p JOIN folders f ON f.id = p.folder_id"
        " WHERE p.message_id = m.id AND (f.name = ? COLLATE NOCASE"
        " OR f.name LIKE ? ESCAPE '\\')))"
    )


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _mentions_view(node: Node) -> bool:
    if isinstance(node, Field):
        return node.name == "in"
    if isinstance(node, Not):
        return False
    if isinstance(node, And | Or):
        return any(_mentions_view(term) for term in node.terms)
    return False


def _asks_for_screened(node: Node) -> bool:
    if isinstance(node, Field):
        return (node.name, str(node.value).lower()) in (("is", "screened"), ("in", "screened"))
    if isinstance(node, And | Or):
        return any(_asks_for_screened(term) for term in node.terms)
    return False
