"""The log: rotated, private, without addresses, subjects or server text (SEC-33)."""

from __future__ import annotations

import fcntl
import logging
import logging.handlers
import os
from io import TextIOWrapper

from tui_mail.config.paths import Paths
from tui_mail.model.safe_text import safe_line

_OCTETS = 2 * 1024 * 1024
_FILES = 5


class _OneLine(logging.Formatter):
    """Control characters cannot forge lines, and tracebacks name places, not values."""

    def format(self, record: logging.LogRecord) -> str:
        text = safe_line(f"{record.levelname} {record.name}: {record.getMessage()}", 400)
        if record.exc_info and record.exc_info[1] is not None:
            text += " | " + _where(record.exc_info[1])
        return f"{self.formatTime(record)} {text}"


class _Shared(logging.handlers.RotatingFileHandler):
    """A file several processes write to (the app, the engine, commands), rotated by one at a time.

    Every file it opens is the user's own, whenever that is: the first line, a rotation.
    """

    def _open(self) -> TextIOWrapper:
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        return super()._open()

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Whether the file is full; looked at in the one that bears the name by now."""
        if self.stream is not None and not self._is_current():
            self.stream.close()
            self.stream = self._open()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:
        """Begin a new file, unless another process is doing that or has just done it.

        The lock is on the full file itself and never waited for: the line that comes meanwhile
        makes that file a little longer, and no line waits for a process that was stopped.
        """
        if self.stream is None:
            return
        held = os.dup(self.stream.fileno())  # the lock outlives the closing of the stream
        try:
            if _locked(held) and self._is_current():
                super().doRollover()
        finally:
            os.close(held)

    def _is_current(self) -> bool:
        """Whether the open file is still the one that bears the name."""
        try:
            named = os.stat(self.baseFilename)
        except FileNotFoundError:
            return False
        return self.stream is not None and os.path.samestat(named, os.fstat(self.stream.fileno()))


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _where(error: BaseException) -> str:
    """Type and code position of an error; its message may hold what a server said."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_where(part) for part in error.exceptions)
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return safe_line(f"{type(error).__name__} at {' < '.join(reversed(places[-12:]))}")


def log_to(paths: Paths, level: int = logging.INFO) -> None:
    """Send the program's log to its file; libraries below WARNING are left out.

    Any number of processes may write to it.
    """
    handler = _Shared(
        paths.log_file, maxBytes=_OCTETS, backupCount=_FILES - 1, encoding="utf-8", delay=True
    )
    handler.setFormatter(_OneLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tui_mail").setLevel(level)
