"""The address on this machine to which a browser is sent after signing in (RFC 8252 §7.3)."""

from __future__ import annotations

import contextlib
import socket
import time

from tui_mail.errors import ActionError

_LINE = 8192
_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>tui-mail</title>"
    b"<p>Signed in. You can close this window and go back to the terminal."
)


class Loopback:
    """Listens on one free port of 127.0.0.1, for a short time, for one answer."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        try:
            self._listener = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise ActionError("This port cannot be listened on.", hint="Choose another.") from error
        self._host = host

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port, for `ssh -L`."""
        return int(self._listener.getsockname()[1])

    @property
    def redirect_uri(self) -> str:
        """What the provider is told."""
        return f"http://{self._host}:{self.port}"

    def fileno(self) -> int:
        """For `select`: readable when a browser has come."""
        return self._listener.fileno()

    def take(self, seconds: float = 5.0) -> str:
        """The query of the one request that waits; empty when it was something else.

        Whatever a page or another program of this machine asks for gets the same answer; only the
        state inside the query tells a real one (`oauth.code_of`).
        """
        browser, _ = self._listener.accept()
        with browser, contextlib.suppress(OSError):
            head = _head(browser, time.monotonic() + seconds)
            words = head.split(b"\r\n", 1)[0].split()
            path, _, query = (words[1] if len(words) == 3 else b"").partition(b"?")
            wanted = len(words) == 3 and words[0] == b"GET" and path in (b"", b"/") and query
            status, page = (b"200 OK", _PAGE) if wanted else (b"404 Not Found", b"")
            browser.sendall(
                b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html; charset=utf-8\r\n"
                b"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(page) + page
            )
            if wanted:
                return query.decode("ascii", "replace")
        return ""

    def close(self) -> None:
        """Listen no longer."""
        self._listener.close()


def _head(browser: socket.socket, deadline: float) -> bytes:
    octets = b""
    while b"\r\n\r\n" not in octets and len(octets) < _LINE:
        left = deadline - time.monotonic()
        if left <= 0:
            return b""
        browser.settimeout(left)
        more = browser.recv(_LINE)
        if not more:
            break
        octets += more
    return octets
