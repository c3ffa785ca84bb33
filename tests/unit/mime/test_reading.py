"""What the reader gets: safe blocks, numbered links, honest notes."""

from __future__ import annotations

import time

import pytest

from tui_mail.mime.authres import parse_results
from tui_mail.mime.calendar import read_invite
from tui_mail.mime.charsets import codec_for, decode_text
from tui_mail.mime.flowed import unflow
from tui_mail.mime.html import MAX_SOURCE, read_html
from tui_mail.mime.links import Links, clean_url, number_in_text
from tui_mail.mime.names import safe_filename
from tui_mail.mime.parts import MAX_DEPTH
from tui_mail.mime.quoting import split_blocks
from tui_mail.mime.reading import read_mail
from tui_mail.model.messages import ReadableMail


def read(
    body: str, content_type: str = "text/plain; charset=utf-8", head: str = ""
) -> ReadableMail:
    text = f"From: Ada <a@b.example>\nSubject: x\n{head}Content-Type: {content_type}\n\n{body}"
    return read_mail(text.replace("\n", "\r\n").encode("utf-8", "surrogateescape"))


def html(body: str) -> ReadableMail:
    return read(body, "text/html; charset=utf-8")


def shown(mail: ReadableMail) -> str:
    return "\n".join(block.text for block in mail.blocks)


def kinds(text: str) -> list[tuple[str, int, str]]:
    return [(one.kind, one.depth, one.text) for one in split_blocks(text)]


