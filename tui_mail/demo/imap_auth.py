"""Commands of any state, and signing in."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import re
from typing import TYPE_CHECKING

from tui_mail.demo.imap_session import Command
from tui_mail.errors import ProtocolError, RefusedError

if TYPE_CHECKING:
    from tui_mail.demo.imap_session import Session
    from tui_mail.demo.imap_wire import Args

_XOAUTH2 = re.compile(rb"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01\Z")
_OAUTHBEARER = re.compile(
    rb"n,a=([^,\x01]*),\x01(?:host=[^\x01]*\x01)?(?:port=\d+\x01)?auth=Bearer ([^\x01]*)\x01\x01\Z"
)
_ERROR = b'{"status":"401","schemes":"bearer","scope":"https://mail.example/"}'


async def capability(session: Session, args: Args) -> bytes:
    """CAPABILITY (RFC 3501 §6.1.1)."""
    args.end()
    session.send(b"* CAPABILITY " + " ".join(session.capabilities()).encode())
    return b"Capability completed"


async def noop(session: Session, args: Args) -> bytes:
    """NOOP and CHECK: a moment to hear of changes."""
    args.end()
    return b"Done"


async def logout(session: Session, args: Args) -> bytes:
    """LOGOUT."""
    session.leaving = True
    session.unselect()
    session.send(b"* BYE Logging out")
    return b"Logout completed"


async def identify(session: Session, args: Args) -> bytes:
    """ID (RFC 2971)."""
    session.introduced = session.account is not None
    session.send(f'* ID ("name" "{session.host.server_id}")'.encode())
    return b"ID completed"


async def starttls(session: Session, args: Args) -> bytes:
    """STARTTLS; the reply is sent here, before the handshake."""
    args.end()
    if session.tls:
        raise ProtocolError("TLS is already active")
    session.send(session.tag + b" OK Begin TLS")
    await session.flush()
    await session.host.upgrade(session.writer)
    session.tls = True
    return b""


async def login(session: Session, args: Args) -> bytes:
    """LOGIN."""
    name = args.astring()
    args.space()
    password = args.astring()
    args.end()
    if session.has("LOGINDISABLED") and not session.tls:
        raise RefusedError("TLS is required", code="PRIVACYREQUIRED")
    return _signed_in(session, name, password)


async def authenticate(session: Session, args: Args) -> bytes:
    """AUTHENTICATE PLAIN, XOAUTH2, OAUTHBEARER; an initial response (RFC 4959) or none."""
    mechanism = args.word()
    if not session.has(f"AUTH={mechanism}"):
        raise RefusedError("Unsupported mechanism", code="CANNOT")
    if args.skip(b" "):
        if not session.has("SASL-IR"):
            raise ProtocolError("Initial response not supported")
        answer = args.data[args.pos :]
    else:
        answer = await session.ask(b"")
    if answer == b"*":
        raise ProtocolError("Cancelled")
    try:
        data = b"" if answer == b"=" else base64.b64decode(answer, validate=True)
    except binascii.Error as error:
        raise ProtocolError("Invalid base64") from error
    if mechanism in ("XOAUTH2", "OAUTHBEARER"):
        return await _bearer(session, _XOAUTH2 if mechanism == "XOAUTH2" else _OAUTHBEARER, data)
    parts = data.split(b"\0")
    if len(parts) != 3:
        raise ProtocolError("Invalid PLAIN response")
    return _signed_in(session, parts[1], parts[2])


async def _bearer(session: Session, form: re.Pattern[bytes], data: bytes) -> bytes:
    match = form.match(data)
    name = match[1].decode("utf-8", "replace") if match else ""
    if form is _OAUTHBEARER:
        name = name.replace("=2C", ",").replace("=3D", "=")
    token = match[2].decode("utf-8", "replace") if match else ""
    if not match or session.host.tokens.get(token) != name or name not in session.host.accounts:
        await session.ask(base64.b64encode(_ERROR))
        raise RefusedError("Invalid credentials", code="AUTHENTICATIONFAILED")
    session.account = session.host.accounts[name]
    return _welcome(session)


def _signed_in(session: Session, name: bytes, password: bytes) -> bytes:
    account = session.host.accounts.get(name.decode("utf-8", "replace"))
    if account is None or not hmac.compare_digest(account.password.encode(), password):
        raise RefusedError("Invalid credentials", code="AUTHENTICATIONFAILED")
    session.account = account
    return _welcome(session)


def _welcome(session: Session) -> bytes:
    return b"[CAPABILITY %s] Signed in" % " ".join(session.capabilities()).encode()


async def enable(session: Session, args: Args) -> bytes:
    """ENABLE (RFC 5161): CONDSTORE and QRESYNC."""
    wanted = [args.word()]
    while args.skip(b" "):
        wanted.append(args.word())
    enabled = [n for n in wanted if n in ("CONDSTORE", "QRESYNC") and session.has(n)]
    session.qresync = session.qresync or "QRESYNC" in enabled
    session.condstore = session.condstore or bool(enabled)
    session.send(" ".join(["* ENABLED", *enabled]).encode())
    return b"Enabled"


async def namespace(session: Session, args: Args) -> bytes:
    """NAMESPACE (RFC 2342): one personal namespace without prefix."""
    args.end()
    session.send(b'* NAMESPACE (("" "/")) NIL NIL')
    return b"Namespace completed"


async def idle(session: Session, args: Args) -> bytes:
    """IDLE (RFC 2177): tell of changes as they happen until DONE."""
    args.end()
    session.send(b"+ idling")
    await session.flush()
    line = asyncio.create_task(session.read_line())
    try:
        if "drops-idle" in session.host.ways:
            await _drop_idle(session, line)
        while not line.done():
            if session.view is not None and session.view.close_reason:
                await session.say_goodbye()
            session.send_updates(expunges=True)
            await session.flush()
            await session.next_event(line)
        word = line.result().strip().upper()
    finally:
        line.cancel()
    if word != b"DONE":
        raise ProtocolError("Expected DONE")
    return b"Idle completed"


async def _drop_idle(session: Session, line: asyncio.Task[bytes]) -> None:
    """Tell of nothing, then say BYE again and again until the client closes."""
    await asyncio.wait([line], timeout=1)
    while not line.done():
        session.send(b"* BYE Connection is closed. 13")
        await session.flush()
        await asyncio.wait([line], timeout=0.05)


COMMANDS = {
    "CAPABILITY": Command(capability, "any"),
    "NOOP": Command(noop, "any"),
    "CHECK": Command(noop, "selected"),
    "LOGOUT": Command(logout, "any"),
    "ID": Command(identify, "any", "ID"),
    "STARTTLS": Command(starttls, "any", "STARTTLS"),
    "LOGIN": Command(login, "any"),
    "AUTHENTICATE": Command(authenticate, "any"),
    "ENABLE": Command(enable, "auth", "ENABLE"),
    "NAMESPACE": Command(namespace, "auth", "NAMESPACE"),
    "IDLE": Command(idle, "auth", "IDLE"),
}
