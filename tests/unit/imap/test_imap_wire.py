"""Whatever the arguments are, exactly one command goes out, and never a dangerous one (SEC-25)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.imap.scripted import Peer, signed_in
from tui_mail.errors import ActionError, TuiMailError
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet
from tui_mail.imap.wire import Literal, astring, checked, date_time, field_names, flag, section

nasty = st.one_of(
    st.text(max_size=40),
    st.text(alphabet='a"\\\r\n\0{}()%*]~ +é&-', max_size=30),
    st.sampled_from(['a"\r\nX1 DELETE INBOX', "{3}\r\nabc", "NIL", "", "~{9}", "\\Seen)", "é" * 9]),
)


def _calls(text: str) -> list[Callable[[ImapSession], object]]:
    octets = text.encode("utf-8", "surrogatepass")
    one = UidSet.span(1, 1)
    return [
        lambda s: s.search_header("Message-ID", text),
        lambda s: s.search_header(text, "x"),
        lambda s: s.create(octets),
        lambda s: s.create(s.wire_name(text)),
        lambda s: s.rename(octets, octets),
        lambda s: s.status(octets),
        lambda s: s.store_flags(one, add=[text], remove=[text]),
        lambda s: s.move(one, octets),
        lambda s: s.append(octets, b"x", [text], 0),
        lambda s: list(s.fetch_headers(one, (text,))),
        lambda s: s.fetch_part(1, text),
        lambda s: s.store_labels(one, add=[text]),
        lambda s: s.subscribe(octets),
        lambda s: s.delete(octets),
    ]


_COMMAND = re.compile(
    rb"(?:SELECT|CREATE|RENAME|STATUS|SUBSCRIBE|DELETE|APPEND|UID (?:SEARCH|FETCH|STORE|MOVE)) "
)


@settings(max_examples=60, deadline=None)
@given(nasty)
def test_any_text_yields_at_most_one_command_each(text: str) -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        while True:
            tag, rest = peer.command()
            seen.append(rest)
            peer.send(tag + b" OK done\r\n")

    with signed_in(script, b"LITERAL+ X-GM-EXT-1") as (session, _):
        for call in _calls(text):
            before = len(seen)
            try:
                call(session)
            except TuiMailError:
                pass
            sent = seen[before:]
            assert len(sent) <= 2
            assert all(_COMMAND.match(command) for command in sent)
            if len(sent) == 2:
                assert [b" +" in c or b" -" in c for c in sent] == [True, True]
        before = len(seen)
        session.noop()
        assert seen[before:] == [b"NOOP"]


@pytest.mark.parametrize(
    "command",
    [
        b"EXPUNGE",
        b"CLOSE",
        b"STORE 1 +FLAGS.SILENT (\\Seen)",
        b"FETCH 1 (FLAGS)",
        b"COPY 1 x",
        b"MOVE 1 x",
        b"UID STORE 1 FLAGS (\\Seen)",
        b"UID STORE 1 FLAGS.SILENT (\\Seen)",
        b"UID STORE 1 +FLAGS (\\Seen)",
        b"EXAMINE INBOX",
        b"NOOP\r\nT9 EXPUNGE",
        b"AUTHENTICATE PLAIN",
        b"SEARCH ALL",
    ],
)
def test_commands_that_could_lose_mail_cannot_be_sent(command: bytes) -> None:
    with pytest.raises(ActionError):
        checked([command])


@pytest.mark.parametrize("octet", [chr(n) for n in [*range(32), 127]])
def test_control_characters_are_in_no_argument(octet: str) -> None:
    for encode in (astring, flag):
        with pytest.raises(ActionError):
            encode(f"a{octet}b")


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("nil", b'"nil"'),
        ("", b'""'),
        ("a b", b'"a b"'),
        ('a"\\b', b'"a\\"\\\\b"'),
        ("a*", b'"a*"'),
        ("é", Literal("é".encode())),
    ],
)
def test_arguments_take_the_plainest_safe_form(value: str, wire: object) -> None:
    assert astring(value) == wire


@pytest.mark.parametrize("value", ["a b", "a)b", "\\", "", "\\Recent", "a{3}", "é", 'a"', "a]b"])
def test_flags_outside_the_grammar_are_not_echoed(value: str) -> None:
    with pytest.raises(ActionError):
        flag(value)


def test_header_names_and_part_numbers_are_checked() -> None:
    assert field_names(("From", "Message-ID")) == b"(FROM MESSAGE-ID)"
    assert section("1.2.MIME") == b"1.2.MIME"
    for name in ("a b", "a:", "", "a)", "é", "a\r"):
        with pytest.raises(ActionError):
            field_names((name,))
    for part in ("", "0", "1.", "1]", "a", "1\n", "1.2.3 "):
        with pytest.raises(ActionError):
            section(part)


def test_dates_are_written_in_english_and_utc() -> None:
    assert date_time(1_700_000_000) == b'"14-Nov-2023 22:13:20 +0000"'
