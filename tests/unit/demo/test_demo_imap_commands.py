"""The commands of the demo's IMAP server as real clients use them."""

from __future__ import annotations

import base64
import imaplib
import json
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import imapclient
import pytest
import trustme

from tui_mail.demo.imap_server import ImapServer

USER, PASSWORD = "mira@northwind.example", 's3cret "quoted\\'
MIXED = b"""\
From: "Okafor, Mira" <mira@northwind.example>
To: a@a.example, Team: b@b.example;
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= two
Message-ID: <mixed@x.example>
In-Reply-To: <first@x.example>
Date: Mon, 02 Nov 2026 10:00:00 +0100
Received: from one
 by two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b1"

preamble
--b1
Content-Type: multipart/alternative; boundary=b2

--b2
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

VGhlIGhpZGRlbiB3b3Jk
--b2
Content-Type: text/html

<p>html</p>
--b2--
--b1
Content-Type: message/rfc822

Subject: inner
From: c@c.example

inner body
--b1
Content-Type: application/pdf; name="a.pdf"
Content-Disposition: attachment; filename="a.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--b1--
"""


def plain(number: int, subject: str = "") -> bytes:
    text = subject or f"Mail {number}"
    return (
        f"From: p{number}@a.example\nTo: {USER}\nSubject: {text}\n"
        f"Message-ID: <{number}@a.example>\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\n"
        f"Body {number}\n"
    ).encode()


@pytest.fixture
def server(running: Callable[[Any], ImapServer]) -> ImapServer:
    imap = ImapServer()
    imap.add_user(USER, PASSWORD)
    return running(imap)


@pytest.fixture
def client(server: ImapServer) -> Iterator[imapclient.IMAPClient]:
    yield from connected(server)


def connected(server: ImapServer) -> Iterator[imapclient.IMAPClient]:
    client = imapclient.IMAPClient("127.0.0.1", server.port, ssl=False, timeout=10)
    client.login(USER, PASSWORD)
    yield client
    client.shutdown()


def raw_client(server: ImapServer) -> imaplib.IMAP4:
    client = imaplib.IMAP4("127.0.0.1", server.port, timeout=10)
    client.login(USER, PASSWORD)
    return client


def test_wrong_password_is_refused_and_the_right_one_is_not(server: ImapServer) -> None:
    client = imapclient.IMAPClient("127.0.0.1", server.port, ssl=False, timeout=10)
    with pytest.raises(imapclient.exceptions.LoginError, match="AUTHENTICATIONFAILED"):
        client.login(USER, "other")
    client.plain_login(USER, PASSWORD)
    assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_users_see_only_their_own_folders(server: ImapServer, client: Any) -> None:
    server.add_user("info@northwind.example", "pw").append("INBOX", plain(1))
    other = imapclient.IMAPClient("127.0.0.1", server.port, ssl=False, timeout=10)
    other.login("info@northwind.example", "pw")
    assert other.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"] == 1
    assert client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"] == 0


def test_a_token_signs_in_and_a_bad_one_gets_the_error_challenge(
    running: Callable[[Any], ImapServer], wire: Callable[[Any], Any]
) -> None:
    server = ImapServer(gmail=True)
    server.add_user(USER, PASSWORD)
    server.tokens["token-1"] = USER
    running(server)
    good = imapclient.IMAPClient("127.0.0.1", server.port, ssl=False, timeout=10)
    good.oauth2_login(USER, "token-1")
    bad = wire(server)
    sent = base64.b64encode(f"user={USER}\1auth=Bearer token-2\1\1".encode())
    bad.write(b"a AUTHENTICATE XOAUTH2 " + sent + b"\r\n")
    prompt, _, challenge = bad.line().partition(b" ")
    assert prompt == b"+"
    assert json.loads(base64.b64decode(challenge))["status"] == "401"
    bad.write(b"\r\n")
    assert bad.line().startswith(b"a NO [AUTHENTICATIONFAILED]")


