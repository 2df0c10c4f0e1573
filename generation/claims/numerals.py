"""Numbers as Korean writes them: 15,900 / 1만 5,900 / 1만5천9백 / 이십사 / 스물네."""

from __future__ import annotations

import re
from decimal import Decimal

# At most 15 figures: longer runs are codes, and no arithmetic on them can overflow.
NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,15}(?![0-9]))(?:\.[0-9]{1,9})?"
# Not where the syllable begins another word: 만족, 천연, 백색.
_MYRIADS = r"(?:십(?!자)|백(?!색|미|일)|천(?!연|장|일)|만(?!족|점|능)|억(?!제))"
WRITTEN = rf"{NUMBER}(?:{_MYRIADS}+(?:\s?{NUMBER}{_MYRIADS}*)*)?"

_DIGITS = {digit: Decimal(value) for value, digit in enumerate("일이삼사오육칠팔구", start=1)}
_WITHIN = {"십": Decimal(10), "백": Decimal(100), "천": Decimal(1000)}
_BEYOND = {"만": Decimal(10**4), "억": Decimal(10**8), "조": Decimal(10**12)}
_PIECE = re.compile(rf"{NUMBER}|[일이삼사오육칠팔구십백천만억조]")

# A spelled number says at least two syllables (이십, 십오); 만 오천 may open a price.
SINO = (
    r"[이삼사오육칠팔구][십백천만억][일이삼사오육칠팔구십백천만억]*(?:(?<=[만억])\s[이삼사오육칠팔구천백십]+)?|십[일이삼사오육칠팔구]"
    r"|만\s?[이삼사오육칠팔구]천[이삼사오육칠팔구백]*"
)

_TENS = {
    "열": 10,
    "스물": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_ONES = {
    "한": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
NATIVE = rf"(?:{'|'.join(_TENS)})(?:{'|'.join(_ONES)})?|스무|{'|'.join(_ONES)}"


def value_of(written: str) -> Decimal:
    """The value of a number in figures, in Sino-Korean words, or in both: `1만 5천9백` is 15900."""
    total = section = Decimal(0)
    current: Decimal | None = None
    for piece in _PIECE.findall(written):
        if piece in _WITHIN:
            section += (Decimal(1) if current is None else current) * _WITHIN[piece]
            current = None
        elif piece in _BEYOND:
            total += (section + (current or 0) or Decimal(1)) * _BEYOND[piece]
            section, current = Decimal(0), None
        else:
            current = _DIGITS.get(piece) or Decimal(piece.replace(",", ""))
    return total + section + (current or 0)


def native_value(word: str) -> Decimal:
    """The value of a native numeral before a counter: `두` is 2, `스물네` 24."""
    if word == "스무":
        return Decimal(20)
    tens = next((tens for tens in _TENS if word.startswith(tens)), "")
    return Decimal(_TENS.get(tens, 0) + _ONES.get(word.removeprefix(tens), 0))
