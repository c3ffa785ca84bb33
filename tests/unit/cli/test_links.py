"""`compose` of a link, `install-desktop`, `unsubscribe` on the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox
from tests.unit.cli.conftest import Tui
from tui_mail.cli.desktop import desktop_text, quoted

Make = Callable[..., Mailbox]


def test_what_is_taken_of_a_link_is_said(mailbox: Make, tui: Tui) -> None:
    mailbox(0)
    said = tui("compose", "mailto:a@x.example?subject=Hi&attach=/etc/passwd", "--json")
    assert said.json["to"] == "a@x.example" and said.json["dropped"] == ["attach"]
    said = tui("compose", "mailto:a@x.example?subject=Hi&bcc=b@x.example", "-n")
    assert "Bcc: b@x.example" in said.out
    assert tui("compose", "mailto:a@x.example?subject=x%0ABcc:y", "-n").code != 0


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop whose xdg-mime is a script that notes its arguments, one a line."""
    programs = tmp_path / "bin"
    programs.mkdir()
    log = tmp_path / "xdg.log"
    program = programs / "xdg-mime"
    program.write_text(
        f'#!/bin/sh\nfor word in "$@"; do echo "$word" >> "{log}"; done\n'
        '[ "$1" = query ] && echo old-mailer.desktop\nexit 0\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return log


def test_the_desktop_entry_comes_and_goes(mailbox: Make, tui: Tui, desktop: Path) -> None:
    mailbox(0)
    path = desktop.parent / "share" / "applications" / "tui-mail.desktop"
    assert "Exec=" in tui("install-desktop", "--dry-run").out
    assert not path.exists()
    assert tui("install-desktop").code == 0
    text = path.read_text()
    assert "MimeType=x-scheme-handler/mailto;" in text and "compose" in text
    assert text.count("%u") == 1
    assert desktop.read_text().splitlines()[-3:] == [
        "default", "tui-mail.desktop", "x-scheme-handler/mailto",
    ]  # fmt: skip
    said = tui("install-desktop", "--remove")
    assert "old-mailer.desktop again" in said.out
    assert not path.exists()
    assert desktop.read_text().splitlines()[-2] == "old-mailer.desktop"
    assert tui("install-desktop", "--remove").code != 0


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("/usr/bin/python3", '"/usr/bin/python3"'),
        ("/a b/c", '"/a b/c"'),
        ("/100%/x", '"/100%%/x"'),
        ('/q"uote', '"/q\\\\"uote"'),
        ("/$HOME/`x`", '"/\\\\$HOME/\\\\`x\\\\`"'),
    ],
)
def test_arguments_are_quoted_as_the_specification_says(word: str, expected: str) -> None:
    assert quoted(word) == expected


def test_a_profile_of_its_own_is_named_in_the_entry() -> None:
    assert '"--home" "/my home" "compose" %u' in desktop_text(Path("/my home"), "")
