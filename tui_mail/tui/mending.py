"""What the inbox says of accounts that need the user: a banner with its key, and a first start."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui_mail.config.keymap import Keymap
from tui_mail.model.safe_text import one_line
from tui_mail.store.accounts import Account
from tui_mail.tui import text
from tui_mail.tui.commands import shown_key


def broken(accounts: Sequence[Account]) -> list[Account]:
    """Accounts whose sign-in was rejected: only the user can mend that (R13)."""
    return [one for one in accounts if one.state == "auth_failed"]


def banner(accounts: Sequence[Account], keymap: Keymap) -> Content:
    """The account, the server's words, and the key that opens the secret."""
    first, *others = broken(accounts)
    name = one_line(first.short_name or first.address, 30)
    more = f" (and {len(others)} more)" if others else ""
    reason = one_line(first.reason or "the sign-in was rejected", 120).rstrip(".")
    return text.parts(
        (f"{key_of(keymap, 'go.mend')} signs {name} in again{more}", "bold"),
        f": {reason}. Nothing is lost meanwhile.",
    )


def no_account(keymap: Keymap) -> Content:
    """What an empty inbox offers on a first start."""
    return text.parts(
        ("There is no account yet.", "bold"),
        "\n\n",
        (key_of(keymap, "go.add"), "bold"),
        "  adds one: type your address, the rest is found; nothing is kept untried.\n\n",
        "To look around first, leave with q and run ",
        ("tui-mail demo", "bold"),
        ": a sample company's mailbox, nothing leaves this machine.",
    )


def key_of(keymap: Keymap, command_id: str) -> str:
    """The first key of a command as people read it."""
    keys = keymap.keys.get(command_id, ())
    return shown_key(keys[0]) if keys else command_id
