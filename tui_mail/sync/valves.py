"""Safety valves: what sync does not believe at once (VAL-1, VAL-2), nor do unasked (VAL-4)."""

from __future__ import annotations

from dataclasses import dataclass

VANISH_FLOOR = 25
VANISH_SHARE = 0.2
EMPTY_FLOOR = 10
FOLDER_SHARE = 0.3
FOLDER_FLOOR = 3
CHECKS = 2
"""How often a loss must be seen again, on a fresh connection, before it is believed."""
CHECK_SECONDS = 300
"""Least time between two of these looks."""
FOLDER_LISTS = 3
UNASKED_A_MINUTE = 100
"""Mails that may be moved or removed on the server within a minute without a user's word."""
FOLDER_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A loss that is being checked."""

    since: int = 0
    checks: int = 0
    last: int = 0


def is_mass_loss(known: int, exists: int, vanished: int, explained: int) -> bool:
    """Whether a loss is too large to be believed at once (VAL-1).

    `explained` are vanished mails that are somewhere else by now, or that we removed ourselves.
    """
    unexplained = vanished - explained
    if exists == 0 and known >= EMPTY_FLOOR and unexplained > 0:
        return True
    return unexplained > max(VANISH_FLOOR, int(VANISH_SHARE * known))


def next_check(state: Quarantine, now: int, *, interval: int = CHECK_SECONDS) -> Quarantine:
    """Count another look at the same loss, if enough time went by."""
    if state.since == 0:
        return Quarantine(since=now, checks=0, last=now)
    if now - state.last < interval:
        return state
    return Quarantine(state.since, state.checks + 1, now)


def is_believed(state: Quarantine) -> bool:
    """The loss was seen often enough."""
    return state.checks >= CHECKS


def believes_list(known: int, listed_of_known: int, has_inbox: bool) -> bool:
    """Whether a LIST answer is good enough to count missing folders (VAL-2)."""
    missing = known - listed_of_known
    if known and not has_inbox:
        return False
    return not (missing >= FOLDER_FLOOR and missing > FOLDER_SHARE * known)


def is_folder_gone(missing_count: int, missing_since: int, now: int) -> bool:
    """A folder is gone after three good lists over a day (VAL-2)."""
    return missing_count >= FOLDER_LISTS and now - missing_since >= FOLDER_SECONDS


@dataclass(slots=True)
class UnaskedRate:
    """Counts what goes to the server without a user's word, to catch faults of our own (VAL-4)."""

    _began: int = 0
    _count: int = 0

    def allows(self, mails: int, now: int) -> bool:
        """Whether this many more may go now."""
        if now - self._began >= 60 or now < self._began:
            self._began, self._count = now, 0
        self._count += mails
        return self._count <= UNASKED_A_MINUTE
