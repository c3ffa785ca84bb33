"""The pool: what a mail does to the process that reads it stays there."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from tests.processes import mime_children
from tui_mail.errors import MailError
from tui_mail.mime import worker
from tui_mail.mime.worker import MimePool

GOOD = b"From: a@b.example\r\nSubject: good\r\n\r\nhello\r\n"
POISON = b"From: p@b.example\r\nSubject: poison\r\n\r\nPOISON\r\n"

POISONED_CHILD = """
import sys, {module}
from tui_mail.mime import child, indexing
real = indexing.index_mail
def index_mail(raw, **more):
    if b"POISON" in raw:
        {deed}
    return real(raw, **more)
indexing.index_mail = index_mail
child.main()
"""
DEEDS = {
    "dies": ("os", "os._exit(1)"),
    "is killed": ("os", "os.kill(os.getpid(), 9)"),
    "spins": ("time", "exec('while True: pass')"),
    "sleeps": ("time", "time.sleep(3600)"),
    "eats memory": ("os", "eater = [bytes(1 << 26) for _ in range(64)]"),
    "raises": ("os", "raise RuntimeError('secret words')"),
    "writes rubbish": ("os", "os.write(1, bytes(3) + bytes([4]) + b'junk')"),
    "promises too much": ("os", "os.write(1, bytes([255]) * 4)"),
}


@pytest.fixture
def children_of_a_kind(monkeypatch: pytest.MonkeyPatch):
    """Start children that do something bad with the poisoned mail."""

    def use(deed: str) -> None:
        module, code = DEEDS[deed]
        source = POISONED_CHILD.format(module=module, deed=code)
        real = asyncio.create_subprocess_exec

        async def start(*argv: str, **more: object):
            return await real(argv[0], "-B", "-c", source, **more)

        monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
        monkeypatch.setattr(worker, "CPU_SECONDS", 0.5)
        monkeypatch.setattr(worker, "WALL_FACTOR", 1.0)
        monkeypatch.setattr(worker, "WALL_ROOM", 1.0)

    return use


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_poisoned_mail_becomes_a_stub_and_its_neighbours_are_fine(
    deed: str, children_of_a_kind
) -> None:
    children_of_a_kind(deed)
    async with MimePool() as pool:
        one, two, three = await pool.index([GOOD, POISON, GOOD])
        assert (one.problem, three.problem) == ("", "")
        assert (one.text, three.text) == ("hello\n", "hello\n")
        assert two.problem
        assert "secret" not in two.problem
        assert two.envelope.subject == "poison"
        (after,) = await pool.index([GOOD])
        assert after.problem == ""


async def test_the_child_starts_with_the_first_job_and_ends_with_the_pool() -> None:
    me = psutil.Process()
    before = {one.pid for one in me.children()}
    pool = MimePool()
    assert {one.pid for one in me.children()} == before
    await pool.index([GOOD])
    (started,) = [one for one in mime_children() if one.pid not in before]
    await pool.close()
    assert not started.is_running()
    with pytest.raises(MailError):
        await pool.index([GOOD])


async def test_the_child_gets_no_secrets_no_files_and_little_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "hunter2")
    with (tmp_path / "open").open("w") as kept:
        os.set_inheritable(kept.fileno(), True)
        async with MimePool() as pool:
            await pool.index([GOOD])
            (child,) = mime_children()
            assert set(child.environ()) <= {"PATH", "LANG", "PYTHONPATH", "LC_CTYPE"}
            assert child.num_fds() <= 4
            if sys.platform == "linux":
                limit = psutil.Process(child.pid).rlimit(psutil.RLIMIT_AS)
                assert limit == (1 << 30, 1 << 30)


async def test_a_mail_to_be_read_goes_before_mails_to_be_indexed() -> None:
    done: list[str] = []

    async def note(name: str, job: object) -> None:
        await job  # type: ignore[misc]
        done.append(name)

    async with MimePool() as pool:
        index = asyncio.create_task(note("index", pool.index([GOOD] * 2000)))
        await asyncio.sleep(0)
        read = asyncio.create_task(note("read", pool.read(GOOD)))
        await asyncio.gather(index, read)
    assert done == ["read", "index"]


async def test_a_cancelled_call_leaves_a_pool_that_works() -> None:
    async with MimePool() as pool:
        await pool.index([GOOD])
        task = asyncio.create_task(pool.index([GOOD] * 2000))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (after,) = await pool.index([GOOD])
        assert after.text == "hello\n"


async def test_an_attachment_comes_out_and_a_missing_one_is_refused() -> None:
    raw = b"Content-Type: application/pdf; name=a.pdf\r\n\r\nPDF"
    async with MimePool() as pool:
        attachment, data = await pool.part(raw, "1")
        assert (attachment.filename, data) == ("a.pdf", b"PDF")
        with pytest.raises(MailError):
            await pool.part(raw, "9")


async def test_the_child_does_not_import_the_interface() -> None:
    code = (
        "import sys; import tui_mail.mime.child, tui_mail.mime.indexing;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('textual','imapclient','aiosqlite','bs4','markdownify','icalendar','email')])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.strip() == b"[]"
