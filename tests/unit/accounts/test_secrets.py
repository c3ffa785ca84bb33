"""Secrets: each place keeps and gives them back, nothing else holds a copy (SEC-30, SEC-31)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import InitError

from tui_mail.accounts import keyrings, secrets, vault
from tui_mail.config.paths import Paths, profile_paths
from tui_mail.config.settings import AccountSettings
from tui_mail.errors import SecretError

CANARY = "canary-7f3a-pässword"
PASSPHRASE = "correct horse battery"


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    monkeypatch.setattr(vault, "_MEMORY_KIB", 64)
    monkeypatch.setattr(vault, "_ITERATIONS", 1)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = profile_paths(tmp_path / "home")
    found.prepare()
    yield found
    vault.lock(found.vault_file)


def account(place: str, slug: str = "work") -> AccountSettings:
    return AccountSettings(slug, f"{slug}@firma.example", secret=place)


def holding(folder: Path, word: str = CANARY) -> list[str]:
    """The files that hold a word, also in base64."""
    octets = word.encode()
    forms = {octets, octets.hex().encode(), base64.b64encode(octets)}
    forms |= {base64.b64encode(b"\0" * shift + octets)[4:-4] for shift in (1, 2)}
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


# -- the vault ---------------------------------------------------------------------------------


def test_the_vault_keeps_what_it_is_given_and_shows_it_to_nobody(paths: Paths) -> None:
    vault.create(paths.vault_file, PASSPHRASE)
    secrets.write_secret(account("vault"), paths, CANARY)
    secrets.write_secret(account("vault", "home"), paths, "other")
    assert secrets.read_secret(account("vault"), paths) == CANARY
    assert holding(paths.config_dir) == []
    assert paths.vault_file.stat().st_mode & 0o777 == 0o600
    vault.lock(paths.vault_file)
    with pytest.raises(SecretError, match="locked"):
        secrets.read_secret(account("vault"), paths)
    with pytest.raises(SecretError, match="not the passphrase"):
        vault.unlock(paths.vault_file, "wrong horse")
    vault.unlock(paths.vault_file, PASSPHRASE)
    assert secrets.read_secret(account("vault", "home"), paths) == "other"
    secrets.forget_secret(account("vault"), paths)
    with pytest.raises(SecretError, match="no secret"):
        secrets.read_secret(account("vault"), paths)


def test_the_real_cost_of_a_guess_is_high(tmp_path: Path) -> None:
    """Argon2id with 64 MiB and three passes."""
    path = tmp_path / "vault.json"
    vault.create(path, PASSPHRASE)
    kdf = json.loads(path.read_text())["kdf"]
    vault.lock(path)
    assert (kdf["name"], kdf["memory_kib"], kdf["iterations"]) == ("argon2id", 65_536, 3)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d["entries"].update(sealed=d["entries"]["sealed"][:-8] + "AAAAAAA="),
        lambda d: d["key"].update(nonce=d["entries"]["nonce"]),
        lambda d: d["kdf"].update(iterations=d["kdf"]["iterations"] + 1),
        lambda d: d["kdf"].update(memory_kib=1 << 30),
        lambda d: d["kdf"].update(name="none"),
        lambda d: d.update(version=2),
        lambda d: d.pop("entries"),
        lambda d: d.clear(),
    ],
)
def test_a_changed_vault_is_not_opened(damage: Any, paths: Paths) -> None:
    vault.create(paths.vault_file, PASSPHRASE)
    vault.lock(paths.vault_file)
    document = json.loads(paths.vault_file.read_text())
    damage(document)
    paths.vault_file.write_text(json.dumps(document))
    with pytest.raises(SecretError):
        vault.unlock(paths.vault_file, PASSPHRASE)
    assert vault.held(paths.vault_file) is None


def test_a_vault_others_can_read_or_a_weak_passphrase_is_refused(paths: Paths) -> None:
    with pytest.raises(SecretError, match="short"):
        vault.create(paths.vault_file, "1234567")
    vault.create(paths.vault_file, PASSPHRASE)
    paths.vault_file.chmod(0o644)
    with pytest.raises(SecretError, match="Others can read"):
        vault.read(paths.vault_file, "work")


def test_writers_in_several_threads_lose_nothing(paths: Paths) -> None:
    vault.create(paths.vault_file, PASSPHRASE)
    names = [f"a{number}" for number in range(12)]
    threads = [
        threading.Thread(target=secrets.write_secret, args=(account("vault", name), paths, name))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [vault.read(paths.vault_file, name) for name in names] == names


def test_a_service_unlocks_the_vault_with_its_credential(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.create(paths.vault_file, PASSPHRASE)
    secrets.write_secret(account("vault"), paths, CANARY)
    vault.lock(paths.vault_file)
    assert vault.is_locked(paths.vault_file)
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "tui-mail.vault").write_text(PASSPHRASE + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert not vault.is_locked(paths.vault_file)
    assert secrets.read_secret(account("vault"), paths) == CANARY


# -- credentials and commands -------------------------------------------------------------------


def test_a_systemd_credential_is_read_by_name_and_never_from_elsewhere(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "tui-mail.work").write_text(CANARY)
    (given / "named").write_text("other\n")
    (tmp_path / "outside").write_text("no")
    with pytest.raises(SecretError, match="no secret"):
        secrets.read_secret(account("credential"), paths)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert secrets.read_secret(account("credential"), paths) == CANARY
    assert secrets.read_secret(account("credential: named"), paths) == "other"
    for name in ("../outside", "/etc/passwd", ".hidden"):
        with pytest.raises(SecretError):
            secrets.read_secret(account(f"credential: {name}"), paths)
    with pytest.raises(SecretError, match="change it there"):
        secrets.write_secret(account("credential"), paths, "x")


def test_a_command_runs_without_a_shell_and_learns_nothing(paths: Paths, tmp_path: Path) -> None:
    vault.create(paths.vault_file, PASSPHRASE)
    secrets.write_secret(account("vault", "home"), paths, CANARY)
    script, seen = tmp_path / "give.py", tmp_path / "seen"
    script.write_text(
        "import os, sys\n"
        f"open({str(seen)!r}, 'w').write(repr((sys.argv, dict(os.environ))))\n"
        "print('from-command')\n"
    )
    place = f"command: {sys.executable} {script} '$(touch {tmp_path}/pwned)' ';' x"
    assert secrets.read_secret(account(place), paths) == "from-command"
    assert not (tmp_path / "pwned").exists()
    text = seen.read_text()
    assert CANARY not in text and PASSPHRASE not in text


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 3", "ended with 3"), ("true", "printed no secret"), ("sleep 60", "in time")],
)
def test_a_command_that_fails_says_so(
    script: str, said: str, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_SECONDS", 0.5)
    with pytest.raises(SecretError, match=said):
        secrets.read_secret(account(f"command: sh -c '{script}'"), paths)


# -- the keyring ----------------------------------------------------------------------------------


class Memory(KeyringBackend):
    """A keyring of this process."""

    priority: ClassVar[float] = 5
    kept: dict[tuple[str, str], str]

    def __init__(self) -> None:
        self.kept = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(Memory):
    """Says yes and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class PlaintextKeyring(Memory):
    """Named like the one that writes base64 into a file."""

    priority: ClassVar[float] = 0.5


