"""What an account's settings say of archiving and deleting (R18)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The two switches, and whether archive is taking a label away."""

    archive_remote: bool = True
    delete_remote: bool = True
    gmail: bool = False
    """Archive is taking the inbox label away (product reference F2)."""
