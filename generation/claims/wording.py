"""Finding the words of claim_words.py in the copy, and the facts that say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from generation.claims.evidence import Evidence
from generation.claims.rule import Rule
from generation.claims.words import RULES

# 완벽하지 않아도, 최고는 아니지만: only particles and endings between the word and its negation.
_DENIED = re.compile(
    r"(?:하|할|한|히|이|가|은|는|을|를|도|라고|란|지|진|적인|적으로|\s?것|\s?수|\s?건|\s?말){0,5}\s?(?:아니|아닌|아닙|아님|않|없)"
)
# In a fact also: 인증 없음, 특허 미보유, 임상 시험을 거치지 않은, 친환경 인증 여부: X
_DENIED_IN_FACT = re.compile(
    r"(?:\s?(?:인증|시험|테스트|검사|마크|제품|유무|여부|번호|정보|대상|사항|획득|취득|보유|등록|출원|받|거치|하|지|이|가"
    r"|은|는|을|를|도|:|\()){0,7}\s?(?:아니|아닌|아닙|아님|않|없|미보유|미인증|미해당|미취득|불가|비대상|해당\s?없|[Xx](?![0-9A-Za-z]))"
)
_QUESTION = re.compile(r"[^.!?\n]{0,80}?(?:\?|나요|까요|가요|은지요|는지요)")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=512)
def _filled(backing: str, *parts: str) -> re.Pattern[str]:
    return re.compile(backing.format(*parts))


def claims_in(text: str) -> Iterator[tuple[Rule, re.Match[str]]]:
    """The claims in words of a normalised text, denied ones left out.

    Questions ask rather than state, where a rule says so (`in_questions`).
    """
    folded = text.casefold()
    for rule in RULES:
        if not any(word in folded for word in rule.words):
            continue
        for found in _compiled(rule.pattern).finditer(text):
            denied = _DENIED_IN_FACT if rule.code == "certification" else _DENIED
            if denied.match(text, found.end()):
                continue
            if rule.in_questions or not _QUESTION.match(text, found.end()):
                yield rule, found


def is_backed(rule: Rule, found: re.Match[str], evidence: Evidence) -> bool:
    """Whether a fact says what the match claims, and does not deny it."""
    told = evidence.proven + evidence.opinions if rule.code == "review" else evidence.proven
    if rule.backing is None:
        return _key(found) in _stated(rule.pattern, told)
    groups = [re.escape(group or "") for group in found.groups()]
    backing = _filled(rule.backing, re.escape(found[0]), *groups)
    return any(
        not _DENIED_IN_FACT.match(text, said.end()) for text in told for said in backing.finditer(text)
    )


@lru_cache(maxsize=1024)
def _stated(pattern: str, said: Sequence[str]) -> frozenset[frozenset[str]]:
    return frozenset(
        _key(found)
        for text in said
        for found in _compiled(pattern).finditer(text)
        if not _DENIED_IN_FACT.match(text, found.end())
    )


def _key(found: re.Match[str]) -> frozenset[str]:
    """What makes two matches say the same: their groups, or all of the words where a pattern has none."""
    parts = [group for group in found.groups() if group] or [found[0]]
    return frozenset(re.sub(r"\s+", "", part).casefold() for part in parts)
