"""The server playing Gmail: one mail under many labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tui_mail.demo.gmail_account import GmailAccount
from tui_mail.demo.imap_server import ImapServer

USER = "mira@gmail.example"
ALL = "[Gmail]/All Mail"


@pytest.fixture
def server(running: Callable[[Any], ImapServer]) -> ImapServer:
    imap = ImapServer(gmail=True)
    imap.add_user(USER, "pw").append("INBOX", b"Message-ID: <1@a>\nSubject: One\n\n")
    return running(imap)


@pytest.fixture
def account(server: ImapServer) -> GmailAccount:
    found = server.account()
    assert isinstance(found, GmailAccount)
    return found


@pytest.fixture
def client(server: ImapServer, wire: Callable[[Any], Any]) -> Any:
    found = wire(server)
    found.do(f"LOGIN {USER} pw")
    found.do("SELECT INBOX")
    return found


def places(account: GmailAccount) -> set[str]:
    """The folders that hold a mail, without the prefix."""
    held = (name for name, box in account.mailboxes.items() if box.entries)
    return {name.removeprefix("[Gmail]/") for name in held}


CHANGES = [
    ("arrives", [], {"INBOX", "All Mail"}),
    ("archive by MOVE", ['UID MOVE 1 "[Gmail]/All Mail"'], {"All Mail"}),
    ("archive by label", ["UID STORE 1 -X-GM-LABELS (\\Inbox)"], {"All Mail"}),
    ("archive by EXPUNGE", ["UID STORE 1 +FLAGS (\\Deleted)", "UID EXPUNGE 1"], {"All Mail"}),
    ("a label by COPY", ["CREATE Work", "UID COPY 1 Work"], {"INBOX", "Work", "All Mail"}),
    ("a label by STORE", ["UID STORE 1 +X-GM-LABELS (Work)"], {"INBOX", "Work", "All Mail"}),
    ("move to a label", ["CREATE Work", "UID MOVE 1 Work"], {"Work", "All Mail"}),
    ("star", ["UID STORE 1 +FLAGS (\\Flagged)"], {"INBOX", "Starred", "All Mail"}),
    ("star by label", ["UID STORE 1 +X-GM-LABELS (\\Starred)"], {"INBOX", "Starred", "All Mail"}),
    ("trash by MOVE", ['UID MOVE 1 "[Gmail]/Trash"'], {"Trash"}),
    ("trash by COPY", ['UID COPY 1 "[Gmail]/Trash"'], {"Trash"}),
    ("spam", ['UID MOVE 1 "[Gmail]/Spam"'], {"Spam"}),
    (
        "out of trash",
        ['UID MOVE 1 "[Gmail]/Trash"', 'SELECT "[Gmail]/Trash"', "UID MOVE 1 INBOX"],
        {"INBOX", "All Mail"},
    ),
    (
        "for good, from trash only",
        [
            'UID MOVE 1 "[Gmail]/Trash"',
            'SELECT "[Gmail]/Trash"',
            "UID STORE 1 +FLAGS (\\Deleted)",
            "UID EXPUNGE 1",
        ],
        set(),
    ),
    (
        "expunge in All Mail only archives",
        ['SELECT "[Gmail]/All Mail"', "UID STORE 1 +FLAGS (\\Deleted)", "UID EXPUNGE 1"],
        {"All Mail"},
    ),
]


@pytest.mark.parametrize(
    ("commands", "held"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_where_a_mail_is_after(
    account: GmailAccount, client: Any, commands: list[str], held: set[str]
) -> None:
    for command in commands:
        assert client.do(command)[-1].startswith(b"OK")
    assert places(account) == held


def test_labels_leave_out_the_folder_they_are_read_in(account: GmailAccount, client: Any) -> None:
    client.do('UID STORE 1 +X-GM-LABELS (Work "Two Words" \\Important)')
    shown = client.do("UID FETCH 1 (X-GM-LABELS)")[0]
    assert shown == b'* 1 FETCH (UID 1 X-GM-LABELS ("Two Words" Work \\Important))'
    client.do('SELECT "[Gmail]/All Mail"')
    assert b"\\Inbox" in client.do("UID FETCH 1 (X-GM-LABELS)")[0]
    assert client.do("UID SEARCH X-GM-LABELS Work")[0] == b"* SEARCH 1"


def test_ids_are_the_same_in_every_folder_and_replies_share_the_thread(
    account: GmailAccount, client: Any
) -> None:
    account.append("[Gmail]/Sent Mail", b"Message-ID: <2@a>\nIn-Reply-To: <1@a>\n\n")
    first = account.mailbox("INBOX").entries[1].mail
    inbox = client.do("UID FETCH 1 (X-GM-MSGID X-GM-THRID)")[0]
    assert inbox == b"* 1 FETCH (UID 1 X-GM-MSGID %d X-GM-THRID %d)" % (first.msgid, first.thrid)
    client.do('SELECT "[Gmail]/All Mail"')
    assert client.do(f"UID SEARCH X-GM-MSGID {first.msgid}")[0] == b"* SEARCH 1"
    assert client.do(f"UID SEARCH X-GM-THRID {first.thrid}")[0] == b"* SEARCH 1 2"


def test_a_flag_set_in_one_folder_shows_in_all(account: GmailAccount, client: Any) -> None:
    client.do("UID STORE 1 +FLAGS (\\Seen)")
    assert account.flags_of(ALL, 1) == {"\\Seen"}


def test_special_folders_are_marked_and_their_parent_cannot_be_selected(client: Any) -> None:
    listed = client.do('LIST "" "*"')
    assert any(b"\\All" in line and b"All Mail" in line for line in listed)
    assert any(b"\\Noselect" in line and b'"[Gmail]"' in line for line in listed)
    assert client.do('SELECT "[Gmail]"')[-1].startswith(b"NO [NONEXISTENT]")


def test_deleting_a_label_keeps_its_mail(account: GmailAccount, client: Any) -> None:
    client.do("UID STORE 1 +X-GM-LABELS (Work)")
    client.do("UID STORE 1 -X-GM-LABELS (\\Inbox)")
    account.delete("Work")
    assert places(account) == {"All Mail"}


def test_gmail_items_are_unknown_elsewhere(
    running: Callable[[Any], ImapServer], wire: Callable[[Any], Any]
) -> None:
    plain = ImapServer()
    plain.add_user(USER, "pw").append("INBOX", b"Subject: x\n\n")
    client = wire(running(plain))
    client.do(f"LOGIN {USER} pw")
    client.do("SELECT INBOX")
    assert client.do("UID FETCH 1 (X-GM-LABELS)")[-1].startswith(b"BAD")
