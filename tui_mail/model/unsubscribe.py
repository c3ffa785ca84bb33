"""List-Unsubscribe and one-click (RFC 2369, RFC 8058): what a mail offers (SEC-44)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tui_mail.model.messages import Link

_ITEM = re.compile(r"<([^<>]{1,2000})>")
_PLAIN = re.compile(r"[!-~]+\Z")
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]{1,255}\Z")


@dataclass(frozen=True, slots=True)
class Offers:
    """The ways out of a list; an empty text for a way there is not."""

    one_click: str = ""
    """HTTPS address that takes a POST."""
    mailto: str = ""
    page: str = ""
    """HTTPS address of a page for people, without one-click."""

    @property
    def host(self) -> str:
        """Whom one-click asks."""
        return urlsplit(self.one_click).hostname or ""

    @property
    def page_link(self) -> Link:
        """The page as a link that can be opened."""
        return Link(0, self.page, "Unsubscribe", urlsplit(self.page).hostname or "")

    def __bool__(self) -> bool:
        return bool(self.one_click or self.mailto or self.page)


def offers(list_unsubscribe: str, list_unsubscribe_post: str) -> Offers:
    """Read both headers; anything malformed offers nothing."""
    https = mailto = ""
    for item in _ITEM.findall(list_unsubscribe[:4000]):
        target = "".join(item.split())
        if not _PLAIN.match(target):
            continue
        if target.lower().startswith("mailto:"):
            mailto = mailto or target
        elif _is_https(target):
            https = https or target
    post = "".join(list_unsubscribe_post.split()).lower()
    if https and post == "list-unsubscribe=one-click":
        return Offers(https, mailto)
    return Offers("", mailto, https)


def _is_https(target: str) -> bool:
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme.lower() != "https" or parts.username or parts.password or port == 0:
        return False
    return bool(parts.hostname) and bool(_HOST.match(parts.netloc))
