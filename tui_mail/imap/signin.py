"""Connecting and signing in: TLS, STARTTLS, greeting, authentication, ID, ENABLE.

imapclient carries the greeting and SASL over our own stream; its own reading and its own sockets
are not used, so that caps, deadlines and the checks of SEC-20 and SEC-21 hold from the first octet.
"""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from typing import Any

from imapclient import IMAPClient

import tui_mail
from tui_mail.errors import (
    AuthError,
    ProtocolError,
    RefusedError,
    ThrottledError,
    TlsError,
    TransportError,
)
from tui_mail.imap import bearer
from tui_mail.imap.capabilities import parse_capabilities, quirks_for
from tui_mail.imap.connection import REFUSED, Connection, ImapSettings, too_busy
from tui_mail.imap.link import Link, open_link
from tui_mail.imap.reader import Malformed, tokens
from tui_mail.imap.responses import StatusLine, server_text, status_line
from tui_mail.imap.wire import Piece, astring, quoted

_NOT_THE_PASSWORD = {
    b"UNAVAILABLE",
    b"INUSE",
    b"SERVERBUG",
    b"CORRUPTION",
    b"PRIVACYREQUIRED",
}
_PASSING_TEXTS = (b"server unavailable", b"temporar", b"try again", b"internal error", b"timeout")


class _Plumbing(imaplib.IMAP4):
    """imaplib over our own stream, for the greeting and SASL only."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.last_line = b""
        super().__init__(link.host, link.port)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = self._link.socket

    def read(self, size: int) -> bytes:
        if size > 1 << 20:
            raise ProtocolError("The server sent more at once than can be taken.")
        return self._link.read(size)

    def readline(self) -> bytes:
        self.last_line = self._link.readline()
        if self.last_line[:5].upper() == b"* BYE":
            raise _farewell(self._link, self.last_line, at_greeting=self.state == "LOGOUT")
        return self.last_line

    def send(self, data: Any) -> None:
        self._link.send(bytes(data))

    def shutdown(self) -> None:
        self._link.close()

    def socket(self) -> Any:
        return self._link.socket


class _Client(IMAPClient):  # type: ignore[misc]
    """imapclient over our own stream."""

    def __init__(self, link: Link) -> None:
        self._link = link
        super().__init__(link.host, link.port, ssl=False)
        # The library sets 5, which formats every answer and logs it.
        self._imap.debug = 0

    def _create_IMAP4(self) -> _Plumbing:
        return _Plumbing(self._link)

    def _set_read_timeout(self) -> None:
        """Waiting is the stream's business."""


class _BearerToken:
    """One exchange that keeps the server's challenge, which tells what is wrong."""

    def __init__(self, mechanism: str, settings: ImapSettings, token: str) -> None:
        self._first = bearer.first_message(
            mechanism, settings.user, token, settings.host, settings.port
        )
        self._last = bearer.after_challenge(mechanism)
        self._asked = False
        self.challenge = b""

    def __call__(self, challenge: bytes) -> bytes:
        if self._asked:
            self.challenge = challenge
            return self._last
        self._asked = True
        return self._first

    def reason(self) -> str:
        """What the challenge says, as safe text."""
        return bearer.reason(self.challenge) or server_text(self.challenge)


def _farewell(link: Link, line: bytes, *, at_greeting: bool) -> TransportError:
    """Make the error for a connection the server does not want (§4.10)."""
    status = status_line(line[2:].rstrip(b"\r\n")) or StatusLine(b"BYE")
    text = server_text(status.text) if link.secure else ""
    kind = ThrottledError if at_greeting or too_busy(status) else TransportError
    return kind(f"The server does not take the connection now. {text}".strip())


def _greeting_error(link: Link, line: bytes) -> TransportError:
    status = status_line(line[2:].rstrip(b"\r\n")) if line.startswith(b"* ") else None
    if status is not None and too_busy(status):
        return _farewell(link, line, at_greeting=True)
    return ProtocolError("The server's greeting is not IMAP.")


