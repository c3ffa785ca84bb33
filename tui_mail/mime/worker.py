"""Mail taken apart in processes of its own, so that no mail can stop the program (SEC-11, SEC-12).

The child is the untrusted side: its answers are decoded into typed values and nothing else. One
that is late, dies or answers rubbish is killed and replaced; the mail that did it becomes a stub.
"""

from __future__ import annotations

import asyncio
import heapq
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType

import msgspec

from tui_mail.errors import MailError
from tui_mail.mime.jobs import (
    LENGTH,
    Answer,
    Failed,
    Indexed,
    IndexJob,
    Job,
    PartFound,
    PartJob,
    Read,
    ReadJob,
)
from tui_mail.model.messages import Attachment, IndexedMail, ReadableMail

CPU_SECONDS = 2.0
"""Processor time one mail may take; the kernel ends a child that needs more."""

WALL_FACTOR = 4.0
"""How much longer a job may take on the clock than on the processor: the machine may be busy."""

WALL_ROOM = 5.0
"""Seconds on the clock added for starting a child and for its imports."""

CHUNK_MAILS = 32
"""Mails indexed in one job, so that a mail to be read waits for few others."""

CHUNK_OCTETS = 8 * 1024 * 1024
"""Octets of mail indexed in one job."""

_MAX_ANSWER = 1 << 30
_ANSWER_FACTOR = 8
_ANSWER_ROOM = 64 * 1024 * 1024
_PER_MIB = 0.05
_URGENT, _LATER = 0, 1


class _Lost(Exception):
    """The child died, was late, or did not answer sensibly."""


