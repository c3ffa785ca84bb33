"""$EDITOR on a real terminal: whatever it does, the draft is safe and the terminal comes back."""

from __future__ import annotations

import os
import shutil
import signal
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox
from tests.tui.terminal import Terminal

Make = Callable[..., Mailbox]
Begin = Callable[..., Terminal]
_SYNC = 2026 << 5
"""As the emulator keeps the mode of a frame that is being painted."""
RUDE = r"""
printf '\033[?1049h\033[?1000h\033[?1003h\033[?25l\033[5;9r\033(0\033[?7l\033[31mrude'
stty raw -echo
"""


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts the program with an editor and types the beginning of a mail."""
    running: list[Terminal] = []

    def start(box: Mailbox, script: str = "", *, editor: str = "") -> Terminal:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        terminal = Terminal(
            ["-m", "tests.tui.program", str(box.paths.config_dir)],
            size=(80, 24),
            env={"VISUAL": "", "EDITOR": editor or str(path)},
        )
        running.append(terminal)
        terminal.until(lambda screen: "Subject 0000" in screen and "Help" in screen)
        terminal.press("c")
        terminal.until(lambda screen: "New mail" in screen and "Subject" in screen)
        terminal.press("bo@example.org\t\t\tHi\tTyped here.")
        terminal.until(lambda screen: "Typed here." in screen)
        return terminal

    yield start
    for terminal in running:
        terminal.close()


def body(box: Mailbox) -> str:
    """The text of the draft on disk."""
    return str(box.fetch("SELECT json_extract(content, '$.body') FROM drafts")[0][0])


def tty(terminal: Terminal) -> list[object]:
    """How the terminal treats input and output."""
    return termios.tcgetattr(terminal.process.fd)[:4]


@pytest.mark.parametrize(
    ("script", "said", "kept"),
    [
        ('echo "From outside." >> "$1"', "", "Typed here.From outside.\n"),
        (RUDE + 'echo "Rude." >> "$1"', "", "Typed here.Rude.\n"),
        (RUDE + "exit 3", "ended with 3; nothing was taken", "Typed here."),
        (RUDE + "kill -9 $$", "ended with -9; nothing was taken", "Typed here."),
        ("exit 0", "Nothing was changed", "Typed here."),
        ('rm "$1"', "cannot be read", "Typed here."),
        (': > "$1"', "The text is empty now; Ctrl-z brings it back", ""),
        ("kill -INT 0; exit 7", "; nothing was taken", "Typed here."),
    ],
)
def test_the_terminal_and_the_draft_outlive_an_editor(
    mailbox: Make, begin: Begin, script: str, said: str, kept: str
) -> None:
    box = mailbox(1)
    terminal = begin(box, script)
    screen, modes = set(terminal.screen.mode), tty(terminal)
    terminal.press("\x05")
    terminal.until(lambda shown: body(box) == kept and said in shown)
    terminal.until(lambda shown: "New mail" in shown and "Esc Review" in shown)
    terminal.settle()
    assert tty(terminal) == modes
    assert set(terminal.screen.mode) - {_SYNC} == screen - {_SYNC}, (
        "mouse, cursor and wrapping are as before"
    )
    assert terminal.screen.margins is None
    assert "rude" not in terminal.text and "bo@example.org" in terminal.text
    assert body(box) == kept
    terminal.until(lambda _: list(box.paths.temporary.iterdir()) == [])
    terminal.press("Q1")
    terminal.until(lambda shown: "Q1" in shown)
    terminal.press("\x11\x11")
    assert terminal.wait() == 0
    assert "Q1" in body(box)
    assert b"\x1b[?1049l" in terminal.raw[-400:]


def test_an_editor_that_is_not_there_is_named(mailbox: Make, begin: Begin) -> None:
    box = mailbox(1)
    terminal = begin(box, editor="no-such-editor --wait")
    modes = tty(terminal)
    terminal.press("\x05")
    terminal.until(lambda shown: "no-such-editor cannot be started" in shown)
    assert tty(terminal) == modes
    terminal.press("!")
    terminal.until(lambda shown: "Typed here.!" in shown)


def test_an_emptied_text_comes_back_by_one_key(mailbox: Make, begin: Begin) -> None:
    box = mailbox(1)
    terminal = begin(box, ': > "$1"')
    terminal.press("\x05")
    terminal.until(lambda shown: "Ctrl-z brings it back" in shown)
    terminal.press("\x1a")
    terminal.until(lambda shown: "Typed here." in shown)


@pytest.mark.skipif(shutil.which("vi") is None, reason="vi is not installed")
def test_vi_writes_the_mail(mailbox: Make, begin: Begin) -> None:
    box = mailbox(1)
    terminal = begin(box, editor="vi")
    terminal.press("\x05")
    terminal.until(lambda shown: "draft-" in shown or "1,1" in shown)
    terminal.press("A From vi.\x1b")
    terminal.press(":wq\r")
    terminal.until(lambda shown: "New mail" in shown and "Typed here. From vi." in shown)
    assert body(box) == "Typed here. From vi.\n"


def test_the_program_killed_under_an_editor_loses_nothing(
    mailbox: Make, begin: Begin, tmp_path: Path
) -> None:
    box = mailbox(1)
    pid = tmp_path / "pid"
    terminal = begin(box, f"echo $$ > {pid}; exec sleep 60")
    terminal.press("\x05")
    terminal.until(lambda _: pid.exists() and pid.read_text().endswith("\n"))
    terminal.signal(signal.SIGKILL)
    terminal.wait()
    os.kill(int(pid.read_text()), signal.SIGKILL)
    assert body(box) == "Typed here."
