"""What a finding tells, in which order, and how quickly."""

import time

import pytest

from generation.claims.check import describe_for_model, find_claims, worst_first
from tests.unit.claims.claims_facts import CREAM, FAN, claims, facts

SLOTS = {
    "headline": "최고의 바람",
    "hero": None,
    "items": [
        {"title": "조용함", "body": "1단에서 23dB입니다. 19시간 동안 켜 둘 수 있어요. 편하게 두세요."},
        {"title": "인증", "body": "FDA 승인 소재를 썼습니다."},
    ],
    "cells": [["620g", "700g"]],
}


def test_a_finding_names_its_place_its_words_and_its_sentence() -> None:
    """The path leads to the text; the sentence is the one with the words, without its neighbours."""
    found = find_claims(SLOTS, facts(FAN))
    assert [(each.code, each.slot, each.text, each.sentence) for each in found] == [
        ("superlative", "headline", "최고", "최고의 바람"),
        ("number", "items.0.body", "19시간", "19시간 동안 켜 둘 수 있어요."),
        ("certification", "items.1.body", "FDA", "FDA 승인 소재를 썼습니다."),
        ("number", "cells.0.1", "700g", "700g"),
    ]
    assert all(each.text in each.message and each.text in each.message_en for each in found)


def test_the_worst_comes_first() -> None:
    """Certificates before figures before praise; within a kind as read."""
    found = worst_first(find_claims(SLOTS, facts(FAN)))
    assert [each.text for each in found] == ["FDA", "19시간", "700g", "최고"]


def test_the_model_is_told_what_to_change() -> None:
    """At most twenty findings as plain JSON: place, words, sentence, instruction."""
    told = describe_for_model(find_claims(SLOTS, facts(FAN)))
    assert told[0] == {
        "code": "certification",
        "slot": "items.1.body",
        "text": "FDA",
        "sentence": "FDA 승인 소재를 썼습니다.",
        "message": "'FDA': no fact names this certificate, test or award. Leave it out.",
    }
    many = {"items": [{"body": f"{number}병 구성"} for number in range(101, 150)]}
    assert len(describe_for_model(find_claims(many, facts(FAN)))) == 20


def test_the_same_claim_twice_in_a_sentence_is_told_once() -> None:
    """Findings are distinct."""
    assert len(claims("최고의 바람, 최고의 소리", FAN)) == 1


def test_without_facts_every_figure_is_a_claim() -> None:
    """No facts back nothing, and an empty block claims nothing."""
    assert [each.text for each in find_claims({"body": "620g의 무게"}, ())] == ["620g"]
    assert find_claims({}, facts(CREAM)) == []
    assert find_claims({"body": None, "items": []}, facts(CREAM)) == []


def test_a_block_is_checked_in_two_milliseconds() -> None:
    """A long block of honest and dishonest copy, by this process's own clock, the best of some runs."""
    body = "책상 위 최고의 바람을 3단으로 즐겨 보세요. 620g의 무게로 18cm 폭에 놓입니다. 100% 만족을 보장합니다. "
    slots = {"headline": "조용한 하루", "items": [{"title": "바람", "body": body} for _ in range(6)]}
    known = facts(FAN)
    find_claims(slots, known)
    spent = []
    for _ in range(20):
        begun = time.process_time()
        find_claims(slots, known)
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.002


@pytest.mark.parametrize(
    "piece",
    [
        "1. ",
        "3단계 ",
        "최고 ",
        "1,2345-",
        "오후 3시 ",
        "가장 ",
        "테스트 완료 ",
        "수백 명이 ",
        "인증 ",
        "a-1",
        "구매평 ",
        "만",
        "최초 가",
    ],
)
def test_time_grows_with_length_alone(piece: str) -> None:
    """Eight times the text takes about eight times as long, not sixty-four."""
    short, long = (_spent(piece * times) for times in (1_000, 8_000))
    assert long < 24 * max(short, 0.001)


def _spent(text: str) -> float:
    """Seconds of this process's own time, the best of three."""
    spent = []
    for _ in range(3):
        begun = time.process_time()
        find_claims({"body": text}, facts(FAN))
        spent.append(time.process_time() - begun)
    return min(spent)
