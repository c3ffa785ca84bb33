"""`tui-mail backup`: verified copies of the database, and the way back."""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import utc
from tui_mail.config.paths import Paths
from tui_mail.errors import StoreBusy, StoreError
from tui_mail.store.migrate import copy_to, migrations, schema_version

if TYPE_CHECKING:
    from tui_mail.actions.context import Context

_VAL_5 = (
    "Mails that were waiting in the outbox of the copy will not go by themselves: each becomes"
    " uncertain, and you decide in `tui-mail outbox`. Changes that were on their way are checked"
    " before they are repeated. Mail newer than the copy comes back with the next sync."
)


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the backup."""
    parser.add_argument(
        "what",
        nargs="*",
        metavar="FILE",
        help="where the copy goes (default: the profile's backups), or: restore FILE",
    )
    parser.add_argument("--list", action="store_true", help="the copies in the profile")
    parser.add_argument("--yes", action="store_true", help="restore without asking")


def run(call: Call) -> int:
    """Copy, list or restore."""
    words = call.args.what
    if call.args.list:
        return _list(call)
    if words[:1] == ["restore"] and len(words) == 2:
        return _restore(call, Path(words[1]).expanduser())
    if len(words) > 1 or words == ["restore"]:
        return call.out.refuse(Code.USAGE, "Say one file, or `restore FILE`.")
    if not call.paths.database.exists():
        return call.out.refuse(Code.NOT_FOUND, "There is no database yet.")
    return with_context(call, _backup)


async def _backup(call: Call, ctx: Context) -> int:
    stamp = time.strftime("mail-%Y%m%d-%H%M%S.db", time.localtime(ctx.now()))
    target = Path(call.args.what[0]).expanduser() if call.args.what else ctx.paths.backups / stamp
    if target.is_dir():
        target /= stamp
    if target.exists():
        return call.out.refuse(Code.FAILED, f"{target} is there already.", "Say another name.")
    try:
        await ctx.db.read(copy_to, target)
        found = describe(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The copy could not be made: {error}.") from error
    call.out.document({"backup": found})
    call.out.line(f"{target} ({found['size']:,} bytes, {found['messages']:,} messages, verified)")
    return Code.OK


def backups(paths: Paths) -> list[dict[str, Any]]:
    """The copies of a profile, newest first."""
    found = [describe(path) for path in paths.backups.glob("*.db")]
    return sorted(found, key=lambda one: str(one["at"]), reverse=True)


def describe(path: Path) -> dict[str, Any]:
    """What a copy is; `schema` and `messages` are None when it cannot be read."""
    stat = path.stat()
    value: dict[str, Any] = {
        "file": str(path),
        "size": stat.st_size,
        "at": utc(int(stat.st_mtime)),
        "schema": None,
        "messages": None,
    }
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_open(path)) as conn:
        value["schema"] = schema_version(conn)
        value["messages"] = conn.execute("SELECT count(*) FROM messages").fetchone()[0]
    return value


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _list(call: Call) -> int:
    found = backups(call.paths)
    call.out.document({"backups": found})
    call.out.rows(
        (
            (one["file"], str(one["size"]), str(one["messages"] or "cannot be read"), one["at"])
            for one in found
        ),
        ("file", "bytes", "messages", "made"),
    )
    if not found and call.out.is_terminal:
        call.out.line("No copies yet; `tui-mail backup` makes one.")
    return Code.OK


def _restore(call: Call, source: Path) -> int:
    from tui_mail.store.ownership import EngineLock

    if not source.is_file():
        return call.out.refuse(Code.NOT_FOUND, f"There is no file {source}.")
    _check(source)
    if not call.args.yes and not _agreed(call, source):
        return call.out.refuse(
            Code.NEEDS_YES, "Nothing was restored.", "Say --yes to replace the database."
        )
    call.paths.prepare()
    lock = EngineLock(call.paths.lock)
    try:
        lock.acquire()
    except StoreBusy as error:
        raise StoreBusy(
            "An engine runs on this profile.", hint="End it: `tui-mail daemon stop`."
        ) from error
    try:
        kept = restore(call.paths, source)
    finally:
        lock.release()
    call.out.document({"restored": describe(call.paths.database), "kept": kept and str(kept)})
    call.out.line(f"Restored from {source}.")
    if kept:
        call.out.line(f"The database of before is {kept}.")
    call.out.line(_VAL_5)
    return Code.OK


def _agreed(call: Call, source: Path) -> bool:
    import sys

    call.out.note(f"This replaces the database by the copy {source}. {_VAL_5}")
    if call.out.as_json or not sys.stdin.isatty():
        return False
    call.out.note("Go on? y/N")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _check(source: Path) -> None:
    """A copy that cannot be used replaces nothing. Raises StoreError."""
    try:
        with contextlib.closing(_open(source)) as conn:
            version = schema_version(conn)
            verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
            conn.execute("SELECT count(*) FROM accounts, meta").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{source} is no database of this program.") from error
    if verdict != "ok":
        raise StoreError(f"{source} is damaged: {verdict}.", hint="Choose another copy.")
    newest = migrations()[-1][0]
    if version > newest:
        raise StoreError(f"{source} has schema {version}; this program knows {newest}.")


def restore(paths: Paths, source: Path) -> Path | None:
    """Put a copy in the place of the database; the caller holds the engine lock.

    The mark beside the database is raised first, so that the next engine takes what it finds for
    foreign and sends nothing by itself (VAL-5). Returns where the old database went.
    """
    from tui_mail.store.ownership import Tenure, read_side, write_side

    _refuse_others(paths.database)
    part = paths.database.with_name("restore.db")
    with contextlib.closing(_open(source)) as conn:
        copy_to(conn, part)
        row = conn.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    side = read_side(paths).get("epoch", 0)
    epoch = max(side if isinstance(side, int) else 0, int(row[0]) if row else 0) + 1
    write_side(paths, Tenure(epoch, "", clean=False, foreign=True))
    kept: Path | None = None
    if paths.database.exists():
        paths.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = paths.backups / time.strftime("before-restore-%Y%m%d-%H%M%S.db")
        for suffix in ("-wal", "-shm"):
            beside = paths.database.with_name(paths.database.name + suffix)
            if beside.exists():
                beside.replace(kept.with_name(kept.name + suffix))
        paths.database.replace(kept)
    part.replace(paths.database)
    descriptor = os.open(paths.data_dir, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return kept


def _refuse_others(path: Path) -> None:
    """Nobody may have the database open: they would go on with the old file."""
    if not path.exists():
        return
    conn = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    try:
        conn.execute("PRAGMA locking_mode = EXCLUSIVE")
        conn.execute("BEGIN EXCLUSIVE")
        conn.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreBusy(
                "Another tui-mail has the database open.", hint="Close it, then try again."
            ) from error
    except sqlite3.DatabaseError:
        pass
    finally:
        conn.close()
