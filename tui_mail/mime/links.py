"""Links of a body: numbered, cleaned, and compared with what their text claims (SEC-7)."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from tui_mail.model.addresses import domain_key
from tui_mail.model.messages import Link
from tui_mail.model.safe_text import one_line

MAX_LINKS = 500
"""Links numbered in one mail; further ones stay text."""

_MAX_URL = 4000
_SHOWN_URL = 100
_SAFE = "!#$%&'()*+,-./:;=?@[]_~"
_WHITE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")
_CLAIM = re.compile(
    r"(?:(?:https?:)?//)?(?:[^\s/@]{1,100}@)?((?:[^\W_][\w-]{0,62}\.)+[^\W\d_]{2,24})(?::[0-9]{1,5})?(?:[/?#].*)?$",
    re.IGNORECASE | re.DOTALL,
)
_CLAIM_ADDRESS = re.compile(r"(?:mailto:)?([^\s@<>]{1,64}@[^\s@<>]{1,250})$", re.IGNORECASE)
_IN_TEXT = re.compile(r"(?<![\w@])(?:https?://|www\.)[^\s<>\"'`\x00-\x1f]{2,4000}", re.IGNORECASE)
_TAIL = ".,;:!?…'\"*_"
_FILE_ENDINGS = (".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".txt", ".png", ".jpg", ".html")


class Links:
    """The links of one mail in the order of their first appearance."""

    def __init__(self) -> None:
        self._found: list[Link] = []
        self._numbers: dict[tuple[str, bool], int] = {}

    def add(self, url: str, text: str) -> int:
        """The number of a link with that text; 0 when it is none that may be opened."""
        target = clean_url(url)
        if not target:
            return 0
        host = host_of(target)
        mismatch = names_another_host(text, target, host)
        known = self._numbers.get((target, mismatch))
        if known:
            return known
        if len(self._found) >= MAX_LINKS:
            return 0
        number = len(self._found) + 1
        self._found.append(Link(number, target, one_line(text, 200), host, mismatch))
        self._numbers[(target, mismatch)] = number
        return number

    def in_order(self) -> tuple[Link, ...]:
        """All links found so far."""
        return tuple(self._found)


def clean_url(url: str) -> str:
    """An http, https or mailto address in printable ASCII; empty for anything else."""
    url = _WHITE.sub("", url[:_MAX_URL])
    scheme, colon, rest = url.partition(":")
    scheme = scheme.lower()
    if not colon or scheme not in ("http", "https", "mailto") or not rest:
        return ""
    if scheme == "mailto":
        return f"mailto:{quote(rest, safe=_SAFE)}"
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    named = ascii_host(host)
    if not named:
        return ""
    user = f"{quote(parts.netloc.rpartition('@')[0], safe=_SAFE)}@" if "@" in parts.netloc else ""
    shown_port = f":{port}" if port is not None else ""
    netloc = f"[{named}]" if ":" in named else named
    tail = quote(parts.path, safe=_SAFE)
    if parts.query:
        tail += "?" + quote(parts.query, safe=_SAFE)
    if parts.fragment:
        tail += "#" + quote(parts.fragment, safe=_SAFE)
    return f"{scheme}://{user}{netloc}{shown_port}{tail}"


def ascii_host(host: str) -> str:
    """A host name in its ASCII form; empty when it has none."""
    named = domain_key(host)
    if named.isascii() and named.isprintable() and " " not in named:
        return named
    return ""


def host_of(target: str) -> str:
    """The real host of a cleaned address: what stands behind any `user@`; a mailto's address."""
    if target.startswith("mailto:"):
        return target[7:].partition("?")[0]
    try:
        return urlsplit(target).hostname or ""
    except ValueError:
        return ""


def names_another_host(text: str, target: str, host: str) -> bool:
    """Whether the text of a link claims a host or address the link does not go to."""
    claim = text.strip().strip("<>[]()\"'")
    if not claim or len(claim) > _MAX_URL:
        return False
    address = _CLAIM_ADDRESS.match(claim)
    if target.startswith("mailto:"):
        return address is not None and address[1].lower() not in host.lower().replace("%40", "@")
    if address is not None:
        return True
    match = _CLAIM.match(claim)
    if match is None or match[1].lower().endswith(_FILE_ENDINGS):
        return False
    claimed = domain_key(match[1]).removeprefix("www.")
    real = host.removeprefix("www.")
    return not (claimed == real or real.endswith("." + claimed) or claimed.endswith("." + real))


def number_in_text(text: str, links: Links) -> str:
    """Number the web addresses in plain text: ` [n]` follows each, and long ones are cut short."""

    def replaced(match: re.Match[str]) -> str:
        url = match[0]
        kept = _without_tail(url)
        target = kept if "://" in kept[:8] else f"http://{kept}"
        number = links.add(target, kept)
        if not number:
            return url
        return f"{_short(kept)} [{number}]{url[len(kept) :]}"

    if "://" not in text and "www." not in text.lower():
        return text
    return _IN_TEXT.sub(replaced, text)


def _without_tail(url: str) -> str:
    kept = url.rstrip(_TAIL)
    while (
        kept
        and kept[-1] in ")]}"
        and kept.count(kept[-1]) > kept.count("([{"[")]}".index(kept[-1])])
    ):
        kept = kept[:-1].rstrip(_TAIL)
        if len(url) - len(kept) > 20:
            break
    return kept


def _short(url: str) -> str:
    if len(url) <= _SHOWN_URL:
        return url
    return url[: _SHOWN_URL - 1] + "…"
