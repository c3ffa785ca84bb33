"""Actions run one after the other, in the order of the keys, and never on the key's time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.actions.parts import Done

Job = Callable[[], Awaitable[None]]
Call = Callable[["Context", tuple[int, ...]], Awaitable["Done"]]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to conversations and can be done to others."""

    verb: str
    call: Call


class ActionQueue:
    """What the user asked for, in order. A job handles its own errors; the last net is `failed`."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._jobs: deque[Job] = deque()
        self._runner: asyncio.Task[None] | None = None

    def put(self, job: Job) -> None:
        """Run a job after those that were put before."""
        self._jobs.append(job)
        if self._runner is None or self._runner.done():
            self._runner = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._jobs:
            job = self._jobs.popleft()
            try:
                await job()
            except Exception as error:
                self._failed(error)

    async def drain(self) -> None:
        """Wait until everything asked for is done."""
        while self._runner is not None and not self._runner.done():
            await asyncio.shield(self._runner)