ATTRIBUTIONS = [
    "On Mon, 2 Jan 2006 at 15:04, Ada <a@b.example> wrote:",
    "On Monday Ada Lovelace\n<a@b.example> wrote:",
    "Am 02.01.2006 um 15:04 schrieb Ada <a@b.example>:",
    "Le lun. 2 janv. 2006 à 15:04, Ada <a@b.example> a écrit :",
    "El lun, 2 ene 2006 a las 15:04, Ada (<a@b.example>) escribió:",
    "Il giorno lun 2 gen 2006 alle ore 15:04 Ada <a@b.example> ha scritto:",
    "Op ma 2 jan. 2006 om 15:04 schreef Ada <a@b.example>:",
    "Em seg., 2 de jan. de 2006 às 15:04, Ada <a@b.example> escreveu:",
    "Den mån 2 jan. 2006 kl 15:04 skrev Ada <a@b.example>:",
    "Den man. 2. jan. 2006 kl. 15.04 skrev Ada <a@b.example>:",
    "pon., 2 sty 2006 o 15:04 Ada <a@b.example> napisał(a):",
    "W dniu 2.01.2006 o 15:04, Ada pisze:",
    "пн, 2 янв. 2006 г. в 15:04, Ada <a@b.example> писал(а):",
    "пн, 2 січ. 2006 р. о 15:04 Ada <a@b.example> пише:",
    "po 2. 1. 2006 v 15:04 odesílatel Ada <a@b.example> napsal:",
    "Ada <a@b.example>, 2 Oca 2006 Pzt, 15:04 tarihinde şunu yazdı:",
    "2006年1月2日(月) 15:04 Ada <a@b.example>のメール:",
    "Ada <a@b.example> 于2006年1月2日周一 15:04写道：",
    "2006년 1월 2일 (월) 오후 3:04, Ada <a@b.example>님이 작성:",
    "‫בתאריך יום ב׳, 2 בינו׳ 2006 ב-15:04 מאת Ada <a@b.example> כתב:‬",
    "في الاثنين، 2 يناير 2006 في 3:04 م Ada <a@b.example> كتب:",
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_is_known_in_every_language(line: str) -> None:
    found = kinds(f"new\n\n{line}\n> old\n")
    assert [one[:2] for one in found] == [("text", 0), ("attribution", 0), ("quote", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "On 2 Jan 2006, Ada <a@b.example> wrote:\n\nold\nolder\n",
        "-----Original Message-----\nFrom: Ada\nSent: Monday\nTo: Bob\nSubject: x\n\nold\nolder\n",
        "-----Ursprüngliche Nachricht-----\nVon: Ada\nGesendet: Montag\nAn: Bob\n\nold\nolder\n",
        "________________________________\nFrom: Ada\nSent: Monday\nTo: Bob\n\nold\nolder\n",
        "*De :* Ada\n*Envoyé :* lundi\n*À :* Bob\n*Objet :* x\n\nold\nolder\n",
        "Von: Ada\nGesendet: Montag\nAn: Bob\nBetreff: x\n\nold\nolder\n",
        "От: Ada\nОтправлено: понедельник\nКому: Bob\nТема: x\n\nold\nolder\n",
        "差出人: Ada\n送信日時: 月曜日\n宛先: Bob\n件名: x\n\nold\nolder\n",
        "Begin forwarded message:\n\nold\nolder\n",
    ],
)
def test_all_below_an_unmarked_quote_is_folded(text: str) -> None:
    found = kinds("new\n\n" + text)
    assert [one[:2] for one in found] == [("text", 0), ("attribution", 0), ("quote", 1)]
    assert found[2][2] == "old\nolder"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (">> deep\n> less\nme", [("quote", 2, "deep"), ("quote", 1, "less"), ("text", 0, "me")]),
        ("> > deep", [("quote", 2, "deep")]),
        ("hi\n-- \nAda\nx", [("text", 0, "hi"), ("signature", 0, "-- \nAda\nx")]),
        ("hi\n\nSent from my phone", [("text", 0, "hi"), ("signature", 0, "Sent from my phone")]),
        (
            "Sent from my office they say:\na\nb\nc\nd\ne",
            [("text", 0, "Sent from my office they say:\na\nb\nc\nd\ne")],
        ),
        ("One wrote: nothing", [("text", 0, "One wrote: nothing")]),
        ("He wrote:\nno quote here", [("text", 0, "He wrote:\nno quote here")]),
        ("From: here on\nit goes", [("text", 0, "From: here on\nit goes")]),
        ("a -- b", [("text", 0, "a -- b")]),
        ("", []),
    ],
)
def test_lines_are_cut_into_blocks(text: str, found: list[tuple[str, int, str]]) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>one\ntwo</p><p>three</p>", "one two\n\nthree"),
        ("<h1>Title</h1><p>x</p>", "Title\n─────\n\nx"),
        ("<h3>Title</h3><p>x</p>", "Title\n\nx"),
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("a<br>\n b", "a\nb"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "• a\n  • b"),
        ("<blockquote>a<br>\n b</blockquote>", "a\nb"),
        (
            "<table><tr><th>名前<th>N</tr><tr><td>阿達<td>1</tr><tr><td>ab<td>20</tr></table>",
            "名前   N\n────  ──\n阿達   1\nab    20",
        ),
        ("<b>bold</b> and <i>slanted</i>", "*bold* and slanted"),
        ("2 * 3 _x_ [y] # z", "2 * 3 _x_ [y] # z"),
        ("<script>x</script><style>y</style>z", "z"),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a\n\nb\n\nc"),
        (
            "<table><tr><th>Item</th><th>Sum</th></tr><tr><td>Tea</td><td>1.50</td></tr>"
            "<tr><td>Coffee</td><td>12.00</td></tr></table>",
            "Item      Sum\n──────  ─────\nTea      1.50\nCoffee  12.00",
        ),
        ('<img src="https://x.example/a.png" alt="Logo">', "[image: Logo]"),
        ("a\x1b[31mb &#x202e;c", None),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
    ],
)
def test_html_becomes_plain_lines(source: str, text: str | None) -> None:
    found = shown(html(source))
    assert "\x1b" not in found
    assert "\u202e" not in found
    if text is not None:
        assert found == text


