"""The values of smart fields, read from the records (B41)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from tui_mail.model.addresses import Address
from tui_mail.model.money import plain_amount
from tui_mail.model.records import Item, Organization, Person, Ref, split_name
from tui_mail.model.smart_fields import CUSTOM_KINDS, NAMES
from tui_mail.store import items, organizations, people, records

_KINDS = {"person": "person", "organization": "org", "deal": "deal", "lead": "lead",
          "project": "project"}  # fmt: skip


def custom_names(conn: sqlite3.Connection) -> list[str]:
    """Names of the custom fields, such as `deal.renewal`."""
    rows = conn.execute("SELECT kind, key FROM custom_fields ORDER BY kind, position, id")
    return [f"{_KINDS[kind]}.{key.lower()}" for kind, key in rows if kind in _KINDS]


def of_recipient(
    conn: sqlite3.Connection,
    recipient: Address | None,
    linked: Iterable[Ref],
    sender: Address,
    today: str,
) -> dict[str, str]:
    """Every known name with its value, empty where there is none, for one mail to one person.

    `linked` are the items of the conversation, the one it belongs to first; of each kind the first
    one counts. Without a contact, the address and name that were typed are what is known of a
    person. Of several contacts with the address one of the items is taken, else the first.
    """
    values = dict.fromkeys((*NAMES, *custom_names(conn)), "")
    found = _first_of_each_kind(conn, linked)
    person = _person(conn, recipient, found.values()) if recipient is not None else None
    if person is not None:
        _put(values, "person", person.custom, _of_person(person))
    elif recipient is not None:
        name = "" if "@" in recipient.name else recipient.name
        first, last = split_name(name) if " " in name or "," in name else (name, "")
        values |= {"person.name": name, "person.first_name": first, "person.last_name": last}
    if recipient is not None:
        values["person.email"] = recipient.address
    organization = _organization(conn, person, found.values())
    if organization is not None:
        known = {"name": organization.name, "address": organization.address}
        _put(values, "org", organization.custom, known)
    for kind, item in found.items():
        row = records.row(conn, item.ref)
        _put(values, kind, _custom(row), _of_item(conn, item, row))
    values |= {"user.name": sender.name or _own_name(conn), "user.email": sender.address}
    values["today"] = today
    return values


def _first_of_each_kind(conn: sqlite3.Connection, linked: Iterable[Ref]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item in items.get_many(conn, list(linked)):
        found.setdefault(item.ref.kind, item)
    return found


def _person(conn: sqlite3.Connection, recipient: Address, linked: Iterable[Item]) -> Person | None:
    known = people.with_address(conn, recipient.key)
    inside = {person_id for item in linked for person_id in items.people_of(conn, item.ref)}
    return next((one for one in known if one.id in inside), known[0] if known else None)


def _organization(
    conn: sqlite3.Connection, person: Person | None, linked: Iterable[Item]
) -> Organization | None:
    ids = [person.organization_id if person else None, *(one.organization_id for one in linked)]
    chosen = next((one for one in ids if one), None)
    return organizations.get(conn, chosen) if chosen else None


def _of_person(person: Person) -> dict[str, str]:
    first, last = person.first_name, person.last_name
    if not first and not last:
        first, last = split_name(person.name)
    return {
        "name": person.name,
        "first_name": first,
        "last_name": last,
        "phone": person.phones[0][0] if person.phones else "",
        "job_title": person.job_title,
    }


def _of_item(conn: sqlite3.Connection, item: Item, row: Mapping[str, Any]) -> dict[str, str]:
    known = {"title": item.title}
    if item.ref.kind in ("deal", "lead"):
        known["value"] = plain_amount(item.value, item.currency) if item.value else ""
    if item.ref.kind == "deal":
        known |= {
            "currency": item.currency,
            "stage": item.stage,
            "expected_close_date": item.expected_close,
            "pipeline": _text(
                conn,
                "SELECT p.name FROM stages s JOIN pipelines p ON p.id = s.pipeline_id"
                " WHERE s.id = ?",
                item.stage_id,
            ),
            "owner": _text(conn, "SELECT name FROM users WHERE id = ?", row["owner_id"]),
        }
    if item.ref.kind == "project":
        known["phase"] = item.stage
    return known


def _custom(row: Mapping[str, Any]) -> dict[str, str]:
    import json

    value = row.get("custom") or {}
    found = json.loads(value) if isinstance(value, str) else value
    return {str(key): str(one) for key, one in found.items()}


def _put(
    values: dict[str, str], kind: str, custom: Mapping[str, str], known: Mapping[str, str]
) -> None:
    """Fixed fields win over custom ones of the same name."""
    assert kind in CUSTOM_KINDS
    for key, value in custom.items():
        name = f"{kind}.{key.lower()}"
        if name not in NAMES:
            values[name] = value
    values |= {f"{kind}.{key}": value for key, value in known.items()}


def _text(conn: sqlite3.Connection, sql: str, value: int) -> str:
    row = conn.execute(sql, (value,)).fetchone()
    return str(row[0]) if row else ""


def _own_name(conn: sqlite3.Connection) -> str:
    row = conn.execute("SELECT name FROM users WHERE is_self = 1").fetchone()
    return str(row[0]) if row and row[0] != "me" else ""
