"""Connecting and signing in refuse all that is not safe (SEC-20 to SEC-24, L11, L12, L14)."""

from __future__ import annotations

import base64
import datetime
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from tests.unit.imap.scripted import GREETING, Peer, Script, serving
from tui_mail.errors import (
    AuthError,
    ProtocolError,
    ThrottledError,
    TlsError,
    TransportError,
    TuiMailError,
)
from tui_mail.imap.link import is_loopback
from tui_mail.imap.session import ImapSession, ImapSettings

_INJECTED = "visit evil.example"


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def _server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture(scope="module")
def good(ca: trustme.CA) -> ssl.SSLContext:
    return _server_context(ca.issue_cert("localhost", "127.0.0.1"))


def _try(script: Script, **changes: object) -> tuple[TuiMailError | None, Peer]:
    """Connect to a script; returns the error and what the server saw."""
    with serving(script) as (port, peer):
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "user": "u",
            "timeout_connect": 5.0,
            "timeout_command": 5.0,
        }
        values.update(changes)
        session = ImapSession(ImapSettings(**values), lambda: "secret")  # type: ignore[arg-type]
        try:
            session.connect()
        except TuiMailError as error:
            return error, peer
        finally:
            session.close()
        return None, peer


@pytest.mark.parametrize(
    "host", ["imap.example.com", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_clear_text_is_only_for_this_machine(host: str) -> None:
    session = ImapSession(ImapSettings(host, 143, "none", "u"), lambda: "x")
    with pytest.raises(TlsError):
        session.connect()
    assert not is_loopback(host)


def _starttls_greeting(capability: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.send(b"* OK [CAPABILITY IMAP4rev1] " + _INJECTED.encode() + b"\r\n")
        peer.answer(b"* CAPABILITY " + capability)
        peer.until_closed()

    return script


def _starttls_answer(*pieces: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN")
        tag, rest = peer.command()
        assert rest == b"STARTTLS"
        peer.send(*(piece.replace(b"TAG", tag) for piece in pieces))
        while True:
            peer.line()

    return script


@pytest.mark.parametrize(
    "script",
    [
        _starttls_greeting(b"IMAP4rev1 AUTH=PLAIN"),
        _starttls_answer(b"TAG NO visit evil.example\r\n"),
        _starttls_answer(b"TAG BAD visit evil.example\r\n"),
        _starttls_answer(b"* BYE visit evil.example\r\n"),
        _starttls_answer(b'TAG OK go\r\n* LIST () "/" "visit evil.example"\r\n'),
        _starttls_answer(b"visit evil.example\r\n"),
        lambda peer: (peer.send(b"* PREAUTH visit evil.example\r\n"), peer.until_closed()),
        lambda peer: (peer.send(b"* BYE visit evil.example\r\n"), peer.until_closed()),
        lambda peer: (peer.send(b"220 visit evil.example\r\n"), peer.until_closed()),
    ],
    ids=["stripped", "no", "bad", "bye", "injected", "garbage", "preauth", "bye-greeting", "smtp"],
)
def test_any_trouble_before_encryption_ends_it_without_a_password(script: Script) -> None:
    error, peer = _try(script, security="starttls")
    assert isinstance(error, TransportError)
    assert b"secret" not in peer.received
    assert base64.b64encode(b"\0u\0secret") not in peer.received
    assert b"AUTH" not in peer.received
    assert b"LOGIN" not in peer.received
    assert _INJECTED not in str(error)


def test_what_came_before_starttls_is_forgotten(good: ssl.SSLContext, ca_file: str) -> None:
    def script(peer: Peer) -> None:
        peer.send(b'* OK hi\r\n* LIST () "/" "injected"\r\n')
        peer.answer(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED X-FORGED")
        peer.answer(b'* LIST () "/" "injected"')
        peer.tls(good)
        peer.answer(b"* CAPABILITY IMAP4rev1")
        assert b"LOGIN" in peer.answer(end=b"OK [CAPABILITY IMAP4rev1] in")
        peer.answer(b'* LIST () "/" "real"')
        peer.until_closed()

    with serving(script) as (port, _):
        session = ImapSession(
            ImapSettings("localhost", port, "starttls", "u", ca_file=ca_file), lambda: "secret"
        )
        session.connect()
        assert not session.has("X-FORGED")
        assert session.greeting == ""
        assert session.tls_description.startswith("TLSv1.")
        assert [folder.name for folder in session.list_folders().folders] == ["real"]
        session.close()


def test_a_session_claimed_without_encryption_is_refused_even_here() -> None:
    error, peer = _try(lambda peer: (peer.send(b"* PREAUTH hi\r\n"), peer.until_closed()))
    assert isinstance(error, TlsError)
    assert peer.received == b""


def _past() -> datetime.datetime:
    return datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize("kind", ["self-signed", "wrong-host", "expired", "no-name"])
def test_bad_certificates_are_refused(kind: str, ca: trustme.CA, ca_file: str) -> None:
    other = trustme.CA()
    certificate = {
        "self-signed": lambda: other.issue_cert("localhost"),
        "wrong-host": lambda: ca.issue_cert("elsewhere.example"),
        "expired": lambda: ca.issue_cert("localhost", not_after=_past()),
        "no-name": lambda: ca.issue_cert("other.example", common_name="localhost"),
    }[kind]()
    context = _server_context(certificate)

    def script(peer: Peer) -> None:
        peer.tls(context)
        peer.sign_in()

    error, peer = _try(script, host="localhost", security="tls", ca_file=ca_file)
    assert isinstance(error, TlsError)
    assert peer.received == b""
    mends = {"self-signed": "ca_file", "expired": "renew it"}.get(kind, "by the name it has")
    assert mends in error.hint


def test_old_tls_is_refused(ca: trustme.CA, ca_file: str) -> None:
    context = _server_context(ca.issue_cert("localhost"))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    error, _ = _try(
        lambda peer: peer.tls(context), host="localhost", security="tls", ca_file=ca_file
    )
    assert isinstance(error, TlsError)


def test_the_systems_authorities_do_not_know_a_throw_away_one(good: ssl.SSLContext) -> None:
    error, _ = _try(lambda peer: peer.tls(good), host="localhost", security="tls")
    assert isinstance(error, TlsError)


@pytest.mark.parametrize("matches", [True, False])
def test_a_pin_accepts_exactly_one_certificate(matches: bool, tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("elsewhere.example")
    der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
    import hashlib

    pin = hashlib.sha256(der).hexdigest() if matches else "0" * 64
    context = _server_context(certificate)

    def script(peer: Peer) -> None:
        peer.tls(context)
        peer.sign_in()
        peer.until_closed()

    error, peer = _try(script, security="tls", pinned_sha256=pin)
    assert (error is None) == matches
    assert matches or isinstance(error, TlsError)
    assert matches or peer.received == b""


def _login(end: bytes, capability: bytes = b"IMAP4rev1") -> Script:
    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY " + capability)
        tag, rest = peer.command()
        if rest.startswith(b"AUTHENTICATE"):
            peer.send(b"+ \r\n")
            peer.line()
        peer.send(end if end.startswith(b"*") else tag + b" " + end, b"\r\n")
        peer.until_closed()

    return script


@pytest.mark.parametrize("capability", [b"IMAP4rev1", b"IMAP4rev1 AUTH=PLAIN"])
@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (b"NO [AUTHENTICATIONFAILED] wrong", AuthError),
        (b"NO wrong password", AuthError),
        (b"NO [UNAVAILABLE] later", TransportError),
        (b"NO Server Unavailable. 15", TransportError),
        (b"NO [INUSE] busy", TransportError),
        (b"NO [LIMIT] enough", ThrottledError),
        (b"NO Too many simultaneous connections", ThrottledError),
        (b"BAD what", TransportError),
        (b"* BYE going down", TransportError),
        (b"HUH", ProtocolError),
    ],
)
def test_only_a_rejected_sign_in_is_the_users_to_mend(
    capability: bytes, end: bytes, kind: type[TuiMailError]
) -> None:
    error, _ = _try(_login(end, capability))
    assert isinstance(error, kind)
    assert isinstance(error, AuthError) == (kind is AuthError)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"* BYE too many connections\r\n", ThrottledError),
        (b"* BYE\r\n", ThrottledError),
        (b"* NO Too many connections from your IP\r\n", ThrottledError),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ProtocolError),
        (b"\x16\x03\x01\x02\r\n", ProtocolError),
        (b"* OK " + b"x" * 2_000_000, ProtocolError),
        (b"", TransportError),
    ],
)
def test_greetings(greeting: bytes, kind: type[TuiMailError]) -> None:
    error, peer = _try(lambda peer: peer.send(greeting))
    assert isinstance(error, kind)
    assert b"secret" not in peer.received


