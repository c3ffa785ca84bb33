"""Time, in one place that tests replace (DESIGN §5: UTC in the store)."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the engine and the actions ask for the time."""

    def now(self) -> int:
        """Seconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Seconds since the epoch, UTC."""
        return int(time.time())

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()
