"""Submission step by step, so that the outbox knows at each moment what the server can have.

Written on our own stream instead of smtplib: there the same exception means "lost before the final
dot" and "lost after it", octets injected before the handshake are dropped in silence, and no
deadline covers a whole reply.
"""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tui_mail.errors import (
    ActionError,
    AuthError,
    ProtocolError,
    RefusedError,
    ThrottledError,
    TlsError,
    TransportError,
)
from tui_mail.imap import bearer
from tui_mail.imap.link import Link, Security, TlsSettings, open_link
from tui_mail.model.safe_text import one_line
from tui_mail.smtp.envelope import envelope_address, stuffed
from tui_mail.smtp.replies import Reply, read_reply

_CHUNK = 1 << 18
_REPLY_OCTETS = 1 << 21

Stage = Literal["closed", "ready", "mail", "rcpt", "data", "body"]


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where the submission server is and who signs in. Times in seconds."""

    host: str
    port: int = 465
    security: Security = "tls"
    """`none` only for a server on this machine."""
    user: str = ""
    """Empty: no sign-in."""
    auth: Literal["password", "bearer"] = "password"
    timeout_connect: float = 20.0
    timeout_command: float = 120.0
    timeout_dot: float = 600.0
    """How long the server may take to answer the final dot (RFC 5321 §4.5.3.2.6)."""
    ca_file: str | None = None
    pinned_sha256: str | None = None
    local_name: str = "[127.0.0.1]"
    """What EHLO says; the name of this machine is nobody's business."""


