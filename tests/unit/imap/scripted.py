"""A server on a raw socket that follows a script, for answers no honest server gives."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

from tui_mail.imap.session import ImapSession, ImapSettings

Script = Callable[["Peer"], None]
GREETING = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"


class Peer:
    """The server's side of one connection; everything received is kept."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.received = b""
        self._buffer = b""
        self.capability = b"IMAP4rev1 UIDPLUS MOVE"

    def send(self, *pieces: bytes) -> None:
        """Send pieces in one write."""
        self.sock.sendall(b"".join(pieces))

    def _more(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        self.received += data
        return bool(data)

    def line(self) -> bytes:
        """Read one line without its end; raises EOFError when the client is gone."""
        while b"\r\n" not in self._buffer:
            if not self._more():
                raise EOFError
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def exactly(self, size: int) -> bytes:
        """Read octets of a literal."""
        while len(self._buffer) < size:
            if not self._more():
                raise EOFError
        octets, self._buffer = self._buffer[:size], self._buffer[size:]
        return octets

    def command(self) -> tuple[bytes, bytes]:
        """Read one command with its literals; returns its tag and the rest."""
        text = self.line()
        while (match := re.search(rb"\{(\d+)(\+?)\}\Z", text)) is not None:
            if not match[2]:
                self.send(b"+ go\r\n")
            text = text + b"\r\n" + self.exactly(int(match[1])) + self.line()
        tag, _, rest = text.partition(b" ")
        return tag, rest

    def answer(self, *untagged: bytes, end: bytes = b"OK done") -> bytes:
        """Read one command and answer it; returns the command without its tag."""
        tag, rest = self.command()
        self.send(*(line + b"\r\n" for line in untagged), tag + b" " + end + b"\r\n")
        return rest

    def sign_in(self) -> None:
        """Greet and take the sign-in of a client."""
        self.send(GREETING)
        self.answer(b"* CAPABILITY " + self.capability)
        self.answer(end=b"OK [CAPABILITY " + self.capability + b"] signed in")
        names = self.capability.split()
        if b"ID" in names:
            self.answer(b'* ID ("name" "Scripted")')
        if b"ENABLE" in names:
            self.answer(b"* ENABLED CONDSTORE QRESYNC")

    def tls(self, context: ssl.SSLContext) -> None:
        """Become a TLS server."""
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def until_closed(self) -> None:
        """Wait until the client leaves."""
        with contextlib.suppress(OSError, EOFError):
            while b" LOGOUT" not in self.line():
                pass


@contextlib.contextmanager
def serving(script: Script) -> Iterator[tuple[int, Peer]]:
    """Listen on a free port and run the script on the first connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    peer = Peer(socket.socket())

    def run() -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            sock.settimeout(20)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sock.close()
            peer.sock = sock
            with contextlib.suppress(EOFError, OSError):
                script(peer)
            with contextlib.suppress(OSError):
                peer.sock.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], peer
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with contextlib.suppress(OSError):
            peer.sock.shutdown(socket.SHUT_RDWR)
        thread.join(20)
        assert not thread.is_alive()


@contextlib.contextmanager
def signed_in(
    script: Script, capability: bytes = b"", timeout: float = 5.0
) -> Iterator[tuple[ImapSession, Peer]]:
    """A session signed in to a scripted server; the script begins after the sign-in."""

    def whole(peer: Peer) -> None:
        if capability:
            peer.capability = b"IMAP4rev1 UIDPLUS MOVE " + capability
        peer.sign_in()
        script(peer)

    with serving(whole) as (port, peer):
        settings = ImapSettings("127.0.0.1", port, "none", "u", timeout_command=timeout)
        session = ImapSession(settings, lambda: "secret")
        session.connect()
        try:
            yield session, peer
        finally:
            session.abort()
            session.close()
