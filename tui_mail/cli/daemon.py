"""`tui-mail daemon`: the engine in the foreground, for systemd; its state; its end."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code

_STOP_SECONDS = 30.0


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Sub-commands; `run` is the default."""
    what = parser.add_subparsers(dest="what", metavar="run|status|stop|install|uninstall")
    what.add_parser("run", parents=[common], help="sync until SIGTERM (the default)")
    what.add_parser("status", parents=[common], help="exit code 0 when an engine runs, else 1")
    what.add_parser("stop", parents=[common], help="end the engine that runs, in order")
    unit = what.add_parser("install", parents=[common], help="write a systemd user unit")
    unit.add_argument("--now", action="store_true", help="enable and start it too")
    what.add_parser("uninstall", parents=[common], help="stop and remove the unit")


def run(call: Call) -> int:
    """Run, ask or end the engine."""
    if call.args.what == "status":
        return _status(call)
    if call.args.what == "stop":
        return _stop(call)
    if call.args.what in ("install", "uninstall"):
        from tui_mail.cli import service

        return service.install(call) if call.args.what == "install" else service.uninstall(call)
    import asyncio

    from tui_mail.cli.account_secret import unlock_at_start
    from tui_mail.config.logs import log_to
    from tui_mail.sync.engine import serve

    if call.paths.vault_file.exists():
        unlock_at_start(call.paths)
    call.paths.prepare()
    log_to(call.paths)
    return asyncio.run(serve(call.paths, stop_when_alone=False))


def _holder(call: Call) -> int | None:
    from tui_mail.store.ownership import EngineLock

    return EngineLock.holder(call.paths.lock)


def _status(call: Call) -> int:
    pid = _holder(call)
    call.out.document({"running": pid is not None, "pid": pid or None})
    if pid is not None:
        call.out.line(f"An engine runs (process {pid or '?'}).")
    else:
        call.out.line("No engine runs.")
        call.out.line("`tui-mail` starts one that goes with the inbox, `tui-mail daemon` one that"
                      " stays, `tui-mail daemon install --now` one for every login.")  # fmt: skip
    return Code.FAILED if pid is None else Code.OK


def _stop(call: Call) -> int:
    pid = _holder(call)
    if pid is None:
        call.out.document({"stopped": False, "running": False})
        call.out.line("No engine runs.")
        return Code.OK
    if pid > 0:
        try:
            os.kill(pid, signal.SIGTERM)
        except PermissionError:
            return call.out.refuse(Code.FAILED, f"Process {pid} belongs to somebody else.")
        except OSError:
            pass
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if _holder(call) != pid:
                call.out.document({"stopped": True, "running": False})
                call.out.line("The engine has stopped.")
                return Code.OK
        time.sleep(0.05)
    return call.out.refuse(Code.FAILED, f"The engine (process {pid}) is still busy.")
