"""Bringing records of every kind from CSV, and people from vCard files.

A file is read, mapped and tried as a whole; rows that cannot be taken are listed with the reason.
Running the same file again changes nothing: rows are known by their id elsewhere, by address, or
by name and organization.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tui_mail.actions import crm
from tui_mail.actions.context import Context
from tui_mail.actions.recorded import Outcome, RecordDone, act
from tui_mail.actions.tables import MAX_OCTETS, Table, read_csv
from tui_mail.errors import ActionError
from tui_mail.model import mapping
from tui_mail.model.addresses import address_key
from tui_mail.model.records import ITEM_KINDS, Ref, checked, clean
from tui_mail.model.safe_text import one_line
from tui_mail.store import activities, deals, items, organizations, people, records
from tui_mail.store.trial import copy_records

__all__ = [
    "MAX_OCTETS", "Rejected", "Report", "Table", "import_table", "import_vcards", "is_vcards",
    "read_csv",
]  # fmt: skip

MAX_REJECTED = 1000
BATCH = 50
"""Rows of one transaction: about 30 ms."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken."""

    line: int
    reason: str
    """Safe text."""
    text: str
    """The beginning of the row, safe."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do."""

    created: int
    updated: int
    unchanged: int
    also_created: int
    """Organizations and people that rows named and that were not there."""
    rejected: tuple[Rejected, ...]
    done: RecordDone


async def import_table(
    ctx: Context, kind: str, table: Table, columns: Sequence[str], *, dry_run: bool
) -> Report:
    """Import the rows of a table; `columns` maps each to a target of `mapping.targets`.

    With `dry_run` everything is tried and taken back: counts and rejected rows are those of the
    real run.
    """
    if kind not in mapping.IMPORTED:
        raise ActionError(f"What can be imported: {', '.join(mapping.IMPORTED)}.")
    known = {*mapping.targets(kind), ""}
    wrong = [c for c in columns if c not in known and not c.startswith("custom:")]
    if wrong:
        raise ActionError(
            f"`{one_line(wrong[0], 40)}` is no target.", hint=", ".join(sorted(known))
        )
    cards = await asyncio.to_thread(_cards, table, columns)
    return await _import(ctx, kind, cards, table.lines, dry_run)


def is_vcards(data: bytes) -> bool:
    """Whether a file holds vCards, whatever its name says."""
    return b"BEGIN:VCARD" in data[:4096].upper()


async def import_vcards(ctx: Context, data: bytes, *, dry_run: bool) -> Report:
    """Import the people of a vCard file (2.1, 3.0 or 4.0)."""
    from tui_mail.actions.vcards import read_vcards

    cards, bad = await asyncio.to_thread(read_vcards, data)
    found = [values for _, values in cards]
    lines = [number for number, _ in cards]
    report = await _import(ctx, "person", found, lines, dry_run)
    rejected = tuple(Rejected(number, one_line(reason, 200), "") for number, reason in bad)
    return Report(
        report.created,
        report.updated,
        report.unchanged,
        report.also_created,
        (*report.rejected, *rejected),
        report.done,
    )


def _cards(table: Table, columns: Sequence[str]) -> list[dict[str, Any]]:
    return [_values(row, columns) for row in table.rows]


