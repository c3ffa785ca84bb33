"""One connection to the SMTP sink (RFC 5321, RFC 6409)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tui_mail.demo.smtp_faults import Phase, SmtpFaults

_PATH = re.compile(rb"(FROM|TO):\s*<([^>]*)>((?:\s+\S+)*)\s*\Z", re.I)
_XOAUTH2 = re.compile(rb"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01\Z")
_OAUTHBEARER = re.compile(
    rb"n,a=([^,\x01]*),\x01(?:host=[^\x01]*\x01)?(?:port=\d+\x01)?auth=Bearer ([^\x01]*)\x01\x01\Z"
)
_MAX_RECIPIENTS = 1000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail the sink took."""

    mail_from: str
    rcpts: tuple[str, ...]
    raw: bytes
    """As sent, dots undone, with CRLF."""
    options: tuple[str, ...] = ()
    """Parameters of MAIL and RCPT, in capitals."""
    login: str = ""
    """The user who signed in, or empty."""


class SmtpEnded(Exception):
    """The connection is over."""


class SmtpHost(Protocol):
    """What a session needs of its sink."""

    users: dict[str, str]
    tokens: dict[str, str]
    extensions: frozenset[str]
    size_limit: int
    faults: SmtpFaults
    log: list[bytes]

    def is_tls(self) -> bool:
        """Whether connections start with TLS."""
        ...

    async def upgrade(self, writer: asyncio.StreamWriter) -> None:
        """Begin TLS on a connection."""
        ...

    def take(self, mail: Accepted) -> None:
        """Keep an accepted mail."""
        ...


