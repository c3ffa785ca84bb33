"""Mails as frozen bytes, and what replies and forwards begin with."""

from __future__ import annotations

import email
from dataclasses import replace
from email import policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.errors import MailError
from tui_mail.mime.compose import (
    OutgoingFile,
    OutgoingMail,
    build,
    envelope_of,
    escape_markdown,
    forward_subject,
    forward_text,
    quote_for_reply,
    reply_headers,
    reply_subject,
)
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.reading import read_mail
from tui_mail.mime.rendering import to_html, to_plain
from tui_mail.model.addresses import Address
from tui_mail.model.bidi import direction_of, first_strong_is_rtl
from tui_mail.model.messages import Envelope

ADA = Address("Ada", "ada@a.example")
MAIL = OutgoingMail(
    from_=ADA,
    to=(Address("Bob", "bob@b.example"),),
    subject="Offer",
    body="Hello **Bob**\n",
    tui_mail_id="0b1c-2d",
    date=1136239445,
)


def parse(mail: OutgoingMail) -> email.message.Message:
    return email.message_from_bytes(build(mail), policy=policy.compat32)


def test_the_same_mail_gives_the_same_bytes() -> None:
    mail = replace(MAIL, files=(OutgoingFile("a.pdf", "application/pdf", b"PDF"),))
    assert build(mail) == build(mail)


def test_the_bytes_are_crlf_ascii_and_short_of_998() -> None:
    mail = replace(
        MAIL, body="word " * 5000 + "ü" * 5000 + "\n" + "x" * 5000, subject="Grüße " * 200
    )
    raw = build(mail)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_bcc_is_in_the_envelope_and_never_in_the_bytes() -> None:
    mail = replace(MAIL, bcc=(Address("Eve", "eve@secret.example"),))
    assert b"secret" not in build(mail)
    assert envelope_of(mail) == ("ada@a.example", ("bob@b.example", "eve@secret.example"))


def test_each_recipient_is_addressed_once() -> None:
    mail = replace(MAIL, cc=(Address("", "BOB@b.example"), Address("", "c@ä.example")))
    assert envelope_of(mail)[1] == ("bob@b.example", "c@xn--4ca.example")
    with pytest.raises(MailError):
        envelope_of(replace(MAIL, to=()))


@pytest.mark.parametrize("length", [10, 60, 200, 900, 985])
def test_long_ids_stay_whole(length: int) -> None:
    ids = tuple(f"<{letter * length}@x>" for letter in "abc")
    mail = replace(MAIL, in_reply_to=ids[:1], references=ids, message_id=f"<{'m' * length}@x>")
    raw = build(mail)
    found = parse_envelope(raw)
    assert (found.in_reply_to, found.references) == (ids[:1], ids)
    assert found.message_id == mail.message_id
    assert b"=?" not in raw.split(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "Ada, Countess",
        'Ada "C" L',
        "Ädä",
        "阿達 " * 40,
        "a\\b",
        "=?utf-8?q?x?=",
        "Ada (work) <x>",
    ],
)
def test_a_name_survives_the_way(name: str) -> None:
    mail = replace(MAIL, to=(Address(name.strip(), "bob@b.example"),) * 3)
    raw = build(mail)
    found = parse_envelope(raw).to
    expected = "x" if name.startswith("=?") else name.strip()
    assert [(one.name, one.address) for one in found] == [(expected, "bob@b.example")] * 3


@pytest.mark.parametrize("subject", ["Grüße  und mehr " * 12, "a" * 300, "plain  words", "=?x?="])
def test_a_subject_survives_the_way(subject: str) -> None:
    assert parse_envelope(build(replace(MAIL, subject=subject))).subject == subject.strip()


