"""Submission: encrypted or not at all, one mail is one mail, and the dot is a step of its own."""

from __future__ import annotations

import base64
import datetime
import re
import ssl
import threading
import time
from collections.abc import Callable

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.imap.scripted import Peer, Script, serving
from tui_mail.errors import (
    ActionError,
    AuthError,
    MailError,
    ProtocolError,
    RefusedError,
    ThrottledError,
    TlsError,
    TransportError,
    TuiMailError,
)
from tui_mail.smtp.envelope import envelope_address, stuffed
from tui_mail.smtp.replies import read_reply
from tui_mail.smtp.submission import SmtpSession, SmtpSettings

_EHLO = b"250-here\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n"
_MAIL = b"Subject: x\r\n\r\n.dot\r\nend\r\n"


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _greet(peer: Peer, ehlo: bytes = _EHLO) -> None:
    peer.send(b"220 hello\r\n")
    assert peer.line().startswith(b"EHLO ")
    peer.send(ehlo)


def _session(port: int, **changes: object) -> SmtpSession:
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": "u",
        "timeout_connect": 5.0,
        "timeout_command": 5.0,
        "timeout_dot": 5.0,
    }
    values.update(changes)
    return SmtpSession(SmtpSettings(**values), lambda: "secret")  # type: ignore[arg-type]


def _try(
    script: Script, act: Callable[[SmtpSession], object] | None = None, **changes: object
) -> tuple[TuiMailError | None, Peer]:
    with serving(script) as (port, peer):
        session = _session(port, **changes)
        try:
            session.connect()
            if act is not None:
                act(session)
        except TuiMailError as error:
            return error, peer
        finally:
            session.close()
        return None, peer


# -- encryption ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["smtp.example.com", "192.0.2.1", "localhost.example"])
def test_clear_text_is_only_for_this_machine(host: str) -> None:
    with pytest.raises(TlsError):
        SmtpSession(SmtpSettings(host, 25, "none"), lambda: "x").connect()


def _starttls(*after: bytes, ehlo: bytes = _EHLO) -> Script:
    def script(peer: Peer) -> None:
        _greet(peer, ehlo)
        assert peer.line() == b"STARTTLS"
        peer.send(*after)
        while True:
            peer.line()

    return script


@pytest.mark.parametrize(
    "script",
    [
        _starttls(ehlo=b"250-evil.example\r\n250 AUTH PLAIN\r\n"),
        _starttls(b"454 evil.example\r\n"),
        _starttls(b"500 evil.example\r\n"),
        _starttls(b"220 go\r\n250 evil.example\r\n"),
        _starttls(b"evil.example\r\n"),
        _starttls(b"421 evil.example\r\n"),
        lambda peer: (peer.send(b"554 evil.example\r\n"), peer.line()),
        lambda peer: (peer.send(b"* OK evil.example\r\n"), peer.line()),
    ],
    ids=["stripped", "no", "bad", "injected", "garbage", "bye", "refused", "imap"],
)
def test_any_trouble_before_encryption_ends_it_without_a_password(script: Script) -> None:
    error, peer = _try(script, lambda s: s.login(), security="starttls")
    assert isinstance(error, TransportError)
    assert b"AUTH" not in peer.received
    assert "evil.example" not in str(error)


