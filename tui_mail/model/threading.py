"""Which conversation a message belongs to (R59, R60): by ids alone, never by subject."""

from __future__ import annotations

import re
from hashlib import blake2b

from tui_mail.model.messages import Envelope

MAX_REFERENCES = 200

_PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|res|enc|ref|odp|ynt|回复|答复|转发|返信|転送)"
    r"(?:\[\d{1,4}\])?\s*[:：]\s*)",
    re.IGNORECASE,
)


def id_hash(message_id: str) -> int:
    """64 bits of a Message-ID as a signed integer, the key of `thread_ids`."""
    digest = blake2b(message_id.strip().encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)


def thread_references(envelope: Envelope) -> tuple[str, ...]:
    """References, then In-Reply-To, oldest first, without repeats and without the own id."""
    seen: dict[str, None] = {}
    for reference in (*envelope.references, *envelope.in_reply_to):
        if reference and reference != envelope.message_id:
            seen.setdefault(reference)
    ids = list(seen)
    if len(ids) > MAX_REFERENCES:
        half = MAX_REFERENCES // 2
        ids = ids[:half] + ids[-half:]
    return tuple(ids)


def base_subject(subject: str) -> str:
    """The subject without reply and forward prefixes; for display only."""
    for _ in range(8):
        match = _PREFIX.match(subject)
        if match is None or match.end() == 0:
            break
        subject = subject[match.end() :]
    return subject.strip()
