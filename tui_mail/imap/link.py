"""One TCP or TLS byte stream with deadlines, caps, and a way to end it from another thread.

Used by the IMAP and the SMTP session. The socket never blocks; waiting is done in one place, which
knows the time budget of the running command.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import ipaddress
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from tui_mail.errors import ProtocolError, TlsError, TransportError
from tui_mail.model.safe_text import safe_line

Security = Literal["tls", "starttls", "none"]
Wakening = Literal["data", "woken", "timeout"]

MAX_LINE = 1 << 20
"""Octets of one line."""
_BUFFER = 1 << 17
_SEND = 1 << 18


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What a server certificate is checked against."""

    ca_file: str | None = None
    """PEM file of certificate authorities to trust instead of the system's."""
    pinned_sha256: str | None = None
    """Hex SHA-256 of the one certificate that is accepted although it does not verify (SEC-23)."""


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Make the only kind of TLS context there is: verified, host name checked, TLS 1.2 or newer.

    With a pin the certificate is compared with it after the handshake instead. Raises TlsError when
    the file of authorities cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise TlsError(
            "The file with trusted certificates cannot be read.", hint="`ca_file` names a PEM file."
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.pinned_sha256 is not None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(slots=True)
class _Budget:
    """How long the running command may wait, and how much it may read."""

    total: float | None
    silence: float
    floor: float
    octets: int
    waited: float = 0.0
    received: int = 0
    window_waited: float = 0.0
    window_received: int = 0


class _Interrupted(Exception):
    def __init__(self, why: Wakening) -> None:
        self.why = why


class _Source(io.RawIOBase):
    def __init__(self, fill: Callable[[memoryview], int | None]) -> None:
        self._fill = fill

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        return self._fill(buffer)


class Link:
    """A connected stream. Methods belong to one thread; only `abort` may come from another."""

    def __init__(
        self, sock: socket.socket, host: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.host = host
        self.port: int = sock.getpeername()[1]
        self.secure = False
        self.tls_description = ""
        self.closed = False
        self._clock = clock
        self._aborted = False
        self._peeking = False
        self._idle: tuple[tuple[int, ...], float] | None = None
        self._budget = _Budget(20.0, 20.0, 0.0, 1 << 24)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._adopt(sock)

    def _adopt(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.file = io.BufferedReader(_Source(self._fill), _BUFFER)

    # -- budget ------------------------------------------------------------------------------

    def allow(self, seconds: float, octets: int = 1 << 26) -> None:
        """Start the budget of a command: waiting time in all, and octets to be read in all."""
        self._budget = _Budget(seconds, seconds, 0.0, octets)

    def allow_stream(self, silence: float, floor: float = 64.0) -> None:
        """Start a budget by progress: no silence that long, and `floor` octets a second waited."""
        self._budget = _Budget(None, silence, floor, 1 << 62)

    # -- reading -----------------------------------------------------------------------------

    def readline(self, limit: int = MAX_LINE) -> bytes:
        """Read up to and including LF. Raises ProtocolError over the cap, TransportError at EOF."""
        line = self.file.readline(limit + 1)
        if len(line) > limit:
            raise ProtocolError("The server sent a line that is too long.")
        return line

    def read(self, size: int) -> bytes:
        """Read exactly `size` octets."""
        if size <= 1 << 20:
            return self.file.read(size)
        pieces = []
        while size > 0:
            piece = self.file.read(min(size, 1 << 20))
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def pending(self) -> bool:
        """Tell whether octets can be read without waiting."""
        self._peeking = True
        try:
            return bool(self.file.peek(1))
        finally:
            self._peeking = False

    def wait(self, timeout: float, *wakers: socket.socket) -> Wakening:
        """Wait for octets, for one of `wakers` to become readable, or for the timeout (seconds)."""
        self._idle = (tuple(w.fileno() for w in wakers), self._clock() + timeout)
        try:
            self.file.peek(1)
        except _Interrupted as interrupted:
            return interrupted.why
        finally:
            self._idle = None
        return "data"

    def _fill(self, buffer: memoryview) -> int | None:
        while True:
            try:
                got = self.socket.recv_into(buffer)
            except (BlockingIOError, ssl.SSLWantReadError):
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            except (OSError, ValueError) as error:
                raise TransportError("The connection to the server was lost.") from error
            else:
                if got == 0:
                    raise TransportError("The server closed the connection.")
                budget = self._budget
                budget.received += got
                budget.window_received += got
                if budget.received > budget.octets:
                    raise ProtocolError("The server sent too much for one command.")
                return got
            if self._peeking:
                return None
            self._await(wanted)

    # -- writing -----------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send all octets, or raise TransportError."""
        view = memoryview(data)
        while view:
            try:
                sent = self.socket.send(view[:_SEND])
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._await(select.POLLOUT)
            except ssl.SSLWantReadError:
                self._await(select.POLLIN)
            except (OSError, ValueError) as error:
                raise TransportError("The connection to the server was lost.") from error
            else:
                view = view[sent:]
                self._budget.window_received += sent

    def _await(self, wanted: int) -> None:
        if self._aborted:
            raise TransportError("The connection was ended.")
        poll = select.poll()
        try:
            poll.register(self.socket, wanted)
        except (OSError, ValueError) as error:
            raise TransportError("The connection was ended.") from error
        if self._idle is not None:
            self._await_idle(poll, *self._idle)
            return
        budget = self._budget
        patience = budget.silence
        if budget.total is not None:
            patience = min(patience, budget.total - budget.waited)
        started = self._clock()
        ready = patience > 0 and poll.poll(patience * 1000)
        waited = self._clock() - started
        budget.waited += waited
        budget.window_waited += waited
        if not ready:
            raise TransportError("The server did not answer in time.")
        if budget.window_waited >= budget.silence:
            if budget.window_received < budget.floor * budget.window_waited:
                raise TransportError("The server answers too slowly.")
            budget.window_waited, budget.window_received = 0.0, 0

    def _await_idle(self, poll: select.poll, wakers: tuple[int, ...], deadline: float) -> None:
        for waker in wakers:
            poll.register(waker, select.POLLIN)
        left = deadline - self._clock()
        ready = {fd for fd, _ in poll.poll(max(0.0, left) * 1000)}
        if ready & set(wakers):
            raise _Interrupted("woken")
        if not ready:
            raise _Interrupted("timeout")

    # -- life --------------------------------------------------------------------------------

    def start_tls(self, settings: TlsSettings, timeout: float) -> None:
        """Make the stream a verified TLS stream. Raises TlsError; the link is then closed.

        Octets that came before the handshake are an injection and refused (SEC-21).
        """
        if self.pending():
            self.close()
            raise TlsError("The server sent data before encryption began; it may be forged.")
        context = tls_context(settings)
        self.socket.settimeout(timeout)
        try:
            sock = context.wrap_socket(self.socket, server_hostname=self.host)
        except (OSError, ValueError) as error:
            self.close()
            raise _tls_error(error, self.host) from error
        if settings.pinned_sha256 is not None:
            digest = hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest()
            if digest != settings.pinned_sha256.replace(":", "").lower():
                sock.close()
                self.close()
                raise TlsError(f"The certificate of {safe_line(self.host, 100)} has changed.")
        self._adopt(sock)
        self.secure = True
        name, _, bits = sock.cipher() or ("", "", 0)
        self.tls_description = f"{sock.version()} {name} {bits} bit"
        if self._aborted:
            self.close()
            raise TransportError("The connection was ended.")

    def abort(self) -> None:
        """End the stream from another thread: whoever reads or writes gets TransportError."""
        self._aborted = True
        with contextlib.suppress(OSError):
            # SSLSocket.shutdown would drop the TLS object under the reading thread.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket. May be called again."""
        self.closed = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self.socket.close()


_PORT = "Look at port and security: 993 and 465 are for TLS, 143 and 587 for STARTTLS."
_STRANGER = (
    "If the server is your own or your company's, say its authority's PEM file as `ca_file`."
)
_CERTIFICATE_HINTS = {
    9: "Look at this machine's clock.",
    10: "Whoever runs the server has to renew it; look also at this machine's clock.",
    18: _STRANGER,
    19: _STRANGER,
    20: _STRANGER,
    21: _STRANGER,
    62: "Say the server by the name it has a certificate for.",
    64: "Say the server by the name it has a certificate for.",
}
"""By OpenSSL's number of what is wrong."""


def _tls_error(error: Exception, host: str) -> TransportError:
    where = safe_line(host, 100)
    if isinstance(error, ssl.SSLCertVerificationError):
        why = safe_line(error.verify_message, 200)
        hint = _CERTIFICATE_HINTS.get(error.verify_code, "")
        return TlsError(f"The certificate of {where} is not valid: {why}.", hint=hint)
    if isinstance(error, TimeoutError):
        return TransportError(f"{where} did not answer in time.", hint=_PORT)
    if isinstance(error, ssl.SSLError):
        return TlsError(f"{where} does not speak TLS as expected.", hint=_PORT)
    return TransportError(f"The connection to {where} was lost.")


def open_link(
    host: str,
    port: int,
    security: Security,
    tls: TlsSettings,
    *,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
) -> Link:
    """Connect, with TLS at once when `security` is `tls`.

    Raises TlsError when clear text is asked for with a host that is not this machine (SEC-20) or
    the certificate is refused, TransportError when the host cannot be reached.
    """
    if security not in ("tls", "starttls", "none"):
        raise TlsError("The kind of encryption is not known.")
    if security == "none" and not is_loopback(host):
        raise TlsError("Without encryption only a server on this machine may be used.")
    where = f"{safe_line(host, 100)}:{port}"
    try:
        sock = socket.create_connection((host, port), timeout=timeout)
    except TimeoutError as error:
        raise TransportError(
            f"{where} did not answer in time.", hint="Look at server, port and network."
        ) from error
    except (OSError, ValueError) as error:
        reason = safe_line(cast("str | None", getattr(error, "strerror", None)) or "no route", 100)
        named = isinstance(error, socket.gaierror)
        hint = f"Look at the server's {'name' if named else 'port'}, and at the network."
        raise TransportError(f"{where} cannot be reached: {reason}.", hint=hint) from error
    try:
        if security == "none" and not is_loopback(str(sock.getpeername()[0])):
            raise TlsError("Without encryption only a server on this machine may be used.")
        link = Link(sock, host, clock=clock)
    except BaseException:
        sock.close()
        raise
    link.allow(timeout)
    if security == "tls":
        link.start_tls(tls, timeout)
    return link
