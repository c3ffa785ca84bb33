"""`tui-mail sync --once`: every account in step with its server, with progress."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code, code_of
from tui_mail.cli.output import Output, counted, utc
from tui_mail.config.paths import Paths
from tui_mail.errors import StoreBusy
from tui_mail.store import accounts, health
from tui_mail.store.accounts import Account

if TYPE_CHECKING:
    from tui_mail.store.database import Database

_LOOK_SECONDS = 0.25
_LINE_SECONDS = 2.0
_BAR = 20


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of a single sync."""
    parser.add_argument("account", nargs="*", help="only these accounts (default: all)")
    parser.add_argument(
        "--once", action="store_true", help="sync once and end (what happens anyway)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument(
        "--wait",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="how long to wait for an engine that already runs (default: 120)",
    )


def run(call: Call) -> int:
    """Sync, say how far it is, and report each account."""
    from tui_mail.config.load import load

    settings = load(call.paths.config_file)
    unknown = [slug for slug in call.args.account if settings.account(slug) is None]
    if unknown:
        return call.out.refuse(
            Code.NOT_FOUND,
            f"There is no account `{unknown[0]}`.",
            "`tui-mail account list` shows them.",
        )
    if not settings.accounts:
        return call.out.refuse(
            Code.FAILED, "There is no account yet.", "`tui-mail account add` makes one."
        )
    if call.paths.vault_file.exists():
        from tui_mail.cli.account_secret import unlock_at_start

        unlock_at_start(call.paths)
    return sync_and_report(
        call.paths, call.out, call.args.account, wait=call.args.wait, quiet=call.args.quiet
    )


def sync_and_report(
    paths: Paths, out: Output, only: list[str], *, wait: float, quiet: bool = False
) -> int:
    """Sync the accounts and print one line (or JSON entry) for each; the worst exit code."""
    results = asyncio.run(_sync(paths, Progress(out, quiet or out.as_json), only, wait))
    code = Code.OK
    for result in results:
        if result.error is not None and code in (Code.OK, Code.FAILED):
            code = result.code
    out.document(
        {
            "ok": code is Code.OK,
            "accounts": [result.as_json() for result in results],
        }
    )
    for result in results:
        out.line(result.words(), "red" if result.error else "")
    return int(code)


@dataclass(slots=True)
class Result:
    """How one account's sync ended."""

    slug: str
    state: str
    seconds: float
    messages: int = 0
    unread: int = 0
    new: int = 0
    waiting_operations: int = 0
    waiting_mails: int = 0
    last_ok_at: int = 0
    error: str | None = None
    hint: str = ""
    code: Code = Code.OK

    def as_json(self) -> dict[str, Any]:
        """The account's entry in the JSON document."""
        return {
            "account": self.slug,
            "state": self.state,
            "error": self.error,
            "hint": self.hint,
            "code": int(self.code),
            "seconds": round(self.seconds, 3),
            "messages": self.messages,
            "unread": self.unread,
            "new": self.new,
            "waiting_operations": self.waiting_operations,
            "waiting_mails": self.waiting_mails,
            "last_ok_at": utc(self.last_ok_at),
        }

    def words(self) -> str:
        """The account's line."""
        if self.error is not None:
            return f"{self.slug}: {self.error} {self.hint}".strip()
        parts = [counted(self.messages, "message")]
        if self.new > 0:
            parts.append(f"{self.new:,} new")
        if self.unread:
            parts.append(f"{self.unread:,} unread")
        if self.waiting_operations:
            parts.append(f"{counted(self.waiting_operations, 'change')} still waiting")
        if self.waiting_mails:
            parts.append(f"{counted(self.waiting_mails, 'mail')} in the outbox")
        return f"{self.slug}: {', '.join(parts)} ({self.seconds:.1f} s)"


@dataclass(slots=True)
class Progress:
    """Shows how far first syncs are: one bar on a terminal, plain lines otherwise."""

    out: Output
    quiet: bool
    _shown: bool = False
    _said: dict[str, tuple[str, float]] = field(default_factory=dict)

    def show(self, rows: list[Account]) -> None:
        """Show the progress of every account that has one."""
        if self.quiet:
            return
        busy = [row for row in rows if row.progress]
        if self.out.errors_to_terminal:
            if busy:
                row = busy[int(time.monotonic() / 2) % len(busy)]
                self.out.replace_line(progress_line(row, bar=True))
                self._shown = True
            return
        for row in busy:
            self._say(row)

    def _say(self, row: Account) -> None:
        place = f"{row.progress.get('folder')}/{row.progress.get('phase')}"
        before, at = self._said.get(row.slug, ("", 0.0))
        if place != before or time.monotonic() - at >= _LINE_SECONDS:
            self._said[row.slug] = (place, time.monotonic())
            self.out.note(progress_line(row, bar=False))

    def end(self) -> None:
        """Take the bar away."""
        if self._shown:
            self.out.replace_line("")


