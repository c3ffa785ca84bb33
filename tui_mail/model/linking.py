"""Which deal, lead or project a conversation belongs to (R46 to R56). Pure rules, no store.

A decision is a function of what there is and when it came to be, never of the order in which the
program heard of it: everything that makes an item a candidate must have existed when the
conversation began (R50), and the mails are looked at in the order of their time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.model.records import Ref


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


def decide(began_at: int, found: Iterable[Candidate]) -> Decision:
    """Decide for a conversation that began at `began_at`.

    `found` holds every open item of every external participant of its mails, those of screened,
    bulk and automatic mails and of accounts in manual mode left out (R46, R47, R49). The first
    mail that leads to any item decides: to exactly one, it is linked; to more, the user is asked.
    Participants who come later change nothing any more.
    """
    earliest: dict[Ref, Candidate] = {}
    late: dict[Ref, Candidate] = {}
    for candidate in sorted(found):
        kept = earliest if candidate.since <= began_at else late
        kept.setdefault(candidate.ref, candidate)
    candidates = tuple(sorted(earliest.values()))
    offered = tuple(late[ref] for ref in sorted(late) if ref not in earliest)
    if not candidates:
        return Decision("none", None, (), offered)
    first = [c for c in candidates if c.entered_at == candidates[0].entered_at]
    if len(first) == 1:
        return Decision("linked", first[0], candidates, offered)
    return Decision("ambiguous", None, candidates, offered)
