"""How records read as lines. Pure; texts are made safe where they are drawn."""

from __future__ import annotations

import time
from datetime import date

from tui_mail.model.money import shown_amount
from tui_mail.model.records import Activity, Item, Organization, Person
from tui_mail.tui.format import counted
from tui_mail.tui.widgets.line_list import Line

_DAY = 86_400


def item_words(item: Item, *, kind: bool = True) -> str:
    """Kind, stage or status, value, people: what tells items apart."""
    where = item.stage if item.is_open and item.stage else item.status
    value = shown_amount(item.value, item.currency) if item.value else ""
    words = [item.ref.kind if kind else "", where, value, item.person, item.organization]
    return " · ".join(word for word in words if word)


def age_words(item: Item, now: int) -> str:
    """How long it stands in its stage, and whether that is too long."""
    days = max(0, now - (item.stage_changed_at or item.created_at)) // _DAY
    late = item.is_open and item.rotten_days is not None and days > item.rotten_days
    return f"{counted(days, 'day')} in {item.stage or item.status}" + (
        " (past its days)" if late else ""
    )


def due_words(activity: Activity | None, now: int) -> str:
    """The next thing to do and when; late ones say so."""
    if activity is None:
        return "no next activity"
    today = date.fromtimestamp(now).isoformat() if now else time.strftime("%Y-%m-%d")
    when = f"{activity.due_date} {activity.due_time}".strip()
    late = " (late)" if activity.due_date and activity.due_date < today else ""
    return (f"{when}{late} " if when else "") + f"{activity.type}: {activity.subject}"


def standing_words(item: Item, planned: Activity | None, now: int) -> str:
    """How long it stands where it is and what comes next; of a closed one what is still planned."""
    if item.is_open:
        return f"{age_words(item, now)} · {due_words(planned, now)}"
    return due_words(planned, now) if planned else ""


def item_line(item: Item, *, key: str = "", kind: bool = True, more: str = "") -> Line:
    """One item."""
    words = item_words(item, kind=kind)
    return Line(item.title or "(no title)", f"{words} · {more}" if more else words, key, item.ref)


def person_words(person: Person) -> str:
    """Organization, work and address."""
    first = person.addresses[0][0] if person.addresses else ""
    words = [person.organization, person.job_title, first]
    return " · ".join(word for word in words if word)


def organization_words(found: Organization) -> str:
    """Domains and how many people."""
    people = f"{found.people} {'person' if found.people == 1 else 'people'}"
    return " · ".join(word for word in (", ".join(found.domains), people) if word)
