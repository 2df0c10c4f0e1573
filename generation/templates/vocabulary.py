"""The names the library's slots share, with their Korean labels, hints and limits.

Writers (people, models and the local stand-in) know these names, so a template that uses them needs no metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """What a slot of this name usually is; limits in characters, a ratio for pictures."""

    label: str
    hint: str
    max_chars: int = 0
    ratio: str = ""
    sample: Any = None


WORDS: Mapping[str, Word] = {
    "eyebrow": Word("머리말", "제목 위에 놓이는 짧은 말", 24, sample="오늘의 제안"),
    "headline": Word("제목", "20자 안팎의 짧고 구체적인 제목", 40, sample="매일 손이 가는 이유"),
    "subhead": Word("부제", "제목을 한 문장으로 풀어 주는 말", 90, sample="쓰는 순간을 먼저 생각했습니다."),
    "body": Word(
        "본문",
        "2~5문장. 사실에 근거하고 과장하지 않기",
        400,
        sample="쓰는 사람의 하루를 기준으로 하나씩 골랐습니다.",
    ),
    "caption": Word("사진 설명", "사진이 보여 주는 것을 한 줄로", 60, sample="가까이에서 본 모습"),
    "title": Word("소제목", "한눈에 읽히는 소제목", 28, sample="가볍고 단단하게"),
    "label": Word("항목", "표의 항목 이름", 30, sample="크기"),
    "value": Word("내용", "항목의 값. 사실 그대로", 200, sample="상세페이지 참조"),
    "question": Word("질문", "구매 전에 실제로 묻는 질문", 60, sample="세척은 어떻게 하나요?"),
    "answer": Word("답변", "1~3문장의 분명한 답", 240, sample="부드러운 스펀지와 중성세제로 씻어 주세요."),
    "step": Word("순서", "단계의 짧은 이름", 16, sample="준비"),
    "ours": Word("우리 제품", "비교 항목에서 우리 제품의 사실", 60, sample="분리 세척 가능"),
    "usual": Word("일반 제품", "흔히 쓰는 방식. 특정 상표를 들지 않기", 60, sample="일체형"),
    "call_to_action": Word("마무리 문구", "지금 할 일을 권하는 한마디", 24, sample="지금 만나 보세요"),
    "note": Word(
        "덧붙임", "조건이나 근거를 밝히는 작은 글", 160, sample="측정 조건에 따라 차이가 있을 수 있습니다."
    ),
    "hero": Word("대표 사진", "제품이 주인공인 첫 화면 사진", ratio="4:5"),
    "photo": Word("사진", "내용과 맞는 제품 사진", ratio="4:3"),
    "detail": Word("가까운 사진", "소재와 마감이 보이는 근접 사진", ratio="1:1"),
    "scene": Word("쓰는 장면", "제품을 쓰는 실제 장면", ratio="16:9"),
    "items": Word("목록", "서로 겹치지 않는 항목들"),
    "rows": Word("표의 줄", "항목과 내용. 알려진 사실만"),
    "columns": Word("표의 칸 이름", "왼쪽부터 차례로"),
    "cells": Word("칸의 값", "칸 이름과 같은 순서로"),
}

UNKNOWN = Word("", "")
DEFAULT_TEXT_CHARS = 120
DEFAULT_RICH_CHARS = 600
DEFAULT_ITEMS = 8
DEFAULT_RATIO = "4:3"
