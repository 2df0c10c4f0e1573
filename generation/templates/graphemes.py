"""Where text may be cut: never inside what a reader sees as one character.

The rules of UAX #29 (extended grapheme clusters) that matter for Korean and emoji: conjoining jamo, combining
marks, variation selectors, zero-width joiners, skin tones and flags.
"""

from __future__ import annotations

import unicodedata

_ZWJ = 0x200D
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_LEADING = range(0x1100, 0x1160)
_VOWELS = range(0x1160, 0x11A8)
_TRAILING = range(0x11A8, 0x1200)
_SYLLABLES = range(0xAC00, 0xD7A4)
_SYLLABLES_PER_VOWEL = 28


def boundary(text: str, limit: int) -> int:
    """The last place at or before `limit` where `text` may be cut; 0 if its first cluster is longer than that."""
    if limit >= len(text):
        return len(text)
    while limit > 0 and _joined(text, limit):
        limit -= 1
    return max(limit, 0)


def _joined(text: str, at: int) -> bool:
    """Whether the characters around index `at` belong together."""
    before, after = ord(text[at - 1]), ord(text[at])
    if unicodedata.category(text[at]) in {"Mn", "Me", "Mc"} or after == _ZWJ:
        return True
    if after in _SKIN_TONES or after in _TAGS or before == _ZWJ or (before == 0x0D and after == 0x0A):  # noqa: PLR2004  CR LF
        return True
    if before in _REGIONAL and after in _REGIONAL:
        return _flags_before(text, at) % 2 == 1
    return _jamo_joined(before, after)


def _flags_before(text: str, at: int) -> int:
    start = at
    while start > 0 and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return at - start


def _jamo_joined(before: int, after: int) -> bool:
    open_syllable = before in _SYLLABLES and (before - 0xAC00) % _SYLLABLES_PER_VOWEL == 0
    if before in _LEADING:
        return after in _LEADING or after in _VOWELS or after in _SYLLABLES
    if before in _VOWELS or open_syllable:
        return after in _VOWELS or after in _TRAILING
    return (before in _TRAILING or before in _SYLLABLES) and after in _TRAILING
