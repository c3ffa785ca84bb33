"""Small real files for the demo's mails: PDF, PNG, CSV and calendar objects."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256


def pdf(lines: tuple[str, ...]) -> bytes:
    """A PDF of one A4 page with those lines, the first one as its title."""
    shown = [
        f"BT /F1 {18 if i == 0 else 11} Tf 60 {770 - 30 * i} Td ({_pdf_text(line)}) Tj ET"
        for i, line in enumerate(lines or ("Document",))
    ]
    content = "\n".join(shown).encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n" % (len(objects) + 1)
    return bytes(out) + b"%d\n%%%%EOF\n" % start


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def png(name: str, width: int = 96, height: int = 64) -> bytes:
    """A PNG whose colours come from its name."""
    red, green, blue = sha256(name.encode()).digest()[:3]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(((red + x) % 256, (green + 2 * y) % 256, (blue + x + y) % 256))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def csv(rows: tuple[str, ...]) -> bytes:
    """A CSV file of rows whose cells are separated by semicolons, in UTF-8 with a mark."""
    return "\ufeff".encode() + "".join(f"{row}\r\n" for row in rows).encode()


def invitation(
    *,
    uid: str,
    summary: str,
    start: datetime,
    minutes: int,
    place: str,
    organizer: tuple[str, str],
    attendees: list[tuple[str, str]],
    stamp: datetime,
) -> bytes:
    """A calendar object with METHOD:REQUEST (RFC 5546); people are pairs of name and address."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kestrel Health//Calendar//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(start)}",
        f"DTEND:{_utc(start + timedelta(minutes=minutes))}",
        f"SUMMARY:{_ics_text(summary)}",
        f"LOCATION:{_ics_text(place)}",
        f'ORGANIZER;CN="{organizer[0]}":mailto:{organizer[1]}',
        *(
            f'ATTENDEE;CN="{name}";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{address}'
            for name, address in attendees
        ),
        "STATUS:CONFIRMED",
        "SEQUENCE:0",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_ics_fold(line) + b"\r\n" for line in lines)


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _ics_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")


def _ics_fold(line: str) -> bytes:
    out, rest = b"", line
    while len(rest.encode()) > 74:
        cut = 74
        while len(rest[:cut].encode()) > 74:
            cut -= 1
        out += rest[:cut].encode() + b"\r\n "
        rest = rest[cut:]
    return out + rest.encode()