def test_trap_28_a_zero_font_size_on_a_layout_cell_hides_no_text_that_sets_its_own() -> None:
    mail = html('<div style="font-size:0"><div style="font-size:14px">seen</div>ghost</div>')
    assert mail.blocks[0].text == "seen"
    assert mail.hidden
    assert (mail.blocks[-1].kind, mail.blocks[-1].text) == ("hidden", "ghost")


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">ghost</div>',
        '<div style="display: none !important">ghost</div>',
        '<span style="visibility:hidden">ghost</span>',
        '<div style="max-height:0px;overflow:hidden">ghost</div>',
        '<div style="mso-hide:all">ghost</div>',
        '<div style="opacity:0">ghost</div>',
        "<div hidden>ghost</div>",
        '<span style="font-size:0">ghost</span>',
        '<span style="font-size:1px">ghost</span>',
        '<div style="background-color:#fff"><span style="color:white">ghost</span></div>',
        '<table><tr><td bgcolor="#FFFFFF"><font color="#ffffff">ghost</font></table>',
    ],
)
def test_hidden_text_is_kept_behind_a_mark(hidden: str) -> None:
    mail = html(f"<p>seen</p>{hidden}")
    assert mail.hidden
    assert [(one.kind, one.text) for one in mail.blocks] == [("text", "seen"), ("hidden", "ghost")]


def test_a_preheader_of_filler_is_no_hidden_text() -> None:
    assert not html('<p>a</p><div style="display:none">&zwnj;&nbsp;&#8204;&shy;</div>').hidden


def test_trackers_and_remote_images_are_counted_and_nothing_is_left_to_load() -> None:
    mail = html(
        '<img src="https://t.example/p" width="1" height="1">'
        '<img src="https://x.example/a.png" alt=A>'
        '<img src="https://x.example/wf/open?u=1"><img src="cid:i"><p>words</p>'
    )
    assert (mail.trackers, mail.remote_images) == (2, 1)
    assert "example" not in shown(mail)


@pytest.mark.parametrize(
    ("source", "url", "host", "mismatch"),
    [
        ('<a href="https://x.example/a">here</a>', "https://x.example/a", "x.example", False),
        (
            '<a href="https://evil.example">bank.example</a>',
            "https://evil.example",
            "evil.example",
            True,
        ),
        (
            '<a href="https://evil.example">https://bank.example/login</a>',
            "https://evil.example",
            "evil.example",
            True,
        ),
        (
            '<a href="https://www.bank.example/a">bank.example</a>',
            "https://www.bank.example/a",
            "www.bank.example",
            False,
        ),
        (
            '<a href="https://bank.example@evil.example/">bank.example</a>',
            "https://bank.example@evil.example/",
            "evil.example",
            True,
        ),
        (
            '<a href="mailto:a@b.example">a@b.example</a>',
            "mailto:a@b.example",
            "a@b.example",
            False,
        ),
        (
            '<a href="mailto:x@evil.example">a@b.example</a>',
            "mailto:x@evil.example",
            "x@evil.example",
            True,
        ),
        (
            '<a href="https://exämple.de/ü">here</a>',
            "https://xn--exmple-cua.de/%C3%BC",
            "xn--exmple-cua.de",
            False,
        ),
        (
            '<a href="https://x.example/report.pdf">report.pdf</a>',
            "https://x.example/report.pdf",
            "x.example",
            False,
        ),
    ],
)
def test_a_link_shows_where_it_goes(source: str, url: str, host: str, mismatch: bool) -> None:
    mail = html(source)
    (link,) = mail.links
    assert (link.url, link.host, link.mismatch) == (url, host, mismatch)
    assert shown(mail).endswith("[1]")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "ftp://x.example",
        "//x.example",
        "/relative",
        "https://",
        "https://[::1",
        "https://x.example:99999/",
        "",
    ],
)
def test_only_web_and_mail_addresses_are_links(url: str) -> None:
    assert clean_url(url) == ""
    assert html(f'<a href="{url}">x</a>').links == ()


def test_a_url_is_printable_ascii() -> None:
    assert clean_url("https://x.example/a b\x1b\u202e\n?ü#[") == "https://x.example/ab?%C3%BC#["


def test_plain_addresses_are_numbered_without_their_full_stop() -> None:
    links = Links()
    text = number_in_text("see https://x.example/a. (https://y.example/b) www.z.example, ok", links)
    assert text == "see https://x.example/a [1]. (https://y.example/b [2]) www.z.example [3], ok"
    assert [one.url for one in links.in_order()][2] == "http://www.z.example"


