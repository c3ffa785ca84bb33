"""SEARCH: keys compiled to tests over entries (RFC 3501 §6.4.4, RFC 4731, RFC 7162)."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from functools import partial
from typing import TYPE_CHECKING

from tui_mail.demo.gmail_account import clean_label
from tui_mail.demo.imap_parts import Part
from tui_mail.demo.imap_session import Command
from tui_mail.demo.imap_wire import NumberSet, compress
from tui_mail.demo.mailboxes import Entry, Mail
from tui_mail.errors import ProtocolError, RefusedError

if TYPE_CHECKING:
    from tui_mail.demo.imap_session import Session
    from tui_mail.demo.imap_view import View
    from tui_mail.demo.imap_wire import Args

Test = Callable[[Entry], bool]

_DATE = re.compile(rb'"?(\d{1,2})-([A-Za-z]{3})-(\d{4})"?')
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
_SET_START = re.compile(rb"[\d*]")
_FLAG_KEYS = {
    "SEEN": "\\Seen",
    "ANSWERED": "\\Answered",
    "FLAGGED": "\\Flagged",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
}
_HEADER_KEYS = {"FROM", "TO", "CC", "BCC", "SUBJECT"}
_DATE_KEYS = {"SINCE", "BEFORE", "ON", "SENTSINCE", "SENTBEFORE", "SENTON"}


class Keys:
    """The compiler of search keys for one session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.view: View = session.selected
        self.uses_modseq = False

    def read_all(self, args: Args) -> Test:
        """Read keys to the end or the closing parenthesis; all must hold."""
        tests = [self._read(args)]
        while args.skip(b" "):
            tests.append(self._read(args))
        return tests[0] if len(tests) == 1 else lambda e: all(test(e) for test in tests)

    def _read(self, args: Args) -> Test:
        if args.skip(b"("):
            inner = self.read_all(args)
            args.expect(b")")
            return inner
        if _SET_START.match(args.data, args.pos):
            return self._numbers(args.set(), by_uid=False)
        key = args.word()
        if key in ("ALL", "OLD"):
            return lambda e: True
        if key in ("NEW", "RECENT"):
            return lambda e: False
        if key in _FLAG_KEYS:
            return _has(_FLAG_KEYS[key])
        if key.startswith("UN") and key[2:] in _FLAG_KEYS:
            return _has_not(_FLAG_KEYS[key[2:]])
        args.space()
        return self._with_argument(key, args)

    def _with_argument(self, key: str, args: Args) -> Test:
        if key == "NOT":
            inner = self._read(args)
            return lambda e: not inner(e)
        if key == "OR":
            left = self._read(args)
            args.space()
            right = self._read(args)
            return lambda e: left(e) or right(e)
        if key == "UID":
            return self._numbers(args.set(), by_uid=True)
        if key in ("KEYWORD", "UNKEYWORD"):
            return (_has if key == "KEYWORD" else _has_not)(args.flag())
        if key in _DATE_KEYS:
            return _dated(key, _read_date(args))
        if key in ("LARGER", "SMALLER"):
            size, sign = args.number(), 1 if key == "LARGER" else -1
            return lambda e: (len(e.mail.raw) - size) * sign > 0
        if key == "MODSEQ" and self.session.has("CONDSTORE"):
            if args.is_string():
                args.string()
                args.space()
                args.word()
                args.space()
            self.uses_modseq = self.session.condstore = True
            modseq = args.number()
            return lambda e: e.modseq >= modseq
        if key.startswith("X-GM-"):
            return self._gmail(key, args)
        return _textual(key, args)

    def _gmail(self, key: str, args: Args) -> Test:
        if self.session.gmail is None:
            raise ProtocolError("Unknown search key")
        if key == "X-GM-LABELS":
            label = clean_label(args.label())
            return lambda e: label in e.mail.labels
        if key == "X-GM-RAW":
            return _text_test(args.astring(), body=True, header=True)
        number = args.number()
        if key == "X-GM-MSGID":
            return lambda e: e.mail.msgid == number
        if key == "X-GM-THRID":
            return lambda e: e.mail.thrid == number
        raise ProtocolError("Unknown search key")

    def _numbers(self, numbers: NumberSet, *, by_uid: bool) -> Test:
        found = {entry.uid for _, entry in self.view.entries(numbers, by_uid=by_uid)}
        return lambda e: e.uid in found


def _has(flag: str) -> Test:
    return lambda e: flag in e.mail.flags


def _has_not(flag: str) -> Test:
    return lambda e: flag not in e.mail.flags


