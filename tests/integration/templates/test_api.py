"""The template library from outside: who may do what, versions, filters, previews, sets, usage."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.stack import PRODUCT, RunningStack, finished

SOURCE = '<section style="padding:20px"><h2>{{ headline }}</h2>{{ body | rich }}</section>'


@pytest.fixture
def admin(stack: RunningStack) -> Iterator[httpx.Client]:
    """The API as an administrator."""
    with stack.api("editor", "admin") as client:
        yield client


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer is a problem document of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    return told


def fresh() -> str:
    """An id nobody has used."""
    return f"t-{uuid4().hex[:12]}"


def create(admin: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """A new template or set."""
    answer = admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def template(admin: httpx.Client, **body: Any) -> dict[str, Any]:
    """A new template."""
    return create(
        admin, "/templates", **{"block_type": "story", "name": "편지", "template_html": SOURCE, **body}
    )


def test_a_template_from_draft_to_deletion(admin: httpx.Client, api: httpx.Client) -> None:
    """Created, read with slots and schema, changed, listed by version, rolled back, deleted."""
    answer = admin.post(
        "/templates",
        json={
            "template_id": (one := fresh()),
            "block_type": "story",
            "name": "편지",
            "template_html": SOURCE,
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/templates/{one}")
    seen = api.get(f"/templates/{one}").json()
    assert seen == answer.json()
    assert [slot["kind"] for slot in seen["slots"]] == ["text", "rich"]
    assert seen["slot_schema"]["required"] == ["headline", "body"]

    changed = admin.put(f"/templates/{one}", json={**seen, "template_html": "<h3>{{ headline }}</h3>"})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    is_problem(admin.put(f"/templates/{one}", json={"version": 1, "name": "늦음"}), 409)
    back = admin.post(f"/templates/{one}/rollback", json={"version": 1})
    assert (back.json()["version"], back.json()["template_html"]) == (3, SOURCE)
    versions = api.get(f"/templates/{one}/versions", params={"limit": 2}).json()
    assert [row["reason"] for row in versions["items"]] == ["rolled back to 1", "saved"]
    rest = api.get(f"/templates/{one}/versions", params={"cursor": versions["next_cursor"]}).json()
    assert [row["version"] for row in rest["items"]] == [1]
    assert api.get(f"/templates/{one}", params={"version": 2}).json()["template_html"].startswith("<h3>")

    assert admin.delete(f"/templates/{one}").status_code == 204
    is_problem(api.get(f"/templates/{one}"), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/templates"),
        ("PUT", "/templates/faq-list"),
        ("DELETE", "/templates/faq-list"),
        ("POST", "/templates/faq-list/rollback"),
        ("POST", "/categories"),
        ("POST", "/template-sets"),
        ("PUT", "/template-sets/food-table"),
        ("DELETE", "/template-sets/food-table"),
    ],
)
def test_writing_is_for_administrators(api: httpx.Client, method: str, path: str) -> None:
    """A seller is refused before the body is looked at."""
    is_problem(api.request(method, path, content=b"{"), 403)


@pytest.mark.parametrize("path", ["/templates", "/categories", "/template-sets", "/templates/faq-list/usage"])
def test_reading_needs_a_token(stack: RunningStack, path: str) -> None:
    """Nobody is answered 401."""
    with stack.api() as nobody:
        is_problem(nobody.get(path), 401)


@pytest.mark.parametrize("path", ["/templates", "/templates/preview"])
def test_a_broken_template_is_refused_with_its_place(admin: httpx.Client, path: str) -> None:
    """422 names line and column of every problem."""
    body = {"block_type": "x", "name": "x", "template_html": "<p>ok</p>\n<p>{{ f() }}</p>\n{% set a = 1 %}"}
    told = is_problem(admin.post(path, json=body), 422)
    assert told["type"].endswith("template_syntax")
    assert [(issue["loc"], issue["line"], issue["column"]) for issue in told["errors"]] == [
        ("template_html", 2, 7),
        ("template_html", 3, 4),
    ]
    assert "line 2, column 7" in told["errors"][0]["msg"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"metadata": {"slots": {"nope": {}}}}, {"metadata.slots.nope"}),
        ({"metadata": {"slots": {"headline": {"max_chars": 0}}}}, {"metadata.slots.headline.max_chars"}),
        ({"metadata": {"slots": {"headline": {"sample": [1]}}}}, {"metadata.slots.headline.sample"}),
        ({"metadata": {"source": "guess"}}, {"metadata.source"}),
        ({"metadata": {"note": "x" * 70_000}}, {"metadata"}),
        ({"metadata": {"note": "\0"}}, {"metadata"}),
        ({"category_id": "nowhere"}, {"category_id"}),
        ({"template_id": "preview"}, {"template_id"}),
        ({"template_id": "Nö"}, {"template_id"}),
        ({"block_type": "a b"}, {"block_type"}),
        ({"name": ""}, {"name"}),
        ({"status": "gone"}, {"status"}),
        ({"colour": "red"}, {"colour"}),
        ({"template_html": "<p>\0</p>"}, {"template_html"}),
        ({"template_html": "x" * 65_537}, {"template_html"}),
        (
            {
                "template_html": "{% for i in items %}{% for k in i.many %}{{ k.text }}{% endfor %}{% endfor %}",
                "metadata": {"slots": {"items": {"max_items": 50, "fields": {"many": {"max_items": 50}}}}},
            },
            {"metadata.slots"},
        ),
    ],
)  # fmt: skip
def test_bad_fields_are_named(admin: httpx.Client, change: dict[str, Any], fields: set[str]) -> None:
    """Metadata, ids, references, sizes: 422, each by its path."""
    body = {"block_type": "story", "name": "편지", "template_html": SOURCE, **change}
    assert {
        issue["loc"] for issue in is_problem(admin.post("/templates", json=body), 422)["errors"]
    } == fields


def test_lists_are_filtered_and_come_in_parts(admin: httpx.Client, api: httpx.Client) -> None:
    """By category, block type, words and status; the cursor goes on where the part ended."""
    category = create(admin, "/categories", category_id=fresh(), name="반려동물")["category_id"]
    word = fresh()
    ours = [
        template(admin, template_id=fresh(), category_id=category, name=f"편지 {word}", status=status)
        for status in ("active", "draft")
    ]
    active, draft = (one["template_id"] for one in ours)

    def ids(path: str = "/templates", **query: Any) -> list[str]:
        return [one["template_id"] for one in api.get(path, params=query).json()["items"]]

    assert ids(q=word[2:8]) == [active]
    assert ids(q=f"편지 {word}", status="draft") == [draft]
    assert set(ids(category_id=category, status="active,draft")) == {active, draft}
    assert ids(category_id=category, block_type="faq") == []
    offered = ids(f"/categories/{category}/templates", limit=100)
    assert active in offered
    assert "faq-list" in offered
    assert ids(f"/categories/{category}/templates", limit=100, block_type="size_chart") == ["size_chart-rows"]
    is_problem(api.get(f"/categories/{fresh()}/templates"), 404)

    found, cursor = [], ""
    while cursor is not None:
        part = api.get("/templates", params={"limit": 9, "cursor": cursor}).json()
        found += [one["template_id"] for one in part["items"]]
        cursor = part["next_cursor"]
    assert found == sorted(set(found))
    assert {active, "faq-list"} <= set(found)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "101"}, {"cursor": "x"}, {"cursor": "WzFd"}, {"cursor": "bnVsbA"}, {"status": "gone"},
        {"block_type": "A B"}, {"category_id": "../x"}, {"q": "\0"}, {"q": "x" * 101},
    ],
)  # fmt: skip
def test_bad_queries_are_refused(api: httpx.Client, query: dict[str, str]) -> None:
    """422 names the parameter."""
    told = is_problem(api.get("/templates", params=query), 422)
    assert {issue["loc"] for issue in told["errors"]} == set(query)


@pytest.mark.parametrize("one", ["nope", "No-Such", "..", "%00", "%ED%A0%80", "a" * 200])
def test_what_is_not_there_is_not_found(admin: httpx.Client, one: str) -> None:
    """An id that names nothing, or cannot be one, is 404 whatever the method."""
    for method, path, body in (
        ("GET", f"/templates/{one}x", None),
        ("PUT", f"/templates/{one}x", {"version": 1}),
        ("DELETE", f"/templates/{one}x", None),
        ("GET", f"/templates/{one}x/versions", None),
        ("GET", f"/templates/{one}x/usage", None),
        ("POST", f"/templates/{one}x/rollback", {"version": 1}),
        ("POST", f"/templates/{one}x/preview", None),
        ("GET", f"/template-sets/{one}x", None),
        ("PUT", f"/template-sets/{one}x", {"version": 1}),
        ("DELETE", f"/template-sets/{one}x", None),
        ("GET", f"/template-sets/{one}x/usage", None),
    ):
        is_problem(admin.request(method, path, json=body), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/templates",
        "/templates/faq-list",
        "/categories",
        "/template-sets/food-table",
        "/templates/faq-list/versions",
    ],
)
def test_what_is_known_already_is_not_sent_again(api: httpx.Client, path: str) -> None:
    """GET has an ETag; If-None-Match with it is 304 without a body, with another one 200."""
    first = api.get(path)
    tag = first.headers["etag"]
    for given, status in ((tag, 304), (f'W/{tag}, "x"', 304), ("*", 304), ('"other"', 200)):
        again = api.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.headers["etag"]) == (status, tag)
        assert again.content == (b"" if status == 304 else first.content)


def test_an_etag_changes_with_the_template(admin: httpx.Client) -> None:
    """A save makes a new one at once."""
    one = template(admin)["template_id"]
    tag = admin.get(f"/templates/{one}").headers["etag"]
    admin.put(f"/templates/{one}", json={"version": 1, "name": "다음"})
    answer = admin.get(f"/templates/{one}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["name"]) == (200, "다음")


def test_previews(admin: httpx.Client, api: httpx.Client) -> None:
    """Given values, samples for the rest, pictures by slot, a theme; sent so that nothing in them can run."""
    stored = api.post("/templates/faq-list/preview", json={"slots": {"headline": "<b>무엇이든</b>"}})
    assert stored.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in stored.headers["content-security-policy"]
    assert "sandbox" in stored.headers["content-security-policy"]
    assert "&lt;b&gt;무엇이든" in stored.text
    assert "어떻게 보관하면 좋을까요?" in stored.text
    assert api.post("/templates/faq-list/preview").status_code == 200
    shown = api.post(
        "/templates/preview",
        json={
            "block_type": "story",
            "template_html": '<section style="color:{{ theme.ink }}">{% if photo %}<img src="{{ photo.url }}" '
            'alt="{{ photo.alt }}">{% endif %}<p>{{ headline }}</p></section>',
            "images": {"photo": {"url": "https://images.example/a.jpg", "alt": "창가"}},
            "theme": {"ink": "#101820"},
        },
    )
    assert '<img src="https://images.example/a.jpg" alt="창가">' in shown.text
    assert "#101820" in shown.text


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"slots": {"nope": "x"}}, {"slots.nope"}),
        ({"slots": {"nope": ""}}, {"slots.nope"}),
        ({"slots": {"headline": ["x"]}}, {"slots.headline"}),
        (
            {"slots": {"items": [{"question": 1, "answer": "x"}, {"question": "a", "answer": "b"}]}},
            {"slots.items.0.question"},
        ),
        ({"slots": {"headline": "x" * 500}}, {"slots.headline"}),
        ({"images": {"hero": {"url": "https://x.example/a.jpg"}}}, {"images.hero"}),
        ({"images": {"hero": {"url": "javascript:alert(1)"}}}, {"images.hero.url"}),
        ({"theme": {"ink": "red"}}, {"theme.ink"}),
    ],
)  # fmt: skip
def test_previews_name_what_does_not_fit(api: httpx.Client, body: dict[str, Any], fields: set[str]) -> None:
    """422 with the path of each value."""
    told = is_problem(api.post("/templates/faq-list/preview", json=body), 422)
    assert {issue["loc"] for issue in told["errors"]} == fields


def test_a_set_from_creation_to_deletion(admin: httpx.Client, api: httpx.Client) -> None:
    """Items in order, theme completed, changed with its version, deleted."""
    one = create(
        admin,
        "/template-sets",
        name="봄",
        items=[
            {"template_id": "faq-list", "display_order": 9},
            {"template_id": "story-letter", "display_order": 2},
        ],
        theme={"accent": "#8a3b2e"},
    )
    set_id = one["template_set_id"]
    assert [item["template_id"] for item in one["items"]] == ["story-letter", "faq-list"]
    assert (one["theme"]["accent"], one["theme"]["ink"]) == ("#8a3b2e", "#1c1f1e")
    assert api.get(f"/template-sets/{set_id}").json() == one
    changed = admin.put(f"/template-sets/{set_id}", json={**one, "items": one["items"][::-1], "name": "여름"})
    assert (changed.json()["version"], changed.json()["name"]) == (2, "여름")
    is_problem(admin.put(f"/template-sets/{set_id}", json={"version": 1, "name": "x"}), 409)
    kept = admin.put(f"/template-sets/{set_id}", json={"version": 2, "template_ids": ["faq-cards"]}).json()
    assert [item["template_id"] for item in kept["items"]] == ["faq-cards"]
    assert set_id in [found["template_set_id"] for found in api.get("/template-sets").json()["items"]]
    assert admin.delete(f"/template-sets/{set_id}").status_code == 204
    is_problem(api.get(f"/template-sets/{set_id}"), 404)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"template_ids": []}, {"template_ids"}),
        ({"template_ids": ["nope"]}, {"template_ids.0"}),
        ({"template_ids": ["faq-list", "faq-list"]}, {"template_ids.1"}),
        ({"items": [{"template_id": "faq-list"}]}, {"items", "template_ids"}),
        ({"theme": {"accent": "red"}}, {"theme.accent"}),
        ({"theme": {"ink": "#ffffff"}}, {"theme.ink"}),
        ({"theme": {"glow": "#ffffff"}}, {"theme.glow"}),
        ({"category_id": "nowhere"}, {"category_id"}),
        ({"is_default": True, "status": "draft"}, {"is_default"}),
        ({"experiment": {"variant_set_id": "nope"}}, {"experiment.variant_set_id"}),
    ],
)
def test_bad_sets_are_refused(admin: httpx.Client, change: dict[str, Any], fields: set[str]) -> None:
    """422 names each field."""
    body = {"name": "봄", "template_ids": ["faq-list"], **change}
    told = is_problem(admin.post("/template-sets", json=body), 422)
    assert {issue["loc"] for issue in told["errors"]} == fields


def test_a_category_has_one_default(admin: httpx.Client) -> None:
    """A new default takes the place of the old one, whose version rises; the general one cannot just go."""
    category = create(admin, "/categories", name="문구")["category_id"]
    first, second = (
        create(
            admin,
            "/template-sets",
            name="봄",
            category_id=category,
            template_ids=["faq-list"],
            is_default=True,
        )
        for _ in range(2)
    )
    before = admin.get(f"/template-sets/{first['template_set_id']}").json()
    assert (before["is_default"], before["version"], second["is_default"]) == (False, 2, True)
    general = admin.get("/template-sets/general-basic").json()
    told = is_problem(admin.delete("/template-sets/general-basic"), 409)
    assert told["type"].endswith("default_needed")
    change = {"version": general["version"], "is_default": False}
    is_problem(admin.put("/template-sets/general-basic", json=change), 409)


def test_what_is_in_use_is_archived(admin: httpx.Client, api: httpx.Client) -> None:
    """A template of a set stays, archived: it is not offered any more, and the set makes pages without it."""
    one = template(admin)["template_id"]
    chosen = create(admin, "/template-sets", name="봄", template_ids=[one, "faq-list", "introduction-split"])
    gone = admin.delete(f"/templates/{one}")
    assert (gone.status_code, gone.json()["status"]) == (200, "archived")
    offered = api.get("/templates", params={"limit": 100}).json()["items"]
    assert one not in [found["template_id"] for found in offered]
    told = is_problem(
        api.post("/generation/display-list", json={"product": PRODUCT, "template_ids": [one]}), 422
    )
    assert [issue["loc"] for issue in told["errors"]] == ["template_ids.0"]
    body = {"product": PRODUCT, "template_set_id": chosen["template_set_id"], "options": {"images": 0}}
    task = finished(api, api.post("/generation/display-list", json=body).json()["task_id"])
    assert task["status"] == "completed", task
    page = api.get(f"/generation/pages/{task['result']['page_id']}").json()
    assert {block["template_id"] for block in page["blocks"]} == {"faq-list", "introduction-split"}


def test_other_methods_are_not_allowed(admin: httpx.Client) -> None:
    """405 with what is allowed; `templates/preview` is never taken for a template."""
    for method, path, allow in (
        ("GET", "/templates/preview", "POST"),
        ("DELETE", "/templates/preview", "POST"),
        ("PATCH", "/templates/faq-list", "GET"),
        ("DELETE", "/categories", "GET"),
    ):
        answer = admin.request(method, path)
        is_problem(answer, 405)
        assert allow in answer.headers["allow"]


def test_usage_of_a_template_and_a_set(api: httpx.Client) -> None:
    """Where it is used, with what outcome; zeros where nothing was made of it."""
    told = api.get("/templates/faq-list/usage").json()
    assert {"general-basic"} <= {one["template_set_id"] for one in told["sets"]}
    assert {"kept", "edited", "exported", "rated", "liked", "rating"} == set(told["outcomes"])
    assert isinstance(told["pages"], int)
    assert api.get("/template-sets/food-table/usage").json()["experiments"] == []
