"""What customers wish and greet with is not what they look for."""

import pytest

from generation.documents.letters import query_terms
from tests.contract.documents.library import Library


@pytest.mark.parametrize(
    "query", ["환불하고 싶어요", "환불 하고싶어요", "혹시 환불 가능할까요?", "안녕하세요 환불 부탁드려요"]
)
async def test_wishes_are_left_out(library: Library, query: str) -> None:
    """They share letters with every polite sentence of a shop."""
    assert query_terms(query) == ["환불"]
    await library.keep("sound", "블루투스를 지원하고 소음이 적어요. 사고 싶어요! 안녕하세요, 부탁드려요.")
    await library.keep("refund", "환불은 카드 취소로 해 드립니다.")
    assert (await library.search(query))[0].post_id == "refund"
