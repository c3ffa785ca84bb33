"""IDLE over our own reader: sees pushes that came with the `+`, and ends at EOF (L6, L7, L8)."""

from __future__ import annotations

import socket

from tui_mail.errors import ProtocolError, TransportError
from tui_mail.imap.connection import Connection
from tui_mail.imap.values import IdleResult

_LONGEST = 28 * 60.0
_REPLY = 15.0


def idle(connection: Connection, timeout: float, *wakers: socket.socket) -> IdleResult:
    """Wait until the selected folder changes, a waker is readable, or the time (seconds) is over.

    Never longer than 28 minutes, the time servers grant (RFC 2177). Raises TransportError at EOF.
    """
    if connection.dirty:
        connection.dirty = False
        return IdleResult(True, "changed")
    timeout = min(timeout, _LONGEST)
    link = connection.link
    deadline = connection.clock() + timeout
    tag, early = connection.start(b"IDLE")
    try:
        for parts in early:
            connection.note(parts)
        link.allow(connection.settings.timeout_command)
        while True:
            parts = connection.response()
            if parts[0].startswith(b"+"):
                break
            if parts[0].startswith(tag + b" "):
                connection.finish(tag, parts)
                raise ProtocolError("The server ended IDLE before it began.")
            connection.note(parts)
        reason = "timeout"
        while not connection.dirty:
            why = link.wait(deadline - connection.clock(), *wakers)
            if why != "data":
                reason = why
                break
            link.allow(_REPLY)
            connection.note(connection.response())
        link.allow(_REPLY)
        link.send(b"DONE\r\n")
        while True:
            parts = connection.response()
            if parts[0].startswith(tag + b" "):
                connection.finish(tag, parts)
                break
            connection.note(parts)
    except TransportError:
        connection.close()
        raise
    dirty, connection.dirty = connection.dirty, False
    return IdleResult(dirty, "changed" if dirty else reason)
