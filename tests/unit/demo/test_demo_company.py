"""The demo's mails are real mails, the same for the same moment, and hold every kind promised."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache

import pytest
from icalendar import Calendar

from tui_mail.demo import script
from tui_mail.demo.company import load_company
from tui_mail.demo.mailroom import DemoMail, Mailroom, week

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=1)))


@cache
def mails() -> tuple[tuple[DemoMail, EmailMessage], ...]:
    return tuple((mail, message_from_bytes(mail.raw, policy=policy.default)) for mail in week(NOW))


def test_the_same_moment_gives_the_same_octets() -> None:
    assert week(NOW) == week(NOW)
    assert week(NOW)[0].raw != week(NOW + timedelta(days=1))[0].raw


def test_it_is_a_believable_amount_of_mail() -> None:
    assert 120 <= len(mails()) <= 200
    assert len({mail.thread for mail, _ in mails()}) >= 65
    sizes = Counter(mail.thread for mail, _ in mails())
    assert max(sizes.values()) >= 7
    assert len({message["From"] for _, message in mails()}) >= 30


@pytest.mark.parametrize("hour", [0, 6, 12, 23])
def test_nothing_is_from_the_future_and_answers_come_after_what_they_answer(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=3)
    last: dict[str, datetime] = {}
    known: set[str] = set()
    for mail in week(now):
        assert mail.internal_date <= now
        assert mail.internal_date >= now - timedelta(days=11)
        assert mail.internal_date >= last.get(mail.thread, mail.internal_date)
        last[mail.thread] = mail.internal_date
        message = message_from_bytes(mail.raw, policy=policy.default)
        assert set(str(message["References"] or "").split()) <= known
        known.add(str(message["Message-ID"]))


def test_every_mail_parses_and_every_text_can_be_decoded() -> None:
    for mail, message in mails():
        assert message["From"].addresses, mail.thread
        assert message["Date"].datetime == mail.internal_date
        for part in message.walk():
            assert not part.defects, mail.thread
            if part.get_content_maintype() == "text" and not part.get_filename():
                assert "\ufffd" not in part.get_content()


def test_message_ids_are_unique_and_lines_are_short_and_end_in_crlf() -> None:
    ids = Counter(str(message["Message-ID"]) for _, message in mails())
    assert max(ids.values()) == 1
    for mail, _ in mails():
        assert b"\n" not in mail.raw.replace(b"\r\n", b"")
        assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


def test_every_address_belongs_to_nobody() -> None:
    for _, message in mails():
        for name in ("From", "To", "Cc"):
            for header in message.get_all(name, []):
                for address in header.addresses:
                    assert address.domain.endswith(".example")


def found(test: Callable[[DemoMail, EmailMessage], object]) -> list[EmailMessage]:
    return [message for mail, message in mails() if test(mail, message)]


KINDS: dict[str, Callable[[DemoMail, EmailMessage], object]] = {
    "newsletter with a pixel": lambda d, m: (
        m["List-Unsubscribe"]
        and b'width="1"' in (m.get_body(("html",)) or m).get_payload(decode=True)
    ),
    "mailing list": lambda d, m: m["List-Post"],
    "auto-reply": lambda d, m: m["Auto-Submitted"] == "auto-replied" and m["In-Reply-To"],
    "receipt": lambda d, m: m["Auto-Submitted"] == "auto-generated",
    "delivery report": lambda d, m: m.get_content_type() == "multipart/report",
    "failing authentication": lambda d, m: "dmarc=fail" in str(m["Authentication-Results"]),
    "empty subject": lambda d, m: not m["Subject"],
    "long subject": lambda d, m: len(m["Subject"] or "") > 250,
    "escape in the subject": lambda d, m: "\x1b" in str(m["Subject"]),
    "markup in the subject": lambda d, m: "[/x]" in str(m["Subject"]),
    "two addresses in From": lambda d, m: len(m["From"].addresses) == 2 and m["Sender"],
    "two From lines": lambda d, m: len(m.get_all("From")) == 2,
    "Hebrew": lambda d, m: any("א" <= c <= "ת" for c in str(m["Subject"])),
    "Arabic": lambda d, m: any("ء" <= c <= "ي" for c in str(m["Subject"])),
    "Chinese": lambda d, m: "报价" in str(m["Subject"]),
    "Japanese": lambda d, m: "スタッキング" in str(m["Subject"]),
    "emoji": lambda d, m: "🚢" in str(m["Subject"]),
    "starred": lambda d, m: "\\Flagged" in d.flags,
    "unread": lambda d, m: "\\Seen" not in d.flags,
    "answered": lambda d, m: "\\Answered" in d.flags,
    "sent": lambda d, m: d.folder == "Sent",
    "archived": lambda d, m: d.folder == "Archive",
    "draft": lambda d, m: d.folder == "Drafts" and "\\Draft" in d.flags,
    "spam": lambda d, m: d.folder == "Spam",
    "trash": lambda d, m: d.folder == "Trash",
    "shared mailbox": lambda d, m: d.account == "info",
    "quoted answer": lambda d, m: (
        "\n> " in (m.get_body(("plain",)) or m).get_content()
        if m.get_content_type() != "multipart/report"
        else False
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_there_is(kind: str) -> None:
    assert found(KINDS[kind])


def test_the_phishing_link_shows_another_host_than_it_goes_to() -> None:
    (mail,) = found(lambda d, m: d.thread == "phishing")
    html = mail.get_body(("html",)).get_content()
    assert 'href="https://northwind-studlo.example.login-check.example/' in html
    assert ">https://mail.northwind-studio.example/confirm<" in html


def test_the_invitation_can_be_read_as_a_calendar() -> None:
    (mail,) = found(lambda d, m: d.thread == "kestrel-invite")
    part = next(p for p in mail.walk() if p.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event.start == NOW.replace(hour=13, minute=30) + timedelta(days=4)
    assert event["LOCATION"] == "Headingley clinic, room 2.14"


def test_the_delivery_report_names_the_mail_that_was_sent() -> None:
    sent, report = found(lambda d, m: d.thread == "bounce")
    _text, status, headers = report.iter_parts()
    assert status.get_payload()[1]["Final-Recipient"] == "rfc822; pawel@nowak-plex.example"
    assert str(sent["Message-ID"]) in headers.get_content()


def test_attachments_are_what_their_names_say() -> None:
    kinds: Counter[str] = Counter()
    for _, message in mails():
        for part in message.iter_attachments() if message.is_multipart() else ():
            name, data = part.get_filename() or "", part.get_payload(decode=True)
            kinds[name.rpartition(".")[2]] += 1
            if name.endswith(".pdf"):
                start = int(data.split(b"startxref\n")[1].split()[0])
                assert data[start : start + 4] == b"xref"
            elif name.endswith(".png"):
                assert data.startswith(b"\x89PNG\r\n\x1a\n")
                assert data.endswith(b"IEND\xaeB`\x82")
            elif name.endswith(".csv"):
                rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
                assert len({len(row) for row in rows}) == 1
    assert all(kinds[kind] for kind in ("pdf", "png", "csv", "ics"))


def test_people_items_and_organizations_refer_to_each_other() -> None:
    company = load_company()
    for person in company.people.values():
        if person.org:
            domain = person.address.rpartition("@")[2]
            assert company.organizations[person.org].domain == domain
    items = [*company.deals.values(), *company.leads.values(), *company.projects.values()]
    for item in items:
        assert company.people[item.person].org == item.org
        address = company.people[item.person].address
        assert found(lambda d, m, a=address: a in str(m["From"])) or item.key == "lighthouse"


def test_arrivals_continue_the_conversations_they_name() -> None:
    room = Mailroom(NOW)
    known = {str(message["Message-ID"]) for _, message in mails()}
    room.week()
    arrivals = room.arrivals()
    assert len(arrivals) >= 15
    for minutes, thread in enumerate(arrivals, 1):
        now = NOW + timedelta(minutes=minutes)
        mail = room.arrive(thread, now)
        message = message_from_bytes(mail.raw, policy=policy.default)
        assert mail.internal_date == now
        assert mail.folder == "INBOX"
        assert bool(message["In-Reply-To"]) == thread.key.startswith("re:")
        assert set(str(message["References"] or "").split()) <= known
        known.add(str(message["Message-ID"]))


@pytest.mark.parametrize(
    "text", ["text before all", "== a | b\n-- x | tomorrow |\nhi", "== a | b\nno mail yet"]
)
def test_a_script_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"outside|time"):
        script.parse(text)
