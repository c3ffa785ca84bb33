"""The session against a real Dovecot: the answers the engine relies on (reliability §2.2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.integration.dovecot import PASSWORD, Dovecot
from tui_mail.errors import ActionError, AuthError, RefusedError, TlsError, TransportError
from tui_mail.imap.session import ImapSession, ImapSettings
from tui_mail.imap.uidset import UidSet
from tui_mail.model.messages import Flag

pytestmark = pytest.mark.dovecot

_FIELDS = ("FROM", "SUBJECT", "MESSAGE-ID")
Open = Callable[..., ImapSession]


def _mail(number: int, body: str = "hello") -> bytes:
    return (
        f"From: a{number}@x.example\r\nSubject: mail {number}\r\n"
        f"Message-ID: <{number}@t>\r\n\r\n{body}\r\n"
    ).encode()


@pytest.fixture
def open_session(dovecot: Dovecot, user: str) -> Iterator[Open]:
    """Open signed-in sessions; TLS unless told otherwise."""
    opened: list[ImapSession] = []

    def make(server: Dovecot = dovecot, security: str = "tls", name: str = user) -> ImapSession:
        port = server.tls_port if security == "tls" else server.port
        settings = ImapSettings(
            "localhost",
            port,
            security,  # type: ignore[arg-type]
            name,
            ca_file=server.ca_file,
            timeout_command=20,
        )
        session = ImapSession(settings, lambda: PASSWORD)
        opened.append(session)
        session.connect()
        return session

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def inbox(dovecot: Dovecot, user: str, open_session: Open) -> ImapSession:
    """A session with INBOX selected, holding mails 1 to 5."""
    dovecot.deliver(user, "INBOX", *(_mail(number) for number in range(1, 6)))
    session = open_session()
    session.select(b"INBOX")
    return session


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_every_kind_of_connection_signs_in(open_session: Open, security: str) -> None:
    session = open_session(security=security)
    assert session.tls_description.startswith("TLSv1.") == (security != "none")
    assert session.enabled >= {"QRESYNC"}
    assert session.server_id["name"] == "Dovecot"


def test_a_wrong_password_is_an_auth_error(dovecot: Dovecot, user: str) -> None:
    settings = ImapSettings("localhost", dovecot.tls_port, "tls", user, ca_file=dovecot.ca_file)
    session = ImapSession(settings, lambda: "wrong")
    with pytest.raises(AuthError):
        session.connect()
    session.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_unknown_authority_is_refused(dovecot: Dovecot, user: str, security: str) -> None:
    port = dovecot.tls_port if security == "tls" else dovecot.port
    settings = ImapSettings("localhost", port, security, user)  # type: ignore[arg-type]
    session = ImapSession(settings, lambda: PASSWORD)
    with pytest.raises(TlsError):
        session.connect()


def test_folders_come_with_roles_and_counters(
    dovecot: Dovecot, user: str, open_session: Open
) -> None:
    dovecot.deliver(user, "INBOX", _mail(1))
    dovecot.deliver(user, "Kunden", _mail(2))
    session = open_session()
    name = ImapSession.wire_name('Größe & "Zeug" 💌')
    session.create(name)
    folders = {folder.name: folder for folder in session.list_folders().folders}
    assert {f.role for f in folders.values() if f.role} == {
        "inbox",
        "sent",
        "drafts",
        "archive",
        "trash",
        "junk",
    }
    made = folders['Größe & "Zeug" 💌']
    assert made.wire_name == name
    counters = session.status(b"INBOX")
    assert counters.messages == 1
    assert counters.highestmodseq > 0
    assert session.status(made.wire_name).uidvalidity > 0
    session.rename(name, b"plain")
    session.subscribe(b"plain")
    session.delete(b"plain")
    with pytest.raises(RefusedError):
        session.select(b"plain")


def test_headers_flags_and_bodies_agree(inbox: ImapSession) -> None:
    rows = list(inbox.fetch_headers(UidSet.span(1), _FIELDS))
    assert [row.uid for row in rows] == [1, 2, 3, 4, 5]
    assert all(row.header.startswith(b"From: a") and row.modseq > 0 for row in rows)
    assert all(abs(row.internal_date - time.time()) < 600 for row in rows)
    bodies = dict(inbox.fetch_bodies(UidSet.of([2, 4])))
    assert bodies == {2: _mail(2), 4: _mail(4)}
    assert rows[1].size == len(bodies[2])
    changes, gone = inbox.fetch_flags(UidSet.span(1))
    assert [(change.uid, change.flags) for change in changes] == [(uid, 0) for uid in range(1, 6)]
    assert not gone


def test_a_body_is_read_in_chunks_and_by_part(inbox: ImapSession) -> None:
    whole = _mail(3)
    chunks = [inbox.fetch_chunk(3, offset, 16) for offset in range(0, len(whole), 16)]
    assert b"".join(chunks) == whole
    assert inbox.fetch_chunk(3, len(whole) + 10, 16) == b""
    assert inbox.fetch_part(3, "1") == b"hello\r\n"
    with pytest.raises(RefusedError):
        inbox.fetch_chunk(99, 0, 16)


def test_reading_never_marks_as_read(inbox: ImapSession) -> None:
    list(inbox.fetch_bodies(UidSet.span(1)))
    inbox.fetch_part(1, "1")
    list(inbox.fetch_headers(UidSet.span(1), _FIELDS))
    assert [change.flags for change in inbox.fetch_flags(UidSet.span(1))[0]] == [0] * 5


def test_searching(inbox: ImapSession) -> None:
    assert inbox.search_all().ranges == ((1, 5),)
    assert inbox.search_header("Message-ID", "3@t").ranges == ((3, 3),)
    assert not inbox.search_header("Message-ID", "3@t", since_uid=4)
    assert not inbox.search_header("Subject", "Größe")
    inbox.store_flags(UidSet.span(2, 3), add=[b"\\Deleted"])
    assert inbox.search_deleted().ranges == ((2, 3),)


def test_flags_are_added_and_removed_not_replaced(inbox: ImapSession) -> None:
    inbox.store_flags(UidSet.span(1, 1), add=["\\Seen", "$Forwarded", "Kunde"])
    inbox.store_flags(UidSet.span(1, 1), add=["\\Flagged"], remove=["\\Seen"])
    change = inbox.fetch_flags(UidSet.span(1, 1))[0][0]
    assert change.flags == Flag.FLAGGED | Flag.FORWARDED
    assert change.keywords == ("Kunde",)
    inbox.store_flags(UidSet.span(77, 77), add=["\\Seen"])


def test_a_store_on_changed_messages_is_told_not_done(inbox: ImapSession) -> None:
    before = inbox.status(b"INBOX").highestmodseq
    inbox.store_flags(UidSet.span(2, 2), add=["\\Flagged"])
    result = inbox.store_flags(UidSet.span(1, 3), add=["\\Seen"], unchanged_since=before)
    assert result.modified.ranges == ((2, 2),)
    flags = {change.uid: change.flags for change in inbox.fetch_flags(UidSet.span(1, 3))[0]}
    assert flags == {1: Flag.SEEN, 2: Flag.FLAGGED, 3: Flag.SEEN}


def test_changes_and_losses_since_a_moment(inbox: ImapSession, open_session: Open) -> None:
    base = inbox.select(b"INBOX")
    assert base.highestmodseq is not None
    other = open_session()
    other.select(b"INBOX")
    other.store_flags(UidSet.span(2, 2), add=["\\Seen"])
    other.move(UidSet.of([1, 4]), b"Archive")
    again = open_session().select(b"INBOX", qresync=(base.uidvalidity, base.highestmodseq))
    assert again.qresync
    assert [(change.uid, change.flags) for change in again.changes] == [(2, 1)]
    assert again.vanished.ranges == ((1, 1), (4, 4))
    assert (again.exists, again.uidnext) == (3, 6)
    changes, gone = inbox.fetch_flags(
        UidSet.span(1), changed_since=base.highestmodseq, vanished=True
    )
    assert [(change.uid, change.flags) for change in changes] == [(2, 1)]
    assert gone.ranges == ((1, 1), (4, 4))
    wrong = open_session().select(b"INBOX", qresync=(base.uidvalidity + 1, base.highestmodseq))
    assert not wrong.qresync
    assert not wrong.changes


def test_move_copy_and_append_give_evidence_only_when_something_happened(
    inbox: ImapSession,
) -> None:
    moved = inbox.move(UidSet.span(1, 2), b"Archive")
    assert moved.copyuid == {1: 1, 2: 2}
    assert moved.uidvalidity == inbox.status(b"Archive").uidvalidity
    assert inbox.move(UidSet.span(1, 2), b"Archive").copyuid == {}
    assert inbox.copy(UidSet.span(3, 3), b"Archive").copyuid == {3: 3}
    assert inbox.copy(UidSet.span(3, 3), b"Archive").copyuid == {3: 4}
    with pytest.raises(RefusedError) as caught:
        inbox.move(UidSet.span(3, 3), b"Nowhere")
    assert caught.value.code == "TRYCREATE"
    raw = _mail(9)
    result = inbox.append(b"Drafts", raw, ["\\Draft", "\\Seen"], 1_700_000_000)
    assert result.uid == 1
    inbox.select(b"Drafts")
    row = next(iter(list(inbox.fetch_headers(UidSet.span(1), _FIELDS))))
    assert (row.flags, row.internal_date) == (Flag.DRAFT | Flag.SEEN, 1_700_000_000)
    assert list(inbox.fetch_bodies(UidSet.span(1))) == [(1, raw)]


def test_expunge_removes_exactly_what_is_named(inbox: ImapSession) -> None:
    inbox.store_flags(UidSet.span(1, 3), add=["\\Deleted"])
    inbox.uid_expunge(UidSet.span(2, 2))
    assert inbox.search_all().ranges == ((1, 1), (3, 5))


def test_leaving_and_closing_expunge_nothing(inbox: ImapSession, open_session: Open) -> None:
    inbox.store_flags(UidSet.span(1, 3), add=["\\Deleted"])
    inbox.unselect()
    inbox.select(b"INBOX")
    inbox.close()
    assert open_session().select(b"INBOX").exists == 5


def test_what_another_client_does_is_noticed(
    dovecot: Dovecot, user: str, inbox: ImapSession, open_session: Open
) -> None:
    assert not inbox.noop()
    other = open_session()
    other.select(b"INBOX")
    other.store_flags(UidSet.span(1, 1), add=["\\Seen"])
    assert inbox.noop()
    other.append(b"INBOX", _mail(6), (), int(time.time()))
    assert inbox.noop()
    assert not inbox.noop()


def test_idle_reports_new_mail(inbox: ImapSession, open_session: Open) -> None:
    other = open_session()
    timer = threading.Timer(0.3, lambda: other.append(b"INBOX", _mail(6), (), int(time.time())))
    timer.start()
    started = time.monotonic()
    result = inbox.idle(20)
    timer.join()
    assert result.dirty
    assert time.monotonic() - started < 10
    assert inbox.search_all().highest == 6


def test_idle_over_tls_wakes_and_aborts(inbox: ImapSession) -> None:
    inbox.noop()
    threading.Timer(0.1, inbox.wake).start()
    assert inbox.idle(20).reason == "woken"
    threading.Timer(0.1, inbox.abort).start()
    started = time.monotonic()
    with pytest.raises(TransportError):
        inbox.idle(20)
    assert time.monotonic() - started < 5


@pytest.fixture
def plain(
    make_dovecot: Callable[..., Dovecot], user: str, open_session: Open
) -> tuple[Dovecot, ImapSession]:
    """A server that announces IMAP4rev1 and nothing else, without folder roles."""
    server = make_dovecot("IMAP4rev1", special_use=False)
    server.deliver(user, "INBOX", *(_mail(number) for number in range(1, 6)))
    return server, open_session(server)


def test_a_plain_server_is_used_with_what_it_has(plain: tuple[Dovecot, ImapSession]) -> None:
    _, session = plain
    assert session.enabled == frozenset()
    folders = session.list_folders().folders
    assert {f.role for f in folders if f.role_guessed} == {
        "sent",
        "drafts",
        "archive",
        "trash",
        "junk",
    }
    assert all(folder.status is None for folder in folders)
    assert session.status(b"INBOX").messages == 5
    selected = session.select(b"INBOX", qresync=(1, 1))
    assert (selected.exists, selected.uidnext, selected.qresync) == (5, 6, False)
    assert session.search_all().ranges == ((1, 5),)
    assert [row.modseq for row in session.fetch_headers(UidSet.span(1, 2), _FIELDS)] == [0, 0]
    assert len(session.fetch_flags(UidSet.span(1))[0]) == 5
    for refused in (
        lambda: session.fetch_flags(UidSet.span(1), changed_since=1),
        lambda: session.move(UidSet.span(1, 1), b"Archive"),
        lambda: session.uid_expunge(UidSet.span(1, 1)),
        lambda: session.store_labels(UidSet.span(1, 1), add=["x"]),
    ):
        with pytest.raises(ActionError):
            refused()
    assert session.search_all().ranges == ((1, 5),)


def test_without_move_but_uidplus_a_move_is_a_copy_and_a_named_removal(
    make_dovecot: Callable[..., Dovecot], user: str, open_session: Open
) -> None:
    server = make_dovecot("IMAP4rev1 UIDPLUS CONDSTORE ENABLE")
    server.deliver(user, "INBOX", *(_mail(number) for number in range(1, 6)))
    session = open_session(server)
    assert session.enabled == {"CONDSTORE"}
    session.select(b"INBOX")
    session.store_flags(UidSet.span(5, 5), add=["\\Deleted"])
    moved = session.move(UidSet.span(2, 3), b"Archive")
    assert (moved.copyuid, moved.via) == ({2: 1, 3: 2}, "copy+expunge")
    assert session.search_all().ranges == ((1, 1), (4, 5))


def test_condstore_without_qresync_reports_changes_only(
    make_dovecot: Callable[..., Dovecot], user: str, open_session: Open
) -> None:
    server = make_dovecot("IMAP4rev1 UIDPLUS CONDSTORE ENABLE")
    server.deliver(user, "INBOX", *(_mail(number) for number in range(1, 4)))
    session = open_session(server)
    base = session.select(b"INBOX").highestmodseq
    assert base is not None
    session.store_flags(UidSet.span(2, 2), add=["\\Seen"])
    changes, _gone = session.fetch_flags(UidSet.span(1), changed_since=base)
    assert [change.uid for change in changes] == [2]
    with pytest.raises(ActionError):
        session.fetch_flags(UidSet.span(1), changed_since=base, vanished=True)


def test_a_store_wiped_behind_the_server_shows_as_another_uidvalidity(
    dovecot: Dovecot, user: str, inbox: ImapSession, open_session: Open
) -> None:
    before = inbox.select(b"INBOX")
    inbox.close()
    time.sleep(1.1)  # Dovecot's uidvalidity is a time in whole seconds.
    dovecot.wipe(user)
    after = open_session().select(b"INBOX", qresync=(before.uidvalidity, before.highestmodseq or 1))
    assert after.uidvalidity != before.uidvalidity
    assert (after.exists, after.qresync) == (0, False)


def test_a_large_folder_is_read_whole(dovecot: Dovecot, user: str, open_session: Open) -> None:
    count = 3000
    dovecot.deliver(user, "INBOX", *(_mail(number) for number in range(1, count + 1)))
    session = open_session()
    session.select(b"INBOX")
    odd = UidSet.of(range(1, count + 1, 2))
    assert [row.uid for row in session.fetch_headers(odd, _FIELDS)] == list(odd.expand())
    assert len(session.fetch_flags(UidSet.span(1))[0]) == count
    assert sum(1 for _ in session.fetch_bodies(UidSet.span(1))) == count
