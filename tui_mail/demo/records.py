"""The demo company's records: contacts, deals in every stage, leads, projects, a blocked domain."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tui_mail.demo.company import OWN, SHARED, Company
from tui_mail.model.blocking import Target
from tui_mail.model.records import Ref, checked
from tui_mail.store import activities, blocks, deals, items, organizations, people, standing

TENDERS = ("Tender", "Award pending")
"""Stages of the second pipeline."""
BLOCKED = Target("domain", "cloudbench.example")
_DAY = 86_400
_LONG_AGO = 400 * _DAY
_ACTIVITIES = (
    ("deal", "terminal", "call", "Call Ingrid about the purchase order", 0, "11:00"),
    ("deal", "terminal", "task", "Order the enamel for gate A", 6, ""),
    ("deal", "kiosks", "meeting", "Steering group at Headingley clinic", 4, "13:30"),
    ("deal", "glass", "task", "Second lock for the cases: ask the locksmith", -2, ""),
    ("deal", "shelters", "deadline", "Bid has to be in", 9, "12:00"),
    ("lead", "school", "meeting", "Visit the library", 5, "15:00"),
    ("project", "phase1", "task", "Send the spare keys to the harbour", 2, ""),
)
"""Kind, key, type, subject, days from now, time."""


def fill(conn: sqlite3.Connection, company: Company, now: int) -> bool:
    """Add everything; a profile that ever had a contact stays as it is and the answer is False.

    Contacts and items are older than the demo's mail, so that its conversations find their place
    as they arrive (R50). Nothing here can be taken back with undo.
    """
    if conn.execute(
        "SELECT 1 FROM sqlite_sequence WHERE name IN ('persons', 'organizations') AND seq > 0"
    ).fetchone():
        return False
    _colleagues(conn, company)
    refs = _contacts(conn, company, now)
    stages = _stages(conn)
    _deals(conn, company, refs, stages, now)
    _leads_and_projects(conn, company, refs, now)
    _activities(conn, refs, now)
    blocks.add(conn, BLOCKED, None, "user", now)
    persons = [ref.id for ref in refs.values() if ref.kind == "person"]
    standing.put_off(conn, standing.of_persons(conn, persons))
    return True


def _colleagues(conn: sqlite3.Connection, company: Company) -> None:
    """Who may see what is shared."""
    own = company.people[OWN]
    conn.execute("UPDATE users SET name = ?, email = ? WHERE is_self = 1", (own.name, own.address))
    conn.executemany(
        "INSERT INTO users(name, email) VALUES (?, ?)",
        [
            (person.name, person.address)
            for key, person in company.people.items()
            if person.org == own.org and key not in (OWN, SHARED)
        ],
    )


def _contacts(conn: sqlite3.Connection, company: Company, now: int) -> dict[str, Ref]:
    """Organizations and persons by `organization KEY` and `person KEY`."""
    refs: dict[str, Ref] = {}
    own = company.people[OWN].org
    then = now - _LONG_AGO
    for key, org in company.organizations.items():
        if key == own:
            continue
        values = checked(
            "organization",
            {
                "name": org.name,
                "address": org.city,
                "domains": [org.domain],
                "custom": {"Kind": org.kind},
            },
            new=True,
        )
        refs[f"organization {key}"] = Ref("organization", organizations.create(conn, values, then))
    for key, person in company.people.items():
        known = refs.get(f"organization {person.org}")
        if known is None:
            continue
        values = checked(
            "person",
            {
                "name": person.name,
                "job_title": person.role,
                "addresses": [person.address],
                "phones": [person.phone] if person.phone else [],
                "organization_id": known.id,
            },
            new=True,
        )
        refs[f"person {key}"] = Ref("person", people.create(conn, values, then))
    return refs


def _stages(conn: sqlite3.Connection) -> dict[str, int]:
    """The ids of all stages by name, those for public tenders added."""
    cursor = conn.execute("INSERT INTO pipelines(name, position) VALUES ('Public tenders', 1)")
    for name in TENDERS:
        deals.add_stage(conn, name, pipeline_id=cursor.lastrowid or 1, rotten_days=30)
    return {stage.name: stage.id for stage in deals.stages(conn)}


def _deals(
    conn: sqlite3.Connection,
    company: Company,
    refs: dict[str, Ref],
    stages: Mapping[str, int],
    now: int,
) -> None:
    for number, (key, deal) in enumerate(company.deals.items()):
        is_open = deal.status == "open"
        last = list(stages)[-len(TENDERS) - 1]
        values = {
            "title": deal.title,
            "value": str(deal.value),
            "currency": deal.currency,
            "status": deal.status,
            "stage_id": stages.get(deal.stage, stages[last]),
            "lost_reason": deal.reason,
            "expected_close": _day(now, 14 + 9 * number) if is_open else "",
            **_whose(refs, deal.org, deal.person),
        }
        at = now if is_open else now - 12 * _DAY
        created_at = now - deal.days * _DAY
        given = checked("deal", values, new=True)
        ref = items.create(conn, "deal", given, at, created_at=created_at)
        conn.execute(
            "UPDATE deals SET stage_changed_at = ? WHERE id = ?",
            (max(created_at, at - deal.quiet * _DAY), ref.id),
        )
        refs[f"deal {key}"] = ref


def _leads_and_projects(
    conn: sqlite3.Connection, company: Company, refs: dict[str, Ref], now: int
) -> None:
    for key, lead in company.leads.items():
        values = {
            "title": lead.title,
            "source": "Mail",
            **_whose(refs, lead.org, lead.person),
        }
        given = checked("lead", values, new=True)
        at = now - lead.days * _DAY
        refs[f"lead {key}"] = items.create(conn, "lead", given, now, created_at=at)
    phases = {phase.name.casefold(): phase.id for phase in deals.phases(conn)}
    for number, (key, project) in enumerate(company.projects.items()):
        values = {
            "title": project.title,
            "phase_id": phases.get(project.status, next(iter(phases.values()))),
            "start_date": _day(now, -project.days),
            "end_date": _day(now, 30 + 20 * number),
            **_whose(refs, project.org, project.person),
        }
        given = checked("project", values, new=True)
        at = now - project.days * _DAY
        refs[f"project {key}"] = items.create(conn, "project", given, now, created_at=at)


def _activities(conn: sqlite3.Connection, refs: Mapping[str, Ref], now: int) -> None:
    for kind, key, sort, subject, days, time in _ACTIVITIES:
        ref = refs.get(f"{kind} {key}")
        if ref is None:
            continue
        values = {
            "subject": subject,
            "type": sort,
            "due_date": _day(now, days),
            "due_time": time,
            "kind": kind,
            "item_id": ref.id,
        }
        activities.create(conn, checked("activity", values, new=True), now)


def _whose(refs: Mapping[str, Ref], org: str, person: str) -> dict[str, Any]:
    return {
        "organization_id": refs[f"organization {org}"].id,
        "person_id": refs[f"person {person}"].id,
    }


def _day(now: int, days: int) -> str:
    return (datetime.fromtimestamp(now, UTC) + timedelta(days=days)).date().isoformat()