def _values(row: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
    """A row by target; targets that several columns feed become lists."""
    values: dict[str, Any] = {}
    for target, cell in zip(columns, row, strict=False):
        text = mapping.undefused(cell.strip())
        if not target or not text:
            continue
        if target.startswith("custom:"):
            values.setdefault("custom", {})[target.removeprefix("custom:")] = text
        elif target in mapping.REPEATED:
            values.setdefault(target, []).append(text)
        else:
            values.setdefault(target, text)
    return values


async def _import(
    ctx: Context, kind: str, cards: Sequence[Mapping[str, Any]], lines: Sequence[int], dry_run: bool
) -> Report:
    """Take cards in batches; each is a transaction, all of them one step of undo."""
    tally = _Tally()
    now = ctx.now()
    if dry_run:
        await asyncio.to_thread(_try_out, ctx.db.path, kind, cards, lines, now, tally)
        return tally.report(RecordDone(None, tally.summary(kind), (), undoable=False))
    done: RecordDone | None = None
    for start in range(0, len(cards), BATCH):
        end = start + BATCH
        part = list(zip(lines[start:end], cards[start:end], strict=True))

        def body(
            conn: sqlite3.Connection, part: Sequence[tuple[int, Mapping[str, Any]]] = part
        ) -> Outcome:
            refs = _take_all(conn, kind, part, now, tally)
            return Outcome(tally.summary(kind), records=refs)

        after = done.journal_id if done is not None else None
        last = await act(ctx, "import", body, after=after)
        done = last if last.journal_id is not None or done is None else done
    if done is not None and done.journal_id is not None:
        ctx.wake_for_contacts()
    return tally.report(done or RecordDone(None, tally.summary(kind), (), undoable=False))


@dataclass(slots=True)
class _Tally:
    """What has been taken so far."""

    counts: dict[str, int] = field(
        default_factory=lambda: {"created": 0, "updated": 0, "unchanged": 0, "also": 0}
    )
    rejected: list[Rejected] = field(default_factory=list)

    def summary(self, kind: str) -> str:
        new, changed = self.counts["created"], self.counts["updated"]
        return f"Imported {new} new and {changed} changed {kind} records"

    def report(self, done: RecordDone) -> Report:
        counts = self.counts
        return Report(
            counts["created"],
            counts["updated"],
            counts["unchanged"],
            counts["also"],
            tuple(self.rejected),
            done,
        )


def _try_out(
    database: Path,
    kind: str,
    cards: Sequence[Mapping[str, Any]],
    lines: Sequence[int],
    now: int,
    tally: _Tally,
) -> None:
    conn = copy_records(database)
    try:
        conn.execute("BEGIN")
        _take_all(conn, kind, list(zip(lines, cards, strict=True)), now, tally)
    finally:
        conn.close()


def _take_all(
    conn: sqlite3.Connection,
    kind: str,
    part: Sequence[tuple[int, Mapping[str, Any]]],
    now: int,
    tally: _Tally,
) -> list[Ref]:
    refs: list[Ref] = []
    for line, values in part:
        conn.execute("SAVEPOINT one_row")
        try:
            what, ref = _take(conn, kind, values, now, tally.counts)
        except ActionError as error:
            conn.execute("ROLLBACK TO one_row")
            if len(tally.rejected) < MAX_REJECTED:
                text = one_line(" ".join(_texts(values)), 80)
                tally.rejected.append(Rejected(line, one_line(str(error), 200), text))
        else:
            tally.counts[what] += 1
            if what != "unchanged":
                refs.append(ref)
        conn.execute("RELEASE one_row")
    return refs


def _texts(values: Mapping[str, Any]) -> Iterator[str]:
    """What stands in the cells of a row."""
    for value in values.values():
        if isinstance(value, Mapping):
            yield from map(str, value.values())
        elif isinstance(value, list):
            yield from map(str, value)
        else:
            yield str(value)


def _take(
    conn: sqlite3.Connection,
    kind: str,
    card: Mapping[str, Any],
    now: int,
    counts: dict[str, int],
) -> tuple[str, Ref]:
    """Make or complete one record: (`created`, `updated` or `unchanged`, record)."""
    values = dict(card)
    created = _moment(values.pop("created", ""), now)
    closed = _moment(values.pop("closed", ""), None)
    notes = values.pop("note", [])
    also: list[int] = []
    given = _prepared(conn, kind, values, created or now, also)
    known = _known(conn, kind, given)
    if known is None:
        ref = _create(conn, kind, given, now, created, closed)
        what = "created"
    else:
        ref = Ref(kind, known)
        missing = _missing(conn, ref, given)
        if missing:
            crm.alter(conn, ref, missing, now)
        what = "updated" if missing else "unchanged"
    if what == "created":
        for text in notes:
            activities.add_note(conn, ref, clean(text, long=True), created or now)
    counts["also"] += len(also)
    return what, ref


def _create(
    conn: sqlite3.Connection,
    kind: str,
    given: Mapping[str, Any],
    now: int,
    created: int | None,
    closed: int | None,
) -> Ref:
    checked(kind, given, new=True)
    if kind in ITEM_KINDS:
        return items.create(
            conn, kind, given, now, created_at=created, closed_at=closed or created or now
        )
    if kind == "person":
        return Ref(kind, people.create(conn, given, now, since=created))
    return Ref(kind, organizations.create(conn, given, now))


def _prepared(
    conn: sqlite3.Connection, kind: str, values: dict[str, Any], now: int, also: list[int]
) -> dict[str, Any]:
    """Checked values with names of people, organizations and stages turned into ids."""
    company = values.pop("organization", "")
    person, address = values.pop("person", ""), values.pop("person_address", "")
    stage, phase = values.pop("stage", ""), values.pop("phase", "")
    if kind == "person" and not values.get("name"):
        parts = [values.get("first_name", ""), values.get("last_name", "")]
        values["name"] = (
            " ".join(part for part in parts if part)
            or company
            or "".join(values.get("addresses", [])[:1])
        )
    if "domains" in values:
        found = [mapping.domain_of(d) for text in values["domains"] for d in text.split(",")]
        values["domains"] = [domain for domain in found if "." in domain]
    if kind in mapping.STATUSES and "status" in values:
        spelled = mapping.fold(str(values["status"]))
        values["status"] = mapping.STATUSES[kind].get(spelled, values["status"])
    if "addresses" in values:
        values["addresses"] = [
            part for text in values["addresses"] for part in text.replace(";", ",").split(",")
        ]
    given = checked(kind, values, new=False)
    if company:
        given["organization_id"] = _organization(conn, clean(company), now, also)
    if kind in ITEM_KINDS and (person or address):
        given["person_id"] = _person(
            conn, clean(person), address, given.get("organization_id"), now, also
        )
    if stage:
        stage_id = deals.stage_named(conn, clean(stage))
        if stage_id is None:
            stage_id = deals.add_stage(conn, clean(stage))
        given["stage_id"] = stage_id
    if phase:
        phase_id = deals.phase_named(conn, clean(phase))
        given["phase_id"] = deals.add_phase(conn, clean(phase)) if phase_id is None else phase_id
    return given


def _organization(conn: sqlite3.Connection, name: str, now: int, also: list[int]) -> int:
    known = organizations.by_name(conn, name)
    if known is None:
        known = organizations.create(conn, {"name": name}, now)
        also.append(known)
    return known


def _person(
    conn: sqlite3.Connection,
    name: str,
    address: str,
    organization_id: int | None,
    now: int,
    also: list[int],
) -> int:
    values: dict[str, Any] = {"name": name or address, "organization_id": organization_id}
    if address:
        values["addresses"] = [part for part in address.split(",") if part.strip()]
    given = checked("person", values, new=True)
    known = _known(conn, "person", given)
    if known is None:
        known = people.create(conn, given, now, since=now)
        also.append(known)
    return known


def _known(conn: sqlite3.Connection, kind: str, given: Mapping[str, Any]) -> int | None:
    """The record a row means: by id elsewhere, by address, by name and organization."""
    if given.get("remote_id"):
        found = records.by_remote_id(conn, kind, given["remote_id"])
        if found is not None:
            return found
    if kind == "organization":
        return organizations.by_name(conn, given.get("name", ""))
    if kind == "person":
        return _known_person(conn, given)
    row = conn.execute(
        f"SELECT id FROM {kind}s WHERE title = ? COLLATE NOCASE AND person_id IS ?"
        " AND organization_id IS ? AND (remote_id = '' OR ?4 = '' OR remote_id = ?4)"
        " ORDER BY id LIMIT 1",
        (
            given.get("title", ""),
            given.get("person_id"),
            given.get("organization_id"),
            given.get("remote_id", ""),
        ),
    ).fetchone()
    return int(row[0]) if row else None


def _known_person(conn: sqlite3.Connection, given: Mapping[str, Any]) -> int | None:
    name = given.get("name", "")
    for address, _ in given.get("addresses", ()):
        found = people.with_address(conn, address_key(address))
        same = [person for person in found if person.name.casefold() == name.casefold()]
        if same or len(found) == 1:
            return (same or found)[0].id
    row = conn.execute(
        "SELECT id FROM persons WHERE name = ?1 COLLATE NOCASE AND organization_id IS ?2"
        " AND (?3 OR NOT EXISTS (SELECT 1 FROM person_addresses a WHERE a.person_id = persons.id))"
        " ORDER BY id LIMIT 1",
        (name, given.get("organization_id"), not given.get("addresses")),
    ).fetchone()
    return int(row[0]) if row else None


def _missing(conn: sqlite3.Connection, ref: Ref, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a row adds to a record that is there; nothing that is there is overwritten."""
    old = records.row(conn, ref)
    missing: dict[str, Any] = {}
    for key, value in given.items():
        if key in ("addresses", "phones"):
            person = people.get(conn, ref.id)
            assert person is not None
            have = getattr(person, key)
            more = [one for one in value if all(one[0] != other[0] for other in have)]
            if more:
                missing[key] = (*have, *more)
        elif key == "domains":
            here = organizations.domains_of(conn, ref.id)
            if set(value) - set(here):
                missing[key] = tuple(dict.fromkeys([*here, *value]))
        elif key == "custom":
            import json

            kept = json.loads(old["custom"])
            if set(value) - set(kept):
                missing[key] = {**value, **kept}
        elif key in old and value and not old[key]:
            missing[key] = value
    return missing


def _moment(text: Any, default: int | None) -> int | None:
    """UTC seconds of an ISO day or time, never in the future; `default` when it is none."""
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        try:
            moment = datetime.combine(
                date.fromisoformat(str(text).strip()[:10]), datetime.min.time()
            )
        except ValueError:
            return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    at = int(moment.timestamp())
    return at if default is None else max(0, min(at, default))
