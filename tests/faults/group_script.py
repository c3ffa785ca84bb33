"""A group mail as a process: `python -m tests.faults.group_script HOME AHEAD [undo]`.

Confirms the group mail that is there as a draft, unless that was done, and delivers what is due
with a clock that runs AHEAD seconds ahead; with `undo` it is taken back first. It can be run again
after it was killed, further ahead each time, as time goes on.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tui_mail.actions import sending, undoing
from tui_mail.actions.context import open_context
from tui_mail.config.paths import profile_paths
from tui_mail.errors import TuiMailError
from tui_mail.store import drafts
from tui_mail.sync.engine import Engine


class TickingClock:
    """Every look at it is a second later."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        """UTC seconds."""
        self.at += 1
        return self.at

    def monotonic(self) -> float:
        """Seconds."""
        return float(self.at)


async def deliver(home: Path, at: int) -> None:
    """Send what is due from some time on."""
    paths = profile_paths(home)
    async with Engine(paths, clock=TickingClock(at), check_seconds=0) as engine:
        for problem in (await engine.sync_once()).values():
            if problem is not None:
                raise problem


async def main(home: Path, ahead: int, *, undo: bool) -> None:
    """Confirm or take back, then deliver."""
    ctx = await open_context(profile_paths(home))
    try:
        for draft in await ctx.db.read(drafts.unfinished):
            if draft.content.group and not undo:
                await sending.send(ctx, draft)
        if undo:
            await undoing.undo(ctx)
        start = ctx.now()
    finally:
        await ctx.close()
    await deliver(home, start + ahead)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), undo="undo" in sys.argv[3:]))
    except TuiMailError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(1) from None
