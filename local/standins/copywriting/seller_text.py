"""A seller's own text sorted into a product's fields: only words that stand in it, none of them changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABELS = (
    "크기|사이즈|치수|총장|가로|세로|높이|길이|지름|두께|폭|무게|중량|용량|내용량|"
    "소재|재질|원단|색상|색깔|컬러|색|원산지|산지|제조국|구성품|구성|"
    "소비기한|유통기한|사용기한|보관방법|보관 방법|보관법|보관|세탁방법|세탁 방법|세탁법|세탁|세척|"
    "사용법|사용 방법|사용방법|사용시간|사용 시간|배터리|충전 시간|충전|전원|소비전력|소음|밝기|제형|"
    "전성분|성분|원재료|향|맛|브랜드|모델명|인증번호|KC 인증번호|수량|품종|등급|사용연령|핏|주의사항"
)
_NAMED = r"상품명|제품명|품명|이름"
_PRICED = r"가격|판매가|판매 가격|할인가|금액|값"
_PACKED = r"포장재|포장 재질|포장"
_SORTED = r"카테고리|분류|종류"
_TAKEN = rf"{_LABELS}|{_NAMED}|{_PRICED}|{_PACKED}|{_SORTED}"
_COPULA = r"(?:이고요|이고|이며|입니다|이에요|이예요|예요|에요)"
#: `용량: 250ml` up to the line's end, the next such pair, or a sentence that follows
_PAIR = re.compile(
    rf"(?:^|(?<=[\s,/·•*\-]))(?P<name>{_TAKEN}|[가-힣A-Za-z][가-힣A-Za-z ]{{0,14}}?)\s*[:\uff1a]\s*"
    rf"(?P<value>(?!//)\S.*?)\s*"
    rf"(?=$|[,/]?\s+(?:{_TAKEN})\s*[:\uff1a]|(?<=[가-힣a-z%)])[.]\s)"
)
#: `크기는 50 x 50cm이고`, `소재는 린넨 100%입니다`
_CLAUSE = re.compile(
    rf"(?:^|(?<=[\s,]))(?P<name>{_TAKEN})(?:은|는|이|가)\s+(?P<value>(?:[^.!?]|(?<=\d)\.(?=\d)){{1,60}}?)"
    rf"(?:{_COPULA}(?=[\s.,!]|$)|고(?<=[\da-zA-Z%)]고)(?=\s)|,(?=\s+(?:{_TAKEN})(?:은|는|이|가)\s))[\s,.!]*"
)
_SALE = re.compile(
    r"\s*(?:을|를)?\s*(?:새로|직접|저렴하게|싸게)?\s*"
    r"(?:팝니다|팔아요|팔고 있\S*|판매합니다|판매해요|판매 ?중\S*|판매하고 있\S*|판매하려고\S*|"
    r"소개합니다|소개해요|내놓습니다)"
)
_IS = re.compile(r"(?<=[가-힣\w)])(?:입니다|이에요|이예요|예요)(?=[\s.!]|$)")
_GREETING = re.compile(r"^\s*(?:안녕하세요|안녕하십니까|반갑습니다)[^.!?\n]*[.!?~]*\s*")
_SUBJECT = re.compile(
    r"^(?:(?:저희|우리|이번에|이|본|제가)\s+)*(?:(?:상품|제품|것|가게)(?:은|는|에서는?)\s+)?"
)
_WON = re.compile(
    r"(?:₩\s*)?(?<![\d.,])(?P<man>\d{1,4}\s*만\s*)?(?P<rest>\d[\d,]{0,14})?\s?(?P<thousand>천)?\s?원"
)
_NOT_THE_PRICE = re.compile(r"배송|택배|정가|쿠폰|적립|이상|원가|할인 ?금액|보증금")
_ATTRIBUTE = re.compile(rf"(?:^|[\s,])(?:{_TAKEN})(?:은|는|이|가)\s")
_FINISHED = re.compile(r"[다요죠음함됨]$")
_SENTENCES = re.compile(r"(?<=[^\d\s][.!?]) |(?<=\d[.!?]) (?=[가-힣])")
_BULLETS = " -*•·▶■✔"
_MATERIAL = re.compile(
    r"종이 ?상자|종이|비닐류?|유리병?|플라스틱|스티로폼|알루미늄|금속캔|캔|페트병?|PET|PP|에어캡|뽁뽁이",
    re.IGNORECASE,
)
_NAME_ROOM, _VALUE_ROOM = 80, 200
_MOST_ATTRIBUTES, _MOST_MATERIALS = 100, 20
_MOST_PRICE = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What a text says of a product; `price_krw` and `category` are None where it does not say them."""

    name: str
    category: str | None
    price_krw: int | None
    description: str
    attributes: tuple[tuple[str, str], ...]
    packaging: tuple[str, ...]