class Locked(Memory):
    """As GNOME's without a display."""

    def get_password(self, service: str, username: str) -> str | None:
        raise InitError("locked")


class Waiting(Memory):
    """Waits for a prompt nobody sees."""

    def get_password(self, service: str, username: str) -> str | None:
        threading.Event().wait(5)
        return None


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(keyrings, "SECONDS", 0.5)

    def use(backend: KeyringBackend) -> KeyringBackend:
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
        return backend

    return use


def test_a_good_keyring_is_used_and_named(use: Any, paths: Paths) -> None:
    memory = use(Memory())
    secrets.write_secret(account("keyring"), paths, CANARY)
    assert secrets.read_secret(account("keyring"), paths) == CANARY
    assert memory.kept == {("tui-mail", "work"): CANARY}
    assert "Memory" in secrets.backend_name(account("keyring"))
    secrets.forget_secret(account("keyring"), paths)
    secrets.forget_secret(account("keyring"), paths)
    assert memory.kept == {}


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (NoKeyring(), "no safe keyring"),
        (PlaintextKeyring(), "no safe keyring"),
        (Forgetful(), "could not be read back"),
        (Locked(), "is locked"),
        (Waiting(), "does not answer"),
    ],
    ids=["absent", "plaintext", "forgetful", "locked", "waiting"],
)
def test_a_keyring_that_is_not_safe_or_not_there_keeps_nothing(
    backend: Memory, said: str, use: Any, paths: Paths
) -> None:
    use(backend)
    with pytest.raises(SecretError, match=said):
        secrets.write_secret(account("keyring"), paths, CANARY)
    if isinstance(backend, PlaintextKeyring):
        assert backend.kept == {}
        assert not secrets.keyring_works()


