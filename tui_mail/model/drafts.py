"""What a draft holds while it is written."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class DraftContent:
    """The fields of the composer as typed; addresses are parsed only when they are used."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    body: str = ""
    """Markdown."""
    plain_only: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    sender: str = ""
    """The own address it goes from; empty: the address of the account."""
    item: str = ""
    """`deal:4`: what its conversation is linked to when it goes; empty: as the rules decide."""
    visibility: str = ""
    """`private` or `shared`; empty: as the conversation or the account has it."""
    group: bool = False
    """One mail each for everybody in To; never sent as one mail (B44)."""
    remind_at: int = 0
    """When to look whether somebody answered (UTC seconds); 0: never."""
    signature: str = ""
    """Name of the signature under the text; empty for none."""

    def to_json(self) -> str:
        """The stored form."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> DraftContent:
        """Read the stored form; unknown keys of a newer program are left out."""
        data = json.loads(text)
        known = {key: data[key] for key in DraftContent.__dataclass_fields__ if key in data}
        known["references"] = tuple(known.get("references", ()))
        return DraftContent(**known)

    @property
    def is_empty(self) -> bool:
        """Nothing was typed."""
        return not (self.to or self.cc or self.bcc or self.subject or self.body.strip())
