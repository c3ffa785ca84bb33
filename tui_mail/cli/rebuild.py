"""`tui-mail rebuild`: lists, counters and conversations computed anew from what is stored."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.errors import StoreBusy

if TYPE_CHECKING:
    from tui_mail.actions.context import Context


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(call: Call) -> int:
    """Rebuild while no engine runs; mail itself is not touched."""
    from tui_mail.store.ownership import EngineLock

    call.paths.prepare()
    lock = EngineLock(call.paths.lock)
    try:
        lock.acquire()
    except StoreBusy as error:
        raise StoreBusy(
            "An engine runs on this profile.", hint="End it: `tui-mail daemon stop`."
        ) from error
    try:
        return with_context(call, _rebuild)
    finally:
        lock.release()


async def _rebuild(call: Call, ctx: Context) -> int:
    from tui_mail.store import pages
    from tui_mail.store.folds import rebuild

    before = await ctx.db.read(pages.counts)
    started = time.monotonic()
    await ctx.db.write(rebuild)
    seconds = time.monotonic() - started
    after = await ctx.db.read(pages.counts)
    changed = sorted(
        view
        for view in before.keys() | after.keys()
        if before.get(view, (0, 0)) != after.get(view, (0, 0))
    )
    call.out.document({"seconds": round(seconds, 3), "changed_views": changed})
    what = f"{len(changed)} lists were wrong" if changed else "nothing was wrong"
    call.out.line(f"Rebuilt in {seconds:.1f} s; {what}.")
    return Code.OK
