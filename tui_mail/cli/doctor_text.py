"""The report of `doctor` for people."""

from __future__ import annotations

from typing import Any

from tui_mail.cli.output import Output


def print_report(out: Output, report: dict[str, Any]) -> None:
    """Problems first, then each account, the database, the files and the latest actions."""
    if report["ok"]:
        out.line("All is well.", "bold")
    for problem in report["problems"]:
        out.line(f"! {problem['what']}", "bold")
        if problem["hint"]:
            out.line(f"  {problem['hint']}")
    engine = report["engine"]
    out.line()
    out.line(
        f"tui-mail {report['version']}; "
        + (f"engine: process {engine['pid']}" if engine["running"] else "no engine runs")
    )
    out.line(f"settings: {report['settings']}")
    out.line(f"log: {report['log']}")
    for account in report["accounts"]:
        out.line()
        _account(out, account)
    out.line()
    _database(out, report)
    if report["journal"]:
        out.line()
        out.line("Done lately", "bold")
    for entry in report["journal"]:
        out.line(f"  {entry['at']}  {entry['actor']}: {entry['summary']}")


def _account(out: Output, account: dict[str, Any]) -> None:
    reason = f" ({account['reason']})" if account["reason"] else ""
    out.line(f"Account {account['account']} <{account['address']}>", "bold")
    out.line(f"  state: {account['state']}{reason} since {account['since'] or 'the beginning'}")
    out.line(f"  last success: {account['last_ok_at'] or 'never'}")
    if account["last_error"]:
        out.line(f"  last error: {account['last_error']} ({account['last_error_at']})")
    out.line(f"  secret: {account['secret']}")
    out.line(f"  encryption: {account['tls'] or 'none known'}")
    if account["server_id"]:
        words = ", ".join(f"{key} {text}" for key, text in account["server_id"].items())
        out.line(f"  server: {words}")
    out.line(f"  capabilities: {' '.join(account['capabilities']) or 'not known yet'}")
    if account["quirks"]:
        out.line(f"  quirks: {', '.join(account['quirks'])}")
    skew = account["clock_skew_seconds"]
    out.line(f"  clock: {'unknown' if skew is None else f'the server is {skew:+d} s ahead'}")
    queue = account["queue"]
    out.line(
        f"  queue: {queue['operations']} changes, {queue['mails']} mails"
        + (f", the oldest since {queue['oldest_operation_at']}" if queue["operations"] else "")
    )
    for one in queue["not_fetched"]:
        out.line(f"  not fetched ({one['what']}): {one['mails']} mails: {one['error']}")
    _folders(out, account["folders"])
    for event in account["events"]:
        place = f" {event['folder']}" if event["folder"] else ""
        out.line(f"  why: {event['at']} {event['kind']}{place}: {event['detail']}")


def _folders(out: Output, folders: list[dict[str, Any]]) -> None:
    if not folders:
        out.line("  folders: none known yet")
        return
    lines = []
    for folder in folders:
        there = str(folder["server"]) if folder["synced"] or folder["asked_now"] else "-"
        past = "" if folder["past_complete"] or not folder["synced"] else "past mail is coming"
        if folder["past_from"]:
            past = f"from {folder['past_from'][:10]}"
        state = folder["state"] if folder["synced"] else "not synced"
        lines.append(
            (
                folder["name"],
                folder["role"],
                state,
                str(folder["here"]),
                there,
                str(folder["unread"]),
                past,
            )
        )
    out.rows(lines, ("folder", "role", "state", "here", "server", "unread", "past"), indent="  ")


def _database(out: Output, report: dict[str, Any]) -> None:
    database = report["database"]
    out.line("Database", "bold")
    out.line(f"  file: {database['path']}")
    if not database["exists"]:
        out.line("  there is none yet")
        return
    out.line(f"  size: {database['size']:,} bytes, log {database['wal_size']:,} bytes")
    out.line(f"  integrity: {database['integrity']}")
    out.line(
        f"  schema: {database['schema']} of {database['newest_schema']},"
        f" SQLite {database['sqlite']}"
    )
    for name, number in database["counts"].items():
        out.line(f"  {name}: {number:,}")
    if database["write_seconds"] is not None:
        out.line(f"  a small write: {database['write_seconds'] * 1000:.1f} ms")
    out.line(f"  free disk: {report['disk']['free'] >> 20:,} MiB")
    out.line(f"  copies: {len(report['backups'])}")
