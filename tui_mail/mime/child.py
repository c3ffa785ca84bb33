"""The process that takes mails apart: small memory, little time, no files, no secrets (SEC-12).

Started by `worker.MimePool` as `python -m tui_mail.mime.child`; reads jobs from standard input,
writes answers to standard output, and ends with its input.
"""

from __future__ import annotations

import gc
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from tui_mail.mime.jobs import (
    LENGTH,
    Answer,
    Failed,
    Indexed,
    IndexJob,
    Job,
    PartFound,
    Read,
    ReadJob,
)

ADDRESS_SPACE = 1 << 30
"""Octets of address space a child may use."""

_OPEN_FILES = 32


def limit_resources() -> None:
    """Bound memory, open files, file sizes and processes; what the system refuses is left out."""
    for what, limit in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        try:
            resource.setrlimit(what, (limit, limit))
        except (ValueError, OSError):
            continue


def run(job: Job) -> Answer:
    """Do one job. Raises whatever the parsers raise."""
    if isinstance(job, IndexJob):
        from tui_mail.mime.indexing import index_mail

        return Indexed([index_mail(raw, compress=False) for raw in job.raws])
    if isinstance(job, ReadJob):
        from tui_mail.mime.reading import read_mail

        return Read(read_mail(job.raw, authserv_ids=job.authserv_ids))
    from tui_mail.mime.extracting import part_bytes

    return PartFound(*part_bytes(job.raw, job.part))


def _warm(job: Job) -> None:
    """Import what the job needs before its clock starts."""
    if isinstance(job, ReadJob):
        import bs4
        import markdownify
        import nh3

        assert bs4 and markdownify and nh3


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer jobs until the input ends. The kernel ends the process when a job takes too long."""
    jobs = msgspec.msgpack.Decoder(Job)
    answers = msgspec.msgpack.Encoder()
    while True:
        prefix = source.read(LENGTH.size)
        if len(prefix) < LENGTH.size:
            return
        job = jobs.decode(source.read(LENGTH.unpack(prefix)[0]))
        _warm(job)
        signal.setitimer(signal.ITIMER_PROF, job.cpu_seconds)
        try:
            answer = answers.encode(run(job))
        except MemoryError:
            answer = answers.encode(Failed("it needs too much memory"))
        except Exception as error:
            answer = answers.encode(Failed(type(error).__name__))
        signal.setitimer(signal.ITIMER_PROF, 0)
        del job
        sink.write(LENGTH.pack(len(answer)))
        sink.write(answer)
        sink.flush()
        if len(answer) > 1 << 20:
            del answer
            gc.collect()


def main() -> None:
    """Limit the process, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_resources()
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
