"""One connection to the IMAP server: reading commands, running them, writing responses."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tui_mail.demo.faults import Faults, How, Plan
from tui_mail.demo.gmail_account import GmailAccount
from tui_mail.demo.imap_view import View
from tui_mail.demo.imap_wire import LITERAL_END, Args
from tui_mail.demo.mail_account import MailAccount
from tui_mail.demo.mailboxes import Mailbox
from tui_mail.errors import ProtocolError, RefusedError

_TAGGED = re.compile(rb"([^\s(){%*\"\\+]+) +((?:UID +)?[A-Za-z0-9]+)(?: |\Z)", re.I)
_LINE_END = re.compile(rb"\r?\n\Z")
_FULL = 1 << 18
"""Octets that may wait in a session before they are written."""
_AFTER_ID = ("SELECT", "EXAMINE", "STATUS")
_LITERAL_CAP = 64 << 20


class SessionEnded(Exception):
    """The connection is over; nothing more can be sent."""


class Host(Protocol):
    """What a session needs of its server."""

    capabilities: frozenset[str]
    accounts: dict[str, MailAccount]
    tokens: dict[str, str]
    faults: Faults
    record: bool
    log: list[bytes]
    greeting: bytes
    server_id: str
    ways: frozenset[str]

    def is_tls(self) -> bool:
        """Whether connections start with TLS."""
        ...

    async def upgrade(self, writer: asyncio.StreamWriter) -> None:
        """Begin TLS on a connection."""
        ...


Handler = Callable[["Session", Args], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Command:
    """How a command is run.

    The handler answers what follows OK, with its response code, or nothing when it has replied
    itself.
    """

    run: Handler
    state: str = "auth"
    """The least that is needed: `any`, `auth` or `selected`."""
    capability: str = ""
    """Unknown to the client where the server lacks it."""
    expunges: bool = True
    """Whether expunges may be announced before its tagged reply."""


class Session:
    """The server's side of one connection."""

    def __init__(
        self,
        host: Host,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        commands: Mapping[str, Command],
    ) -> None:
        self.host = host
        self.reader = reader
        self.writer = writer
        self.account: MailAccount | None = None
        self.view: View | None = None
        self.tag = b""
        self.tls = host.is_tls()
        self.condstore = False
        self.qresync = False
        self.leaving = False
        self.introduced = False
        """The client has sent ID since it signed in."""
        self._commands = commands
        self._out = bytearray()
        self._muted = False
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()

    # State

    def capabilities(self) -> list[str]:
        """What is offered now, sorted with IMAP4rev1 first."""
        hidden = {"STARTTLS", "LOGINDISABLED"} if self.tls else set()
        names = sorted(self.host.capabilities - hidden - {"IMAP4rev1"})
        return ["IMAP4rev1", *names]

    def has(self, capability: str) -> bool:
        """Whether the server was built with that capability."""
        return capability in self.host.capabilities

    @property
    def user(self) -> MailAccount:
        """The account of the signed-in user."""
        if self.account is None:
            raise ProtocolError("Not signed in")
        return self.account

    @property
    def gmail(self) -> GmailAccount | None:
        """The account when it plays Gmail."""
        return self.account if isinstance(self.account, GmailAccount) else None

    @property
    def selected(self) -> View:
        """The selected mailbox."""
        if self.view is None:
            raise ProtocolError("No mailbox selected")
        return self.view

    def select(self, mailbox: Mailbox, *, read_only: bool) -> View:
        """Select a mailbox, leaving the one before."""
        self.unselect()
        self.view = View(mailbox, read_only=read_only, wake=self._wake_up)
        return self.view

    def unselect(self) -> None:
        """Leave the selected mailbox."""
        if self.view is not None:
            self.view.release()
            self.view = None

    def writable(self) -> View:
        """The selected mailbox, which must not be read-only."""
        if self.selected.read_only:
            raise RefusedError("Mailbox is read-only", code="READ-ONLY")
        return self.selected

    def _wake_up(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    # Writing

    def send(self, response: bytes) -> None:
        """Queue one response, without its line end."""
        if self._muted:
            return
        for item in self.host.faults.rewritten(response):
            self._out += item
            self._out += b"\r\n"

    async def flush(self) -> None:
        """Write what is queued. Raises SessionEnded when a fault ends the connection here."""
        if not self._out or self._muted:
            return
        data, how = self.host.faults.sending(bytes(self._out))
        self._out.clear()
        self.writer.write(data)
        await self.writer.drain()
        if how:
            await self.end(how)

    async def flush_when_full(self) -> None:
        """Write what is queued when it is much."""
        if len(self._out) > _FULL:
            await self.flush()

    async def end(self, how: How) -> None:
        """End the connection. Raises SessionEnded, or never comes back for `stall`."""
        if how == "stall":
            await asyncio.Event().wait()
        if how == "rst":
            raw = self.writer.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        raise SessionEnded

    def send_updates(self, *, expunges: bool) -> None:
        """Queue what other sessions changed in the selected mailbox."""
        if self.view is not None and self.view.waiting():
            for line in self.view.updates(
                expunges=expunges, modseq=self.condstore, qresync=self.qresync
            ):
                self.send(line)

    # Reading

    async def read_line(self) -> bytes:
        """One line with its end. Raises SessionEnded when the client is gone."""
        try:
            line = await self.reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise SessionEnded from error
        if how := self.host.faults.received():
            await self.end(how)
        if self.host.record:
            self.host.log.append(line.rstrip(b"\r\n"))
        return line

    async def read_command(self) -> bytes:
        """One command with its literals in place, without the last line end."""
        line = await self.read_line()
        parts = [line]
        while match := LITERAL_END.search(line):
            size = int(match[1])
            if size > _LITERAL_CAP:
                self.send(b"* BYE Literal too large")
                await self.flush()
                raise SessionEnded
            if not match[2]:
                self._out += b"+ Go on\r\n"
                await self.flush()
            try:
                parts.append(await self.reader.readexactly(size))
            except asyncio.IncompleteReadError as error:
                raise SessionEnded from error
            line = await self.read_line()
            parts.append(line)
        return _LINE_END.sub(b"", b"".join(parts))

    async def ask(self, prompt: bytes) -> bytes:
        """Send a continuation request and read the client's line."""
        self._out += b"+ " + prompt + b"\r\n"
        await self.flush()
        return (await self.read_line()).rstrip(b"\r\n")

    async def next_event(self, line: asyncio.Task[bytes]) -> None:
        """Wait until `line` is read or the selected mailbox changed."""
        wake = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({line, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()
        self._wake.clear()

    # Running

    async def run(self) -> None:
        """Serve the connection to its end."""
        try:
            await self._greet()
            while not self.leaving:
                await self._run(await self.read_command())
        except (SessionEnded, ConnectionError, TimeoutError):
            pass
        finally:
            self.unselect()
            self.writer.close()

    async def _greet(self) -> None:
        other = self.host.faults.next_greeting()
        names = " ".join(self.capabilities())
        usual = self.host.greeting or f"* OK [CAPABILITY {names}] Ready".encode()
        self.send(other if other is not None else usual)
        await self.flush()
        if other is not None and other.upper().startswith(b"* BYE"):
            raise SessionEnded

    async def _run(self, line: bytes) -> None:
        match = _TAGGED.match(line)
        if not match:
            self.send(b"* BAD Invalid command")
            await self.flush()
            return
        if self.view is not None and self.view.close_reason:
            await self.say_goodbye()
        self.tag = match[1]
        name = b" ".join(match[2].upper().split()).decode()
        plan = self.host.faults.plan(line[match.start(2) :])
        args = Args(line[match.end(2) :])
        args.skip(b" ")
        if plan is None:
            await self._reply(await self._execute(name, args), name)
        else:
            await self._run_faulty(name, args, plan)

    async def say_goodbye(self) -> None:
        """Tell the client why its mailbox is gone, and end."""
        self.send(b"* BYE " + self.selected.close_reason.encode())
        await self.flush()
        raise SessionEnded

    async def _run_faulty(self, name: str, args: Args, plan: Plan) -> None:
        if plan.delay:
            await asyncio.sleep(plan.delay)
        if plan.stall:
            await self.end("stall")
        for line in plan.early:
            self.send(line)
        self._muted = bool(plan.lost)
        reply = plan.refuse
        if plan.pretend:
            reply = b"OK Done"
        elif not reply:
            reply = await self._execute(name, args)
        for line in plan.late:
            self.send(line)
        if plan.raw:
            self._out += plan.raw
            if plan.raw_then != "go on":
                await self.flush()
                await self._end_as(plan.raw_then)
        await self._reply(reply, name)
        if plan.lost:
            self._muted = False
            if plan.lost != "go on":
                await self._end_as(plan.lost)

    async def _end_as(self, how: str) -> None:
        await self.end("rst" if how == "rst" else "stall" if how == "stall" else "fin")

    async def _reply(self, reply: bytes, name: str) -> None:
        if not reply:
            return
        command = self._commands.get(name)
        self.send_updates(expunges=command is None or command.expunges)
        self.send(self.tag + b" " + reply)
        await self.flush()

    async def _execute(self, name: str, args: Args) -> bytes:
        command = self._commands.get(name)
        try:
            if command is None or (command.capability and not self.has(command.capability)):
                if "drops-unknown" in self.host.ways:
                    raise SessionEnded
                raise ProtocolError("Unknown command")
            if "id-first" in self.host.ways and name in _AFTER_ID and not self.introduced:
                raise RefusedError("SELECT Unsafe Login. Please contact kefu@188.com for help")
            if command.state != "any" and self.account is None:
                raise ProtocolError("Sign in first")
            if command.state == "selected" and self.view is None:
                raise ProtocolError("No mailbox selected")
            text = await command.run(self, args)
            return b"OK " + text if text else b""
        except RefusedError as error:
            code = f"[{error.code}] " if error.code else ""
            return f"NO {code}{error.message}".encode()
        except ProtocolError as error:
            return f"BAD {error.message}".encode("ascii", "replace")
