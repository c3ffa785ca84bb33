"""The IMAP session: everything the program ever asks a server, as blocking calls of one thread.

Only `wake` and `abort` may be called from another thread. Folder names are the server's own octets
(`wire_name`). Errors: AuthError, RefusedError (NO or BAD), TransportError and its kinds, and
ActionError for what may not be sent at all.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator

from tui_mail.errors import ActionError, RefusedError, TransportError, TuiMailError
from tui_mail.imap import changing
from tui_mail.imap.capabilities import Quirks
from tui_mail.imap.connection import Connection, ImapSettings
from tui_mail.imap.fetching import Fetcher
from tui_mail.imap.folders import list_folders, select, status, wire_name
from tui_mail.imap.idle import idle
from tui_mail.imap.link import Link
from tui_mail.imap.listening import listen
from tui_mail.imap.searching import search
from tui_mail.imap.signin import connect, introduce, sign_in
from tui_mail.imap.uidset import LAST, UidSet
from tui_mail.imap.values import (
    AppendResult,
    BodyItem,
    FlagChange,
    FolderStatus,
    HeaderItem,
    Heard,
    IdleResult,
    ListResult,
    MoveResult,
    Selected,
    StoreResult,
)
from tui_mail.imap.wire import Piece, astring, date_time, section

__all__ = ["ImapSession", "ImapSettings"]


class ImapSession:
    """One connection to one server, signed in as one user."""

    def __init__(
        self,
        settings: ImapSettings,
        secret: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._secret = secret
        self._clock = clock
        self._link: Link | None = None
        self._aborted = False
        self._connected: Connection | None = None
        self._fetcher: Fetcher | None = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self.greeting = ""
        """Safe text; empty when it came before encryption (SEC-22)."""
        self.server_id: dict[str, str] = {}
        self.enabled: frozenset[str] = frozenset()
        """What ENABLE switched on, confirmed by the server."""
        self.selections = 0
        """How often a folder was selected: another number, another look at a folder."""

    # -- life --------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect, encrypt, sign in, exchange ID and enable CONDSTORE and QRESYNC.

        Raises TlsError, AuthError, ThrottledError or TransportError; the socket is then closed.
        """
        connection, client, self.greeting = connect(
            self.settings, self._link_made, clock=self._clock
        )
        try:
            sign_in(connection, client, self._secret)
            self.server_id, self.enabled = introduce(connection, self.greeting)
        except BaseException:
            connection.close()
            raise
        self._connected = connection
        self._fetcher = Fetcher(connection)

    def _link_made(self, link: Link) -> None:
        self._link = link
        if self._aborted:
            link.close()
            raise TransportError("The connection was ended.")

    @property
    def _connection(self) -> Connection:
        if self._connected is None:
            raise TransportError("There is no connection.")
        return self._connected

    @property
    def _fetch(self) -> Fetcher:
        if self._fetcher is None:
            raise TransportError("There is no connection.")
        return self._fetcher

    @property
    def connected(self) -> bool:
        """Tell whether commands can be sent."""
        return self._connected is not None and not self._connected.link.closed

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server announced after sign-in, in capitals."""
        return self._connected.capabilities if self._connected else frozenset()

    def has(self, name: str) -> bool:
        """Tell whether the server offers a capability, and quirks do not forbid it."""
        forbidden = {
            "QRESYNC": self.quirks.no_qresync,
            "CONDSTORE": self.quirks.no_condstore,
            "LIST-EXTENDED": self.quirks.no_list_extended,
            "ESEARCH": self.quirks.no_esearch,
            "IDLE": self.quirks.no_idle,
            "MOVE": self.quirks.no_move,
        }
        name = name.upper()
        return name in self.capabilities and not forbidden.get(name, False)

    @property
    def quirks(self) -> Quirks:
        """What is done differently with this server."""
        return self._connected.quirks if self._connected else Quirks()

    @property
    def tls_description(self) -> str:
        """Protocol and cipher, empty without encryption."""
        return self._link.tls_description if self._link else ""

    def close(self) -> None:
        """Say LOGOUT, wait two seconds at most, and close. Never raises."""
        connection = self._connected
        if connection is not None and not connection.link.closed:
            with contextlib.suppress(TuiMailError):
                connection.farewells()
        if self._link is not None:
            self._link.close()
        self._wake_read.close()
        self._wake_write.close()

    def abort(self) -> None:
        """End everything from another thread: the running call raises TransportError at once."""
        self._aborted = True
        if self._link is not None:
            self._link.abort()
        self.wake()

    def wake(self) -> None:
        """End a running or the next `idle` early. May be called from another thread."""
        with contextlib.suppress(OSError):
            self._wake_write.send(b"w")

    # -- folders -----------------------------------------------------------------------------

    def list_folders(self) -> ListResult:
        """List all folders, with SPECIAL-USE and STATUS in the same answer where offered."""
        return list_folders(self._connection, self.has)

    def status(self, name: bytes) -> FolderStatus:
        """Ask the counters of a folder that is not selected."""
        return status(self._connection, name, self.has)

    def select(self, name: bytes, *, qresync: tuple[int, int] | None = None) -> Selected:
        """Select a folder; with `(uidvalidity, modseq)` also learn what changed since (RFC 7162).

        Without QRESYNC enabled the pair is not sent and `Selected.qresync` is False.
        """
        self.selections += 1
        with self._connection.strict():
            return select(self._connection, self._fetch, name, self.enabled, self.has, qresync)

    def unselect(self) -> None:
        """Leave the folder without removing anything. Does nothing where UNSELECT is missing."""
        if self.has("UNSELECT"):
            self._connection.run_noted(b"UNSELECT")

    def create(self, name: bytes) -> None:
        """Create a folder."""
        self._connection.run_noted(b"CREATE", astring(name))

    def rename(self, name: bytes, new_name: bytes) -> None:
        """Rename a folder."""
        self._connection.run_noted(b"RENAME", astring(name), astring(new_name))

    def delete(self, name: bytes) -> None:
        """Delete a folder and what is in it."""
        if name.upper() == b"INBOX":
            raise ActionError("The inbox cannot be deleted.")
        self._connection.run_noted(b"DELETE", astring(name))

    def subscribe(self, name: bytes) -> None:
        """Subscribe to a folder."""
        self._connection.run_noted(b"SUBSCRIBE", astring(name))

    @staticmethod
    def wire_name(name: str) -> bytes:
        """Encode a folder name a person typed (RFC 3501 §5.1.3). Raises ActionError."""
        return wire_name(name)

    # -- reading -----------------------------------------------------------------------------

    def fetch_headers(
        self, uids: UidSet | range, fields: tuple[str, ...], *, gmail: bool = False
    ) -> Iterator[HeaderItem]:
        """Yield flags, date, size and the named header fields of messages, as they come.

        The generator must be read to its end or the connection is closed. Messages that came back
        incomplete are left out (SYN-3).
        """
        return self._fetch.headers(
            _as_set(uids),
            fields,
            gmail=gmail and self.has("X-GM-EXT-1"),
            email_id=self.has("OBJECTID"),
            modseq=self._condstore,
        )

    @property
    def _condstore(self) -> bool:
        return bool(self.enabled & {"CONDSTORE", "QRESYNC"}) or self.has("CONDSTORE")

    def flag_batches(
        self,
        uids: UidSet | range,
        *,
        changed_since: int | None = None,
        vanished: list[tuple[int, int]] | None = None,
    ) -> Iterator[list[FlagChange]]:
        """Yield flags as they come, for folders too large for one list; see `fetch_flags`."""
        if changed_since is not None and not self._condstore:
            raise ActionError("The server keeps no mod-sequences.")
        if vanished is not None and (changed_since is None or "QRESYNC" not in self.enabled):
            raise ActionError("The server does not tell which messages are gone.")
        return self._fetch.flag_batches(_as_set(uids), changed_since, vanished)

    def fetch_flags(
        self, uids: UidSet | range, *, changed_since: int | None = None, vanished: bool = False
    ) -> tuple[list[FlagChange], UidSet]:
        """Fetch flags, of all of `uids` or of those changed since a mod-sequence.

        With `vanished` (QRESYNC only) also the UIDs gone since then. Ranges are never expanded.
        """
        gone: list[tuple[int, int]] | None = [] if vanished else None
        changes: list[FlagChange] = []
        for batch in self.flag_batches(uids, changed_since=changed_since, vanished=gone):
            changes += batch
        return changes, UidSet.joined(gone or ())

    def fetch_bodies(self, uids: UidSet | range) -> Iterator[BodyItem]:
        """Yield whole messages without marking them seen; at most 100 MiB each."""
        return self._fetch.bodies(_as_set(uids))

    def fetch_chunk(self, uid: int, offset: int, length: int) -> bytes:
        """Fetch octets of a message; fewer than `length` at its end, none after it.

        Raises RefusedError with code `NONEXISTENT` when the server gives nothing at all.
        """
        if not (1 <= uid <= LAST and 0 <= offset < 1 << 32 and 0 < length <= 1 << 26):
            raise ActionError("That part of the message cannot be asked for.")
        return self._found(self._fetch.section(uid, b"", (offset, length)))

    def fetch_part(self, uid: int, part: str) -> bytes:
        """Fetch one part by its number, still in its transfer encoding."""
        return self._found(self._fetch.section(uid, section(part), None))

    @staticmethod
    def _found(octets: bytes | None) -> bytes:
        if octets is None:
            raise RefusedError("The message is not on the server.", code="NONEXISTENT")
        return octets

    def _search(self, criteria: list[Piece]) -> UidSet:
        with self._connection.strict():
            return search(self._connection, criteria, self.has)

    def search_all(self) -> UidSet:
        """All UIDs of the selected folder."""
        return self._search([b"ALL"])

    def search_since(self, moment: int) -> UidSet:
        """UIDs that arrived on the day of `moment` (UTC seconds) or later, by INTERNALDATE.

        One day more is asked for, because the server's day may begin elsewhere.
        """
        day = date_time(max(86_400, moment) - 86_400)[1:12].strip()
        return self._search([b"SINCE", day])

    def search_thread(self, thread: int) -> UidSet:
        """UIDs of one of Gmail's conversations (X-GM-THRID)."""
        return self._search([b"X-GM-THRID", b"%d" % thread])

    def search_deleted(self) -> UidSet:
        """UIDs marked as deleted."""
        return self._search([b"DELETED"])

    def search_header(self, name: str, value: str, since_uid: int = 1) -> UidSet:
        """UIDs from `since_uid` on whose header field contains `value`.

        A substring match of the server's making: compare the fetched field. Raises ActionError for
        control characters in the value.
        """
        window = UidSet.span(since_uid)
        criteria: list[Piece] = [b"HEADER", astring(name), astring(value)]
        if since_uid > 1:
            criteria = [b"UID", window.wire(), *criteria]
        if not value.isascii():
            criteria = [b"CHARSET", b"UTF-8", *criteria]
        return self._search(criteria).intersection(window)

    # -- changing ----------------------------------------------------------------------------

    def store_flags(
        self,
        uids: UidSet | range,
        *,
        add: Iterable[str | bytes] = (),
        remove: Iterable[str | bytes] = (),
        unchanged_since: int | None = None,
    ) -> StoreResult:
        """Add and remove flags; never replaces a flag list.

        With `unchanged_since` messages changed later are left alone and returned as `modified`.
        """
        if unchanged_since is not None and not self._condstore:
            raise ActionError("The server keeps no mod-sequences.")
        with self._connection.strict():
            return changing.store_flags(
                self._connection, _as_set(uids), add, remove, unchanged_since
            )

    def store_labels(
        self, uids: UidSet | range, *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Add and remove Gmail labels."""
        if not self.has("X-GM-EXT-1"):
            raise ActionError("The server has no labels.")
        changing.store_labels(self._connection, _as_set(uids), add, remove)

    def copy(self, uids: UidSet | range, target: bytes) -> MoveResult:
        """Copy messages to another folder."""
        return self._transfer(b"UID COPY ", _as_set(uids), target, "copy")

    def move(self, uids: UidSet | range, target: bytes) -> MoveResult:
        """Move messages to another folder.

        Without MOVE: copy, then remove exactly those the server says it copied (UIDPLUS). Raises
        ActionError where the server has neither.
        """
        wanted = _as_set(uids)
        if self.has("MOVE"):
            return self._transfer(b"UID MOVE ", wanted, target, "move")
        if not self.has("UIDPLUS"):
            raise ActionError("The server has no safe way to move messages.")
        copied = self.copy(wanted, target)
        there = UidSet.of(copied.copyuid)
        if there:
            self.store_flags(there, add=[b"\\Deleted"])
            self.uid_expunge(there)
        return MoveResult(copied.copyuid, copied.uidvalidity, "copy+expunge")

    def _transfer(self, verb: bytes, uids: UidSet, target: bytes, via: str) -> MoveResult:
        with self._connection.strict():
            return changing.transfer(self._connection, verb, uids, target, via)

    def uid_expunge(self, uids: UidSet | range) -> None:
        """Remove exactly these messages, if they are marked as deleted (RFC 4315 §2.1)."""
        if not self.has("UIDPLUS"):
            raise ActionError("The server cannot remove single messages.")
        changing.uid_expunge(self._connection, _as_set(uids))

    def append(
        self, name: bytes, raw: bytes, flag_names: Iterable[str | bytes], internal_date: int
    ) -> AppendResult:
        """Store a message in a folder, octet by octet as given (L13).

        `internal_date` in UTC seconds. Raises RefusedError with code `TOOBIG` above the server's
        APPENDLIMIT, without sending it.
        """
        return changing.append(self._connection, name, raw, flag_names, internal_date)

    # -- notices -----------------------------------------------------------------------------

    def noop(self) -> bool:
        """Let the server speak; tells whether the selected folder changed."""
        self._connection.run_noted(b"NOOP")
        return self.drain_notices()

    def listen(self) -> Heard:
        """Let the server speak, and read what it says of the selected folder."""
        with self._connection.strict():
            return listen(self._connection, self._fetch)

    def drain_notices(self) -> bool:
        """Tell whether the selected folder changed since last asked, without a round trip."""
        self._connection.drain()
        dirty, self._connection.dirty = self._connection.dirty, False
        return dirty

    def idle(self, timeout: float, wake: socket.socket | None = None) -> IdleResult:
        """Wait for a change at most `timeout` seconds; `wake()` or a readable `wake` ends it.

        Where IDLE is missing it waits the whole time and then asks with NOOP.
        """
        wakers = [self._wake_read] if wake is None else [self._wake_read, wake]
        if self.has("IDLE"):
            result = idle(self._connection, timeout, *wakers)
        else:
            reason = self._connection.link.wait(timeout, *wakers)
            dirty = self.noop()
            result = IdleResult(dirty, "changed" if dirty or reason == "data" else reason)
        with contextlib.suppress(OSError):
            while self._wake_read.recv(1024):
                pass
        return result


def _as_set(uids: UidSet | range) -> UidSet:
    if isinstance(uids, UidSet):
        return uids
    return UidSet.of(uids) if uids.step != 1 else UidSet.span(uids.start, uids.stop - 1)