@pytest.mark.parametrize("implicit", [True, False])
def test_tls_from_the_start_or_by_starttls(
    running: Callable[[Any], ImapServer], implicit: bool
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = ImapServer(**{"ssl_context" if implicit else "starttls": context})
    server.add_user(USER, PASSWORD)
    running(server)
    client = imapclient.IMAPClient(
        "localhost", server.port, ssl=implicit, ssl_context=trusting if implicit else None
    )
    if not implicit:
        assert b"STARTTLS" in client.capabilities()
        client.starttls(trusting)
    client.login(USER, PASSWORD)
    assert b"STARTTLS" not in client.capabilities()
    assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_folders_are_made_renamed_listed_and_removed(client: Any) -> None:
    client.create_folder("Kunden/Köln & Bonn/日本")
    client.rename_folder("Kunden/Köln & Bonn", "Kunden/Bonn")
    names = [name for _, _, name in client.list_folders("", "*")]
    assert "Kunden/Bonn/日本" in names
    assert [name for _, _, name in client.list_folders("Kunden/", "%")] == ["Kunden/Bonn"]
    client.delete_folder("Kunden/Bonn/日本")
    assert "Kunden/Bonn/日本" not in [name for _, _, name in client.list_folders()]
    client.unsubscribe_folder("Spam")
    assert "Spam" not in [name for _, _, name in client.list_sub_folders()]
    with pytest.raises(imapclient.exceptions.IMAPClientError, match="NONEXISTENT"):
        client.select_folder("Nowhere")


def test_special_use_tells_what_a_folder_is_for(client: Any) -> None:
    assert client.find_special_folder(b"\\Sent") == "Sent"
    assert client.find_special_folder(b"\\Trash") == "Trash"


def test_list_can_return_status_of_every_folder(server: ImapServer) -> None:
    server.append("INBOX", plain(1))
    client = raw_client(server)
    client._simple_command("LIST", '"" "*" RETURN (SPECIAL-USE STATUS (MESSAGES HIGHESTMODSEQ))')
    assert b'"INBOX" (MESSAGES 1 HIGHESTMODSEQ 2)' in client.response("STATUS")[1]


def test_append_answers_the_uid_and_keeps_flags_date_and_octets(client: Any) -> None:
    raw = b"Subject: x\r\n\r\n\xff\x00 \r\n"
    when = datetime(2026, 10, 3, 4, 5, 6, tzinfo=UTC)
    answer = client.append("Sent", raw, (b"\\Seen", b"$Work"), when)
    assert re.search(rb"APPENDUID \d+ 1\]", answer)
    client.normalise_times = False
    client.select_folder("Sent")
    found = client.fetch([1], ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])[1]
    assert found[b"BODY[]"] == raw
    assert set(found[b"FLAGS"]) == {b"\\Seen", b"$Work"}
    assert found[b"INTERNALDATE"] == when
    with pytest.raises(imapclient.exceptions.IMAPClientError, match="TRYCREATE"):
        client.append("Nowhere", raw)


SECTIONS = [
    ("BODY.PEEK[1.1]", b"BODY[1.1]", b"VGhlIGhpZGRlbiB3b3Jk"),
    ("BODY.PEEK[1.2]", b"BODY[1.2]", b"<p>html</p>"),
    ("BODY.PEEK[1.2.MIME]", b"BODY[1.2.MIME]", b"Content-Type: text/html\r\n\r\n"),
    ("BODY.PEEK[2.1]", b"BODY[2.1]", b"inner body"),
    ("BODY.PEEK[2.TEXT]", b"BODY[2.TEXT]", b"inner body"),
    (
        "BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]",
        b"BODY[2.HEADER.FIELDS (SUBJECT)]",
        b"Subject: inner\r\n\r\n",
    ),
    ("BODY.PEEK[3]", b"BODY[3]", b"JVBERi0="),
    ("BODY.PEEK[3]<2.3>", b"BODY[3]<2>", b"BER"),
    ("BODY.PEEK[9]", b"BODY[9]", None),
    (
        "BODY.PEEK[HEADER.FIELDS (RECEIVED)]",
        b"BODY[HEADER.FIELDS (RECEIVED)]",
        b"Received: from one\r\n by two\r\n\r\n",
    ),
]


@pytest.mark.parametrize(("item", "key", "octets"), SECTIONS)
def test_sections_give_the_octets_of_their_part(
    server: ImapServer, client: Any, item: str, key: bytes, octets: bytes | None
) -> None:
    server.append("INBOX", MIXED)
    client.select_folder("INBOX")
    assert client.fetch([1], [item])[1][key] == octets
    assert server.account().flags_of("INBOX", 1) == frozenset()


def test_header_fields_not_leaves_the_named_out(server: ImapServer, client: Any) -> None:
    server.append("INBOX", MIXED)
    client.select_folder("INBOX")
    found = client.fetch([1], ["BODY.PEEK[HEADER.FIELDS.NOT (RECEIVED SUBJECT)]"])[1]
    header = found[b"BODY[HEADER.FIELDS.NOT (RECEIVED SUBJECT)]"]
    assert b"by two" not in header
    assert b"Message-ID: <mixed@x.example>" in header


