"""Real servers for the tests of this folder."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from tests.integration.dovecot import Dovecot, available

_users = itertools.count(1)


def _need_dovecot() -> None:
    reason = available()
    if reason is None:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"this must run in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot with everything it can do, for the whole session."""
    _need_dovecot()
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def make_dovecot() -> Iterator[Callable[..., Dovecot]]:
    """Start further servers, with fewer capabilities; each kind once a session."""
    _need_dovecot()
    running: dict[tuple[str | None, bool], Dovecot] = {}

    def make(capability: str | None = None, *, special_use: bool = True) -> Dovecot:
        key = (capability, special_use)
        if key not in running:
            running[key] = Dovecot(None, capability, special_use=special_use).start()
        return running[key]

    try:
        yield make
    finally:
        for server in running.values():
            server.stop()


@pytest.fixture
def user() -> str:
    """A user nobody used before in this run."""
    return f"user{os.getpid()}-{next(_users)}"
