"""One Dovecot and one sink for all fault tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.world import SinkThread, World
from tests.integration.dovecot import Dovecot, available


@pytest.fixture(scope="session")
def server() -> Iterator[Dovecot]:
    """A Dovecot with everything it can do."""
    reason = available()
    if reason is not None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"this must run in CI: {reason}")
        pytest.skip(reason)
    with Dovecot() as running:
        yield running


@pytest.fixture(scope="session")
def sinks() -> Iterator[SinkThread]:
    """A place to send to."""
    running = SinkThread()
    yield running
    running.close()


@pytest.fixture
def world(server: Dovecot, sinks: SinkThread, tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Make fresh worlds; their proxies are closed at the end."""
    made: list[World] = []

    def make() -> World:
        made.append(World(server, sinks, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()
