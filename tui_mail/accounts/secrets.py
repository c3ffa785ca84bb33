"""Secrets by reference: the keyring, a command, or a plain file by the user's explicit word.

A secret is read when it is needed and kept in memory only (SEC-31).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tui_mail.config.load import write_text
from tui_mail.config.paths import Paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import SecretError

T = TypeVar("T")

SERVICE = "tui-mail"
_SECONDS = 30
_REFUSED = ("fail", "null", "plaintext")


def read_secret(account: AccountSettings, paths: Paths) -> str:
    """The account's password or token. Raises SecretError with what to do."""
    kind, _, rest = account.secret.partition(":")
    if kind == "command":
        return _from_command(shlex.split(rest.strip()))
    if kind == "file":
        return _from_file(account.id, paths.secrets_file)
    if kind == "keyring":
        value: str | None = _with_deadline(lambda: _keyring().get_password(SERVICE, account.id))
        if value is None:
            raise SecretError(
                f"The keyring holds no secret for `{account.id}`.",
                hint=f"Run `tui-mail account password {account.id}`.",
            )
        return value
    raise SecretError(f"`{account.secret}` is no place for a secret.", hint="See the README.")


def write_secret(account: AccountSettings, paths: Paths, secret: str) -> None:
    """Keep a secret where the account says, and read it back. Raises SecretError."""
    kind = account.secret.partition(":")[0]
    if kind == "command":
        raise SecretError("The secret comes from a command; change it there.")
    if kind == "file":
        _to_file(account.id, paths.secrets_file, secret)
    else:
        _with_deadline(lambda: _keyring().set_password(SERVICE, account.id, secret))
    if read_secret(account, paths) != secret:
        raise SecretError(
            "The secret could not be read back after it was kept.",
            hint="Use `command:` with a password manager, or `file`.",
        )


def forget_secret(account: AccountSettings, paths: Paths) -> None:
    """Remove a secret; one that is not there is no error."""
    kind = account.secret.partition(":")[0]
    if kind == "file":
        values = _read_file(paths.secrets_file)
        if values.pop(account.id, None) is not None:
            _write_file(paths.secrets_file, values)
    elif kind == "keyring":
        try:
            _with_deadline(lambda: _keyring().delete_password(SERVICE, account.id))
        except SecretError:
            pass


def backend_name(account: AccountSettings) -> str:
    """What keeps the secret, in words for `doctor` and the settings screen."""
    kind = account.secret.partition(":")[0]
    if kind == "command":
        return "a command"
    if kind == "file":
        return "a plain file (mode 0600, not encrypted)"
    try:
        backend = _with_deadline(_keyring)
    except SecretError as error:
        return f"keyring: {error.message}"
    return f"keyring: {type(backend).__module__}.{type(backend).__name__}"


def keyring_works() -> bool:
    """Whether a keyring that is safe to use answers here."""
    try:
        _with_deadline(_keyring)
    except SecretError:
        return False
    return True


def _keyring() -> Any:
    import keyring
    from keyring.errors import KeyringError

    try:
        backend = keyring.get_keyring()
        name = f"{type(backend).__module__}.{type(backend).__name__}".lower()
        weak = any(word in name for word in _REFUSED) or backend.priority < 1
    except (KeyringError, RuntimeError) as error:
        raise SecretError(f"No keyring: {error}.") from error
    if weak:
        raise SecretError(
            "There is no safe keyring on this machine.",
            hint="Set secret to `command: …` (pass, op, age …), or to `file` if you accept it.",
        )
    return backend


def _with_deadline(call: Callable[[], T]) -> T:
    """Run a keyring call in a thread: a locked one may wait for a prompt that never comes."""
    from keyring.errors import KeyringError

    result: list[T] = []
    problem: list[BaseException] = []

    def run() -> None:
        try:
            result.append(call())
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=run, daemon=True, name="keyring")
    thread.start()
    thread.join(_SECONDS)
    if thread.is_alive():
        raise SecretError("The keyring does not answer; it may be locked.", hint="Unlock it.")
    if problem:
        error = problem[0]
        if isinstance(error, SecretError):
            raise error
        if isinstance(error, KeyringError):
            raise SecretError(f"The keyring refuses: {type(error).__name__}.") from error
        raise SecretError(f"The keyring failed: {type(error).__name__}.") from error
    return result[0]


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


def _from_file(slug: str, path: Path) -> str:
    values = _read_file(path)
    if slug not in values:
        raise SecretError(
            f"{path} holds no secret for `{slug}`.",
            hint=f"Run `tui-mail account password {slug}`.",
        )
    return values[slug]


def _to_file(slug: str, path: Path, secret: str) -> None:
    values = _read_file(path)
    values[slug] = secret
    _write_file(path, values)


def _write_file(path: Path, values: dict[str, str]) -> None:
    import tomlkit

    write_text(path, tomlkit.dumps(values))
    os.chmod(path, 0o600)