def test_the_oauth_challenge_is_kept_and_answered_empty() -> None:
    challenge = base64.b64encode(b'{"status":"400","scope":"https://mail.google.com/"}')
    tokens: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        tag, rest = peer.command()
        assert rest == b"AUTHENTICATE XOAUTH2"
        peer.send(b"+ \r\n")
        tokens.append(base64.b64decode(peer.line()))
        peer.send(b"+ " + challenge + b"\r\n")
        tokens.append(peer.line())
        peer.send(tag + b" NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")
        peer.until_closed()

    error, _ = _try(script, auth="bearer")
    assert isinstance(error, AuthError)
    assert "status 400" in error.hint
    assert tokens == [b"user=u\x01auth=Bearer secret\x01\x01", b""]


def test_a_token_goes_only_where_tokens_are_taken() -> None:
    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN")
        peer.until_closed()

    error, peer = _try(script, auth="bearer")
    assert isinstance(error, TransportError)
    assert b"AUTHENTICATE" not in peer.received and b"LOGIN" not in peer.received


def test_oauthbearer_ends_its_exchange_without_repeating_the_token() -> None:
    said: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER")
        tag, rest = peer.command()
        assert rest == b"AUTHENTICATE OAUTHBEARER"
        peer.send(b"+ \r\n")
        said.append(base64.b64decode(peer.line()))
        peer.send(b"+ " + base64.b64encode(b'{"status":"invalid_token"}') + b"\r\n")
        said.append(base64.b64decode(peer.line()))
        peer.send(tag + b" NO failed\r\n")
        peer.until_closed()

    error, _ = _try(script, auth="bearer")
    assert isinstance(error, AuthError)
    assert "expired or was withdrawn" in error.hint
    assert said[0].startswith(b"n,a=u,\x01host=127.0.0.1\x01") and said[1] == b"\x01"


