"""What the exit code says, in one table for scripts, `--help` and tests.

| code | meaning |
| ---- | ------- |
| 0    | done |
| 1    | something failed, or something needs you |
| 2    | the command line or the settings file is wrong |
| 3    | another engine runs, or the database is in use or cannot be used |
| 4    | the sign-in was rejected, or the secret cannot be read |
| 5    | a server cannot be reached or broke off |
| 6    | no such conversation, message, record, folder, account or file |
| 7    | not done: it needs a yes (`--yes`) |
| 130  | interrupted |
| 141  | whoever read the output went away |
"""

from __future__ import annotations

from enum import IntEnum

from tui_mail.errors import (
    AuthError,
    ConfigError,
    SecretError,
    StoreError,
    TransportError,
)


class Code(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    STORE = 3
    SIGN_IN = 4
    NETWORK = 5
    NOT_FOUND = 6
    NEEDS_YES = 7
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS: dict[Code, str] = {
    Code.OK: "done",
    Code.FAILED: "something failed, or something needs you",
    Code.USAGE: "the command line or the settings file is wrong",
    Code.STORE: "another engine runs, or the database is in use or cannot be used",
    Code.SIGN_IN: "the sign-in was rejected, or the secret cannot be read",
    Code.NETWORK: "a server cannot be reached or broke off",
    Code.NOT_FOUND: "no such conversation, message, record, folder, account or file",
    Code.NEEDS_YES: "not done: it needs a yes (--yes)",
    Code.INTERRUPTED: "interrupted",
    Code.BROKEN_PIPE: "whoever read the output went away",
}


def code_of(error: BaseException) -> Code:
    """The exit code of an error that ended a command."""
    kinds: tuple[tuple[type[BaseException], Code], ...] = (
        (ConfigError, Code.USAGE),
        (StoreError, Code.STORE),
        (AuthError, Code.SIGN_IN),
        (SecretError, Code.SIGN_IN),
        (TransportError, Code.NETWORK),
        (KeyboardInterrupt, Code.INTERRUPTED),
        (BrokenPipeError, Code.BROKEN_PIPE),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), Code.FAILED)
