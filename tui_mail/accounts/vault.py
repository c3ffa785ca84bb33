"""The vault: secrets in one file, encrypted under a passphrase.

A random key encrypts the entries (AES-256-GCM); the passphrase, stretched by Argon2id, encrypts
that key. A process is unlocked once, by a prompt or by the systemd credential `tui-mail.vault`, and
holds the key in memory only. The engine is a process of its own, so whoever starts it hands the
key over through its standard input, a pipe nobody else can open (`sync.process`); to an engine that
runs already it goes over the profile's local socket. It is never in an environment, an argument
list, or a file.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tui_mail.accounts.locking import locked
from tui_mail.config.load import write_text
from tui_mail.errors import SecretError

KEY_OCTETS = 32
CREDENTIAL = "tui-mail.vault"
_MEMORY_KIB, _ITERATIONS, _LANES = 65_536, 3, 4
_MOST_MEMORY_KIB, _MOST_ITERATIONS, _MOST_LANES = 1 << 20, 20, 16
_SHORTEST = 8
_MOST_OCTETS = 1 << 24

_keys: dict[str, bytes] = {}
_guard = threading.Lock()


def check_new(passphrase: str) -> None:
    """Raises SecretError for a passphrase that is too short for a new vault."""
    if len(passphrase) < _SHORTEST:
        raise SecretError(f"The passphrase is too short: take {_SHORTEST} characters or more.")


def create(path: Path, passphrase: str) -> None:
    """Make an empty vault and unlock it here. Raises SecretError when there is one already."""
    check_new(passphrase)
    with locked(path):
        if path.exists():
            raise SecretError("There is a vault already.")
        key = os.urandom(KEY_OCTETS)
        kdf = {
            "name": "argon2id",
            "salt": _text(os.urandom(16)),
            "memory_kib": _MEMORY_KIB,
            "iterations": _ITERATIONS,
            "lanes": _LANES,
        }
        document = {
            "version": 1,
            "kdf": kdf,
            "key": _seal(_stretched(passphrase, kdf), key, _label("key", kdf)),
            "entries": _seal(key, b"{}", b"tui-mail vault 1 entries"),
        }
        write_text(path, json.dumps(document, indent=1) + "\n")
    hold(path, key)


def unlock(path: Path, passphrase: str) -> None:
    """Hold the key from now on. Raises SecretError for a wrong passphrase; takes 0.2 s."""
    document = _document(path)
    kdf = document["kdf"]
    try:
        key = _open(_stretched(passphrase, kdf), document["key"], _label("key", kdf))
    except SecretError:
        raise SecretError("This is not the passphrase of the vault.") from None
    hold(path, key)


def hold(path: Path, key: bytes) -> None:
    """Hold a key that was handed over. Raises SecretError when it does not open the vault."""
    if len(key) != KEY_OCTETS:
        raise SecretError("This is no key of a vault.")
    _entries(_document(path), key)
    with _guard:
        _keys[str(path)] = key


def held(path: Path) -> bytes | None:
    """The key, if this process holds it."""
    with _guard:
        return _keys.get(str(path))


def lock(path: Path) -> None:
    """Forget the key."""
    with _guard:
        _keys.pop(str(path), None)


def is_locked(path: Path) -> bool:
    """Whether a person has to type the passphrase before secrets can be read here."""
    return path.exists() and held(path) is None and not _by_credential(path)


def read(path: Path, name: str) -> str | None:
    """One secret; None when it is not there. Raises SecretError when the vault is locked."""
    return _entries(_document(path), _key(path)).get(name)


def change(path: Path, work: Callable[[dict[str, str]], object]) -> None:
    """Change the entries, all at once or not at all. Raises SecretError."""
    key = _key(path)
    with locked(path):
        document = _document(path)
        entries = _entries(document, key)
        work(entries)
        plain = json.dumps(entries).encode()
        document["entries"] = _seal(key, plain, b"tui-mail vault 1 entries")
        write_text(path, json.dumps(document, indent=1) + "\n")


def _key(path: Path) -> bytes:
    key = held(path)
    if key is None and _by_credential(path):
        key = held(path)
    if key is None:
        raise SecretError(
            "The vault is locked.", hint="Run `tui-mail account unlock` and type the passphrase."
        )
    return key


def _by_credential(path: Path) -> bool:
    """Unlock with the passphrase systemd gave the service, if it gave one."""
    passphrase = credential(CREDENTIAL)
    if passphrase is None:
        return False
    unlock(path, passphrase)
    return True


def credential(name: str) -> str | None:
    """The first line of a systemd credential (systemd.exec, LoadCredential=); None without one."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder or not name or "/" in name or name.startswith("."):
        return None
    try:
        with (Path(folder) / name).open(encoding="utf-8") as file:
            return file.read(1 << 16).split("\n", 1)[0].rstrip("\r") or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"The credential `{name}` cannot be read.") from error


# -- the file -------------------------------------------------------------------------------------


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_mode & 0o077:
            raise SecretError(f"Others can read {path}.", hint=f"Run `chmod 600 {path}`.")
        if path.stat().st_size > _MOST_OCTETS:
            raise ValueError("too large")
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["version"]
        kdf = document["kdf"]
        sizes = (kdf["memory_kib"], kdf["iterations"], kdf["lanes"])
        most = (_MOST_MEMORY_KIB, _MOST_ITERATIONS, _MOST_LANES)
        if kdf["name"] != "argon2id" or not all(
            isinstance(size, int) and 0 < size <= limit
            for size, limit in zip(sizes, most, strict=True)
        ):
            raise ValueError("no such key derivation")
    except FileNotFoundError as error:
        raise SecretError(
            "There is no vault yet.", hint="`tui-mail account secret ID --to vault` makes one."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SecretError(f"{path} is no vault, or it is damaged.") from error
    if version != 1:
        raise SecretError(f"{path} was written by a newer program.")
    return dict(document)


def _entries(document: dict[str, Any], key: bytes) -> dict[str, str]:
    plain = _open(key, document.get("entries"), b"tui-mail vault 1 entries")
    return {str(name): str(value) for name, value in json.loads(plain).items()}


def _stretched(passphrase: str, kdf: dict[str, Any]) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    derive = Argon2id(
        salt=_octets(kdf["salt"]),
        length=KEY_OCTETS,
        iterations=kdf["iterations"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memory_kib"],
    )
    return derive.derive(passphrase.encode())


def _label(what: str, kdf: dict[str, Any]) -> bytes:
    return f"tui-mail vault 1 {what} {json.dumps(kdf, sort_keys=True)}".encode()


def _seal(key: bytes, plain: bytes, label: bytes) -> dict[str, str]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return {"nonce": _text(nonce), "sealed": _text(AESGCM(key).encrypt(nonce, plain, label))}


def _open(key: bytes, box: Any, label: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(_octets(box["nonce"]), _octets(box["sealed"]), label)
    except (InvalidTag, KeyError, TypeError, ValueError) as error:
        raise SecretError(
            "The vault cannot be opened: wrong key, or the file is damaged."
        ) from error


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
