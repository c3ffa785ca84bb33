"""Waiting between tries: full jitter from two seconds to fifteen minutes (§4.10)."""

from __future__ import annotations

import random

FIRST = 2.0
LONGEST = 900.0
THROTTLED = 300.0
HEALTHY = 600.0
"""Seconds of good connection after which the next failure starts from the beginning."""


class Backoff:
    """How long to wait after the n-th failure in a row."""

    def __init__(self, random_source: random.Random | None = None) -> None:
        self._random = random_source or random.Random()
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures since the last healthy time."""
        return self._failures

    def failed(self, *, throttled: bool = False) -> float:
        """Count a failure and return the seconds to wait."""
        self._failures += 1
        ceiling = min(LONGEST, FIRST * 2 ** min(self._failures, 10))
        wait = self._random.uniform(FIRST / 2, ceiling)
        return max(THROTTLED, wait) if throttled else wait

    def healthy(self, seconds: float) -> None:
        """The connection held for this long."""
        if seconds >= HEALTHY:
            self._failures = 0