@pytest.mark.parametrize(
    "quoted",
    [
        '<div class="gmail_quote"><div class="gmail_attr">Ada, 1.1.:<br></div>'
        "<blockquote>old</blockquote></div>",
        '<div class="moz-cite-prefix">Ada, 1.1.:</div><blockquote type="cite">old</blockquote>',
        '<div class="yahoo_quoted"><div>old</div></div>',
        '<div id="divRplyFwdMsg"><b>From:</b> Ada<br><b>Sent:</b> Monday<br>To: Bob</div>old',
        "<blockquote>old</blockquote>",
    ],
)
def test_the_quotes_of_mail_programs_are_folded(quoted: str) -> None:
    blocks = html(f"<div>new</div>{quoted}").blocks
    assert (blocks[0].kind, blocks[0].text) == ("text", "new")
    assert (blocks[-1].kind, blocks[-1].depth, blocks[-1].text) == ("quote", 1, "old")


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> one \n> two\nme", "> one two\nme"),
        (">> one \n> two", "> > one\n> two"),
        (" stuffed", "stuffed"),
        ("a \n-- \nAda", "a\n-- \nAda"),
    ],
)
def test_flowed_text_is_put_together(text: str, joined: str) -> None:
    assert unflow(text) == joined


def test_delsp_takes_the_blank_out() -> None:
    assert unflow("日本 \n語", delsp=True) == "日本語"


ICS = """BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:u1
DTSTART;TZID=Europe/Berlin:20260102T150000
DTEND;TZID=Europe/Berlin:20260102T160000
SUMMARY:Offer\x1b[31m
LOCATION:Room 1
ORGANIZER;CN=Ada:mailto:a@b.example
ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:b@b.example
RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,-1FR;COUNT=5
END:VEVENT
END:VCALENDAR
"""


def test_an_invitation_is_read_in_its_own_zone() -> None:
    invite = read(ICS, "text/calendar; method=REQUEST").invite
    assert invite is not None
    assert (invite.method, invite.summary) == ("REQUEST", "Offer␛[31m")
    assert (invite.start, invite.end) == (
        "2026-01-02T15:00 Europe/Berlin",
        "2026-01-02T16:00 Europe/Berlin",
    )
    assert invite.organizer == "Ada <a@b.example>"
    assert invite.attendees == ("Bob <b@b.example> (accepted)",)
    assert invite.rule == "every 2 weeks on Monday, the last Friday, 5 times"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no calendar",
        b"BEGIN:VCALENDAR",
        ICS.replace("DTSTART;TZID=Europe/Berlin:20260102T150000", "DTSTART:never").encode(),
        ICS.replace("RRULE:", "RRULE;;;").encode(),
        ICS.replace("FREQ=WEEKLY", "FREQ=NEVER").encode(),
        b"BEGIN:VEVENT\r\n" * 5000,
        b"\xff" * 1000,
    ],
)
def test_a_broken_invitation_never_raises(data: bytes) -> None:
    started = time.process_time()
    read_invite(data)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("value", "server", "results"),
    [
        (
            "mx.x.example; spf=pass smtp.mailfrom=a@b; dkim=pass; dmarc=pass",
            "mx.x.example",
            "pass pass pass",
        ),
        (
            "spf=fail (sender IP is 1) smtp.mailfrom=b;dkim=none;dmarc=none action=none;",
            "",
            "fail none none",
        ),
        ("i=1; mx.x.example; dkim=pass header.d=b; spf=softfail", "mx.x.example", "softfail pass "),
        ("mx.x.example 1; none", "mx.x.example", "  "),
        ("mx.x.example; dkim=fail; dkim=pass", "mx.x.example", " pass "),
        ("mx (((x) spf=pass); dmarc=pass) ; spf=fail", "mx", "fail  "),
        ("(" * 5000, "", "  "),
    ],
)
def test_authentication_results_are_read_in_every_form(
    value: str, server: str, results: str
) -> None:
    found = parse_results(value)
    assert found.authserv_id == server
    assert f"{found.spf} {found.dkim} {found.dmarc}" == results


GOOD = "Authentication-Results: mx.own.example; dmarc=pass\n"
FORGED = "Authentication-Results: mx.own.example; dmarc=pass; dkim=pass; spf=pass\n"
OTHER = "Authentication-Results: evil.example; dmarc=pass\n"
RECEIVED = "Received: by x\n"


