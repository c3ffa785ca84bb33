"""Capabilities, and what a server that announces them cannot do after all."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

_CAPABILITY = re.compile(rb"[!-'*-~]{1,200}\Z")


@dataclass(frozen=True, slots=True)
class Quirks:
    """What is done differently with some servers; see `quirks.toml`."""

    names: tuple[str, ...] = ()
    """Which profiles matched."""
    no_qresync: bool = False
    no_condstore: bool = False
    no_list_extended: bool = False
    no_esearch: bool = False
    no_idle: bool = False
    no_move: bool = False
    always_id: bool = False
    """Send ID after sign-in although it is not announced."""
    command_octets: int = 8000
    """The longest command the server reads."""
    modseq_overlap: bool = False
    """Changes come late while HIGHESTMODSEQ already moved: ask again from the one before."""
    files_sent: bool = False
    """Submission puts the copy into Sent by itself (OUT-7)."""
    labels: bool = False
    """Folders are labels; only Trash and Junk are places (Gmail)."""


def parse_capabilities(octets: bytes) -> frozenset[str]:
    """Read a list of capabilities into capitals."""
    return frozenset(
        name.decode().upper() for name in octets.split()[:1000] if _CAPABILITY.match(name)
    )


@cache
def _profiles() -> list[dict[str, Any]]:
    text = Path(__file__).with_name("quirks.toml").read_text("utf-8")
    profiles: list[dict[str, Any]] = tomllib.loads(text)["profile"]
    return profiles


def quirks_for(
    host: str,
    greeting: str,
    capabilities: frozenset[str],
    server_id: dict[str, str],
    named: tuple[str, ...] = (),
) -> Quirks:
    """Choose the quirks of a server by host, greeting, capability and ID; profiles add up.

    `named` are profiles that apply whatever the server says, known from its provider.
    """
    lowered_host = host.lower().rstrip(".")
    names: list[str] = []
    chosen: dict[str, Any] = {}
    known = {item.name for item in fields(Quirks)}
    for profile in _profiles():
        hosts = profile.get("hosts", [])
        matches = (
            profile["name"] in named
            or any(lowered_host == one or lowered_host.endswith("." + one) for one in hosts)
            or any(word in greeting.lower() for word in profile.get("greeting", []))
            or any(name in capabilities for name in profile.get("capability", []))
            or any(word in server_id.get("name", "").lower() for word in profile.get("id", []))
        )
        if matches:
            names.append(profile["name"])
            chosen.update({key: profile[key] for key in profile if key in known and key != "name"})
    return Quirks(names=tuple(names), **chosen)
