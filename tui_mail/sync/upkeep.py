"""What the engine does for the database itself: room, copies, retention, damage (§4.11)."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time

from tui_mail.config.paths import Paths
from tui_mail.errors import StoreDamaged, StoreError
from tui_mail.model.clock import Clock
from tui_mail.model.safe_text import safe_line
from tui_mail.store import disk, retention, safe_copies
from tui_mail.store.database import Database
from tui_mail.sync import large

log = logging.getLogger(__name__)

HOUR = 3600.0
SETTLED_SECONDS = 60.0
"""How long an engine runs before it takes room for the reserve and makes its first copy."""


class Upkeep:
    """Called every second by the engine; the slow parts run in a thread."""

    def __init__(self, db: Database, paths: Paths, clock: Clock, *, look_for_damage: bool) -> None:
        self._db = db
        self._paths = paths
        self._clock = clock
        self._look = look_for_damage
        self._damage = ""
        self._due = time.monotonic() + SETTLED_SECONDS
        self._task: asyncio.Task[None] | None = None

    async def tick(self) -> None:
        """See what is due. Raises StoreDamaged; a copy that could not be made is only logged."""
        if self._damage:
            raise StoreDamaged(
                f"The database is damaged: {self._damage}.",
                hint="`tui-mail backup --list` says what can be restored.",
            )
        if self._db.broken and disk.release_reserve(self._paths.reserve):
            log.warning("the disk was full; the reserve is given back")
            self._db.mend()
        if self._task is not None and not self._task.done():
            return
        if self._look:
            self._look = False
            self._task = asyncio.create_task(self._look_for_damage())
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + HOUR
            self._task = asyncio.create_task(self._hourly())

    async def stop(self) -> None:
        """Wait for a copy that is being made."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_for_damage(self) -> None:
        """After a stop that was not clean: a damaged file takes no more writes."""
        self._damage = safe_line(
            await asyncio.to_thread(safe_copies.damage, self._paths.database), 200
        )

    async def _hourly(self) -> None:
        try:
            await self._db.write(retention.sweep, self._clock.now())
            await asyncio.to_thread(self._copy)
        except (OSError, sqlite3.Error, StoreError) as error:
            log.warning("upkeep: %s", safe_line(str(error), 200))

    def _copy(self) -> None:
        large.sweep(self._paths.pieces)
        disk.keep_reserve(self._paths.reserve)
        database, folder = self._paths.database, self._paths.backups
        if not disk.shortage(database, disk.BODIES_NEED, "The hourly copy"):
            safe_copies.copy_kept(database, folder, self._clock.now())
        safe_copies.prune(folder)