def test_what_was_announced_before_starttls_is_forgotten(ca: trustme.CA, ca_file: str) -> None:
    context = _context(ca.issue_cert("localhost"))

    def script(peer: Peer) -> None:
        _greet(peer, b"250-here\r\n250-STARTTLS\r\n250 X-FORGED\r\n")
        peer.line()
        peer.send(b"220 go\r\n")
        peer.tls(context)
        peer.line()
        peer.send(b"250-here\r\n250 SIZE 77\r\n")
        peer.line()

    with serving(script) as (port, _):
        session = _session(port, host="localhost", security="starttls", ca_file=ca_file)
        session.connect()
        assert session.capabilities == {"SIZE": "77"}
        assert session.size_limit == 77
        assert session.tls_description.startswith("TLSv1.")
        session.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    "kind", ["good", "self-signed", "wrong-host", "expired", "no-name", "system-only"]
)
def test_certificates_are_checked(kind: str, security: str, ca: trustme.CA, ca_file: str) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = {
        "self-signed": lambda: trustme.CA().issue_cert("localhost"),
        "wrong-host": lambda: ca.issue_cert("elsewhere"),
        "expired": lambda: ca.issue_cert("localhost", not_after=past),
        "no-name": lambda: ca.issue_cert("other.example", common_name="localhost"),
    }.get(kind, lambda: ca.issue_cert("localhost"))()
    context = _context(certificate)

    def script(peer: Peer) -> None:
        if security == "starttls":
            _greet(peer)
            peer.line()
            peer.send(b"220 go\r\n")
        peer.tls(context)
        if security == "tls":
            peer.send(b"220 hello\r\n")
        peer.line()
        peer.send(_EHLO)
        peer.line()

    error, _ = _try(
        script,
        host="localhost",
        security=security,
        ca_file=None if kind == "system-only" else ca_file,
    )
    if kind == "good":
        assert error is None
    else:
        assert isinstance(error, TlsError)


# -- sign-in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mechanisms", "expected"),
    [
        (b"PLAIN LOGIN", [b"AUTH PLAIN " + base64.b64encode(b"\0u\0secret")]),
        (b"LOGIN", [b"AUTH LOGIN", base64.b64encode(b"u"), base64.b64encode(b"secret")]),
    ],
)
def test_password_mechanisms(mechanisms: bytes, expected: list[bytes]) -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        _greet(peer, b"250-here\r\n250 AUTH " + mechanisms + b"\r\n")
        for index in range(len(expected)):
            seen.append(peer.line())
            peer.send(b"235 in\r\n" if index == len(expected) - 1 else b"334 \r\n")
        peer.line()

    error, _ = _try(script, lambda s: s.login())
    assert error is None
    assert seen == expected


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"535 5.7.8 wrong", AuthError),
        (b"534 5.7.9 application password required", AuthError),
        (b"504 5.7.4 mechanism", AuthError),
        (b"454 4.7.0 later", TransportError),
        (b"421 4.7.0 Too many login attempts", ThrottledError),
        (b"451 too many connections", ThrottledError),
        (b"503 wrong order", TransportError),
        (b"nonsense", ProtocolError),
    ],
)
def test_only_a_rejected_sign_in_is_the_users_to_mend(
    reply: bytes, kind: type[TuiMailError]
) -> None:
    def script(peer: Peer) -> None:
        _greet(peer)
        peer.line()
        peer.send(reply + b"\r\n")
        peer.line()

    error, _ = _try(script, lambda s: s.login())
    assert isinstance(error, kind)
    assert isinstance(error, AuthError) == (kind is AuthError)


def test_the_oauth_challenge_is_kept() -> None:
    def script(peer: Peer) -> None:
        _greet(peer, b"250-here\r\n250 AUTH XOAUTH2\r\n")
        token = base64.b64decode(peer.line().split()[2])
        assert token == b"user=u\x01auth=Bearer secret\x01\x01"
        peer.send(b"334 " + base64.b64encode(b'{"status":"401","scope":"mail"}') + b"\r\n")
        assert peer.line() == b""
        peer.send(b"535 5.7.8 no\r\n")
        peer.line()

    error, _ = _try(script, lambda s: s.login(), auth="bearer")
    assert isinstance(error, AuthError)
    assert "status 401" in error.hint


@pytest.mark.parametrize("offer", [b"AUTH PLAIN LOGIN", b"AUTH OAUTHBEARER XOAUTH2"])
def test_a_token_goes_only_where_tokens_are_taken(offer: bytes) -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        _greet(peer, b"250-here\r\n250 " + offer + b"\r\n")
        seen.append(peer.line())
        peer.send(b"235 2.7.0 in\r\n")
        peer.line()

    error, _ = _try(script, lambda s: s.login(), auth="bearer")
    if b"OAUTHBEARER" in offer:
        assert error is None
        assert seen[0].startswith(b"AUTH OAUTHBEARER ")
        token = base64.b64decode(seen[0].split()[2])
        assert token.startswith(b"n,a=u,\x01host=127.0.0.1\x01port=")
        assert token.endswith(b"\x01auth=Bearer secret\x01\x01")
    else:
        assert isinstance(error, TransportError)
        assert not seen or b"AUTH" not in seen[0]


