"""One IMAP connection in a thread of its own, called from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tui_mail.errors import TransportError
from tui_mail.imap.session import ImapSession, ImapSettings

T = TypeVar("T")


class Wire:
    """Runs blocking calls of one session in its thread; cancelling one ends the connection."""

    def __init__(self, settings: ImapSettings, secret: Callable[[], str], name: str) -> None:
        self.session = ImapSession(settings, secret)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"imap-{name}")
        self._closed = False
        self.followed: tuple[int, int] | None = None
        """The folder whose last pass ended with everything stored, and the SELECT it began with."""

    async def call(self, function: Callable[[ImapSession], T]) -> T:
        """Run `function(session)` in the thread. Cancelling shuts the socket down first."""
        if self._closed:
            raise TransportError("The connection is closed.")
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._thread, function, self.session)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(_forget)
            self.session.abort()
            self._closed = True
            raise

    async def open(self) -> None:
        """Connect and sign in. Raises what `ImapSession.connect` raises."""
        await self.call(lambda session: session.connect())

    async def close(self) -> None:
        """Say goodbye within two seconds, or cut; never raises."""
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            closing = loop.run_in_executor(self._thread, self.session.close)
            try:
                await asyncio.wait_for(asyncio.shield(closing), 3.0)
            except TimeoutError:
                self.session.abort()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def abort(self) -> None:
        """Cut the connection at once; whoever waits on it gets a TransportError."""
        self.session.abort()


def _forget(future: asyncio.Future[T]) -> None:
    """Nobody waits for this answer any more; its error was caused by us."""
    if not future.cancelled():
        future.exception()