def test_a_keyring_that_is_named_but_not_there_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, paths: Paths
) -> None:
    def missing() -> KeyringBackend:
        raise AttributeError("module 'x' has no attribute 'Keyring'")

    monkeypatch.setattr(keyring, "get_keyring", missing)
    with pytest.raises(SecretError, match="No keyring can be used") as caught:
        secrets.write_secret(account("keyring"), paths, CANARY)
    assert "vault" in caught.value.hint
    assert not secrets.keyring_works()


def test_in_a_chain_the_first_safe_keyring_is_used(
    use: Any, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak, good = PlaintextKeyring(), Memory()
    chain = ChainerBackend()
    monkeypatch.setattr(ChainerBackend, "backends", [weak, good])
    use(chain)
    secrets.write_secret(account("keyring"), paths, CANARY)
    assert weak.kept == {} and list(good.kept.values()) == [CANARY]


# -- moving --------------------------------------------------------------------------


def test_moving_takes_the_secret_along_and_leaves_no_copy(use: Any, paths: Paths) -> None:
    memory = use(Memory())
    vault.create(paths.vault_file, PASSPHRASE)
    current = account("file")
    secrets.write_secret(current, paths, CANARY)
    assert holding(paths.config_dir) == ["secrets.toml"]
    for place in ("vault", "keyring", "file", "keyring", "vault"):
        moved = secrets.move_secret(current, paths, place)
        assert secrets.read_secret(moved, paths) == secrets.read_secret(current, paths) == CANARY
        secrets.forget_secret(current, paths)
        with pytest.raises(SecretError):
            secrets.read_secret(current, paths)
        current = moved
    assert holding(paths.config_dir) == [] and memory.kept == {}
    with pytest.raises(SecretError, match="already"):
        secrets.move_secret(current, paths, "vault")


def test_a_move_that_fails_changes_nothing(use: Any, paths: Paths) -> None:
    use(Forgetful())
    current = account("file")
    secrets.write_secret(current, paths, CANARY)
    other = ("command: false", "command: echo another", "credential: none", "nowhere")
    for place in ("keyring", "vault", *other):
        with pytest.raises(SecretError):
            secrets.move_secret(current, paths, place)
        assert secrets.read_secret(current, paths) == CANARY


def test_the_plain_file_must_be_private(paths: Paths) -> None:
    secrets.write_secret(account("file"), paths, CANARY)
    assert paths.secrets_file.stat().st_mode & 0o777 == 0o600
    paths.secrets_file.chmod(0o640)
    with pytest.raises(SecretError, match="Others can read"):
        secrets.read_secret(replace(account("file")), paths)


def test_the_key_for_the_engine_is_in_no_argument_and_no_environment(paths: Paths) -> None:
    """As `sync.process` does it: a pipe on standard input."""
    vault.create(paths.vault_file, PASSPHRASE)
    secrets.write_secret(account("vault"), paths, CANARY)
    key = vault.held(paths.vault_file)
    assert key is not None
    code = (
        "import sys, pathlib\n"
        "from tui_mail.accounts import vault\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "vault.hold(path, sys.stdin.buffer.read(vault.KEY_OCTETS))\n"
        "print(vault.read(path, 'work'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(paths.vault_file)],
        input=key, capture_output=True, check=True, timeout=30,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.stdout.decode().strip() == CANARY
    with pytest.raises(SecretError):
        vault.hold(paths.vault_file, b"x" * vault.KEY_OCTETS)
