"""One record in full: its fields, people, activities, notes and conversations."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui_mail.cli.acted import WORDS
from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.cli.output import counted, local, utc
from tui_mail.cli.record_rows import activity_json, as_json, cells, note_json
from tui_mail.model.records import ITEM_KINDS, SIGHT, Activity, Item, Note, Person, Ref
from tui_mail.model.safe_text import one_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.cli.record_rows import Record
    from tui_mail.store.pages import Row

_MOST = 20
_PLAIN = {
    "first_name": "First name",
    "last_name": "Last name",
    "job_title": "Job title",
    "organization": "Organization",
    "person": "Person",
    "address": "Postal address",
    "status": "Status",
    "stage": "Stage",
    "expected_close": "Expected close",
    "source": "Source",
    "lost_reason": "Reason it was lost",
    "description": "Description",
    "start_date": "Start",
    "remote_id": "Id elsewhere",
}
_ONLY_IN_ROW = (
    "owner_id",
    "visible_to",
    "source",
    "lost_reason",
    "description",
    "start_date",
    "remote_id",
)


@dataclass(frozen=True, slots=True)
class _Whole:
    record: Record
    more: dict[str, Any]
    people: list[Person]
    items: list[Item]
    activities: list[Activity]
    notes: list[Note]
    conversations: list[Row]
    total: int
    last_at: int
    owner: str
    followers: list[str]


def _read(conn: sqlite3.Connection, ref: Ref) -> _Whole:
    from tui_mail.store import (
        activities,
        items,
        organizations,
        people,
        record_mail,
        records,
        sight,
    )

    found: Record | None
    persons: list[Person] = []
    its_items: list[Item] = []
    if ref.kind == "person":
        found = people.get(conn, ref.id)
        its_items = items.of_persons(conn, [ref.id], only_open=False)
    elif ref.kind == "organization":
        found = organizations.get(conn, ref.id)
        persons = people.of_organization(conn, ref.id)
        its_items = items.of_organization(conn, ref.id, only_open=False)
    else:
        found = items.get(conn, ref)
        persons = people.get_many(conn, items.people_of(conn, ref))
        if ref.kind == "project":
            rows = conn.execute("SELECT deal_id FROM project_deals WHERE project_id = ?", (ref.id,))
            its_items = items.get_many(conn, [Ref("deal", row[0]) for row in rows])
    assert found is not None
    total, last_at = record_mail.count(conn, ref)
    return _Whole(
        found,
        records.row(conn, ref),
        persons,
        its_items,
        activities.of_record(conn, ref),
        activities.notes(conn, ref),
        record_mail.conversations(conn, ref, 0, _MOST),
        total,
        last_at,
        sight.owner_name(conn, ref),
        sight.follower_names(conn, ref),
    )


async def show(call: Call, ctx: Context, ref: Ref) -> int:
    """Print a record that is there."""
    import json

    from tui_mail.cli.rows import as_json as row_json
    from tui_mail.cli.rows import slugs_of

    whole = await ctx.db.read(_read, ref)
    slugs = slugs_of(ctx)
    fields = as_json(whole.record)
    fields |= {key: whole.more[key] for key in _ONLY_IN_ROW if key in whole.more}
    fields["custom"] = json.loads(whole.more["custom"])
    call.out.document(
        {
            "kind": ref.kind,
            "record": fields,
            "owner": whole.owner,
            "followers": whole.followers,
            "people": [as_json(person) for person in whole.people],
            "items": [as_json(item) for item in whole.items],
            "activities": [activity_json(one) for one in whole.activities],
            "notes": [note_json(one) for one in whole.notes],
            "conversation_count": whole.total,
            "last_mail_at": utc(whole.last_at),
            "conversations": [row_json(row, slugs) for row in whole.conversations],
        }
    )
    _print(call, ref, whole, fields)
    return Code.OK


def _print(call: Call, ref: Ref, whole: _Whole, fields: dict[str, Any]) -> None:
    out = call.out
    name = one_line(str(fields.get("name") or fields.get("title")), 200)
    out.line(f"{WORDS.get(ref.kind, ref.kind)}:{ref.id}  {name}", "bold")
    titles = {**_PLAIN, "stage": "Phase", "expected_close": "End"}
    if ref.kind != "project":
        titles = _PLAIN
    lines = [(title, str(fields[key])) for key, title in titles.items() if fields.get(key)]
    if ref.kind in ITEM_KINDS and isinstance(whole.record, Item) and whole.record.value:
        from tui_mail.model.money import shown_amount

        lines.append(("Value", shown_amount(whole.record.value, whole.record.currency)))
    lines += [("Address", one["address"]) for one in fields.get("addresses", ())]
    lines += [("Phone", one["number"]) for one in fields.get("phones", ())]
    lines += [("Domain", domain) for domain in fields.get("domains", ())]
    lines += [(key, value) for key, value in fields["custom"].items()]
    lines.append(("Owner", one_line(whole.owner, 80)))
    seen = next((word for word, value in SIGHT.items() if value == fields["visible_to"]), "")
    lines.append(("Seen by", seen))
    lines += [("Followed by", one_line(user, 80)) for user in whole.followers]
    out.rows(lines, indent="  ")
    _section(call, "People", [cells(person)[:2] + cells(person)[3:] for person in whole.people])
    items = [(str(item.ref), item.title, item.status, item.stage) for item in whole.items]
    _section(call, "Deals, leads and projects", items)
    _section(
        call,
        "Activities",
        [
            (
                "done" if one.done_at else one.due_date or "any day",
                one.due_time,
                one.type,
                one.subject,
            )
            for one in whole.activities
        ],
    )
    _section(
        call, "Notes", [(local(one.created_at), one_line(one.text, 300)) for one in whole.notes]
    )
    if whole.total:
        out.line()
        last = f", the last mail {local(whole.last_at)}"
        out.line(f"{counted(whole.total, 'conversation')}{last}")
        out.rows(
            [(str(row.id), local(row.at), row.people, row.subject) for row in whole.conversations],
            indent="  ",
        )
        if whole.total > len(whole.conversations):
            out.note(f"These are the newest {_MOST}.")


def _section(call: Call, title: str, rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        call.out.line()
        call.out.line(title)
        call.out.rows(rows, indent="  ")
