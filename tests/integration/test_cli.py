"""The command line against a real Dovecot, and the demo as one command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ptyprocess
import pytest

from tests.integration.dovecot import Dovecot
from tests.integration.mailbox import Mailbox
from tests.profiles import mail, profile
from tui_mail.config.paths import Paths
from tui_mail.demo.smtp_sink import SmtpSink

Run = Callable[..., subprocess.CompletedProcess[str]]

WITH_FILE = (
    b"Message-ID: <file@fjord.example>\r\nDate: Mon, 16 Nov 2026 10:00:00 +0000\r\n"
    b"From: Anna Berg <anna@fjord.example>\r\nTo: mira@northwind.example\r\n"
    b"Subject: With a file\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n> quoted \x1b[31mred\r\n"
    b"--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="../../plan.pdf"\r\n\r\n%PDF-plan\r\n--b--\r\n'
)


@pytest.fixture
def paths(tmp_path: Path, dovecot: Dovecot, user: str) -> Paths:
    return profile(tmp_path / "home", imap=(dovecot.host, dovecot.port), user=user)


@pytest.fixture
def tui(tmp_path: Path) -> Run:
    """Runs `tui-mail` as a process on the test's profile."""

    def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui_mail", "--home", str(tmp_path / "home"), *words],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            **more,
        )

    return run


@contextlib.contextmanager
def daemon(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that is the engine."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "--home", str(home), "daemon"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: (home / "data" / "engine.sock").exists())
        yield child
    finally:
        child.terminate()
        child.wait(30)


def until(met: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_sync_once_brings_mail_and_says_so(
    paths: Paths, dovecot: Dovecot, user: str, tui: Run
) -> None:
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(7)))
    done = tui("sync", "--once")
    assert done.returncode == 0
    assert done.stdout.startswith("work: 7 messages, 7 new, 7 unread (")
    again = json.loads(tui("sync", "--once", "--json").stdout)
    assert again["ok"] and again["accounts"][0]["new"] == 0
    assert set(again["accounts"][0]) == {
        "account", "state", "error", "hint", "code", "seconds", "messages", "unread", "new",
        "waiting_operations", "waiting_mails", "last_ok_at",
    }  # fmt: skip
    assert len(tui("list").stdout.splitlines()) == 7


def test_progress_is_plain_lines_in_a_pipe_and_a_bar_on_a_terminal(
    paths: Paths, dovecot: Dovecot, user: str, tmp_path: Path, tui: Run
) -> None:
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(4000)))
    done = tui("sync", "--once")
    lines = done.stderr.splitlines()
    assert lines and all(line.startswith("work ") and " of " in line for line in lines)
    assert "\r" not in done.stderr and "\x1b" not in done.stderr

    other = profile(tmp_path / "other", imap=(dovecot.host, dovecot.port), user=user)
    terminal = ptyprocess.PtyProcess.spawn(
        [sys.executable, "-m", "tui_mail", "--home", str(other.config_dir), "sync", "--once"],
        env={**os.environ, "TERM": "xterm"},
        dimensions=(24, 80),
    )
    shown = b""
    with contextlib.suppress(EOFError):
        while True:
            shown += terminal.read(65536)
    assert terminal.wait() == 0
    text = shown.decode()
    bars = [part for part in text.split("\r\x1b[K") if "[#" in part or "[-" in part]
    assert bars and all(len(bar.splitlines()[0]) < 80 for bar in bars)
    assert "4,000 messages" in text.splitlines()[-1]


def test_a_wrong_password_is_code_4_and_doctor_repeats_it(
    tmp_path: Path, dovecot: Dovecot, user: str, tui: Run
) -> None:
    profile(
        tmp_path / "home", imap=(dovecot.host, dovecot.port), user=user, password="wrong secret"
    )
    done = tui("sync", "--once")
    assert done.returncode == 4 and "wrong secret" not in done.stdout + done.stderr
    report = tui("doctor")
    assert report.returncode == 1 and "account password work" in report.stdout
    assert "wrong secret" not in report.stdout