def _read_date(args: Args) -> date:
    match = _DATE.fullmatch(args.take(_DATE, "a date"))
    try:
        assert match is not None
        return date(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
    except ValueError as error:
        raise ProtocolError("Invalid date") from error


def _dated(key: str, day: date) -> Test:
    sent = key.startswith("SENT")

    def when(entry: Entry) -> date:
        return _sent_date(entry.mail) if sent else entry.mail.internal_date.date()

    if key.endswith("SINCE"):
        return lambda e: when(e) >= day
    if key.endswith("BEFORE"):
        return lambda e: when(e) < day
    return lambda e: when(e) == day


def _sent_date(mail: Mail) -> date:
    from email.utils import parsedate_to_datetime

    value = dict(mail.fields()).get(b"date", b"").decode("latin-1")
    try:
        return parsedate_to_datetime(value).date()
    except ValueError:
        return datetime.fromtimestamp(0, UTC).date()


def _textual(key: str, args: Args) -> Test:
    if key in _HEADER_KEYS:
        return _header_test(key.lower().encode(), args.astring())
    if key == "HEADER":
        name = args.astring().lower()
        args.space()
        return _header_test(name, args.astring())
    if key in ("TEXT", "BODY"):
        return _text_test(args.astring(), body=True, header=key == "TEXT")
    raise ProtocolError("Unknown search key")


def _header_test(name: bytes, wanted: bytes) -> Test:
    text = wanted.decode("utf-8", "replace").casefold()

    def test(entry: Entry) -> bool:
        return any(
            text in decoded(value).casefold() for key, value in entry.mail.fields() if key == name
        )

    return test


def _text_test(wanted: bytes, *, body: bool, header: bool) -> Test:
    text = wanted.decode("utf-8", "replace").casefold()

    def test(entry: Entry) -> bool:
        mail = entry.mail
        if header and any(text in decoded(value).casefold() for _, value in mail.fields()):
            return True
        return body and any(text in part.casefold() for part in _texts(mail.tree))

    return test


def decoded(value: bytes) -> str:
    """A header value with its encoded words read."""
    text = value.decode("utf-8", "replace")
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def _texts(part: Part) -> list[str]:
    if part.parts:
        return [text for child in part.parts for text in _texts(child)]
    if part.message is not None:
        return _texts(part.message)
    if part.kind != b"TEXT":
        return []
    data = part.body_bytes
    encoding = (part.get(b"content-transfer-encoding") or b"").lower()
    if encoding == b"base64":
        try:
            data = base64.b64decode(data)
        except binascii.Error:
            return []
    elif encoding == b"quoted-printable":
        data = quopri.decodestring(data)
    charset = dict(part.params).get(b"CHARSET", b"utf-8").decode("latin-1")
    try:
        return [data.decode(charset, "replace")]
    except LookupError:
        return [data.decode("utf-8", "replace")]


async def search(session: Session, args: Args, *, by_uid: bool) -> bytes:
    """SEARCH and UID SEARCH; with RETURN where ESEARCH is on."""
    returned: list[str] | None = None
    if session.has("ESEARCH") and args.skip(b"RETURN "):
        returned = args.words() or ["ALL"]
        args.space()
    if args.skip(b"CHARSET "):
        charset = args.astring().upper()
        if charset not in (b"UTF-8", b"US-ASCII"):
            raise RefusedError("Unknown charset", code="BADCHARSET (UTF-8 US-ASCII)")
        args.space()
    keys = Keys(session)
    test = keys.read_all(args)
    args.end()
    view = session.selected
    here = view.mailbox.entries
    found: list[int] = []
    top = 0
    for number, uid in enumerate(view.uids, 1):
        entry = here.get(uid)
        if entry is not None and test(entry):
            found.append(uid if by_uid else number)
            top = max(top, entry.modseq)
    modseq = top if keys.uses_modseq and found else 0
    if returned is None:
        line = b"* SEARCH" + b"".join(b" %d" % number for number in found)
        session.send(line + (b" (MODSEQ %d)" % modseq if modseq else b""))
    else:
        session.send(_esearch(session.tag, returned, found, by_uid=by_uid, modseq=modseq))
    return b"Search completed"


def _esearch(
    tag: bytes, returned: list[str], found: list[int], *, by_uid: bool, modseq: int
) -> bytes:
    line = b'* ESEARCH (TAG "%s")' % tag + (b" UID" if by_uid else b"")
    if found and "MIN" in returned:
        line += b" MIN %d" % found[0]
    if found and "MAX" in returned:
        line += b" MAX %d" % found[-1]
    if found and "ALL" in returned:
        line += b" ALL " + compress(found)
    if "COUNT" in returned:
        line += b" COUNT %d" % len(found)
    if modseq:
        line += b" MODSEQ %d" % modseq
    return line


COMMANDS = {
    "SEARCH": Command(partial(search, by_uid=False), "selected", expunges=False),
    "UID SEARCH": Command(partial(search, by_uid=True), "selected"),
}
