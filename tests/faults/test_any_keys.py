"""A sample of keys pressed without sense; `python -m tests.faults.any_keys` presses more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.any_keys import DISPLAYS, HARMLESS, Presser, demo_profile


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_profile(tmp_path_factory.mktemp("keys") / "demo")


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_keys_break_the_program(
    profile: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HARMLESS.items():
        monkeypatch.setenv(name, value)
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    presser = Presser(seed)
    await presser.press(profile, 120)
    assert presser.findings == []
    assert presser.pressed > 60, "it ended early"
