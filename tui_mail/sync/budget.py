"""Connections shared by all accounts: so many to one host, so many that begin at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable

STAGGER = 0.1
"""Seconds between the starts of two accounts."""


class Budget:
    """Counts connections by host. An account's first one waits for room, a second only asks."""

    def __init__(self, most: int = 10) -> None:
        self._most = most
        self._used: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._room = asyncio.Condition()
        self._bells: dict[str, list[Callable[[], object]]] = defaultdict(list)

    @contextlib.asynccontextmanager
    async def slot(self, host: str, ring: Callable[[], object]) -> AsyncIterator[None]:
        """Room for one connection, however long that takes; given back at the end.

        `ring` is called when another account begins to wait (see `is_crowded`).
        """
        async with self._room:
            self._waiting[host] += 1
            try:
                if self._used[host] >= self._most:
                    for bell in self._bells[host]:
                        bell()
                await self._room.wait_for(lambda: self._used[host] < self._most)
            finally:
                self._waiting[host] -= 1
            self._used[host] += 1
        self._bells[host].append(ring)
        try:
            yield
        finally:
            self._bells[host].remove(ring)
            await asyncio.shield(self.give_back(host))

    def take_further(self, host: str) -> bool:
        """Room for a second connection (push), only where nobody waits for a first one."""
        if self._waiting[host] or self._used[host] + 1 > self._most:
            return False
        self._used[host] += 1
        return True

    async def give_back(self, host: str) -> None:
        """A connection was closed."""
        async with self._room:
            self._used[host] -= 1
            self._room.notify_all()

    def is_crowded(self, host: str) -> bool:
        """Whether another account waits: who is done for now lets it in."""
        return self._waiting[host] > 0

    def used(self, host: str) -> int:
        """Connections counted now."""
        return self._used[host]
