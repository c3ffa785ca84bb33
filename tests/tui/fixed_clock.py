"""The time in every test of the screens; imports nothing, so that a start is measured alone."""

from __future__ import annotations

NOW = 1_790_000_000
"""A Monday in September 2026, where every test stands."""


class FixedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: int = NOW) -> None:
        self.at = at

    def now(self) -> int:
        """UTC seconds."""
        return self.at

    def monotonic(self) -> float:
        """Seconds."""
        return float(self.at)
