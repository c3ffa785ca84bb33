"""A mailbox to measure with: deterministic mails of the sizes and kinds people get.

Of a hundred mails 45 are plain notes (0.4 to 6 KiB), 37 newsletters with HTML (5 to 60 KiB), 10
replies with long quotes, 6 carry a small file and 2 a large one (up to 3 MiB). Words follow Zipf's
law over a vocabulary of 20,000. `Letters.mail(n)` always gives the same octets.
"""

from __future__ import annotations

import base64
import os
import quopri
import random
from email.utils import formatdate
from itertools import accumulate
from pathlib import Path

EVERYWHERE = "northlight"
"""A word in every mail."""
TENTH = "ledgerline"
"""A word in every tenth mail."""
RARE = "quillsworth"
"""A word in every thousandth mail."""

_START = 1_640_000_000
_STEP = 2_400
_ENDINGS = (
    "an",
    "el",
    "is",
    "or",
    "um",
    "ta",
    "ve",
    "sin",
    "dor",
    "mal",
    "ket",
    "ruf",
    "nos",
    "pli",
)
_BEGINNINGS = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
)
_NAMES = (
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Emre",
    "Fumiko",
    "Grete",
    "Hugo",
    "Ines",
    "Jonas",
    "Nils",
)
_SURNAMES = ("Abel", "Bergström", "Costa", "Dvořák", "Eder", "Fontaine", "Gruber", "Hansen", "Ito")
_FOREIGN = ("Änderung am Vertrag", "Réunion déplacée", "Счёт на оплату", "会議のご案内", "Zażółć")