def test_domains_are_idna_and_a_local_part_beyond_ascii_is_refused() -> None:
    assert b"<j@xn--exmple-cua.de>" in build(replace(MAIL, to=(Address("J", "j@exämple.de"),)))
    umlaut = replace(MAIL, to=(Address("", "jö@x.example"),))
    with pytest.raises(MailError):
        build(umlaut)
    assert envelope_of(replace(umlaut, smtputf8=True))[1] == ("jö@x.example",)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b",
        "a@",
        "a b@c.d",
        "a@b c",
        "a\r\n@b.c",
        "a@b.c\r\nRCPT TO:<x@y>",
        "a@b.c>",
        "<a@b.c>",
        *("a@b\0.c", "a@-b.c", "a@b..c", "a@@b", "a..b@c", "a@" + "b" * 300, "x" * 65 + "@b.c"),
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(MailError):
        build(replace(MAIL, to=(Address("", address),)))
    with pytest.raises(MailError):
        envelope_of(replace(MAIL, to=(Address("", address),)))


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "a\r\nBcc: x@y"},
        {"subject": "a\nb"},
        {"subject": "a\0b"},
        {"subject": "a\x1b[31m"},
        {"to": (Address("a\r\nBcc: x", "b@c.d"),)},
        {"message_id": "<a b@c>"},
        {"message_id": "<a@b>\r\nBcc: x"},
        {"references": ("<a@b>\nBcc: x",)},
        {"in_reply_to": ("no id",)},
        {"headers": (("X-A", "b\r\nBcc: c"),)},
        {"headers": (("X A", "b"),)},
        {"headers": (("Bcc", "b@c.d"),)},
        {"headers": (("Content-Type", "text/html"),)},
        {"tui_mail_id": "a\r\nb"},
        {"tui_mail_id": "", "message_id": ""},
        {"subject": "\ud800"},
    ],
)
def test_nothing_can_open_another_header(change: dict[str, object]) -> None:
    with pytest.raises(MailError):
        build(replace(MAIL, **change))  # type: ignore[arg-type]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_one_mail_with_the_intended_headers_comes_out(
    subject: str, name: str, body: str
) -> None:
    mail = replace(MAIL, subject=subject, to=(Address(name, "bob@b.example"),), body=body)
    try:
        raw = build(mail)
    except MailError:
        return
    names = [field.lower() for field in email.message_from_bytes(raw).keys()]  # noqa: SIM118
    wanted = ["mime-version", "content-type", "from", "to", "subject", "date", "message-id"]
    assert sorted(names) == sorted([*wanted, "x-tui-mail-id"])
    assert [one.address for one in parse_envelope(raw).to] == ["bob@b.example"]


def test_the_parts_are_plain_text_html_inline_images_and_files() -> None:
    mail = replace(
        MAIL,
        body="see ![logo](cid:i1)\n",
        files=(
            OutgoingFile("i.png", "image/png", b"PNG", content_id="i1"),
            OutgoingFile("../Ünï.pdf", "application/pdf", b"PDF\r\n\0"),
            OutgoingFile("m.eml", "message/rfc822", b"From: x\r\n\r\ny"),
        ),
    )
    kinds = [part.get_content_type() for part in parse(mail).walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
        "application/octet-stream",
    ]
    found = {one.filename: one for one in read_mail(build(mail)).attachments}
    assert set(found) == {"i.png", "Ünï.pdf", "m.eml"}
    assert found["Ünï.pdf"].size == 6


def test_a_plain_mail_is_one_part() -> None:
    assert [part.get_content_type() for part in parse(replace(MAIL, plain_only=True)).walk()] == [
        "text/plain"
    ]


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("# Title\n\nx", "Title\n=====\n\nx\n"),
        ("a **b** c", "a *b* c\n"),
        ("[here](https://x.example)", "here <https://x.example>\n"),
        ("[https://x.example](https://x.example)", "https://x.example\n"),
        ("![logo](cid:i)", "[image: logo]\n"),
        ("- a\n- b\n\n> q", "- a\n- b\n\n> q\n"),
        ("```\n**code**\n```", "**code**\n"),
        ("2 \\* 3", "2 * 3\n"),
        ("x\n\n--\nAda", "x\n\n-- \nAda\n"),
    ],
)
def test_the_plain_part_reads_as_typed(markdown: str, plain: str) -> None:
    assert to_plain(markdown) == plain


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>x</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,y)",
        "[x](vbscript:y)",
        "![x](file:///etc/passwd)",
        '<img src=x onerror="y">',
    ],
)
def test_the_html_part_runs_nothing(markdown: str) -> None:
    page = to_html(markdown)
    for bad in ("<script", 'href="javascript', 'href="data', 'href="vbscript', "<img src"):
        assert bad not in page


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("hello", "ltr"),
        ("שלום hello", "rtl"),
        ("hello שלום", "ltr"),
        ("مرحبا", "rtl"),
        ("1.2.2026 - 3", ""),
        ("1. שלום", "rtl"),
        ("\u2067שלום\u2069 hello", "ltr"),
        ("", ""),
    ],
)
def test_the_first_strong_character_decides_the_direction(text: str, direction: str) -> None:
    assert direction_of(text) == direction
    assert first_strong_is_rtl(text) is (direction == "rtl")
    assert ("text-align:right" in to_html(text)) is (direction == "rtl")