def connect(
    settings: ImapSettings,
    link_made: Callable[[Link], None],
    *,
    clock: Callable[[], float],
) -> tuple[Connection, _Client, str]:
    """Open the stream, read the greeting, and encrypt it; returns also the greeting as safe text.

    `link_made` gets the link as soon as there is one, so that it can be aborted. Raises TlsError,
    ThrottledError or TransportError.
    """
    link = open_link(
        settings.host,
        settings.port,
        settings.security,
        settings.tls,
        timeout=settings.timeout_connect,
        clock=clock,
    )
    link_made(link)
    link.allow(settings.timeout_connect, 1 << 20)
    first_line: list[bytes] = []
    readline = link.readline

    def remembered(limit: int = 1 << 16) -> bytes:
        line = readline(limit)
        if not first_line:
            first_line.append(line)
            if line[:10].upper().startswith(b"* PREAUTH") and not link.secure:
                raise TlsError("The server claims to be signed in without encryption.")
        return line

    link.readline = remembered  # type: ignore[method-assign]
    try:
        client = _Client(link)
    except (imaplib.IMAP4.error, ValueError, LookupError, TypeError, AttributeError) as error:
        link.close()
        raise _greeting_error(link, b"".join(first_line)) from error
    except TransportError:
        link.close()
        raise
    finally:
        link.readline = readline  # type: ignore[method-assign]
    connection = Connection(link, settings, clock=clock)
    greeting = status_line(first_line[0][2:].rstrip(b"\r\n")) or StatusLine(b"OK")
    connection.capabilities = frozenset(str(name).upper() for name in client._imap.capabilities)
    if settings.security == "starttls":
        _start_tls(connection, client)
        return connection, client, ""
    return connection, client, server_text(greeting.text)


def _start_tls(connection: Connection, client: _Client) -> None:
    if "STARTTLS" not in connection.capabilities:
        connection.close()
        raise TlsError(
            "The server offers no encryption on this port.", hint="Take TLS and port 993."
        )
    try:
        connection.run(b"STARTTLS")
    except RefusedError as error:
        connection.close()
        raise TlsError("The server refuses to encrypt the connection.") from error
    settings = connection.settings
    connection.link.start_tls(settings.tls, settings.timeout_connect)
    client._imap.sock = connection.link.socket
    client._imap.untagged_responses.clear()
    connection.dirty = False
    connection.capabilities = frozenset()
    connection.ask_capabilities()


def sign_in(connection: Connection, client: _Client, secret: Callable[[], str]) -> None:
    """Authenticate. Raises AuthError only when the server rejects the sign-in itself."""
    if client._imap.state != "NONAUTH":
        return
    settings = connection.settings
    link = connection.link
    password = secret()
    for value in (settings.user, password):
        if any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
            connection.close()
            raise AuthError("The user name or password has a control character in it.")
    link.allow(settings.timeout_connect, 1 << 20)
    connection.drain()
    if settings.auth == "bearer":
        offered = {name[5:] for name in connection.capabilities if name.startswith("AUTH=")}
        try:
            mechanism = bearer.choose(offered)
        except TransportError:
            connection.close()
            raise
        _sasl(connection, client, mechanism, _BearerToken(mechanism, settings, password))
    elif "AUTH=PLAIN" in connection.capabilities:
        message = f"\x00{settings.user}\x00{password}".encode()
        _sasl(connection, client, "PLAIN", lambda _challenge: message)
    elif "LOGINDISABLED" in connection.capabilities:
        connection.close()
        raise TransportError("The server offers no way to sign in with a password.")
    else:
        _login(connection, settings.user, password)
    if client._imap.state == "NONAUTH":
        client._imap.state = "AUTH"


def _login(connection: Connection, user: str, password: str) -> None:
    def argument(value: str) -> Piece:
        piece = astring(value)
        return quoted(piece) if isinstance(piece, bytes) and not piece.startswith(b'"') else piece

    try:
        answer = connection.run(b"LOGIN", argument(user), argument(password))
    except RefusedError as error:
        connection.close()
        text = error.message.removeprefix(REFUSED).encode()
        word = b"BAD" if error.code == "BAD" else b"NO"
        raise refusal(StatusLine(word, error.code.encode(), b"", text)) from error
    _take_capabilities(connection, answer.status)
    if answer.status.code != b"CAPABILITY":
        connection.ask_capabilities()


