"""Images that only report that a mail was opened (SEC-10)."""

from __future__ import annotations

import re

_OPEN_PATHS = re.compile(
    r"/(?:track/open|wf/open|open\.(?:gif|aspx|php|png|ashx)|trk/open|e/o/|o/t/|pixel[./?]|beacon"
    r"|imp\?|tracking/|t\.gif|1x1|spacer\.gif\?|open/log|mpss/o/|ls/open|mailopen|email-open|o\.gif\?)",
    re.IGNORECASE,
)
_HOSTS = (
    "mailtrack.io",
    "list-manage.com",
    "mandrillapp.com",
    "bananatag.com",
    "yesware.com",
    "getnotify.com",
    "superhuman.com",
    "hubspotlinks.com",
    "sidekickopen",
    "mailfoogae.appspot.com",
    "cirrusinsight.com",
    "google-analytics.com",
    "doubleclick.net",
    "litmus.com/e/",
    "emltrk.com",
    "sendibt",
)


def is_tracker(url: str, width: str, height: str) -> bool:
    """Whether an image is a tracking pixel: at most two pixels in size, or a known address."""
    if any(size.isdigit() and int(size) <= 2 for size in (width[:6], height[:6])):
        return True
    shown = url[:2000]
    return _OPEN_PATHS.search(shown) is not None or any(host in shown for host in _HOSTS)
