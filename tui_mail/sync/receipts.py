"""Receipt files: what became of a submission, outside the database (OUT-3).

Written to disk before the final dot and after the answer, so that neither a full disk nor a
failing database can make an accepted mail look unsent.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_SIZE = 4096


def prepare(folder: Path, uuid: str) -> None:
    """Preallocate the receipt and mark the intent; the dot may go only after this."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(folder / uuid, "intent", os.O_CREAT | os.O_TRUNC)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def record(folder: Path, uuid: str, outcome: str) -> None:
    """Write the answer over the intent, in place: no new block is needed."""
    _write(folder / uuid, outcome, 0)


def _write(path: Path, text: str, flags: int) -> None:
    data = text.encode("utf-8", "replace")[: _SIZE - 1].replace(b"\n", b" ") + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
    try:
        os.pwrite(descriptor, data.ljust(_SIZE), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_all(folder: Path) -> dict[str, str]:
    """Every receipt by uuid: `intent`, `accepted …` or `refused …`."""
    found: dict[str, str] = {}
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                found[path.name] = path.read_text(encoding="utf-8").strip()
    return found


def drop(folder: Path, uuid: str) -> None:
    """The database knows the outcome; the receipt has done its work."""
    (folder / uuid).unlink(missing_ok=True)
