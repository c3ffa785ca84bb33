"""A conversation as it is read: what was loaded of each message, and one look at the store."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field

from tui_mail.model.addresses import Address
from tui_mail.model.messages import Flag, ReadableMail
from tui_mail.store import correspondents, messages, outbox, pages
from tui_mail.store.messages import Message
from tui_mail.store.outbox import Outgoing, Recipient
from tui_mail.store.pages import Row

_ANSWER = re.compile(r"(?:re|aw|sv|antw|fwd?|wg|vs|tr|rv)(?:\[\d+\])?: ?")
MOST_UNFOLDED = 8
"""Unread messages that are unfolded by themselves."""


@dataclass(slots=True)
class Entry:
    """One message on the screen."""

    message: Message
    people: dict[str, list[Address]] = field(default_factory=dict)
    unfolded: bool = False
    quotes: bool = False
    """Quotes and signatures are shown in full."""
    mail: ReadableMail | None = None
    subject: str = ""
    """Its subject where that is not the conversation's."""
    waiting: str = ""
    """Why there is no body."""
    outgoing: tuple[Outgoing, list[Recipient]] | None = None

    @property
    def unread(self) -> bool:
        """Whether it still counts as unread."""
        return not self.message.flags & Flag.SEEN and self.message.state == "received"


@dataclass(frozen=True, slots=True)
class Look:
    """A conversation in one snapshot."""

    row: Row | None
    messages: tuple[Message, ...]
    people: dict[int, dict[str, list[Address]]]
    outgoing: dict[int, tuple[Outgoing, list[Recipient]]]


def look(
    conn: sqlite3.Connection, conversation_id: int, wanted: Collection[int], written: bool = False
) -> Look:
    """Read a conversation; people only of the `wanted` messages and of those to unfold first."""
    found = tuple(messages.of_conversation(conn, conversation_id))
    rows = pages.rows_by_id(conn, [conversation_id])
    ids = {message.id for message in found}
    sending: dict[int, tuple[Outgoing, list[Recipient]]] = {}
    for message in found:
        if message.state == "outgoing":
            row = outbox.of_message(conn, message.id)
            if row is not None:
                sending[message.id] = (row, outbox.recipients(conn, row.id))
    people = {
        message_id: correspondents.of_message(conn, message_id)
        for message_id in {*wanted, *to_unfold(found, written=written)} & ids
    }
    return Look(rows[0] if rows else None, found, people, sending)


def other_subject(subject: str, known: str) -> str:
    """A subject that says more than `Re:` before the known one, or nothing."""
    bare = " ".join(subject.split()).casefold()
    while (found := _ANSWER.match(bare)) is not None:
        bare = bare[found.end() :]
    same = " ".join(known.split()).casefold()
    return "" if bare == same or same.endswith(f": {bare}") else subject


def is_draft(message: Message) -> bool:
    """Whether it is still being written, here or elsewhere."""
    return message.state == "draft" or bool(message.flags & Flag.DRAFT)


def to_unfold(found: Collection[Message], *, written: bool = False) -> list[int]:
    """What is unfolded at first: the unread ones, or else the newest; oldest first.

    In the views of what goes out (`written`) it is what was written here and has not gone.
    """
    if written:
        mine = [m.id for m in found if m.state in ("outgoing", "draft")]
        if mine:
            return mine[-1:]
    unread = [m.id for m in found if not m.flags & Flag.SEEN and m.state == "received"]
    return unread[:MOST_UNFOLDED] or [m.id for m in list(found)[-1:]]
