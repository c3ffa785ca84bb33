"""The header block: what an envelope says, and that nothing in a header can break it."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.mime.headers import HEADER_FIELDS, MAX_REFERENCES, parse_envelope
from tui_mail.model.addresses import Address


def envelope(text: str | bytes):
    raw = text.encode() if isinstance(text, str) else text
    return parse_envelope(raw.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"Hello", "Hello"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        (b"=?iso-8859-1*de?q?Gr=FC=DFe?=", "Grüße"),
        (b"=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?q?a?=  \n  =?iso-8859-1?q?=E4?=", "aä"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?koi8-r?B?8NLJ18XU?=", "Привет"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        (b"=?nonsense?q?abc=C3=A9?=", "abcé"),
        (b"=?zlib?b?eJxLBAAAYgBi?=", None),
        (b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
        ("Grüße roh".encode(), "Grüße roh"),
        ("Grüße roh".encode("latin-1"), "Grüße roh"),
        (b"=?utf-8?q?a=0D=0ABcc:_v@x?=", "a Bcc: v@x"),
        (b"=?utf-8?q?a=00b?=", "a b"),
        (b"folded\n subject", "folded subject"),
        (b"\xed\xa0\x80", None),
    ],
)
def test_a_subject_is_decoded_and_never_opens_another_header(raw: bytes, shown: str | None) -> None:
    subject = envelope(b"Subject: " + raw + b"\nFrom: a@b\n").subject
    assert not any(char in subject for char in "\r\n\0")
    subject.encode()
    if shown is not None:
        assert subject == shown


def test_raw_octets_are_read_in_the_charset_of_the_body() -> None:
    block = b"Subject: \xf0\xd2\xc9\xd7\xc5\xd4\nContent-Type: text/plain; charset=koi8-r\n"
    assert envelope(block).subject == "Привет"


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("a@b.c", [("", "a@b.c")]),
        ("<a@b.c>", [("", "a@b.c")]),
        ("Ada L. <a@b.c>", [("Ada L.", "a@b.c")]),
        ('"Ada, Countess" <a@b.c>', [("Ada, Countess", "a@b.c")]),
        ('"Ada \\"C\\" L" <a@b.c>', [('Ada "C" L', "a@b.c")]),
        ("a@b.c (Ada)", [("Ada", "a@b.c")]),
        ("a@b.c, d@e.f", [("", "a@b.c"), ("", "d@e.f")]),
        ("a@b.c; d@e.f", [("", "a@b.c"), ("", "d@e.f")]),
        ("undisclosed-recipients:;", []),
        ("Team: a@b.c, Di <d@e.f>;, g@h.i", [("", "a@b.c"), ("Di", "d@e.f"), ("", "g@h.i")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@b.c>", [("Jörg", "j@b.c")]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@b.c>', [("Jörg", "j@b.c")]),
        ('"a b"@c.d', [("", '"a b"@c.d')]),
        ("<@x,@y:a@b.c>", [("", "a@b.c")]),
        ("Ada <a@b.c", [("Ada", "a@b.c")]),
        ("a @ b . c", [("", "a@b.c")]),
        ("Nobody", [("Nobody", "")]),
        (",, ,", []),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("((((a)))) b@c.d (x (y) \\) z)", [("((a)) x (y) \\) z", "b@c.d")]),
        ("'Ada' <a@b.c>", [("Ada", "a@b.c")]),
        ("müller@exämple.de", [("", "müller@exämple.de")]),
    ],
)
def test_addresses_are_split_in_every_form(text: str, people: list[tuple[str, str]]) -> None:
    found = envelope(f"To: {text}\n").to
    if "((((" in text:
        assert [one.address for one in found] == ["b@c.d"]
    else:
        assert found == tuple(Address(*one) for one in people)


@pytest.mark.parametrize(
    ("header", "defect"),
    [
        ("From: a@b.c\nFrom: d@e.f", "several From headers"),
        ("From: a@b.c, d@e.f", "several senders"),
        ("From: ceo@bank.example <x@evil.example>", "sender's name holds another address"),
        ('From: "ceo@bank.example" <x@evil.example>', "sender's name holds another address"),
        (
            "From: =?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZQ==?= <x@e.f>",
            "sender's name holds another address",
        ),
        ("From: =?utf-8?b?cG90dXNAYi5j?=@evil.example", "malformed sender"),
        ("From: a@b.c@d.e", "malformed sender"),
        ("From: Nobody", "malformed sender"),
        ("From: <a@b.c> <d@e.f>", "malformed sender"),
        ("From: a\0@b.c", "malformed sender"),
        ("To: a@b.c", "no From header"),
    ],
)
def test_a_doubtful_sender_is_named(header: str, defect: str) -> None:
    assert defect in envelope(header + "\n").defects


def test_an_ordinary_sender_has_no_defect() -> None:
    assert envelope('From: "Ada (work)" <ada@b.example>\n').defects == ()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Mon, 2 Jan 2006 15:04:05 -0700", 1136239445),
        ("2 Jan 2006 22:04:05 GMT", 1136239445),
        ("Mon, 02 Jan 06 22:04:05 +0000 (UTC)", 1136239445),
        ("Mon, 2 Jan 2006 15:04 -0700", 1136239440),
        ("Mon Jan  2 22:04:05 2006", 1136239445),
        ("Mon Jan  2 15:04:05 MST 2006", 1136239445),
        ("2006-01-02T22:04:05Z", 1136239445),
        ("2006-01-02 22:04:05 +0000", 1136239445),
        ("Mon, 2 Jan 2006 10:04:05 PM +0000", 1136239445),
        ("Mon, 2 Jan 2006 23:04:05 CET", 1136239445),
        ("lun., 2 Jan 2006 22:04:05 +0000", 1136239445),
        ("Mon, 2-Jan-2006 22.04.05 GMT", 1136239445),
        ("", None),
        ("yesterday", None),
        ("Mon, 99 Jan 2006 15:04:05 -0700", None),
        ("Mon, 2 Foo 2006 15:04:05 -0700", None),
        ("Mon, 2 Jan 9999 15:04:05 -0700", None),
        ("9" * 5000, None),
    ],
)
def test_dates_are_read_tolerantly(text: str, seconds: int | None) -> None:
    assert envelope(f"Date: {text}\n").date == seconds


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        ("<a@b>", "<a@b>"),
        ("  <a@b>  comment", "<a@b>"),
        ("\n <a@b>", "<a@b>"),
        ("a@b", "<a@b>"),
        ("<[abc]@x>", "<[abc]@x>"),
        ("<>", ""),
        ("", ""),
        ("<a b@c>", ""),
    ],
)
def test_a_message_id_keeps_its_brackets(text: str, message_id: str) -> None:
    assert envelope(f"Message-ID: {text}\n").message_id == message_id


def test_long_references_keep_the_first_and_the_last_hundred() -> None:
    ids = [f"<{number}@x>" for number in range(500)]
    found = envelope("References: " + "\n ".join(ids) + "\n").references
    assert len(found) == MAX_REFERENCES
    assert (found[0], found[99], found[100], found[-1]) == ("<0@x>", "<99@x>", "<400@x>", "<499@x>")


@pytest.mark.parametrize(
    ("header", "attribute"),
    [
        ("List-Id: Some list <l.example>", "is_bulk"),
        ("List-Unsubscribe: <mailto:u@x>", "is_bulk"),
        ("Precedence: Bulk", "is_bulk"),
        ("Auto-Submitted: auto-replied (vacation)", "is_auto_reply"),
        ("X-Autoreply: yes", "is_auto_reply"),
        ("Content-Type: multipart/report; report-type=delivery-status", "is_report"),
        ('Content-Type: Multipart/Mixed; boundary="x"', "has_attachments"),
        ("Content-Type: application/pdf", "has_attachments"),
    ],
)
def test_the_kind_of_mail_is_recognised(header: str, attribute: str) -> None:
    assert getattr(envelope(header + "\n"), attribute) is True
    assert getattr(envelope("Auto-Submitted: no\nContent-Type: text/plain\n"), attribute) is False


def test_the_fingerprint_is_the_same_however_much_of_the_header_was_asked_for() -> None:
    wanted = b"From: a@b\r\nTo: c@d\r\nSubject: x\r\nDate: d\r\nMessage-ID: <1@x>\r\n"
    whole = b"Received: by x\r\n" + wanted + b"X-Other: y\r\n\r\nbody"
    assert parse_envelope(wanted).fingerprint == parse_envelope(whole).fingerprint
    other = wanted.replace(b"Subject: x", b"Subject: y")
    assert parse_envelope(other).fingerprint != parse_envelope(wanted).fingerprint
    assert len(parse_envelope(b"").fingerprint) == 16


def test_a_body_is_not_read_as_headers() -> None:
    assert envelope("From: a@b\n\nSubject: in the body\n").subject == ""


def test_every_field_of_an_envelope_comes_from_the_fields_that_sync_asks_for() -> None:
    values = dict.fromkeys(HEADER_FIELDS, "a@b.example")
    values |= {"Date": "Mon, 2 Jan 2006 15:04:05 -0700", "Content-Type": "application/pdf"}
    values |= {"X-Tui-Mail-Id": "0b1c", "References": "<a@b>", "In-Reply-To": "<a@b>"}
    found = envelope("".join(f"{name}: {value}\n" for name, value in values.items()))
    for name in ("message_id", "in_reply_to", "references", "subject", "date", "from_", "sender"):
        assert getattr(found, name), name
    for name in ("reply_to", "to", "cc", "bcc", "list_id", "list_unsubscribe", "tui_mail_id"):
        assert getattr(found, name), name


HOSTILE = {
    "parentheses": b"To: " + b"(" * 200_000,
    "angles": b"To: " + b"<" * 200_000,
    "quotes": b'To: "' + b'\\"' * 100_000,
    "commas": b"To: " + b"," * 200_000,
    "addresses": b"To: " + b"a@b.c," * 100_000,
    "groups": b"To: " + b"g:" * 100_000,
    "words": b"Subject: " + b"=?utf-8?q?a?= " * 50_000,
    "open words": b"Subject: " + b"=?utf-8?q?" * 50_000,
    "equals": b"Subject: " + b"=?" * 200_000,
    "parameters": b"Content-Type: text/plain; " + b"a=b;" * 100_000,
    "semicolons": b"Content-Type: text/plain;" + b";" * 300_000,
    "sections": b"Content-Type: text/plain; " + b"".join(b"a*%d=b;" % n for n in range(9000)),
    "fields": b"X: y\r\n" * 100_000,
    "no colon": b"a" * 1_000_000,
    "folds": b"Subject: a" + b"\r\n " * 200_000,
    "ids": b"References: " + b"<" * 300_000,
    "date": b"Date: " + b"1 " * 300_000,
    "nul": b"\0" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_costs_little(name: str) -> None:
    block = b"From: a@b\r\n" + HOSTILE[name] + b"\r\n\r\n"
    started = time.process_time()
    parse_envelope(block)
    assert time.process_time() - started < 0.35


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(data: bytes) -> None:
    for name in (b"From: ", b"Date: ", b"Subject: ", b"Content-Type: ", b"References: ", b""):
        found = parse_envelope(name + data)
        repr(found).encode()


def test_shuffled_syntax_never_raises() -> None:
    rng = random.Random(7)
    pieces = [
        "=?utf-8?q?",
        "?=",
        "<",
        ">",
        "(",
        ")",
        '"',
        "\\",
        "@",
        ",",
        ";",
        ":",
        "a",
        " ",
        "\n ",
        "=",
    ]
    for _ in range(3000):
        text = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 40)))
        found = envelope(f"From: {text}\nContent-Type: text/plain; {text}\nSubject: {text}\n")
        repr(found).encode()
