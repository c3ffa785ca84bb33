"""Profiles for tests: a folder, a settings file, an account on a loopback server."""

from __future__ import annotations

from pathlib import Path

from tui_mail.accounts.secrets import write_secret
from tui_mail.config import save
from tui_mail.config.paths import Paths, profile_paths
from tui_mail.config.settings import AccountSettings


def profile(
    root: Path,
    *,
    slug: str = "work",
    address: str = "mira@northwind.example",
    imap: tuple[str, int] = ("127.0.0.1", 1),
    smtp: tuple[str, int] = ("127.0.0.1", 1),
    user: str = "",
    password: str = "x",
    sync_days: int = 0,
    **changes: object,
) -> Paths:
    """Make a profile with one account and its secret in the plain file; call again for more."""
    paths = profile_paths(root)
    paths.prepare()
    values: dict[str, object] = {
        "id": slug,
        "address": address,
        "imap_host": imap[0],
        "imap_port": imap[1],
        "imap_security": "none",
        "imap_user": user or address,
        "smtp_host": smtp[0],
        "smtp_port": smtp[1],
        "smtp_security": "none",
        "secret": "file",
        "sync_days": sync_days,
    }
    account = AccountSettings(**{**values, **changes})  # type: ignore[arg-type]
    save.put_account(paths.config_file, account)
    write_secret(account, paths, password)
    return paths


def mail(
    number: int,
    *,
    subject: str = "",
    sender: str = "Anna Berg <anna@fjord.example>",
    to: str = "mira@northwind.example",
    body: str = "",
    refs: str = "",
    headers: str = "",
    message_id: str = "",
) -> bytes:
    """A small mail with a Message-ID made of its number."""
    text = (
        f"Message-ID: {message_id or f'<m{number}@fjord.example>'}\r\n"
        f"Date: Mon, 16 Nov 2026 09:{number % 60:02d}:00 +0000\r\n"
        f"From: {sender}\r\nTo: {to}\r\n"
        f"Subject: {subject or f'Quote {number}'}\r\n"
    )
    if refs:
        text += f"In-Reply-To: {refs}\r\nReferences: {refs}\r\n"
    text += headers
    text += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    text += body or f"The price for item {number} is {number * 10} EUR.\r\n"
    return text.encode()
