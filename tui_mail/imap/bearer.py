"""Signing in with an OAuth token: OAUTHBEARER (RFC 7628) and XOAUTH2, for IMAP and SMTP."""

from __future__ import annotations

import json
from collections.abc import Collection

from tui_mail.errors import TransportError
from tui_mail.model.safe_text import safe_line

MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
"""In the order of preference."""


def choose(offered: Collection[str]) -> str:
    """The mechanism to use. Raises TransportError when the server takes no token."""
    for name in MECHANISMS:
        if name in offered:
            return name
    raise TransportError("The server offers no way to sign in with a token.")


def first_message(mechanism: str, user: str, token: str, host: str, port: int) -> bytes:
    """What the client says first; not yet in base64."""
    if mechanism == "XOAUTH2":
        return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
    name = user.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01".encode()


def after_challenge(mechanism: str) -> bytes:
    """The answer to the server's error, so that it ends the exchange; never the token again."""
    return b"\x01" if mechanism == "OAUTHBEARER" else b""


def reason(challenge: bytes) -> str:
    """Why the token was refused, in words, of the JSON the server sends. Empty when it has none."""
    try:
        said = json.loads(challenge)
        status, scope = str(said.get("status", "?")), str(said.get("scope", ""))
    except (ValueError, AttributeError):
        return ""
    word = {
        "invalid_token": "the token is expired or was withdrawn",
        "400": "the token is expired or not for this mailbox",
        "401": "the token is expired or was withdrawn",
        "403": "the token does not allow this",
        "insufficient_scope": "the token does not allow this",
    }.get(status, "the token was refused")
    needs = f"; it needs the scope {scope}" if scope else ""
    return safe_line(f"Here {word} (status {status}{needs}).", 300)
