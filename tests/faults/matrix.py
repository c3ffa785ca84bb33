"""The whole fault matrix: `python -m tests.faults.matrix [kill] [cut] [--from N] [--step N]`.

Counts the fault points and the wire lines of an undisturbed run, then kills the script at each
point and cuts the wire after each line; every time the resumed run must end in the same state.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.world import SinkThread, World
from tests.integration.dovecot import Dovecot, available


def main() -> int:
    """Run the matrix; the exit code is 1 when any case fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["kill", "cut"])
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--step", type=int, default=1)
    options = parser.parse_args()
    reason = available()
    if reason is not None:
        print(reason)
        return 2
    failures = 0
    with Dovecot() as server, tempfile.TemporaryDirectory() as folder:
        sinks = SinkThread()
        root = Path(folder)
        whole = World(server, sinks, root)
        log = root / "points"
        assert whole.run(log=log).returncode == 0
        whole.check()
        points = len(log.read_text().split())
        lines = len(whole.tap.lines)
        print(f"{points} fault points, {lines} wire lines", flush=True)
        cases = [("kill", n) for n in range(options.first, points + 1, options.step)]
        cases += [("cut", n) for n in range(options.first, lines + 1, options.step)]
        cases = [case for case in cases if case[0] in options.what]
        started = time.monotonic()
        for number, (kind, n) in enumerate(cases, start=1):
            one = World(server, sinks, root)
            try:
                if kind == "kill":
                    one.run(f"*:{n}:kill")
                else:
                    one.tap.arm(n, reset=n % 2 == 0)
                    one.run()
                one.finish()
                one.check()
            except AssertionError as error:
                failures += 1
                print(f"FAIL {kind} {n}: {str(error)[:400]}", flush=True)
            finally:
                one.close()
            if number % 20 == 0:
                rate = number / (time.monotonic() - started)
                print(f"{number}/{len(cases)} done, {failures} failed, {rate:.2f}/s", flush=True)
        sinks.close()
    print(f"{len(cases)} cases, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
