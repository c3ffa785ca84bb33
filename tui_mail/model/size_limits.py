"""How large a mail may be (R9). One MB is 1,048,576 octets; exactly the limit passes."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Octets; 0 where nothing is known."""

    content: int
    """Of text and files as they are: what the provider tells its users, or the user's own word."""
    encoded: int
    """Of the finished mail: what the server announced (RFC 1870)."""

    @property
    def shown(self) -> int:
        """The limit to show beside the size of the content."""
        encoded = self.encoded * 100 // 137 if self.encoded else 0
        return min(filter(None, (self.content, encoded)), default=0)

    def content_problem(self, octets: int) -> str:
        """Why text and files are too much, with numbers; empty when they are not."""
        return _problem(octets, self.content, "")

    def encoded_problem(self, octets: int) -> str:
        """Why the finished mail is too large, with numbers; empty when it is not."""
        return _problem(octets, self.encoded, " for the server")

    def expected_problem(self, octets: int) -> str:
        """The same while writing, before the mail is made: base64 adds about 37 %."""
        return self.content_problem(octets) or self.encoded_problem(octets * 137 // 100)


def limits(user_mb: int, provider_mb: int, server_octets: int) -> SizeLimits:
    """The limits of an account: the user's word overrides the provider's."""
    return SizeLimits((user_mb or provider_mb) * MB, server_octets)


def _problem(octets: int, limit: int, where: str) -> str:
    if not limit or octets <= limit:
        return ""
    shown, most = f"{octets / MB:.1f}", f"{limit / MB:.1f}"
    if shown == most:
        shown, most = f"{octets:,}", f"{limit:,}"
        return f"The mail is too large{where}: {shown} bytes, limit {most} bytes."
    return f"The mail is too large{where}: {shown} MB, limit {most} MB."
