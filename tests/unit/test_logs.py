"""The log is bounded, and nobody else's to read."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_mail.config import logs
from tui_mail.config.paths import profile_paths


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was before when the test ends."""
    root, ours = logging.getLogger(), logging.getLogger("tui_mail")
    before, level, own_level = root.handlers[:], root.level, ours.level
    yield root
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    ours.setLevel(own_level)


def test_the_log_is_rotated_and_private_in_every_file(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_OCTETS", 2_000)
    paths = profile_paths(tmp_path)
    paths.prepare()
    old = os.umask(0o022)
    try:
        logs.log_to(paths)
        for number in range(400):
            logging.getLogger("tui_mail.test").info("line %d\r\nforged", number)
    finally:
        os.umask(old)
    files = sorted(paths.state_dir.iterdir())
    assert [file.name for file in files] == [
        "tui-mail.log", "tui-mail.log.1", "tui-mail.log.2", "tui-mail.log.3", "tui-mail.log.4",
    ]  # fmt: skip
    assert all(file.stat().st_size <= 2_000 for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert "line 399" in files[0].read_text().splitlines()[-1], "the newest is in the first file"


_WRITER = """
import logging, sys
from pathlib import Path
from tui_mail.config import logs
from tui_mail.config.paths import profile_paths
logs._OCTETS, logs._FILES = 3_000, 400
logs.log_to(profile_paths(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
for number in range(3_000):
    logging.getLogger("tui_mail.test").info("%s %d", sys.argv[2], number)
"""


def test_processes_that_write_at_once_lose_no_line_and_rotate_once(tmp_path: Path) -> None:
    paths = profile_paths(tmp_path)
    paths.prepare()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("app", "engine")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        assert writer.communicate(timeout=60) == ("", ""), "nothing broke"
    newest_last = sorted(
        paths.state_dir.glob("tui-mail.log*"), key=lambda f: -int(f.suffix[1:].replace("log", "0"))
    )
    lines = [line.split()[-2:] for file in newest_last for line in file.read_text().splitlines()]
    for name in ("app", "engine"):
        assert sorted(int(n) for who, n in lines if who == name) == list(range(3_000))
    octets = sum(file.stat().st_size for file in newest_last)
    assert len(newest_last) < 1.3 * octets / 3_000 + 2, "no file was put away half empty"
