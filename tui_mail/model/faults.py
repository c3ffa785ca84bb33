"""Named points where tests make the program die, fail or wait (reliability reference §6.2).

`TUI_MAIL_FAULT=name:n:mode` acts at the n-th passing of a point: `kill` (SIGKILL to itself),
`raise`, `enospc`, `hang`. `TUI_MAIL_FAULT_LOG=FILE` appends each point that is passed. Inert when
neither is set.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import time

_spec = os.environ.get("TUI_MAIL_FAULT", "")
_log = os.environ.get("TUI_MAIL_FAULT_LOG", "")
_counts: dict[str, int] = {}
_active = bool(_spec or _log)


def point(name: str) -> None:
    """Pass the named point; `*` in the specification counts every point together."""
    if not _active:
        return
    _pass(name)


def _pass(name: str) -> None:
    if _log:
        with open(_log, "a", encoding="utf-8") as file:
            file.write(name + "\n")
    if not _spec:
        return
    wanted, _, rest = _spec.partition(":")
    number, _, mode = rest.partition(":")
    if wanted not in (name, "*"):
        return
    _counts[wanted] = _counts.get(wanted, 0) + 1
    if _counts[wanted] != int(number or 1):
        return
    if mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif mode == "enospc":
        raise sqlite3.OperationalError("database or disk is full")
    elif mode == "hang":
        time.sleep(3600)
    else:
        raise OSError(errno.EIO, f"fault at {name}")
