"""Deals, leads and projects: what conversations are linked to."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from tui_mail.errors import ActionError
from tui_mail.model.records import ITEM_KINDS, PLURALS, Item, Ref
from tui_mail.store import links, names, records
from tui_mail.store.ids import ids_json

_ITEM = (
    "i.person_id, coalesce(p.name, ''), i.organization_id, coalesce(o.name, '')",
    " LEFT JOIN persons p ON p.id = i.person_id"
    " LEFT JOIN organizations o ON o.id = i.organization_id",
)
_SQL = {
    "deal": "SELECT i.id, i.title, i.status, i.stage_id, s.name, i.value, i.currency,"
    f" i.expected_close, {_ITEM[0]}, i.stage_changed_at, i.created_at, i.closed_at,"
    f" s.rotten_days, i.updated_at FROM deals i JOIN stages s ON s.id = i.stage_id{_ITEM[1]}",
    "lead": "SELECT i.id, i.title, i.status, 0, '', i.value, i.currency, i.expected_close,"
    f" {_ITEM[0]}, i.updated_at, i.created_at, i.closed_at, NULL, i.updated_at"
    f" FROM leads i{_ITEM[1]}",
    "project": "SELECT i.id, i.title, i.status, i.phase_id, s.name, 0, '', i.end_date,"
    f" {_ITEM[0]}, i.updated_at, i.created_at, i.closed_at, NULL, i.updated_at"
    f" FROM projects i JOIN phases s ON s.id = i.phase_id{_ITEM[1]}",
}


_FILLED_NAMES = (
    "person_id organization_id value expected_close remote_id source description start_date"
    " end_date"
)
_FILLED = tuple(_FILLED_NAMES.split())
"""Fields a merge fills in where they are empty."""


def create(
    conn: sqlite3.Connection,
    kind: str,
    values: Mapping[str, Any],
    now: int,
    *,
    created_at: int | None = None,
    closed_at: int | None = None,
) -> Ref:
    """Add a deal, lead or project; one that is closed is so since `closed_at`.

    Raises ActionError when a record it names is not there.
    """
    given = dict(values)
    records.references(conn, given)
    at = now if created_at is None else created_at
    more: dict[str, Any] = {"created_at": at}
    if kind == "deal":
        given.setdefault("stage_id", first_stage(conn))
        more["stage_changed_at"] = at
    elif kind == "project":
        given.setdefault("phase_id", first_phase(conn))
    elif not (given.get("person_id") or given.get("organization_id")):
        raise ActionError("A lead needs a person or an organization.")
    if given.get("status", "open") != "open":
        more["closed_at"] = now if closed_at is None else closed_at
    ref = Ref(kind, records.insert(conn, PLURALS[kind], given, now, **more))
    if kind == "project":
        _set_deals(conn, ref.id, given.get("deals") or ())
    _set_people(conn, ref, given.get("people") or (), given.get("person_id"), at)
    reindex(conn, [ref])
    return ref


def change(conn: sqlite3.Connection, ref: Ref, values: Mapping[str, Any], now: int) -> None:
    """Change fields; a new stage or status carries its time with it (R49, R52)."""
    old = records.row(conn, ref)
    records.references(conn, values)
    more: dict[str, Any] = {}
    if values.get("stage_id", old.get("stage_id")) != old.get("stage_id"):
        more["stage_changed_at"] = now
    status = values.get("status", old["status"])
    if status != old["status"]:
        more["closed_at"] = None if status == "open" else now
        if ref.kind == "deal" and status != "lost" and "lost_reason" not in values:
            more["lost_reason"] = ""
    records.update(conn, PLURALS[ref.kind], ref.id, values, now, **more)
    if "deals" in values and ref.kind == "project":
        _set_deals(conn, ref.id, values["deals"])
    if "people" in values or "person_id" in values:
        further = values.get("people")
        if further is None:
            further = [pid for pid in people_of(conn, ref) if pid != old["person_id"]]
        _set_people(conn, ref, further, values.get("person_id", old["person_id"]), now)
    if status != old["status"]:
        conn.execute(
            "UPDATE item_people SET until = ? WHERE kind = ? AND item_id = ?",
            (None if status == "open" else now, ref.kind, ref.id),
        )
        if status != "open":
            links.drop_candidate(conn, ref)
    reindex(conn, [ref])


def _set_people(
    conn: sqlite3.Connection,
    ref: Ref,
    further: Sequence[int],
    person_id: int | None,
    now: int,
) -> None:
    """Everybody of an item, the main person included; who was in it before stays since then."""
    until = records.row(conn, ref)["closed_at"]
    wanted = dict.fromkeys([*([person_id] if person_id else []), *further])
    for gone in set(people_of(conn, ref)) - set(wanted):
        conn.execute(
            "DELETE FROM item_people WHERE person_id = ? AND kind = ? AND item_id = ?",
            (gone, ref.kind, ref.id),
        )
    conn.executemany(
        "INSERT INTO item_people(person_id, kind, item_id, since, until) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(pid, ref.kind, ref.id, now, until) for pid in wanted],
    )


def _set_deals(conn: sqlite3.Connection, project_id: int, deals: Sequence[int]) -> None:
    conn.execute("DELETE FROM project_deals WHERE project_id = ?", (project_id,))
    conn.executemany(
        "INSERT INTO project_deals(project_id, deal_id) VALUES (?, ?)",
        [(project_id, deal_id) for deal_id in deals],
    )


def delete(conn: sqlite3.Connection, ref: Ref, by: str, now: int) -> set[int]:
    """Remove an item and its activities; returns the conversations that lose a link."""
    records.need(conn, ref)
    changed = links.drop_item(conn, ref, by, now)
    links.drop_candidate(conn, ref)
    conn.execute("DELETE FROM item_people WHERE kind = ? AND item_id = ?", (ref.kind, ref.id))
    conn.execute("DELETE FROM activities WHERE kind = ? AND item_id = ?", (ref.kind, ref.id))
    if ref.kind in ("deal", "project"):
        conn.execute(f"DELETE FROM project_deals WHERE {ref.kind}_id = ?", (ref.id,))
    records.forget(conn, ref)
    return changed


def merge(conn: sqlite3.Connection, keep: Ref, other: Ref, by: str, now: int) -> set[int]:
    """Join two items of a kind: links, people, activities and notes go to `keep`."""
    mine, theirs = records.row(conn, keep), records.row(conn, other)
    keys = [key for key in _FILLED if key in mine]
    if mine.get("currency") != theirs.get("currency"):
        keys = [key for key in keys if key != "value" or not mine["value"]]
    values = records.merged(mine, theirs, keys)
    if "value" in values:
        values["currency"] = theirs["currency"]
    records.update(conn, PLURALS[keep.kind], keep.id, values, now)
    conn.execute(
        "INSERT INTO item_people(person_id, kind, item_id, since, until)"
        " SELECT person_id, kind, ?, since, ? FROM item_people WHERE kind = ? AND item_id = ?"
        " ON CONFLICT(person_id, kind, item_id) DO UPDATE SET since = min(since, excluded.since)",
        (keep.id, mine["closed_at"], other.kind, other.id),
    )
    conn.execute(
        "UPDATE activities SET item_id = ? WHERE kind = ? AND item_id = ?",
        (keep.id, other.kind, other.id),
    )
    records.hand_over(conn, other, keep)
    changed = links.hand_over(conn, other, keep, by, now)
    changed |= delete(conn, other, by, now)
    reindex(conn, [keep])
    return changed


def reindex(conn: sqlite3.Connection, refs: Sequence[Ref]) -> None:
    """Make items findable by title, person and organization."""
    for item in get_many(conn, refs):
        words = [item.title, item.person, item.organization]
        names.put(conn, item.ref.kind, item.ref.id, " ".join(word for word in words if word))


def get(conn: sqlite3.Connection, ref: Ref) -> Item | None:
    """One item."""
    found = get_many(conn, [ref])
    return found[0] if found else None


def get_many(conn: sqlite3.Connection, refs: Sequence[Ref]) -> list[Item]:
    """Items in the given order; those that are gone are left out."""
    found: dict[Ref, Item] = {}
    for kind in ITEM_KINDS:
        ids = [ref.id for ref in refs if ref.kind == kind]
        if ids:
            for row in conn.execute(
                f"{_SQL[kind]} WHERE i.id IN (SELECT value FROM json_each(?))", (ids_json(ids),)
            ):
                item = _item(kind, row)
                found[item.ref] = item
    return [found[ref] for ref in refs if ref in found]


def _item(kind: str, row: tuple[Any, ...]) -> Item:
    return Item(Ref(kind, row[0]), *row[1:])


def page(
    conn: sqlite3.Connection,
    kind: str,
    *,
    status: str = "",
    stage_id: int = 0,
    start: int = 0,
    size: int = 50,
) -> list[Item]:
    """Items of a kind: those of a stage or phase longest there first, else by title."""
    where, values = ["1"], list[Any]()
    order = "title COLLATE NOCASE, id"
    if status:
        where.append("status = ?")
        values.append(status)
    if stage_id:
        where.append("phase_id = ?" if kind == "project" else "stage_id = ?")
        values.append(stage_id)
        order = "stage_changed_at, id" if kind == "deal" else order
    rows = conn.execute(
        f"SELECT id FROM {PLURALS[kind]} WHERE {' AND '.join(where)} ORDER BY {order}"
        " LIMIT ? OFFSET ?",
        (*values, size, start),
    ).fetchall()
    return get_many(conn, [Ref(kind, row[0]) for row in rows])


def search(conn: sqlite3.Connection, typed: str, kind: str = "", limit: int = 50) -> list[Item]:
    """Items by the beginnings of words of their title, person or organization."""
    return get_many(conn, names.find(conn, typed, [kind] if kind else ITEM_KINDS, limit))


def people_of(conn: sqlite3.Connection, ref: Ref) -> list[int]:
    """Everybody of an item."""
    rows = conn.execute(
        "SELECT person_id FROM item_people WHERE kind = ? AND item_id = ? ORDER BY person_id",
        (ref.kind, ref.id),
    )
    return [row[0] for row in rows]


def deals_of(conn: sqlite3.Connection, project_id: int) -> list[int]:
    """The deals of a project."""
    rows = conn.execute(
        "SELECT deal_id FROM project_deals WHERE project_id = ? ORDER BY deal_id", (project_id,)
    )
    return [row[0] for row in rows]


def of_persons(
    conn: sqlite3.Connection, person_ids: Sequence[int], *, only_open: bool = True, limit: int = 50
) -> list[Item]:
    """The items these persons are part of, open ones first."""
    rows = conn.execute(
        "SELECT DISTINCT kind, item_id, until IS NOT NULL FROM item_people"
        " WHERE person_id IN (SELECT value FROM json_each(?)) AND (until IS NULL OR NOT ?)"
        " ORDER BY 3, item_id DESC LIMIT ?",
        (ids_json(person_ids), only_open, limit),
    ).fetchall()
    return get_many(conn, [Ref(row[0], row[1]) for row in rows])


def of_organization(
    conn: sqlite3.Connection, organization_id: int, *, only_open: bool = True, limit: int = 50
) -> list[Item]:
    """The items of an organization, open ones first."""
    refs: list[Ref] = []
    for kind in ITEM_KINDS:
        condition = "AND status = 'open'" if only_open else ""
        rows = conn.execute(
            f"SELECT id FROM {PLURALS[kind]} WHERE organization_id = ? {condition}"
            " ORDER BY status <> 'open', id DESC LIMIT ?",
            (organization_id, limit),
        )
        refs += [Ref(kind, row[0]) for row in rows]
    return get_many(conn, refs)


def first_stage(conn: sqlite3.Connection) -> int:
    """The first stage of the default pipeline."""
    row = conn.execute(
        "SELECT s.id FROM stages s JOIN pipelines p ON p.id = s.pipeline_id"
        " ORDER BY p.position, p.id, s.position, s.id LIMIT 1"
    ).fetchone()
    return int(row[0])


def first_phase(conn: sqlite3.Connection) -> int:
    """The first phase of the first board."""
    row = conn.execute(
        "SELECT f.id FROM phases f JOIN boards b ON b.id = f.board_id"
        " ORDER BY b.position, b.id, f.position, f.id LIMIT 1"
    ).fetchone()
    return int(row[0])