@pytest.mark.parametrize("password", ["pässwörd", 'a"b\\c', "a b", "{5}"])
def test_any_printable_password_arrives_as_it_is(password: str) -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1")
        seen.append(peer.answer(end=b"OK [CAPABILITY IMAP4rev1] in"))
        peer.until_closed()

    with serving(script) as (port, _):
        session = ImapSession(ImapSettings("127.0.0.1", port, "none", "u"), lambda: password)
        session.connect()
        session.close()
    octets = password.encode()
    quoted = b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    literal = b"{%d}\r\n" % len(octets) + octets
    assert seen == [b'LOGIN "u" ' + (quoted if octets.isascii() else literal)]


@pytest.mark.parametrize("password", ["a\r\nT9 DELETE INBOX", "a\0b", "a\x1bb"])
def test_a_password_with_controls_is_not_sent(password: str) -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1")
        seen.append(peer.line())

    with serving(script) as (port, _):
        session = ImapSession(ImapSettings("127.0.0.1", port, "none", "u"), lambda: password)
        with pytest.raises(AuthError):
            session.connect()
    assert seen == []


def test_a_server_that_forbids_login_gets_no_password() -> None:
    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1 LOGINDISABLED")
        peer.line()

    error, peer = _try(script)
    assert isinstance(error, TransportError)
    assert b"secret" not in peer.received


def test_id_goes_out_right_after_the_sign_in() -> None:
    order: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(b"* CAPABILITY IMAP4rev1")
        peer.answer(end=b"OK [CAPABILITY IMAP4rev1 ID ENABLE QRESYNC CONDSTORE] in")
        order.append(peer.answer(b'* ID ("name" "Odd\x1b[2J" "version" NIL)'))
        order.append(peer.answer(b"* ENABLED CONDSTORE"))
        peer.until_closed()

    with serving(script) as (port, _):
        session = ImapSession(ImapSettings("127.0.0.1", port, "none", "u"), lambda: "x")
        session.connect()
        session.close()
    assert order[0].startswith(b'ID ("name" "tui-mail" "version" "')
    assert order[1] == b"ENABLE QRESYNC CONDSTORE"
    assert session.enabled == {"CONDSTORE"}
    assert "\x1b" not in session.server_id["name"]


def test_a_silent_server_is_given_up() -> None:
    started = time.monotonic()
    error, _ = _try(lambda peer: peer.until_closed(), timeout_connect=0.3)
    assert isinstance(error, TransportError)
    assert time.monotonic() - started < 3


def test_a_host_without_a_server_is_a_transport_error() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        session = ImapSession(ImapSettings("127.0.0.1", port, "none", "u"), lambda: "x")
        with pytest.raises(TransportError):
            session.connect()


def test_connecting_can_be_aborted_from_another_thread() -> None:
    with serving(lambda peer: peer.until_closed()) as (port, _):
        session = ImapSession(ImapSettings("127.0.0.1", port, "none", "u"), lambda: "x")
        threading.Timer(0.1, session.abort).start()
        started = time.monotonic()
        with pytest.raises(TransportError):
            session.connect()
        assert time.monotonic() - started < 5