class SmtpSession:
    """The sink's side of one connection."""

    def __init__(
        self, host: SmtpHost, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.host = host
        self.reader = reader
        self.writer = writer
        self.tls = host.is_tls()
        self.greeted = False
        self.login = ""
        self.leaving = False
        self._reset()
        self._verbs: dict[bytes, Callable[[bytes], Awaitable[None]]] = {
            b"EHLO": self._ehlo,
            b"HELO": self._helo,
            b"STARTTLS": self._starttls,
            b"AUTH": self._auth,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"QUIT": self._quit,
        }

    def _reset(self) -> None:
        self._sender: str | None = None
        self._rcpts: list[str] = []
        self._options: list[str] = []

    async def run(self) -> None:
        """Serve the connection to its end."""
        try:
            if not await self._fault("greeting"):
                await self._send(b"220 demo.example ESMTP")
            while not self.leaving:
                line = await self._line()
                verb, _, rest = line.partition(b" ")
                command = self._verbs.get(verb.upper())
                if command is None:
                    await self._send(b"500 5.5.2 Unknown command")
                else:
                    await command(rest)
        except (SmtpEnded, ConnectionError, TimeoutError):
            pass
        finally:
            self.writer.close()

    async def _line(self) -> bytes:
        try:
            line = await self.reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise SmtpEnded from error
        line = line.rstrip(b"\r\n")
        self.host.log.append(line)
        return line

    async def _send(self, *lines: bytes) -> None:
        data = b"".join(line + b"\r\n" for line in lines)
        delay = self.host.faults.byte_delay
        if delay:
            for octet in data:
                self.writer.write(bytes((octet,)))
                await self.writer.drain()
                await asyncio.sleep(delay)
            return
        self.writer.write(data)
        await self.writer.drain()

    async def _fault(self, phase: Phase, address: str = "") -> bool:
        """Act on a fault of this phase; whether the usual reply is not to be sent."""
        fault = self.host.faults.find(phase, address)
        if fault is None:
            return False
        if fault.act == "stall":
            await asyncio.Event().wait()
        if fault.act == "answer":
            await self._send(fault.reply)
            if fault.reply.startswith(b"421"):
                raise SmtpEnded
            return True
        if fault.act == "rst":
            raw = self.writer.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        raise SmtpEnded

    # Commands

    def _offered(self) -> list[str]:
        out: list[str] = []
        for name in sorted(self.host.extensions):
            if name == "SIZE":
                out.append(f"SIZE {self.host.size_limit}")
            elif name == "STARTTLS" and self.tls:
                continue
            else:
                out.append(name)
        return out

    async def _ehlo(self, rest: bytes) -> None:
        if await self._fault("ehlo"):
            return
        self._reset()
        self.greeted = True
        lines = ["demo.example", *self._offered()]
        last = len(lines) - 1
        await self._send(
            *(f"250{' ' if i == last else '-'}{text}".encode() for i, text in enumerate(lines))
        )

    async def _helo(self, rest: bytes) -> None:
        self._reset()
        self.greeted = True
        await self._send(b"250 demo.example")

    async def _starttls(self, rest: bytes) -> None:
        if await self._fault("starttls"):
            return
        if self.tls or "STARTTLS" not in self.host.extensions:
            await self._send(b"503 5.5.1 Not now")
            return
        await self._send(b"220 2.0.0 Go on")
        await self.host.upgrade(self.writer)
        self.tls, self.greeted, self.login = True, False, ""
        self._reset()

    async def _auth(self, rest: bytes) -> None:
        if await self._fault("auth"):
            return
        mechanism, _, initial = rest.partition(b" ")
        offered = next((e.split()[1:] for e in self.host.extensions if e.startswith("AUTH ")), [])
        name = mechanism.decode("ascii", "replace").upper()
        if self.login:
            await self._send(b"503 5.5.1 Already signed in")
        elif name not in offered:
            await self._send(b"504 5.5.4 Unsupported mechanism")
        else:
            try:
                self.login = await self._sign_in(name, initial)
            except binascii.Error:
                await self._send(b"501 5.5.2 Invalid base64")
                return
            if self.login:
                await self._send(b"235 2.7.0 Signed in")
            else:
                await self._send(b"535 5.7.8 Invalid credentials")

    async def _sign_in(self, mechanism: str, initial: bytes) -> str:
        if mechanism == "LOGIN":
            name = base64.b64decode(initial) if initial else await self._ask(b"Username:")
            return self._checked(name, await self._ask(b"Password:"))
        data = base64.b64decode(initial, validate=True) if initial else await self._ask(b"")
        if mechanism == "PLAIN":
            parts = data.split(b"\0")
            return self._checked(parts[1], parts[2]) if len(parts) == 3 else ""
        form = _OAUTHBEARER if mechanism == "OAUTHBEARER" else _XOAUTH2
        match = form.match(data)
        user = match[1].decode() if match else ""
        if form is _OAUTHBEARER:
            user = user.replace("=2C", ",").replace("=3D", "=")
        if match and self.host.tokens.get(match[2].decode()) == user:
            return user
        await self._ask(b'{"status":"401","schemes":"bearer","scope":"https://mail.example/"}')
        return ""

    async def _ask(self, prompt: bytes) -> bytes:
        await self._send(b"334 " + base64.b64encode(prompt))
        return base64.b64decode(await self._line(), validate=True)

    def _checked(self, name: bytes, password: bytes) -> str:
        user = name.decode("utf-8", "replace")
        known = self.host.users.get(user)
        return user if known is not None and known.encode() == password else ""

    async def _mail(self, rest: bytes) -> None:
        if await self._fault("mail"):
            return
        match = _PATH.match(rest)
        if not self.greeted or self._sender is not None:
            await self._send(b"503 5.5.1 Bad sequence of commands")
        elif self.host.users and not self.login:
            await self._send(b"530 5.7.0 Sign in first")
        elif not match or match[1].upper() != b"FROM":
            await self._send(b"501 5.5.4 Syntax: MAIL FROM:<address>")
        else:
            options = match[3].decode("utf-8", "replace").upper().split()
            await self._begin(match[2], options)

    async def _begin(self, sender: bytes, options: list[str]) -> None:
        allowed = self._parameters()
        size = next((o.partition("=")[2] for o in options if o.startswith("SIZE=")), "0")
        if any(option.partition("=")[0] not in allowed for option in options):
            await self._send(b"555 5.5.4 Unsupported parameter")
        elif not sender.isascii() and "SMTPUTF8" not in options:
            await self._send(b"553 5.6.7 Address needs SMTPUTF8")
        elif size.isdigit() and 0 < self.host.size_limit < int(size):
            await self._send(b"552 5.3.4 Message too big")
        else:
            self._sender = sender.decode("utf-8", "replace")
            self._options = options
            await self._send(b"250 2.1.0 Ok")

    def _parameters(self) -> set[str]:
        allowed: set[str] = set()
        if "SIZE" in self.host.extensions:
            allowed.add("SIZE")
        if "8BITMIME" in self.host.extensions:
            allowed.add("BODY")
        if "SMTPUTF8" in self.host.extensions:
            allowed.add("SMTPUTF8")
        if "DSN" in self.host.extensions:
            allowed |= {"RET", "ENVID", "NOTIFY", "ORCPT"}
        return allowed

    async def _rcpt(self, rest: bytes) -> None:
        match = _PATH.match(rest)
        address = match[2].decode("utf-8", "replace") if match else ""
        if await self._fault("rcpt", address):
            return
        options = match[3].decode("utf-8", "replace").upper().split() if match else []
        if self._sender is None:
            await self._send(b"503 5.5.1 MAIL first")
        elif not match or match[1].upper() != b"TO" or not address:
            await self._send(b"501 5.5.4 Syntax: RCPT TO:<address>")
        elif any(option.partition("=")[0] not in self._parameters() for option in options):
            await self._send(b"555 5.5.4 Unsupported parameter")
        elif len(self._rcpts) >= _MAX_RECIPIENTS:
            await self._send(b"452 4.5.3 Too many recipients")
        else:
            self._rcpts.append(address)
            self._options += options
            await self._send(b"250 2.1.5 Ok")

    async def _data(self, rest: bytes) -> None:
        if await self._fault("data"):
            return
        if self._sender is None or not self._rcpts:
            await self._send(b"503 5.5.1 No valid recipients")
            return
        await self._send(b"354 Go on")
        await self._fault("after-354")
        raw = await self._content()
        sender, rcpts, options = self._sender, tuple(self._rcpts), tuple(self._options)
        self._reset()
        if await self._fault("dot"):
            return
        if 0 < self.host.size_limit < len(raw):
            await self._send(b"552 5.3.4 Message too big")
            return
        self.host.take(Accepted(sender, rcpts, raw, options, self.login))
        if not await self._fault("after-dot"):
            await self._send(b"250 2.0.0 Taken")

    async def _content(self) -> bytes:
        lines: list[bytes] = []
        while True:
            try:
                line = await self.reader.readuntil(b"\r\n")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                raise SmtpEnded from error
            if line == b".\r\n":
                return b"".join(lines)
            if not lines:
                await self._fault("before-dot")
            lines.append(line[1:] if line.startswith(b".") else line)

    async def _rset(self, rest: bytes) -> None:
        self._reset()
        await self._send(b"250 2.0.0 Ok")

    async def _noop(self, rest: bytes) -> None:
        await self._send(b"250 2.0.0 Ok")

    async def _quit(self, rest: bytes) -> None:
        self.leaving = True
        if not await self._fault("quit"):
            await self._send(b"221 2.0.0 Bye")
