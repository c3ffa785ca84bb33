"""Killed at commits and cut on the wire: the resumed run ends as an undisturbed one does.

A sample of the matrix; the whole of it is `python -m tests.faults.matrix` (FLT-1, 2, 4, 23, 24).
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.world import World

Make = Callable[[], World]


def test_an_undisturbed_run(world: Make, tmp_path: Path) -> None:
    one = world()
    done = one.run(log=tmp_path / "points")
    assert done.returncode == 0, done.stderr
    one.check()
    points = (tmp_path / "points").read_text().split()
    for name in ("commit.before", "commit.after", "replay.move", "replay.append", "smtp.dot"):
        assert name in points


@pytest.mark.parametrize(
    "fault",
    [
        "commit.before:12:kill",
        "commit.after:25:kill",
        "replay.move:1:kill",
        "replay.move.answered:1:kill",
        "replay.flags.answered:1:kill",
        "replay.append:1:kill",
        "replay.append.answered:2:kill",
        "smtp.body:1:kill",
        "smtp.dot:1:kill",
        "smtp.answered:1:kill",
        "smtp.receipt:2:kill",
    ],
)
def test_killed(world: Make, fault: str) -> None:
    one = world()
    killed = one.run(fault)
    assert killed.returncode == -signal.SIGKILL, (killed.returncode, killed.stderr)
    one.finish()
    one.check()


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.97])
def test_cut_on_the_wire(world: Make, share: float) -> None:
    whole = world()
    assert whole.run().returncode == 0
    lines = len(whole.tap.lines)
    one = world()
    one.tap.arm(max(1, int(lines * share)), reset=share > 0.5)
    one.run()
    one.finish()
    one.check()