def read_listing(text: str) -> Listing:
    """Sort a seller's text into fields.

    What is neither the name nor an attribute, nor the price or the packaging, is the description, in its order.
    """
    lines = (" ".join(line.split()).lstrip(_BULLETS) for line in _GREETING.sub("", text).splitlines())
    sentences = [sentence for line in lines for sentence in _SENTENCES.split(line) if sentence]
    pairs, rest = _split_off_pairs(sentences)
    named = next((value for label, value in pairs if re.fullmatch(_NAMED, label)), "")
    name, told = (named, "") if named else _name(rest)
    described = [each for each in rest if each != told]
    return Listing(
        name=name or _clip(text.strip(), _NAME_ROOM) or "이름 없는 상품",
        category=next((value for label, value in pairs if re.fullmatch(_SORTED, label)), None),
        price_krw=_price(" ".join(text.split())),
        description=_joined(described) or told or name,
        attributes=tuple(_attributes(pairs).items())[:_MOST_ATTRIBUTES],
        packaging=tuple(dict.fromkeys(_packaging(sentences)))[:_MOST_MATERIALS],
    )


def _joined(sentences: list[str]) -> str:
    """One text; what ends without a mark keeps a line of its own, or it would run into the next."""
    ends = [
        "" if number == len(sentences) else " " if each[-1] in ".!?~" else "\n"
        for number, each in enumerate(sentences, 1)
    ]
    return "".join(f"{each}{end}" for each, end in zip(sentences, ends, strict=True))


def _split_off_pairs(sentences: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The names and values said, and what is left of the sentences."""
    pairs: list[tuple[str, str]] = []
    rest: list[str] = []
    for sentence in sentences:
        found, left = _pairs_of(sentence)
        pairs += found
        if left and not (_only_priced(left)):
            rest.append(left)
    return pairs, rest


def _pairs_of(sentence: str) -> tuple[list[tuple[str, str]], str]:
    for pattern in (_PAIR, _CLAUSE):
        matches = [each for each in pattern.finditer(sentence) if len(each["value"]) <= _VALUE_ROOM]
        if matches:
            found = [(each["name"].strip(), each["value"].strip(" ,.")) for each in matches]
            left = sentence
            for each in reversed(matches):
                left = left[: each.start()] + left[each.end() :]
            left = left.strip(" ,./·-")
            # Half a sentence says less than the whole one.
            return found, "" if not left else left + "." if _FINISHED.search(left) else sentence
    return [], sentence


def _only_priced(sentence: str) -> bool:
    return (
        re.fullmatch(rf"(?:{_PRICED})?(?:은|는)?\s*{_WON.pattern}(?:{_COPULA})?[.!]?", sentence) is not None
    )


def _name(sentences: list[str]) -> tuple[str, str]:
    """The product's name, and the sentence that says nothing but it (empty if it says more)."""
    for pattern in (_SALE, _IS):
        for sentence in sentences:
            found = pattern.search(sentence)
            name = _first_phrase(sentence[: found.start()]) if found else ""
            if found and 0 < len(name) <= _NAME_ROOM:
                return name, sentence if not sentence[found.end() :].strip(" .!~") else ""
    first = sentences[0] if sentences else ""
    return _clip(first.rstrip(" .!~"), _NAME_ROOM), first if len(first) <= _NAME_ROOM else ""


def _first_phrase(words: str) -> str:
    """The words without `이 제품은` before them and `소재는 ...` after them."""
    return _ATTRIBUTE.split(_SUBJECT.sub("", words), maxsplit=1)[0].strip(" ,")


def _clip(text: str, room: int) -> str:
    """The text's first line within `room` characters, whole words if it can be."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= room else line[:room].rsplit(" ", 1)[0].strip()


def _attributes(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The pairs that are attributes; the first value of a name stands."""
    kept: dict[str, str] = {}
    for label, value in pairs:
        if value and not re.fullmatch(rf"{_NAMED}|{_PRICED}|{_PACKED}|{_SORTED}", label):
            kept.setdefault(label, value)
    return kept


def _price(text: str) -> int | None:
    """The price in won: one that is called so, else the first amount that is not a fee or a former price."""
    told = [(_called(text, each.start()), _won(each)) for each in _WON.finditer(text)]
    amounts = [(called, won) for called, won in told if won is not None and called is not None]
    return next((won for called, won in amounts if called), next((won for _, won in amounts), None))


def _called(text: str, at: int) -> bool | None:
    """Whether the words before an amount call it the price; None if they say it is something else."""
    before = text[max(0, at - 12) : at]
    if _NOT_THE_PRICE.search(re.split(r"[.,!?\n]", before)[-1]):
        return None
    return re.search(_PRICED, before) is not None


def _won(found: re.Match[str]) -> int | None:
    man, rest, thousand = found["man"], (found["rest"] or "").replace(",", ""), found["thousand"]
    if not man and not rest:
        return None
    won = int(re.sub(r"\D", "", man or "0")) * 10_000 + int(rest or 0) * (1000 if thousand else 1)
    return won if won <= _MOST_PRICE else None


def _packaging(sentences: list[str]) -> Iterator[str]:
    for sentence in sentences:
        if "포장" in sentence:
            yield from _MATERIAL.findall(sentence)