def test_a_server_that_is_not_there_is_code_5(tmp_path: Path, tui: Run) -> None:
    profile(tmp_path / "home")
    done = tui("sync", "--once", "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 5 and value["accounts"][0]["code"] == 5
    assert value["accounts"][0]["error"]


def test_one_broken_account_does_not_stop_the_other(
    paths: Paths, tmp_path: Path, dovecot: Dovecot, user: str, tui: Run
) -> None:
    profile(tmp_path / "home", slug="broken", address="x@northwind.example")
    dovecot.deliver(user, "INBOX", mail(1))
    done = tui("sync", "--once", "--json")
    by_name = {one["account"]: one for one in json.loads(done.stdout)["accounts"]}
    assert by_name["work"]["messages"] == 1 and by_name["work"]["error"] is None
    assert by_name["broken"]["error"] and done.returncode == 5
    assert tui("sync", "--once", "work").returncode == 0


def test_archive_by_search_reaches_the_server(
    paths: Paths, dovecot: Dovecot, user: str, tui: Run
) -> None:
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(4)))
    dovecot.deliver(user, "INBOX", mail(9, subject="Keep this"))
    tui("sync", "--once")
    dry = tui("archive", "--search", "subject:quote", "--dry-run")
    assert len(dry.stdout.splitlines()) == 4
    with Mailbox(dovecot, user) as there:
        assert there.count("INBOX") == 5
    assert tui("archive", "--search", "subject:quote").returncode == 0
    tui("sync", "--once")
    with Mailbox(dovecot, user) as there:
        assert (there.count("INBOX"), there.count("Archive")) == (1, 4)
    assert tui("undo").returncode == 0
    tui("sync", "--once")
    with Mailbox(dovecot, user) as there:
        assert (there.count("INBOX"), there.count("Archive")) == (5, 0)


