"""Rows of the views that say why something stands there: what hid it, a time, a value."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tui_mail.model.blocking import Target
from tui_mail.model.moments import brief
from tui_mail.model.money import shown_amount
from tui_mail.model.views import View
from tui_mail.store import items, links, pages, reminders
from tui_mail.store.ids import ids_json
from tui_mail.store.pages import Row
from tui_mail.tui.format import filed_row

States = Mapping[int, tuple[str, bool, str]]
"""By conversation: the state of its link, whether it is muted, and who sees it."""
_NOTHING = ("", False, "")


def lane_rows(
    conn: sqlite3.Connection, rows: Sequence[Row], view_id: int, states: States
) -> tuple[Row, ...]:
    """The rows of such a view."""
    if view_id == View.SCREENED:
        return _screened(conn, rows, states)
    if view_id in (View.SNOOZED, View.FOLLOW_UP):
        return _reminded(conn, rows, view_id, states)
    return _valued(conn, rows, view_id, states)


def _screened(conn: sqlite3.Connection, rows: Sequence[Row], states: States) -> tuple[Row, ...]:
    hidden: dict[int, str] = {}
    for cid, kind, value in conn.execute(
        "SELECT m.conversation_id, b.kind, b.value FROM messages m JOIN blocked b"
        " ON b.id = m.screened_by WHERE m.deleted_at IS NULL AND m.conversation_id IN"
        " (SELECT value FROM json_each(?)) ORDER BY m.sort_at",
        (ids_json(row.id for row in rows),),
    ):
        hidden[cid] = str(Target(kind, value))
    return tuple(
        filed_row(row, *states.get(row.id, _NOTHING), hidden.get(row.id, "")) for row in rows
    )


def _reminded(
    conn: sqlite3.Connection,
    rows: Sequence[Row],
    view_id: int,
    states: States,
) -> tuple[Row, ...]:
    """Rows that wait for a time: with their own date, and when that is."""
    ids = [row.id for row in rows]
    kind = reminders.SNOOZE if view_id == View.SNOOZED else reminders.REMIND
    due = reminders.times(conn, kind, ids)
    last = {row.id: row.at for row in pages.rows_by_id(conn, ids)}
    made: list[Row] = []
    for row in rows:
        word = "until" if kind == reminders.SNOOZE else "DUE" if row.at > 0 else "by"
        note = f"{word} {brief(due[row.id])}" if row.id in due else ""
        filed = filed_row(row, *states.get(row.id, _NOTHING))
        made.append(replace(filed, shown_at=last.get(row.id, 0), note=note))
    return tuple(made)


def _valued(
    conn: sqlite3.Connection,
    rows: Sequence[Row],
    view_id: int,
    states: States,
) -> tuple[Row, ...]:
    """Rows that stand by value or by age: with their own date, and what they stand by."""
    ids = ids_json(row.id for row in rows)
    facts: dict[int, tuple[int, int]] = {
        cid: (last_at, last_in)
        for cid, last_at, last_in in conn.execute(
            "SELECT id, last_at, last_in_at FROM conversations"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    }
    linked = links.primaries(conn, [row.id for row in rows])
    found = items.get_many(conn, [one.item for one in linked.values()])
    known = {item.ref: item for item in found}
    made: list[Row] = []
    for row in rows:
        item = known.get(linked[row.id].item) if row.id in linked else None
        at, last_in = facts.get(row.id, (0, 0))
        words = [item.stage] if item else []
        if item and item.value:
            words.insert(0, shown_amount(item.value, item.currency))
        filed = filed_row(row, *states.get(row.id, _NOTHING))
        at = last_in if view_id == View.WAITING else at
        made.append(replace(filed, shown_at=at, note=" · ".join(words)))
    return tuple(made)
