"""`tui-mail` alone: the inbox."""

from __future__ import annotations

import logging

from tui_mail.config.paths import Paths


class LogOnDemand(logging.Handler):
    """Opens the log file with the first record, so that a quiet start pays nothing for it."""

    def __init__(self, paths: Paths) -> None:
        super().__init__(logging.WARNING)
        self._paths = paths

    def emit(self, record: logging.LogRecord) -> None:
        """Replace this handler by the real ones and hand the record on."""
        from tui_mail.config.logs import log_to

        self._paths.prepare()
        log_to(self._paths)
        logging.getLogger().handle(record)


def open_app(
    paths: Paths, *, engine: bool = True, one_process: bool = False, mailto: str = ""
) -> int:
    """Show the inbox until the user leaves; with a mail link the composer over it."""
    logging.getLogger().handlers[:] = [LogOnDemand(paths)]
    if engine and paths.vault_file.exists():
        from tui_mail.cli.account_secret import unlock_at_start

        unlock_at_start(paths)
    from tui_mail.tui.app import run

    return run(paths, engine=engine, one_process=one_process, mailto=mailto)
