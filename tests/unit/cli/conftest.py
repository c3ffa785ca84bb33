"""The command line called in the test's own process, over a real store."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tui.factory import Mailbox, make_mailbox
from tui_mail.accounts.candidates import Candidate, Place
from tui_mail.accounts.discovery import Found
from tui_mail.cli.main import main


@dataclass(frozen=True, slots=True)
class Said:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document on standard output."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Tui = Callable[..., Said]


@pytest.fixture
def mailbox(tmp_path: Path) -> Callable[..., Mailbox]:
    """Makes a mailbox in a folder of the test."""
    return lambda count=0, **more: make_mailbox(tmp_path / "home", count, **more)


@pytest.fixture
def tui(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tui:
    """Runs `tui-mail` on the test's profile."""

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(["--home", str(tmp_path / "home"), *words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


@pytest.fixture
def discovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown domain whose servers were found over the network."""

    async def discover(address: str, **_: Any) -> Found:
        imap = Place("mx\x1b[31m.firma.example", 993, "tls", address)
        smtp = Place("mx.firma.example", 587, "starttls", address)
        return Found((Candidate("srv", imap, smtp),))

    monkeypatch.setattr("tui_mail.actions.accounts.discover", discover)
