"""What the store keeps of a mail: text, snippet, attachments, digest, bytes, delivery reports."""

from __future__ import annotations

import base64
import time

import pytest

from tui_mail.errors import MailError
from tui_mail.mime.extracting import part_bytes
from tui_mail.mime.indexing import MAX_TEXT, decompress, index_mail
from tui_mail.mime.parts import MAX_DEPTH, MAX_PARTS, fast_tree, parse_parts, stdlib_tree


def mail(body: str, content_type: str = "text/plain; charset=utf-8", extra: str = "") -> bytes:
    head = f"From: a@b.example\nSubject: x\nContent-Type: {content_type}\n{extra}\n"
    return (head + body).replace("\n", "\r\n").encode()


def multipart(kind: str, *parts: str, boundary: str = "b0") -> str:
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\n\n{inner}--{boundary}--\n"


def whole(text: str) -> bytes:
    return ("From: a@b.example\nSubject: x\n" + text).replace("\n", "\r\n").encode()


PLAIN = "Content-Type: text/plain\n\nplain words"
HTML = "Content-Type: text/html\n\n<p>html <b>words</b></p>"
PDF = (
    "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n"
    'Content-Disposition: attachment; filename="a.pdf"\n\n' + base64.b64encode(b"PDF!").decode()
)
IMAGE = "Content-Type: image/png\nContent-ID: <i@x>\nContent-Disposition: inline\n\nPNG"
EMBEDDED = "Content-Type: message/rfc822\n\nSubject: inner\nFrom: c@d\n\ninner words"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (mail("hello"), "hello"),
        (whole(multipart("alternative", PLAIN, HTML)), "plain words"),
        (whole(multipart("alternative", "Content-Type: text/plain\n\n \n", HTML)), "html words"),
        (whole(multipart("mixed", PLAIN, HTML)), "plain words\nhtml words"),
        (mail("<p>a</p><style>b</style><!-- c --><p>d&amp;e", "text/html"), "a\nd&e"),
        (mail("a <script>x", "text/html"), "a x"),
        (mail("&#99999999999999;x", "text/html"), "\ufffdx"),
        (mail("no header at all"), "no header at all"),
        (b"just words\r\nwithout a header\r\n", "just words\nwithout a header\n"),
        (b"", ""),
    ],
)
def test_the_text_prefers_plain_parts(raw: bytes, text: str) -> None:
    assert index_mail(raw).text == text


@pytest.mark.parametrize(
    ("body", "snippet"),
    [
        ("Hi Ada,\n\nthe offer is ready.\n", "the offer is ready."),
        ("Sehr geehrte Damen und Herren,\nanbei.\n", "anbei."),
        ("Hi Ada!\n", "Hi Ada!"),
        ("Hi there, the offer is ready.\n", "Hi there, the offer is ready."),
        ("On Mon, 2 Jan 2006, Ada <a@b> wrote:\n> old\n\nnew\n", "new"),
        ("> old\n> older\nnew\n", "new"),
        ("Am 2.1.2006 schrieb Ada:\n> alt\n\nneu\n", "neu"),
        ("> only a quote\n", "only a quote"),
        ("new\n-- \nAda\nCountess\n", "new"),
        ("new\n\nSent from my phone\n", "new"),
        ("new\n-----Original Message-----\nFrom: x\nSent: y\nTo: z\n\nold\n", "new"),
        ("new\n\nFrom: x@y\nSent: Monday\nTo: z\nSubject: s\n\nold\n", "new"),
        ("\u200c \u200c \u034f \u00ad pre\u200bheader\nwords", "pre header words"),
        ("=====\nwords\n-----\n", "words"),
        ("see https://example.com/a/very/long/link now", "see now"),
        ("a\x1b[31mb\u202ec", "a␛[31mb␦c"),
    ],
)
def test_the_snippet_is_what_the_mail_says_first(body: str, snippet: str) -> None:
    assert index_mail(mail(body)).snippet == snippet


def test_the_snippet_is_one_short_line() -> None:
    snippet = index_mail(mail("word\n" * 1000)).snippet
    assert len(snippet) <= 225
    assert "\n" not in snippet


def test_the_snippet_of_html_stops_before_the_quote() -> None:
    body = '<div>new</div><div class="gmail_quote">On 1.1. Ada wrote: <blockquote>old'
    assert index_mail(mail(body, "text/html")).snippet == "new"


def test_the_text_is_capped() -> None:
    assert len(index_mail(mail("word " * 200_000)).text) == MAX_TEXT


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (multipart("mixed", PLAIN, PDF), [("2", "a.pdf", 4, False)]),
        (multipart("mixed", PDF), [("1", "a.pdf", 4, False)]),
        (multipart("related", HTML, IMAGE), [("2", "part-2.png", 3, True)]),
        (
            multipart("mixed", multipart("alternative", PLAIN, HTML, boundary="b1"), PDF),
            [("2", "a.pdf", 4, False)],
        ),
        (multipart("mixed", PLAIN, EMBEDDED), [("2", "inner.eml", 40, False)]),
        (
            multipart("mixed", PLAIN, multipart("mixed", PDF, boundary="c9")),
            [("2.1", "a.pdf", 4, False)],
        ),
        (PDF, [("1", "a.pdf", 4, False)]),
    ],
)
def test_attachments_carry_their_imap_part_number(
    text: str, found: list[tuple[object, ...]]
) -> None:
    raw = whole(text)
    shown = [(one.part, one.filename, one.size, one.inline) for one in index_mail(raw).attachments]
    assert shown == found
    for one in index_mail(raw).attachments:
        assert len(part_bytes(raw, one.part)[1]) == one.size
    flag = index_mail(raw).envelope.has_attachments
    assert flag is any(not inline for *_, inline in found)


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(MailError):
        part_bytes(mail("x"), "7")