@pytest.mark.parametrize(
    ("subject", "reply", "forward"),
    [
        ("Offer", "Re: Offer", "Fwd: Offer"),
        ("Re: Offer", "Re: Offer", "Fwd: Re: Offer"),
        ("RE: AW: Re[2]: Offer", "Re: Offer", "Fwd: RE: AW: Re[2]: Offer"),
        ("Fwd: Offer", "Re: Fwd: Offer", "Fwd: Offer"),
        ("回复：Offer", "Re: Offer", "Fwd: 回复：Offer"),
        ("", "Re:", "Fwd:"),
        ("a\r\nBcc: x", "Re: a Bcc: x", "Fwd: a Bcc: x"),
        ("Research", "Re: Research", "Fwd: Research"),
    ],
)
def test_subjects_of_replies_and_forwards(subject: str, reply: str, forward: str) -> None:
    assert (reply_subject(subject), forward_subject(subject)) == (reply, forward)
    build(replace(MAIL, subject=reply_subject(subject)))


def test_a_reply_continues_the_references() -> None:
    original = Envelope(message_id="<3@x>", references=("<1@x>", "<2@x>"))
    assert reply_headers(original) == (("<3@x>",), ("<1@x>", "<2@x>", "<3@x>"))
    assert reply_headers(Envelope(message_id="<3@x>", in_reply_to=("<2@x>",)))[1] == (
        "<2@x>",
        "<3@x>",
    )
    assert reply_headers(Envelope()) == ((), ())


HOSTILE_BODY = (
    "hello\n> earlier\n![x](https://t.example/p.png) [bank](https://evil.example)\n"
    "[a][1]\n[1]: https://evil.example\n# loud\n<script>x</script> **b** `c`\nx\n===\n"
    "see https://x.example/" + "a" * 200 + " now\n-- \nAda\n"
)


def original() -> bytes:
    head = "From: Ada L <ada@a.example>\nDate: Mon, 2 Jan 2006 22:04:05 +0000\n\n"
    return (head + HOSTILE_BODY).encode()


def test_a_quote_is_the_clean_text_and_nothing_in_it_comes_alive() -> None:
    quote = quote_for_reply(read_mail(original()))
    assert quote.startswith("On 2006-01-02 22:04 UTC, Ada L wrote:\n\n> hello\n>\n>> earlier\n")
    assert "Ada\n" not in quote.split("wrote:")[1]
    page = to_html(quote)
    assert "<img" not in page
    assert ">bank</a>" not in page
    assert "<h1" not in page
    assert "<strong" not in page
    assert "<script" not in page
    plain = to_plain(quote)
    assert "> ![x](https://t.example/p.png) [bank](https://evil.example)" in plain
    assert "> see https://x.example/" + "a" * 200 + " now" in plain


def test_a_forward_begins_with_the_header_block() -> None:
    text = forward_text(read_mail(original()))
    assert text.startswith("---------- Forwarded message ----------\nFrom: Ada L <ada@a.example>\n")
    assert "<img" not in to_html(text)


@given(st.text(alphabet="![]()*_`~#<>\\=-: a1", max_size=40))
@settings(max_examples=200, deadline=None)
def test_escaped_text_holds_no_live_link_or_image(text: str) -> None:
    page = to_html("> " + escape_markdown(text))
    for tag in ("<img", "<a ", "<strong", "<em", "<code"):
        assert tag not in page
