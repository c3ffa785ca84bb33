"""The engine's process: `python -m tui_mail.sync HOME-DIRECTORIES…` started by the app."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from tui_mail.config.logs import log_to
from tui_mail.config.paths import Paths
from tui_mail.errors import SecretError, StoreBusy, StoreDamaged, TuiMailError
from tui_mail.model.safe_text import safe_line
from tui_mail.sync.process import BUSY, DAMAGED

_BEHIND = 5
"""How much nicer the engine is than the screens: under load it has a third of their share."""


def main() -> int:
    """Run until the last screen has gone. Exit code 3: another engine runs; 4: damaged store."""
    os.umask(0o077)
    _give_way()
    config_dir, data_dir, state_dir = map(Path, sys.argv[1:4])
    paths = Paths(config_dir, data_dir, state_dir)
    paths.prepare()
    log_to(paths)
    from tui_mail.accounts import vault
    from tui_mail.sync.engine import serve

    try:
        if "--vault-key" in sys.argv:
            with contextlib.suppress(SecretError):
                vault.hold(paths.vault_file, sys.stdin.buffer.read(vault.KEY_OCTETS))
        return asyncio.run(serve(paths, stop_when_alone="--stay" not in sys.argv))
    except StoreBusy:
        return BUSY
    except StoreDamaged:
        return DAMAGED
    except TuiMailError as error:
        print(safe_line(str(error)), file=sys.stderr)
        return 1


def _give_way() -> None:
    """Let the screens have the processor first; the mail readers this starts inherit it.

    Where Linux shares the processor by sessions (autogroups), only the session's own figure counts
    beside the screens' session.
    """
    with contextlib.suppress(OSError):
        os.nice(_BEHIND)
        if hasattr(os, "SCHED_BATCH"):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(_BEHIND), encoding="ascii")


if __name__ == "__main__":
    raise SystemExit(main())