def test_a_server_without_mechanisms_gets_no_password() -> None:
    def script(peer: Peer) -> None:
        _greet(peer, b"250 here\r\n")
        peer.line()

    error, peer = _try(script, lambda s: s.login())
    assert isinstance(error, TransportError)
    assert b"AUTH" not in peer.received


# -- replies ---------------------------------------------------------------------------------


def _replies(octets: bytes) -> Callable[[int], bytes]:
    lines = iter(octets.splitlines(keepends=True))
    return lambda _limit: next(lines)


@pytest.mark.parametrize(
    ("octets", "code", "enhanced", "text"),
    [
        (b"250 ok\r\n", 250, "", "ok"),
        (b"250\r\n", 250, "", ""),
        (b"250-a\r\n250 b\r\n", 250, "", "a b"),
        (b"550-5.1.1 no\r\n550 5.1.1 such user\r\n", 550, "5.1.1", "no such user"),
        (b"550 4.1.1 odd\r\n", 550, "", "4.1.1 odd"),
        (b"550 \x1b]0;x\x07\r\n", 550, "", "␛]0;x␇"),
        (b"250 a\n", 250, "", "a"),
    ],
)
def test_replies_are_read(octets: bytes, code: int, enhanced: str, text: str) -> None:
    reply = read_reply(_replies(octets))
    assert (reply.code, reply.enhanced, reply.text) == (code, enhanced, text)


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"25 x\r\n",
        b"600 x\r\n",
        b"150 x\r\n",
        b"250x\r\n",
        b"250-a\r\n251 b\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"250-a\r\n" * 300,
    ],
)
def test_what_is_no_reply_is_refused(octets: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_reply(_replies(octets))


# -- envelope and body -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("a@b.example", "a@b.example"),
        ("a.b+c@b.example", "a.b+c@b.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("o'hara@[192.0.2.1]", "o'hara@[192.0.2.1]"),
    ],
)
def test_addresses_go_out_in_their_wire_form(address: str, wire: str) -> None:
    assert envelope_address(address, smtputf8=False) == wire


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b", "a@", "a b@c.d", "a@b c", "a>@b.c", "<a@b.c>", "a@b.c> SIZE=1",
        "a@b.c\r\nRCPT TO:<x@y>", "a\0@b.c", "a@b\n.c", "a,b@c.d", '"a b"@c.d', "a@-b.c",
        "a@b..c", "a\x85@b.c", "a\u2028@b.c", "jürgen@b.c", "a@" + "x" * 400,
    ],
)  # fmt: skip
def test_addresses_outside_the_grammar_are_refused(address: str) -> None:
    with pytest.raises(MailError):
        envelope_address(address, smtputf8=False)


def test_a_local_part_outside_ascii_needs_smtputf8() -> None:
    assert envelope_address("jürgen@b.example", smtputf8=True) == "jürgen@b.example"


@pytest.mark.parametrize("raw", [b"a\nb", b"a\rb", b"a\r\r\n", b"a\n\r\n", b"a\0", b"\n.\r\nMAIL"])
def test_bytes_that_could_smuggle_a_second_mail_are_refused(raw: bytes) -> None:
    with pytest.raises(MailError):
        stuffed(raw)


def _sink(seen: list[bytes], mails: list[bytes]) -> Script:
    """A strict server: commands until DATA, then lines until a single dot."""

    def script(peer: Peer) -> None:
        peer.send(b"220 hello\r\n")
        while True:
            line = peer.line()
            seen.append(line)
            if line.startswith(b"EHLO"):
                peer.send(b"250-here\r\n250-8BITMIME\r\n250 SIZE 100000\r\n")
            elif line == b"DATA":
                peer.send(b"354 go\r\n")
                lines = []
                while (text := peer.line()) != b".":
                    lines.append(text[1:] if text.startswith(b".") else text)
                mails.append(b"".join(text + b"\r\n" for text in lines))
                peer.send(b"250 2.0.0 taken as 42\r\n")
            else:
                peer.send(b"250 ok\r\n")

    return script


