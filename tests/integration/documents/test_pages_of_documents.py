"""What customers asked and wrote, from the seller's documents to the page: cited, never invented."""

from typing import Any

import httpx
import pytest

from tests.integration.documents.test_documents import embedded
from tests.stack import PRODUCT, finished

NAME = PRODUCT["name"]
DOCUMENTS = {
    "mug-oven": ("faq", f"{NAME} 오븐", f"{NAME}는 오븐에 넣을 수 없습니다. 전자레인지는 3분까지 됩니다."),
    "mug-gift": ("faq", f"{NAME} 선물 포장", "두 개부터 선물 상자에 담아 드립니다."),
    "mug-r1": ("review", f"{NAME} 후기", "손가락이 다 들어가서 무겁지 않아요. 입술 닿는 곳이 얇아 좋아요."),
    "drill": ("review", "전동 드릴 20V 후기", "배터리가 오래 가고 소음이 적어요."),
}
TEMPLATES = ["introduction-split", "faq-list", "reviews-quotes", "specification-table"]


def page_of(api: httpx.Client, **more: Any) -> dict[str, Any]:
    """The page of the product, once it is done."""
    body = {"product": PRODUCT, "options": {"images": 0}, **more}
    answer = api.post("/generation/display-list", json=body)
    assert answer.status_code == 202, answer.text
    task = finished(api, answer.json()["task_id"])
    assert task["status"] == "completed", task
    page: dict[str, Any] = api.get(f"/generation/pages/{task['result']['page_id']}").json()
    return page


def blocks(page: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
    """Those made with templates of this kind."""
    return [block for block in page["blocks"] if block["template_id"].startswith(prefix)]


def test_faq_and_reviews_use_the_sellers_documents_only(api: httpx.Client) -> None:
    """Both kinds are facts with their source; each block cites its own kind; another product's stays away."""
    for post_id, (kind, title, content) in DOCUMENTS.items():
        body = {"post_id": post_id, "kind": kind, "title": title, "content": content}
        assert api.post("/embeddings", json=body).status_code == 202
    for post_id in DOCUMENTS:
        embedded(api, post_id)
    page = page_of(api, template_ids=TEMPLATES)
    facts = {fact["id"]: fact for fact in page["facts"]}
    told = {fact["value"]: fact["name"] for fact in facts.values() if fact["source"] == "document"}
    assert told == {
        content: f"{'자주 묻는 질문' if kind == 'faq' else '고객 후기'}: {title}"
        for kind, title, content in list(DOCUMENTS.values())[:3]
    }
    for prefix, kind in (("faq-", "자주 묻는 질문"), ("reviews-", "고객 후기")):
        [block] = blocks(page, prefix)
        cited = [facts[fact_id] for fact_id in block["facts"]]
        assert cited, block
        assert all(fact["name"].startswith(kind) for fact in cited if fact["source"] != "name"), cited
    assert "드릴" not in str(page["blocks"])


@pytest.mark.parametrize("chosen", [{}, {"template_ids": TEMPLATES}])
def test_without_documents_nobody_is_quoted(api: httpx.Client, chosen: dict[str, Any]) -> None:
    """No review block, whether templates are chosen or not; the page is complete without."""
    page = page_of(api, **chosen)
    assert blocks(page, "reviews-") == []
    assert {fact["source"] for fact in page["facts"]} & {"document"} == set()