def test_beside_a_running_engine_sync_waits_for_it(
    paths: Paths, dovecot: Dovecot, user: str, tmp_path: Path, tui: Run
) -> None:
    dovecot.deliver(user, "INBOX", *(mail(n) for n in range(3)))
    with daemon(tmp_path / "home") as engine:
        done = tui("sync", "--once", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["accounts"][0]["messages"] == 3
        status = json.loads(tui("daemon", "status", "--json").stdout)
        assert status == {"running": True, "pid": engine.pid}
        tui("archive", "--search", "subject:quote")
        assert tui("sync", "--once").returncode == 0
        with Mailbox(dovecot, user) as there:
            assert (there.count("INBOX"), there.count("Archive")) == (0, 3)
        assert tui("daemon").returncode == 3
        assert tui("daemon", "stop").returncode == 0
        assert engine.wait(30) == 0
    assert tui("daemon", "status").returncode == 1


def test_show_and_attachments_of_a_real_mail(
    paths: Paths, dovecot: Dovecot, user: str, tmp_path: Path, tui: Run
) -> None:
    dovecot.deliver(user, "INBOX", WITH_FILE)
    tui("sync", "--once")
    (row,) = json.loads(tui("list", "--json").stdout)["conversations"]
    number = str(row["id"])
    shown = tui("show", number).stdout
    assert "See the file." in shown and "plan.pdf" in shown and "\x1b" not in shown
    (message,) = json.loads(tui("show", number, "--json").stdout)["messages"]
    assert message["message_id"] == "<file@fjord.example>"
    assert message["from"] == [{"name": "Anna Berg", "address": "anna@fjord.example"}]
    assert "Subject: With a file" in tui("show", number, "--headers").stdout
    raw = subprocess.run(
        [sys.executable, "-m", "tui_mail", "--home", str(tmp_path / "home"),
         "show", f"m{message['id']}", "--raw"],
        capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    assert raw == WITH_FILE
    target = tmp_path / "saved"
    for expected in ("plan.pdf", "plan-1.pdf"):
        done = json.loads(tui("attachments", number, "--save", str(target), "--json").stdout)
        assert done["attachments"][0]["saved"] == str(target / expected)
        assert (target / expected).read_bytes() == b"%PDF-plan"
    assert sorted(path.name for path in tmp_path.glob("*.pdf")) == []


def test_doctor_online_compares_with_the_server(
    paths: Paths, dovecot: Dovecot, user: str, tui: Run
) -> None:
    dovecot.deliver(user, "INBOX", mail(1))
    tui("sync", "--once")
    dovecot.deliver(user, "INBOX", mail(2))
    report = json.loads(tui("doctor", "--online", "--json").stdout)
    (account,) = report["accounts"]
    folders = {folder["name"]: folder for folder in account["folders"]}
    assert (folders["INBOX"]["here"], folders["INBOX"]["server"]) == (1, 2)
    assert folders["INBOX"]["asked_now"] and account["online"]["imap_error"] == ""
    assert "IDLE" in account["capabilities"] and account["online"]["smtp_error"]


async def test_send_goes_out_with_the_next_sync(
    tmp_path: Path, dovecot: Dovecot, user: str, tui: Run
) -> None:
    sink = SmtpSink()
    sink.users[user] = "x"
    await sink.start("127.0.0.1")
    try:
        profile(
            tmp_path / "home",
            imap=(dovecot.host, dovecot.port),
            smtp=("127.0.0.1", sink.port),
            user=user,
        )
        words = ("send", "--to", "bo@example.org", "--subject", "Hi", "--now")
        sent = await asyncio.to_thread(tui, *words, input="Hello *you*\n")
        assert sent.returncode == 0, sent.stderr
        done = await asyncio.to_thread(tui, "sync", "--once")
        assert done.returncode == 0, done.stdout + done.stderr
        (mail_out,) = sink.accepted
        assert list(mail_out.rcpts) == ["bo@example.org"]
        assert b"Hello" in mail_out.raw
        rows = json.loads(
            (await asyncio.to_thread(tui, "outbox", "list", "--all", "--json")).stdout
        )
        assert rows["outbox"][0]["state"] in ("sent", "copy_pending", "accepted")
    finally:
        await sink.stop()


def test_the_demo_syncs_without_a_screen_and_leaves_nothing(tmp_path: Path, tui: Run) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = tui("demo", "--headless", "--once", env={**os.environ, "TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stderr
    assert " messages, " in done.stdout and len(done.stdout.splitlines()) == 2
    assert list(temporary.iterdir()) == []


def test_the_demo_can_be_kept(tmp_path: Path, tui: Run) -> None:
    kept = tmp_path / "home"
    done = tui("demo", "--once", "--keep", str(kept), "--json")
    accounts = json.loads(done.stdout)["accounts"]
    assert done.returncode == 0 and sum(one["messages"] for one in accounts) > 100
    assert len(tui("list", "--limit", "5").stdout.splitlines()) == 5


def test_account_add_tries_both_servers_before_it_keeps_anything(
    tmp_path: Path, dovecot: Dovecot, user: str, tui: Run
) -> None:
    words = (
        "account", "add", "mira@northwind.example", "--id", "work", "--imap-host", dovecot.host,
        "--imap-port", str(dovecot.port), "--imap-security", "none", "--imap-user", user,
        "--smtp-host", dovecot.host, "--smtp-port", "1", "--smtp-security", "none",
        "--secret", "file", "--password-stdin",
    )  # fmt: skip
    done = tui(*words, input="x\n")
    assert done.returncode == 1 and "IMAP: ok" in done.stdout and "SMTP: FAILED" in done.stdout
    assert tui("account", "list").stdout == ""
    assert tui(*words, "--no-test", input="x\n").returncode == 0
    report = json.loads(tui("account", "test", "--json").stdout)
    assert [one["ok"] for one in report["accounts"][0]["tests"]] == [True, False]
    assert tui("sync", "--once").returncode == 0
