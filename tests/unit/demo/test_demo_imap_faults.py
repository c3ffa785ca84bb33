"""Each fault of the IMAP server does what it says, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tui_mail.demo.imap_server import ImapServer

USER = "mira@northwind.example"


@pytest.fixture
def server(running: Callable[[Any], ImapServer]) -> ImapServer:
    imap = ImapServer()
    account = imap.add_user(USER, "pw")
    for number in range(1, 4):
        account.append("INBOX", b"Subject: %d\n\none\ntwo\n" % number)
    return running(imap)


@pytest.fixture
def client(server: ImapServer, wire: Callable[[Any], Any]) -> Any:
    found = wire(server)
    found.do(f"LOGIN {USER} pw")
    found.do("SELECT INBOX")
    return found


@pytest.mark.parametrize("passed", range(5))
def test_cut_ends_the_connection_after_so_many_lines_even_inside_a_literal(
    server: ImapServer, client: Any, passed: int
) -> None:
    server.faults.cut(passed)
    client.write(b"x UID FETCH 1 (BODY.PEEK[])\r\n")
    whole = b"* 1 FETCH (UID 1 BODY[] {24}\r\nSubject: 1\r\n\r\none\r\ntwo\r\n)\r\n"
    assert client.rest() == b"".join(whole.splitlines(keepends=True)[:passed])


def test_cut_on_incoming_lines_does_not_execute_the_line(server: ImapServer, client: Any) -> None:
    server.faults.cut(1, direction="in")
    assert client.do("NOOP") == [b"OK Done"]
    assert client.do("UID STORE 1 +FLAGS (\\Seen)") == []
    assert server.account().flags_of("INBOX", 1) == frozenset()


def test_cut_can_reset_instead_of_closing(server: ImapServer, client: Any) -> None:
    server.faults.cut(0, how="rst")
    with pytest.raises(ConnectionResetError):
        client.do("NOOP")


def test_a_cut_acts_once(server: ImapServer, client: Any, wire: Callable[[Any], Any]) -> None:
    server.faults.cut(0)
    client.do("NOOP")
    assert wire(server).do("NOOP") == [b"OK Done"]


def test_counting_a_run_tells_where_it_can_be_cut(server: ImapServer, client: Any) -> None:
    server.faults.reset_counts()
    client.do("UID FETCH 1 (BODY.PEEK[])")
    assert (server.faults.lines_in, server.faults.lines_out) == (1, 7)


@pytest.mark.parametrize("then", ["fin", "go on"])
def test_swallow_executes_and_loses_the_reply(server: ImapServer, client: Any, then: str) -> None:
    server.faults.swallow("UID MOVE", nth=2, then=then)
    assert client.do("UID MOVE 1 Archive")[-1].startswith(b"OK")
    client.write(b"x UID MOVE 2 Archive\r\n")
    if then == "fin":
        assert client.line() == b""
    else:
        assert client.do("NOOP")[-1] == b"OK Done"
    assert server.account().uids("Archive") == [1, 2]


def test_delay_waits(server: ImapServer, client: Any) -> None:
    server.faults.delay("NOOP", 0.05)
    started = time.monotonic()
    client.do("NOOP")
    assert time.monotonic() - started >= 0.05


def test_insert_adds_untagged_lines(server: ImapServer, client: Any) -> None:
    server.faults.insert("UID FETCH", [b"* 7 FETCH (FLAGS ())"])
    server.faults.insert("UID FETCH", [b"* 2 EXPUNGE"], early=True)
    answer = client.do("UID FETCH 1 (UID)")
    assert answer[:-1] == [b"* 2 EXPUNGE", b"* 1 FETCH (UID 1)", b"* 7 FETCH (FLAGS ())"]
    assert client.do("UID FETCH 1 (UID)")[:-1] == [b"* 1 FETCH (UID 1)"]


def test_rewrite_changes_drops_and_multiplies_responses(server: ImapServer, client: Any) -> None:
    def lie(line: bytes) -> bytes | list[bytes] | None:
        if b"FETCH (UID 1)" in line:
            return None
        if b"FETCH (UID 2)" in line:
            return [line, line]
        return line.replace(b"UID 3", b"UID 99")

    server.faults.rewrite(lie)
    answer = client.do("UID FETCH 1:3 (UID)")
    assert [line.split()[-1] for line in answer[:-1]] == [b"2)", b"2)", b"99)"]
    server.faults.clear()
    assert len(client.do("UID FETCH 1:3 (UID)")) == 4


@pytest.mark.parametrize("status", ["NO", "BAD"])
def test_refuse_answers_without_executing(server: ImapServer, client: Any, status: str) -> None:
    server.faults.refuse("UID STORE 2", status, code="OVERQUOTA", text="Full")
    assert client.do("UID STORE 1 +FLAGS.SILENT (\\Seen)")[-1].startswith(b"OK")
    answer = client.do("UID STORE 2 +FLAGS (\\Seen)")
    assert answer == [f"{status} [OVERQUOTA] Full".encode()]
    assert server.account().flags_of("INBOX", 2) == frozenset()


def test_pretend_says_ok_without_effect(server: ImapServer, client: Any) -> None:
    server.faults.pretend("UID MOVE")
    assert client.do("UID MOVE 1 Archive") == [b"OK Done"]
    assert server.account().uids("INBOX") == [1, 2, 3]


def test_login_is_refused(server: ImapServer, wire: Callable[[Any], Any]) -> None:
    server.faults.refuse_login(times=1)
    assert wire(server).do(f"LOGIN {USER} pw")[-1].startswith(b"NO [AUTHENTICATIONFAILED]")
    assert wire(server).do(f"LOGIN {USER} pw")[-1].startswith(b"OK")


def test_bye_at_greeting_turns_connections_away(
    server: ImapServer, wire: Callable[[Any], Any]
) -> None:
    server.faults.bye_at_greeting("Too many", code="LIMIT")
    turned_away = wire(server)
    assert (turned_away.greeting, turned_away.line()) == (b"* BYE [LIMIT] Too many", b"")
    assert wire(server).greeting.startswith(b"* OK")


def test_stall_never_answers_and_keeps_the_connection(server: ImapServer, client: Any) -> None:
    server.faults.stall("UID FETCH")
    client._socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.do("UID FETCH 1 (UID)")
    assert len(server.sessions) == 1


def test_garbage_and_a_huge_literal_come_as_they_are(server: ImapServer, client: Any) -> None:
    server.faults.garbage("NOOP", b"\x00\xff no protocol\r\n")
    assert client.do("NOOP")[0] == b"\x00\xff no protocol"
    server.faults.huge_literal("NOOP", 9_999_999_999, sent=3)
    client.write(b"n NOOP\r\n")
    assert client.line() == b"* 1 FETCH (UID 1 BODY[] {9999999999}"


def test_every_client_line_is_recorded(server: ImapServer, client: Any) -> None:
    client.do("UID STORE 1 +FLAGS (\\Seen)")
    assert server.log[-1].endswith(b"UID STORE 1 +FLAGS (\\Seen)")
    assert not server.sent(b"EXPUNGE")
    assert not server.sent(b"CLOSE")


def test_a_restart_drops_every_connection_and_takes_new_ones(
    server: ImapServer, client: Any, wire: Callable[[Any], Any], background: Any
) -> None:
    background.wait(server.drop_connections())
    assert client.line() == b""
    assert wire(server).greeting.startswith(b"* OK")