@pytest.mark.parametrize(
    ("head", "ids", "dmarc"),
    [
        (GOOD, ("mx.own.example",), "pass"),
        (GOOD, (), None),
        (GOOD, ("mx.else.example",), None),
        (OTHER + GOOD, ("mx.own.example",), None),
        (RECEIVED + GOOD, ("MX.OWN.example",), "pass"),
        ("Authentication-Results: spf=pass; dmarc=fail\n", ("",), "fail"),
        ("Authentication-Results: spf=pass; dmarc=fail\n", ("mx.own.example",), None),
    ],
)
def test_only_the_own_provider_is_believed(
    head: str, ids: tuple[str, ...], dmarc: str | None
) -> None:
    raw = f"{head}From: a@b.example\n\nx".encode()
    auth = read_mail(raw, authserv_ids=ids).auth
    assert (auth.dmarc if auth else None) == dmarc


def test_results_below_the_next_hop_are_the_senders_word() -> None:
    head = "Authentication-Results: mx.own.example; spf=fail\n" + RECEIVED + FORGED
    auth = read_mail(
        f"{head}From: a@b.example\n\nx".encode(), authserv_ids=("mx.own.example",)
    ).auth
    assert auth is not None
    assert (auth.spf, auth.dkim, auth.dmarc) == ("fail", "", "")


@pytest.mark.parametrize(
    ("head", "note"),
    [
        ("Reply-To: x@evil.example\n", "replies go elsewhere"),
        ("From: second@x.example\n", "several From headers"),
        ("Sender: robot@x.example\n", "on behalf"),
    ],
)
def test_a_doubtful_sender_is_noted(head: str, note: str) -> None:
    assert any(note in one for one in read("x", head=head).notes)


@pytest.mark.parametrize(
    ("content_type", "body", "note"),
    [
        (
            "multipart/signed; boundary=b",
            "--b\n\nx\n--b\nContent-Type: application/pgp-signature\n\ny\n--b--",
            "signed",
        ),
        (
            "multipart/encrypted; boundary=b",
            "--b\nContent-Type: application/pgp-encrypted\n\n1\n--b--",
            "encrypted",
        ),
        ("application/pkcs7-mime; smime-type=enveloped-data", "x", "encrypted"),
        ("text/plain", "-----BEGIN PGP MESSAGE-----\n\nx", "encrypted"),
        ("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\n\nx", "signed"),
    ],
)
def test_what_is_not_verified_or_shown_is_said(content_type: str, body: str, note: str) -> None:
    assert any(one.startswith(note) for one in read(body, content_type).notes)


def test_a_mail_in_a_mail_is_folded_and_attached() -> None:
    inner = "From: C <c@d.example>\nSubject: in\n\ninner"
    body = f"--b\n\nlook\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--"
    mail = read(body, "multipart/mixed; boundary=b")
    assert [(one.kind, one.depth) for one in mail.blocks] == [
        ("text", 0),
        ("attribution", 0),
        ("quote", 1),
    ]
    assert "Subject" not in mail.blocks[0].text
    assert mail.blocks[1].text == "Attached mail: in\nFrom: C <c@d.example>"
    assert mail.blocks[2].text == "inner"
    assert mail.attachments[0].filename == "in.eml"


def test_parts_that_differ_are_shown_as_the_html_says() -> None:
    body = (
        "--b\nContent-Type: text/plain\n\nnothing to see\n--b\nContent-Type: text/html\n\n"
        "<p>your account will be closed tomorrow unless you answer</p>\n--b--"
    )
    assert "closed tomorrow" in shown(read(body, "multipart/alternative; boundary=b"))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../.bashrc", "_bashrc"),
        ("/etc/passwd", "passwd"),
        ("C:\\a\\b.txt", "b.txt"),
        ("a\r\nb.txt", "a b.txt"),
        ("a\0b.txt", "a_b.txt"),
        ("inv\u202efdp.exe", "inv_fdp.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        (".", "part-2"),
        ("..", "part-2"),
        ("", "part-2"),
        ("-oProxy", "_-oProxy"),
        (".bashrc", "_bashrc"),
        ("a<b>c?.pdf", "a_b_c_.pdf"),
        ("x" * 5000 + ".pdf", "x" * 116 + ".pdf"),
        ("Grüße 你好.pdf", "Grüße 你好.pdf"),
        ("   ", "part-2"),
        ("a.pdf. . ", "a.pdf"),
    ],
)
def test_a_file_name_is_safe(name: str, safe: str) -> None:
    assert safe_filename(name, "", "2") == safe


