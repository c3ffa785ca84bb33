"""What a folder pass has to do, decided from stored and announced numbers alone (SYN-1 … SYN-6)."""

from __future__ import annotations

from dataclasses import dataclass

FULL_FLAGS = 20_000
"""Folders up to this size have all flags read on each pass where CONDSTORE is missing."""
NEWEST_FLAGS = 500
"""In larger ones the newest are read on each pass and the rest in slices."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store says of a folder."""

    uidvalidity: int
    uidnext: int
    modseq: int
    server_exists: int


@dataclass(frozen=True, slots=True)
class Announced:
    """What SELECT said (SYN-2)."""

    exists: int
    uidvalidity: int
    uidnext: int
    """0 when the server did not say."""
    modseq: int | None
    qresync: bool
    """Changes and vanished UIDs came with the answer."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The steps of one pass."""

    unstable: bool = False
    """No UIDVALIDITY: nothing is kept by UID (SYN-1)."""
    renumbered: bool = False
    """UIDVALIDITY differs: bind anew (§4.5)."""
    suspicious: bool = False
    """Compare fingerprints before believing the UIDs (SYN-6, SYN-9)."""
    first: bool = False
    """Nothing is stored yet."""
    fetch_from: int = 0
    """New UIDs start here; 0 when there are none."""
    flags: str = "none"
    """`none`, `given` (QRESYNC), `changed` (CONDSTORE), `all`, or `newest`."""
    compare: bool = False
    """Ask for all UIDs and compare (vanished mail)."""


def plan_pass(known: Known, said: Announced, *, audit: bool = False) -> Pass:
    """Decide the steps. `audit` asks for a full compare of UIDs and flags (SYN-7)."""
    if said.uidvalidity == 0:
        return Pass(unstable=True)
    if known.uidvalidity == 0:
        return Pass(first=True)
    if known.uidvalidity != said.uidvalidity:
        return Pass(renumbered=True)
    shrunk = bool(said.uidnext) and said.uidnext < known.uidnext
    new = not said.uidnext or said.uidnext > known.uidnext
    lost_modseq = said.modseq is not None and said.modseq < known.modseq
    if said.qresync and not (lost_modseq or shrunk or audit):
        return Pass(fetch_from=known.uidnext if new else 0, flags="given")
    if audit or lost_modseq or shrunk:
        flags = "all"
    elif said.modseq is None or known.modseq == 0:
        flags = "all" if said.exists <= FULL_FLAGS else "newest"
    else:
        flags = "changed" if said.modseq > known.modseq else "none"
    return Pass(
        suspicious=shrunk,
        fetch_from=known.uidnext if new else 0,
        flags=flags,
        compare=audit or shrunk or lost_modseq or _may_have_vanished(known, said),
    )


def _may_have_vanished(known: Known, said: Announced) -> bool:
    """EXISTS and UIDNEXT grew by the same number: nothing went (SYN-4)."""
    if not said.uidnext:
        return True
    grown = said.uidnext - known.uidnext
    return said.exists - known.server_exists != grown
