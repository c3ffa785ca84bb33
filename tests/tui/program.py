"""The real program for a pty: `python -m tests.tui.program HOME [stock]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tui_mail.config.paths import profile_paths


def main(home: str, driver: str = "") -> int:
    """Show the inbox of a profile, with the stock driver when asked."""
    from tests.tui.fixed_clock import FixedClock
    from tui_mail.tui import app
    from tui_mail.tui.driver import PacedApp

    if driver == "stock":
        PacedApp.get_driver_class = super(PacedApp, PacedApp).get_driver_class  # type: ignore[method-assign]
    return app.run(profile_paths(Path(home)), engine=False, clock=FixedClock())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
