"""What a client hears of changes made elsewhere: IDLE, CONDSTORE, QRESYNC, renumbering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tui_mail.demo.imap_server import ImapServer

USER = "mira@northwind.example"


@pytest.fixture
def server(running: Callable[[Any], ImapServer]) -> ImapServer:
    imap = ImapServer()
    account = imap.add_user(USER, "pw")
    for number in range(1, 6):
        account.append("INBOX", b"Subject: %d\n\nbody\n" % number)
    return running(imap)


@pytest.fixture
def client(server: ImapServer, wire: Callable[[Any], Any]) -> Any:
    return signed_in(server, wire)


def signed_in(server: ImapServer, wire: Callable[[Any], Any]) -> Any:
    found = wire(server)
    assert found.do(f"LOGIN {USER} pw")[-1].startswith(b"OK")
    return found


def test_idle_tells_of_every_change_at_once(
    server: ImapServer, client: Any, background: Any
) -> None:
    account = server.account()
    client.do("SELECT INBOX")
    client.write(b"i IDLE\r\n")
    assert client.line() == b"+ idling"
    background.call(account.append, "INBOX", b"Subject: new\n\n")
    assert client.line() == b"* 6 EXISTS"
    background.call(account.add_flags, "INBOX", [2], "\\Seen")
    assert client.line() == b"* 2 FETCH (FLAGS (\\Seen))"
    background.call(account.expunge, "INBOX", [1, 3])
    assert [client.line(), client.line()] == [b"* 3 EXPUNGE", b"* 1 EXPUNGE"]
    client.write(b"DONE\r\n")
    assert client.line() == b"i OK Idle completed"


def test_expunges_wait_for_a_legal_moment(server: ImapServer, client: Any) -> None:
    client.do("SELECT INBOX")
    server.account().expunge("INBOX", [2])
    answer = client.do("FETCH 1,3 (UID)")
    assert answer == [b"* 1 FETCH (UID 1)", b"* 3 FETCH (UID 3)", b"OK Fetch completed"]
    assert client.do("STORE 3 +FLAGS.SILENT (\\Seen)") == [b"OK Store completed"]
    assert client.do("NOOP") == [b"* 2 EXPUNGE", b"OK Done"]
    assert client.do("FETCH 2 (UID)")[0] == b"* 2 FETCH (UID 3)"


def test_a_mail_that_came_and_went_unseen_leaves_no_trace(server: ImapServer, client: Any) -> None:
    client.do("SELECT INBOX")
    uid = server.append("INBOX", b"Subject: short\n\n")
    server.account().expunge("INBOX", [uid])
    assert client.do("NOOP") == [b"* 6 EXISTS", b"* 6 EXPUNGE", b"OK Done"]


def test_changes_of_one_session_reach_the_other(
    server: ImapServer, client: Any, wire: Callable[[Any], Any]
) -> None:
    other = signed_in(server, wire)
    client.do("SELECT INBOX")
    other.do("SELECT INBOX")
    client.do("UID STORE 4 +FLAGS (\\Flagged)")
    assert other.do("NOOP")[0] == b"* 4 FETCH (FLAGS (\\Flagged))"
    client.do("UID MOVE 5 Archive")
    assert other.do("NOOP")[0] == b"* 5 EXPUNGE"


def test_changedsince_answers_only_what_changed_with_its_modseq(
    server: ImapServer, client: Any
) -> None:
    selected = client.do("SELECT INBOX (CONDSTORE)")
    assert b"* OK [HIGHESTMODSEQ 6] Highest" in selected
    server.account().add_flags("INBOX", [2], "\\Seen")
    answer = client.do("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6)")
    assert answer[0] == b"* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (7))"
    assert client.do("STATUS INBOX (HIGHESTMODSEQ)")[0] == b'* STATUS "INBOX" (HIGHESTMODSEQ 7)'
    assert client.do("UID SEARCH MODSEQ 7")[0] == b"* SEARCH 2 (MODSEQ 7)"


def test_unchangedsince_refuses_what_moved_on(server: ImapServer, client: Any) -> None:
    client.do("SELECT INBOX (CONDSTORE)")
    server.account().add_flags("INBOX", [2], "\\Seen")
    answer = client.do("UID STORE 1:2 (UNCHANGEDSINCE 6) +FLAGS.SILENT (\\Flagged)")
    assert b"* 1 FETCH (UID 1 MODSEQ (8))" in answer
    assert answer[-1] == b"OK [MODIFIED 2] Conditional store failed"
    assert server.account().flags_of("INBOX", 2) == {"\\Seen"}


def test_qresync_select_tells_what_happened_meanwhile(server: ImapServer, client: Any) -> None:
    account = server.account()
    box = account.mailbox("INBOX")
    known = box.modseq
    account.expunge("INBOX", [1, 2, 4])
    account.add_flags("INBOX", [3], "\\Seen")
    account.append("INBOX", b"Subject: new\n\n")
    client.do("ENABLE QRESYNC")
    answer = client.do(f"SELECT INBOX (QRESYNC ({box.uidvalidity} {known}))")
    assert b"* VANISHED (EARLIER) 1:2,4" in answer
    assert b"* 1 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (8))" in answer
    assert b"* 3 FETCH (UID 6 FLAGS () MODSEQ (9))" in answer
    limited = client.do(f"SELECT INBOX (QRESYNC ({box.uidvalidity} {known} 4:6))")
    assert limited[0].startswith(b"* OK [CLOSED]")
    assert b"* VANISHED (EARLIER) 4" in limited
    other = client.do(f"SELECT INBOX (QRESYNC ({box.uidvalidity + 1} {known}))")
    assert not any(b"VANISHED" in line for line in other)


def test_with_qresync_expunges_are_told_as_vanished(server: ImapServer, client: Any) -> None:
    client.do("ENABLE QRESYNC")
    client.do("SELECT INBOX")
    server.account().expunge("INBOX", [2, 3])
    assert client.do("NOOP")[0] == b"* VANISHED 2:3"
    answer = client.do("UID FETCH 1:100 (FLAGS) (CHANGEDSINCE 1 VANISHED)")
    assert answer[0] == b"* VANISHED (EARLIER) 2:3"
    assert [line.split()[4] for line in answer[1:-1]] == [b"1", b"4", b"5"]
    client.do("UID STORE 5 +FLAGS.SILENT (\\Deleted)")
    assert client.do("UID EXPUNGE 5") == [b"* VANISHED 5", b"OK [HIGHESTMODSEQ 9] Expunged"]


def test_vanished_is_refused_until_qresync_is_enabled(client: Any) -> None:
    client.do("SELECT INBOX")
    assert client.do("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)")[-1].startswith(b"BAD")
    assert client.do("SELECT INBOX (QRESYNC (1 1))")[-1].startswith(b"BAD")


@pytest.mark.parametrize("idle", [True, False])
@pytest.mark.parametrize("change", ["change_uidvalidity", "renumber"])
def test_a_new_generation_closes_the_sessions_that_had_the_folder(
    server: ImapServer, client: Any, background: Any, change: str, idle: bool
) -> None:
    account = server.account()
    old = account.mailbox("INBOX").uidvalidity
    account.expunge("INBOX", [1])
    client.do("SELECT INBOX")
    if idle:
        client.write(b"i IDLE\r\n")
        assert client.line() == b"+ idling"
    background.call(getattr(account, change), "INBOX")
    if not idle:
        client.write(b"n NOOP\r\n")
    assert client.line() == b"* BYE Mailbox was renumbered"
    assert client.line() == b""
    assert account.mailbox("INBOX").uidvalidity != old
    assert account.uids("INBOX")[0] == (1 if change == "renumber" else 2)


def test_a_deleted_folder_closes_its_sessions_and_a_renamed_one_does_not(
    server: ImapServer, client: Any
) -> None:
    account = server.account()
    account.create("A")
    account.append("A", b"Subject: x\n\n")
    client.do("SELECT A")
    account.rename("A", "B")
    assert client.do("UID FETCH 1 (UID)")[0] == b"* 1 FETCH (UID 1)"
    account.delete("B")
    assert client.do("NOOP") == [b"* BYE Mailbox was deleted"]


def test_emptying_a_folder_is_told(server: ImapServer, client: Any) -> None:
    client.do("SELECT INBOX")
    server.account().empty("INBOX")
    assert client.do("NOOP")[:-1] == [b"* %d EXPUNGE" % n for n in (5, 4, 3, 2, 1)]
