"""Starting the engine in a process of its own and watching it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from tui_mail.accounts import vault
from tui_mail.config.paths import Paths
from tui_mail.store.ownership import EngineLock

BUSY, DAMAGED = 3, 4
"""Exit codes of an engine: another one runs; the database is damaged and takes no more writes."""

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
         "DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY", "GNUPGHOME", "PASSWORD_STORE_DIR",
         "SSH_AUTH_SOCK", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR",
         "TUI_MAIL_FAULT", "TUI_MAIL_FAULT_LOG", "CREDENTIALS_DIRECTORY")  # fmt: skip


async def start_engine(paths: Paths) -> asyncio.subprocess.Process | None:
    """Start the engine unless one runs; None when another process is the engine.

    The child leads a session of its own, so that closing the terminal lets it finish what is
    queued; it goes by itself when the last screen has gone. A vault this process has unlocked is
    unlocked there too: the key goes through the child's standard input and nowhere else.
    """
    if EngineLock.holder(paths.lock) is not None:
        return None
    key = vault.held(paths.vault_file)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tui_mail.sync",
        str(paths.config_dir),
        str(paths.data_dir),
        str(paths.state_dir),
        *(("--vault-key",) if key else ()),
        stdin=asyncio.subprocess.PIPE if key else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        close_fds=True,
        start_new_session=True,
    )
    if key and child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.write(key)
            await child.stdin.drain()
        child.stdin.close()
    return child


async def wait_ready(paths: Paths, seconds: float = 5.0) -> bool:
    """Wait until an engine listens on its socket."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                if paths.socket.exists():
                    with contextlib.suppress(OSError):
                        _, writer = await asyncio.open_unix_connection(str(paths.socket))
                        writer.close()
                        return True
                await asyncio.sleep(0.05)
    return False