def test_reading_a_body_marks_it_seen_but_peeking_or_examining_does_not(
    server: ImapServer, client: Any
) -> None:
    server.append("INBOX", plain(1))
    client.select_folder("INBOX", readonly=True)
    client.fetch([1], ["BODY[]"])
    client.select_folder("INBOX")
    client.fetch([1], ["BODY.PEEK[]"])
    assert server.account().flags_of("INBOX", 1) == frozenset()
    assert client.fetch([1], ["BODY[]"])[1][b"FLAGS"] == (b"\\Seen",)


def test_envelope_and_bodystructure_describe_the_mail(server: ImapServer, client: Any) -> None:
    server.append("INBOX", MIXED)
    client.select_folder("INBOX")
    found = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE"])[1]
    envelope = found[b"ENVELOPE"]
    assert envelope.subject == b"=?utf-8?q?Gr=C3=BC=C3=9Fe?= two"
    assert str(envelope.from_[0]) == '"Okafor, Mira" <mira@northwind.example>'
    assert [a.host for a in envelope.to] == [b"a.example", b"b.example"]
    assert envelope.in_reply_to == b"<first@x.example>"
    parts, subtype = found[b"BODYSTRUCTURE"][:2]
    assert subtype == b"MIXED"
    assert [part[1] for part in parts[1:]] == [b"RFC822", b"PDF"]
    assert parts[2][8] == (b"ATTACHMENT", (b"FILENAME", b"a.pdf"))
    assert found[b"RFC822.SIZE"] == len(MIXED) + MIXED.count(b"\n")


SEARCHES = [
    (["ALL"], [1, 2, 3, 4]),
    (["UNSEEN"], [2, 3, 4]),
    (["SEEN"], [1]),
    (["NOT", "SEEN"], [2, 3, 4]),
    (["FLAGGED"], [2]),
    (["KEYWORD", "$Work"], [3]),
    (["UNKEYWORD", "$Work"], [1, 2, 4]),
    (["DELETED"], []),
    (["UID", "2:3"], [2, 3]),
    (["UID", "3:*"], [3, 4]),
    (["FROM", "p2@a"], [2]),
    (["SUBJECT", "grüße"], [4]),
    (["HEADER", "Message-ID", "<3@a.example>"], [3]),
    (["BODY", "hidden word"], [4]),
    (["TEXT", "mixed@x.example"], [4]),
    (["OR", ["SEEN"], ["FLAGGED"]], [1, 2]),
    (["SINCE", date(2026, 11, 1)], [2, 3, 4]),
    (["BEFORE", date(2026, 11, 1)], [1]),
    (["ON", date(2026, 10, 1)], [1]),
    (["LARGER", 400], [4]),
]


@pytest.mark.parametrize(("criteria", "found"), SEARCHES)
def test_search_keys(
    server: ImapServer, client: Any, criteria: list[Any], found: list[int]
) -> None:
    server.append("INBOX", plain(1), ["\\Seen"], datetime(2026, 10, 1, tzinfo=UTC))
    server.append("INBOX", plain(2), ["\\flagged"], datetime(2026, 11, 2, tzinfo=UTC))
    server.append("INBOX", plain(3), ["$Work"], datetime(2026, 11, 2, tzinfo=UTC))
    server.append("INBOX", MIXED, (), datetime(2026, 11, 2, tzinfo=UTC))
    client.select_folder("INBOX")
    assert client.search(criteria, "UTF-8") == found


def test_esearch_answers_in_one_line(server: ImapServer) -> None:
    for number in range(1, 6):
        server.append("INBOX", plain(number))
    server.account().expunge("INBOX", [4])
    client = raw_client(server)
    client.select("INBOX")
    client._simple_command("UID", "SEARCH RETURN (ALL COUNT MIN MAX) ALL")
    line = client.response("ESEARCH")[1][0]
    assert line.endswith(b"UID MIN 1 MAX 5 ALL 1:3,5 COUNT 4")


def test_store_adds_removes_and_replaces_flags(server: ImapServer, client: Any) -> None:
    server.append("INBOX", plain(1), ["\\Seen"])
    client.select_folder("INBOX")
    assert client.add_flags([1], [b"\\Flagged"])[1] == (b"\\Flagged", b"\\Seen")
    client.remove_flags([1], [b"\\Seen"], silent=True)
    assert server.account().flags_of("INBOX", 1) == {"\\Flagged"}
    client.set_flags([1], [b"$Later"])
    assert server.account().flags_of("INBOX", 1) == {"$Later"}