def progress_line(row: Account, *, bar: bool) -> str:
    """Folder, done of total, rate and time left of an account's first sync."""
    now = row.progress
    done, total = int(now.get("done", 0)), int(now.get("total", 0))
    share = min(1.0, done / total) if total else 0.0
    what = "mails" if now.get("phase") == "bodies" else "headers"
    parts = [f"{done:,} of {total:,} {what}", f"{float(now.get('rate', 0)):,.0f}/s"]
    left = int(now.get("seconds_left", 0))
    if left:
        parts.append(f"{left // 60}:{left % 60:02d} left")
    name = " ".join(filter(None, (row.slug, str(now.get("folder", "")))))
    if not bar:
        return f"{name}: {', '.join(parts)}"
    full = round(share * _BAR)
    return f"{name} [{'#' * full}{'-' * (_BAR - full)}] {share:4.0%} {', '.join(parts)}"


async def _sync(paths: Paths, progress: Progress, only: list[str], wait: float) -> list[Result]:
    from tui_mail.store.ownership import EngineLock

    if EngineLock.holder(paths.lock) is None:
        gc.disable()
        from tui_mail.sync.engine import Engine

        gc.freeze()
        gc.enable()
        engine = Engine(paths)
        with contextlib.suppress(StoreBusy):
            await engine.start()
            try:
                return await _with_engine(engine.db, engine.sync_once(only), progress, only)
            finally:
                await engine.stop()
    return await _with_other(paths, progress, only, wait)


async def _with_engine(
    db: Database, work: Any, progress: Progress, only: list[str]
) -> list[Result]:
    before = await db.read(health.numbers)
    started = time.monotonic()
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait([task], timeout=_LOOK_SECONDS)
        if not task.done():
            progress.show(await db.read(accounts.accounts))
    progress.end()
    outcome: dict[str, BaseException | None] = task.result()
    seconds = time.monotonic() - started
    after = await db.read(health.numbers)
    results: list[Result] = []
    for row in await db.read(accounts.accounts):
        if only and row.slug not in only:
            continue
        result = _result(row, before, after, seconds)
        error = outcome.get(row.slug)
        if error is not None:
            result.error = getattr(error, "message", "") or type(error).__name__
            result.hint = getattr(error, "hint", "")
            result.code = code_of(error)
        results.append(result)
    return results


async def _with_other(
    paths: Paths, progress: Progress, only: list[str], wait: float
) -> list[Result]:
    """Another process is the engine: ring it and wait until it says that all is well."""
    from tui_mail.actions.context import open_context

    ctx = await open_context(paths)
    try:
        started, rung_at = time.monotonic(), ctx.now()
        before = await ctx.db.read(health.numbers)
        ctx.sync_now()
        while True:
            rows = [
                row
                for row in await ctx.db.read(accounts.accounts)
                if row.state != "paused" and (not only or row.slug in only)
            ]
            progress.show(rows)
            after = await ctx.db.read(health.numbers)
            open_rows = [row for row in rows if not _settled(row, after, rung_at)]
            late = time.monotonic() - started > wait
            if not open_rows or late:
                break
            await asyncio.sleep(min(_LOOK_SECONDS, 0.02 + (time.monotonic() - started) / 10))
        progress.end()
        seconds = time.monotonic() - started
        results: list[Result] = []
        for row in rows:
            result = _result(row, before, after, seconds)
            if row.state in ("auth_failed", "retrying"):
                result.error = row.reason or row.last_error
                result.code = Code.SIGN_IN if row.state == "auth_failed" else Code.NETWORK
            elif row in open_rows:
                result.error = f"The running engine was not done within {wait:.0f} s."
                result.code = Code.FAILED
            results.append(result)
        return results
    finally:
        await ctx.close()


def _settled(row: Account, numbers: health.Numbers, since: int) -> bool:
    if row.state in ("auth_failed", "retrying"):
        return True
    waiting = numbers.get(row.id, _NONE).operations
    return row.state == "active" and row.last_ok_at >= since and not row.progress and not waiting


_NONE = health.Counted()


def _result(row: Account, before: health.Numbers, after: health.Numbers, seconds: float) -> Result:
    now, then = after.get(row.id, _NONE), before.get(row.id, _NONE)
    return Result(
        slug=row.slug,
        state=row.state,
        seconds=seconds,
        messages=now.messages,
        unread=now.unread,
        new=max(0, now.messages - then.messages),
        waiting_operations=now.operations,
        waiting_mails=now.mails,
        last_ok_at=row.last_ok_at,
    )
