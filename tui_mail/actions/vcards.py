"""Reading and writing vCards 2.1, 3.0 and 4.0 (RFC 6350) for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tui_mail.model.records import Person, clean

_LIMIT = 200_000


def read_vcards(data: bytes) -> tuple[list[tuple[int, dict[str, Any]]], list[tuple[int, str]]]:
    """People of a file as (number of the card, values), and cards that cannot be read."""
    import vobject

    text = _text(data)
    found: list[tuple[int, dict[str, Any]]] = []
    bad: list[tuple[int, str]] = []
    cards = re.split(r"(?im)^BEGIN:VCARD[ \t]*\r?$", text)[1:]
    for number, body in enumerate(cards[:_LIMIT], start=1):
        try:
            card = vobject.readOne("BEGIN:VCARD\r\n" + body.lstrip("\r\n"), ignoreUnreadable=True)
            values = _values(card)
        except Exception as error:  # the library raises far more than it documents
            bad.append((number, f"The card cannot be read: {type(error).__name__}."))
            continue
        if values.get("name") or values.get("addresses"):
            found.append((number, values))
        else:
            bad.append((number, "The card has neither a name nor an address."))
    return found, bad


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _values(card: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    contents: dict[str, Sequence[Any]] = card.contents
    if "n" in contents:
        name = contents["n"][0].value
        values["first_name"] = _joined(getattr(name, "given", ""))
        values["last_name"] = _joined(getattr(name, "family", ""))
    full = _first(contents, "fn")
    parts = [values.get("first_name", ""), values.get("last_name", "")]
    values["name"] = full or " ".join(part for part in parts if part)
    addresses = [_address(line.value) for line in contents.get("email", ())]
    values["addresses"] = [address for address in addresses if "@" in address]
    values["phones"] = [
        re.sub("(?i)^tel:", "", _joined(line.value)) for line in contents.get("tel", ())
    ]
    values["organization"] = _first(contents, "org")
    values["job_title"] = _first(contents, "title")
    values["remote_id"] = _first(contents, "uid")
    values["note"] = [_joined(line.value) for line in contents.get("note", ())]
    return {key: value for key, value in values.items() if value}


def _first(contents: dict[str, Sequence[Any]], key: str) -> str:
    lines = contents.get(key, ())
    if not lines:
        return ""
    value = lines[0].value
    if isinstance(value, list) and key == "org":
        value = value[0] if value else ""
    return _joined(value)


def _joined(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return clean(" ".join(str(one) for one in value if one))
    return clean(str(value or ""))


def _address(value: Any) -> str:
    return re.sub("(?i)^mailto:", "", _joined(value)).strip()


def write_vcards(people: Sequence[Person]) -> str:
    """People as vCard 4.0."""
    lines: list[str] = []
    for person in people:
        lines += ["BEGIN:VCARD", "VERSION:4.0", f"FN:{_escaped(person.name)}"]
        names = ";".join([_escaped(person.last_name), _escaped(person.first_name), "", "", ""])
        lines.append(f"N:{names}")
        if person.organization:
            lines.append(f"ORG:{_escaped(person.organization)}")
        if person.job_title:
            lines.append(f"TITLE:{_escaped(person.job_title)}")
        lines += [f"EMAIL:{_escaped(address)}" for address, _ in person.addresses]
        lines += [f"TEL:{_escaped(number)}" for number, _ in person.phones]
        lines += [f"UID:{_escaped(person.remote_id)}"] if person.remote_id else []
        lines.append("END:VCARD")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _escaped(text: str) -> str:
    text = "".join(char if char >= " " or char == "\n" else " " for char in text)
    return re.sub(r"([\\,;])", r"\\\1", text).replace("\n", "\\n")


def _folded(line: str) -> list[str]:
    """Lines of at most 75 octets, never inside a character (RFC 6350 §3.2)."""
    out, current, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > 75:
            out.append(current)
            current, size = " ", 1
        current += char
        size += width
    return [*out, current]
