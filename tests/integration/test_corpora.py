"""Real and hostile mail, every one through the same door: shown, or a stub that says why.

The corpora lie beside the repository where it is developed; elsewhere these tests are skipped.
"""

from __future__ import annotations

import random
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from tests.processes import mime_children
from tui_mail.mime.fields import header_end
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.indexing import decompress, index_mail
from tui_mail.mime.parts import Tree, fast_tree, stdlib_tree
from tui_mail.mime.worker import MimePool
from tui_mail.model.messages import IndexedMail, ReadableMail

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"
MAX_SECONDS = 2.0
MAX_MEMORY = 256 * 1024 * 1024

pytestmark = pytest.mark.skipif(
    not CORPORA.is_dir(), reason="the mail corpora are not beside the repository"
)

FOLDERS = (
    "mail-parser",
    "mikel-mail",
    "deltachat",
    "mime4j-torture",
    "spamassassin-easy-ham-1",
    "spamassassin-spam-1",
    "sisimai-bounces",
    "threading-notmuch",
    "reply-quoting",
)
NO_MAIL = {".json", ".xml", ".py", ".html", ".md", ".gitignore"}


def mails(folder: str) -> list[bytes]:
    paths = sorted(path for path in (CORPORA / folder).rglob("*") if path.is_file())
    found = [path.read_bytes() for path in paths if path.suffix not in NO_MAIL]
    pages = [path.read_bytes() for path in paths if path.suffix == ".html"]
    head = b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return found + [head + page for page in pages]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from strings(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))


def is_unsafe(text: str) -> bool:
    if text.isascii() and text.isprintable():
        return False
    return any(
        (char != "\n" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"))
        or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
        for char in text
    )


def assert_shown(raw: bytes, mail: ReadableMail) -> None:
    unsafe = [text for text in strings(mail) if is_unsafe(text)]
    assert unsafe == []
    has_body = bool(raw[header_end(raw) :].strip())
    said = mail.blocks or mail.attachments or mail.problem or mail.invite or mail.notes
    assert said or mail.remote_images or mail.trackers or not has_body or mail.from_html


def assert_indexed(raw: bytes, mail: IndexedMail) -> None:
    assert decompress(mail.compressed) == raw
    assert len(mail.sha256) == 32
    assert len(mail.snippet) <= 225
    assert not is_unsafe(mail.snippet)
    for one in mail.attachments:
        assert not is_unsafe(one.filename)
        assert Path(one.filename).name == one.filename
    for text in strings((mail.envelope, mail.text)):
        text.encode()
    assert not any(char in text for text in strings(mail.envelope) for char in "\r\n\0")


async def run_through(raws: list[bytes]) -> None:
    async with MimePool() as pool:
        for raw, indexed in zip(raws, await pool.index(raws), strict=True):
            assert_indexed(raw, indexed)
        for raw in raws:
            started = time.perf_counter()
            mail = await pool.read(raw)
            assert time.perf_counter() - started < MAX_SECONDS
            assert_shown(raw, mail)
        (child,) = mime_children()
        assert child.memory_info().rss < MAX_MEMORY


@pytest.mark.parametrize("folder", FOLDERS)
async def test_every_mail_is_shown_or_says_why(folder: str) -> None:
    raws = mails(folder)
    assert raws
    await run_through(raws)


async def test_no_naughty_string_breaks_a_header_or_a_body() -> None:
    lines = (CORPORA / "naughty-strings" / "blns.txt").read_bytes().split(b"\n")
    naughty = [line for line in lines if line.strip() and not line.startswith(b"#")]
    names = (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"List-Id")
    names += (b"Content-Type", b"Content-Transfer-Encoding", b"Authentication-Results", b"Sender")
    raws = [
        b"".join(name + b": " + line + b"\r\n" for name in names) + b"\r\n" + line + b"\r\n"
        for line in naughty
    ]
    raws += [
        b'From: "' + line + b'" <a@b.example>\r\nContent-Type: text/html\r\n\r\n<p>' + line
        for line in naughty
    ]
    raws += [
        b"From: a@b.example\r\nContent-Type: application/pdf; name=" + line + b"\r\n\r\nx"
        for line in naughty
    ]
    await run_through(raws)


async def test_a_page_full_of_leaks_leaves_nothing_to_fetch() -> None:
    page = (CORPORA / "html-leaks" / "leak.html").read_bytes()
    raw = b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    async with MimePool() as pool:
        mail = await pool.read(raw)
    assert_shown(raw, mail)
    assert mail.remote_images + mail.trackers > 0
    assert all(link.url.startswith(("http://", "https://", "mailto:")) for link in mail.links)


def test_bounces_name_the_recipient_and_mostly_the_mail() -> None:
    reports = [index_mail(raw, compress=False).report for raw in mails("sisimai-bounces")]
    found = [report for report in reports if report is not None]
    assert len(found) * 100 >= len(reports) * 90
    assert all("@" in one.address for report in found for one in report.recipients[:1])
    assert sum(bool(report.original_message_id) for report in found) * 100 >= len(found) * 85


def test_ordinary_mail_is_no_bounce() -> None:
    raws = mails("spamassassin-easy-ham-1")
    bounces = sum(index_mail(raw, compress=False).report is not None for raw in raws)
    assert bounces * 500 <= len(raws)


def flat(tree: Tree) -> list[tuple[str, str, str, list[str]]]:
    """The tree without blanks at line ends: only the fast parser drops them, as RFC 2045 says."""

    def lines(text: str) -> list[str]:
        return [line.rstrip() for line in text.strip().splitlines() if line.strip()]

    return [
        (
            part.number,
            part.content_type,
            part.filename,
            lines(part.text()) if part.content_type.startswith("text/") else [],
        )
        for part in tree.root.walk()
    ]


@pytest.mark.parametrize("folder", ["spamassassin-easy-ham-1", "spamassassin-spam-1", "deltachat"])
def test_the_fast_parser_agrees_with_the_standard_library_on_everyday_mail(folder: str) -> None:
    compared = different = 0
    for raw in mails(folder):
        if parse_envelope(raw).content_type.startswith("multipart/"):
            fast = fast_tree(raw)
            if fast is not None:
                compared += 1
                different += flat(fast) != flat(stdlib_tree(raw))
    assert compared > 20
    assert different * 50 <= compared


async def test_damaged_mails_are_shown_or_say_why() -> None:
    """Real mails with octets changed, cut out and repeated: what a fuzzer would begin with."""
    rng = random.Random(20)
    seeds = [raw for folder in ("mail-parser", "deltachat", "mikel-mail") for raw in mails(folder)]
    raws = []
    for _ in range(400):
        data = bytearray(rng.choice(seeds)[:20_000])
        for _ in range(rng.randint(1, 30)):
            at = rng.randrange(len(data) + 1)
            kind = rng.randrange(3)
            if kind == 0:
                data[at : at + 1] = bytes((rng.randrange(256),))
            elif kind == 1:
                del data[at : at + rng.randint(1, 200)]
            else:
                data[at:at] = data[at : at + rng.randint(1, 200)] * rng.randint(1, 5)
        raws.append(bytes(data))
    raws += [rng.randbytes(rng.randint(0, 3000)) for _ in range(100)]
    await run_through(raws)
