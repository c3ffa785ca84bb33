"""Every composed mail read by others: Python's email, neomutt, and Dovecot (R6 to R8, SEC-40)."""

from __future__ import annotations

import email
import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from email import policy
from email.headerregistry import Address as ParsedAddress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest

from tests.integration.dovecot import PASSWORD, Dovecot
from tests.integration.test_live import opened
from tests.profiles import profile
from tui_mail.actions import beginning, checking, crm, keeping, sending, templates
from tui_mail.actions.context import Context
from tui_mail.config import save
from tui_mail.demo.smtp_sink import SmtpSink
from tui_mail.errors import ActionError
from tui_mail.model.drafts import DraftContent
from tui_mail.store.drafts import Draft, DraftFile
from tui_mail.sync.engine import Engine

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3
HOSTILE = (
    "{{password}}",
    "{{deal.title}}",
    "Eve\r\nBcc: victim@x.example",
    "<script>alert(1)</script>",
    "](javascript:alert(1))",
    "![x](/etc/passwd)",
    "=?utf-8?q?x=0d=0aBcc:_y=40z.example?=",
    "\u202eevil\u2066",
    "a\x1b]52;c;eA==\x07b",
    "{0.__class__} %s ${HOME} `id`",
)


class Office:
    """A sink that takes mail and a profile that writes it."""

    def __init__(self, ctx: Context, sink: SmtpSink) -> None:
        self.ctx, self.sink = ctx, sink

    async def send(self, content: DraftContent, *files: DraftFile, **draft: Any) -> bytes:
        """Send a mail and return it as the sink got it."""
        begun = await beginning.new_draft(self.ctx, content=content)
        begun = replace(begun, **draft)
        await keeping.set_files(self.ctx, begun, files)
        await sending.send(self.ctx, begun)
        before = len(self.sink.accepted)
        async with Engine(self.ctx.paths, check_seconds=0) as engine:
            await engine.sync_once()
        assert len(self.sink.accepted) == before + 1
        return self.sink.accepted[-1].raw


@asynccontextmanager
async def office_of(tmp_path: Path, server: Dovecot, user: str) -> AsyncIterator[Office]:
    async with SmtpSink(users={user: PASSWORD}) as sink:
        paths = profile(
            tmp_path,
            imap=(server.host, server.port),
            smtp=("127.0.0.1", sink.port),
            user=user,
            password=PASSWORD,
        )
        save.set_value(paths.config_file, "writing.undo_seconds", 0)
        async with opened(paths) as ctx:
            yield Office(ctx, sink)


def parsed(raw: bytes) -> EmailMessage:
    message = cast(EmailMessage, email.message_from_bytes(raw, policy=policy.default))
    assert not any(part.defects for part in message.walk())
    return message


def tree(message: EmailMessage) -> Any:
    """Content types as nested lists."""
    if not message.is_multipart():
        return message.get_content_type()
    parts = [tree(cast(EmailMessage, part)) for part in message.iter_parts()]
    return [message.get_content_subtype(), *parts]


