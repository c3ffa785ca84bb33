"""Records as lines and as JSON with stable keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tui_mail.cli.output import Output, utc
from tui_mail.model.money import plain_amount, shown_amount
from tui_mail.model.records import Activity, Item, Note, Organization, Person

Record = Person | Organization | Item
_HEADERS: dict[str, tuple[str, ...]] = {
    "person": ("id", "name", "organization", "addresses"),
    "organization": ("id", "name", "people", "domains"),
    "deal": ("id", "title", "status", "stage", "value", "organization", "person"),
    "lead": ("id", "title", "status", "value", "organization", "person"),
    "project": ("id", "title", "status", "phase", "organization", "person"),
}


def as_json(record: Record) -> dict[str, Any]:
    """One record with stable keys; amounts as text in whole units of the currency."""
    if isinstance(record, Person):
        return {
            "id": record.id,
            "name": record.name,
            "first_name": record.first_name,
            "last_name": record.last_name,
            "job_title": record.job_title,
            "organization_id": record.organization_id,
            "organization": record.organization,
            "addresses": [{"address": a, "label": label} for a, label in record.addresses],
            "phones": [{"number": n, "label": label} for n, label in record.phones],
            **_common(record),
        }
    if isinstance(record, Organization):
        return {
            "id": record.id,
            "name": record.name,
            "address": record.address,
            "domains": list(record.domains),
            "people": record.people,
            **_common(record),
        }
    money = record.ref.kind != "project"
    return {
        "id": record.ref.id,
        "kind": record.ref.kind,
        "title": record.title,
        "status": record.status,
        "stage": record.stage,
        "value": plain_amount(record.value, record.currency) if money else None,
        "currency": record.currency if money else None,
        "expected_close": record.expected_close or None,
        "person_id": record.person_id,
        "person": record.person,
        "organization_id": record.organization_id,
        "organization": record.organization,
        "stage_changed_at": utc(record.stage_changed_at),
        "created_at": utc(record.created_at),
        "updated_at": utc(record.updated_at),
        "closed_at": utc(record.closed_at),
    }


def _common(record: Person | Organization) -> dict[str, Any]:
    return {
        "custom": record.custom,
        "remote_id": record.remote_id,
        "created_at": utc(record.created_at),
        "updated_at": utc(record.updated_at),
    }


def print_records(out: Output, kind: str, found: Sequence[Record]) -> None:
    """A list of one kind: aligned on a terminal, separated by tabs in a pipe."""
    out.rows((cells(record) for record in found), _HEADERS[kind])


def cells(record: Record) -> tuple[str, ...]:
    """The columns of one record in a list."""
    if isinstance(record, Person):
        addresses = ", ".join(address for address, _ in record.addresses)
        return str(record.id), record.name, record.organization, addresses
    if isinstance(record, Organization):
        return str(record.id), record.name, str(record.people), ", ".join(record.domains)
    value = shown_amount(record.value, record.currency) if record.value else ""
    middle = {"deal": (record.stage, value), "lead": (value,), "project": (record.stage,)}
    return (
        str(record.ref.id),
        record.title,
        record.status,
        *middle[record.ref.kind],
        record.organization,
        record.person,
    )


def activity_json(activity: Activity) -> dict[str, Any]:
    """An activity with stable keys."""
    return {
        "id": activity.id,
        "subject": activity.subject,
        "type": activity.type,
        "due_date": activity.due_date or None,
        "due_time": activity.due_time or None,
        "minutes": activity.duration,
        "done_at": utc(activity.done_at),
        "note": activity.note,
    }


def note_json(note: Note) -> dict[str, Any]:
    """A note with stable keys."""
    return {"id": note.id, "text": note.text, "created_at": utc(note.created_at)}
