"""The people of the demo company: who they are, where they work, what is being sold to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

OWN = "mira"
"""The key of the user."""
SHARED = "info"
"""The key of the shared mailbox."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A company, or another body with people in it."""

    key: str
    name: str
    domain: str
    city: str
    kind: str
    """`own`, `customer`, `supplier`, `adviser`, `prospect` or `other`."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes mail; newsletters and lists are among them, without an organization."""

    key: str
    name: str
    address: str
    org: str = ""
    """Key of the organization, or empty."""
    role: str = ""
    phone: str = ""
    offset: int = 0
    """Hours east of UTC."""


@dataclass(frozen=True, slots=True)
class Deal:
    """Something that is being sold."""

    key: str
    title: str
    org: str
    person: str
    value: int
    currency: str
    stage: str
    status: str
    """`open`, `won` or `lost`."""
    reason: str = ""
    """Why it was lost."""
    days: int = 120
    """So many days ago it began."""
    quiet: int = 3
    """So many days it has been in its stage."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who may become a customer."""

    key: str
    title: str
    org: str
    person: str
    days: int = 30
    """So many days ago it began."""


@dataclass(frozen=True, slots=True)
class Project:
    """Something that was sold and is being made."""

    key: str
    title: str
    org: str
    person: str
    status: str
    """`in progress`, or the name of another phase."""
    days: int = 60
    """So many days ago it began. One that began after a conversation is no candidate for it."""


@dataclass(frozen=True, slots=True)
class Company:
    """Everything the demo knows beside its mails; all maps go by key."""

    organizations: dict[str, Organization]
    people: dict[str, Person]
    deals: dict[str, Deal]
    leads: dict[str, Lead]
    projects: dict[str, Project]

    def person_at(self, address: str) -> Person | None:
        """The person with that address, in any case of letters, or None."""
        wanted = address.lower()
        return next((p for p in self.people.values() if p.address.lower() == wanted), None)

    def has_domain(self, domain: str) -> bool:
        """Whether an organization of the demo has its mail there."""
        return any(org.domain == domain.lower() for org in self.organizations.values())


@cache
def load_company() -> Company:
    """Read the demo's company."""
    text = (resources.files("tui_mail.demo") / "data" / "company.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return Company(
        {key: Organization(key, **values) for key, values in data["organizations"].items()},
        {key: Person(key, **values) for key, values in data["people"].items()},
        {key: Deal(key, **values) for key, values in data["deals"].items()},
        {key: Lead(key, **values) for key, values in data["leads"].items()},
        {key: Project(key, **values) for key, values in data["projects"].items()},
    )
