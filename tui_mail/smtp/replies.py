"""Reading SMTP replies, with caps (RFC 5321 §4.2, RFC 3463)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_mail.errors import ProtocolError
from tui_mail.model.safe_text import one_line

_MAX_LINE = 8192
_MAX_LINES = 200
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply of the server."""

    code: int
    enhanced: str = ""
    """Enhanced status code such as `5.1.1`, or empty."""
    text: str = ""
    """All lines as one safe line, at most 500 characters."""
    lines: tuple[bytes, ...] = ()
    """The lines without codes, as sent: unsafe."""

    @property
    def accepted(self) -> bool:
        """Tell whether the code is 2xx."""
        return 200 <= self.code < 300

    @property
    def transient(self) -> bool:
        """Tell whether the code is 4xx: worth a retry."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """Tell whether the code is 5xx."""
        return 500 <= self.code < 600


def read_reply(readline: Callable[[int], bytes]) -> Reply:
    """Read one reply of one or more lines.

    Raises ProtocolError for anything else, for more than 200 lines or 8 KiB a line.
    """
    code = b""
    lines: list[bytes] = []
    while True:
        match = _LINE.match(readline(_MAX_LINE).rstrip(b"\r\n"))
        if match is None or (code and match[1] != code) or len(lines) >= _MAX_LINES:
            raise ProtocolError("The server's reply is not SMTP.")
        code = match[1]
        lines.append(match[3] or b"")
        if match[2] != b"-":
            break
    texts = [line.decode("utf-8", "replace") for line in lines]
    enhanced = ""
    found = _ENHANCED.match(texts[0])
    if found is not None and found[1][0] == chr(code[0]):
        enhanced = found[1]
        texts = [text.removeprefix(enhanced).strip() for text in texts]
    return Reply(int(code), enhanced, one_line(" ".join(texts)[:2000], 500), tuple(lines))