CASES: dict[str, tuple[DraftContent, tuple[DraftFile, ...], Any]] = {
    "plain only": (
        DraftContent(to="a@fjord.example", subject="Plain", body="Just **text**.", plain_only=True),
        (),
        "text/plain",
    ),
    "both parts": (
        DraftContent(to="a@fjord.example", subject="Två språk – 日本語", body="# Hei\n\nשלום 🙂\n"),
        (),
        ["alternative", "text/plain", "text/html"],
    ),
    "an image in the text and a file": (
        DraftContent(
            to='"Å, B" <b@bücher.example>, c@fjord.example',
            cc="Ünal <u@fjord.example>",
            subject="x" * 300,
            body="See ![logo](logo.png) here.",
        ),
        (
            DraftFile("logo.png", "image/png", PNG),
            DraftFile("Prüfung 1.pdf", "application/pdf", bytes(range(256)) * 40),
        ),
        ["mixed", ["alternative", "text/plain", ["related", "text/html", "image/png"]],
         "application/pdf"],
    ),
    "an attached image that the text does not show": (
        DraftContent(to="a@fjord.example", subject="x", body="none"),
        (DraftFile("logo.png", "image/png", PNG),),
        ["mixed", ["alternative", "text/plain", "text/html"], "image/png"],
    ),
    "long lines and odd characters": (
        DraftContent(
            to="a@fjord.example", subject="x", body="å" * 5000 + "\n.\n..\nFrom here\n\x00end"
        ),
        (),
        ["alternative", "text/plain", "text/html"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_others_read_a_mail_as_it_was_written(
    name: str, tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    content, files, structure = CASES[name]
    async with office_of(tmp_path, dovecot, user) as here:
        raw = await here.send(content, *files)
        message = parsed(raw)
        assert tree(message) == structure
        assert message["subject"] == content.subject
        assert message["bcc"] is None
        domains = {
            one.domain
            for field in ("to", "cc")
            if message[field]
            for one in cast(tuple[ParsedAddress, ...], message[field].addresses)
        }
        assert all(domain.isascii() for domain in domains)
        assert ("xn--bcher-kva.example" in domains) == ("bücher" in content.to)
        sent = {part.get_filename(): part.get_payload(decode=True) for part in message.walk()
                if part.get_filename()}  # fmt: skip
        assert sent == {file.filename: file.data for file in files}
        for part in message.walk():
            if part.get_content_maintype() == "text":
                assert part.get_content_charset() == "utf-8"
        stored = filed(dovecot, user)
        assert stored == [raw], "what Dovecot has is what was sent, octet by octet"
        assert tree_of(server_reads(dovecot, user)["structure"]) == structure
        envelope = server_reads(dovecot, user)["envelope"]
        assert [decoded(one.name) for one in envelope.to] == [
            one.display_name for one in cast(tuple[ParsedAddress, ...], message["to"].addresses)
        ]
        assert decoded(envelope.subject) == content.subject
        names = [file.filename for file in files if file.content_type != "image/png"]
        shown_by_neomutt(stored[0], content.subject, tmp_path, names)


def server_reads(server: Dovecot, user: str) -> dict[str, Any]:
    """How Dovecot itself understands the one mail in Sent."""
    from imapclient import IMAPClient

    with IMAPClient(server.host, server.port, ssl=False) as client:
        client.login(user, PASSWORD)
        client.select_folder("Sent", readonly=True)
        (row,) = client.fetch(client.search(), ["ENVELOPE", "BODYSTRUCTURE"]).values()
        return {"envelope": row[b"ENVELOPE"], "structure": row[b"BODYSTRUCTURE"]}


def tree_of(structure: Any) -> Any:
    """A BODYSTRUCTURE as nested lists of types."""
    if structure.is_multipart:
        return [structure[1].decode().lower(), *map(tree_of, structure[0])]
    return f"{structure[0].decode()}/{structure[1].decode()}".lower()


def decoded(value: bytes | None) -> str:
    """A header text of an ENVELOPE."""
    from email.header import decode_header, make_header

    return str(make_header(decode_header((value or b"").decode("ascii"))))


def filed(server: Dovecot, user: str) -> list[bytes]:
    """Every mail in the Sent folder, as Dovecot gives it."""
    from imapclient import IMAPClient

    with IMAPClient(server.host, server.port, ssl=False) as client:
        client.login(user, PASSWORD)
        client.select_folder("Sent", readonly=True)
        found = client.fetch(client.search(), ["BODY.PEEK[]"])
        return [row[b"BODY[]"] for row in found.values()]


def shown_by_neomutt(raw: bytes, subject: str, folder: Path, files: Sequence[str]) -> None:
    """neomutt reads the subject in a mailbox, and the names of the files in the mail."""
    if shutil.which("neomutt") is None:
        pytest.skip("neomutt is not installed, so that only email and Dovecot read the mail")
    box = folder / "box"
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True, exist_ok=True)
    (box / "cur" / "1:2,S").write_bytes(raw)
    (folder / "muttrc").write_text(
        f"set folder={box}\nset spoolfile={box}\nset header_cache=\nset charset=utf-8\n"
        "set index_format='SUBJECT=%s'\nset pager_index_lines=0\nset wrap=0\n"
        "set attach_format='FILE=%f TYPE=%m/%M'\n"
    )
    neomutt_shows(folder, f"SUBJECT={subject[:60]}")
    for name in files:
        neomutt_shows(folder, f"FILE={name}", "-e", "push <view-attachments>")


def neomutt_shows(folder: Path, wanted: str, *options: str) -> None:
    """Run neomutt until it shows a text."""
    box = folder / "box"
    import ptyprocess
    import pyte

    process = ptyprocess.PtyProcess.spawn(
        ["neomutt", "-n", "-F", str(folder / "muttrc"), "-f", str(box), "-R", *options],
        env={"TERM": "xterm", "HOME": str(folder), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        dimensions=(24, 400),
    )
    screen = pyte.Screen(400, 24)
    stream = pyte.ByteStream(screen)
    try:
        for _ in range(200):
            text = "\n".join(screen.display).replace(" ", "")
            if wanted.replace(" ", "") in text:
                return
            try:
                stream.feed(process.read(4096))
            except EOFError:
                break
        raise AssertionError("neomutt does not show it:\n" + "\n".join(screen.display))
    finally:
        process.close(force=True)


async def test_answers_thread_for_others(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    async with office_of(tmp_path, dovecot, user) as here:
        content = DraftContent(
            to="a@fjord.example",
            subject="Re: Plan",
            body="Yes.",
            in_reply_to="<3@fjord.example>",
            references=tuple(f"<{n}.{'x' * 60}@fjord.example>" for n in range(40)),
        )
        message = parsed(await here.send(content, kind="reply"))
        assert message["in-reply-to"] == "<3@fjord.example>"
        assert tuple(str(message["references"]).split()) == content.references
        assert str(message["message-id"]).startswith("<")


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_hostile_contact_stays_a_value(
    hostile: str, tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    async with office_of(tmp_path, dovecot, user) as here:
        values = {"name": hostile, "first_name": hostile, "job_title": hostile,
                  "addresses": "eve@fjord.example"}  # fmt: skip
        await crm.create(here.ctx, "person", values)
        content = DraftContent(
            to="eve@fjord.example",
            subject="For {{person.name}}",
            body="Hi {{person.first_name}},\n\n> {{person.job_title}}\n\n"
            "[you](https://a.example/?q={{person.name}}) `{{person.name}}`",
        )
        raw = await here.send(content)
        message = parsed(raw)
        assert here.sink.accepted[-1].rcpts == ("eve@fjord.example",)
        assert message["bcc"] is None and len(message.get_all("subject", [])) == 1
        assert tree(message) == ["alternative", "text/plain", "text/html"]
        html = cast(EmailMessage, message.get_body(("html",))).get_content()
        plain = cast(EmailMessage, message.get_body(("plain",))).get_content()
        assert "<script" not in html and 'href="javascript' not in html and "<img" not in html
        assert html.count("<a ") == 1
        assert not set(html + plain + str(message["subject"])) & set("\x1b\x07\u202e\u2066")
        assert len(str(message["subject"]).splitlines()) == 1
        from tui_mail.model.smart_fields import flat

        assert plain.startswith(f"Hi {flat(hostile)},\r\n")


async def test_a_template_reaches_its_receiver_with_files_and_values(
    tmp_path: Path, dovecot: Dovecot, user: str
) -> None:
    async with office_of(tmp_path, dovecot, user) as here:
        ctx = here.ctx
        await crm.create(ctx, "person", {"name": "Anna Berg", "addresses": "anna@fjord.example"})
        await templates.add(
            ctx, "Offer", "For {{person.first_name}}", "Hi {{person.first_name}} ![l](logo.png)",
            files=[DraftFile("logo.png", "image/png", PNG)],
        )  # fmt: skip
        draft = await beginning.new_draft(ctx, content=DraftContent(to="anna@fjord.example"))
        await keeping.set_files(ctx, draft, [DraftFile("logo.png", "image/png", PNG + b"other")])
        draft = await templates.insert(ctx, draft, await templates.named(ctx, "offer"))
        assert "logo-2.png" in draft.content.body, "two files of one name stay apart"
        seen = await checking.preview(ctx, draft)
        assert seen.plain.startswith("Hi Anna [image: l]") and "Hi Anna" in seen.html
        raw = await _sent(here, draft)
        message = parsed(raw)
        assert message["subject"] == "For Anna"
        images = [p.get_payload(decode=True) for p in message.walk() if p["content-id"]]
        assert images == [PNG]


async def _sent(here: Office, draft: Draft) -> bytes:
    await sending.send(here.ctx, draft)
    async with Engine(here.ctx.paths, check_seconds=0) as engine:
        await engine.sync_once()
    return here.sink.accepted[-1].raw


async def test_too_large_is_refused_while_writing_with_numbers(
    tmp_path: Path, dovecot: Dovecot, user: str, make_file: Callable[[int], Path]
) -> None:
    async with office_of(tmp_path, dovecot, user) as here:
        ctx = here.ctx
        (account,) = ctx.settings.accounts
        save.put_account(ctx.paths.config_file, replace(account, size_limit_mb=1))
        await ctx.reload()
        draft = await beginning.new_draft(ctx, content=DraftContent(to="a@fjord.example"))
        with pytest.raises(ActionError, match=r"1\.5 MB, limit 1\.0 MB"):
            await keeping.attach(ctx, draft, make_file(1_572_864))
        assert await keeping.files_of(ctx, draft) == []
        assert len(await keeping.attach(ctx, draft, make_file(1_048_576))) == 1


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a file of so many octets."""

    def make(size: int) -> Path:
        path = tmp_path / f"file-{size}.bin"
        path.write_bytes(bytes(size))
        return path

    return make
