"""Answers no honest server gives: nothing is invented, nothing hangs, nothing grows (L3 to L10)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.unit.imap.scripted import Peer, Script, signed_in
from tui_mail.errors import (
    ActionError,
    ProtocolError,
    RefusedError,
    ThrottledError,
    TransportError,
)
from tui_mail.imap.session import ImapSession
from tui_mail.imap.uidset import UidSet

_FIELDS = ("FROM",)
_ROW = (
    b'* 1 FETCH (UID %d FLAGS () INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE 9'
    b" BODY[HEADER.FIELDS (FROM)] {3}\r\nabc)"
)


def _answers(*untagged: bytes, end: bytes = b"OK done") -> Script:
    def script(peer: Peer) -> None:
        peer.answer(*untagged, end=end)
        peer.until_closed()

    return script


def test_flags_of_other_messages_are_never_taken_for_the_ones_asked_for() -> None:
    lines = [
        b"* 9 FETCH (FLAGS (\\Deleted))",
        b"* 3 FETCH (UID 9 FLAGS (\\Seen))",
        b"* 4 FETCH (UID 10 FLAGS (\\Deleted))",
        b"* 5 FETCH (UID 8 BODY[] {3}\r\nabc)",
    ]
    with signed_in(_answers(*lines)) as (session, _):
        changes, _gone = session.fetch_flags(UidSet.of([8, 9]))
        assert [(change.uid, change.flags) for change in changes] == [(9, 1)]
        assert session.drain_notices()


def test_rows_without_all_items_or_for_other_uids_are_left_out() -> None:
    lines = [
        _ROW % 5,
        _ROW % 7,
        b"* 2 FETCH (UID 6 FLAGS (\\Seen))",
        b"* 3 FETCH (FLAGS (\\Deleted))",
        b"* 4 FETCH (UID 4 FLAGS () RFC822.SIZE 1 BODY[HEADER.FIELDS (FROM)] NIL)",
        b"* 5 FETCH (UID broken",
    ]
    with signed_in(_answers(*lines)) as (session, _):
        rows = list(session.fetch_headers(UidSet.of([4, 5, 6]), _FIELDS))
        assert [(row.uid, row.header, row.internal_date) for row in rows] == [
            (5, b"abc", 1_700_000_000)
        ]
        assert session.connected


def test_rows_in_any_order_and_shape_are_read() -> None:
    lines = [
        _ROW % 6,
        b'* 5 FETCH (BODY[HEADER.FIELDS ("From")] {3}\r\nabc'
        b" FLAGS (\\Seen $x) RFC822.SIZE 7 UID 5)",
        b'* 4 FETCH ((UID 4 RFC822.SIZE 7 FLAGS () BODY[HEADER.FIELDS (FROM)] "abc"))',
        b"* 3 fetch (uid 3 rfc822.size 7 flags () body[header.fields (from)] {0}\r\n)",
    ]
    with signed_in(_answers(*lines)) as (session, _):
        rows = list(session.fetch_headers(UidSet.span(3, 6), _FIELDS))
        assert [(r.uid, r.header, r.keywords) for r in rows] == [
            (6, b"abc", ()),
            (5, b"abc", ("$x",)),
            (4, b"abc", ()),
            (3, b"", ()),
        ]


def test_what_looks_like_an_answer_inside_a_literal_is_not_one() -> None:
    inner = b"\r\nT4 OK done\r\n* 2 FETCH (UID 2 FLAGS (\\Deleted))\r\n"
    line = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)" % (len(inner), inner)
    with signed_in(_answers(line)) as (session, _):
        assert [item.raw for item in session.fetch_bodies(UidSet.span(1, 2))] == [inner]
    odd = b"* 1 FETCH (UID 1 X {%d}\r\n%s FLAGS ())" % (len(inner), inner)
    with signed_in(_answers(odd)) as (session, _):
        assert session.fetch_flags(UidSet.span(1, 2))[0] == [(1, 0, (), 0)]


def test_a_body_the_server_does_not_give_is_left_out() -> None:
    lines = [b"* 1 FETCH (UID 1 BODY[] NIL)", b'* 2 FETCH (UID 2 BODY[] "")', b"* 3 FETCH (UID 3)"]
    with signed_in(_answers(*lines)) as (session, _):
        assert list(session.fetch_bodies(UidSet.span(1, 3))) == [(2, b"")]


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 BODY[] {900000000000}\r\n",
        b"* 1 FETCH (UID 1 BODY[] {104857601}\r\n",
        b"* 1 FETCH (UID 1 X {1048577000}\r\n",
        b"* 1 FETCH " + b"x" * 1_200_000,
        b"garbage that is no answer\r\n",
        b"T999 OK somebody else's\r\n",
        b"* BYE gone\r\n",
    ],
)
def test_an_answer_over_the_caps_or_out_of_protocol_closes_the_connection(answer: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.command()
        peer.send(answer)
        peer.until_closed()

    with signed_in(script) as (session, _):
        with pytest.raises(TransportError):
            list(session.fetch_bodies(UidSet.span(1)))
        assert not session.connected
        with pytest.raises(TransportError):
            session.noop()


@pytest.mark.parametrize(
    "cut", [b"", b"* 1 FETCH (UID 1 BODY[] {100}\r\nabc", b"* 1 FETCH (UID", b"T"]
)
def test_mails_that_came_whole_before_a_cut_are_kept(cut: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.command()
        peer.send(b"* 7 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n", cut)

    with signed_in(script) as (session, _):
        rows = session.fetch_bodies(UidSet.span(1))
        assert next(rows) == (7, b"abc")
        with pytest.raises(TransportError):
            next(rows)


def _drip(peer: Peer) -> None:
    peer.command()
    while True:
        peer.send(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize("call", ["noop", "fetch", "flags", "search"])
def test_a_drip_does_not_outlive_the_deadline(call: str) -> None:
    calls = {
        "noop": lambda s: s.noop(),
        "fetch": lambda s: list(s.fetch_bodies(UidSet.span(1))),
        "flags": lambda s: s.fetch_flags(UidSet.span(1)),
        "search": lambda s: s.search_all(),
    }
    with signed_in(_drip, timeout=0.4) as (session, _):
        started = time.monotonic()
        with pytest.raises(TransportError):
            calls[call](session)
        assert time.monotonic() - started < 3


def test_old_answers_are_not_taken_for_new_ones() -> None:
    def script(peer: Peer) -> None:
        peer.send(b"* OK [COPYUID 1 5 99] stale\r\n* 4 EXPUNGE\r\n")
        peer.answer()
        peer.until_closed()

    with signed_in(script) as (session, _):
        assert session._connection.link.wait(5) == "data"
        moved = session.move(UidSet.span(5, 5), b"Archive")
        assert moved.copyuid == {}
        assert session.drain_notices()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (b"* OK [COPYUID 9 5,7:6 1:3] x", {5: 1, 6: 2, 7: 3}),
        (b"* OK [COPYUID 9 5:6 1:3] x", {}),
        (b"* OK [COPYUID 9 4:5 1:2] x", {5: 2}),
        (b"* OK [COPYUID x 5 1] x", {}),
    ],
)
def test_only_fitting_copyuid_is_evidence(code: bytes, expected: dict[int, int]) -> None:
    with signed_in(_answers(code)) as (session, _):
        assert session.move(UidSet.span(5, 7), b"x").copyuid == expected


@pytest.mark.parametrize(
    ("line", "call"),
    [
        (
            b"* OK [COPYUID 9 1:4294967295 1:4294967295] x",
            lambda s: s.move(UidSet.span(5, 7), b"x"),
        ),
        (b'* ESEARCH (TAG "T") UID ALL 1:x', lambda s: s.search_all()),
        (b"* VANISHED (EARLIER) x", lambda s: s.select(b"INBOX")),
        (b"* OK [MODIFIED x] y", lambda s: s.store_flags(UidSet.span(1, 1), add=["a"])),
    ],
)
def test_numbers_that_cannot_be_close_the_connection(
    line: bytes, call: Callable[[ImapSession], object]
) -> None:
    with signed_in(_answers(line)) as (session, _):
        with pytest.raises(ProtocolError):
            call(session)
        assert not session.connected


def test_vanished_ranges_are_not_expanded() -> None:
    lines = [b"* VANISHED (EARLIER) 1:4294967295", b"* 1 FETCH (UID 3 FLAGS () MODSEQ (9))"]
    capability = b"ENABLE QRESYNC CONDSTORE"
    with signed_in(_answers(*lines), capability) as (session, _):
        changes, gone = session.fetch_flags(UidSet.span(1), changed_since=5, vanished=True)
        assert gone == UidSet.span(1)
        assert [(change.uid, change.modseq) for change in changes] == [(3, 9)]


def test_odd_folder_lines_are_skipped_and_told() -> None:
    lines = [
        b'* LIST () "/" INBOX',
        b'* LIST () "/" {18}\r\na\r\nX1 DELETE INBOX',
        b'* LIST (\\HasNoChildren "/" Broken',
        b'* LIST () "/" "evil\x1b]52;c;aGk=\x07"',
        b'* LIST () "/" Good',
        b'* LIST () "/" Good',
    ]
    with signed_in(_answers(*lines)) as (session, _):
        result = session.list_folders()
        assert [folder.name for folder in result.folders] == ["INBOX", "Good"]
        assert len(result.skipped) == 3
        assert all(line.isprintable() for line in result.skipped)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"* SEARCH 1 2 3 5", ((1, 3), (5, 5))),
        (b"* SEARCH", ()),
        (b"* SEARCH 7 (MODSEQ 9)", ((7, 7),)),
        (b"* SEARCH 0 4294967296 8 x -3", ((8, 8),)),
        (b'* ESEARCH (TAG "T3") UID ALL 1:4294967295', ((1, 4294967295),)),
        (b'* ESEARCH (TAG "T3") UID', ()),
        (b"* 5 EXISTS", ()),
    ],
)
def test_search_answers(line: bytes, expected: tuple[tuple[int, int], ...]) -> None:
    with signed_in(_answers(line)) as (session, _):
        assert session.search_all().ranges == expected


def test_a_refused_search_for_all_is_asked_as_a_fetch() -> None:
    def script(peer: Peer) -> None:
        peer.answer(end=b"BAD no")
        assert peer.answer(b"* 1 FETCH (UID 4)", b"* 2 FETCH (UID 5)") == b"UID FETCH 1:* (UID)"
        peer.until_closed()

    with signed_in(script) as (session, _):
        assert session.search_all().ranges == ((4, 5),)


def test_search_text_from_a_mail_cannot_become_a_command() -> None:
    with (
        signed_in(_answers()) as (session, peer),
        pytest.raises(ActionError),
    ):
        session.search_header("Message-ID", '<a"\r\nT9 UID EXPUNGE 1:*>')
    assert b"EXPUNGE" not in peer.received


@pytest.mark.parametrize(
    ("lines", "check"),
    [
        ([b"* 2 EXISTS", b"* 9 EXISTS", b"* 3 EXISTS"], lambda s: s.exists == 9),
        ([b"* OK [UIDVALIDITY 0] x"], lambda s: s.uidvalidity == 0),
        (
            [b"* [UIDVALIDITY 7]", b"* OK [UIDNEXT 3]"],
            lambda s: (s.uidvalidity, s.uidnext) == (7, 3),
        ),
        ([b"* OK [NOMODSEQ] x"], lambda s: s.highestmodseq is None),
        ([b"* NO [UIDNOTSTICKY] x"], lambda s: s.uid_not_sticky),
        ([b"* OK [UIDVALIDITY -4] x"], lambda s: s.uidvalidity == 0),
    ],
)
def test_select_takes_what_servers_write(lines: list[bytes], check: object) -> None:
    with signed_in(_answers(*lines)) as (session, _):
        assert check(session.select(b"INBOX"))  # type: ignore[operator]


def test_select_read_only_is_told() -> None:
    with signed_in(_answers(end=b"OK [READ-ONLY] x")) as (session, _):
        assert session.select(b"INBOX").read_only


def test_a_missing_uidnext_is_asked_for() -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"* 4 EXISTS", b"* OK [UIDVALIDITY 1] x")
        assert peer.answer(b"* 4 FETCH (UID 41)") == b"UID FETCH * (UID)"
        peer.until_closed()

    with signed_in(script) as (session, _):
        assert session.select(b"INBOX").uidnext == 42


def test_changes_of_the_folder_left_are_not_those_of_the_folder_entered() -> None:
    lines = [
        b"* 1 FETCH (UID 1 FLAGS (\\Deleted))",
        b"* VANISHED 2",
        b"* OK [CLOSED] x",
        b"* 5 EXISTS",
        b"* OK [UIDVALIDITY 3] x",
        b"* OK [UIDNEXT 9] x",
        b"* OK [HIGHESTMODSEQ 12] x",
        b"* VANISHED (EARLIER) 4:5",
        b"* 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (11))",
    ]
    with signed_in(_answers(*lines), b"ENABLE QRESYNC CONDSTORE") as (session, peer):
        selected = session.select(b"INBOX", qresync=(3, 10))
        assert selected.qresync
        assert selected.vanished.ranges == ((4, 5),)
        assert [(c.uid, c.flags, c.modseq) for c in selected.changes] == [(3, 1, 11)]
    assert b"SELECT INBOX (QRESYNC (3 10))" in peer.received


def test_another_uidvalidity_brings_no_changes() -> None:
    lines = [b"* OK [UIDVALIDITY 4] x", b"* OK [UIDNEXT 9] x", b"* VANISHED (EARLIER) 1:5"]
    with signed_in(_answers(*lines), b"ENABLE QRESYNC CONDSTORE") as (session, _):
        selected = session.select(b"INBOX", qresync=(3, 10))
        assert not selected.qresync
        assert not selected.vanished


def test_refusals_keep_the_connection_and_show_clean_text() -> None:
    def script(peer: Peer) -> None:
        peer.answer(end=b"NO [TRYCREATE] no such \x1b]0;x\x07 folder " + b"y" * 5000)
        peer.answer()
        peer.until_closed()

    with signed_in(script) as (session, _):
        with pytest.raises(RefusedError) as caught:
            session.move(UidSet.span(1, 1), b"nope")
        assert caught.value.code == "TRYCREATE"
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 250
        session.noop()


def test_a_server_that_asks_to_slow_down_is_told_apart() -> None:
    with (
        signed_in(_answers(end=b"NO [THROTTLED] slow")) as (session, _),
        pytest.raises(ThrottledError),
    ):
        session.noop()


def test_literals_wait_for_the_server_and_a_refusal_comes_before_the_mail() -> None:
    def script(peer: Peer) -> None:
        line = peer.line()
        peer.send(line.split()[0] + b" NO [OVERQUOTA] full\r\n")
        peer.answer()
        peer.until_closed()

    with signed_in(script) as (session, peer):
        with pytest.raises(RefusedError) as caught:
            session.append(b"Sent", b"z" * 10_000, (), 0)
        assert caught.value.code == "OVERQUOTA"
        session.noop()
    assert b"zzz" not in peer.received


def test_a_mail_over_the_announced_limit_is_not_sent() -> None:
    with signed_in(_answers(), b"APPENDLIMIT=100") as (session, peer):
        with pytest.raises(RefusedError) as caught:
            session.append(b"Sent", b"z" * 101, (), 0)
        assert caught.value.code == "TOOBIG"
    assert b"APPEND" not in peer.received


def test_appended_octets_are_those_given() -> None:
    raw = b"Subject: x\n\nbare\nlines\r\n\xff"
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        tag, rest = peer.command()
        seen.append(rest)
        peer.send(tag + b" OK [APPENDUID 5 77] done\r\n")
        peer.until_closed()

    with signed_in(script) as (session, _):
        result = session.append(b"Sent", raw, ["\\Seen"], 1_700_000_000)
    assert (result.uidvalidity, result.uid) == (5, 77)
    assert seen[0].endswith(b'"14-Nov-2023 22:13:20 +0000" {%d}\r\n' % len(raw) + raw)


def test_long_sets_go_out_in_commands_the_server_can_read() -> None:
    sizes: list[int] = []

    def script(peer: Peer) -> None:
        while True:
            tag, rest = peer.command()
            sizes.append(len(rest))
            peer.send(tag + b" OK done\r\n")

    with signed_in(script) as (session, _):
        session.fetch_flags(UidSet.of(range(1, 40_001, 2)))
    assert len(sizes) > 10
    assert max(sizes) < 8192


def test_without_uidplus_nothing_is_removed() -> None:
    def script(peer: Peer) -> None:
        peer.capability = b"IMAP4rev1"
        peer.answer(b"* CAPABILITY IMAP4rev1")
        peer.until_closed()

    with signed_in(script) as (session, peer):
        session._connection.ask_capabilities()
        for call in (
            lambda: session.uid_expunge(UidSet.span(1, 1)),
            lambda: session.move(UidSet.span(1, 1), b"x"),
        ):
            with pytest.raises(ActionError):
                call()
    assert b"UID" not in peer.received.partition(b"signed in")[2].replace(b"UIDPLUS", b"")


def test_a_move_without_move_removes_only_what_was_copied() -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.answer(b"* CAPABILITY IMAP4rev1 UIDPLUS")
        seen.append(peer.answer(end=b"OK [COPYUID 3 1,3 8:9] done"))
        seen.extend((peer.answer(), peer.answer()))
        peer.until_closed()

    with signed_in(script) as (session, _):
        session._connection.ask_capabilities()
        moved = session.move(UidSet.span(1, 4), b"Archive")
    assert moved.copyuid == {1: 8, 3: 9}
    assert moved.via == "copy+expunge"
    assert seen == [
        b"UID COPY 1:4 Archive",
        b"UID STORE 1,3 +FLAGS.SILENT (\\Deleted)",
        b"UID EXPUNGE 1,3",
    ]


def test_a_generator_left_early_closes_the_connection() -> None:
    lines = [b"* %d FETCH (UID %d BODY[] {1}\r\nx)" % (n, n) for n in range(1, 9)]
    with signed_in(_answers(*lines)) as (session, _):
        rows = session.fetch_bodies(UidSet.span(1))
        next(rows)
        with pytest.raises(ActionError):
            session.noop()
        rows.close()  # type: ignore[attr-defined]
        assert not session.connected


# -- IDLE ------------------------------------------------------------------------------------


def _idling(*after: bytes, before: bytes = b"", pause: float = 0.0) -> Script:
    def script(peer: Peer) -> None:
        tag, rest = peer.command()
        assert rest == b"IDLE"
        peer.send(before, b"+ idling\r\n", after[0] if after else b"")
        for piece in after[1:]:
            time.sleep(pause)
            peer.send(piece)
        assert peer.line() == b"DONE"
        peer.send(tag + b" OK done\r\n")
        peer.answer()
        peer.until_closed()

    return script


@pytest.mark.parametrize(
    "script",
    [
        _idling(b"* 5 EXISTS\r\n"),
        _idling(b"", b"* 5 EXI", b"STS\r\n", pause=0.05),
        _idling(before=b"* 5 EXISTS\r\n"),
        _idling(b"* OK still here\r\n", b"* 2 FETCH (FLAGS ())\r\n", pause=0.05),
        _idling(b"* VANISHED 3\r\n"),
    ],
    ids=["same-packet", "cut-line", "before-continuation", "after-keepalive", "vanished"],
)
def test_idle_sees_every_push_at_once(script: Script) -> None:
    with signed_in(script, b"IDLE") as (session, _):
        started = time.monotonic()
        result = session.idle(20)
        assert (result.dirty, result.reason) == (True, "changed")
        assert time.monotonic() - started < 5
        assert not session.noop()


def test_idle_is_woken_from_another_thread() -> None:
    with signed_in(_idling(), b"IDLE") as (session, _):
        threading.Timer(0.1, session.wake).start()
        started = time.monotonic()
        assert session.idle(20).reason == "woken"
        assert time.monotonic() - started < 5


def test_idle_ends_at_its_time() -> None:
    with signed_in(_idling(b"* OK still here\r\n"), b"IDLE") as (session, _):
        result = session.idle(0.2)
        assert (result.dirty, result.reason) == (False, "timeout")


def test_idle_on_a_closed_connection_is_an_error_not_a_spin() -> None:
    def script(peer: Peer) -> None:
        peer.command()
        peer.send(b"+ idling\r\n")

    with signed_in(script, b"IDLE") as (session, _):
        with pytest.raises(TransportError):
            session.idle(20)
        assert not session.connected


def test_idle_refused_is_an_error_and_the_connection_lives() -> None:
    with (
        signed_in(_answers(end=b"NO not now"), b"IDLE") as (session, _),
        pytest.raises(RefusedError),
    ):
        session.idle(20)


def test_without_idle_the_session_waits_and_asks() -> None:
    with signed_in(_answers(b"* 3 EXISTS")) as (session, _):
        assert session.idle(0.05).dirty


@pytest.mark.parametrize("kind", ["idle", "noop"])
def test_abort_ends_a_blocked_call_at_once(kind: str) -> None:
    def script(peer: Peer) -> None:
        peer.command()
        peer.send(b"+ idling\r\n")
        peer.until_closed()

    def call(session: ImapSession) -> object:
        return session.idle(20) if kind == "idle" else session.noop()

    with signed_in(script, b"IDLE", timeout=20) as (session, _):
        threading.Timer(0.1, session.abort).start()
        started = time.monotonic()
        with pytest.raises(TransportError):
            call(session)
        assert time.monotonic() - started < 5
