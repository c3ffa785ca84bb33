"""Secrets on the command line: prompts, the vault's passphrase, moving between places."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tui_mail.cli.call import Call
from tui_mail.cli.codes import Code
from tui_mail.config.paths import Paths
from tui_mail.errors import SecretError
from tui_mail.model.safe_text import safe_line

if TYPE_CHECKING:
    from tui_mail.actions.context import Context
    from tui_mail.config.settings import AccountSettings

_MOST_SECRET = 65_536
_TRIES = 3


def configure_secret(parser: argparse.ArgumentParser) -> None:
    """Options of `account secret`."""
    parser.add_argument(
        "--to",
        metavar="PLACE",
        help="move it: keyring, vault, file (not encrypted), `command: …`, `credential: NAME`",
    )


async def secret(call: Call, ctx: Context) -> int:
    """Show where a secret is kept, or move it."""
    from tui_mail.actions.accounts import move_secret, secret_place

    account = ctx.settings.account(call.args.id)
    assert account is not None
    if not call.args.to:
        place = secret_place(account)
        call.out.document({"account": account.id, "secret": account.secret, "kept_in": place})
        call.out.line(f"{account.id}: {place}")
        return Code.OK
    if "vault" in (account.secret, call.args.to):
        await make_or_open_vault(call, ctx)
    place = await move_secret(ctx, account.id, call.args.to)
    call.out.document({"account": account.id, "secret": call.args.to, "kept_in": place})
    call.out.line(f"The secret of {account.id} is kept in {place} now; the old one is removed.")
    return Code.OK


async def unlock(call: Call, ctx: Context) -> int:
    """Unlock the vault for the engine that runs."""
    from tui_mail.cli.call import engine_runs

    if not ctx.paths.vault_file.exists():
        return call.out.refuse(
            Code.NOT_FOUND, "There is no vault.", "`tui-mail account secret ID --to vault`."
        )
    await make_or_open_vault(call, ctx)
    for account in ctx.settings.accounts:
        if account.secret == "vault" and account.id in ctx.account_ids:
            from tui_mail.actions.accounts import try_again

            await try_again(ctx, account.id)
    said = "the engine goes on" if engine_runs(call) else "no engine runs; tui-mail asks again"
    call.out.document({"unlocked": True})
    call.out.line(f"The vault is unlocked: {said}.")
    return Code.OK


async def make_or_open_vault(call: Call, ctx: Context) -> None:
    """Have the vault unlocked in this process. Raises SecretError without a terminal."""
    from tui_mail.actions.accounts import open_vault, vault_is_locked

    if not ctx.paths.vault_file.exists():
        await open_vault(ctx, new_passphrase())
    elif await vault_is_locked(ctx):
        for left in range(_TRIES - 1, -1, -1):
            try:
                await open_vault(ctx, ask("Passphrase of the vault: "))
                return
            except SecretError as error:
                if not left or not sys.stderr.isatty():
                    raise
                call.out.note(error.message)


async def open_vault_for(call: Call, ctx: Context, accounts: list[AccountSettings]) -> None:
    """Ask for the passphrase when one of these accounts needs it and a person is there."""
    if any(one.secret == "vault" for one in accounts) and ctx.paths.vault_file.exists():
        await make_or_open_vault(call, ctx)


def new_passphrase() -> str:
    """The passphrase of a new vault, typed twice or given as a systemd credential."""
    from tui_mail.accounts import vault

    given = vault.credential(vault.CREDENTIAL)
    if given is not None:
        return given
    first = ask("New passphrase of the vault (8 characters or more): ")
    vault.check_new(first)
    if ask("The same once more: ") != first:
        raise SecretError("The two passphrases differ; nothing was made.")
    return first


def ask(prompt: str) -> str:
    """A secret from the terminal, without echo, whatever standard input is. Raises SecretError."""
    import getpass

    if not _has_terminal():
        raise SecretError(
            "The vault's passphrase is needed, and there is no terminal to ask on.",
            hint="`tui-mail account unlock` takes it for an engine that runs; a service is given it"
            " as the systemd credential `tui-mail.vault`.",
        )
    return getpass.getpass(prompt)


def _has_terminal() -> bool:
    """Whether a person can type here: a job in the background of a shell would be stopped."""
    import os

    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def read_password(call: Call, slug: str, name: str = "password") -> str:
    """The secret from a prompt without echo, or from standard input; never from the options.

    Raises SecretError when there is neither.
    """
    if call.args.password_stdin:
        text = sys.stdin.read(_MOST_SECRET).split("\n", 1)[0].rstrip("\r")
    elif sys.stdin.isatty():
        import getpass

        text = getpass.getpass(f"{name.capitalize()} of {slug}: ", stream=sys.stderr)
    else:
        raise SecretError("There is no terminal to ask for the password.", hint="--password-stdin")
    if not text:
        raise SecretError("The password is empty.")
    return text


def unlock_at_start(paths: Paths, *, beside_engine: bool = False) -> None:
    """Before the screen comes up: ask once, when this process will start the engine.

    `beside_engine` asks also when one runs, for a command that signs in by itself.
    An empty answer goes on with the vault locked; its accounts say so.
    """
    from tui_mail.accounts import vault
    from tui_mail.config.load import load
    from tui_mail.store.ownership import EngineLock

    path = paths.vault_file
    runs = EngineLock.holder(paths.lock) is not None
    if (runs and not beside_engine) or not vault.is_locked(path):
        return
    if not any(one.secret == "vault" for one in load(paths.config_file).accounts):
        return
    for _ in range(_TRIES):
        try:
            typed = ask("Passphrase of the vault (empty: stay locked): ")
            if not typed:
                return
            vault.unlock(path, typed)
            return
        except SecretError as error:
            sys.stderr.write(f"{safe_line(str(error))}\n")
            if not sys.stdin.isatty() or not _has_terminal():
                return
