"""What the pool and its child say to each other: length-prefixed msgpack frames over pipes."""

from __future__ import annotations

import struct

import msgspec

from tui_mail.model.messages import Attachment, IndexedMail, ReadableMail

LENGTH = struct.Struct("!I")
"""Every frame begins with its length in four octets, network order."""


class ReadJob(msgspec.Struct, tag="read", array_like=True, frozen=True):
    """Make one mail ready to be shown."""

    raw: bytes
    authserv_ids: tuple[str, ...]
    cpu_seconds: float


class IndexJob(msgspec.Struct, tag="index", array_like=True, frozen=True):
    """Read mails for the store, each within `cpu_seconds` times their number."""

    raws: list[bytes]
    cpu_seconds: float


class PartJob(msgspec.Struct, tag="part", array_like=True, frozen=True):
    """Take one attachment out of a mail."""

    raw: bytes
    part: str
    cpu_seconds: float


Job = ReadJob | IndexJob | PartJob


class Read(msgspec.Struct, tag="read", array_like=True, frozen=True):
    """The answer to a ReadJob."""

    mail: ReadableMail


class Indexed(msgspec.Struct, tag="index", array_like=True, frozen=True):
    """The answer to an IndexJob: one result for each mail, in order."""

    mails: list[IndexedMail]


class PartFound(msgspec.Struct, tag="part", array_like=True, frozen=True):
    """The answer to a PartJob."""

    attachment: Attachment
    data: bytes


class Failed(msgspec.Struct, tag="failed", array_like=True, frozen=True):
    """The job raised; `reason` is the kind of error, never text of the mail."""

    reason: str


Answer = Read | Indexed | PartFound | Failed
