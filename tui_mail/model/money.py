"""Amounts of money: whole numbers of the currency's smallest unit (ISO 4217)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}


def minor_digits(currency: str) -> int:
    """Digits behind the point of a currency."""
    return _DIGITS.get(currency.upper(), 2)


def parse_amount(text: str, currency: str) -> int | None:
    """Minor units of `1,234.50`, `1.234,50`, `1 234`, `-5` with or without a sign of a currency.

    The last of two different separators is the decimal one; a single one followed by exactly
    three digits separates thousands. None when it is no amount. Empty is 0.
    """
    body = re.sub(r"[A-Za-z$€£¥\s\u00a0\u202f'’_]", "", text)
    if not body:
        return 0 if not text.strip() else None
    if not re.fullmatch(r"[-+]?[0-9.,]+", body):
        return None
    digits = minor_digits(currency)
    marks = [char for char in body if char in ".,"]
    if len(set(marks)) == 2:
        decimal = marks[-1]
        if marks.count(decimal) > 1:
            return None
        body = body.replace("," if decimal == "." else ".", "").replace(",", ".")
    elif marks:
        tail = re.split("[.,]", body)[-1]
        if len(marks) > 1 or (len(tail) == 3 and digits != 3):
            if any(len(group) != 3 for group in re.split("[.,]", body)[1:]):
                return None
            body = re.sub("[.,]", "", body)
        else:
            body = body.replace(",", ".")
    try:
        amount = Decimal(body) * 10**digits
    except InvalidOperation:
        return None
    return int(amount.to_integral_value()) if abs(amount) < 1 << 62 else None


def plain_amount(amount: int, currency: str) -> str:
    """`1234.50`: for export and for editing."""
    digits = minor_digits(currency)
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole, rest = divmod(amount, 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d}" if digits else f"{sign}{whole}"


def shown_amount(amount: int, currency: str) -> str:
    """`84,600 EUR`; digits behind the point only where there are any."""
    digits = minor_digits(currency)
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole, rest = divmod(amount, 10**digits)
    cents = f".{rest:0{digits}d}" if rest else ""
    return f"{sign}{whole:,}{cents} {currency}"
