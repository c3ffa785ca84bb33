"""What the SMTP sink does wrong on demand, by the phase of a submission.

Phases in order: `greeting`, `ehlo`, `starttls`, `auth`, `mail`, `rcpt`, `data` (at the command,
before 354), `after-354` (354 is sent), `before-dot` (in the middle of the mail), `dot` (the mail is
complete, not taken), `after-dot` (the mail is taken, the reply is not sent yet), `quit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal[
    "greeting",
    "ehlo",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "after-354",
    "before-dot",
    "dot",
    "after-dot",
    "quit",
]
Act = Literal["fin", "rst", "stall", "answer"]


@dataclass(slots=True)
class SmtpFault:
    """One fault at one phase."""

    phase: Phase
    act: Act
    reply: bytes = b""
    """The line sent for `answer`, without line end."""
    address: str = ""
    """Only for this recipient; empty for all."""
    nth: int = 1
    times: int | None = 1
    seen: int = 0

    def applies(self, phase: Phase, address: str) -> bool:
        """Count a match and say whether it is one that counts."""
        if phase != self.phase or (self.address and address.lower() != self.address.lower()):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


class SmtpFaults:
    """All faults of a sink. Empty means a sink without faults."""

    def __init__(self) -> None:
        self.byte_delay = 0.0
        """Seconds between two octets of every reply."""
        self._faults: list[SmtpFault] = []

    def clear(self) -> None:
        """Behave again."""
        self._faults.clear()
        self.byte_delay = 0.0

    def die(
        self,
        phase: Phase,
        *,
        how: Literal["fin", "rst"] = "fin",
        nth: int = 1,
        times: int | None = 1,
    ) -> None:
        """End the connection at that phase."""
        self._faults.append(SmtpFault(phase, how, nth=nth, times=times))

    def stall(self, phase: Phase, *, nth: int = 1, times: int | None = 1) -> None:
        """Fall silent at that phase with the connection open."""
        self._faults.append(SmtpFault(phase, "stall", nth=nth, times=times))

    def answer(
        self,
        phase: Phase,
        reply: str | bytes,
        *,
        address: str = "",
        nth: int = 1,
        times: int | None = 1,
    ) -> None:
        """Send this reply instead, `451 4.3.0 Later` or rubbish; 421 also ends the connection.

        At `dot` the mail is not taken; at `after-dot` it is taken all the same.
        """
        line = reply.encode() if isinstance(reply, str) else reply
        self._faults.append(SmtpFault(phase, "answer", line, address, nth, times))

    def refuse_recipient(self, address: str, reply: str = "550 5.1.1 No such user") -> None:
        """Refuse one recipient always."""
        self.answer("rcpt", reply, address=address, times=None)

    def find(self, phase: Phase, address: str = "") -> SmtpFault | None:
        """The fault that acts now, or None."""
        return next((fault for fault in self._faults if fault.applies(phase, address)), None)
