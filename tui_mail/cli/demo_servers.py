"""The demo's servers in a process of their own: `python -m tui_mail.cli.demo_servers`.

Prints one JSON line with the accounts, then serves until standard input closes: when the parent
is gone, so is the world.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict


async def _serve() -> None:
    from tui_mail.demo.world import DemoWorld

    async with DemoWorld() as world:
        print(json.dumps([asdict(account) for account in world.accounts]), flush=True)
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()

        def watch() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                gone.set()

        loop.add_reader(sys.stdin.fileno(), watch)
        await gone.wait()


def main() -> int:
    """Serve until the parent goes."""
    os.umask(0o077)
    try:
        asyncio.run(_serve())
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
