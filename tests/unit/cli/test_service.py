"""The systemd unit and the completions of the shells."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.factory import make_mailbox
from tests.unit.cli.conftest import Tui
from tui_mail.cli import service
from tui_mail.cli.completion import SHELLS, whole_parser
from tui_mail.cli.main import COMMANDS
from tui_mail.config.paths import profile_paths


@pytest.fixture
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the test, on a machine without systemd."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "config" / "systemd" / "user"


def test_the_unit_runs_this_profile(units: Path, tui: Tui, tmp_path: Path) -> None:
    said = tui("daemon", "install", "--json")
    unit = (units / "tui-mail.service").read_text()
    assert f'"--home" "{tmp_path / "home"}" "daemon"' in unit
    assert "RestartPreventExitStatus=2 3" in unit
    assert said.code == 1 and "no systemctl" in said.out + said.err
    assert tui("daemon", "uninstall", "--json").json["removed"] is True
    assert not (units / "tui-mail.service").exists()
    assert tui("daemon", "uninstall", "--json").json["removed"] is False


@pytest.mark.parametrize("folder", ["/srv/a b", '/srv/"quoted"', "/srv/50%", "/srv/$HOME", "/a\\b"])
def test_any_folder_is_one_argument(folder: str) -> None:
    line = next(
        x for x in service.unit_text(Path(folder)).splitlines() if x.startswith("ExecStart")
    )
    words = shlex.split(line.partition("=")[2].replace("%%", "%").replace("$$", "$"))
    assert words[-2] == folder


def test_systemctl_is_asked_to_start_it(
    units: Path, tui: Tui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "asked"}\n')
    program.chmod(0o700)
    assert tui("daemon", "install", "--now").code == 0
    assert (tmp_path / "asked").read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now tui-mail.service",
    ]


def test_every_command_and_option_is_completed() -> None:
    help_text = whole_parser().format_help()
    assert [name for name in COMMANDS if name not in help_text] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script(tui: Tui, shell: str) -> None:
    said = tui("completion", shell)
    assert said.code == 0
    assert ("archive" in said.out and "--dry-run" in said.out) or shell == "fish"


def completed(
    tui: Tui, folder: Path, typed: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What bash offers for the last of the words typed after `tui-mail`."""
    script = folder / "completion.bash"
    script.write_text(tui("completion", "bash").out)
    words = ["tui-mail", *typed.split(" ")]
    return subprocess.run(
        [
            "bash", "-c",
            f"source {script}; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1};"
            f" _shtab_tui_mail tui-mail {shlex.quote(words[-1])} {shlex.quote(words[-2])};"
            ' printf "%s\\n" "${COMPREPLY[@]}"',
        ],
        capture_output=True, text=True, timeout=20, check=True, cwd=folder,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "found"),
    [("arch", "archive"), ("daemon inst", "install"), ("link --dry", "--dry-run")],
)
def test_bash_completes_with_it(tui: Tui, tmp_path: Path, typed: str, found: str) -> None:
    told = completed(tui, tmp_path, typed)
    assert found in [line.strip() for line in told.stdout.splitlines()], told.stderr


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A profile with names to complete, some of them hard on a shell."""
    box = make_mailbox(tmp_path / "home", 1)
    box.run("UPDATE folders SET name = ? WHERE role = 'archive'", "Old $(touch x); 'it`s'")
    box.run("UPDATE folders SET name = ? WHERE role = 'junk'", "Sp\x1bam\nx")
    box.run("INSERT INTO labels(scope, name) VALUES ('mail', 'Very important')")
    box.run("INSERT INTO accounts(slug, address) VALUES ('home', 'a@home.example')")
    box.run("INSERT INTO folders(account_id, wire_name, name) VALUES (2, x'41', 'INBOX')")
    return box.paths.config_file.parent


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("list unr", ["unread"]),
        ("list --account ho", ["home"]),
        ("list Old", [r"Old\ \$\(touch\ x\)\;\ \'it\`s\'"]),
        ("move 12 work/", ["work/INBOX"]),
        ("account pause w", ["work"]),
        ("label 12 --add V", [r"Very\ important"]),
        ("sync h", ["home"]),
        ("doctor work h", ["home"]),
    ],
)
def test_bash_completes_names_of_the_store(
    tui: Tui, tmp_path: Path, named: Path, typed: str, found: list[str]
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "tui-mail").write_text(f'#!/bin/sh\nexec {sys.executable} -m tui_mail "$@"\n')
    (folder / "tui-mail").chmod(0o755)
    more = {"TUI_MAIL_HOME": str(named), "PATH": f"{folder}:{os.environ['PATH']}",
            "PYTHONPATH": os.getcwd()}  # fmt: skip
    told = completed(tui, tmp_path, typed, **more)
    assert told.stdout.splitlines() == found
    assert told.stderr == "" and not (tmp_path / "x").exists()


def test_names_are_told_without_a_change_and_in_silence(
    tui: Tui, tmp_path: Path, named: Path
) -> None:
    def said(home: Path, kind: str) -> list[str]:
        done = tui("words", kind, "--home", str(home))
        assert (done.code, done.err) == (0, "")
        return done.out.splitlines()

    assert said(named, "folder")[:2] == ["Clients/Müller", "work/INBOX"]
    assert not any("Sp" in name for name in said(named, "folder")), "no controls to a shell"
    assert said(tmp_path / "nowhere", "account") == []
    assert not (tmp_path / "nowhere").exists(), "nothing is made"
    broken = tmp_path / "broken"
    paths = profile_paths(broken)
    paths.prepare()
    paths.database.write_bytes(b"no database")
    before = sorted(broken.rglob("*"))
    assert said(broken, "label") == []
    assert sorted(broken.rglob("*")) == before
    assert "words" not in tui("--help").out


def test_bash_offers_file_names_where_there_are_no_words(tui: Tui, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(tui("completion", "bash").out)
    told = subprocess.run(
        ["bash", "-c", f"source {script}; complete -p tui-mail"],
        capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    assert "-o default" in told.stdout
