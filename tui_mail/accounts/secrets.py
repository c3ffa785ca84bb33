"""Secrets by reference: keyring, vault, a command, a systemd credential, or a plain file.

The plain file only by the user's explicit word. A secret is read when it is needed and kept in
memory only (SEC-31); every one that is kept is read back before anything relies on it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tui_mail.accounts import keyrings, vault
from tui_mail.accounts.locking import locked
from tui_mail.config.load import write_text
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import SecretError

_SECONDS = 30
PLACES = ("keyring", "vault", "command", "credential", "file")


def kind_of(account: AccountSettings) -> str:
    """One of `PLACES`. Raises SecretError."""
    kind = account.secret.partition(":")[0].strip()
    if kind not in PLACES:
        raise SecretError(
            f"`{account.secret}` is no place for a secret.",
            hint="Known are keyring, vault, `command: …`, `credential: NAME` and file.",
        )
    return kind


def can_be_written(account: AccountSettings) -> bool:
    """Whether the program itself keeps the secret; commands and credentials are others' work."""
    return kind_of(account) in ("keyring", "vault", "file")


def read_secret(account: AccountSettings, paths: Paths) -> str:
    """The account's password or tokens. Raises SecretError with what to do."""
    kind, rest = kind_of(account), account.secret.partition(":")[2].strip()
    if kind == "command":
        return _from_command(shlex.split(rest))
    if kind == "credential":
        name = rest or f"tui-mail.{account.id}"
        value = vault.credential(name)
        where = f"systemd credential `{name}`"
        hint = f"Give the service `LoadCredentialEncrypted={name}` or `LoadCredential=`."
    else:
        hint = f"Run `tui-mail account password {account.id}`."
        value = _kept(account, paths)
        where = str(paths.secrets_file) if kind == "file" else kind
    if value is None:
        raise SecretError(f"There is no secret for `{account.id}`: {where}.", hint=hint)
    return value


def _kept(account: AccountSettings, paths: Paths) -> str | None:
    """The secret the program itself keeps; None when there is none."""
    kind = kind_of(account)
    if kind == "keyring":
        return keyrings.read(account.id)
    if kind == "vault":
        return vault.read(paths.vault_file, account.id)
    return _read_file(paths.secrets_file).get(account.id)


def write_secret(account: AccountSettings, paths: Paths, secret: str) -> None:
    """Keep a secret where the account says, and read it back. Raises SecretError."""
    kind = kind_of(account)
    if kind in ("command", "credential"):
        raise SecretError(f"The secret comes from a {kind}; change it there.")
    if kind == "keyring":
        keyrings.write(account.id, secret)
    elif kind == "vault":
        vault.change(paths.vault_file, lambda entries: entries.update({account.id: secret}))
    else:
        _change_file(paths.secrets_file, lambda values: values.update({account.id: secret}))
    if _kept(account, paths) != secret:
        raise SecretError(
            "The secret could not be read back after it was kept.",
            hint="Use `vault`, `command:` with a password manager, or `file`.",
        )


def forget_secret(account: AccountSettings, paths: Paths) -> None:
    """Remove a secret; one that is not there is no error, nor is a place that cannot be reached."""
    kind = kind_of(account)
    try:
        if kind == "file" and paths.secrets_file.exists():
            _change_file(paths.secrets_file, lambda values: values.pop(account.id, None))
        elif kind == "vault" and paths.vault_file.exists():
            vault.change(paths.vault_file, lambda entries: entries.pop(account.id, None))
        elif kind == "keyring":
            keyrings.forget(account.id)
    except SecretError:
        if kind != "keyring":
            raise


def move_secret(account: AccountSettings, paths: Paths, place: str) -> AccountSettings:
    """Copy the secret to another place and answer the account that names it.

    The old one stays until `forget_secret` is called for the old account, after the settings were
    written: at each moment there is at least one good copy. Raises SecretError.
    """
    moved = replace(account, secret=place)
    if kind_of(moved) == kind_of(account) and can_be_written(moved):
        raise SecretError(f"The secret is there already: {backend_name(account)}.")
    if can_be_written(moved):
        write_secret(moved, paths, read_secret(account, paths))
        return moved
    given = read_secret(moved, paths)
    if not given:
        raise SecretError("The new place gives no secret.")
    if account.auth == "password" and can_be_written(account):
        old = _kept(account, paths)
        if old is not None and old != given:
            raise SecretError(
                "The new place gives another secret than the one in use; nothing was moved.",
                hint=f"If it is the right one, `tui-mail account password {account.id}` takes it"
                " first.",
            )
    return moved


def backend_name(account: AccountSettings) -> str:
    """What keeps the secret, in words for `doctor` and the settings screen."""
    kind = kind_of(account)
    if kind == "keyring":
        try:
            return f"keyring: {keyrings.backend_name()}"
        except SecretError as error:
            return f"keyring: {error.message}"
    return {
        "command": "a command",
        "credential": "a systemd credential",
        "vault": "the vault (an encrypted file)",
        "file": "a plain file (mode 0600, not encrypted)",
    }[kind]


def keyring_works() -> bool:
    """Whether a keyring that is safe to use answers here."""
    try:
        keyrings.backend_name()
    except SecretError:
        return False
    return True


def _from_command(argv: list[str]) -> str:
    if not argv:
        raise SecretError("The secret command is empty.", hint="Write `command: pass show mail`.")
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SecretError(f"There is no program `{argv[0]}`.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SecretError(f"The secret command `{argv[0]}` did not answer in time.") from error
    if done.returncode:
        raise SecretError(f"The secret command `{argv[0]}` ended with {done.returncode}.")
    try:
        secret = done.stdout.decode().splitlines()[0]
    except (UnicodeDecodeError, IndexError) as error:
        raise SecretError(f"The secret command `{argv[0]}` printed no secret.") from error
    return secret


def _read_file(path: Path) -> dict[str, str]:
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise SecretError(
                f"Others can read {path}.", hint=f"Run `chmod 600 {shlex.quote(str(path))}`."
            )
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SecretError(f"{path} cannot be read.") from error
    return {key: value for key, value in data.items() if isinstance(value, str)}


def _change_file(path: Path, work: Callable[[dict[str, str]], object]) -> None:
    import tomlkit

    with locked(path):
        values = _read_file(path)
        work(values)
        if not values:
            path.unlink(missing_ok=True)
            return
        write_text(path, tomlkit.dumps(values))
        os.chmod(path, 0o600)
