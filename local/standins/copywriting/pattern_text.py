"""A short text that a regular expression matches, for `pattern` in schemas."""

from __future__ import annotations

import re
from random import Random
from re import _constants as sre  # the parser's own names: there is no public way to read a pattern
from re import _parser as parser
from typing import Any

_USUAL = ("#3A4B5C", "F1", "hero", "ko", "0", "가나다")
_MAX_REPEAT = 3
_CLASSES = {
    sre.CATEGORY_DIGIT: "0",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_NOT_WORD: "-",
    sre.CATEGORY_NOT_SPACE: "a",
}
_PRINTABLE = [chr(code) for code in (*range(97, 123), *range(48, 58), *range(32, 127))]


def matching(pattern: str, candidates: list[str], rng: Random) -> str:
    """The first candidate the pattern matches, else a text made from it; empty if the pattern is beyond us."""
    try:
        compiled = re.compile(pattern)
        made = _text(parser.parse(pattern), rng)
    except (re.error, RecursionError, OverflowError):
        return ""
    for text in (*candidates, *_USUAL, made):
        if compiled.search(text):
            return text
    return made


def _text(nodes: Any, rng: Random) -> str:
    return "".join(_piece(op, argument, rng) for op, argument in nodes)


def _piece(op: Any, argument: Any, rng: Random) -> str:
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.NOT_LITERAL:
        return next(each for each in _PRINTABLE if each != chr(argument))
    if op is sre.ANY:
        return "a"
    if op is sre.IN:
        return _member(argument)
    if op is sre.BRANCH:
        return _text(argument[1][rng.randrange(len(argument[1]))], rng)
    if op is sre.SUBPATTERN:
        return _text(argument[3], rng)
    if op in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        low, high, inner = argument
        count = low or min(1, int(high))
        return "".join(_text(inner, rng) for _ in range(max(count, min(low, _MAX_REPEAT))))
    return ""


def _member(options: Any) -> str:
    if options[0][0] is sre.NEGATE:
        return next((each for each in _PRINTABLE if not _in_set(each, options[1:])), "a")
    op, argument = options[0]
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.RANGE:
        return chr(argument[0])
    return _CLASSES.get(argument, "a")


def _in_set(character: str, options: Any) -> bool:
    for op, argument in options:
        if op is sre.LITERAL and ord(character) == argument:
            return True
        if op is sre.RANGE and argument[0] <= ord(character) <= argument[1]:
            return True
        if op is sre.CATEGORY and _in_category(character, argument):
            return True
    return False


def _in_category(character: str, category: Any) -> bool:
    patterns = {
        sre.CATEGORY_DIGIT: r"\d",
        sre.CATEGORY_WORD: r"\w",
        sre.CATEGORY_SPACE: r"\s",
        sre.CATEGORY_NOT_DIGIT: r"\D",
        sre.CATEGORY_NOT_WORD: r"\W",
        sre.CATEGORY_NOT_SPACE: r"\S",
    }
    return re.fullmatch(patterns.get(category, r"\w"), character) is not None
