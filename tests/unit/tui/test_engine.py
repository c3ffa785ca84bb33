"""The screens see to it that an engine runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tui_mail.config.paths import profile_paths
from tui_mail.tui.engine import keep_engine


class Child:
    """A process that ends at once with a code."""

    def __init__(self, code: int) -> None:
        self._code = code

    async def wait(self) -> int:
        return self._code


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        ([1, -9, 0], ["stopped (1)", "stopped (-9)"]),
        ([None, 1], ["stopped (1)"]),
        ([3, 3, 1], ["stopped (1)"]),
    ],
)
async def test_a_dead_engine_is_told_and_started_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[int | None],
    heard: list[str],
) -> None:
    left, through = list(answers), asyncio.Event()

    async def start_engine(paths: object) -> Child | None:
        if not left:
            through.set()
            await asyncio.Event().wait()
        code = left.pop(0)
        return None if code is None else Child(code)

    monkeypatch.setattr("tui_mail.sync.process.start_engine", start_engine)
    said: list[str] = []
    keeping = asyncio.create_task(keep_engine(profile_paths(tmp_path), said.append, look=0.01))
    await asyncio.wait_for(through.wait(), 5)
    keeping.cancel()
    assert [words for words in heard if not any(words in line for line in said)] == []
    assert len(said) == len(heard)
