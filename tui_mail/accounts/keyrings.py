"""The system's keyring, with a deadline, and never one that keeps secrets in plain text."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from tui_mail.errors import SecretError

T = TypeVar("T")

SERVICE = "tui-mail"
SECONDS = 30.0
_ELSEWHERE = (
    "Set secret to `vault`, to `command: …` (pass, op, age …), or to `file` if you accept it."
)
_UNLOCK = "Unlock it, or keep the secret elsewhere: `tui-mail account secret ID --to vault`."
_REFUSED = ("keyrings.alt", "fail", "null", "plaintext")


def read(name: str) -> str | None:
    """One secret; None when there is none. Raises SecretError."""
    value: str | None = _with_deadline(lambda: _backend().get_password(SERVICE, name))
    return value


def write(name: str, secret: str) -> None:
    """Keep one secret. Raises SecretError."""
    _with_deadline(lambda: _backend().set_password(SERVICE, name, secret))


def forget(name: str) -> None:
    """Remove one secret. Raises SecretError, also when there is none."""
    _with_deadline(lambda: _backend().delete_password(SERVICE, name))


def backend_name() -> str:
    """Which keyring it is. Raises SecretError when there is no safe one."""
    backend = _with_deadline(_backend)
    return f"{type(backend).__module__}.{type(backend).__name__}"


def _backend() -> Any:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_keyring()
        # A chain asks several keyrings in turn; one of plain text may be among them.
        for backend in getattr(found, "backends", None) or [found]:
            if not _is_weak(backend):
                return backend
    except (KeyringError, RuntimeError, ImportError, AttributeError) as error:
        # The last two: PYTHON_KEYRING_BACKEND or keyringrc.cfg names something that is not there.
        raise SecretError(f"No keyring can be used: {error}.", hint=_ELSEWHERE) from error
    raise SecretError("There is no safe keyring on this machine.", hint=_ELSEWHERE)


def _is_weak(backend: Any) -> bool:
    name = f"{type(backend).__module__}.{type(backend).__name__}".lower()
    return any(word in name for word in _REFUSED) or backend.priority < 1


def _with_deadline(call: Callable[[], T]) -> T:
    """Run a keyring call in a thread: a locked one may wait for a prompt that never comes."""
    from keyring.errors import InitError, KeyringError, KeyringLocked

    result: list[T] = []
    problem: list[BaseException] = []

    def run() -> None:
        try:
            result.append(call())
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=run, daemon=True, name="keyring")
    thread.start()
    thread.join(SECONDS)
    if thread.is_alive():
        raise SecretError("The keyring does not answer; it may be locked.", hint=_UNLOCK)
    if problem:
        error = problem[0]
        if isinstance(error, SecretError):
            raise error
        if isinstance(error, KeyringError):
            if isinstance(error, KeyringLocked | InitError):
                raise SecretError("The keyring is locked.", hint=_UNLOCK) from error
            raise SecretError(f"The keyring refuses: {type(error).__name__}.") from error
        raise SecretError(f"The keyring failed: {type(error).__name__}.") from error
    return result[0]
