"""What the screen of one record shows, read in one transaction off the loop, as lines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui_mail.model.messages import Attachment
from tui_mail.model.money import plain_amount
from tui_mail.model.records import FIELDS, ITEM_KINDS, SIGHT, Field, Ref
from tui_mail.store import (
    activities,
    deals,
    items,
    labels,
    organizations,
    people,
    record_mail,
    records,
    sight,
)
from tui_mail.tui import text
from tui_mail.tui.format import counted, short_date
from tui_mail.tui.paragraphs import size_words
from tui_mail.tui.record_lines import age_words, due_words, item_line, person_words
from tui_mail.tui.widgets.line_list import Line

_MAILS, _FILES = 50, 30


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field that a key changes; compared by its name, so that the mark stays on it.

    `custom:NAME` is a further field, `labels` the labels, `followers` who follows it, `define`
    makes a further field, `people` and `deals` add one more.
    """

    key: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person of an item or a deal of a project: opened, or taken out."""

    field: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class FileLine:
    """An attachment of the record's mail."""

    message_id: int
    file: Attachment


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity, a note or a conversation by its id."""

    kind: str
    id: int


def title_of(conn: sqlite3.Connection, ref: Ref) -> str:
    """Kind and name. Raises ActionError when the record is gone."""
    records.need(conn, ref)
    return f"{ref.kind.title()}: {records.titles(conn, [ref])[ref]}"


def record_lines(conn: sqlite3.Connection, ref: Ref, now: int) -> list[Line]:
    """Every section of the screen."""
    return [
        *_fields(conn, ref, now),
        *_activities(conn, ref, now),
        *_notes(conn, ref, now),
        *_relations(conn, ref),
        *_mails(conn, ref, now),
        *_files(conn, ref, now),
    ]


def fields_of(ref: Ref) -> list[Field]:
    """The fields the screen shows and changes."""
    hidden = ("remote_id", "custom", "people", "deals")
    return [field for field in FIELDS[ref.kind] if field.key not in hidden]


def field_text(conn: sqlite3.Connection, ref: Ref, field: Field, row: dict[str, Any]) -> str:
    """A field as it is typed."""
    value = row.get(field.key)
    match field.kind:
        case "money":
            return plain_amount(value or 0, row["currency"]) if value else ""
        case "addresses":
            found = people.get(conn, ref.id)
            return ", ".join(one for one, _ in found.addresses) if found else ""
        case "phones":
            found = people.get(conn, ref.id)
            return ", ".join(one for one, _ in found.phones) if found else ""
        case "domains":
            return ", ".join(organizations.domains_of(conn, ref.id))
        case "sight":
            return next((word for word, kept in SIGHT.items() if kept == value), "")
        case "record" if field.target == "user":
            return sight.owner_name(conn, ref)
        case "record":
            return _name(conn, field.target, value)
        case _:
            return str(value or "")


def _name(conn: sqlite3.Connection, kind: str, record_id: int | None) -> str:
    if not record_id:
        return ""
    if kind in ("stage", "phase"):
        found = deals.stages(conn) if kind == "stage" else deals.phases(conn)
        return next((one.name for one in found if one.id == record_id), "")
    return records.titles(conn, [Ref(kind, record_id)]).get(Ref(kind, record_id), "")


def _fields(conn: sqlite3.Connection, ref: Ref, now: int) -> Sequence[Line]:
    row = records.row(conn, ref)
    number, last_at = record_mail.count(conn, ref)
    words = counted(number, "conversation")
    if last_at:
        words += f", last mail {short_date(last_at, now)}"
    item = items.get(conn, ref) if ref.kind in ITEM_KINDS else None
    if item is not None and item.is_open:
        words += f" · {age_words(item, now)}"
    lines = [Line("Fields", words, heading=True)]
    for field in fields_of(ref):
        shown = field_text(conn, ref, field, row)
        words = text.fit(field.title, 20) + (shown or "–")
        lines.append(Line(words, item=FieldLine(field.key)))
    users = ", ".join(sight.follower_names(conn, ref))
    lines.append(Line(text.fit("Followed by", 20) + (users or "–"), item=FieldLine("followers")))
    custom: dict[str, str] = json.loads(row["custom"])
    defined = [one.key for one in labels.custom_fields(conn, ref.kind)]
    for name in dict.fromkeys([*defined, *custom]):
        shown = text.fit(name, 20) + (custom.get(name) or "–")
        lines.append(Line(shown, item=FieldLine(f"custom:{name}")))
    mine = ", ".join(one.name for one in labels.of_record(conn, ref.kind, ref.id))
    lines.append(Line(text.fit("Labels", 20) + (mine or "–"), item=FieldLine("labels")))
    lines.append(Line("Another field …", item=FieldLine("define")))
    return lines


def _activities(conn: sqlite3.Connection, ref: Ref, now: int) -> Sequence[Line]:
    found = activities.of_record(conn, ref, 50)
    lines = [Line("Activities", "t plans one" if not found else "", heading=True)]
    for one in found:
        mark = "✓" if one.done_at else "○"
        lines.append(Line(due_words(one, now), "", mark, Entry("activity", one.id)))
    return lines


def _notes(conn: sqlite3.Connection, ref: Ref, now: int) -> Sequence[Line]:
    found = activities.notes(conn, ref, 50)
    lines = [Line("Notes", "n keeps one" if not found else "", heading=True)]
    for one in found:
        words = f"{short_date(one.created_at, now).rjust(10)}  {one.text}"
        lines.append(Line(words, item=Entry("note", one.id)))
    return lines


def _relations(conn: sqlite3.Connection, ref: Ref) -> Sequence[Line]:
    lines: list[Line] = []
    if ref.kind in ITEM_KINDS:
        members = people.get_many(conn, items.people_of(conn, ref))
    elif ref.kind == "organization":
        members = people.of_organization(conn, ref.id, 50)
    else:
        members = []
    is_item = ref.kind in ITEM_KINDS
    if members or is_item:
        lines.append(Line("People", "x takes the marked one out" if is_item else "", heading=True))
        for one in members:
            its = Ref("person", one.id)
            item: Any = Member("people", its) if is_item else its
            lines.append(Line(one.name, person_words(one), "", item))
    if is_item:
        lines.append(Line("Somebody else …", item=FieldLine("people")))
    if ref.kind == "project":
        deals_in = items.get_many(conn, [Ref("deal", n) for n in items.deals_of(conn, ref.id)])
        lines.append(Line("Deals", "x takes the marked one out", heading=True))
        lines += [replace(item_line(one), item=Member("deals", one.ref)) for one in deals_in]
        lines.append(Line("Another deal …", item=FieldLine("deals")))
    if ref.kind == "person":
        found = items.of_persons(conn, [ref.id], only_open=False)
    elif ref.kind == "organization":
        found = items.of_organization(conn, ref.id, only_open=False)
    else:
        found = []
    if found:
        lines.append(Line("Deals, leads, projects", heading=True))
        lines += [item_line(item) for item in found]
    return lines


def _mails(conn: sqlite3.Connection, ref: Ref, now: int) -> Sequence[Line]:
    lines = [Line("Conversations", heading=True)]
    for row in record_mail.conversations(conn, ref, 0, _MAILS):
        mark = "●" if row.unread else ""
        words = f"{short_date(row.at, now).rjust(10)}  {row.subject or '(no subject)'}"
        lines.append(Line(words, row.people, mark, Entry("mail", row.id)))
    return lines


def _files(conn: sqlite3.Connection, ref: Ref, now: int) -> Sequence[Line]:
    lines = [Line("Attachments", heading=True)]
    for one in record_mail.attachments(conn, ref, _FILES):
        words = f"{size_words(one.size)} · {short_date(one.at, now)} · {one.sender}"
        file = Attachment(one.part, one.filename, one.content_type, one.size)
        lines.append(Line(one.filename, words, "@", FileLine(one.message_id, file)))
    return lines
