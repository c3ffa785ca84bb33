"""IDLE on the inbox over a connection of its own (RFC 2177); a hint, never the truth."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from tui_mail.accounts.credentials import Credential
from tui_mail.errors import AuthError, TuiMailError
from tui_mail.imap.session import ImapSettings
from tui_mail.sync.wire import Wire

log = logging.getLogger(__name__)

IDLE_SECONDS = 540.0
"""IDLE is begun anew this often, well under the 29 minutes of the RFC."""


class InboxWatch:
    """Sets off a pass when the server says that something changed."""

    def __init__(
        self,
        settings: ImapSettings,
        secret: Credential,
        folder: bytes,
        changed: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._folder = folder
        self._changed = changed
        self._dirty = False
        self._task: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self.is_live = False
        """IDLE is running; without it the inbox is polled each minute."""

    def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._run())

    @property
    def is_dirty(self) -> bool:
        """Something changed that nobody has looked at yet."""
        return self._dirty

    def take_dirty(self) -> bool:
        """Whether something changed since last asked."""
        dirty, self._dirty = self._dirty, False
        return dirty

    def check(self) -> None:
        """Start again after the connection was lost."""
        if self._task is not None and self._task.done():
            self.start()

    async def stop(self) -> None:
        """End the connection."""
        self.is_live = False
        if self._task is not None:
            if self._wire is not None:
                self._wire.abort()
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _notice(self) -> None:
        self._dirty = True
        self._changed()

    async def _run(self) -> None:
        wire = Wire(self._settings, self._secret, "watch")
        self._wire = wire
        try:
            await wire.open()
            self._secret.accepted()
            if not wire.session.has("IDLE"):
                return
            await wire.call(lambda session: session.select(self._folder))
            self._notice()  # what came between the last pass and this SELECT is pushed by nobody
            while True:
                self.is_live = True
                result = await wire.call(lambda session: session.idle(IDLE_SECONDS))
                if result.dirty:
                    self._notice()
        except AuthError:
            await asyncio.to_thread(self._secret.refused)
            log.info("watch: sign-in refused; the inbox is polled")
            await asyncio.sleep(600)
        except (TuiMailError, OSError) as error:
            log.info("watch: %s", type(error).__name__)
            self._notice()
            await asyncio.sleep(30)
        finally:
            self.is_live = False
            await wire.close()
