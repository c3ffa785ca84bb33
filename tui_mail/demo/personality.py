"""The demo server in the manner of a provider's: what `personalities.toml` says of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tui_mail.demo.faults import Faults, Rewrite
from tui_mail.demo.imap_server import ImapServer

_UIDNEXT = re.compile(rb" ?UIDNEXT \d+")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_MESSAGE_ID = re.compile(rb"(?im)^message-id:[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Personality:
    """One entry of the data file."""

    name: str
    greeting: str
    capabilities: str
    source: tuple[str, ...]
    providers: tuple[str, ...] = ()
    id: str = ""
    folders: tuple[tuple[str, str], ...] = ()
    ways: frozenset[str] = frozenset()


@cache
def personalities() -> tuple[Personality, ...]:
    """All entries."""
    text = resources.files("tui_mail.demo").joinpath("personalities.toml").read_text("utf-8")
    return tuple(
        Personality(
            name=entry["name"],
            greeting=entry["greeting"],
            capabilities=entry["capabilities"],
            source=tuple(entry["source"]),
            providers=tuple(entry["providers"]),
            id=entry.get("id", ""),
            folders=tuple((name, use) for name, use in entry.get("folders", ())),
            ways=frozenset(entry.get("ways", ())),
        )
        for entry in tomllib.loads(text)["server"]
    )


def of_provider(provider: str) -> Personality | None:
    """The one that plays this provider."""
    return next((one for one in personalities() if provider in one.providers), None)


def make_server(personality: Personality) -> ImapServer:
    """A server that behaves so; users are added by the caller, folders with `add_user`."""
    server = ImapServer(
        capabilities=personality.capabilities.split(), gmail="labels" in personality.ways
    )
    server.greeting = personality.greeting.encode()
    server.server_id = personality.id
    server.ways = personality.ways
    play(server.faults, personality.ways)
    return server


def play(faults: Faults, ways: frozenset[str]) -> None:
    """Set the deviations that are changes of what is sent."""
    for way, rewrite in _REWRITES.items():
        if way in ways:
            faults.rewrite(rewrite)
    if "unavailable" in ways:
        faults.garbage("UID FETCH", b"Server Unavailable. 15\r\n", then="fin")
    if "short-commands" in ways:
        faults.refuse(r".{1000}", "BAD", text="Command line too long", times=None)


def another_message_id(raw: bytes) -> bytes:
    """A mail as the provider files it: with a Message-ID of its own."""
    return _MESSAGE_ID.sub(b"Message-ID: <AM0PR01@outlook.example>", raw, count=1)


def _without_uidnext(line: bytes) -> bytes | None:
    if line.startswith(b"* OK [UIDNEXT"):
        return None
    return _UIDNEXT.sub(b"", line).replace(b"( ", b"(") if line.startswith(b"* STATUS") else line


def _rising(line: bytes) -> bytes | list[bytes]:
    words = line.split()
    if len(words) != 3 or words[2] != b"EXISTS" or int(words[1]) < 4:
        return line
    return [b"* %d EXISTS" % (int(words[1]) // part) for part in (4, 2, 1)]


def _silent(line: bytes) -> bytes | None:
    return None if line.startswith(b"* ENABLED") else line


def _bare(line: bytes) -> bytes:
    return b"* [" + line[6:] if line.startswith(b"* OK [UNSEEN") else line


def _odd_list(line: bytes) -> bytes | list[bytes]:
    if line.startswith(b"* LIST") and line.endswith((b"INBOX", b'"INBOX"')):
        return [line, b'* LIST (\\HasNoChildren) "/" Odd\x07Name']
    return line


def _too_big(line: bytes) -> bytes:
    return _SIZE.sub(lambda match: b"RFC822.SIZE %d" % (int(match[1]) + 37), line)


_REWRITES: dict[str, Callable[[bytes], bytes | list[bytes] | None] | Rewrite] = {
    "no-uidnext": _without_uidnext,
    "rising-exists": _rising,
    "silent-enable": _silent,
    "bare-codes": _bare,
    "odd-list": _odd_list,
    "size-too-big": _too_big,
}
