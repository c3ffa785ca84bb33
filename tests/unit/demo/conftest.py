"""A server in a thread of its own, because imapclient, imaplib and smtplib block."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol, TypeVar

import pytest

T = TypeVar("T")


class Startable(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Wire:
    """A client that sends exactly what a test says."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self._socket.makefile("rwb")
        self._tags = 0
        self.greeting = self.line()

    def line(self) -> bytes:
        """One line without its end; empty at the end of the connection."""
        return self._file.readline().rstrip(b"\r\n")

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return self._file.read()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def do(self, command: str | bytes) -> list[bytes]:
        """Send a command and read up to its tagged reply, which comes last, without its tag."""
        self._tags += 1
        tag = b"t%d " % self._tags
        self.write(tag + (command.encode() if isinstance(command, str) else command) + b"\r\n")
        out: list[bytes] = []
        while line := self.line():
            if line.startswith(tag):
                return [*out, line.removeprefix(tag)]
            out.append(line)
        return out

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Background:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def call(self, function: Callable[..., T], *args: Any, **named: Any) -> T:
        async def run() -> T:
            return function(*args, **named)

        return self.wait(run())

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    loop = Background()
    yield loop
    loop.close()


@pytest.fixture
def wire() -> Iterator[Callable[[Any], Wire]]:
    """Connect to a server and talk to it by the line."""
    with ExitStack() as stack:

        def connect(server: Any) -> Wire:
            found = Wire(server.port)
            stack.callback(found.close)
            return found

        yield connect


@pytest.fixture
def running(background: Background) -> Iterator[Callable[[Any], Any]]:
    """Start servers; they stop with the test."""
    with ExitStack() as stack:

        @contextmanager
        def started(server: Startable) -> Iterator[Startable]:
            background.wait(server.start())
            try:
                yield server
            finally:
                background.wait(server.stop())

        yield lambda server: stack.enter_context(started(server))
