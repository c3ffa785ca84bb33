"""One authenticated IMAP connection: commands out, responses in, everything bounded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf

from tui_mail.errors import (
    ActionError,
    ProtocolError,
    RefusedError,
    ThrottledError,
    TransportError,
    TuiMailError,
)
from tui_mail.imap.capabilities import Quirks, parse_capabilities
from tui_mail.imap.link import MAX_LINE, Link, Security, TlsSettings
from tui_mail.imap.reader import MAX_LITERAL, MAX_RESPONSES, Response, read_response
from tui_mail.imap.responses import StatusLine, server_text, status_line
from tui_mail.imap.wire import Piece, checked
from tui_mail.model.safe_text import safe_line

_DIRTY = (b"EXISTS", b"EXPUNGE", b"FETCH", b"VANISHED")
_OCTETS = 1 << 26
REFUSED = "The server refused: "
_FREE_LITERAL = 4096
"""Literals up to this size go out without asking where LITERAL- or LITERAL+ is offered."""


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """Where the server is and who signs in. Times in seconds."""

    host: str
    port: int = 993
    security: Security = "tls"
    """`none` only for a server on this machine."""
    user: str = ""
    auth: OneOf["password", "bearer"] = "password"
    timeout_connect: float = 20.0
    timeout_command: float = 60.0
    """Waiting allowed for one command; for long answers, the longest silence."""
    ca_file: str | None = None
    pinned_sha256: str | None = None
    profiles: tuple[str, ...] = ()
    """Profiles of `quirks.toml` that apply whatever the server says."""

    @property
    def tls(self) -> TlsSettings:
        """What the certificate is checked against."""
        return TlsSettings(self.ca_file, self.pinned_sha256)


@dataclass(slots=True)
class Answer:
    """The tagged OK and the untagged responses before it."""

    status: StatusLine
    untagged: list[Response] = field(default_factory=list)

    def code(self, name: bytes) -> bytes | None:
        """Return the arguments of the last response code of that name, tagged or untagged."""
        if self.status.code == name:
            return self.status.arguments
        for parts in reversed(self.untagged):
            line = status_line(parts[0][2:])
            if line is not None and line.code == name:
                return line.arguments
        return None

    def named(self, name: bytes) -> Iterator[Response]:
        """Yield the untagged responses whose first word is `name`."""
        prefix = b"* " + name + b" "
        for parts in self.untagged:
            if parts[0][: len(prefix)].upper() == prefix:
                yield parts


def too_busy(line: StatusLine) -> bool:
    """Tell whether a refusal asks for fewer connections or less speed (§4.10)."""
    text = line.text.lower()
    return line.code in (b"LIMIT", b"THROTTLED") or any(
        words in text
        for words in (b"too many", b"simultaneous conn", b"maximum number of conn", b"rate limit")
    )


class Connection:
    """Sends one command at a time and reads what comes back.

    After a protocol error, a timeout or an unexpected end the connection is closed for good.
    """

    def __init__(
        self,
        link: Link,
        settings: ImapSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.link = link
        self.settings = settings
        self.clock = clock
        self.capabilities: frozenset[str] = frozenset()
        self.quirks = Quirks()
        self.dirty = False
        self._count = 0
        self._busy = False

    # -- sending -----------------------------------------------------------------------------

    def start(self, *pieces: Piece) -> tuple[bytes, list[Response]]:
        """Send a command; returns its tag and what came while it was sent.

        What was unread from before is noted first, so that it is never taken for the answer (L5).
        """
        command = checked(pieces)
        if self.link.closed:
            raise TransportError("The connection is closed.")
        if self._busy:
            raise ActionError("The connection is still reading an answer.")
        early: list[Response] = []
        try:
            self.link.allow(self.settings.timeout_command, _OCTETS)
            self.drain()
            self._count += 1
            tag = b"T%d" % self._count
            self._busy = True
            self._send(tag, command, early)
        except TransportError:
            self.close()
            raise
        return tag, early

    def _send(self, tag: bytes, command: list[Piece], early: list[Response]) -> None:
        outgoing = tag + b" "
        for piece in command:
            if isinstance(piece, bytes):
                outgoing += piece
                continue
            size = len(piece.octets)
            if size <= _FREE_LITERAL and self.capabilities & {"LITERAL+", "LITERAL-"}:
                outgoing += b"{%d+}\r\n" % size + piece.octets
                continue
            self.link.send(outgoing + b"{%d}\r\n" % size)
            self._await_continuation(tag, early)
            if size > _FREE_LITERAL:
                self.link.allow_stream(self.settings.timeout_command)
            self.link.send(piece.octets)
            self.link.allow(self.settings.timeout_command, _OCTETS)
            outgoing = b""
        self.link.send(outgoing + b"\r\n")

    def _await_continuation(self, tag: bytes, early: list[Response]) -> None:
        while True:
            parts = self.response()
            if parts[0].startswith(b"+"):
                return
            if parts[0].startswith(tag + b" "):
                self.finish(tag, parts)
                raise ProtocolError("The server answered before the command was complete.")
            early.append(parts)
            if len(early) > MAX_RESPONSES:
                raise ProtocolError("The server sent too many responses.")

    # -- reading -----------------------------------------------------------------------------

    def response(self, literal_cap: int = MAX_LITERAL, line_cap: int = MAX_LINE) -> Response:
        """Read one response."""
        parts = read_response(self.link.readline, self.link.read, literal_cap, line_cap)
        self._check(parts[0])
        return parts

    def continued(
        self, line: bytes, inner: bool = False, literal_cap: int = MAX_LITERAL
    ) -> Response:
        """Read the rest of a response whose first line was read already.

        `inner` tells that the line follows a literal. Raises as `response`.
        """
        if len(line) > MAX_LINE:
            raise ProtocolError("The server sent a line that is too long.")
        first = [line]

        def readline(limit: int) -> bytes:
            return first.pop() if first else self.link.readline(limit)

        parts = read_response(readline, self.link.read, literal_cap)
        if not inner:
            self._check(parts[0])
            if parts[0][:6].upper() == b"* BYE ":
                raise self.farewell(parts[0])
        return parts

    def _check(self, head: bytes) -> None:
        if not head.startswith((b"* ", b"+")) and not (
            self._busy and head.startswith(b"T%d " % self._count)
        ):
            raise ProtocolError("The server sent something that is not an answer.")

    def drain(self) -> None:
        """Take note of what came unasked, without waiting."""
        count = 0
        while self.link.pending():
            self.note(self.response())
            count += 1
            if count > MAX_RESPONSES:
                raise ProtocolError("The server sent too many responses.")

    def note(self, parts: Response) -> None:
        """Take note of an untagged response nobody asked for: it only makes the folder dirty."""
        head = parts[0]
        words = head[:80].upper().split(None, 3)
        if len(words) > 1 and words[0] == b"*":
            if words[1] == b"BYE":
                raise self.farewell(head)
            if words[1] == b"VANISHED" or (len(words) > 2 and words[2] in _DIRTY):
                self.dirty = True

    def farewell(self, head: bytes) -> TransportError:
        """Make the error for BYE, and close."""
        self.close()
        line = status_line(head[2:]) or StatusLine(b"BYE")
        text = self._said(line)
        kind = ThrottledError if too_busy(line) else TransportError
        return kind(f"The server ended the connection: {text}")

    def _said(self, line: StatusLine) -> str:
        """What the server said; nothing before encryption, when it can be forged (SEC-22)."""
        if not self.link.secure and self.settings.security != "none":
            return "no reason given"
        return server_text(line.text) or "no reason given"

    def finish(self, tag: bytes, parts: Response) -> StatusLine:
        """Read the tagged line. Raises RefusedError for NO and BAD."""
        self._busy = False
        line = status_line(parts[0][len(tag) + 1 :])
        if line is None or line.word not in (b"OK", b"NO", b"BAD"):
            self.close()
            raise ProtocolError("The server's answer cannot be read.")
        if line.word == b"OK":
            return line
        text = self._said(line)
        if line.code == b"THROTTLED":
            raise ThrottledError(f"The server asks to slow down: {text}")
        code = line.code.decode() or ("BAD" if line.word == b"BAD" else "")
        raise RefusedError(REFUSED + text, code=safe_line(code, 40))

    def stream(
        self,
        *pieces: Piece,
        literal_cap: int = MAX_LITERAL,
        line_cap: int = MAX_LINE,
        cap: int = MAX_RESPONSES,
        end: list[StatusLine] | None = None,
    ) -> Iterator[Response]:
        """Send a command and yield each untagged response; the last tagged line goes into `end`.

        Ends normally only at the tagged OK. A caller that stops early loses the connection.
        """
        tag, early = self.start(*pieces)
        mark = tag + b" "
        complete = False
        try:
            yield from early
            self.link.allow_stream(self.settings.timeout_command)
            for _ in range(cap + 1):
                parts = self.response(literal_cap, line_cap)
                head = parts[0]
                if head.startswith(mark):
                    complete = True
                    status = self.finish(tag, parts)
                    if end is not None:
                        end.append(status)
                    return
                if head[:6].upper() == b"* BYE ":
                    raise self.farewell(head)
                yield parts
            raise ProtocolError("The server sent too many responses.")
        finally:
            if not complete:
                self.close()

    def run(
        self, *pieces: Piece, literal_cap: int = MAX_LITERAL, line_cap: int = MAX_LINE
    ) -> Answer:
        """Send a command and collect its answer under one deadline.

        Raises RefusedError for NO and BAD (code `BAD`), TransportError when the connection is lost,
        too slow or no longer understood; it is then closed.
        """
        tag, untagged = self.start(*pieces)
        mark = tag + b" "
        try:
            while True:
                parts = self.response(literal_cap, line_cap)
                head = parts[0]
                if head.startswith(mark):
                    return Answer(self.finish(tag, parts), untagged)
                if head[:6].upper() == b"* BYE ":
                    raise self.farewell(head)
                untagged.append(parts)
                if len(untagged) > MAX_RESPONSES:
                    raise ProtocolError("The server sent too many responses.")
        except TransportError as error:
            if not isinstance(error, ThrottledError):
                self.close()
            raise
        except TuiMailError:
            raise
        except BaseException:
            self.close()
            raise

    def run_noted(self, *pieces: Piece) -> Answer:
        """As `run`, for commands without an answer of their own: untagged data makes dirty."""
        answer = self.run(*pieces)
        for parts in answer.untagged:
            self.note(parts)
        return answer

    @contextlib.contextmanager
    def strict(self) -> Iterator[None]:
        """Close the connection when reading an answer raises ProtocolError."""
        try:
            yield
        except ProtocolError:
            self.close()
            raise

    def ask_capabilities(self) -> None:
        """Ask CAPABILITY and remember the answer."""
        answer = self.run(b"CAPABILITY")
        for parts in answer.named(b"CAPABILITY"):
            self.capabilities = parse_capabilities(parts[0][13:])

    def has(self, name: str) -> bool:
        """Tell whether the server offers a capability."""
        return name.upper() in self.capabilities

    def farewells(self) -> None:
        """Say LOGOUT and give the server two seconds to answer."""
        if self._busy:
            return
        self.link.allow(2.0, 1 << 20)
        self.link.send(b"T0 LOGOUT\r\n")
        while not self.link.readline().startswith(b"T0 "):
            pass

    def close(self) -> None:
        """Close the socket at once."""
        self._busy = False
        self.link.close()