_lines = st.lists(
    st.one_of(
        st.sampled_from([b".", b"..", b".\tx", b"", b"MAIL FROM:<x@y>", b"QUIT", b".QUIT"]),
        st.binary(max_size=30).map(lambda b: re.sub(rb"[\r\n\0]", b"", b)),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(_lines, st.text(max_size=20))
def test_whatever_is_in_it_one_mail_arrives_as_it_is(lines: list[bytes], local: str) -> None:
    raw = b"Subject: x\r\n" + b"".join(line + b"\r\n" for line in lines)
    seen: list[bytes] = []
    mails: list[bytes] = []
    with serving(_sink(seen, mails)) as (port, _):
        session = _session(port)
        session.connect()
        assert session.mail_from("a@b.example", len(raw)).accepted
        assert session.rcpt_to("c@d.example").accepted
        extra = 0
        try:
            session.rcpt_to(f"{local}@d.example")
            extra = 1
        except MailError:
            pass
        assert session.data_begin().code == 354
        session.send_body(raw)
        reply = session.send_dot()
        assert (reply.code, reply.enhanced, reply.text) == (250, "2.0.0", "taken as 42")
        session.quit()
    assert mails == [raw]
    verbs = [line.split()[0] for line in seen]
    assert verbs == [b"EHLO", b"MAIL", b"RCPT", *[b"RCPT"] * extra, b"DATA", b"QUIT"]


def _up_to_body(session: SmtpSession) -> None:
    session.mail_from("a@b.example", len(_MAIL))
    session.rcpt_to("c@d.example")
    session.data_begin()
    session.send_body(_MAIL)


def test_the_dot_is_held_back_until_asked_for() -> None:
    seen: list[bytes] = []
    mails: list[bytes] = []
    with serving(_sink(seen, mails)) as (port, peer):
        session = _session(port)
        session.connect()
        _up_to_body(session)
        deadline = time.monotonic() + 5
        while not peer.received.endswith(b"..dot\r\nend\r\n"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        session.close()
    assert mails == []
    assert peer.received.endswith(b"..dot\r\nend\r\n")


def _until_dot(*reply: bytes) -> Script:
    def script(peer: Peer) -> None:
        _greet(peer, b"250 here\r\n")
        for _ in range(2):
            peer.line()
            peer.send(b"250 ok\r\n")
        peer.line()
        peer.send(b"354 go\r\n")
        while peer.line() != b".":
            pass
        if reply:
            peer.send(*reply)
            peer.line()

    return script


@pytest.mark.parametrize(
    "reply",
    [(), (b"garbage\r\n",), (b"250-half\r\n",), (b"2",)],
    ids=["eof", "garbage", "half", "cut"],
)
def test_after_the_dot_anything_but_a_whole_reply_is_an_exception(reply: tuple[bytes, ...]) -> None:
    with serving(_until_dot(*reply)) as (port, _):
        session = _session(port, timeout_dot=0.5)
        session.connect()
        _up_to_body(session)
        with pytest.raises(TransportError):
            session.send_dot()
        assert session.stage == "closed"


@pytest.mark.parametrize("code", [250, 421, 451, 552, 554])
def test_after_the_dot_a_whole_reply_is_the_verdict(code: int) -> None:
    with serving(_until_dot(b"%d said\r\n" % code)) as (port, _):
        session = _session(port)
        session.connect()
        _up_to_body(session)
        assert session.send_dot().code == code
        session.close()


def test_an_answer_during_the_body_is_a_refusal_before_the_dot() -> None:
    ready = threading.Event()

    def script(peer: Peer) -> None:
        _greet(peer, b"250 here\r\n")
        for _ in range(2):
            peer.line()
            peer.send(b"250 ok\r\n")
        peer.line()
        peer.send(b"354 go\r\n552 too much\r\n")
        ready.set()
        peer.until_closed()

    with serving(script) as (port, peer):
        session = _session(port)
        session.connect()
        session.mail_from("a@b.example", 9)
        session.rcpt_to("c@d.example")
        session.data_begin()
        assert ready.wait(5)
        with pytest.raises(TransportError):
            session.send_body(_MAIL)
        with pytest.raises(TransportError):
            session.send_dot()
    assert not peer.received.endswith(b"\r\n.\r\n")


def test_recipients_are_answered_one_by_one() -> None:
    replies = {b"good": b"250 2.1.5 ok", b"gone": b"550 5.1.1 no", b"later": b"451 4.7.1 grey"}

    def script(peer: Peer) -> None:
        _greet(peer, b"250 here\r\n")
        while True:
            line = peer.line()
            local = line.partition(b"<")[2].partition(b"@")[0]
            peer.send(replies.get(local, b"250 ok") + b"\r\n")

    with serving(script) as (port, _):
        session = _session(port)
        session.connect()
        session.mail_from("a@b.example", 9)
        got = [session.rcpt_to(f"{name.decode()}@d.example") for name in replies]
        assert [(r.code, r.enhanced) for r in got] == [
            (250, "2.1.5"),
            (550, "5.1.1"),
            (451, "4.7.1"),
        ]
        assert [r.accepted or r.transient or r.permanent for r in got] == [True] * 3
        assert session.rset().accepted
        assert session.stage == "ready"
        session.close()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"size": 1001}, "TOOBIG"),
        ({"size": 9, "smtputf8": True}, "SMTPUTF8"),
    ],
)
def test_what_the_server_announced_not_to_take_is_not_tried(
    arguments: dict[str, object], code: str
) -> None:
    def script(peer: Peer) -> None:
        _greet(peer)
        peer.line()

    error, peer = _try(script, lambda s: s.mail_from("a@b.example", **arguments))  # type: ignore[arg-type]
    assert isinstance(error, RefusedError)
    assert error.code == code
    assert b"MAIL" not in peer.received


