"""The real program in a pty: what reaches the terminal, and how much of it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.factory import Mailbox, mail
from tests.tui.terminal import REPO, Terminal

Run = Callable[..., Terminal]

_CORPUS = REPO.parent / "shared" / "corpora" / "naughty-strings" / "blns.txt"
_HOSTILE = [
    "\x1b]0;pwned\x07title",
    "\x1b]52;c;cHduZWQ=\x07clipboard",
    "\x1b[2Jcleared",
    "\x1b[31mred\x1b[0m",
    "\x1bPdevice\x1b\\",
    "\x9b2Jc1 csi",
    "\x9d0;c1 osc\x9c",
    "nul\x00 bell\x07 back\x08 del\x7f so\x0e si\x0f",
    "\u202egpj.exe\u202c override",
    "\u2066isolate\u2069",
    "line\u2028separator\u2029paragraph",
    "tag \U000e0041\U000e0042 characters",
    "[/x] closes nothing",
    "[@click=app.quit]x[/]",
    "[bold red]markup[/]",
    "Re: [PATCH v2] $who %s {0}",
    "a" + "\u0301" * 60 + " accents",
    "\r\nBcc: someone\r\n",
    "👩‍👩‍👧‍👦 family 🇩🇪 ✍🏽",
    "שלום עולם مرحبا",
    "日本語のとても長い件名がここにあります" * 4,
]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts programs and ends them."""
    running: list[Terminal] = []

    def start(box: Mailbox, *args: str, wait: str = "Subject", **more: object) -> Terminal:
        argv = ["-m", "tests.tui.program", str(box.paths.config_dir), *args]
        terminal = Terminal(argv, **more)  # type: ignore[arg-type]
        running.append(terminal)
        terminal.until(lambda screen: wait in screen and "Help" in screen)
        terminal.settle()
        return terminal

    yield start
    for terminal in running:
        terminal.close()


def steering(raw: bytes) -> list[str]:
    """Everything in the output that is neither plain text nor a sequence we send on purpose."""
    text = raw.decode("utf-8", "backslashreplace")
    text = re.sub(r"\x1b\[[0-9;]*[mH]|\x1b\[\?[0-9;]+(?:[hl]|\$p)|\x1b\[[0-9;]*[<>=]?[0-9]*u", "",
                  text)  # fmt: skip
    return re.findall(
        "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
        "\U000e0000-\U000e007f].{0,12}",
        text,
    )


def test_no_mail_steers_the_terminal(mailbox: Callable[..., Mailbox], run: Run) -> None:
    box = mailbox(1)
    strings = list(_HOSTILE)
    if _CORPUS.exists():
        strings += [s for s in _CORPUS.read_text("utf-8").splitlines() if s and s[0] != "#"][:300]
    box.arrive([mail(100 + n, s, s) for n, s in enumerate(strings)], at=box.clock.at - 600)
    conn = box.connect()
    conn.execute("BEGIN IMMEDIATE")
    for number, hostile in enumerate(_HOSTILE):
        conn.execute(
            "UPDATE conversations SET subject = ?1, people = ?1, snippet = ?1 WHERE id = ?2",
            (hostile, number + 2),
        )
        conn.execute("UPDATE correspondents SET name = ?1 WHERE id = ?2", (hostile, number + 2))
    conn.execute("UPDATE folders SET name = ?1 WHERE role = ''", (_HOSTILE[0],))
    conn.execute("UPDATE accounts SET state = 'retrying', reason = ?1", (_HOSTILE[2],))
    conn.execute("COMMIT")
    conn.close()
    terminal = run(box, size=(150, 40))
    terminal.press("iP")
    for _ in range(len(_HOSTILE) + 2):
        terminal.press("j")  # one by one, so that each is previewed
    for keys in ("\x1b[6~" * 3, "gf", "\x1b", "x", "v", "\x1b", "?", "\x1b", "s"):
        terminal.press(keys)
    terminal.press("gg")
    for harmless in ("Re: [PATCH v2] $who", "␛[31mred␛[0m", "[/x] closes nothing"):
        terminal.until(lambda screen, words=harmless: words in screen)  # type: ignore[misc]
    assert steering(bytes(terminal.raw)) == []


@pytest.mark.skipif(not _CORPUS.exists(), reason="the naughty-strings corpus is not beside us")
def test_the_corpus_is_the_one_the_leak_test_reads() -> None:
    assert len(_CORPUS.read_text("utf-8").splitlines()) > 300


def test_the_steering_check_sees_what_it_looks_for() -> None:
    for hostile in _HOSTILE[:3] + _HOSTILE[4:12]:
        assert steering(hostile.encode()), hostile


def test_bytes_stay_within_the_budget(mailbox: Callable[..., Mailbox], run: Run) -> None:
    terminal = run(mailbox(2000), size=(120, 40))
    assert len(terminal.raw) < 20_000
    terminal.until(lambda screen: "as of" in screen)
    terminal.settle(0.5)
    before = len(terminal.raw)
    terminal.settle(1.5)
    assert len(terminal.raw) == before, "idle costs nothing"
    for key in "jjkjx":
        assert terminal.press(key) <= 600
    for key in ("\x1b[6~", "\x1b[6~", "\x1b[5~", "G", "\x1b[H"):
        assert terminal.press(key) <= 10_000
    terminal.press("/")
    terminal.press("q")
    terminal.until(lambda screen: "Nothing found" in screen)
    terminal.settle()
    for key in "wertz":
        assert terminal.press(key) <= 600