@pytest.mark.parametrize(
    "charset",
    [
        *("utf-7", "zlib", "zlib_codec", "hex", "rot13", "idna", "punycode", "base64", "mbcs"),
        *("raw_unicode_escape", "unicode_escape", "undefined", "oem", "uu", "bz2", "../x", "\0"),
        "x" * 5000,
    ],
)
def test_only_listed_charsets_are_decoded(charset: str) -> None:
    assert codec_for(charset) is None
    assert decode_text(b"abc +AGE-", charset) == "abc +AGE-"


def test_every_listed_charset_decodes_any_bytes() -> None:
    from tui_mail.mime import charsets

    data = bytes(range(256)) * 4
    for name in charsets._BY_NAME:
        decode_text(data, name).encode()


def test_a_deep_mail_shows_what_can_be_shown() -> None:
    text = "".join(
        f"Content-Type: multipart/mixed; boundary=n{n:05}\n\n"
        f"--n{n:05}\nContent-Type: text/plain\n\nlevel {n}\n--n{n:05}\n"
        for n in range(MAX_DEPTH * 2)
    )
    mail = read_mail(f"From: a@b.example\n{text}\n\nx".encode())
    assert mail.problem
    assert "level 3" in shown(mail)


HOSTILE_HTML = {
    "nested div": "<div>" * 20_000 + "x",
    "nested quote": "<blockquote>" * 5_000 + "x",
    "nested table": "<table><tr><td>" * 2_000 + "x",
    "nested list": "<ul><li>" * 5_000 + "x",
    "nested bold": "<b>" * 50_000 + "x",
    "comments": "<!--" * 100_000 + "x",
    "angles": "<" * 200_000,
    "attributes": "<p " + "a=b " * 70_000 + ">x",
    "entities": "&amp;" * 60_000,
    "paragraphs": "<p>x</p>" * 37_000,
    "cells": "<table>" + "<tr><td>a<td>b</tr>" * 15_000,
    "links": '<a href="https://x.example/">x</a>' * 8_000,
    "styles": '<p style="' + "color:red;" * 28_000 + '">x',
    "rows in cells": "<table><tr><td>" * 100 + "<tr><td>" * 10_000,
    "images": '<img src="https://x.example/a" alt=a>' * 7_000,
    "huge": "<p>word</p>" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE_HTML)
def test_hostile_html_is_read_in_time(name: str) -> None:
    source = HOSTILE_HTML[name]
    started = time.process_time()
    found = read_html(source, Links())
    assert time.process_time() - started < 1.9
    if len(source) > MAX_SOURCE:
        assert any("300 kB" in note for note in found.notes)


HOSTILE_TEXT = {
    "letters": "a" * 100_000,
    "quotes": ">" * 100_000,
    "quoted blanks": "> " * 50_000,
    "colons": ":" * 100_000,
    "openers": "On 1 " * 20_000 + "wrote:",
    "opener lines": "On 1 a\n" * 20_000,
    "from lines": "From: a\n" * 15_000,
    "separators": "-" * 100_000,
    "rules": "____________________\n" * 5_000,
    "mobile": "Sent from my x\n" * 7_000,
    "signatures": "--\n" * 30_000,
    "urls": "http://" * 15_000,
    "brackets": "http://x.example/" + ")" * 90_000,
    "wrote": "wrote:\n" * 15_000,
    "blanks": "\n" * 100_000,
    "labels": "From: a\nSent: b\n" * 7_000,
    "addresses": "a@" * 50_000,
    "quoted pairs": "(x) " * 25_000,
}


@pytest.mark.parametrize("name", HOSTILE_TEXT)
def test_hostile_text_is_scanned_in_linear_time(name: str) -> None:
    text = HOSTILE_TEXT[name]

    def cost(size: int) -> float:
        started = time.process_time()
        split_blocks(number_in_text(text[:size], Links()))
        return time.process_time() - started

    assert cost(len(text)) < 0.4
