"""Who may see a mail (R38 to R44). One rule; no role gets past it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PRIVATE = "private"
SHARED = "shared"

OWNER_ONLY = 1
EVERYONE = 3


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who works with these records."""

    id: int
    name: str
    is_admin: bool = False
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class RecordSight:
    """What decides about sight of a person, organization, deal, lead or project."""

    owner_id: int
    visible_to: int = EVERYONE
    followers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class MailSight:
    """What decides about sight of one message."""

    owner_id: int
    """The user whose mailbox it is in."""
    visibility: str
    """As stamped when it was stored, or as its owner set it since."""
    records: tuple[RecordSight, ...] = ()
    """The items its conversation is linked to and the contacts it was exchanged with."""
    deleted: bool = False
    screened: bool = False


def can_open(user: User, record: RecordSight) -> bool:
    """Whether a user may see a record; an administrator sees every record."""
    if user.is_admin or user.id == record.owner_id or user.id in record.followers:
        return True
    return record.visible_to >= EVERYONE


def can_see(user: User, mail: MailSight) -> bool:
    """Whether a user may read a message (R42): its owner, or everybody for whom three things hold:

    it is shared, it is linked to a record, and the user may see one of those records (R44). That
    a user is an administrator opens records, never private mail (R39).
    """
    if mail.deleted:
        return False
    if user.id == mail.owner_id:
        return True
    if mail.visibility != SHARED or mail.screened:
        return False
    return any(can_open(user, record) for record in mail.records)


def stamp(conversation_setting: str | None, default: str) -> str:
    """The visibility a message gets when it is stored (R40): the word of the owner for its
    conversation beats the account's default in force at that moment."""
    chosen = conversation_setting or default
    return SHARED if chosen == SHARED else PRIVATE


def watchers(users: Iterable[User], mail: MailSight) -> tuple[User, ...]:
    """The users beside its owner who see a message."""
    return tuple(user for user in users if user.id != mail.owner_id and can_see(user, mail))
