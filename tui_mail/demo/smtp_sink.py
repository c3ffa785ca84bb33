"""An SMTP server that takes every mail and sends none on, for the demo and for tests."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from types import TracebackType

from tui_mail.demo.smtp_faults import SmtpFaults
from tui_mail.demo.smtp_session import Accepted, SmtpSession

DEFAULT_EXTENSIONS = frozenset(
    {"SIZE", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2"}
)
_LINE_LIMIT = 1 << 20


class SmtpSink:
    """The sink. Use it as `async with SmtpSink() as sink`, or call `start` and `stop`.

    With `users` set, mail is taken only after signing in. `extensions` replaces what EHLO offers
    (`DSN` and `SMTPUTF8` are off by default). `on_accept` hears of each mail before the reply.
    """

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        extensions: Iterable[str] = DEFAULT_EXTENSIONS,
        size_limit: int = 25_000_000,
        ssl_context: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        on_accept: Callable[[Accepted], None] | None = None,
    ) -> None:
        self.users = dict(users or {})
        self.tokens: dict[str, str] = {}
        """Access tokens for XOAUTH2, with the user each stands for."""
        self.extensions = frozenset(extensions)
        if starttls is not None:
            self.extensions |= {"STARTTLS"}
        self.size_limit = size_limit
        self.on_accept = on_accept
        self.faults = SmtpFaults()
        self.accepted: list[Accepted] = []
        self.log: list[bytes] = []
        """Every command line, without its line end; the mails are not in it."""
        self._implicit_tls = ssl_context
        self._starttls = starttls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; with port 0 on any free one."""
        self._server = await asyncio.start_server(
            self._serve, host, port, ssl=self._implicit_tls, limit=_LINE_LIMIT
        )

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._server is not None:
            self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None

    async def __aenter__(self) -> SmtpSink:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port it listens on; 0 before `start`."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    def is_tls(self) -> bool:
        """Whether connections start with TLS."""
        return self._implicit_tls is not None

    async def upgrade(self, writer: asyncio.StreamWriter) -> None:
        """Begin TLS on a connection."""
        if self._starttls is not None:
            await writer.start_tls(self._starttls)

    def take(self, mail: Accepted) -> None:
        """Keep an accepted mail."""
        self.accepted.append(mail)
        if self.on_accept is not None:
            self.on_accept(mail)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(SmtpSession(self, reader, writer).run())
        self._tasks.add(task)
        try:
            await task
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
