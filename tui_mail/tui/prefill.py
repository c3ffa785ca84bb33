"""What a new record can be filled in with from a conversation, and names typed for records."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tui_mail.errors import ActionError
from tui_mail.model.addresses import address_key
from tui_mail.model.records import Person, Ref
from tui_mail.model.safe_text import safe_line
from tui_mail.model.threading import base_subject
from tui_mail.store import correspondents, messages, organizations, people
from tui_mail.store.correspondents import Correspondent


@dataclass(frozen=True, slots=True)
class Known:
    """A record a field stands for as long as its text is unchanged."""

    text: str
    ref: Ref


def from_mail(conn: sqlite3.Connection, conversation_id: int, kind: str) -> dict[str, str | Known]:
    """Values for the form of a new record: subject, sender, their organization."""
    found = messages.of_conversation(conn, conversation_id)
    subject = base_subject(found[-1].subject) if found else ""
    sender = _counterpart(conn, conversation_id)
    values: dict[str, str | Known] = {}
    known: Person | None = None
    if sender is not None:
        known = next(iter(people.with_address(conn, sender.address)), None)
    organization = _organization(conn, sender, known)
    if kind == "person":
        if sender is not None and known is None:
            values = {"name": sender.name or sender.address, "addresses": sender.address}
    else:
        values["title"] = subject
        if known is not None:
            values["person_id"] = Known(known.name, Ref("person", known.id))
        elif sender is not None:
            values["person_id"] = f"{sender.name} <{sender.address}>".strip()
    if organization is not None:
        values["organization_id"] = organization
    return values


def _counterpart(conn: sqlite3.Connection, conversation_id: int) -> Correspondent | None:
    everyone = correspondents.of_conversation(conn, conversation_id)
    return next((person for person, own in everyone if not own), None)


def _organization(
    conn: sqlite3.Connection, sender: Correspondent | None, known: Person | None
) -> Known | None:
    if known is not None and known.organization_id:
        return Known(known.organization, Ref("organization", known.organization_id))
    if sender is None:
        return None
    ids = organizations.of_domain(conn, sender.address.rpartition("@")[2])
    found = organizations.get(conn, ids[0]) if ids else None
    return Known(found.name, Ref("organization", found.id)) if found else None


def named_record(conn: sqlite3.Connection, kind: str, typed: str) -> int | None:
    """The id of the person or organization a typed name means; None for no text.

    Raises ActionError when there is none or when several have the name.
    """
    typed = typed.strip()
    if not typed:
        return None
    if kind == "organization":
        organization_id = organizations.by_name(conn, typed)
        found = [organization_id] if organization_id else [
            one.id for one in organizations.search(conn, typed, 20)
            if _same(one.name, typed)
        ]  # fmt: skip
    else:
        address = mail_address(typed)
        if address:
            found = [one.id for one in people.with_address(conn, address)]
        else:
            found = [one.id for one in people.search(conn, typed, 50) if _same(one.name, typed)]
    if not found:
        raise ActionError(f"There is no {kind} `{safe_line(typed)[:60]}`. Empty the field, or add"
                          " it first.")  # fmt: skip
    if len(found) > 1:
        raise ActionError(f"Several have the name `{safe_line(typed)[:60]}`: type the address.")
    return found[0]


def mail_address(typed: str) -> str:
    """The comparison key of `Anna <anna@x.example>` or `anna@x.example`; empty for a name."""
    inner = typed.rpartition("<")[2].rstrip("> ") if "<" in typed else typed.strip()
    return address_key(inner) if "@" in inner and " " not in inner else ""


def _same(name: str, typed: str) -> bool:
    return safe_line(name).casefold() == safe_line(typed).casefold()


def from_person(conn: sqlite3.Connection, person: Correspondent) -> dict[str, str | Known]:
    """Values for the form of a new contact."""
    values: dict[str, str | Known] = {
        "name": person.name or person.address,
        "addresses": person.address,
    }
    organization = _organization(conn, person, None)
    if organization is not None:
        values["organization_id"] = organization
    return values