def _vocabulary(chance: random.Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < 20_000:
        parts = [chance.choice(_BEGINNINGS)]
        parts += chance.choices(_ENDINGS, k=chance.randint(1, 4))
        words["".join(parts)] = None
    return list(words)


class Letters:
    """Writes mails by number; `small` gives plain notes of 300 to 1,500 octets only."""

    def __init__(self, *, small: bool = False, seed: int = 7) -> None:
        self._small = small
        self._seed = seed
        chance = random.Random(seed)
        self.words = _vocabulary(chance)
        self._weights = list(accumulate(1 / (rank + 6) for rank in range(len(self.words))))
        self._people = [
            (
                f"{chance.choice(_NAMES)} {chance.choice(_SURNAMES)}",
                f"person{n}@{chance.choice(('fjord', 'harbor', 'meadow'))}.example",
            )
            for n in range(900)
        ]

    def prose(self, chance: random.Random, octets: int) -> str:
        """Lines of about 70 characters, `octets` long altogether."""
        words = chance.choices(self.words, cum_weights=self._weights, k=max(4, octets // 7))
        return "\n".join(" ".join(words[i : i + 10]) for i in range(0, len(words), 10))

    def subject(self, number: int) -> str:
        """The subject of the conversation that starts with this mail."""
        chance = random.Random(self._seed * 1_000_003 + number)
        if chance.random() < 0.12:
            return f"{chance.choice(_FOREIGN)} {number}"
        words = chance.choices(self.words, cum_weights=self._weights, k=chance.randint(2, 7))
        return f"{' '.join(words).capitalize()} {number}"

    def ancestors(self, number: int) -> list[int]:
        """The mails this one answers, oldest first."""
        chain: list[int] = []
        while len(chain) < 10:
            chance = random.Random(self._seed * 7_000_003 + number)
            if number == 0 or chance.random() > 0.4:
                break
            number = max(0, number - 1 - int(chance.expovariate(1 / 50)))
            chain.append(number)
        return chain[::-1]

    def when(self, number: int) -> int:
        """UTC seconds of a mail."""
        return _START + number * _STEP

    def mail(self, number: int) -> bytes:
        """One mail with LF line ends, as a Maildir keeps it."""
        chance = random.Random(self._seed * 31_000_003 + number)
        roll = 0.0 if self._small else chance.random()
        chain = [] if 0.45 <= roll < 0.82 else self.ancestors(number)
        head = self._head(chance, number, chain)
        note = f"\n{EVERYWHERE}" + (f" {TENTH}" if number % 10 == 4 else "")
        note += f" {RARE}\n" if number % 1000 == 250 else "\n"
        if roll < 0.45:
            octets = chance.randint(300, 1500) if self._small else int(400 * 15 ** chance.random())
            return _plain(chance, head, self.prose(chance, octets) + note)
        if roll < 0.82:
            return self._newsletter(chance, head, note)
        if roll < 0.92:
            quoted = self.prose(chance, chance.randint(1500, 9000)).replace("\n", "\n> ")
            text = f"{self.prose(chance, 600)}{note}\nOn Monday someone wrote:\n> {quoted}\n"
            return _plain(chance, head, text)
        octets = int(10_000 * 9 ** chance.random())
        if roll >= 0.98:
            octets = int(100_000 * 30 ** chance.random())
        return self._with_file(chance, head, self.prose(chance, 1500) + note, octets)

    def _head(self, chance: random.Random, number: int, chain: list[int]) -> list[str]:
        sender = chance.choice(self._people)
        date = formatdate(self.when(number))
        subject = self.subject(chain[0] if chain else number)
        others = chance.choices(self._people, k=chance.choice((0, 0, 0, 1, 3)))
        lines = [
            f"Received: from mx.example (mx.example [192.0.2.{chance.randint(1, 250)}])\n"
            f"\tby in.example with ESMTPS id {chance.getrandbits(40):X}; {date}",
            f"DKIM-Signature: v=1; a=rsa-sha256; d=example; s=a;\n\tb={_octets(chance, 192)}",
            f"From: {_address(sender)}",
            "To: Mira Holm <mira@northwind.example>"
            + "".join(f",\n\t{_address(person)}" for person in others),
            f"Subject: {_encoded(('Re: ' if chain else '') + subject)}",
            f"Date: {date}",
            f"Message-ID: <{number}.{self._seed}@letters.example>",
        ]
        if chain:
            ids = [f"<{n}.{self._seed}@letters.example>" for n in chain]
            lines += [f"In-Reply-To: {ids[-1]}", "References: " + "\n\t".join(ids)]
        return [*lines, "MIME-Version: 1.0"]

    def _newsletter(self, chance: random.Random, head: list[str], note: str) -> bytes:
        plain = self.prose(chance, chance.randint(600, 4000)) + note
        size = int(5_000 * 12 ** chance.random())
        rows = ["<html><head><style>.c{padding:8px;color:#333}</style></head><body><table>"]
        while size > 0:
            mark = chance.getrandbits(80)
            rows.append(
                f'<tr><td class="c" style="font-size:14px"><a href="https://click.example/{mark:x}">'
                f'<img src="https://img.example/{mark:x}.png" width="560" alt=""></a>'
                f"<p>{self.prose(chance, 300)} &nbsp;&middot; {mark % 97}&euro;</p></td></tr>"
            )
            size -= 560
        rows.append('</table><a href="https://news.example/out">Unsubscribe</a></body></html>')
        mark = f"=_part_{chance.getrandbits(60):x}"
        head = [
            *head,
            f"List-Id: News <news{chance.randint(1, 40)}.example>",
            "List-Unsubscribe: <https://news.example/out>",
            f'Content-Type: multipart/alternative; boundary="{mark}"',
        ]
        first = _plain(chance, [], plain).decode("latin-1")
        second = quopri.encodestring("\n".join(rows).encode()).decode("ascii")
        return (
            "\n".join(head) + f"\n\n--{mark}\n{first}\n--{mark}\n"
            "Content-Type: text/html; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n\n"
            f"{second}\n--{mark}--\n"
        ).encode("latin-1")

    def _with_file(self, chance: random.Random, head: list[str], text: str, octets: int) -> bytes:
        mark = f"=_part_{chance.getrandbits(60):x}"
        name = chance.choice(("offer.pdf", "photo.jpg", "plan.xlsx", "contract.docx"))
        first = _plain(chance, [], text).decode("latin-1")
        data = base64.encodebytes(chance.randbytes(octets)).decode("ascii")
        return (
            "\n".join([*head, f'Content-Type: multipart/mixed; boundary="{mark}"'])
            + f"\n\n--{mark}\n{first}\n--{mark}\nContent-Type: application/octet-stream\n"
            f'Content-Disposition: attachment; filename="{name}"\n'
            f"Content-Transfer-Encoding: base64\n\n{data}--{mark}--\n"
        ).encode("latin-1")


def _octets(chance: random.Random, count: int) -> str:
    return base64.b64encode(chance.randbytes(count)).decode("ascii").replace("\n", "")


def _encoded(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode('ascii')}?="


def _address(person: tuple[str, str]) -> str:
    return f"{_encoded(person[0])} <{person[1]}>"


def _plain(chance: random.Random, head: list[str], text: str) -> bytes:
    """A text part, in one of the encodings mail comes in."""
    encoding = chance.choices(("7bit", "quoted-printable", "base64"), weights=(6, 3, 1))[0]
    octets = text.encode()
    if encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    elif encoding == "base64":
        octets = base64.encodebytes(octets)
    lines = [
        *head,
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Transfer-Encoding: {encoding}",
    ]
    return "\n".join(lines).encode("latin-1") + b"\n\n" + octets


def write_maildir(
    folder: Path, letters: Letters, numbers: range, owner: tuple[int, int] | None = None
) -> int:
    """Put mails into a Maildir as another client left them; returns their octets."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    total = 0
    for number in numbers:
        raw = letters.mail(number)
        chance = random.Random(number)
        flags = ("F" if chance.random() < 0.03 else "") + ("S" if chance.random() < 0.9 else "")
        when = letters.when(number)
        path = folder / "cur" / f"{when}.M{number:07d}.bench,S={len(raw)}:2,{flags}"
        path.write_bytes(raw)
        os.utime(path, (when, when))
        if owner is not None:
            os.chown(path, *owner)
        total += len(raw)
    if owner is not None:
        for path in (folder.parent, folder, *folder.iterdir()):
            if path.is_dir():
                os.chown(path, *owner)
    return total
