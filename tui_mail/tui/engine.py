"""Keeping an engine running beside the screens: start it, watch it, start it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui_mail.config.paths import Paths
from tui_mail.errors import StoreBusy, StoreDamaged

_LOOK = 5.0
"""Seconds between looks whether the engine of another terminal still runs."""
_LONGEST = 60.0
RESTORE = "Reading goes on. `tui-mail backup --list` says what can be restored."


async def keep_engine(paths: Paths, failed: Callable[[str], None], *, look: float = _LOOK) -> None:
    """See to it that some process is the engine, until cancelled; `failed` hears of each death.

    The child outlives the screens to finish what is queued. Raises StoreDamaged when it found that
    nothing may be written any more.
    """
    from tui_mail.sync.process import BUSY, DAMAGED, start_engine

    pause = 1.0
    while True:
        child = await start_engine(paths)
        if child is None:
            await asyncio.sleep(look)
            continue
        started = asyncio.get_running_loop().time()
        code = await child.wait()
        if code == BUSY:
            await asyncio.sleep(look)
            continue
        if code == DAMAGED:
            raise StoreDamaged(
                "The database is damaged; nothing is written any more.", hint=RESTORE
            )
        if asyncio.get_running_loop().time() - started > _LONGEST:
            pause = 1.0
        if code:
            failed(f"The sync engine stopped ({code}); it starts again in {pause:.0f} s.")
        await asyncio.sleep(pause * look / _LOOK)
        pause = min(pause * 2, _LONGEST)


async def run_here(paths: Paths) -> None:
    """Be the engine in this process, until cancelled; nothing when another process is."""
    from tui_mail.sync.engine import Engine

    try:
        async with Engine(paths) as engine:
            await engine.run()
    except StoreBusy:
        return
