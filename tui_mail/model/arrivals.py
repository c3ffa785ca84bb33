"""What the engine hands to filing: one message as a folder shows it."""

from __future__ import annotations

from dataclasses import dataclass

from tui_mail.model.messages import Envelope


@dataclass(frozen=True, slots=True)
class Arrival:
    """A UID of a folder with what the server says of it."""

    uid: int
    flags: int
    """`model.messages.Flag` bits."""
    internal_date: int
    """UTC seconds; 0 when the server gave none."""
    size: int
    """RFC822.SIZE, a hint."""
    envelope: Envelope
    keywords: str = ""
    """Other keywords, separated by spaces."""
    modseq: int = 0
    gm_msgid: int | None = None
    gm_thrid: int | None = None
    gm_labels: tuple[str, ...] = ()
    email_id: str | None = None
    """RFC 8474."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What filing did with a batch."""

    message_ids: tuple[int, ...]
    """New messages, in the order of the batch."""
    conversation_ids: frozenset[int]
    """Every conversation whose row may look different now."""
