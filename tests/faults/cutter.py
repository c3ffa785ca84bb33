"""A TCP proxy that cuts after the n-th line that passes, in either direction (FLT-2, FLT-4)."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable


class Wiretap:
    """Counts lines over all proxied connections and decides when to cut."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bytes]] = []
        self.cut_after = 0
        """Cut every connection once this many lines have passed; 0 never."""
        self.reset = False
        """Cut with RST instead of FIN."""
        self._lock = threading.Lock()
        self._cut_done = False

    def arm(self, cut_after: int, *, reset: bool = False) -> None:
        """Start counting anew and cut once."""
        with self._lock:
            self.lines, self.cut_after, self.reset = [], cut_after, reset
            self._cut_done = False

    def passes(self, direction: str, data: bytes) -> tuple[bytes, bool]:
        """What of `data` goes through, and whether the line is cut then."""
        with self._lock:
            if self._cut_done or not self.cut_after:
                self._count(direction, data)
                return data, False
            room = self.cut_after - len(self.lines)
            end = 0
            for _ in range(max(0, room)):
                found = data.find(b"\n", end)
                if found < 0:
                    self._count(direction, data)
                    return data, False
                end = found + 1
            self._count(direction, data[:end])
            self._cut_done = True
            return data[:end], True

    def _count(self, direction: str, data: bytes) -> None:
        for line in data.split(b"\n")[:-1]:
            self.lines.append((direction, line[:80]))


class Proxy:
    """Forwards one port to another server's port through a wiretap."""

    def __init__(self, tap: Wiretap, target: Callable[[], tuple[str, int]]) -> None:
        self._tap = tap
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target(), timeout=10)
        except OSError:
            client.close()
            return
        for sock in (client, server):
            sock.settimeout(None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up = threading.Thread(target=self._pump, args=(client, server, ">"), daemon=True)
        up.start()
        self._pump(server, client, "<")
        up.join(5)

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        try:
            while data := source.recv(65536):
                through, cut = self._tap.passes(direction, data)
                if through:
                    sink.sendall(through)
                if cut:
                    self._cut(source, sink)
                    return
        except OSError:
            pass
        for sock in (source, sink):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _cut(self, *socks: socket.socket) -> None:
        for sock in socks:
            if self._tap.reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