def test_parts_of_an_embedded_mail_are_numbered_below_it() -> None:
    inner = "Content-Type: message/rfc822\n\nFrom: c@d\n" + multipart(
        "mixed", PLAIN, PDF, boundary="q"
    )
    raw = whole(multipart("mixed", PLAIN, inner))
    attachment, data = part_bytes(raw, "2.2")
    assert (attachment.filename, data) == ("a.pdf", b"PDF!")


def test_the_digest_does_not_depend_on_line_ends() -> None:
    crlf = mail("a\nb\n")
    digests = {index_mail(crlf.replace(b"\r\n", end)).sha256 for end in (b"\r\n", b"\n", b"\r")}
    assert len(digests) == 1


def test_the_compressed_mail_gives_back_every_byte() -> None:
    raw = mail("x" * 10_000)
    done = index_mail(raw)
    assert decompress(done.compressed) == raw
    assert len(done.compressed) < len(raw)
    assert index_mail(raw, compress=False).compressed == b""
    for damaged in (b"rubbish", b"", done.compressed[:-4]):
        with pytest.raises(MailError):
            decompress(damaged)


def nested(levels: int) -> bytes:
    text = "".join(
        f"Content-Type: multipart/mixed; boundary=n{level:05}\n\n--n{level:05}\n"
        for level in range(levels)
    )
    return whole(text + "Content-Type: text/plain\n\ndeep\n")


@pytest.mark.parametrize(
    "raw",
    [
        nested(MAX_DEPTH * 3),
        nested(900),
        nested(5000),
        whole(multipart("mixed", *[PLAIN] * (MAX_PARTS + 50))),
        whole(multipart("mixed", *[PLAIN] * 30_000)),
        whole("Content-Type: message/rfc822\n\n" * 3000 + "x"),
    ],
)
def test_a_mime_bomb_is_a_stub_with_a_reason(raw: bytes) -> None:
    started = time.process_time()
    done = index_mail(raw)
    assert time.process_time() - started < 2
    assert done.problem
    assert done.envelope.subject == "x"
    assert decompress(done.compressed) == raw


def test_both_parsers_agree_on_ordinary_mails() -> None:
    for raw in (
        whole(multipart("mixed", PLAIN, PDF, EMBEDDED)),
        whole(multipart("alternative", PLAIN, HTML)),
        whole(multipart("related", multipart("alternative", PLAIN, HTML, boundary="zz"), IMAGE)),
    ):
        fast, slow = fast_tree(raw), stdlib_tree(raw)
        assert fast is not None
        for one, other in zip(fast.root.walk(), slow.root.walk(), strict=True):
            assert (one.number, one.content_type, one.filename) == (
                other.number,
                other.content_type,
                other.filename,
            )
            if one.content_type != "message/rfc822":
                assert one.body.strip() == other.body.strip()


def test_a_boundary_that_begins_another_is_not_taken_for_it() -> None:
    raw = whole(
        multipart("mixed", multipart("mixed", PLAIN, PDF, boundary="b01"), PDF, boundary="b0")
    )
    assert [one.part for one in index_mail(raw).attachments] == ["1.2", "2"]


def test_broken_base64_still_gives_what_can_be_read() -> None:
    part = "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVsbG8=!!\nd29ybGQ"
    assert "hello" in index_mail(whole(multipart("mixed", part, PDF))).text
    assert parse_parts(whole(part)).root.body.startswith(b"hello")


REPORT = multipart(
    "report; report-type=delivery-status",
    "Content-Type: text/plain\n\nIt failed.",
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    "Final-Recipient: rfc822; ada@b.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1\n no such user\n\n"
    "Final-Recipient: rfc822; bob@b.example\nAction: delayed\nStatus: 4.2.2\n",
    "Content-Type: text/rfc822-headers\n\nMessage-ID: <m1@x>\nX-Tui-Mail-Id: u-1\nSubject: s",
)


def test_a_delivery_report_names_the_mail_and_each_recipient() -> None:
    done = index_mail(whole(REPORT))
    assert done.report is not None
    assert (done.report.original_message_id, done.report.original_tui_mail_id) == ("<m1@x>", "u-1")
    assert [(one.address, one.action, one.status) for one in done.report.recipients] == [
        ("ada@b.example", "failed", "5.1.1"),
        ("bob@b.example", "delayed", "4.2.2"),
    ]
    assert done.report.recipients[0].diagnostic == "550 5.1.1 no such user"
    assert done.envelope.is_report


OLD_BOUNCE = """Hi. This is the mail program at mx.example.
I could not deliver your message.

<ada@b.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user

--- Below this line is a copy of the message.

Return-Path: <me@x>
Message-ID: <m1@x>
X-Tui-Mail-Id: u-1
Subject: s

text
"""


def test_a_bounce_without_a_status_part_is_read_by_its_words() -> None:
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n"
    done = index_mail((head + OLD_BOUNCE).replace("\n", "\r\n").encode())
    assert done.report is not None
    assert (done.report.original_message_id, done.report.original_tui_mail_id) == ("<m1@x>", "u-1")
    (one,) = done.report.recipients
    assert (one.address, one.action, one.status) == ("ada@b.example", "failed", "5.1.1")


def test_a_person_who_writes_about_a_failure_is_no_delivery_report() -> None:
    head = "From: Ada <ada@b.example>\nSubject: delivery failed again\n\n"
    assert index_mail((head + OLD_BOUNCE).encode()).report is None
