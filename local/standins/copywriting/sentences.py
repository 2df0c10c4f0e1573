"""Korean sentences: stating a fact, fitting a limit, filling a phrase, softening the tone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from local.standins.copywriting.josa import final_of, with_particle

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SENTENCE = re.compile(r"(?:다|요|오|까)[.!?]?$")
_HANGUL = re.compile("[가-힣]")
_ASIDE = re.compile(r"\s*\([^()]*\)$")  # `유지했습니다(자체 시험)` ends in its verb
_FINISHED = re.compile(r"[다요죠오]$")
_DONE = re.compile(r"(?<=[가-힣\da-zA-Z] )(?:사용|충전|제작|가공|포장|배송|보관|생산|가능|적용|세척|세탁)$")
_PARTS = re.compile(r"[가-힣](?:과|와) [^ ]+(?: [^ ]+)?$")  # two things with no verb: `모터와 7엽 날개`
_CHOICE = re.compile(r"색상|색깔|컬러|사이즈|옵션|향$|맛$")
_NEEDED = re.compile(r"((?:불)?필요|가능|불가능)\s*(\(.*\))?")
_LONG_VALUE = 60
_ENDINGS = (
    (re.compile(r"하지 말 것$|금지할 것$"), "하지 말아 주세요"),
    (re.compile(r"지 말 것$"), "지 말아 주세요"),
    (re.compile(r"할 것$"), "해 주세요"),
    (re.compile(r"바르기$"), "발라 주세요"),
    (re.compile(r"곳$"), "곳에 두세요"),
    (re.compile(r"(?<=[가-힣] )(보관|세탁|손세탁|세척)$"), r"\1해 주세요"),
    (re.compile(r"따름$"), "따릅니다"),
    (re.compile(r"있음$"), "있습니다"),
    (re.compile(r"없음$"), "없습니다"),
    (re.compile(r"(해야|권장|금지) ?함$"), r"\1합니다"),
    (re.compile(r"됨$"), "됩니다"),
)
_SOFT = (
    ("있습니다", "있어요"),
    ("없습니다", "없어요"),
    ("좋습니다", "좋아요"),
    ("많습니다", "많아요"),
    ("같습니다", "같아요"),
    ("맞습니다", "맞아요"),
    ("않습니다", "않아요"),
    ("담았습니다", "담았어요"),
    ("쉽습니다", "쉬워요"),
    ("어렵습니다", "어려워요"),
    ("습니다", "어요"),
    ("합니다", "해요"),
    ("됩니다", "돼요"),
    ("드립니다", "드려요"),
)


def state(label: str, value: str) -> str:
    """One polite sentence saying that `label` is `value`, in the value's own words.

    `state("소재", "면 100%")` is `소재는 면 100%입니다.`; a value that is a sentence is left as it is.
    """
    value = value.strip().rstrip(".")
    if " " in value and _SENTENCE.search(value):
        return f"{value}."
    for ending, polite in _ENDINGS:
        if ending.search(value):
            return f"{ending.sub(polite, value)}."
    if needed := _NEEDED.fullmatch(value):
        return f"{with_particle(label, '이')} {needed.group(1)}합니다{needed.group(2) or ''}."
    if _CHOICE.search(label) and " / " in value:
        return f"{with_particle(label, '은')} {value.replace(' / ', ', ')} 중에서 고를 수 있습니다."
    if len(value) > _LONG_VALUE:
        return f"{with_particle(label, '은')} 다음과 같습니다. {value}."
    return f"{with_particle(label, '은')} {value}입니다."


def completed(sentence: str) -> str:
    """A sentence that ends in a noun, as sellers like to write, with its verb: `이중 진공 텀블러.` gets 입니다."""
    bare = sentence.strip().rstrip(".")
    if not _HANGUL.search(bare) or bare[-1] in "!?" or _FINISHED.search(_ASIDE.sub("", bare)):
        return sentence
    if _PARTS.search(bare):
        return f"{with_particle(bare, '을')} 갖추었습니다."
    return f"{bare}합니다." if _DONE.search(bare) else f"{bare}입니다."


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, each ending in its own mark."""
    marked = re.sub(r"([가-힣)\]][.!?])\s+", "\\1\n", text.strip())
    return [piece.strip() for piece in marked.split("\n") if piece.strip()]


def fit(text: str, limit: int | None) -> str:
    """The text within `limit` characters: whole sentences if possible, else whole words."""
    text = text.strip()
    if limit is None or len(text) <= limit:
        return text
    kept = ""
    for sentence in split_sentences(text):
        candidate = f"{kept} {sentence}".strip()
        if len(candidate) > limit:
            break
        kept = candidate
    if kept:
        return kept
    head = text[: limit + 1]
    cut = head.rsplit(" ", 1)[0] if " " in head else text[:limit]
    return cut[:limit].rstrip(" ,·:/-(")


@lru_cache(maxsize=8192)
def placeholders(phrase: str) -> frozenset[str]:
    """The names a phrase needs values for."""
    return frozenset(found.group(1) for found in _PLACEHOLDER.finditer(phrase))


def fill(phrase: str, values: Mapping[str, str]) -> str:
    """The phrase with each `{name}` replaced, and each `{name:은}` by the value and its particle.

    Raises:
        KeyError: a value is missing.
    """

    def replacement(found: re.Match[str]) -> str:
        name, pair = found.groups()
        return with_particle(values[name], pair) if pair else values[name]

    return _PLACEHOLDER.sub(replacement, phrase)


def soften(text: str) -> str:
    """The same text in the friendlier -어요 style, as far as its endings are known."""
    text = re.sub(r"(\S*)입니다", _soft_copula, text)
    for ending, soft in _SOFT:
        text = text.replace(ending, soft)
    return text


def _soft_copula(found: re.Match[str]) -> str:
    word = found.group(1)
    return f"{word}이에요" if final_of(word) else f"{word}예요"
