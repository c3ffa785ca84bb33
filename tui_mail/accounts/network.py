"""How discovery reaches the outside; tests put their own servers there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Network:
    """How the outside is reached. The defaults are the system's."""

    nameservers: tuple[str, ...] = ()
    """Empty: the system's resolver settings."""
    dns_port: int = 53
    proxy: str | None = None
    ca_file: str | None = None
    reach: Callable[[str, int], tuple[str, int]] = field(default=lambda host, port: (host, port))
    """Where a host and port are really connected to."""
