"""The SMTP sink takes what smtplib sends, and fails where it is told to."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from tui_mail.demo.smtp_sink import DEFAULT_EXTENSIONS, Accepted, SmtpSink

FROM, TO = "mira@northwind.example", ["a@a.example", "b@b.example"]
MAIL = b"Subject: dots\r\n\r\n.one\r\n..two\r\n\xc3\xa9\r\n"


@pytest.fixture
def sink(running: Callable[[Any], SmtpSink]) -> SmtpSink:
    return running(SmtpSink())


@contextmanager
def client(sink: SmtpSink, timeout: float = 10) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=timeout) as found:
        yield found


def test_a_mail_is_taken_octet_for_octet(sink: SmtpSink) -> None:
    heard: list[Accepted] = []
    sink.on_accept = heard.append
    with client(sink) as smtp:
        smtp.sendmail(FROM, TO, MAIL, ["BODY=8BITMIME"])
    assert sink.accepted == heard
    taken = sink.accepted[0]
    assert (taken.mail_from, taken.rcpts, taken.raw) == (FROM, tuple(TO), MAIL)
    assert "BODY=8BITMIME" in taken.options


def test_two_mails_in_one_session_do_not_mix(sink: SmtpSink) -> None:
    with client(sink) as smtp:
        smtp.sendmail(FROM, TO[0], MAIL)
        smtp.sendmail(FROM, TO[1], MAIL)
    assert [mail.rcpts for mail in sink.accepted] == [(TO[0],), (TO[1],)]


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
def test_mail_is_taken_only_after_signing_in_when_there_are_users(
    running: Callable[[Any], SmtpSink], method: str
) -> None:
    sink = running(SmtpSink(users={FROM: "pw"}))
    with client(sink) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
            smtp.sendmail(FROM, TO, MAIL)
        smtp.user, smtp.password = FROM, "wrong"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.auth(method[5:].upper(), getattr(smtp, method))
        smtp.password = "pw"
        smtp.auth(method[5:].upper(), getattr(smtp, method))
        smtp.sendmail(FROM, TO, MAIL)
    assert sink.accepted[0].login == FROM


def test_a_token_signs_in(running: Callable[[Any], SmtpSink]) -> None:
    sink = running(SmtpSink(users={FROM: "pw"}))
    sink.tokens["token-1"] = FROM
    with client(sink) as smtp:
        smtp.ehlo()
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.auth("XOAUTH2", lambda challenge=None: _bearer("token-2", challenge))
        smtp.auth("XOAUTH2", lambda challenge=None: _bearer("token-1", challenge))
        smtp.sendmail(FROM, TO, MAIL)
    assert len(sink.accepted) == 1


def _bearer(token: str, challenge: bytes | None) -> str:
    return "" if challenge else f"user={FROM}\1auth=Bearer {token}\1\1"


@pytest.mark.parametrize("implicit", [True, False])
def test_tls_from_the_start_or_by_starttls(
    running: Callable[[Any], SmtpSink], implicit: bool
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    sink = running(SmtpSink(**{"ssl_context" if implicit else "starttls": context}))
    if implicit:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL("localhost", sink.port, context=trusting)
    else:
        smtp = smtplib.SMTP("localhost", sink.port)
        smtp.starttls(context=trusting)
    with smtp:
        smtp.ehlo()
        assert not smtp.has_extn("starttls")
        smtp.sendmail(FROM, TO, MAIL)
    assert len(sink.accepted) == 1


@pytest.mark.parametrize("announced", [True, False])
def test_too_big_is_refused_at_mail_or_at_the_dot(
    running: Callable[[Any], SmtpSink], announced: bool
) -> None:
    extensions = DEFAULT_EXTENSIONS if announced else DEFAULT_EXTENSIONS - {"SIZE"}
    sink = running(SmtpSink(size_limit=20, extensions=extensions))
    error = smtplib.SMTPSenderRefused if announced else smtplib.SMTPDataError
    with client(sink) as smtp, pytest.raises(error, match="552"):
        smtp.sendmail(FROM, TO, MAIL)
    assert sink.accepted == []


def test_parameters_of_extensions_not_offered_are_refused(
    running: Callable[[Any], SmtpSink],
) -> None:
    plain = running(SmtpSink())
    with client(plain) as smtp, pytest.raises(smtplib.SMTPRecipientsRefused, match="555"):
        smtp.sendmail(FROM, TO, MAIL, rcpt_options=["NOTIFY=FAILURE"])
    dsn = running(SmtpSink(extensions=DEFAULT_EXTENSIONS | {"DSN"}))
    with client(dsn) as smtp:
        smtp.sendmail(FROM, TO, MAIL, rcpt_options=["NOTIFY=FAILURE"])
    assert "NOTIFY=FAILURE" in dsn.accepted[0].options


DEATHS = [
    ("greeting", 0),
    ("ehlo", 0),
    ("mail", 0),
    ("rcpt", 0),
    ("data", 0),
    ("after-354", 0),
    ("before-dot", 0),
    ("dot", 0),
    ("after-dot", 1),
]


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize(("phase", "taken"), DEATHS)
def test_dying_at_a_phase_takes_the_mail_only_after_the_dot(
    sink: SmtpSink, phase: Any, taken: int, how: Any
) -> None:
    sink.faults.die(phase, how=how)
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)), client(sink) as smtp:
        smtp.sendmail(FROM, TO, MAIL * 100)
    assert len(sink.accepted) == taken
    with client(sink) as smtp:
        smtp.sendmail(FROM, TO, MAIL)
    assert len(sink.accepted) == taken + 1


def test_stalling_after_the_dot_leaves_the_sender_waiting_with_the_mail_taken(
    sink: SmtpSink,
) -> None:
    sink.faults.stall("after-dot")
    smtp = smtplib.SMTP("127.0.0.1", sink.port, timeout=0.3)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        smtp.sendmail(FROM, TO, MAIL)
    smtp.close()
    assert len(sink.accepted) == 1


ANSWERS = [
    ("mail", "451 4.3.0 Later", smtplib.SMTPSenderRefused, 0),
    ("data", "554 5.7.1 No", smtplib.SMTPDataError, 0),
    ("dot", "550 5.7.1 Spam", smtplib.SMTPDataError, 0),
    ("dot", "452 4.2.2 Full", smtplib.SMTPDataError, 0),
    ("after-dot", "451 4.3.0 Later", smtplib.SMTPDataError, 1),
    ("after-dot", "\x00rubbish", smtplib.SMTPResponseException, 1),
    ("mail", "421 4.7.0 Slow down", smtplib.SMTPSenderRefused, 0),
]


@pytest.mark.parametrize(("phase", "reply", "error", "taken"), ANSWERS)
def test_replies_can_be_replaced(
    sink: SmtpSink, phase: Any, reply: str, error: type[Exception], taken: int
) -> None:
    sink.faults.answer(phase, reply)
    with pytest.raises(error), client(sink) as smtp:
        smtp.sendmail(FROM, TO, MAIL)
    assert len(sink.accepted) == taken


def test_one_recipient_can_be_refused(sink: SmtpSink) -> None:
    sink.faults.refuse_recipient("B@b.example")
    with client(sink) as smtp:
        refused = smtp.sendmail(FROM, TO, MAIL)
    assert refused == {"b@b.example": (550, b"5.1.1 No such user")}
    assert sink.accepted[0].rcpts == ("a@a.example",)


def test_slow_octets_still_make_a_reply(sink: SmtpSink) -> None:
    sink.faults.byte_delay = 0.001
    started = time.monotonic()
    with client(sink) as smtp:
        smtp.noop()
    assert time.monotonic() - started > 0.03


def test_only_crlf_dot_crlf_ends_a_mail(sink: SmtpSink) -> None:
    with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as raw:
        lines = raw.makefile("rb")
        lines.readline()
        for command in (b"EHLO x", b"MAIL FROM:<a@a.example>", b"RCPT TO:<b@b.example>", b"DATA"):
            raw.sendall(command + b"\r\n")
            while lines.readline()[3:4] == b"-":
                pass
        raw.sendall(b"Subject: x\r\n\r\none\n.\nMAIL FROM:<evil@x.example>\r\n.\r\n")
        assert lines.readline().startswith(b"250")
    assert len(sink.accepted) == 1
    assert b"evil" in sink.accepted[0].raw
