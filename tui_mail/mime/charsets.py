"""Bytes to text under a fixed list of codecs (SEC-13).

A mail names its charset; the name is looked up in our own table and never given to Python's codec
search, which would also offer zlib, rot13, idna and utf-7. Decoding never raises.
"""

from __future__ import annotations

import re

_BY_NUMBER = {
    "iso8859": {
        **{str(n): f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
        "1": "cp1252",
        "9": "cp1254",
        "11": "cp874",
        "6i": "iso8859-6",
        "6e": "iso8859-6",
        "8i": "iso8859-8",
        "8e": "iso8859-8",
    },
    "windows": {str(n): f"cp{n}" for n in (874, *range(1250, 1259))},
    "cp": {
        str(n): f"cp{n}"
        for n in (
            *(437, 775, 850, 852, 855, 857, 858, *range(860, 867), 869, 874, 932, 949, 950, 1125),
            *range(1250, 1259),
        )
    },
    "ibm": {str(n): f"cp{n}" for n in (437, 775, 850, 852, 855, 857, 858, 862, 864, 866)},
}
_BY_NAME = {
    "ascii": "ascii",
    "usascii": "ascii",
    "ansix341968": "ascii",
    "iso646us": "ascii",
    "utf8": "utf-8",
    "unicode11utf8": "utf-8",
    "utf8mb4": "utf-8",
    "cp65001": "utf-8",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "ucs2": "utf-16",
    "utf32": "utf-32",
    "utf32le": "utf-32-le",
    "utf32be": "utf-32-be",
    "latin1": "cp1252",
    "l1": "cp1252",
    "latin2": "iso8859-2",
    "latin3": "iso8859-3",
    "latin4": "iso8859-4",
    "latin5": "cp1254",
    "latin6": "iso8859-10",
    "latin9": "iso8859-15",
    "latin15": "iso8859-15",
    "cyrillic": "iso8859-5",
    "arabic": "iso8859-6",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "koi8": "koi8-r",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "koi8ru": "koi8-u",
    "koi8t": "koi8-t",
    "kz1048": "kz1048",
    "ptcp154": "ptcp154",
    "tis620": "cp874",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "euccn": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "windows936": "gb18030",
    "gb18030": "gb18030",
    "chinese": "gb18030",
    "hz": "hz",
    "hzgb2312": "hz",
    "big5": "cp950",
    "cnbig5": "cp950",
    "csbig5": "cp950",
    "big5eten": "cp950",
    "big5hkscs": "big5hkscs",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "mskanji": "cp932",
    "windows31j": "cp932",
    "eucjp": "euc_jp",
    "ujis": "euc_jp",
    "iso2022jp": "iso2022_jp_ext",
    "iso2022jp1": "iso2022_jp_ext",
    "iso2022jp2": "iso2022_jp_2",
    "iso2022jp3": "iso2022_jp_3",
    "iso2022jp2004": "iso2022_jp_2004",
    "cp50220": "iso2022_jp_ext",
    "iso2022kr": "iso2022_kr",
    "euckr": "cp949",
    "ksc56011987": "cp949",
    "ksc5601": "cp949",
    "uhc": "cp949",
    "windows949": "cp949",
    "johab": "johab",
    "macintosh": "mac-roman",
    "macroman": "mac-roman",
    "mac": "mac-roman",
    "maccyrillic": "mac-cyrillic",
    "maccentraleurope": "mac-latin2",
    "macce": "mac-latin2",
    "macgreek": "mac-greek",
    "macturkish": "mac-turkish",
    "maciceland": "mac-iceland",
    "viscii": "cp1258",
}
_NOISE = re.compile(r"[^a-z0-9]+")
_FAMILY = re.compile(r"(iso8859|windows|cp|ibm)([0-9]{1,5}[ie]?)$")
_GUESS_BYTES = 4096
_GUESS_MIN = 24
"""Fewer high bytes than this say too little about a charset; cp1252 is the better bet."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def codec_for(charset: str) -> str | None:
    """The Python codec for a charset's name, or None when the name is not on the list."""
    name = _NOISE.sub("", charset[:60].lower())
    if name.startswith("x") and name[1:] in _BY_NAME:
        name = name[1:]
    known = _BY_NAME.get(name)
    if known is not None:
        return known
    family = _FAMILY.match(name[2:] if name.startswith("cs") else name)
    return _BY_NUMBER[family[1]].get(family[2]) if family else None


def decode_text(data: bytes, charset: str = "") -> str:
    """Decode with the declared charset, else UTF-8, else a guess, else cp1252. Never raises."""
    codec = codec_for(charset) if charset else None
    if codec in (None, "ascii", "utf-8"):
        try:
            return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")
        except UnicodeDecodeError:
            return _decode_guessed(data, declared_utf8=codec == "utf-8")
    assert codec is not None
    try:
        return without_surrogates(data.decode(codec, "replace"))
    except (UnicodeError, LookupError, ValueError):
        return data.decode("latin-1")


def decode_header_bytes(data: bytes, charset: str = "") -> str:
    """Decode raw 8-bit header octets: UTF-8, then the charset of the body, then a guess."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        codec = codec_for(charset) if charset else None
        if codec in (None, "ascii", "utf-8"):
            return _decode_guessed(data)
        return decode_text(data, charset)


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which neither the database nor a terminal can take."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def _decode_guessed(data: bytes, *, declared_utf8: bool = False) -> str:
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    high = sum(1 for byte in data[:_GUESS_BYTES] if byte > 0x7F)
    if declared_utf8 or bad * 20 <= high or (bad <= 1 < high and bad * 4 <= high):
        return text
    codec = _guess(data[:_GUESS_BYTES]) if high >= _GUESS_MIN else "cp1252"
    try:
        return without_surrogates(data.decode(codec, "replace"))
    except (UnicodeError, LookupError, ValueError):
        return data.decode("latin-1")


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    try:
        best = from_bytes(sample).best()
    except Exception:
        return "cp1252"
    codec = codec_for(best.encoding) if best is not None else None
    return codec or "cp1252"