def _sasl(
    connection: Connection, client: _Client, mechanism: str, exchange: Callable[[bytes], bytes]
) -> None:
    client._imap.untagged_responses.clear()
    try:
        client.sasl_login(mechanism, exchange)
    except (imaplib.IMAP4.error, ValueError, LookupError, TypeError) as error:
        connection.close()
        last = client._imap.last_line.rstrip(b"\r\n")
        line = status_line(last.partition(b" ")[2])
        if line is None:
            raise ProtocolError("The server's answer to the sign-in cannot be read.") from error
        failure = refusal(line)
        if isinstance(exchange, _BearerToken) and exchange.challenge:
            failure.hint = exchange.reason()
        raise failure from None
    except TransportError:
        connection.close()
        raise
    line = status_line(client._imap.last_line.rstrip(b"\r\n").partition(b" ")[2])
    if line is None or line.word != b"OK":
        connection.close()
        raise ProtocolError("The server's answer to the sign-in cannot be read.")
    _take_capabilities(connection, line)
    if line.code != b"CAPABILITY":
        connection.ask_capabilities()


def _take_capabilities(connection: Connection, line: StatusLine) -> None:
    if line.code == b"CAPABILITY":
        connection.capabilities = parse_capabilities(line.arguments)


def refusal(line: StatusLine) -> AuthError | TransportError:
    """Make the error for a refused sign-in: the user's to mend, or worth a retry (§4.10)."""
    text = server_text(line.text) or "no reason given"
    if too_busy(line):
        return ThrottledError(f"The server does not take the sign-in now: {text}")
    lowered = line.text.lower()
    if line.code in (b"AUTHENTICATIONFAILED", b"AUTHORIZATIONFAILED", b"EXPIRED"):
        return AuthError(f"The server rejected the sign-in: {text}")
    if (
        line.word != b"NO"
        or line.code in _NOT_THE_PASSWORD
        or any(words in lowered for words in _PASSING_TEXTS)
    ):
        return TransportError(f"The server could not take the sign-in: {text}")
    return AuthError(f"The server rejected the sign-in: {text}")


def introduce(connection: Connection, greeting: str) -> tuple[dict[str, str], frozenset[str]]:
    """Exchange ID, choose quirks, and enable what is used; returns the server's ID and ENABLED.

    ID goes out right after the sign-in: some servers refuse SELECT without it.
    """
    settings = connection.settings
    server_id: dict[str, str] = {}
    about = (settings.host, greeting, connection.capabilities)
    quirks = quirks_for(*about, {}, settings.profiles)
    if connection.has("ID") or quirks.always_id:
        version = tui_mail.__version__.encode()
        try:
            answer = connection.run(
                b"ID", b'("name" "tui-mail" "version" ' + quoted(version) + b")"
            )
        except RefusedError:
            pass
        else:
            for parts in answer.named(b"ID"):
                server_id = _id_fields(parts)
    quirks = quirks_for(*about, server_id, settings.profiles)
    connection.quirks = quirks
    enabled: set[str] = set()
    wanted = [
        name
        for name, forbidden in (
            (b"QRESYNC", quirks.no_qresync),
            (b"CONDSTORE", quirks.no_condstore),
        )
        if connection.has(name.decode()) and not forbidden
    ]
    if wanted and connection.has("ENABLE"):
        try:
            answer = connection.run(b"ENABLE", *wanted)
        except RefusedError:
            pass
        else:
            for parts in answer.named(b"ENABLED"):
                enabled |= parse_capabilities(parts[0][10:])
    return server_id, frozenset(enabled)


def _id_fields(parts: list[bytes]) -> dict[str, str]:
    try:
        found = tokens(parts)
    except Malformed:
        return {}
    if len(found) < 3 or not isinstance(found[2], list):
        return {}
    values = found[2][:60]
    return {
        server_text(name, 40).lower(): server_text(value)
        for name, value in zip(values[::2], values[1::2], strict=False)
        if isinstance(name, bytes) and isinstance(value, bytes)
    }