class _Child:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._answers = msgspec.msgpack.Decoder(Answer)

    async def ask(self, job: Job, cpu_seconds: float) -> Answer:
        """Send one job and wait for its answer. Raises _Lost; the child is gone then."""
        frame = msgspec.msgpack.encode(job)
        limit = min(_MAX_ANSWER, len(frame) * _ANSWER_FACTOR + _ANSWER_ROOM)
        try:
            if self._process is None or self._process.returncode is not None:
                self._process = await _start()
            async with asyncio.timeout(cpu_seconds * WALL_FACTOR + WALL_ROOM):
                return await self._exchange(self._process, frame, limit)
        except (TimeoutError, OSError, EOFError, msgspec.MsgspecError, _Lost) as error:
            await self.stop()
            raise _Lost from error
        except BaseException:
            await asyncio.shield(self.stop())
            raise

    async def _exchange(
        self, process: asyncio.subprocess.Process, frame: bytes, limit: int
    ) -> Answer:
        sink, source = process.stdin, process.stdout
        assert sink is not None and source is not None
        sink.write(LENGTH.pack(len(frame)))
        sink.write(frame)
        await sink.drain()
        (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
        if length > limit:
            raise _Lost
        answer: Answer = self._answers.decode(await source.readexactly(length))
        return answer

    async def stop(self) -> None:
        """End the process, by its id, and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            try:
                process.kill()
            except ProcessLookupError:
                pass
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


class MimePool:
    """Reads and indexes mails in child processes, which start with the first job.

    An async context manager. Mails to be read go before mails to be indexed. Cancelling a call ends
    the child it waited for; the next call starts another.
    """

    def __init__(self, workers: int = 1) -> None:
        self._free = [_Child() for _ in range(max(1, workers))]
        self._all = list(self._free)
        self._waiting: list[tuple[int, int, asyncio.Future[_Child]]] = []
        self._order = count()
        self._closed = False

    async def __aenter__(self) -> MimePool:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def read(self, raw: bytes, authserv_ids: tuple[str, ...] = ()) -> ReadableMail:
        """The mail made ready to be shown; a stub that says why where that cannot be done."""
        seconds = _cpu_seconds(len(raw))
        try:
            answer = await self._run(ReadJob(raw, authserv_ids, seconds), seconds, _URGENT)
        except _Lost:
            return _readable_stub(raw, "it took too long or broke the reader")
        if isinstance(answer, Read):
            return answer.mail
        return _readable_stub(raw, _reason(answer))

    async def index(self, mails: Sequence[bytes]) -> list[IndexedMail]:
        """What the store keeps of each mail, in order; a mail that breaks a limit is a stub."""
        done = await asyncio.gather(*(self._index_chunk(chunk) for chunk in _chunks(mails)))
        return [mail for chunk in done for mail in chunk]

    async def part(self, raw: bytes, part: str) -> tuple[Attachment, bytes]:
        """One attachment and its decoded octets. Raises MailError when there is no such part."""
        seconds = _cpu_seconds(len(raw))
        try:
            answer = await self._run(PartJob(raw, part, seconds), seconds, _URGENT)
        except _Lost:
            raise MailError("The attachment could not be taken out of its mail.") from None
        if isinstance(answer, PartFound):
            return answer.attachment, answer.data
        if isinstance(answer, Failed) and answer.reason == "MailError":
            raise MailError("The mail has no such attachment.")
        raise MailError(f"The attachment could not be taken out: {_reason(answer)}.")

    async def close(self) -> None:
        """End the children. Calls that wait are cancelled; later calls raise MailError."""
        self._closed = True
        for _, _, waiter in self._waiting:
            waiter.cancel()
        self._waiting.clear()
        await asyncio.gather(*(child.stop() for child in self._all))

    async def _index_chunk(self, raws: list[bytes]) -> list[IndexedMail]:
        seconds = _cpu_seconds(sum(map(len, raws)), len(raws))
        reason = "it took too long or broke the reader"
        packing = asyncio.create_task(asyncio.to_thread(_packed, raws))
        try:
            answer = await self._run(IndexJob(raws, seconds), seconds, _LATER)
            if isinstance(answer, Indexed) and len(answer.mails) == len(raws):
                packed = await packing
                pairs = zip(answer.mails, packed, strict=True)
                return [replace(mail, compressed=data) for mail, data in pairs]
            reason = _reason(answer)
        except _Lost:
            pass
        finally:
            packing.cancel()
        if len(raws) > 1:
            half = len(raws) // 2
            return await self._index_chunk(raws[:half]) + await self._index_chunk(raws[half:])
        from tui_mail.mime.indexing import stub

        return [await asyncio.to_thread(stub, raws[0], reason)]

    async def _run(self, job: Job, cpu_seconds: float, urgency: int) -> Answer:
        child = await self._take(urgency)
        try:
            return await child.ask(job, cpu_seconds)
        finally:
            self._give_back(child)

    async def _take(self, urgency: int) -> _Child:
        if self._closed:
            raise MailError("The mail reader is closed.")
        if self._free:
            return self._free.pop()
        waiter: asyncio.Future[_Child] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._order), waiter))
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._give_back(waiter.result())
            raise

    def _give_back(self, child: _Child) -> None:
        while self._waiting:
            _, _, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                waiter.set_result(child)
                return
        self._free.append(child)


def _chunks(mails: Sequence[bytes]) -> list[list[bytes]]:
    chunks: list[list[bytes]] = []
    octets = 0
    for raw in mails:
        if not chunks or len(chunks[-1]) >= CHUNK_MAILS or octets + len(raw) > CHUNK_OCTETS:
            chunks.append([])
            octets = 0
        chunks[-1].append(raw)
        octets += len(raw)
    return chunks


def _cpu_seconds(octets: int, mails: int = 1) -> float:
    """Processor time for a job: two seconds, and a little more for many or large mails."""
    return CPU_SECONDS + 0.1 * (mails - 1) + octets / (1 << 20) * _PER_MIB


def _packed(raws: list[bytes]) -> list[bytes]:
    """The mails as the store keeps them; here, so that no mail goes back through the pipe."""
    from tui_mail.mime.indexing import compressed

    return [compressed(raw) for raw in raws]


def _reason(answer: Answer) -> str:
    return f"the reader failed ({answer.reason})" if isinstance(answer, Failed) else "no answer"


def _readable_stub(raw: bytes, problem: str) -> ReadableMail:
    from tui_mail.mime.stubs import readable_stub

    return readable_stub(raw, problem)


async def _start() -> asyncio.subprocess.Process:
    """Start a child with nothing of ours but its pipes: no secrets in its environment (SEC-31)."""
    root = str(Path(__file__).resolve().parents[2])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-B",
        "-m",
        "tui_mail.mime.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd="/",
        env={
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONPATH": root,
        },
        close_fds=True,
        start_new_session=True,
        limit=1 << 20,
    )
    _widen(process)
    return process


def _widen(process: asyncio.subprocess.Process) -> None:
    """Let the pipe to the child hold a MiB where the system can: fewer turns for a job."""
    import fcntl

    resize = getattr(fcntl, "F_SETPIPE_SZ", None)
    if resize is None or process.stdin is None:
        return
    try:
        fcntl.fcntl(process.stdin.get_extra_info("pipe").fileno(), resize, 1 << 20)
    except OSError:
        return
