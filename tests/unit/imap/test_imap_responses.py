"""Responses of real servers are read; broken and hostile ones are skipped or refused."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.errors import ProtocolError
from tui_mail.imap.capabilities import parse_capabilities, quirks_for
from tui_mail.imap.connection import Connection
from tui_mail.imap.fetching import Fetcher
from tui_mail.imap.folders import decode_utf7
from tui_mail.imap.reader import Malformed, Response, read_response, tokens
from tui_mail.imap.responses import (
    DateReader,
    FlagReader,
    fetch_items,
    item_flags,
    item_modseq,
    list_response,
    status_line,
    status_response,
)
from tui_mail.imap.roles import with_roles
from tui_mail.imap.values import ListedFolder
from tui_mail.model.messages import Flag

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "imap-transcripts"


def _read_all(octets: bytes) -> list[Response]:
    file = io.BytesIO(octets)

    def read(size: int) -> bytes:
        data = file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def readline(limit: int) -> bytes:
        line = file.readline(limit)
        if not line:
            raise EOFError
        return line

    responses = []
    while file.tell() < len(octets):
        try:
            responses.append(read_response(readline, read))
        except EOFError:
            break
    return responses


def _parse_everything(parts: Response) -> str:
    """Run every parser a response can meet; only `Malformed` may come out."""
    readers: dict[bytes, Callable[[Response], object]] = {
        b"LIST": lambda p: list_response(p, decode_utf7),
        b"STATUS": status_response,
    }
    words = parts[0].split(None, 3) if parts[0].startswith(b"* ") else []
    try:
        if len(words) > 2 and words[2].upper() == b"FETCH":
            items = fetch_items(parts)
            assert items is not None
            item_flags(items, FlagReader())
            item_modseq(items)
            return "fetch"
        if len(words) > 1 and words[1].upper() in readers:
            readers[words[1].upper()](parts)
            return words[1].decode().lower()
        status_line(parts[0].partition(b" ")[2])
    except Malformed:
        return "malformed"
    return "other"


def test_transcripts_of_real_servers_are_read_without_a_broken_line() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus of IMAP transcripts is not beside the repository")
    total: Counter[str] = Counter()
    for path in sorted(CORPUS.rglob("*.txt")):
        # Literals were counted with CRLF in some files and with LF in others.
        stored = path.read_bytes()
        readings = [
            Counter(_parse_everything(parts) for parts in _read_all(octets))
            for octets in (stored, stored.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        ]
        total += min(readings, key=lambda kinds: (kinds["malformed"], -kinds.total()))
    assert total["fetch"] > 200
    assert total["list"] > 50
    assert total["status"] > 5
    # In one file the literal is longer than it says.
    assert total["malformed"] <= 1


@given(st.binary(max_size=300))
def test_random_octets_never_raise_anything_else(octets: bytes) -> None:
    try:
        responses = _read_all(octets)
    except ProtocolError:
        return
    for parts in responses:
        _parse_everything(parts)
        with_prefix = [b"* 1 FETCH (" + parts[0], *parts[1:]]
        _parse_everything(with_prefix)
        _parse_everything([b"* LIST (" + parts[0], *parts[1:]])


@pytest.mark.parametrize(
    ("octets", "parts"),
    [
        (b"* OK hi\r\n", [b"* OK hi"]),
        (b"* OK hi\n", [b"* OK hi"]),
        (b"\0\0* OK hi\r\n", [b"* OK hi"]),
        (b"\r\n* OK hi\r\n", [b"* OK hi"]),
        (b"* A {3}\r\na\r\n B\r\n", [b"* A ", b"a\r\n", b" B"]),
        (b"* A ~{2}\r\n\0\0)\r\n", [b"* A ", b"\0\0", b")"]),
        (b"* A {0}\r\n\r\n", [b"* A ", b"", b""]),
        (b"* A {x}\r\n", [b"* A {x}"]),
    ],
)
def test_lines_and_literals_are_put_together(octets: bytes, parts: list[bytes]) -> None:
    assert _read_all(octets) == [parts]


@pytest.mark.parametrize("size", [b"900000000000", b"99999999999999999999", b"1048577"])
def test_a_literal_over_the_cap_is_refused_before_it_is_read(size: bytes) -> None:
    with pytest.raises(ProtocolError):
        _read_all(b"* 1 FETCH (BODY[] {" + size + b"}\r\n")


def test_a_server_that_sends_empty_lines_only_is_refused() -> None:
    with pytest.raises(ProtocolError):
        _read_all(b"\r\n" * 1000)


@pytest.mark.parametrize(
    "text", [b"(" * 100, b"a (b", b"a) b", b'a "b', b"BODY[HEADER.FIELDS (A", b'"a\\"']
)
def test_unbalanced_text_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        tokens([text])


@pytest.mark.parametrize("unit", [b"[", b"(", b")", b'"', b"\\", b"BODY[", b"{", b'"\\', b"a ]"])
def test_parsing_time_grows_no_faster_than_the_line(unit: bytes) -> None:
    def seconds(size: int) -> float:
        line = unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            started = time.perf_counter()
            try:
                tokens([line])
            except Malformed:
                pass
            best = min(best, time.perf_counter() - started)
        return best

    assert seconds(1 << 18) < 1.0


@pytest.mark.parametrize(
    ("line", "name", "delimiter"),
    [
        ([b'* LIST (\\HasNoChildren) "/" INBOX'], b"INBOX", "/"),
        ([b'* list () "/" inbox'], b"INBOX", "/"),
        ([b"* LIST () NIL a"], b"a", None),
        ([b'* LIST () "." NIL'], b"NIL", "."),
        ([b'* LIST () "" a'], b"a", None),
        ([b'* LIST () "\\\\" "a\\"b"'], b'a"b', "\\"),
        ([b'* LIST () "/" ', b"a b", b""], b"a b", "/"),
        ([b'* LIST () "/" [Gmail]/Sent ("X" ("y"))'], b"[Gmail]/Sent", "/"),
    ],
)
def test_list_lines(line: Response, name: bytes, delimiter: str | None) -> None:
    folder = list_response(line, decode_utf7)
    assert (folder.wire_name, folder.delimiter) == (name, delimiter)


@pytest.mark.parametrize(
    "line",
    [
        [b'* LIST () "/" ', b"a\r\nX1 DELETE INBOX", b""],
        [b'* LIST () "/" "a\x1b]52;c;x\x07"'],
        [b'* LIST () "/"'],
        [b'* LIST "/" a'],
        [b"* LIST () / (a)"],
    ],
)
def test_odd_list_lines_are_malformed(line: Response) -> None:
    with pytest.raises(Malformed):
        list_response(line, decode_utf7)


def test_undecodable_folder_names_keep_their_wire_name() -> None:
    folder = list_response([b'* LIST () "/" "&AB"'], decode_utf7)
    assert folder.wire_name == b"&AB"
    assert folder.name


@pytest.mark.parametrize(
    ("octets", "bits", "keywords"),
    [
        (b"", 0, ()),
        (b"\\Seen \\FLAGGED \\recent", Flag.SEEN | Flag.FLAGGED, ()),
        (b"$Forwarded $junk NotJunk", Flag.FORWARDED | Flag.JUNK, ("NotJunk",)),
        (b"b a \\X-Odd a", 0, ("\\X-Odd", "a", "b")),
        (b"bad{3} bad* x\x1by ok", 0, ("ok",)),
    ],
)
def test_flags_are_read(octets: bytes, bits: int, keywords: tuple[str, ...]) -> None:
    assert FlagReader().read(octets) == (int(bits), keywords)


@pytest.mark.parametrize(
    ("octets", "seconds"),
    [
        (b"14-Nov-2023 22:13:20 +0000", 1_700_000_000),
        (b"14-Nov-2023 23:13:20 +0100", 1_700_000_000),
        (b"14-nov-2023 17:13:20 -0500", 1_700_000_000),
        (b" 1-Jan-1970 00:00:01 +0000", 1),
        (b"1-Jan-1970 00:00:01 +0000", 1),
        (b"31-Foo-2023 00:00:00 +0000", 0),
        (b"32-Jan-2023 00:00:00 +0000", 0),
        (b"garbage", 0),
        (b"", 0),
    ],
)
def test_internal_dates_become_utc_seconds(octets: bytes, seconds: int) -> None:
    reader = DateReader()
    assert reader.read(octets) == seconds or (seconds == 0 and b"32" in octets)
    assert reader.read(octets) == reader.read(octets)


@pytest.mark.parametrize(
    ("line", "uid"),
    [
        ([b"* 9 FETCH (FLAGS (\\Seen) UID 7)"], b"7"),
        ([b"* 9 fetch (flags () uid 7)"], b"7"),
        ([b"* 9 FETCH ((UID 7 FLAGS ()))"], b"7"),
        ([b"* 9 FETCH (BODY[HEADER.FIELDS (FROM)] ", b"From: a)", b" UID 7)"], b"7"),
        ([b"* 9 FETCH (BODY[]<0> ", b"x", b" UID 7)"], b"7"),
        ([b"* 9 FETCH (FLAGS ([odd \\Seen) UID 7)"], b"7"),
    ],
)
def test_fetch_items_come_in_any_order(line: Response, uid: bytes) -> None:
    items = fetch_items(line)
    assert items is not None
    assert items[b"UID"] == uid


def test_negative_counters_count_as_zero() -> None:
    name, status = status_response([b"* STATUS a (MESSAGES -1 UIDNEXT 5 UIDVALIDITY 2)"])
    assert (name, status.messages, status.uidnext, status.uidvalidity) == (b"a", 0, 5, 2)


@pytest.mark.parametrize(
    ("octets", "word", "code", "text"),
    [
        (b"OK [UIDNEXT 5] x", b"OK", b"UIDNEXT", b"x"),
        (b"no [alreadyexists] x y", b"NO", b"ALREADYEXISTS", b"x y"),
        (b"OK", b"OK", b"", b""),
        (b"OK [", b"OK", b"", b"["),
        (b"BYE", b"BYE", b"", b""),
    ],
)
def test_status_lines(octets: bytes, word: bytes, code: bytes, text: bytes) -> None:
    line = status_line(octets)
    assert line is not None
    assert (line.word, line.code, line.text) == (word, code, text)


def _folder(name: str, *attributes: str) -> ListedFolder:
    return ListedFolder(name.encode(), name, "/", frozenset(attributes))


def test_roles_come_from_the_server_before_names() -> None:
    folders = with_roles(
        [
            _folder("INBOX"),
            _folder("Sent"),
            _folder("Gesendete Objekte", "\\sent"),
            _folder("Entwürfe"),
            _folder("Projects/Trash"),
            _folder("INBOX/Papierkorb"),
            _folder("Spam", "\\noselect"),
        ]
    )
    assert {f.name: f.role for f in folders if f.role} == {
        "INBOX": "inbox",
        "Gesendete Objekte": "sent",
        "Entwürfe": "drafts",
        "INBOX/Papierkorb": "trash",
    }
    assert [f.name for f in folders if f.role_guessed] == ["Entwürfe", "INBOX/Papierkorb"]


@pytest.mark.parametrize(
    ("host", "greeting", "capability", "server_id", "name"),
    [
        ("imap.gmail.com", "", b"", {}, "gmail"),
        ("mail.example", "", b"X-GM-EXT-1", {}, "gmail"),
        ("imap.163.com", "", b"", {}, "netease"),
        ("p99-imap.mail.me.com", "", b"", {"name": "iCloud IMAP"}, "icloud"),
        ("x.example", "The Microsoft Exchange IMAP4 service is ready", b"", {}, "exchange"),
        ("imap.mail.yahoo.com", "", b"", {}, "yahoo"),
    ],
)
def test_servers_are_known_by_host_greeting_capability_or_id(
    host: str, greeting: str, capability: bytes, server_id: dict[str, str], name: str
) -> None:
    assert name in quirks_for(host, greeting, parse_capabilities(capability), server_id).names


def test_a_host_that_only_ends_like_a_known_one_has_no_quirks() -> None:
    assert quirks_for("evilimap.gmail.com.example", "", frozenset(), {}).names == ()
    assert quirks_for("notimap.163.com", "", frozenset(), {}).names == ()


FLAG_LINES = [
    b"* 1 FETCH (UID 7 FLAGS (\\Seen $Label1) MODSEQ (12))",
    b"* 1 FETCH (UID 7 MODSEQ (12) FLAGS (\\Flagged))",
    b"* 1 FETCH (FLAGS () UID 7)",
    b"* 1 FETCH (FLAGS (\\Seen))",
    b"* 1 FETCH (UID 7 MODSEQ (12))",
    b"* 1 FETCH (UID 0 FLAGS (\\Seen))",
    b"* 1 FETCH (UID 4294967295 FLAGS (\\Seen))",
    b"* 1 FETCH (UID 99999999999 FLAGS (\\Seen))",
    b"* 1 FETCH (UID 7 FLAGS (\\Seen) MODSEQ (9223372036854775808))",
    b"* 1 FETCH (UID 7 FLAGS (\\Seen) RFC822.SIZE 9)",
    b"* 1 FETCH (UID 7 FLAGS (\\Seen (x)))",
    b"* 1 FETCH (UID 7 FLAGS (\\Seen)",
    b"* 1 FETCH (UID 7 FLAGS (\\Seen)) x",
    b"* 1 FETCH ()",
]


@pytest.mark.parametrize("line", FLAG_LINES)
def test_a_usual_line_of_flags_is_read_as_any_other_would_be(line: bytes) -> None:
    """Written small it is not the usual shape and goes through the general parser."""
    fetcher = Fetcher(cast(Connection, None))
    small = line.replace(b"FETCH", b"fetch")
    assert fetcher.flag_change([line]) == fetcher.flag_change([small])
