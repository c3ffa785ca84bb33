"""Which deal, lead or project a conversation belongs to (R46 to R56). Pure rules, no store.

A decision is a function of what there is and when it came to be, never of the order in which the
program heard of it: everything that makes an item a candidate must have existed when the
conversation began (R50), and the mails are looked at in the order of their time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.model.records import Ref

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """An item that the participants of a conversation lead to."""

    entered_at: int
    """Time of the first mail with this participant."""
    ref: Ref
    address: str
    """The address that leads to it."""
    person_id: int
    since: int
    """From when on the address was the person's and the person was part of the item."""
    until: int = FOREVER
    """When the item was closed."""

    @property
    def is_open(self) -> bool:
        """It can be chosen now."""
        return self.until >= FOREVER


@dataclass(frozen=True, slots=True)
class Decision:
    """What automation says of a conversation."""

    state: str
    """`none`, `linked` or `ambiguous`."""
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    """What can be chosen from; one each item, earliest first."""
    late: tuple[Candidate, ...]
    """Open items that came after the conversation began: offered, never linked (R50)."""


def decide(began_at: int, found: Iterable[Candidate], linked: Ref | None = None) -> Decision:
    """Decide for a conversation that began at `began_at`.

    `found` holds every item of every external participant of its mails, those of screened, bulk
    and automatic mails and of accounts in manual mode left out (R46, R47). An item counts when it
    was there as the conversation began (R50) and open as the mail came (R49). The first mail that
    leads to any decides: to exactly one, it is linked, if it is open still; to more, the user is
    asked for as long as one of them is open. Participants who come later change nothing any more.

    `linked` is the item it is linked to by automation: that link outlives the closing (R52).
    """
    earliest: dict[Ref, Candidate] = {}
    late: dict[Ref, Candidate] = {}
    for candidate in sorted(found):
        if candidate.since > began_at:
            late.setdefault(candidate.ref, candidate)
        elif candidate.until >= candidate.entered_at or candidate.ref == linked:
            earliest.setdefault(candidate.ref, candidate)
    offered = tuple(late[ref] for ref in sorted(late) if ref not in earliest and late[ref].is_open)
    standing = sorted(earliest.values())
    choices = tuple(one for one in standing if one.is_open)
    first = [one for one in standing if one.entered_at == standing[0].entered_at]
    if len(first) == 1 and (first[0].is_open or first[0].ref == linked):
        return Decision("linked", first[0], choices, offered)
    if len(first) > 1 and choices:
        return Decision("ambiguous", None, choices, offered)
    return Decision("none", None, (), offered)
