"""One way of claiming, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type WordCode = Literal[
    "effect", "superlative", "ranking", "certification", "endorsement", "guarantee", "offer", "review"
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of claiming.

    Attributes:
        words: casefolded; the pattern is tried only where one of them stands.
        pattern: its groups are what a fact must say too; without groups, all of the words.
        backing: a pattern for the facts instead: `{0}` is the match, `{1}` its first group.
        in_questions: a question with it claims as well; asking about a certificate does not.
    """

    code: WordCode
    words: tuple[str, ...]
    pattern: str
    backing: str | None = None
    in_questions: bool = True
