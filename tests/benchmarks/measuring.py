"""Running things and putting their times side by side."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process cost."""

    seconds: float
    cpu: float
    """Processor seconds, its children included."""
    peak_mib: float
    """Largest resident memory of it or of one child."""
    output: str


def run(command: Sequence[str], cwd: Path | None = None) -> Ran:
    """Run a process to its end. Raises RuntimeError with what it said when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    output = process.stdout.read()
    problem = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.stdout.close()
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = problem.decode(errors="replace")[-1000:]
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said}")
    return Ran(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        output.decode(errors="replace"),
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def medians(works: Sequence[Callable[[], float]], repeats: int) -> list[float]:
    """The median seconds of each, run in turns so that a busy moment hits all alike."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for place, work in enumerate(works):
            seconds[place].append(work())
    return [statistics.median(row) for row in seconds]


def shown(seconds: float | None) -> str:
    """A time with a unit that suits it."""
    if seconds is None:
        return "-"
    if seconds >= 10:
        return f"{seconds:.1f} s"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.1f} ms" if seconds >= 0.001 else f"{seconds * 1e6:.0f} µs"


def ratio(ours: float, theirs: float | None) -> str:
    """`0.42x`, or why there is none."""
    return f"{ours / theirs:.2f}x" if theirs else "-"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns that line up."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    for number, row in enumerate(table):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip(), flush=True)
        if number == 0:
            print("  ".join("-" * width for width in widths), flush=True)
