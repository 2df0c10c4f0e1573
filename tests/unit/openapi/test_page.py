"""The docs page: complete, self-contained, harmless."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from generation.openapi.blueprint import specification
from generation.openapi.kinds import kind, limits
from generation.openapi.page import inline, page, prose

HTML, POLICY = page(specification())


class Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag's name, id and attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id" and value]


@pytest.fixture(scope="module")
def reader() -> Reader:
    """The page, read."""
    read = Reader()
    read.feed(HTML)
    return read


def test_nothing_is_loaded_and_nothing_runs(reader: Reader) -> None:
    """No script, no frame, no picture, no address but our own, no style but the one the policy names."""
    assert {"script", "iframe", "img", "link", "object", "form"}.isdisjoint(reader.tags)
    assert {"style", "src", "srcset"}.isdisjoint(name for name, _ in reader.attributes)
    assert not any(name.startswith("on") for name, _ in reader.attributes)
    links = [value for name, value in reader.attributes if name == "href"]
    assert all(link.startswith("#") or link == "openapi.json" for link in links)
    assert "default-src 'none'" in POLICY


def test_the_policy_names_the_style(reader: Reader) -> None:
    """The browser accepts exactly the one style element."""
    (style,) = re.findall(r"<style>(.*?)</style>", HTML, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert "url(" not in style
    assert "@import" not in style


def test_links_lead_somewhere_and_ids_are_unique(reader: Reader) -> None:
    """Every link inside the page finds its place."""
    links = {value[1:] for name, value in reader.attributes if name == "href" and value.startswith("#")}
    assert links <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)


def test_everything_is_on_it(reader: Reader) -> None:
    """Each operation and each schema has its place, each operation a line for curl."""
    spec = specification()
    methods = [one for item in spec["paths"].values() for key, one in item.items() if key != "parameters"]
    assert {one["operationId"] for one in methods} <= set(reader.ids)
    assert {f"schema-{name}" for name in spec["components"]["schemas"]} <= set(reader.ids)
    assert HTML.count('<pre tabindex="0"><code>curl ') == len(methods)


def test_prose_is_escaped() -> None:
    """Descriptions may hold code and strong words, nothing else becomes markup."""
    assert inline("`a<b` **c** <i>") == "<code>a&lt;b</code> <strong>c</strong> &lt;i&gt;"
    assert prose("a\n\nb") == "<p>a</p><p>b</p>"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "uuid"}, "UUID"),
        ({"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}, "http(s) address | null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Task"}}, "Task[]"),
        (
            {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
            "{name: string | number}",
        ),
        ({"type": "object", "properties": {"a": {}, "b": {}}}, "{a, b}"),
        ({"type": "object"}, "object"),
        ({"const": "ko"}, '"ko"'),
        ({"enum": ["a", None]}, '"a" | null'),
        ({}, "any"),
    ],
)
def test_kinds_in_words(schema: dict[str, object], words: str) -> None:
    """A type as a reader would say it."""
    assert "".join(text for text, _ in kind(schema)) == words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"minLength": 1, "maxLength": 20_000}, "1 to 20,000 characters"),
        ({"anyOf": [{"maximum": 5, "minimum": 0}, {"type": "null"}]}, "0 to 5"),
        ({"maxItems": 3}, "at most 3 items"),
        ({"minimum": 1}, "at least 1"),
        ({"minimum": 0, "maximum": 6, "default": 3}, "0 to 6, 3 by default"),
        ({"default": {}}, ""),
    ],
)
def test_limits_in_words(schema: dict[str, object], words: str) -> None:
    """Ranges, lengths and defaults."""
    assert limits(schema) == words
