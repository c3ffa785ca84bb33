"""File names of attachments made safe to show and to write (SEC-16)."""

from __future__ import annotations

import re

from tui_mail.model.safe_text import one_line

MAX_NAME = 120
"""Characters of a safe name, its extension included."""

_MAX_GIVEN = 4000
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u2400-\u2426\ufffd]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_EXTENSION = re.compile(r"\.[^. ]{1,12}$")
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/csv": ".csv",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/json": ".json",
    "application/xml": ".xml",
    "application/ics": ".ics",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/msword": ".doc",
    "application/ms-tnef": ".dat",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
}


def safe_filename(name: str, content_type: str = "", part: str = "") -> str:
    """A base name without separators, controls, bidi marks or reserved words, 1..120 characters.

    A name that is empty, or has nothing safe in it, becomes `part-<number>` with an extension that
    fits the content type. The extension survives the cut.
    """
    base = name.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    if len(base) > _MAX_GIVEN:
        base = base[: _MAX_GIVEN // 2] + base[-_MAX_GIVEN // 2 :]
    hidden = base.lstrip().startswith(".")
    base = _FORBIDDEN.sub("_", one_line(base)).strip(" .\u00a0")
    if not base.strip("_ .-"):
        return f"part-{part or '1'}{_EXTENSIONS.get(content_type, '')}"
    if hidden or base.startswith("-"):
        base = f"_{base}"
    if _RESERVED.fullmatch(base):
        base = f"_{base}"
    if len(base) > MAX_NAME:
        match = _EXTENSION.search(base)
        extension = match[0] if match else ""
        base = base[: MAX_NAME - len(extension)].rstrip(" .") + extension
    return base
