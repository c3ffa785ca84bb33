"""The front door: exit codes, help, errors as one sentence, and what is imported."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui
from tui_mail import errors
from tui_mail.cli import codes, main
from tui_mail.cli.codes import MEANINGS, Code, code_of

HEAVY = ("textual", "rich", "bs4", "nh3", "keyring", "cryptography", "tomlkit", "icalendar")


def command(home: Path, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """`tui-mail` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tui_mail", "--home", str(home), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.StoreBusy("x"), 3),
        (errors.StoreTooNew("x"), 3),
        (errors.AuthError("x"), 4),
        (errors.SecretError("x"), 4),
        (errors.TransportError("x"), 5),
        (errors.TlsError("x"), 5),
        (errors.ActionError("x"), 1),
        (errors.RefusedError("x"), 1),
        (KeyboardInterrupt(), 130),
        (ValueError("x"), 1),
    ],
)
def test_every_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert code_of(error) == code


def test_help_the_docstring_and_the_table_name_the_same_exit_codes(tui: Tui) -> None:
    said = tui("--help")
    assert said.code == 0
    for code in Code:
        assert re.search(rf"^  {int(code)} +{re.escape(MEANINGS[code])}$", said.out, re.MULTILINE)
        assert re.search(
            rf"^\| {int(code)} +\| {re.escape(MEANINGS[code]).replace('yes', '.*yes')[:20]}",
            str(codes.__doc__),
            re.MULTILINE,
        )


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_command_explains_itself(tui: Tui, name: str) -> None:
    said = tui(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: tui-mail {name}")
    assert "--json" in said.out


@pytest.mark.parametrize(
    ("words", "code", "words_said"),
    [
        (["lisst"], 2, "Did you mean `list`?"),
        (["--frobnicate"], 2, "is no option"),
        (["list", "--frobnicate"], 2, "unrecognized"),
        (["list", "--limit", "0"], 2, "--limit"),
        (["list", "nowhere"], 6, "no view or folder"),
        (["list", "--account", "nobody"], 6, "no account"),
        (["show", "99"], 6, "not here"),
        (["show", "m99"], 6, "not here"),
        (["show", "1; rm"], 2, "invalid"),
        (["archive"], 2, "ids or --search"),
        (["archive", "1", "--search", "x"], 2, "ids or --search"),
        (["archive", "99"], 6, "not here"),
        (["archive", "--search", "frob:x before:nonsense"], 2, "Nothing was done"),
        (["move", "1", "Nowhere"], 6, "no folder"),
        (["mark", "blue", "1"], 2, "invalid choice"),
        (["outbox", "cancel", "99"], 6, "holds no mail"),
        (["attachments", "99"], 6, "not here"),
        (["sync", "nobody"], 6, "no account"),
        (["doctor", "nobody"], 6, "no account"),
        (["backup", "restore", "/nowhere.db"], 6, "no file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_code(
    mailbox: Callable[..., Mailbox], tui: Tui, words: list[str], code: int, words_said: str
) -> None:
    mailbox(1)
    said = tui(*words)
    assert said.code == code
    assert words_said in said.err
    assert said.out == ""
    assert "Traceback" not in said.err


def test_with_json_a_refusal_is_the_one_document(mailbox: Callable[..., Mailbox], tui: Tui) -> None:
    mailbox(1)
    error = tui("show", "99", "--json").json["error"]
    assert error["code"] == 6
    assert tui("--json", "list", "nowhere").json["error"]["code"] == 6
    assert tui("list", "--limit", "x", "--json").json["error"]["code"] == 2


def test_a_broken_settings_file_is_code_2_with_its_line(
    mailbox: Callable[..., Mailbox], tui: Tui
) -> None:
    box = mailbox(0)
    box.paths.config_file.write_text('[reading]\nmark_reed = "open"\n')
    said = tui("list")
    assert said.code == 2
    assert "line 2" in said.err and "Did you mean" in said.err


def test_an_unforeseen_error_goes_to_the_log_without_its_text(
    mailbox: Callable[..., Mailbox], tui: Tui, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox(0)
    from tui_mail.cli import listing

    def broken(call: object) -> int:
        raise ZeroDivisionError("canary secret")

    monkeypatch.setattr(listing, "run", broken)
    said = tui("list")
    assert said.code == 1
    assert "ZeroDivisionError" in said.err and str(box.paths.log_file) in said.err
    assert "Traceback" not in said.err and "canary" not in said.err
    log = box.paths.log_file.read_text()
    assert "ZeroDivisionError" in log and "canary" not in log
    assert box.paths.log_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["list"], ["sync", "--once"]])
def test_light_commands_import_nothing_heavy(
    mailbox: Callable[..., Mailbox], tmp_path: Path, words: list[str]
) -> None:
    mailbox(1, account=words[0] != "sync")
    code = (
        "import sys, json; from tui_mail.cli.main import main;"
        f"code = main(['--home', {str(tmp_path / 'home')!r}, *{words!r}]);"
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    loaded = json.loads(done.stderr.splitlines()[-1])
    assert not set(HEAVY) & set(loaded)


def test_starting_the_app_needs_no_argument_parser() -> None:
    code = (
        "import sys; from tui_mail.cli import main;"
        "main._open_app = lambda paths, **more: 0; main.main([]);"
        "print('argparse' in sys.modules, 'asyncio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_without_a_terminal_the_app_says_so(tmp_path: Path) -> None:
    done = command(tmp_path / "home", stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "terminal" in done.stderr and "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(
    mailbox: Callable[..., Mailbox], tmp_path: Path
) -> None:
    mailbox(3000)
    child = subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "--home", str(tmp_path / "home"),
         "list", "--limit", "3000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None and child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    assert child.wait(60) == 141
    assert child.stderr.read() == b""
    child.stderr.close()


def test_ctrl_c_ends_with_130_and_no_traceback(
    mailbox: Callable[..., Mailbox], tmp_path: Path
) -> None:
    mailbox(0)
    child = subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "--home", str(tmp_path / "home"), "daemon"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    socket = tmp_path / "home" / "data" / "engine.sock"
    while not socket.exists():
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode in (0, 130)
    assert "Traceback" not in err


def test_files_made_by_commands_are_private(tmp_path: Path) -> None:
    old = os.umask(0o000)
    try:
        home = tmp_path / "home"
        assert command(home, "list").returncode == 0
        assert command(home, "backup").returncode == 0
        for path in [home, *home.rglob("*")]:
            assert path.stat().st_mode & 0o077 == 0, path
    finally:
        os.umask(old)
