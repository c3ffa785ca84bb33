"""Persons: create, change, merge, delete, find, list. Addresses may be shared by several (R45)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tui_mail.model.records import Person, Ref, split_name
from tui_mail.store import correspondents, names, records
from tui_mail.store.ids import ids_json


def create(
    conn: sqlite3.Connection, values: Mapping[str, Any], now: int, *, since: int | None = None
) -> int:
    """Add a person and return the id; `since` is from when on the addresses were theirs."""
    records.references(conn, values)
    given = dict(values)
    if not (given.get("first_name") or given.get("last_name")):
        given["first_name"], given["last_name"] = split_name(given["name"])
    person_id = records.insert(conn, "persons", given, now)
    _set_addresses(conn, person_id, values.get("addresses") or (), now if since is None else since)
    _set_phones(conn, person_id, values.get("phones") or ())
    reindex(conn, [person_id])
    return person_id


def change(conn: sqlite3.Connection, person_id: int, values: Mapping[str, Any], now: int) -> None:
    """Change fields; lists of addresses and phones are replaced as a whole."""
    old = records.row(conn, Ref("person", person_id))
    records.references(conn, values)
    given = dict(values)
    if "name" in given and given["name"] != old["name"] and "first_name" not in given:
        given["first_name"], given["last_name"] = split_name(given["name"])
    records.update(conn, "persons", person_id, given, now)
    if "addresses" in values:
        _set_addresses(conn, person_id, values["addresses"], now)
    if "phones" in values:
        _set_phones(conn, person_id, values["phones"])
    reindex(conn, [person_id])
    if values.get("name", old["name"]) != old["name"]:
        reindex_items(conn, "person_id", person_id)


def add_address(
    conn: sqlite3.Connection, person_id: int, address: str, now: int, *, label: str = ""
) -> bool:
    """Give a person one more address; False when it is already there."""
    kept = [row[:2] for row in _addresses(conn, [person_id]).get(person_id, [])]
    if any(address == one for one, _ in kept):
        return False
    _set_addresses(conn, person_id, [*kept, (address, label)], now)
    reindex(conn, [person_id])
    return True


def _set_addresses(
    conn: sqlite3.Connection, person_id: int, addresses: Sequence[tuple[str, str]], now: int
) -> None:
    """Replace the addresses; the time since when an address is known stays with it."""
    since = {
        row[0]: row[1]
        for row in conn.execute(
            "SELECT address, since FROM person_addresses WHERE person_id = ?", (person_id,)
        )
    }
    ids = correspondents.ensure(conn, {address: "" for address, _ in addresses})
    wanted = {address for address, _ in addresses}
    conn.executemany(
        "DELETE FROM person_addresses WHERE person_id = ? AND address = ?",
        [(person_id, address) for address in since if address not in wanted],
    )
    conn.executemany(
        "INSERT INTO person_addresses(person_id, position, address, correspondent_id, label,"
        " since) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(person_id, address) DO UPDATE SET"
        " position = excluded.position, label = excluded.label",
        [
            (person_id, position, address, ids[address], label, since.get(address, now))
            for position, (address, label) in enumerate(addresses)
        ],
    )


def _set_phones(
    conn: sqlite3.Connection, person_id: int, phones: Sequence[tuple[str, str]]
) -> None:
    conn.execute("DELETE FROM person_phones WHERE person_id = ?", (person_id,))
    conn.executemany(
        "INSERT INTO person_phones(person_id, position, number, label) VALUES (?, ?, ?, ?)",
        [(person_id, position, *phone) for position, phone in enumerate(phones)],
    )


def delete(conn: sqlite3.Connection, person_id: int) -> None:
    """Remove a person; their mail and their items stay."""
    records.need(conn, Ref("person", person_id))
    for table in ("person_addresses", "person_phones", "item_people"):
        conn.execute(f"DELETE FROM {table} WHERE person_id = ?", (person_id,))
    for table in ("deals", "leads", "projects", "activities"):
        conn.execute(f"UPDATE {table} SET person_id = NULL WHERE person_id = ?", (person_id,))
    records.forget(conn, Ref("person", person_id))


def merge(conn: sqlite3.Connection, keep_id: int, other_id: int, now: int) -> None:
    """Join two persons: `keep_id` gets what it lacks, and everything that hangs on the other."""
    keep, other = Ref("person", keep_id), Ref("person", other_id)
    mine, theirs = records.row(conn, keep), records.row(conn, other)
    empty = ("first_name", "last_name", "job_title", "organization_id", "remote_id")
    values = records.merged(mine, theirs, empty)
    records.update(conn, "persons", keep_id, values, now)
    addresses = _addresses(conn, [keep_id, other_id])
    known: dict[str, tuple[str, int]] = {}
    for address, label, since in addresses.get(keep_id, []) + addresses.get(other_id, []):
        old = known.get(address, (label, since))
        known[address] = (old[0] or label, min(old[1], since))
    phones = _phones(conn, [keep_id, other_id])
    _set_addresses(conn, keep_id, [(a, label) for a, (label, _) in known.items()], now)
    conn.executemany(
        "UPDATE person_addresses SET since = ? WHERE person_id = ? AND address = ?",
        [(since, keep_id, address) for address, (_, since) in known.items()],
    )
    _set_phones(
        conn, keep_id, list(dict.fromkeys(phones.get(keep_id, []) + phones.get(other_id, [])))
    )
    conn.execute(
        "INSERT INTO item_people(person_id, kind, item_id, since, until)"
        " SELECT ?, kind, item_id, since, until FROM item_people WHERE person_id = ?"
        " ON CONFLICT(person_id, kind, item_id) DO UPDATE SET since = min(since, excluded.since)",
        (keep_id, other_id),
    )
    for table in ("deals", "leads", "projects", "activities"):
        conn.execute(f"UPDATE {table} SET person_id = ? WHERE person_id = ?", (keep_id, other_id))
    records.hand_over(conn, other, keep)
    delete(conn, other_id)
    reindex(conn, [keep_id])
    reindex_items(conn, "person_id", keep_id)


def reindex(conn: sqlite3.Connection, person_ids: Sequence[int]) -> None:
    """Make persons findable by name, address and organization."""
    for person in get_many(conn, person_ids):
        words = [person.name, *(address for address, _ in person.addresses), person.organization]
        names.put(conn, "person", person.id, " ".join(word for word in words if word))


def reindex_items(conn: sqlite3.Connection, column: str, record_id: int) -> None:
    """Items are found by their person's and organization's names too."""
    from tui_mail.store import items

    for kind, table in (("deal", "deals"), ("lead", "leads"), ("project", "projects")):
        found = conn.execute(f"SELECT id FROM {table} WHERE {column} = ?", (record_id,)).fetchall()
        items.reindex(conn, [Ref(kind, row[0]) for row in found])


_COLUMNS = (
    "p.id, p.name, p.first_name, p.last_name, p.job_title, p.organization_id,"
    " coalesce(o.name, ''), p.owner_id, p.visible_to, p.custom, p.remote_id, p.created_at,"
    " p.updated_at"
)


def get(conn: sqlite3.Connection, person_id: int) -> Person | None:
    """One person."""
    found = get_many(conn, [person_id])
    return found[0] if found else None


def get_many(conn: sqlite3.Connection, person_ids: Sequence[int]) -> list[Person]:
    """Persons in the given order; those that are gone are left out."""
    if not person_ids:
        return []
    rows = {
        row[0]: row
        for row in conn.execute(
            f"SELECT {_COLUMNS} FROM persons p LEFT JOIN organizations o"
            " ON o.id = p.organization_id WHERE p.id IN (SELECT value FROM json_each(?))",
            (ids_json(person_ids),),
        )
    }
    addresses = _addresses(conn, person_ids)
    phones = _phones(conn, person_ids)
    return [
        _person(rows[pid], addresses.get(pid, []), phones.get(pid, []))
        for pid in person_ids
        if pid in rows
    ]


def _person(
    row: tuple[Any, ...],
    addresses: Sequence[tuple[str, str, int]],
    phones: Sequence[tuple[str, str]],
) -> Person:
    lists: list[Any] = [tuple(one[:2] for one in addresses), tuple(phones)]
    return Person(*[*row[:7], *lists, *row[7:9], json.loads(row[9]), *row[10:]])


def _addresses(
    conn: sqlite3.Connection, person_ids: Sequence[int]
) -> dict[int, list[tuple[str, str, int]]]:
    found: dict[int, list[tuple[str, str, int]]] = {}
    for person_id, *rest in conn.execute(
        "SELECT person_id, address, label, since FROM person_addresses"
        " WHERE person_id IN (SELECT value FROM json_each(?)) ORDER BY person_id, position",
        (ids_json(person_ids),),
    ):
        found.setdefault(person_id, []).append((rest[0], rest[1], rest[2]))
    return found


def _phones(
    conn: sqlite3.Connection, person_ids: Sequence[int]
) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for person_id, number, label in conn.execute(
        "SELECT person_id, number, label FROM person_phones"
        " WHERE person_id IN (SELECT value FROM json_each(?)) ORDER BY person_id, position",
        (ids_json(person_ids),),
    ):
        found.setdefault(person_id, []).append((number, label))
    return found


def page(conn: sqlite3.Connection, start: int = 0, size: int = 50) -> list[Person]:
    """Persons by name."""
    rows = conn.execute(
        "SELECT id FROM persons ORDER BY name COLLATE NOCASE, id LIMIT ? OFFSET ?", (size, start)
    ).fetchall()
    return get_many(conn, [row[0] for row in rows])


def of_organization(
    conn: sqlite3.Connection, organization_id: int, limit: int = 200
) -> list[Person]:
    """The people of an organization, by name."""
    rows = conn.execute(
        "SELECT id FROM persons WHERE organization_id = ? ORDER BY name COLLATE NOCASE, id LIMIT ?",
        (organization_id, limit),
    ).fetchall()
    return get_many(conn, [row[0] for row in rows])


def search(conn: sqlite3.Connection, typed: str, limit: int = 50) -> list[Person]:
    """Persons by the beginnings of words of their name, addresses or organization."""
    return get_many(conn, [ref.id for ref in names.find(conn, typed, ["person"], limit)])


def with_address(conn: sqlite3.Connection, address: str) -> list[Person]:
    """Everybody who has this address (comparison key); mostly one."""
    rows = conn.execute(
        "SELECT person_id FROM person_addresses WHERE address = ? ORDER BY person_id", (address,)
    ).fetchall()
    return get_many(conn, [row[0] for row in rows])


def of_conversation(conn: sqlite3.Connection, conversation_id: int) -> list[Person]:
    """The known people of a conversation."""
    rows = conn.execute(
        "SELECT person_id FROM person_conversations WHERE conversation_id = ? ORDER BY person_id"
        " LIMIT 50",
        (conversation_id,),
    ).fetchall()
    return get_many(conn, [row[0] for row in rows])


def known_keys(conn: sqlite3.Connection, keys: Collection[str]) -> frozenset[str]:
    """Which of these addresses (comparison keys) belong to a contact."""
    return frozenset(
        row[0]
        for row in conn.execute(
            "SELECT DISTINCT c.address FROM correspondents c JOIN person_addresses a"
            " ON a.correspondent_id = c.id WHERE c.address IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(keys)),),
        )
    )


def keys_since_looked(conn: sqlite3.Connection, folder_id: int) -> list[str]:
    """Addresses (comparison keys) that are a contact's since past mail was looked for by contacts.

    In the same second counts as since.
    """
    return [
        row[0]
        for row in conn.execute(
            "SELECT DISTINCT a.address FROM person_addresses a JOIN persons p ON p.id = a.person_id"
            " JOIN folders f ON f.id = ? WHERE a.since >= f.contacts_at"
            " OR p.created_at >= f.contacts_at ORDER BY 1",
            (folder_id,),
        )
    ]
