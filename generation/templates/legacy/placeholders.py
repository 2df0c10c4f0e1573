"""The old templates' placeholders, and the slots of the template language that they become.

Known are `{{ name }}`, `{name}`, `${name}`, `[[name]]`, `%name%` and `<%= name %>`, in English and Korean. Where
a name means what a word of the shared vocabulary means, it becomes that word: writers know what belongs there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from generation.templates.uses import NAME, RESERVED

# Every repetition has an end, so that no text makes the search slow.
_BLANK = r"[ \t\n]{0,8}"
PLACEHOLDER = re.compile(
    rf"\{{\{{\{{?{_BLANK}(?P<double>[^{{}}|\n]{{1,80}}?){_BLANK}(?:\|[^{{}}\n]{{0,80}})?\}}\}}\}}?"
    rf"|<%=?{_BLANK}(?P<erb>[^<>%\n]{{1,80}}?){_BLANK}%>"
    rf"|\$\{{{_BLANK}(?P<dollar>[^{{}}\n]{{1,80}}?){_BLANK}\}}"
    rf"|\[\[{_BLANK}(?P<square>[^\[\]\n]{{1,80}}?){_BLANK}\]\]"
    rf"|(?<![{{$])\{{{_BLANK}(?P<single>[A-Za-z_가-힣][\w가-힣 .-]{{0,79}}?){_BLANK}\}}(?!\}})"
    r"|%(?P<percent>[A-Za-z_][A-Za-z0-9_]{1,40})%"
)
_MEANINGS: Mapping[str, str] = {
    "headline": "title product_title heading main_title 제목 상품명 product_name 메인제목 main_copy 헤드라인",
    "eyebrow": "label_top brand 브랜드 brand_name 머리말 badge",
    "subhead": "subtitle sub_title sub_copy 부제 부제목 소제목 slogan 슬로건",
    "body": "content description desc text detail_text 본문 설명 내용 상품설명 product_description paragraph",
    "caption": "image_caption 사진설명 photo_caption",
    "note": "notice footnote 주의 안내 참고 비고",
    "call_to_action": "cta button button_text 버튼 마무리",
    "hero": "main_image hero_image product_image 대표이미지 대표사진 상품이미지 thumbnail",
    "photo": "image img image_url img_url picture 이미지 사진",
    "detail": "detail_image 상세이미지 closeup",
    "scene": "scene_image background_image lifestyle 배경이미지",
}
_WORDS = {name: word for word, names in _MEANINGS.items() for name in names.split()}
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def name_in(found: re.Match[str]) -> str:
    """The name a placeholder holds."""
    return next(value for value in found.groupdict().values() if value is not None).strip()


def slot_name(old: str, taken: Mapping[str, tuple[str, bool]], *, picture: bool) -> str:
    """A slot's name for an old placeholder.

    Args:
        old: the placeholder's name.
        taken: (old name, whether it is a picture) by slot; the same one gets the same slot.
        picture: whether it is the address of a picture.
    """
    plain = re.sub(r"[\s.-]+", "_", _CAPITAL.sub("_", old)).casefold()
    stem = _WORDS.get(plain) or _WORDS.get(plain.replace("_", "")) or _ascii(plain)
    if not NAME.fullmatch(stem) or stem in RESERVED:
        stem = "photo" if picture else "text"
    candidates = (stem[:36], *(f"{stem[:36]}_{number}" for number in range(2, 200)))
    mine = (old, picture)
    return next((each for each in candidates if taken.get(each, mine) == mine), candidates[-1])


def _ascii(plain: str) -> str:
    return _OTHER.sub("_", plain).strip("_") if plain.isascii() else ""