class SmtpSession:
    """One connection to a submission server. One thread; only `abort` may come from another.

    Replies are returned whatever their code. TransportError and its kinds mean that the connection
    is lost or no longer understood; it is then closed.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        secret: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._secret = secret
        self._clock = clock
        self._link: Link | None = None
        self._aborted = False
        self._smtputf8 = False
        self.stage: Stage = "closed"
        self.capabilities: dict[str, str] = {}
        """EHLO keywords in capitals with their arguments."""

    # -- life --------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect, encrypt and greet. Raises TlsError, ThrottledError or TransportError."""
        settings = self.settings
        link = open_link(
            settings.host,
            settings.port,
            settings.security,
            TlsSettings(settings.ca_file, settings.pinned_sha256),
            timeout=settings.timeout_connect,
            clock=self._clock,
        )
        self._link = link
        if self._aborted:
            self.close()
            raise TransportError("The connection was ended.")
        try:
            link.allow(settings.timeout_connect, _REPLY_OCTETS)
            greeting = self._reply()
            if greeting.code != 220:
                raise self._unavailable(greeting)
            self._ehlo()
            if settings.security == "starttls":
                self._start_tls(link)
        except BaseException:
            self.close()
            raise
        self.stage = "ready"

    def _start_tls(self, link: Link) -> None:
        if "STARTTLS" not in self.capabilities:
            raise TlsError(
                "The server offers no encryption on this port.", hint="Take TLS and port 465."
            )
        if self._command(b"STARTTLS").code != 220:
            raise TlsError("The server refuses to encrypt the connection.")
        link.start_tls(
            TlsSettings(self.settings.ca_file, self.settings.pinned_sha256),
            self.settings.timeout_connect,
        )
        self.capabilities = {}
        self._ehlo()

    def _ehlo(self) -> None:
        name = self.settings.local_name
        if not name.isascii() or not name.isprintable() or " " in name:
            raise ActionError("The name for EHLO cannot be sent.")
        reply = self._command(b"EHLO " + name.encode())
        if reply.permanent:
            reply = self._command(b"HELO " + name.encode())
        if reply.code != 250:
            raise self._unavailable(reply)
        for line in reply.lines[1:]:
            words = line.decode("ascii", "replace").replace("=", " ", 1).split(None, 1)
            if words:
                keyword = words[0].upper()
                arguments = words[1].upper() if len(words) > 1 else ""
                self.capabilities[keyword] = f"{self.capabilities.get(keyword, '')} {arguments}"
        self.capabilities = {key: value.strip() for key, value in self.capabilities.items()}

    def _unavailable(self, reply: Reply) -> TransportError:
        # Before encryption anyone on the way can have written the text (SEC-22).
        secure = self._link is not None and self._link.secure
        text = reply.text if secure else f"code {reply.code}"
        if reply.code == 421 or "too many" in reply.text.lower():
            return ThrottledError(f"The server does not take the connection now: {text}")
        return TransportError(f"The server refuses to talk: {text}")

    @property
    def tls_description(self) -> str:
        """Protocol and cipher, empty without encryption."""
        return self._link.tls_description if self._link else ""

    @property
    def size_limit(self) -> int:
        """The largest mail the server announces to take, in octets; 0 when it does not say."""
        words = self.capabilities.get("SIZE", "").split()
        return int(words[0]) if words and words[0].isdigit() and len(words[0]) < 19 else 0

    def quit(self) -> None:
        """Say QUIT, wait two seconds at most, and close. Never raises."""
        link = self._link
        if link is not None and not link.closed and self.stage not in ("data", "body"):
            with contextlib.suppress(TransportError):
                link.allow(2.0, _REPLY_OCTETS)
                link.send(b"QUIT\r\n")
                self._reply()
        self.close()

    def close(self) -> None:
        """Close the socket at once; a mail without its final dot is then void."""
        self.stage = "closed"
        if self._link is not None:
            self._link.close()

    def abort(self) -> None:
        """End everything from another thread: the running call raises TransportError at once."""
        self._aborted = True
        if self._link is not None:
            self._link.abort()

    # -- commands ----------------------------------------------------------------------------

    def _open(self) -> Link:
        if self._link is None or self._link.closed:
            raise TransportError("The connection is closed.")
        return self._link

    def _reply(self) -> Reply:
        link = self._open()
        try:
            reply = read_reply(link.readline)
        except TransportError:
            self.close()
            raise
        if reply.code == 421:
            self.close()
        return reply

    def _command(self, line: bytes) -> Reply:
        if any(octet in line for octet in (b"\r", b"\n", b"\0")):
            raise ActionError("A command has a line end in it.")
        link = self._open()
        link.allow(self.settings.timeout_command, _REPLY_OCTETS)
        try:
            if link.pending():
                raise ProtocolError("The server answered without being asked.")
            link.send(line + b"\r\n")
        except TransportError:
            self.close()
            raise
        return self._reply()

    def _expect(self, *stages: Stage) -> None:
        if self.stage == "closed":
            raise TransportError("The connection is closed.")
        if self.stage not in stages:
            raise ActionError("The steps of sending were taken in the wrong order.")

    def login(self) -> None:
        """Authenticate. Raises AuthError only when the server rejects the sign-in itself."""
        self._expect("ready")
        offered = self.capabilities.get("AUTH", "").split()
        user, secret = self.settings.user, self._secret()
        if any(ord(char) < 0x20 or ord(char) == 0x7F for char in user + secret):
            raise AuthError("The user name or password has a control character in it.")
        if self.settings.auth == "bearer":
            mechanism = bearer.choose(offered)
            first = bearer.first_message(
                mechanism, user, secret, self.settings.host, self.settings.port
            )
            reply = self._command(f"AUTH {mechanism} ".encode() + base64.b64encode(first))
            if reply.code == 334:
                challenge = b"".join(reply.lines)
                last = base64.b64encode(bearer.after_challenge(mechanism))
                failure = _refusal(self._command(last))
                failure.hint = _challenge(challenge)
                raise failure
        elif "PLAIN" in offered:
            message = base64.b64encode(f"\0{user}\0{secret}".encode())
            reply = self._command(b"AUTH PLAIN " + message)
        elif "LOGIN" in offered:
            reply = self._command(b"AUTH LOGIN")
            for value in (user, secret):
                if reply.code == 334:
                    reply = self._command(base64.b64encode(value.encode()))
        else:
            raise TransportError("The server offers no way to sign in with a password.")
        if reply.code != 235:
            raise _refusal(reply)

    def mail_from(
        self, address: str, size: int, *, smtputf8: bool = False, body8: bool = False
    ) -> Reply:
        """Begin a mail. `size` in octets.

        Raises RefusedError (`TOOBIG`, `SMTPUTF8`, `8BITMIME`) for what the server has announced not
        to take, and MailError for the address; nothing is then sent (OUT-14).
        """
        self._expect("ready")
        if self.size_limit and size > self.size_limit:
            raise RefusedError(
                f"The mail is too large for the server: {size} of {self.size_limit} octets.",
                code="TOOBIG",
            )
        for wanted, keyword in ((smtputf8, "SMTPUTF8"), (body8, "8BITMIME")):
            if wanted and keyword not in self.capabilities:
                raise RefusedError(f"The server does not offer {keyword}.", code=keyword)
        line = b"MAIL FROM:<" + envelope_address(address, smtputf8=smtputf8).encode() + b">"
        if "SIZE" in self.capabilities:
            line += b" SIZE=%d" % size
        if body8:
            line += b" BODY=8BITMIME"
        if smtputf8:
            line += b" SMTPUTF8"
        reply = self._command(line)
        if reply.accepted:
            self._smtputf8 = smtputf8
            self.stage = "mail"
        return reply

    def rcpt_to(self, address: str) -> Reply:
        """Name one recipient. Raises MailError for the address."""
        self._expect("mail", "rcpt")
        checked = envelope_address(address, smtputf8=self._smtputf8)
        reply = self._command(b"RCPT TO:<" + checked.encode() + b">")
        if reply.accepted:
            self.stage = "rcpt"
        return reply

    def data_begin(self) -> Reply:
        """Ask to send the body; the code is 354 when it may follow."""
        self._expect("rcpt")
        reply = self._command(b"DATA")
        if reply.code == 354:
            self.stage = "data"
        return reply

    def send_body(self, raw: bytes) -> None:
        """Send the whole mail but hold back the final dot (OUT-1).

        Raises MailError for bare line ends, TransportError when the connection is lost or the
        server already answers; in both cases the server has no mail.
        """
        self._expect("data")
        link = self._open()
        try:
            body = memoryview(stuffed(raw))
            link.allow_stream(self.settings.timeout_command)
            for start in range(0, len(body), _CHUNK):
                link.send(bytes(body[start : start + _CHUNK]))
            if link.pending():
                reply = self._reply()
                raise TransportError(f"The server refused during the mail: {reply.text}")
        except BaseException:
            self.close()
            raise
        self.stage = "body"

    def send_dot(self) -> Reply:
        """End the mail and wait for the verdict, at most `timeout_dot` seconds.

        Any exception means that the mail may or may not have been taken (OUT-2).
        """
        self._expect("body")
        link = self._open()
        link.allow(self.settings.timeout_dot, _REPLY_OCTETS)
        try:
            link.send(b".\r\n")
        except TransportError:
            self.close()
            raise
        reply = self._reply()
        if self.stage != "closed":
            self.stage = "ready"
        return reply

    def rset(self) -> Reply:
        """Give up the mail begun; the connection can be used again."""
        self._expect("ready", "mail", "rcpt")
        reply = self._command(b"RSET")
        if reply.accepted:
            self.stage = "ready"
        return reply


def _challenge(encoded: bytes) -> str:
    try:
        return bearer.reason(base64.b64decode(encoded))
    except ValueError:
        return one_line(encoded.decode("ascii", "replace"), 100)


def _refusal(reply: Reply) -> AuthError | TransportError:
    text = f"{reply.code} {reply.enhanced} {reply.text}".replace("  ", " ")
    if reply.code == 421 or "too many" in reply.text.lower():
        return ThrottledError(f"The server does not take the sign-in now: {text}")
    if not reply.permanent or (500 <= reply.code <= 504 and not reply.enhanced.startswith("5.7")):
        return TransportError(f"The server could not take the sign-in: {text}")
    return AuthError(f"The server rejected the sign-in: {text}")
