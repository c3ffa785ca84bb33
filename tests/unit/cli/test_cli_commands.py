"""Each command over a real store: what it shows, what it changes, what it refuses."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox, mail
from tests.unit.cli.conftest import Tui
from tui_mail.config import save
from tui_mail.config.load import load
from tui_mail.store.ownership import EngineLock, read_side

Make = Callable[..., Mailbox]

HOSTILE = (
    "\x1b]0;owned\x07title",
    "\x1b[2J\x1b[Hcleared",
    "line one\r\nFake: line two",
    "tab\tseparated\tvalues",
    "\x9b31mC1 colour",
    "rtl \u202egnp.exe",
    "[bold red]markup[/]",
    "zero\u200bwidth",
    "\x7fdelete and \x00 nul",
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def sending(box: Mailbox) -> Mailbox:
    """The same profile with a server for sending, and no undo window."""
    account = load(box.paths.config_file).accounts[0]
    from dataclasses import replace

    save.put_account(box.paths.config_file, replace(account, smtp_host="127.0.0.1", smtp_port=9))
    return box


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Standard input of the next command."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


# -- list and search -----------------------------------------------------------------------------


def test_a_list_in_a_pipe_is_one_tab_separated_line_a_conversation(mailbox: Make, tui: Tui) -> None:
    mailbox(3)
    lines = tui("list").out.splitlines()
    assert [line.split("\t")[5] for line in lines] == [f"Subject {n:04}" for n in range(3)]
    assert all(line.split("\t")[2:4] == ["U", "work"] for line in lines)


def test_hostile_subjects_and_names_stay_on_their_line(mailbox: Make, tui: Tui) -> None:
    box = mailbox(0)
    box.arrive([mail(n, text, name=text) for n, text in enumerate(HOSTILE)])
    for words in (["list"], ["search", "is:unread"], ["archive", "--search", "is:unread", "-n"]):
        said = tui(*words)
        lines = said.out.splitlines()
        assert len(lines) == len(HOSTILE)
        assert all(line.count("\t") == 6 for line in lines)
        assert not _CONTROLS.search(said.out.replace("\t", " ").replace("\n", " "))


def test_json_keeps_hostile_text_in_ascii(mailbox: Make, tui: Tui) -> None:
    box = mailbox(0)
    box.arrive([mail(n, text) for n, text in enumerate(HOSTILE)])
    said = tui("list", "--json")
    assert said.out.isascii() and not _CONTROLS.search(said.out.replace("\n", ""))
    assert len(said.json["conversations"]) == len(HOSTILE)


def test_the_json_of_a_list_has_stable_keys(mailbox: Make, tui: Tui) -> None:
    mailbox(1)
    value = tui("list", "--json").json
    assert set(value) == {"view", "total", "unread", "conversations"}
    assert value["view"] == "inbox" and value["total"] == value["unread"] == 1
    (row,) = value["conversations"]
    assert set(row) == {
        "id", "at", "account", "people", "subject", "snippet", "messages", "unread", "starred",
        "attachments", "drafts", "outgoing", "answered",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["at"])


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (["list"], 3),
        (["list", "--limit", "2"], 2),
        (["list", "--unread"], 2),
        (["list", "--account", "work"], 3),
        (["list", "unread"], 2),
        (["list", "INBOX"], 3),
        (["list", "sent"], 0),
        (["list", "clients/müller"], 1),
        (["list", "work/Clients/Müller"], 1),
    ],
)
def test_a_view_or_a_folder_is_listed(
    mailbox: Make, tui: Tui, words: list[str], number: int
) -> None:
    box = mailbox(2)
    box.arrive([mail(7)], flags=1)
    box.arrive([mail(8)], folder="Clients/Müller")
    assert len(tui(*words, "--json").json["conversations"]) == number


def test_a_long_list_comes_in_pages_and_in_order(mailbox: Make, tui: Tui) -> None:
    mailbox(1200)
    rows = tui("list", "--limit", "1100", "--json").json["conversations"]
    assert [row["subject"] for row in rows] == [f"Subject {n:04}" for n in range(1100)]


def test_search_names_the_message_that_was_hit(mailbox: Make, tui: Tui) -> None:
    box = mailbox(3)
    value = tui("search", "is:unread", "before:2099-01-01", "--json").json
    assert value["query"] == "is:unread before:2099-01-01"
    assert len(value["conversations"]) == 3 and not value["more"]
    ids = {row[0] for row in box.fetch("SELECT id FROM messages")}
    assert {row["hit"] for row in value["conversations"]} == ids


# -- triage --------------------------------------------------------------------------------------


def inbox(tui: Tui) -> int:
    """How many conversations the inbox has."""
    return int(tui("list", "--json").json["total"])


def test_archive_by_id_and_undo(mailbox: Make, tui: Tui) -> None:
    mailbox(3)
    first = tui("list", "--json").json["conversations"][0]["id"]
    said = tui("archive", str(first))
    assert said.out == "Archived 1 conversation.\n" and "sync --once" in said.err
    assert inbox(tui) == 2
    assert tui("undo").out == "Undone: Archived 1 conversation.\n"
    assert inbox(tui) == 3
    assert tui("undo").out == "There is nothing to take back.\n"


def test_a_message_stands_for_its_conversation(mailbox: Make, tui: Tui) -> None:
    box = mailbox(2)
    (message, conversation) = box.fetch("SELECT id, conversation_id FROM messages LIMIT 1")[0]
    value = tui("archive", f"m{message}", "--json").json
    assert value["conversations"] == [conversation]


def test_one_unknown_id_means_that_nothing_is_done(mailbox: Make, tui: Tui) -> None:
    mailbox(2)
    first = tui("list", "--json").json["conversations"][0]["id"]
    assert tui("archive", str(first), "4711").code == 6
    assert inbox(tui) == 2


def test_a_dry_run_shows_what_an_archive_by_search_would_touch(mailbox: Make, tui: Tui) -> None:
    mailbox(5)
    said = tui("archive", "--search", "is:unread", "--dry-run")
    assert len(said.out.splitlines()) == 5
    assert "Would archive 5 conversations with 5 messages." in said.err
    assert inbox(tui) == 5
    assert tui("archive", "--search", "is:unread").code == 0
    assert inbox(tui) == 0


def test_more_than_200_messages_need_a_yes(mailbox: Make, tui: Tui) -> None:
    """VAL-3."""
    mailbox(201)
    said = tui("delete", "--search", "is:unread")
    assert said.code == 7 and "201 messages" in said.err
    assert inbox(tui) == 201
    assert tui("delete", "--search", "is:unread", "--json").json["error"]["code"] == 7
    assert tui("delete", "--search", "is:unread", "--yes").code == 0
    assert inbox(tui) == 0


@pytest.mark.parametrize(("words", "flag"), [("read", 1), ("star", 2)])
def test_marks_are_set_and_taken_away(mailbox: Make, tui: Tui, words: str, flag: int) -> None:
    box = mailbox(1)
    (cid,) = box.fetch("SELECT id FROM conversations")[0]
    for how, wanted in ((words, flag), (f"un{words}", 0)):
        assert tui("mark", how, str(cid)).code == 0
        assert box.fetch("SELECT flags & ? FROM messages", flag) == [(wanted,)]


def test_move_takes_the_folder_last(mailbox: Make, tui: Tui) -> None:
    box = mailbox(2)
    ids = [str(row[0]) for row in box.fetch("SELECT id FROM conversations")]
    assert tui("move", *ids, "Clients/Müller").code == 0
    assert len(tui("list", "Clients/Müller", "--json").json["conversations"]) == 2


# -- sending -------------------------------------------------------------------------------------


def test_send_queues_a_mail_that_undo_brings_back(mailbox: Make, tui: Tui) -> None:
    box = sending(mailbox(0))
    said = tui("send", "--to", "Bo <bo@example.org>", "--subject", "Hi", "--body", "Text", "--json")
    assert said.code == 0
    value = said.json
    assert value["outbox_id"] == 1 and 0 < value["seconds_to_undo"] <= 10
    ((raw, wait),) = box.fetch("SELECT raw, not_before - created_at FROM outbox")
    assert 0 < wait <= 10
    assert isinstance(raw, bytes) and b"Subject: Hi" in raw
    (row,) = tui("outbox", "--json").json["outbox"]
    assert row["recipients"][0]["address"] == "bo@example.org" and row["state"] == "held"
    assert tui("undo").code == 0
    assert tui("outbox", "--json").json["outbox"] == []


def test_the_text_comes_from_standard_input_and_now_skips_the_wait(
    mailbox: Make, tui: Tui, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = sending(mailbox(0))
    given(monkeypatch, "Grüße aus Köln\n".encode())
    assert tui("send", "--to", "bo@example.org", "--subject", "x", "--now").code == 0
    assert box.fetch("SELECT not_before <= created_at FROM outbox") == [(1,)]


def test_a_dry_run_sends_nothing_and_leaves_no_draft(
    mailbox: Make, tui: Tui, tmp_path: Path
) -> None:
    box = sending(mailbox(0))
    (tmp_path / "a.txt").write_text("file")
    said = tui(
        "send", "--to", "bo@example.org", "--cc", "cy@example.org", "--subject", "Hi",
        "--body", "Text", "--attach", str(tmp_path / "a.txt"), "-n", "--json",
    )  # fmt: skip
    value = said.json
    assert value["ok"] and value["to"] == ["bo@example.org"] and value["cc"] == ["cy@example.org"]
    assert value["attachments"][0]["filename"] == "a.txt"
    assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
    assert tui("list", "drafts", "--json").json["conversations"] == []


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "", "--body", "x"],
        ["--to", "no address", "--body", "x"],
        ["--to", "bo@example.org", "--body", "x", "--attach", "/nowhere"],
        ["--to", "bo@example.org", "--body-file", "/nowhere"],
    ],
)
def test_what_cannot_be_sent_is_not_queued(mailbox: Make, tui: Tui, words: list[str]) -> None:
    box = sending(mailbox(0))
    assert tui("send", *words).code == 1
    assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]
    assert box.fetch("SELECT count(*) FROM drafts WHERE state IN ('open', 'kept')") == [(0,)]


RAW = (
    b"From: Ada <ada@example.com>\nTo: bo@example.org\nBcc: hidden@example.org,\n"
    b" two@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nX-Own: kept  as\n  it is\n\nText\n"
)


def test_a_ready_mail_goes_out_as_it_is_but_without_bcc(
    mailbox: Make, tui: Tui, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = sending(mailbox(0))
    given(monkeypatch, RAW)
    assert tui("send", "--raw").code == 0
    ((raw,),) = box.fetch("SELECT raw FROM outbox")
    assert isinstance(raw, bytes)
    assert b"hidden" not in raw and b"two@" not in raw and b"Bcc" not in raw
    assert b"X-Own: kept  as\r\n  it is\r\n\r\nText\r\n" in raw
    for name in (b"Date", b"Message-ID", b"X-Tui-Mail-Id", b"From", b"Subject"):
        assert len(re.findall(rb"(?m)^" + name + rb":", raw)) == 1
    assert box.fetch("SELECT address FROM outbox_recipients ORDER BY 1") == [
        ("bo@example.org",), ("hidden@example.org",), ("two@example.org",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all\n\ntext\n",
        b"To: bo@example.org\n\nno sender\n",
        b"From: mallory@example.org\nTo: bo@example.org\n\nnot ours\n",
        b"From: ada@example.com\n\nnobody\n",
        b"From: ada@example.com\nTo: bo@example.org\nX: " + b"x" * 999 + b"\n\nlong\n",
        b"From: ada@example.com\nTo: bo@example.org\n\nnul \0\n",
    ],
)
def test_a_ready_mail_that_cannot_go_is_refused(
    mailbox: Make, tui: Tui, monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    box = sending(mailbox(0))
    given(monkeypatch, raw)
    said = tui("send", "--raw")
    assert said.code == 1 and said.err
    assert box.fetch("SELECT count(*) FROM outbox") == [(0,)]


def test_the_outbox_is_shown_stopped_and_sent_again(mailbox: Make, tui: Tui) -> None:
    box = sending(mailbox(0))
    tui("send", "--to", "bo@example.org", "--subject", "Hi", "--body", "Text")
    assert "bo@example.org" in tui("outbox", "show", "1").out
    assert tui("outbox", "cancel", "1").code == 0
    assert tui("outbox", "cancel", "1").code == 1
    conn = box.connect()
    conn.execute("UPDATE outbox SET state = 'uncertain', error = 'lost after the dot'")
    conn.close()
    said = tui("outbox")
    assert said.code == 1 and "lost after the dot" in said.out
    assert tui("outbox", "mark-sent", "1", "--json").json["state"] == "sent"
    assert len(tui("outbox", "list", "--all", "--json").json["outbox"]) == 1


# -- the house -----------------------------------------------------------------------------------


def test_a_backup_is_verified_private_and_never_overwrites(
    mailbox: Make, tui: Tui, tmp_path: Path
) -> None:
    mailbox(3)
    target = tmp_path / "copy.db"
    value = tui("backup", str(target), "--json").json["backup"]
    assert value["messages"] == 3 and target.stat().st_mode & 0o777 == 0o600
    assert tui("backup", str(target)).code == 1
    assert tui("backup").code == 0
    assert len(tui("backup", "--list", "--json").json["backups"]) == 1


def test_restore_keeps_the_old_database_and_raises_the_mark(
    mailbox: Make, tui: Tui, tmp_path: Path
) -> None:
    """VAL-5: after it, nothing of the copy goes out by itself."""
    box = mailbox(2)
    copy = tmp_path / "copy.db"
    tui("backup", str(copy))
    box.arrive([mail(99)])
    assert tui("backup", "restore", str(copy)).code == 7
    assert inbox(tui) == 3
    said = tui("backup", "restore", str(copy), "--yes", "--json")
    assert said.code == 0
    assert inbox(tui) == 2
    kept = sqlite3.connect(said.json["kept"])
    assert kept.execute("SELECT count(*) FROM messages").fetchone() == (3,)
    kept.close()
    epoch = box.fetch("SELECT coalesce(max(value), 0) FROM meta WHERE key = 'epoch'")[0][0]
    assert int(str(read_side(box.paths)["epoch"])) > int(str(epoch))


@pytest.mark.parametrize("damage", ["text", "zeroed", "newer"])
def test_a_copy_that_cannot_be_used_replaces_nothing(
    mailbox: Make, tui: Tui, tmp_path: Path, damage: str
) -> None:
    mailbox(400)
    copy = tmp_path / "copy.db"
    tui("backup", str(copy))
    if damage == "text":
        copy.write_text("no database")
    elif damage == "zeroed":
        with copy.open("r+b") as file:
            file.seek(8192)
            file.write(bytes(40960))
    else:
        conn = sqlite3.connect(copy)
        conn.execute("PRAGMA user_version = 9999")
        conn.close()
    assert tui("backup", "restore", str(copy), "--yes").code == 3
    assert inbox(tui) == 400


@pytest.mark.parametrize("words", [["backup", "restore", "COPY", "--yes"], ["rebuild"], ["daemon"]])
def test_what_needs_the_profile_alone_refuses_while_an_engine_runs(
    mailbox: Make, tui: Tui, tmp_path: Path, words: list[str]
) -> None:
    box = mailbox(1)
    copy = tmp_path / "copy.db"
    tui("backup", str(copy))
    lock = EngineLock(box.paths.lock)
    lock.acquire()
    try:
        assert tui("daemon", "status", "--json").json["running"]
        said = tui(*(str(copy) if word == "COPY" else word for word in words))
        assert said.code == 3
    finally:
        lock.release()


def test_restore_refuses_while_a_window_has_the_database_open(
    mailbox: Make, tui: Tui, tmp_path: Path
) -> None:
    box = mailbox(1)
    copy = tmp_path / "copy.db"
    tui("backup", str(copy))
    other = box.connect()
    other.execute("SELECT count(*) FROM messages").fetchone()
    try:
        assert tui("backup", "restore", str(copy), "--yes").code == 3
    finally:
        other.close()


def test_rebuild_mends_counters(mailbox: Make, tui: Tui) -> None:
    box = mailbox(3)
    conn = box.connect()
    conn.execute("UPDATE view_counts SET total = 77 WHERE view_id = 1")
    conn.close()
    assert tui("rebuild", "--json").json["changed_views"] == [1]
    assert inbox(tui) == 3


def test_doctor_is_content_with_a_healthy_profile(mailbox: Make, tui: Tui) -> None:
    mailbox(2)
    said = tui("doctor", "--json")
    value = said.json
    assert (said.code, value["ok"], value["problems"]) == (0, True, [])
    assert value["database"]["integrity"] == "ok" and value["database"]["counts"]["messages"] == 2
    (account,) = value["accounts"]
    assert account["state"] == "active" and account["clock_skew_seconds"] is None
    assert {folder["name"] for folder in account["folders"]} >= {"INBOX", "Sent"}
    text = tui("doctor").out
    assert text.startswith("All is well.") and "integrity: ok" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE accounts SET state = 'auth_failed', reason = 'wrong \x1b[31mpassword'",
            "tui-mail account password work",
        ),
        ("UPDATE folders SET state = 'quarantined' WHERE role = 'inbox'", "kept here"),
        (
            "INSERT INTO operations(uuid, account_id, kind, verb, state, error, created_at)"
            " SELECT 'u', id, 'move', 'archive', 'failed', 'over quota', 1 FROM accounts",
            "over quota",
        ),
    ],
)
def test_doctor_names_what_needs_the_user(mailbox: Make, tui: Tui, change: str, said: str) -> None:
    box = mailbox(1)
    conn = box.connect()
    conn.execute(change)
    conn.close()
    report = tui("doctor")
    assert report.code == 1
    assert said in report.out and not _CONTROLS.search(report.out.replace("\n", ""))
    assert tui("doctor", "--json").json["problems"]


@pytest.mark.parametrize(
    ("general", "account", "line", "said"),
    [
        ('default_account = "wrok"', "", 2, "no account `wrok`; there is work."),
        ("", 'signature = "Sales"', 9, "no signature `Sales`; there are Long, Short."),
        ("", 'archive_folder = "Archiv"', 9, "no folder `Archiv`; there are Archive, "),
        ("", 'skip_folders = ["INBOX", "Lists"]', 9, "no folder `Lists`; there are "),
        ("", 'extra_folders = ["\\u001b[31mx"]', 9, "no folder `␛[31mx`; there are "),
    ],
)
def test_a_name_in_the_settings_that_nothing_has_is_told_and_the_rest_holds(
    mailbox: Make, tui: Tui, general: str, account: str, line: int, said: str
) -> None:
    box = mailbox(1, settings=f"[writing]\n{general}\n")
    with box.paths.config_file.open("a") as file:
        file.write(account + "\n")
    for name in ("Long", "Short"):
        box.run("INSERT INTO signatures(account_id, name, body, created_at, updated_at)"
                " VALUES (1, ?, 'x', 1, 1)", name)  # fmt: skip
    report = tui("doctor", "--json")
    (problem,) = report.json["problems"]
    key = (general or account).split(" ")[0]
    assert problem["what"].startswith(f"{box.paths.config_file}, line {line}: `{key}`: there is ")
    assert said in problem["what"] and not _CONTROLS.search(problem["what"])
    assert tui("list", "--json").code == 0, "nothing else is refused"


def test_names_that_are_there_are_not_doubted(mailbox: Make, tui: Tui) -> None:
    box = mailbox(1, settings='[writing]\ndefault_account = "work"\n')
    with box.paths.config_file.open("a") as file:
        file.write('signature = "long"\narchive_folder = "Archive"\nskip_folders = ["Sent"]\n')
    box.run("INSERT INTO signatures(account_id, name, body, created_at, updated_at)"
            " VALUES (1, 'Long', 'x', 1, 1)")  # fmt: skip
    assert tui("doctor", "--json").json["problems"] == []
    box.run("DELETE FROM folders")
    with box.paths.config_file.open("a") as file:
        file.write('extra_folders = ["Later"]\n')
    assert tui("doctor", "--json").json["problems"] == [], "the server was not asked yet"


def test_doctor_finds_files_that_others_can_read(mailbox: Make, tui: Tui) -> None:
    """SEC-30."""
    box = mailbox(1)
    box.paths.config_file.chmod(0o644)
    value = tui("doctor", "--json").json
    assert value["open_files"] == [str(box.paths.config_file)] and not value["ok"]


def test_doctor_works_on_a_damaged_database_and_names_the_newest_copy(
    mailbox: Make, tui: Tui
) -> None:
    box = mailbox(400)
    tui("backup")
    with box.paths.database.open("r+b") as file:
        file.write(b"\0" * 200)
    said = tui("doctor", "--json")
    assert said.code == 1
    assert "mail-" in said.json["problems"][0]["hint"]


def test_every_document_is_json_and_nothing_else(mailbox: Make, tui: Tui) -> None:
    box = mailbox(2)
    (cid,) = box.fetch("SELECT id FROM conversations LIMIT 1")[0]
    for words in (
        ["list"], ["search", "is:unread"], ["show", str(cid)], ["attachments", str(cid)],
        ["archive", str(cid)], ["undo"], ["outbox"], ["doctor"], ["backup"], ["backup", "--list"],
        ["rebuild"], ["daemon", "status"], ["daemon", "stop"],
    ):  # fmt: skip
        said = tui(*words, "--json")
        assert json.loads(said.out) and said.out.isascii(), words


# -- accounts ------------------------------------------------------------------------------------

ADD = (
    "account", "add", "bo@example.org", "--id", "bo", "--imap-host", "127.0.0.1",
    "--imap-port", "1", "--imap-security", "none", "--smtp-host", "127.0.0.1", "--smtp-port", "1",
    "--smtp-security", "none", "--secret", "file", "--password-stdin",
)  # fmt: skip


def test_an_account_whose_sign_in_fails_is_not_kept(
    mailbox: Make, tui: Tui, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox(0)
    given(monkeypatch, b"canary\n")
    said = tui(*ADD)
    assert said.code == 1 and "IMAP" in said.out
    assert load(box.paths.config_file).account("bo") is None
    assert not box.paths.secrets_file.exists()


def test_an_account_is_kept_paused_and_removed_and_its_secret_is_in_one_file_only(
    mailbox: Make, tui: Tui, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-31."""
    box = mailbox(0)
    given(monkeypatch, b"canary\n")
    said = tui(*ADD, "--no-test")
    assert said.code == 0 and "canary" not in said.out + said.err
    assert box.paths.secrets_file.stat().st_mode & 0o777 == 0o600
    files = [path for path in box.paths.config_dir.rglob("*") if path.is_file()]
    assert [p for p in files if b"canary" in p.read_bytes()] == [box.paths.secrets_file]
    assert tui(*ADD, "--no-test").code == 2
    for word, state in (("pause", "paused"), ("resume", "not_started")):
        assert tui("account", word, "bo").code == 0
        by_id = {one["id"]: one for one in tui("account", "--json").json["accounts"]}
        assert by_id["bo"]["state"] == state
    given(monkeypatch, b"another\n")
    assert tui("account", "password", "bo", "--password-stdin").code == 0
    assert b"another" in box.paths.secrets_file.read_bytes()
    assert tui("account", "remove", "bo").code == 7
    assert tui("account", "remove", "bo", "--yes").code == 0
    assert not box.paths.secrets_file.exists()
    assert [one["id"] for one in tui("account", "list", "--json").json["accounts"]] == ["work"]


def test_no_password_is_taken_from_the_command_line(mailbox: Make, tui: Tui) -> None:
    mailbox(0)
    assert tui(*ADD[:-1], "--password", "canary").code == 2
    assert "password" not in " ".join(
        re.findall(r"--password(?!-stdin)", tui("account", "add", "-h").out)
    )


@pytest.mark.parametrize("word", ["test", "password", "pause", "resume", "retry", "remove"])
def test_an_unknown_account_is_code_6(mailbox: Make, tui: Tui, word: str) -> None:
    mailbox(0)
    assert tui("account", word, "nobody").code == 6


def test_a_rejected_sign_in_is_tried_again_on_request(mailbox: Make, tui: Tui) -> None:
    box = mailbox(0)
    conn = box.connect()
    conn.execute("UPDATE accounts SET state = 'auth_failed', reason = 'no'")
    conn.close()
    assert tui("account", "retry", "work").code == 0
    assert box.fetch("SELECT state FROM accounts") == [("connecting",)]
