"""Persons, organizations, deals, leads and projects as values, and the fields each has (E1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tui_mail.errors import ActionError
from tui_mail.model.addresses import address_key, domain_key
from tui_mail.model.money import parse_amount
from tui_mail.model.visibility import EVERYONE, OWNER_ONLY

ITEM_KINDS = ("deal", "lead", "project")
"""What a conversation is linked to."""
KINDS = ("person", "organization", *ITEM_KINDS)
PLURALS = {
    "person": "persons",
    "organization": "organizations",
    "deal": "deals",
    "lead": "leads",
    "project": "projects",
}
MAX_TEXT = 10_000
SIGHT = {"owner": OWNER_ONLY, "everyone": EVERYONE}
"""Who sees a record beside who follows it, and with it the mail that is shared (R42)."""
ACTIVITY_TYPES = ("task", "call", "meeting", "deadline", "email", "lunch")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A record by kind and id; `deal:42` in text."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def parse_ref(text: str) -> Ref | None:
    """`deal:42`, `d:42` or `org:3`; None when it is none of these."""
    name, colon, number = text.strip().lower().partition(":")
    short = {"org": "organization", "o": "organization", "p": "person", "d": "deal", "l": "lead"}
    kind = short.get(name, name)
    if not colon or kind not in KINDS or not re.fullmatch(r"[0-9]{1,12}", number):
        return None
    return Ref(kind, int(number))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of record: what a form, the command line and an import offer."""

    key: str
    kind: str
    """`text`, `long`, `money`, `currency`, `date`, `choice`, `record` (an id of `target`),
    `records`, `addresses`, `phones`, `domains` or `sight` (a word of `SIGHT`)."""
    title: str
    required: bool = False
    target: str = ""
    """What a `record` field points to: person, organization, deal, stage, phase or user."""
    choices: tuple[str, ...] = ()


_COMMON = (
    Field("organization_id", "record", "Organization", target="organization"),
    Field("owner_id", "record", "Owner", target="user"),
    Field("visible_to", "sight", "Seen by", choices=tuple(SIGHT)),
    Field("custom", "custom", "Further fields"),
    Field("remote_id", "text", "Id elsewhere"),
)
_ITEM = (
    Field("title", "text", "Title", required=True),
    Field("person_id", "record", "Person", target="person"),
    Field("people", "records", "Further people", target="person"),
    *_COMMON,
)
_VALUE = (
    Field("value", "money", "Value"),
    Field("currency", "currency", "Currency"),
    Field("expected_close", "date", "Expected close"),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "person": (
        Field("name", "text", "Name", required=True),
        Field("first_name", "text", "First name"),
        Field("last_name", "text", "Last name"),
        Field("job_title", "text", "Job title"),
        Field("addresses", "addresses", "Addresses"),
        Field("phones", "phones", "Phones"),
        *_COMMON,
    ),
    "organization": (
        Field("name", "text", "Name", required=True),
        Field("address", "long", "Postal address"),
        Field("domains", "domains", "Domains"),
        *_COMMON[1:],
    ),
    "deal": (
        *_ITEM,
        *_VALUE,
        Field("stage_id", "record", "Stage", target="stage"),
        Field("status", "choice", "Status", choices=("open", "won", "lost")),
        Field("lost_reason", "text", "Reason it was lost"),
    ),
    "lead": (
        *_ITEM,
        *_VALUE,
        Field("source", "text", "Source"),
        Field("status", "choice", "Status", choices=("open", "archived", "converted")),
    ),
    "project": (
        *_ITEM,
        Field("description", "long", "Description"),
        Field("phase_id", "record", "Phase", target="phase"),
        Field("status", "choice", "Status", choices=("open", "completed", "canceled")),
        Field("start_date", "date", "Start"),
        Field("end_date", "date", "End"),
        Field("deals", "records", "Deals", target="deal"),
    ),
    "activity": (
        Field("subject", "text", "Subject", required=True),
        Field("type", "choice", "Type", choices=ACTIVITY_TYPES),
        Field("due_date", "date", "Due"),
        Field("due_time", "time", "At"),
        Field("duration", "number", "Minutes"),
        Field("note", "long", "Note"),
        Field("kind", "choice", "Belongs to", choices=("", *ITEM_KINDS)),
        Field("item_id", "number", "Item"),
        Field("person_id", "record", "Person", target="person"),
        Field("organization_id", "record", "Organization", target="organization"),
        Field("done", "flag", "Done"),
        Field("remote_id", "text", "Id elsewhere"),
    ),
}


def checked(
    kind: str, values: Mapping[str, Any], *, new: bool, currency: str = "EUR"
) -> dict[str, Any]:
    """Values as they are stored: trimmed, folded, amounts in minor units (`int` already is).

    `currency` is the one an amount is read in when the values name none.

    Raises ActionError that names the field when a value is unknown, missing or unreadable.
    """
    known = {field.key: field for field in FIELDS[kind]}
    result: dict[str, Any] = {}
    for key, value in values.items():
        field = known.get(key)
        if field is None:
            raise ActionError(f"A {kind} has no field `{key}`.", hint=", ".join(known))
        if field.kind == "money":
            result[key] = _amount(field, value, str(values.get("currency") or currency))
        else:
            result[key] = _value(field, value)
    for field in FIELDS[kind]:
        missing = field.key in result and not result[field.key]
        if field.required and (missing or (new and field.key not in result)):
            raise ActionError(f"{field.title} is missing.")
    return result


