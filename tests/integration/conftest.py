"""Real servers for the tests of this folder."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from tests.integration import cyrus as cyrus_server
from tests.integration.cyrus import Cyrus
from tests.integration.dovecot import SPECIAL, Dovecot, available

_users = itertools.count(1)


def _need(reason: str | None) -> None:
    if reason is None:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"this must run in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot with everything it can do, for the whole session."""
    _need(available())
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def make_dovecot() -> Iterator[Callable[..., Dovecot]]:
    """Start further servers, with fewer capabilities; each kind once a session."""
    _need(available())
    running: dict[tuple[object, ...], Dovecot] = {}

    def make(
        capability: str | None = None,
        *,
        special_use: bool = True,
        folders: tuple[str, ...] = SPECIAL,
    ) -> Dovecot:
        key = (capability, special_use, folders)
        if key not in running:
            running[key] = Dovecot(
                None, capability, special_use=special_use, folders=folders
            ).start()
        return running[key]

    try:
        yield make
    finally:
        for server in running.values():
            server.stop()


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """One Cyrus for the whole session."""
    _need(cyrus_server.available())
    with Cyrus() as server:
        yield server


@pytest.fixture
def user() -> str:
    """A user nobody used before in this run."""
    return f"user{os.getpid()}-{next(_users)}"
