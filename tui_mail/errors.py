"""Everything the program raises on purpose.

TuiMailError            shown to the user: one sentence, and what to do
├── ConfigError         a setting is wrong; names file, key and line
├── StoreError          the database cannot be used
│   ├── StoreTooNew     it was written by a newer program
│   ├── StoreBusy       another process holds the engine lock
│   ├── StoreReadOnly   an I/O error made the writer stop
│   └── StoreDamaged    the file is damaged: restore a copy
├── SecretError         a secret cannot be read or kept
├── MailError           mail cannot be built or parsed
├── TransportError      a server cannot be reached or broke the protocol: retry
│   ├── TlsError        certificate or STARTTLS refused: never retried in clear
│   ├── ProtocolError   the answer is not the protocol: close the connection
│   └── ThrottledError  the server asks for fewer connections or less speed
├── AuthError           the server rejected the sign-in: wait for the user
├── RefusedError        the server said NO; `code` is its response code
└── ActionError         the user asked for something that cannot be done now
"""

from __future__ import annotations


class TuiMailError(Exception):
    """Base of all errors that are shown to the user as one sentence."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """What the user can do about it; may be empty."""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(TuiMailError):
    """A setting is wrong."""


class StoreError(TuiMailError):
    """The database cannot be used."""


class StoreTooNew(StoreError):
    """The database was written by a newer program."""


class StoreBusy(StoreError):
    """Another process holds the engine lock."""


class StoreReadOnly(StoreError):
    """The writer stopped after an I/O error; nothing is retried blindly."""


class StoreDamaged(StoreError):
    """The database file is damaged; nothing may be written until a copy is restored."""


class SecretError(TuiMailError):
    """A secret cannot be read or kept."""


class MailError(TuiMailError):
    """Mail cannot be built or parsed."""


class TransportError(TuiMailError):
    """A server cannot be reached, or the connection was lost. Worth a retry."""


class TlsError(TransportError):
    """TLS failed. Never retried without TLS (SEC-20)."""


class ProtocolError(TransportError):
    """The answer is not the protocol; the connection is closed and not reused."""


class ThrottledError(TransportError):
    """The server asks for fewer connections or less speed (§4.10)."""


class AuthError(TuiMailError):
    """The server rejected the sign-in. Never retried with the same secret (R13)."""


class RefusedError(TuiMailError):
    """The server said NO to a command."""

    def __init__(self, message: str, *, code: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code
        """Response code in capitals, such as `TRYCREATE`; empty when none was given (RFC 5530)."""


class ActionError(TuiMailError):
    """The user asked for something that cannot be done now."""
