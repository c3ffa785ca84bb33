"""Organizations and the domains that belong to them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from tui_mail.model.records import Organization, Ref
from tui_mail.store import names, people, records
from tui_mail.store.ids import ids_json


def create(conn: sqlite3.Connection, values: Mapping[str, Any], now: int) -> int:
    """Add an organization and return its id."""
    records.references(conn, values)
    organization_id = records.insert(conn, "organizations", values, now)
    _set_domains(conn, organization_id, values.get("domains") or ())
    reindex(conn, organization_id)
    return organization_id


def change(
    conn: sqlite3.Connection, organization_id: int, values: Mapping[str, Any], now: int
) -> None:
    """Change fields; domains are replaced as a whole."""
    records.references(conn, values)
    old = records.row(conn, Ref("organization", organization_id))
    records.update(conn, "organizations", organization_id, values, now)
    if "domains" in values:
        _set_domains(conn, organization_id, values["domains"])
    reindex(conn, organization_id)
    if values.get("name", old["name"]) != old["name"]:
        _reindex_dependents(conn, organization_id)


def _set_domains(conn: sqlite3.Connection, organization_id: int, domains: Sequence[str]) -> None:
    conn.execute("DELETE FROM organization_domains WHERE organization_id = ?", (organization_id,))
    conn.executemany(
        "INSERT INTO organization_domains(domain, organization_id) VALUES (?, ?)",
        [(domain, organization_id) for domain in dict.fromkeys(domains) if domain],
    )


def delete(conn: sqlite3.Connection, organization_id: int) -> None:
    """Remove an organization; its people and items stay."""
    records.need(conn, Ref("organization", organization_id))
    rows = conn.execute(
        "SELECT id FROM persons WHERE organization_id = ?", (organization_id,)
    ).fetchall()
    _detach(conn, organization_id, None)
    conn.execute("DELETE FROM organization_domains WHERE organization_id = ?", (organization_id,))
    people.reindex(conn, [row[0] for row in rows])
    records.forget(conn, Ref("organization", organization_id))


def merge(conn: sqlite3.Connection, keep_id: int, other_id: int, now: int) -> None:
    """Join two organizations: `keep_id` gets people, items, domains and what it lacks."""
    keep, other = Ref("organization", keep_id), Ref("organization", other_id)
    mine, theirs = records.row(conn, keep), records.row(conn, other)
    values = records.merged(mine, theirs, ("address", "remote_id"))
    records.update(conn, "organizations", keep_id, values, now)
    domains = [d for oid in (keep_id, other_id) for d in domains_of(conn, oid)]
    _detach(conn, other_id, keep_id)
    records.hand_over(conn, other, keep)
    delete(conn, other_id)
    _set_domains(conn, keep_id, domains)
    reindex(conn, keep_id)
    _reindex_dependents(conn, keep_id)


def _detach(conn: sqlite3.Connection, organization_id: int, target_id: int | None) -> None:
    for table in ("persons", "deals", "leads", "projects", "activities"):
        conn.execute(
            f"UPDATE {table} SET organization_id = ? WHERE organization_id = ?",
            (target_id, organization_id),
        )


def reindex(conn: sqlite3.Connection, organization_id: int) -> None:
    """Make an organization findable by name and domain."""
    name = records.row(conn, Ref("organization", organization_id))["name"]
    words = [name, *domains_of(conn, organization_id)]
    names.put(conn, "organization", organization_id, " ".join(words))


def _reindex_dependents(conn: sqlite3.Connection, organization_id: int) -> None:
    rows = conn.execute(
        "SELECT id FROM persons WHERE organization_id = ?", (organization_id,)
    ).fetchall()
    people.reindex(conn, [row[0] for row in rows])
    people.reindex_items(conn, "organization_id", organization_id)


def domains_of(conn: sqlite3.Connection, organization_id: int) -> list[str]:
    """The domains of an organization."""
    rows = conn.execute(
        "SELECT domain FROM organization_domains WHERE organization_id = ? ORDER BY domain",
        (organization_id,),
    )
    return [row[0] for row in rows]


def get(conn: sqlite3.Connection, organization_id: int) -> Organization | None:
    """One organization."""
    found = get_many(conn, [organization_id])
    return found[0] if found else None


def get_many(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Organization]:
    """Organizations in the given order; those that are gone are left out."""
    found = {
        row[0]: _organization(row)
        for row in conn.execute(
            "SELECT o.id, o.name, o.address, (SELECT json_group_array(domain)"
            "  FROM organization_domains d WHERE d.organization_id = o.id),"
            " (SELECT count(*) FROM persons p WHERE p.organization_id = o.id), o.owner_id,"
            " o.visible_to, o.custom, o.remote_id, o.created_at, o.updated_at"
            " FROM organizations o WHERE o.id IN (SELECT value FROM json_each(?))",
            (ids_json(ids),),
        )
    }
    return [found[oid] for oid in ids if oid in found]


def _organization(row: tuple[Any, ...]) -> Organization:
    values: list[Any] = list(row)
    values[3] = tuple(sorted(json.loads(row[3])))
    values[7] = json.loads(row[7])
    return Organization(*values)


def page(conn: sqlite3.Connection, start: int = 0, size: int = 50) -> list[Organization]:
    """Organizations by name."""
    rows = conn.execute(
        "SELECT id FROM organizations ORDER BY name COLLATE NOCASE, id LIMIT ? OFFSET ?",
        (size, start),
    ).fetchall()
    return get_many(conn, [row[0] for row in rows])


def search(conn: sqlite3.Connection, typed: str, limit: int = 50) -> list[Organization]:
    """Organizations by the beginnings of words of their name or domains."""
    return get_many(conn, [ref.id for ref in names.find(conn, typed, ["organization"], limit)])


def by_name(conn: sqlite3.Connection, name: str) -> int | None:
    """The organization with exactly this name, whatever the case."""
    row = conn.execute(
        "SELECT id FROM organizations WHERE name = ? COLLATE NOCASE ORDER BY id LIMIT 1", (name,)
    ).fetchone()
    return int(row[0]) if row else None


def of_domain(conn: sqlite3.Connection, domain: str) -> list[int]:
    """Organizations a domain or one of its parents belongs to."""
    labels = domain.split(".")
    parents = [".".join(labels[i:]) for i in range(len(labels) - 1)] or [domain]
    rows = conn.execute(
        "SELECT DISTINCT organization_id FROM organization_domains"
        f" WHERE domain IN ({','.join('?' * len(parents))}) ORDER BY organization_id",
        parents,
    )
    return [row[0] for row in rows]
