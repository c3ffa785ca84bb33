"""What a server says right now, for `doctor --online`; nothing is changed there."""

from __future__ import annotations

import re
from typing import Any

from tui_mail.accounts.credentials import Credential
from tui_mail.accounts.servers import imap_settings, smtp_settings
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import TuiMailError
from tui_mail.imap.session import ImapSession
from tui_mail.model.safe_text import safe_line
from tui_mail.smtp.submission import SmtpSession
from tui_mail.store.accounts import Folder

_DATE = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


def look(account: AccountSettings, paths: Paths, folders: list[Folder], now: int) -> dict[str, Any]:
    """Sign in to both servers of an account; blocking, with the sessions' own deadlines."""
    return {"imap": _imap(account, paths, folders, now), "smtp": _smtp(account, paths)}


def _imap(
    account: AccountSettings, paths: Paths, folders: list[Folder], now: int
) -> dict[str, Any]:
    session = ImapSession(imap_settings(account), Credential(account, paths))
    counts: dict[str, int] = {}
    value: dict[str, Any] = {"error": "", "counts": counts, "clock_skew_seconds": None}
    try:
        session.connect()
        value |= {
            "tls": session.tls_description,
            "capabilities": sorted(session.capabilities),
            "id": {key: safe_line(text, 100) for key, text in session.server_id.items()},
            "quirks": list(session.quirks.names),
            "clock_skew_seconds": clock_skew(session.greeting, now),
        }
        for folder in folders:
            if folder.selectable:
                counts[folder.name] = session.status(folder.wire_name).messages
    except TuiMailError as error:
        value["error"] = str(error)
    finally:
        session.close()
    return value


def _smtp(account: AccountSettings, paths: Paths) -> dict[str, Any]:
    if not account.smtp_host:
        return {"error": "no server for sending is set"}
    session = SmtpSession(smtp_settings(account), Credential(account, paths))
    try:
        session.connect()
        session.login()
        return {"error": "", "capabilities": dict(session.capabilities)}
    except TuiMailError as error:
        return {"error": str(error)}
    finally:
        session.close()


def clock_skew(greeting: str, now: int) -> int | None:
    """Seconds the server is ahead of us, where its greeting names the time; else None."""
    match = _DATE.search(greeting)
    if match is None:
        return None
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(match[0]).timestamp()) - now
    except ValueError:
        return None
