"""`tui-mail doctor`: how accounts, queue, database and files are, and what to do about it."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

from tui_mail.cli.call import Call, engine_runs, with_context
from tui_mail.cli.codes import Code
from tui_mail.cli.output import utc
from tui_mail.errors import StoreError
from tui_mail.store import accounts
from tui_mail.store import health as numbers

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.store.accounts import Account, Folder

_JOURNAL = 10
_MENDS = {
    "auth_failed": "Enter the password again: tui-mail account password {slug}",
    "retrying": "Look at it now: tui-mail doctor --online {slug}",
}


def configure(parser: argparse.ArgumentParser, name: str, common: argparse.ArgumentParser) -> None:
    """Options of the report."""
    parser.add_argument(
        "account", nargs="*", help="only these accounts (default: all), or what --why is about"
    )
    parser.add_argument(
        "--online", action="store_true", help="sign in to the servers and compare counts"
    )
    parser.add_argument(
        "--why",
        choices=("sign-in", "send", "inbox", "deal"),
        help="explain one trouble of the account or mail named (12, m34, or a Message-ID)",
    )
    parser.add_argument(
        "--skip-check", action="store_true", help="without the database's integrity check"
    )


def run(call: Call) -> int:
    """Report; exit code 1 when something needs the user."""
    if call.args.online and call.paths.vault_file.exists():
        from tui_mail.cli.account_secret import unlock_at_start

        unlock_at_start(call.paths, beside_engine=True)
    if call.args.why:
        from tui_mail.cli.doctor_why import explain

        return with_context(call, explain)
    return asyncio.run(_report(call))


async def _report(call: Call) -> int:
    from tui_mail import __version__
    from tui_mail.cli import health
    from tui_mail.cli.backup import backups
    from tui_mail.store.ownership import EngineLock

    call.paths.prepare()
    holder = EngineLock.holder(call.paths.lock)
    problems: list[dict[str, str]] = []
    report: dict[str, Any] = {
        "ok": False,
        "problems": problems,
        "version": __version__,
        "settings": str(call.paths.config_file),
        "log": str(call.paths.log_file),
        "engine": {"running": holder is not None, "pid": holder or None},
        "accounts": [],
        "journal": [],
        "database": health.database(call.paths, check=not call.args.skip_check),
        "disk": health.disk(call.paths),
        "open_files": health.open_files(call.paths),
        "backups": [one["file"] for one in backups(call.paths)],
    }
    code = await _accounts(call, report)
    if code:
        return code
    _judge_files(report)
    report["ok"] = not problems
    call.out.document(report)
    if not call.out.as_json:
        from tui_mail.cli.doctor_text import print_report

        print_report(call.out, report)
    return Code.OK if report["ok"] else Code.FAILED


async def _accounts(call: Call, report: dict[str, Any]) -> int:
    from tui_mail.actions.context import open_context
    from tui_mail.actions.naming import doubts
    from tui_mail.store import journal

    try:
        ctx = await open_context(call.paths)
    except StoreError as error:
        if not report["database"]["problem"]:
            report["database"]["problem"] = str(error)
        return Code.OK
    try:
        unknown = [slug for slug in call.args.account if slug not in ctx.account_ids]
        if unknown:
            return call.out.refuse(
                Code.NOT_FOUND,
                f"There is no account `{unknown[0]}`.",
                "`tui-mail account list` shows them.",
            )
        rows = [
            row
            for row in await ctx.db.read(accounts.accounts)
            if not call.args.account or row.slug in call.args.account
        ]
        report["accounts"] = [await _account(call, ctx, row) for row in rows]
        for account in report["accounts"]:
            report["problems"] += _troubles(account)
        report["problems"] += [
            {"what": doubt, "hint": "Everything else in the file holds."}
            for doubt in await doubts(ctx)
        ]
        report["journal"] = [
            {"at": utc(entry.at), "actor": entry.actor, "summary": entry.summary}
            for entry in await ctx.db.read(journal.latest, _JOURNAL)
        ]
    finally:
        await ctx.close()
    return Code.OK


async def _account(call: Call, ctx: Context, row: Account) -> dict[str, Any]:
    from tui_mail.accounts.secrets import backend_name
    from tui_mail.actions.status import state_now

    settings = ctx.settings.account(row.slug)
    folders = await ctx.db.read(accounts.folders, row.id)
    online: dict[str, Any] | None = None
    if call.args.online and settings is not None and not settings.paused:
        from tui_mail.cli.online import look

        online = await asyncio.to_thread(look, settings, ctx.paths, folders, ctx.now())
    server = (online or {}).get("imap") or {}
    backend = await asyncio.to_thread(backend_name, settings) if settings else ""
    return {
        "account": row.slug,
        "address": row.address,
        "state": state_now(row.state, engine_runs(call)),
        "since": utc(row.state_at),
        "reason": row.reason,
        "last_ok_at": utc(row.last_ok_at),
        "last_error": row.last_error,
        "last_error_at": utc(row.last_error_at),
        "secret": backend,
        "tls": server.get("tls") or row.server.get("tls", ""),
        "server_id": server.get("id") or row.server.get("id", {}),
        "capabilities": server.get("capabilities") or row.server.get("capabilities", []),
        "quirks": server.get("quirks") or row.server.get("quirks", []),
        "clock_skew_seconds": server.get("clock_skew_seconds"),
        "progress": row.progress,
        "queue": _queue(await ctx.db.read(numbers.queue, row.id)),
        "folders": [_folder(folder, server.get("counts", {})) for folder in folders],
        "events": [
            {**event, "at": utc(event["at"])} for event in await ctx.db.read(numbers.events, row.id)
        ],
        "online": online
        and {"imap_error": online["imap"]["error"], "smtp_error": online["smtp"]["error"]},
    }


def _queue(found: dict[str, Any]) -> dict[str, Any]:
    refused = [{**one, "at": utc(one["at"])} for one in found["refused"]]
    return {**found, "oldest_operation_at": utc(found["oldest_operation_at"]), "refused": refused}


def _folder(folder: Folder, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "name": folder.name,
        "role": folder.role,
        "state": folder.state,
        "synced": folder.selected and folder.selectable,
        "here": folder.messages,
        "unread": folder.unread,
        "server": counts.get(folder.name, folder.server_exists),
        "asked_now": folder.name in counts,
        "past_from": utc(folder.horizon) if folder.horizon > 0 else None,
        "past_complete": folder.horizon >= 0,
        "last_sync_at": utc(folder.last_sync_at),
    }


def _troubles(account: dict[str, Any]) -> list[dict[str, str]]:
    slug, queue = account["account"], account["queue"]
    found: list[dict[str, str]] = []
    if account["state"] in _MENDS:
        reason = account["reason"] or account["last_error"] or "no reason is known"
        found.append(
            {"what": f"{slug}: {reason}", "hint": _MENDS[account["state"]].format(slug=slug)}
        )
    if queue["troubled_mails"]:
        text = f"{slug}: {queue['troubled_mails']} mails did not go or may have gone"
        found.append({"what": text, "hint": "Decide: tui-mail outbox"})
    for one in queue["refused"]:
        text = f"{slug}: the server did not take a change ({one['verb']}): {one['error']}"
        found.append({"what": text, "hint": "It was taken back here; do it again if you want it."})
    for folder in account["folders"]:
        if folder["state"] == "quarantined":
            text = f"{slug}: folder {folder['name']} lost much mail at once; it is kept here"
            found.append({"what": text, "hint": "It is looked at again by itself."})
    for kind in ("imap", "smtp"):
        error = (account["online"] or {}).get(f"{kind}_error")
        if error:
            found.append({"what": f"{slug}: {kind.upper()}: {error}", "hint": ""})
    return found


def _judge_files(report: dict[str, Any]) -> None:
    problems, database, disk = report["problems"], report["database"], report["disk"]
    if database["problem"]:
        hint = "Bring a copy back: tui-mail backup restore FILE"
        if report["backups"]:
            hint += f" (newest: {report['backups'][0]})"
        problems.append({"what": database["problem"], "hint": hint})
    if disk["problem"]:
        problems.append({"what": disk["problem"], "hint": "Free some space."})
    if disk["synced_folder"]:
        text = f"The database is in a folder that another program syncs: {database['path']}"
        problems.append({"what": text, "hint": "Move it: such a program can tear it."})
    if report["open_files"]:
        shown = ", ".join(report["open_files"][:3])
        problems.append({"what": f"Others can read: {shown}", "hint": "Run chmod go= on them."})
