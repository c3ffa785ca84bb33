"""Work behind the screen, begun in one way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from textual.dom import DOMNode


def begin(
    node: DOMNode, work: Callable[[], Awaitable[Any]], group: str, *, exclusive: bool = True
) -> None:
    """Run `work` behind the screen of `node`; what it raises is said by the app.

    It is a function, not a coroutine: one that is never begun, because the screen closes first,
    leaves nothing that waits to be awaited. `exclusive` ends what runs in the group.
    """
    node.run_worker(cast(Any, work), group=group, exclusive=exclusive, exit_on_error=False)