def test_an_examined_folder_takes_no_change(server: ImapServer, client: Any) -> None:
    server.append("INBOX", plain(1))
    client.select_folder("INBOX", readonly=True)
    with pytest.raises(imapclient.exceptions.IMAPClientError, match="READ-ONLY"):
        client.add_flags([1], [b"\\Seen"])


@pytest.mark.parametrize("verb", ["COPY", "MOVE"])
def test_copy_and_move_tell_the_new_uids(server: ImapServer, verb: str) -> None:
    account = server.account()
    for number in range(1, 5):
        account.append("INBOX", plain(number), ["\\Seen"])
    account.append("Archive", plain(9))
    client = raw_client(server)
    client.select("INBOX")
    answer = client.uid(verb, "2:3", "Archive")[1]
    lines = [*answer, *client.response("COPYUID")[1], *client.response("OK")[1]]
    validity = account.mailbox("Archive").uidvalidity
    assert any(b"%d 2:3 2:3" % validity in (line or b"") for line in lines)
    assert account.flags_of("Archive", 3) == {"\\Seen"}
    assert account.uids("INBOX") == ([1, 4] if verb == "MOVE" else [1, 2, 3, 4])


def test_uid_expunge_takes_only_the_named_and_flagged(server: ImapServer, client: Any) -> None:
    for number in range(1, 5):
        server.append("INBOX", plain(number))
    client.select_folder("INBOX")
    client.delete_messages([1, 2])
    client.uid_expunge([2, 3])
    assert server.account().uids("INBOX") == [1, 3, 4]
    client.expunge()
    assert server.account().uids("INBOX") == [3, 4]


def test_close_expunges_and_unselect_does_not(server: ImapServer, client: Any) -> None:
    server.append("INBOX", plain(1), ["\\Deleted"])
    client.select_folder("INBOX")
    client.unselect_folder()
    assert server.account().uids("INBOX") == [1]
    client.select_folder("INBOX")
    client.close_folder()
    assert server.account().uids("INBOX") == []
    assert server.sent(b"CLOSE")


def test_what_is_left_out_of_the_capabilities_is_not_understood(
    running: Callable[[Any], ImapServer],
) -> None:
    server = ImapServer(without=["MOVE", "UIDPLUS", "CONDSTORE", "QRESYNC", "IDLE", "SPECIAL-USE"])
    server.add_user(USER, PASSWORD)
    server.append("INBOX", plain(1))
    running(server)
    client = raw_client(server)
    client.select("INBOX")
    assert client.response("HIGHESTMODSEQ")[1] == [None]
    for command, rest in (
        ("MOVE", "1 Archive"),
        ("UID", "MOVE 1 Archive"),
        ("UID", "EXPUNGE 1"),
        ("IDLE", ""),
        ("UID", "FETCH 1 (MODSEQ)"),
        ("UID", "FETCH 1 (FLAGS) (CHANGEDSINCE 1)"),
    ):
        with pytest.raises(imaplib.IMAP4.error, match="BAD"):
            client._simple_command(command, rest) if rest else client._simple_command(command)
    assert client.append("INBOX", None, None, b"Subject: x\r\n\r\n")[1] == [b"Appended"]
    client._simple_command("LIST", '"" "*"')
    assert not any(b"\\Sent" in line for line in client.response("LIST")[1])


@pytest.mark.parametrize(
    "line",
    [
        "FROB",
        "UID",
        "SELECT",
        "FETCH 1 FLAGS",
        "UID FROB 1",
        "APPEND INBOX (",
        "STORE 1:x FLAGS ()",
    ],
)
def test_rubbish_is_answered_with_bad_and_the_session_goes_on(
    server: ImapServer, wire: Callable[[Any], Any], line: str
) -> None:
    client = wire(server)
    assert client.do(f'LOGIN {USER} "s3cret \\"quoted\\\\"')[-1].startswith(b"OK")
    assert client.do(line)[-1].startswith(b"BAD")
    assert client.do("SELECT INBOX")[-1].startswith(b"OK [READ-WRITE]")


def test_fifty_thousand_mails_are_listed_without_trouble(server: ImapServer, client: Any) -> None:
    for number in range(50_000):
        server.append("INBOX", b"Subject: %d\r\n\r\nx\r\n" % number)
    assert client.select_folder("INBOX")[b"EXISTS"] == 50_000
    raw = raw_client(server)
    raw.select("INBOX")
    assert len(raw.uid("FETCH", "1:*", "(FLAGS)")[1]) == 50_000
    client.delete_messages(list(range(1, 50_000, 2)), silent=True)
    client.uid_expunge(["1:*"])
    assert client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"] == 25_000
