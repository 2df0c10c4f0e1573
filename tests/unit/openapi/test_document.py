"""The OpenAPI document says what the code does."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its types are not published with it
from openapi_spec_validator import OpenAPIV31SpecValidator

from generation.openapi import blueprint
from generation.openapi.answers import Task
from generation.openapi.document import path_of
from generation.openapi.operations import OPERATIONS
from generation.tasks.model import public_view
from notifications.blueprint import Message
from shared.http import Call

ROOT = Path(__file__).parents[3]
METHODS = {"get", "put", "post", "delete", "patch"}
SPEC: dict[str, Any] = json.loads(json.dumps(blueprint.specification()))


@cache
def indexed() -> dict[str, str]:
    """Route by function name, as the host indexes the app."""
    done = subprocess.run(
        [sys.executable, "-m", "local.functions_host", "--app", str(ROOT), "--index"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {
        function["name"]: function["route"]
        for function in json.loads(done.stdout)
        if function["trigger"] == "httpTrigger"
    }


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation of the document by path and method."""
    return {
        (path, method): told
        for path, item in SPEC["paths"].items()
        for method, told in item.items()
        if method in METHODS
    }


def is_valid(value: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with a value under a schema of the document."""
    whole = {**schema, "components": SPEC["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def test_it_is_openapi_3_1() -> None:
    """Valid against the meta-schema, references included."""
    assert list(OpenAPIV31SpecValidator(SPEC).iter_errors()) == []


def test_every_route_is_described_and_no_other() -> None:
    """The document's paths are the routes the host would serve, but for the one that catches what is none."""
    routes = {route.rstrip("/") for name, route in indexed().items() if name != "wrong_path"}
    assert {path.strip("/") for path in SPEC["paths"]} == routes


def test_every_method_is_described_and_no_other() -> None:
    """Each path has the methods its function has handlers for."""
    declared = {(path_of(route), method.lower()) for route in blueprint.routes() for method in route.handlers}
    assert declared == operations().keys()
    assert {(route.name, method) for route in blueprint.routes() for method in route.handlers} == set(
        OPERATIONS
    )


def test_public_routes_need_no_token_and_all_others_do() -> None:
    """`security` follows the blueprints; 401 is documented exactly where a token is needed."""
    public = {path_of(route) for route in blueprint.routes() if route.public}
    for (path, _), told in operations().items():
        assert (told.get("security") == []) == (path in public)
        assert ("401" in told["responses"]) == (path not in public)


def test_path_parameters_are_those_of_the_path() -> None:
    """Each `{name}` in a path is a declared path parameter."""
    for path, item in SPEC["paths"].items():
        named = re.findall(r"\{(\w+)\}", path)
        assert [one["$ref"].rsplit("/")[-1] for one in item.get("parameters", [])] == named


def test_operation_ids_are_unique_and_summaries_come_from_the_code() -> None:
    """Clients are generated with these names; every handler's docstring is there."""
    ids = [told["operationId"] for told in operations().values()]
    assert len(set(ids)) == len(ids)
    assert all(told["summary"] for told in operations().values())


def examples() -> list[Any]:
    """Each example with its schema."""
    found = []
    for (path, method), told in operations().items():
        contents = [told.get("requestBody", {}).get("content", {})]
        contents += [answer.get("content", {}) for answer in told["responses"].values()]
        for content in contents:
            for media in content.values():
                values = [one["value"] for one in media.get("examples", {}).values()]
                values += [media["example"]] if "example" in media else []
                found += [
                    pytest.param(value, media["schema"], id=f"{method} {path} {number}")
                    for number, value in enumerate(values)
                ]
    found += [
        pytest.param(media["example"], media["schema"], id=name)
        for name, response in SPEC["components"]["responses"].items()
        for media in response["content"].values()
    ]
    return found


@pytest.mark.parametrize(("value", "schema"), examples())
def test_examples_fit_their_schemas(value: Any, schema: dict[str, Any]) -> None:
    """What the document shows is what it says."""
    assert is_valid(value, schema) == []


def test_every_json_body_has_an_example() -> None:
    """But the one that names a picture which must really be there."""
    without = [
        path
        for (path, _), told in operations().items()
        for media_type, media in told.get("requestBody", {}).get("content", {}).items()
        if media_type == "application/json" and not media.get("examples")
    ]
    assert without == ["/generation/upload-image"]


def test_a_task_is_described_field_by_field() -> None:
    """`public_view` gives what the schema names, no more and no less."""
    keys = "task_id kind status percent step done total created_at started_at finished_at attempt result warnings"
    from datetime import UTC, datetime

    row: dict[str, Any] = dict.fromkeys(
        [*keys.split(), "error", "input_tokens", "output_tokens", "images"], 0
    )
    row |= {"created_at": datetime.now(UTC), "usd": 0}
    view = public_view(row)
    assert view.keys() == Task.model_fields.keys()
    for name in ("progress", "cost"):
        assert view[name].keys() == Task.model_fields[name].annotation.model_fields.keys()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("PageRequest", {"product_data": "x"}, True),
        ("PageRequest", {"product_data": "x", "product": None}, True),
        ("PageRequest", {"product_data": "x", "product_id": "1"}, False),
        ("PageRequest", {"product_data": " "}, False),
        ("PageRequest", {"product_data": None}, False),
        ("PageRequest", {}, False),
        ("PageRequest", {"product_id": "1", "image_id": None, "product_image_url": "https://a.b"}, True),
        ("PageRequest", {"product": {"name": "a", "attributes": {"용량": 350}}}, True),
        ("PageRequest", {"product": {"name": "a", "attributes": {"\u0001": "x"}}}, False),
        ("PageRequest", {"product": {"name": "a", "price_krw": "18000"}}, True),
        ("PageRequest", {"product": {"name": "a", "price_krw": "18,000"}}, False),
        ("PageRequest", {"product_id": "1", "options": {"images": "3"}}, False),
        ("PageRequest", {"product_id": "1", "options": {"images": 3.0}}, True),
        ("PageRequest", {"product_id": "1", "options": {"images": True}}, False),
        ("ImageRequest", {"prompt": "a", "image_url": "https://a.b/c", "width": 256}, False),
        ("ImageRequest", {"prompt": "a", "image_url": "https://a.b/c", "width": 256, "height": 256}, True),
        ("ImageRequest", {"prompt": "a", "image_url": "ftp://a.b/c"}, False),
        ("ImageRequest", {"prompt": "a"}, False),
        ("PageEdit", {"base_version": 1}, False),
        ("PageEdit", {"base_version": 1, "title": "x"}, True),
        ("PageEdit", {"base_version": 2**31, "title": "x"}, False),
        ("PageEdit", {"base_version": 1, "blocks": [{"block_id": "b", "slots": {"a": 2**60}}]}, False),
        ("PageEdit", {"base_version": 1, "blocks": [{"block_id": "b", "slots": {"a": ["\0"]}}]}, False),
        ("PageEdit", {"base_version": 1, "blocks": [{"block_id": "b", "slots": {"a": [{"b": None}]}}]}, True),
        ("Feedback", {"exported": 1}, False),
        ("Feedback", {"rating": None}, False),
        ("Feedback", {"rating": 5.0}, True),
        ("Rollback", {"version": "1"}, False),
        ("Message", {"user_id": "a", "type": "b", "data": {}}, True),
        ("Message", {"user_id": "a\0", "type": "b", "data": {}}, False),
    ],
)
def test_schemas_and_models_agree(name: str, value: dict[str, Any], good: bool) -> None:
    """What the document allows is what the code takes, also where fields depend on each other."""
    assert (is_valid(value, {"$ref": f"#/components/schemas/{name}"}) == []) is good
    models = {op.body.__name__: op.body for op in OPERATIONS.values() if op.body}
    models["Message"] = Message
    call = Call("POST", {"content-type": "application/json"}, {}, {}, json.dumps(value).encode())
    if good:
        call.model(models[name], 10_000)
    else:
        with pytest.raises(Exception, match="not valid"):
            call.model(models[name], 10_000)