def await_same(ours: Terminal, stock: Terminal, after: str) -> None:
    """Wait until two terminals show the same cells in the same styles."""
    for _ in range(50):
        if ours.cells() == stock.cells():
            return
        ours.settle()
        stock.settle()
    assert ours.text == stock.text, after
    assert ours.cells() == stock.cells(), after


def test_the_comparing_driver_shows_what_the_stock_driver_shows(
    mailbox: Callable[..., Mailbox], run: Run
) -> None:
    box = mailbox(400)
    known_to_pyte = [s for s in _HOSTILE[12:] if "\u200d" not in s]
    box.arrive([mail(5000 + n, s) for n, s in enumerate(known_to_pyte)], at=box.clock.at - 300)
    ours, stock = run(box, size=(150, 40)), run(box, "stock", size=(150, 40))
    for keys in (
        "jjj", "x", "j", "\x1b[6~", "P", "jjj", "i", "G", "gg", "g", "\x1b", "/", "Subj", "\x7f",
        "\x1b", "?", "arch", "\x1b[B", "\x1b", ":", "\x1b", "\x0c",
    ):  # fmt: skip
        ours.press(keys)
        stock.press(keys)
        await_same(ours, stock, keys)
    for size in ((100, 30), (60, 20), (140, 45)):
        ours.resize(*size)
        stock.resize(*size)
        await_same(ours, stock, str(size))
    assert len(ours.raw) < len(stock.raw)


def test_typing_ahead_reaches_the_screen_that_it_was_meant_for(
    mailbox: Callable[..., Mailbox], run: Run
) -> None:
    box = mailbox(50)
    terminal = run(box)
    terminal.press("/xyzzy")
    terminal.until(lambda screen: "xyzzy" in screen and "0 conversations" in screen)
    terminal.press("\x1b")
    terminal.press("jjvmül\rj")
    terminal.until(lambda screen: "Moved to Clients/Müller" in screen)
    terminal.press("?select all\rj")
    terminal.until(lambda screen: "49 selected" in screen)
    assert box.fetch("SELECT total FROM view_counts WHERE view_id = 1") == [(49,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_clean_terminal_and_database(
    mailbox: Callable[..., Mailbox], run: Run, number: signal.Signals
) -> None:
    box = mailbox(20)
    terminal = run(box)
    terminal.press("a")
    terminal.until(lambda screen: "Archived" in screen)
    terminal.signal(number)
    assert terminal.wait() == 0
    assert b"\x1b[?1049l" in terminal.raw
    assert b"\x1b[?25h" in terminal.raw
    assert box.fetch("PRAGMA integrity_check") == [("ok",)]
    assert box.fetch("SELECT total FROM view_counts WHERE view_id = 1") == [(19,)]


def test_leaving_says_what_still_waits(mailbox: Callable[..., Mailbox], run: Run) -> None:
    terminal = run(mailbox(20))
    terminal.press("aq")
    assert terminal.wait() == 0
    assert b"1 change still waiting" in terminal.raw


def test_a_terminal_without_sync_marks_works_unpaced(
    mailbox: Callable[..., Mailbox], run: Run
) -> None:
    terminal = run(mailbox(100), answers=False)
    terminal.press("jj")
    terminal.press("G")
    terminal.until(lambda screen: "Subject 0099" in screen)
    assert b"\x1b[?2026h" not in terminal.raw


def test_a_terminal_that_stops_answering_is_no_longer_waited_for(
    mailbox: Callable[..., Mailbox], run: Run
) -> None:
    terminal = run(mailbox(100))
    terminal.press("j")
    terminal._answers = False
    terminal.press("x")
    terminal.press("G")
    terminal.until(lambda screen: "Subject 0099" in screen, seconds=5)
    terminal.press("gg")
    terminal.until(lambda screen: "Subject 0000" in screen, seconds=5)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "linux", "COLORTERM": ""}])
def test_state_shows_without_colour(
    mailbox: Callable[..., Mailbox], run: Run, env: dict[str, str]
) -> None:
    terminal = run(mailbox(30), env=env)
    terminal.press("x")
    terminal.until(lambda screen: "1 selected" in screen)
    terminal.settle()
    rows = [y for y, line in enumerate(terminal.screen.display) if "Subject 00" in line]
    reversed_rows = [
        y for y in rows if all(terminal.screen.buffer[y][x].reverse for x in range(30, 60))
    ]
    assert reversed_rows == [rows[1]], "the cursor's row is reversed"
    if "NO_COLOR" in env:
        cells = [cell for y in rows for cell in terminal.screen.buffer[y].values()]
        assert {(cell.fg, cell.bg) for cell in cells} == {("default", "default")}
    column = terminal.screen.display[rows[0]].index("●")
    assert terminal.screen.display[rows[0]][column - 1] == "x"
    assert terminal.screen.cursor.y == rows[1]


def test_a_dumb_terminal_is_refused_in_words(mailbox: Callable[..., Mailbox]) -> None:
    box = mailbox(1)
    terminal = Terminal(
        ["-m", "tests.tui.program", str(Path(box.paths.config_dir))], env={"TERM": "dumb"}
    )
    try:
        assert terminal.wait() != 0
        assert b"This terminal cannot show the inbox" in terminal.raw
    finally:
        terminal.close()