def _amount(field: Field, value: Any, currency: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        amount: int | None = value
    else:
        amount = parse_amount(str(value), currency)
    if amount is None or abs(amount) >= 1 << 62:
        raise ActionError(f"{field.title}: `{str(value)[:40]}` is no amount.")
    return amount


def _value(field: Field, value: Any) -> Any:
    match field.kind:
        case "text" | "long":
            return clean(str(value or ""), long=field.kind == "long")
        case "choice":
            if value not in field.choices:
                raise ActionError(f"{field.title} is one of: {', '.join(field.choices)}.")
            return value
        case "sight":
            sight = SIGHT.get(str(value).strip().lower(), value)
            if sight not in SIGHT.values():
                raise ActionError(f"{field.title} is one of: {', '.join(SIGHT)}.")
            return sight
        case "currency":
            code = str(value).strip().upper()
            if not re.fullmatch("[A-Z]{3}", code):
                raise ActionError(f"{field.title}: three letters such as EUR.")
            return code
        case "date":
            return _date(field, value)
        case "time":
            text = str(value or "")
            if text and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
                raise ActionError(f"{field.title}: a time such as 09:30.")
            return text
        case "record":
            if field.target == "user" and not value:
                raise ActionError(f"{field.title} is missing.")
            return int(value) if value else None
        case "number":
            return int(value or 0)
        case "flag":
            return bool(value)
        case "records":
            return tuple(dict.fromkeys(int(one) for one in value or ()))
        case "custom":
            return {clean(str(k)): clean(str(v), long=True) for k, v in dict(value or {}).items()}
        case "addresses":
            return _addresses(value)
        case "domains":
            return tuple(dict.fromkeys(domain_key(d.lstrip("*@.")) for d in _texts(value)))
        case _:
            return tuple(_pair(one) for one in _listed(value) if _pair(one)[0])


def clean(text: str, *, long: bool = False) -> str:
    """Text as it is stored: trimmed, without NUL and broken code points, not yet safe to show."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()
    return text[: MAX_TEXT * 10 if long else MAX_TEXT]


def _date(field: Field, value: Any) -> str:
    text = str(value or "").strip()
    if not text:
        return ""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError as error:
        raise ActionError(f"{field.title}: a day such as 2026-11-30.") from error


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part for part in re.split(r"[,;\n]", value) if part.strip()]
    return list(value or ())


def _texts(value: Any) -> list[str]:
    return [text for one in _listed(value) if (text := clean(str(one)))]


def _pair(value: Any) -> tuple[str, str]:
    """(text, label) of `text` or of a pair."""
    if isinstance(value, str):
        return clean(value), ""
    text, label = value
    return clean(str(text)), clean(str(label))


def _addresses(value: Any) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for one in _listed(value):
        text, label = _pair(one)
        key = address_key(text)
        if not text:
            continue
        if "@" not in key or " " in key:
            raise ActionError(f"`{text[:60]}` is no e-mail address.")
        found.setdefault(key, label)
    return tuple(found.items())


def split_name(name: str) -> tuple[str, str]:
    """First and last name of a full name, as well as one can tell: `Berg, Anna`, `Anna Berg`."""
    last, comma, first = name.partition(",")
    if comma and first.strip():
        return first.strip(), last.strip()
    head, _, tail = name.strip().rpartition(" ")
    return (head.strip(), tail) if head else (tail, "")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact. Texts are not yet safe to show."""

    id: int
    name: str
    first_name: str
    last_name: str
    job_title: str
    organization_id: int | None
    organization: str
    """Name of the organization, or empty."""
    addresses: tuple[tuple[str, str], ...]
    """(address, label), the primary one first."""
    phones: tuple[tuple[str, str], ...]
    owner_id: int
    visible_to: int
    custom: dict[str, str]
    remote_id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Organization:
    """A company or another body with people in it."""

    id: int
    name: str
    address: str
    domains: tuple[str, ...]
    people: int
    owner_id: int
    visible_to: int
    custom: dict[str, str]
    remote_id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Item:
    """A deal, lead or project with what lists and sidebars show of it."""

    ref: Ref
    title: str
    status: str
    stage_id: int
    """Stage of a deal, phase of a project, 0 for a lead."""
    stage: str
    value: int
    """Minor units of `currency`; 0 for projects."""
    currency: str
    expected_close: str
    """ISO date or empty; the end date of a project."""
    person_id: int | None
    person: str
    organization_id: int | None
    organization: str
    stage_changed_at: int
    created_at: int
    closed_at: int | None
    rotten_days: int | None
    updated_at: int

    @property
    def is_open(self) -> bool:
        """R49: only open ones are candidates."""
        return self.status == "open"


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to do, or done."""

    id: int
    subject: str
    type: str
    due_date: str
    due_time: str
    duration: int
    done_at: int | None
    note: str
    kind: str
    """deal, lead, project, or empty."""
    item_id: int
    person_id: int | None
    organization_id: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Note:
    """A text kept with a record."""

    id: int
    kind: str
    record_id: int
    text: str
    author_id: int
    created_at: int
    updated_at: int
