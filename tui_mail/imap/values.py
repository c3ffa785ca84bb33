"""What a session returns. Plain values; the text in them is not yet safe to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tui_mail.imap.uidset import EMPTY, UidSet


class FlagChange(NamedTuple):
    """The flags of one message."""

    uid: int
    flags: int
    """Bits of `model.messages.Flag`."""
    keywords: tuple[str, ...]
    """All other keywords, sorted."""
    modseq: int
    """0 when the server did not say."""


class HeaderItem(NamedTuple):
    """One row of a header fetch."""

    uid: int
    flags: int
    keywords: tuple[str, ...]
    internal_date: int
    """UTC seconds; 0 when missing or unreadable."""
    size: int
    modseq: int
    header: bytes
    gm_msgid: int = 0
    gm_thrid: int = 0
    gm_labels: tuple[str, ...] = ()
    email_id: str = ""


class BodyItem(NamedTuple):
    """One whole message."""

    uid: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """Counters of a folder; 0 or empty where the server did not say."""

    messages: int = 0
    uidnext: int = 0
    uidvalidity: int = 0
    unseen: int = 0
    highestmodseq: int = 0
    mailbox_id: str = ""


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """One folder of a LIST answer."""

    wire_name: bytes
    """The name to use in every command."""
    name: str
    """The name decoded for people; unsafe text."""
    delimiter: str | None
    attributes: frozenset[str]
    """Lower case, with the backslash."""
    role: str = ""
    """`inbox sent drafts archive trash junk all flagged important`, or empty."""
    role_guessed: bool = False
    """The role comes from the name, not from the server."""
    status: FolderStatus | None = None

    @property
    def selectable(self) -> bool:
        """Tell whether the folder can hold messages."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class ListResult:
    """All folders that could be read. A short list never means that others are gone."""

    folders: tuple[ListedFolder, ...]
    skipped: tuple[str, ...] = ()
    """Safe text of the lines that could not be read."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder at the moment of SELECT (SYN-2)."""

    exists: int
    uidvalidity: int
    """0: the folder is unstable (SYN-1)."""
    uidnext: int
    """0: not known."""
    highestmodseq: int | None
    """None: the folder keeps no mod-sequences."""
    permanent_flags: frozenset[str]
    read_only: bool
    uid_not_sticky: bool
    mailbox_id: str = ""
    qresync: bool = False
    """The answer to a QRESYNC question: `changes` and `vanished` are complete."""
    changes: list[FlagChange] = field(default_factory=list)
    vanished: UidSet = EMPTY


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server said of the selected folder without being asked."""

    changes: list[FlagChange]
    exists: int
    """Mails in the folder; 0 when it did not say."""
    sure: bool
    """Nothing else changed; otherwise only a new SELECT tells."""


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What STORE did not do."""

    modified: UidSet = EMPTY
    """UIDs the server left alone because they changed meanwhile (RFC 7162 §3.1.3)."""


@dataclass(frozen=True, slots=True)
class MoveResult:
    """Where copied or moved messages went."""

    copyuid: dict[int, int]
    """Old UID to new UID; empty when the server did not tell (no evidence)."""
    uidvalidity: int
    """Of the target; 0 when not told."""
    via: str
    """`move`, `copy`, or `copy+expunge`."""


@dataclass(frozen=True, slots=True)
class AppendResult:
    """Where an appended message is; None where the server did not tell (RFC 4315)."""

    uidvalidity: int | None = None
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class IdleResult:
    """Why IDLE ended."""

    dirty: bool
    """Something changed in the selected folder."""
    reason: str
    """`changed`, `timeout` or `woken`."""
