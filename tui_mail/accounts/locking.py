"""One writer at a time for the files of secrets, over all processes of the user."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tui_mail.errors import SecretError

_SECONDS = 45.0
_threads: dict[str, threading.Lock] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` with `.lock` at its end. Raises SecretError after 45 s."""
    name = path.with_name(path.name + ".lock")
    with _guard:
        mine = _threads.setdefault(str(name), threading.Lock())
    if not mine.acquire(timeout=_SECONDS):
        raise SecretError("Another part of the program holds the secrets for too long.")
    try:
        name.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            _wait_for(descriptor)
            yield
        finally:
            os.close(descriptor)
    finally:
        mine.release()


def _wait_for(descriptor: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise SecretError("Another tui-mail holds the secrets for too long.") from None
            time.sleep(0.05)
