"""Reading tables of contacts and deals from elsewhere: which column is which field (import)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

IMPORTED = ("person", "organization", "deal", "lead", "project")

COLUMNS: dict[str, dict[str, str]] = {
    "person": {
        "name": "name|full name|contact|contact person|person|person name|display name|fn|nom",
        "first_name": "first name|firstname|given name|vorname|prenom",
        "last_name": "last name|lastname|surname|family name|nachname",
        "addresses": "email|e mail|mail|email address|email work|email home|email other"
        "|e mail address|email 1 value|email 2 value|e mail 1 value|e mail 2 value",
        "phones": "phone|telephone|mobile|phone work|phone home|phone mobile|phone 1 value|telefon",
        "job_title": "job title|title|position|role",
        "organization": "organization|organisation|company|account|org|firma|firm|organization name"
        "|organization 1 name|company name",
    },
    "organization": {
        "name": "name|organization|organisation|company|company name|organization name|firma|firm",
        "address": "address|street|postal address|adresse",
        "domains": "domain|domains|website|web site|url|web",
    },
    "deal": {
        "title": "title|deal|deal title|deal name|name|opportunity|subject",
        "person": "person|contact|contact person|person name|deal contact person",
        "person_address": "email|e mail|person email|contact email|person email work",
        "organization": "organization|organisation|company|account|org|deal organization",
        "value": "value|amount|deal value|price|sum",
        "currency": "currency|currency of value|deal currency of value",
        "stage": "stage|deal stage|phase",
        "status": "status|deal status",
        "expected_close": "expected close date|expected close|close date|closing date"
        "|deal expected close date",
        "lost_reason": "lost reason|reason|deal lost reason",
        "closed": "won time|lost time|closed|deal closed on|close time",
    },
    "lead": {
        "title": "title|lead|lead title|name",
        "person": "person|contact|contact person|person name",
        "person_address": "email|e mail|person email|contact email",
        "organization": "organization|organisation|company|account|org",
        "value": "value|amount",
        "currency": "currency",
        "source": "source|source name|origin",
        "expected_close": "expected close date|expected close|close date",
    },
    "project": {
        "title": "title|project|project title|project name|name",
        "person": "person|contact|contact person|person name",
        "person_address": "email|e mail|person email|contact email",
        "organization": "organization|organisation|company|account|org",
        "phase": "phase|stage|project phase",
        "status": "status|project status",
        "description": "description|about",
        "start_date": "start date|start|begin",
        "end_date": "end date|end|due date|deadline",
        "closed": "closed|completed|completed at|close time",
    },
}
"""Names by which each target is known, separated by bars, by kind."""

_SHARED = {
    "remote_id": "id|remote id|external id|record id|uid",
    "created": "created|created at|add time|creation date|created date|date created|created on",
    "note": "note|notes|comment|comments",
}
REPEATED = ("addresses", "phones", "domains", "note")
"""Targets that several columns may feed."""
MANY = 200
"""Columns of a table that are looked at."""


def targets(kind: str) -> tuple[str, ...]:
    """What a column of a table of this kind can be mapped to; `custom:NAME` and empty beside."""
    return (*COLUMNS[kind], *_SHARED)


def propose(kind: str, header: Sequence[str]) -> tuple[str, ...]:
    """A target for each column: exact names first, then `custom:NAME`; empty for no name.

    A name with its kind before it counts too: `Person - Name`, `deal_title`.
    """
    names = {
        name: target
        for target, spelled in {**_SHARED, **COLUMNS[kind]}.items()
        for name in spelled.split("|")
    }
    taken: set[str] = set()
    chosen: list[str] = []
    for column in header[:MANY]:
        plain = fold(column)
        bare = re.sub(rf"^{kind} ", "", plain)
        target = names.get(plain) or names.get(bare) or ""
        if not target or (target in taken and target not in REPEATED):
            target = f"custom:{' '.join(column.split())[:80]}" if plain else ""
        taken.add(target)
        chosen.append(target)
    return tuple(chosen)


def fold(text: str) -> str:
    """A header for comparison: without case, accents and punctuation."""
    flat = unicodedata.normalize("NFKD", text.replace("\ufeff", "")).casefold()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", flat).split())


def undefused(text: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@|%") else text


def domain_of(text: str) -> str:
    """The domain of a web address or a domain: `https://www.x.example/y` is `x.example`."""
    text = re.sub(r"^[a-z]+://", "", text.strip().lower())
    return re.split(r"[/?#:]", text)[0].removeprefix("www.")


STATUSES = {
    "deal": {"open": "open", "won": "won", "lost": "lost", "closed won": "won",
             "closed lost": "lost", "": "open"},
    "lead": {"open": "open", "archived": "archived", "converted": "converted", "": "open"},
    "project": {"open": "open", "active": "open", "completed": "completed", "done": "completed",
                "canceled": "canceled", "cancelled": "canceled", "": "open"},
}  # fmt: skip
"""How statuses are spelled elsewhere."""