def test_parameters_of_mail_are_only_those_offered() -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        _greet(peer)
        seen.append(peer.line())
        peer.send(b"250 ok\r\n")
        peer.line()

    _try(script, lambda s: s.mail_from("a@b.example", 9, body8=True))
    assert seen == [b"MAIL FROM:<a@b.example> SIZE=9 BODY=8BITMIME"]


def test_steps_cannot_be_taken_in_the_wrong_order() -> None:
    seen: list[bytes] = []
    with serving(_sink(seen, [])) as (port, _):
        session = _session(port)
        session.connect()
        for step in (
            session.data_begin,
            session.send_dot,
            lambda: session.send_body(_MAIL),
            lambda: session.rcpt_to("a@b.example"),
        ):
            with pytest.raises(ActionError):
                step()
        session.close()
    assert len(seen) == 1


def test_a_reply_nobody_asked_for_ends_the_connection() -> None:
    def script(peer: Peer) -> None:
        peer.send(b"220 hello\r\n")
        peer.line()
        peer.send(b"250 here\r\n250 ok\r\n")
        peer.line()

    error, peer = _try(script, lambda s: s.mail_from("a@b.example", 9))
    assert isinstance(error, ProtocolError)
    assert b"MAIL" not in peer.received


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (b"421 busy\r\n", ThrottledError),
        (b"554 Too many connections\r\n", ThrottledError),
        (b"554 no\r\n", TransportError),
        (b"", TransportError),
        (b"220-" + b"x" * 9000, ProtocolError),
    ],
)
def test_greetings(greeting: bytes, kind: type[TuiMailError]) -> None:
    error, _ = _try(lambda peer: peer.send(greeting))
    assert isinstance(error, kind)


def test_abort_ends_the_wait_for_the_verdict() -> None:
    def script(peer: Peer) -> None:
        _until_dot(b"250-wait\r\n")(peer)

    with serving(script) as (port, _):
        session = _session(port, timeout_dot=20.0)
        session.connect()
        _up_to_body(session)
        threading.Timer(0.1, session.abort).start()
        started = time.monotonic()
        with pytest.raises(TransportError):
            session.send_dot()
        assert time.monotonic() - started < 5
