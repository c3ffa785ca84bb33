"""An IMAP server in memory, for the demo and for tests that need one that can fail.

IMAP4rev1 with the extensions real clients use; every capability can be left out, and `faults`
makes it misbehave. It listens on loopback and keeps nothing on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType

from tui_mail.demo import imap_auth, imap_fetch, imap_folders, imap_messages, imap_search
from tui_mail.demo.faults import Faults
from tui_mail.demo.gmail_account import GMAIL_FOLDERS, GmailAccount
from tui_mail.demo.imap_session import Command, Session
from tui_mail.demo.mail_account import DEFAULT_FOLDERS, MailAccount
from tui_mail.demo.mailboxes import Mailbox

DEFAULT_CAPABILITIES = frozenset(
    {
        "IMAP4rev1",
        "IDLE",
        "UIDPLUS",
        "MOVE",
        "SPECIAL-USE",
        "CONDSTORE",
        "QRESYNC",
        "ENABLE",
        "ID",
        "LITERAL+",
        "NAMESPACE",
        "UNSELECT",
        "ESEARCH",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "CHILDREN",
        "SASL-IR",
        "AUTH=PLAIN",
    }
)
GMAIL_CAPABILITIES = (DEFAULT_CAPABILITIES - {"QRESYNC"}) | {"X-GM-EXT-1", "AUTH=XOAUTH2"}

_COMMANDS: dict[str, Command] = {
    **imap_auth.COMMANDS,
    **imap_folders.COMMANDS,
    **imap_fetch.COMMANDS,
    **imap_search.COMMANDS,
    **imap_messages.COMMANDS,
}
_LINE_LIMIT = 1 << 20


class ImapServer:
    """The server. Use it as `async with ImapServer() as server`, or call `start` and `stop`.

    `ssl_context` starts every connection with TLS; `starttls` offers STARTTLS with that context.
    `capabilities` replaces the default set, `without` takes some out of it.
    """

    def __init__(
        self,
        *,
        capabilities: Iterable[str] | None = None,
        without: Iterable[str] = (),
        gmail: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        record: bool = True,
    ) -> None:
        default = GMAIL_CAPABILITIES if gmail else DEFAULT_CAPABILITIES
        chosen = default if capabilities is None else frozenset(capabilities)
        self.capabilities = chosen - frozenset(without)
        if starttls is not None:
            self.capabilities |= {"STARTTLS"}
        self.gmail = gmail
        self.greeting = b""
        """What is said first; empty for the usual line."""
        self.server_id = "tui-mail demo"
        """The name ID answers with."""
        self.ways: frozenset[str] = frozenset()
        """Deviations of a provider's server; see `personalities.toml`."""
        self.accounts: dict[str, MailAccount] = {}
        self.tokens: dict[str, str] = {}
        """Access tokens for XOAUTH2 and OAUTHBEARER, with the user each stands for."""
        self.faults = Faults()
        self.record = record
        self.log: list[bytes] = []
        """Every line a client sent, without its line end; literals are not in it."""
        self.connections = 0
        """Connections accepted so far."""
        self.sessions: set[Session] = set()
        """Connections open now."""
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
        """Close every connection and stop listening; one that is just being taken is not served."""
        server, self._server = self._server, None
        if server is not None:
            loop = asyncio.get_running_loop()
            for listening in server.sockets:
                loop.remove_reader(listening.fileno())
            await asyncio.sleep(0)  # asyncio forgets, unclosed, what it takes as the server closes
            server.close()
        await self.drop_connections()

    async def drop_connections(self) -> None:
        """Close every connection, as a restart would, and go on listening."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> ImapServer:
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

    def add_user(
        self,
        name: str,
        password: str,
        *,
        folders: Iterable[tuple[str, str]] | None = None,
    ) -> MailAccount:
        """Add a user with these folders (name and special use), or the usual ones."""
        if self.gmail:
            account: MailAccount = GmailAccount(name, password, folders=folders or GMAIL_FOLDERS)
        else:
            account = MailAccount(name, password, folders=folders or DEFAULT_FOLDERS)
        self.accounts[name] = account
        return account

    def account(self, name: str = "") -> MailAccount:
        """The user of that name, or the first one."""
        return self.accounts[name] if name else next(iter(self.accounts.values()))

    def mailbox(self, folder: str, user: str = "") -> Mailbox:
        """A user's folder. Raises RefusedError when there is none."""
        return self.account(user).mailbox(folder)

    def append(
        self,
        folder: str,
        raw: bytes,
        flags: Iterable[str] = (),
        internal_date: datetime | None = None,
        *,
        user: str = "",
    ) -> int:
        """Put a mail into a user's folder; answers its UID. Connected clients hear of it."""
        return self.account(user).append(folder, raw, flags, internal_date)

    def sent(self, pattern: bytes) -> list[bytes]:
        """The recorded client lines that hold `pattern`, without regard to case."""
        wanted = pattern.upper()
        return [line for line in self.log if wanted in line.upper()]

    def is_tls(self) -> bool:
        """Whether connections start with TLS."""
        return self._implicit_tls is not None

    async def upgrade(self, writer: asyncio.StreamWriter) -> None:
        """Begin TLS on a connection."""
        if self._starttls is not None:
            await writer.start_tls(self._starttls)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            writer.transport.abort()
            return
        self.connections += 1
        session = Session(self, reader, writer, _COMMANDS)
        task = asyncio.create_task(session.run())
        self.sessions.add(session)
        self._tasks.add(task)
        try:
            await task
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self.sessions.discard(session)
            self._tasks.discard(task)
            with contextlib.suppress(OSError, ssl.SSLError):
                writer.close()
