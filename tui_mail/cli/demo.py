"""`tui-mail demo`: a sample company on loopback servers, the real engine, the app on top."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tui_mail.cli.call import Call
from tui_mail.config.paths import Paths, profile_paths
from tui_mail.errors import TransportError

_STOP_SECONDS = 15.0


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the demo."""
    parser.add_argument(
        "--headless", action="store_true", help="servers and engine without a screen"
    )
    parser.add_argument(
        "--once", action="store_true", help="sync once, say what came, and end (headless)"
    )
    parser.add_argument(
        "--screenshots", type=Path, metavar="DIR", help="write pictures of the screens as SVG"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the profile in DIR instead of removing it"
    )


def run(call: Call) -> int:
    """Start the world, make a profile for it, and show it."""
    with _profile(call.args.keep) as paths, _world() as accounts:
        _write_profile(paths, accounts)
        _fill_records(paths)
        try:
            if call.args.once:
                return _sync_once(call, paths)
            if call.args.screenshots is not None:
                return _pictures(call, paths, call.args.screenshots)
            with _reminders(paths):
                if call.args.headless:
                    return _serve(call, paths)
                from tui_mail.cli.app import open_app

                return open_app(paths)
        finally:
            _end_engine(paths)


@contextlib.contextmanager
def _profile(keep: Path | None) -> Iterator[Paths]:
    if keep is not None:
        yield profile_paths(keep)
        return
    folder = tempfile.mkdtemp(prefix="tui-mail-demo-")
    try:
        yield profile_paths(Path(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _world() -> Iterator[list[dict[str, Any]]]:
    """The servers in a child process; its accounts. Ends with the closing of its input."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tui_mail.cli.demo_servers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        line = child.stdout.readline()
        if not line:
            raise TransportError("The demo's servers did not start.")
        yield json.loads(line)
    finally:
        child.stdin.close()
        child.stdout.close()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _write_profile(paths: Paths, accounts: list[dict[str, Any]]) -> None:
    from tui_mail.accounts.secrets import write_secret
    from tui_mail.config import save
    from tui_mail.config.settings import AccountSettings

    paths.prepare()
    for account in accounts:
        slug = str(account["address"]).partition("@")[0].lower()
        settings = AccountSettings(
            id=slug,
            address=account["address"],
            name=account["name"],
            imap_host=account["imap_host"],
            imap_port=account["imap_port"],
            imap_security=account["security"],
            imap_user=account["user"],
            smtp_host=account["smtp_host"],
            smtp_port=account["smtp_port"],
            smtp_security=account["security"],
            secret="file",
            ca_file=account["ca_file"],
            default_visibility="shared" if slug == "info" else "private",
            past_visibility="shared" if slug == "info" else "private",
        )
        save.put_account(paths.config_file, settings)
        write_secret(settings, paths, account["password"])


def _fill_records(paths: Paths) -> None:
    """Contacts, deals, leads and projects, before the first mail comes; once a profile."""
    import asyncio

    from tui_mail.actions.context import open_context
    from tui_mail.actions.recorded import refold_waiting
    from tui_mail.demo.company import load_company
    from tui_mail.demo.records import fill
    from tui_mail.demo.times import plan_mail

    async def run() -> None:
        ctx = await open_context(paths)
        try:
            await ctx.db.write(fill, load_company(), ctx.now())
            await refold_waiting(ctx)
            await plan_mail(ctx)
        finally:
            await ctx.close()

    asyncio.run(run())


@contextlib.contextmanager
def _reminders(paths: Paths) -> Iterator[None]:
    """Beside the app: once the mail is here, some of it is snoozed or waits for an answer."""
    ended = threading.Event()

    def wait() -> None:
        while not _set_reminders(paths) and not ended.wait(1.0):
            pass

    thread = threading.Thread(target=wait, daemon=True, name="demo-reminders")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_STOP_SECONDS)


def _set_reminders(paths: Paths) -> bool:
    import asyncio

    from tui_mail.demo.times import set_reminders
    from tui_mail.store.database import Database

    async def run() -> bool:
        db = await Database(paths.database).open()
        try:
            return await db.write(set_reminders, int(time.time()))
        finally:
            await db.close()

    return asyncio.run(run())


def _sync_once(call: Call, paths: Paths) -> int:
    from tui_mail.cli.sync import sync_and_report

    code = sync_and_report(paths, call.out, [], wait=60.0)
    _set_reminders(paths)
    return code


def _pictures(call: Call, paths: Paths, folder: Path) -> int:
    import asyncio

    from tui_mail.tui.pictures import take

    code = _sync_once(call, paths)
    folder.mkdir(parents=True, exist_ok=True)
    for path in asyncio.run(take(paths, folder)):
        call.out.note(f"Wrote {path}.")
    return code


def _serve(call: Call, paths: Paths) -> int:
    import asyncio

    from tui_mail.config.logs import log_to
    from tui_mail.sync.engine import serve

    log_to(paths)
    call.out.note(f"The demo runs; its profile is {paths.config_dir}. Ctrl-c ends it.")
    call.out.note(f"Open it elsewhere with: tui-mail --home {paths.config_dir}")
    return asyncio.run(serve(paths, stop_when_alone=False))


def _end_engine(paths: Paths) -> None:
    """End the engine that the app started for this profile and wait until it is gone."""
    from tui_mail.store.ownership import EngineLock

    deadline = time.monotonic() + _STOP_SECONDS
    asked = False
    while (holder := EngineLock.holder(paths.lock)) is not None and time.monotonic() < deadline:
        if holder > 0 and holder != os.getpid() and not asked:
            asked = True
            with contextlib.suppress(OSError):
                os.kill(holder, signal.SIGTERM)
        time.sleep(0.02)
