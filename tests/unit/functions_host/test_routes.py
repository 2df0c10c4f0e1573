"""Route templates and the order in which they are tried."""

import pytest

from local.functions_host.errors import ConfigError
from local.functions_host.routes import Route, RouteTable, compile_route

GUID = "8c9e6679-7425-40de-944b-e07fc1f90ae7"


def route(template: str, prefix: str = "api") -> Route:
    """Compile a route of a function `f` that answers GET."""
    return compile_route("f", template, ["GET"], prefix)


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("a/b", "/api/a/b", {}),
        ("a/b", "/API/A/b/", {}),
        ("a/b", "/api/a//b", None),
        ("a/b", "/api/a", None),
        ("a", "/a", None),
        ("a/", "/api/a", {}),
        ("a.b", "/api/aXb", None),
        ("{x}", "/api/한 글", {"x": "한 글"}),
        ("{x}", "/api/", None),
        ("{x}", "/api/1/2", None),
        ("{x}/edit", "/api/1/edit", {"x": "1"}),
        ("a/{x?}", "/api/a", {}),
        ("a/{x?}", "/api/a/1", {"x": "1"}),
        ("a/{x=5}", "/api/a", {"x": "5"}),
        ("a/{x:int=5}/{y?}", "/api/a/6/z", {"x": "6", "y": "z"}),
        ("a/{*rest}", "/api/a", {}),
        ("a/{*rest}", "/api/a/b/c/", {"rest": "b/c/"}),
        ("a/{**rest}", "/api/a/b", {"rest": "b"}),
        ("{name}.{ext}", "/api/a.b.c", {"name": "a.b", "ext": "c"}),
        ("v{major}-{minor}", "/api/v1-2", {"major": "1", "minor": "2"}),
        ("{user-id}", "/api/7", {"user-id": "7"}),
        (r"{x:regex(^\d{{2}}/?$)}", "/api/12", {"x": "12"}),
        (r"{x:regex(^a:b=c$)}", "/api/a:b=c", {"x": "a:b=c"}),
    ],
)
def test_template_matches_as_in_asp_net_core(template: str, path: str, params: dict[str, str] | None) -> None:
    """Literals ignore case, a trailing slash does not matter, parameters never take an empty segment."""
    assert route(template).match(path) == params


@pytest.mark.parametrize(
    ("constraint", "good", "bad"),
    [
        ("int", ["0", "-7", "2147483647"], ["2147483648", "1.0", "x", "१"]),
        ("long", ["9223372036854775807"], ["9223372036854775808"]),
        ("guid", [GUID, GUID.upper(), GUID.replace("-", ""), "(" + GUID + ")"], [GUID[:-1], GUID + "0", "x"]),
        ("bool", ["true", "FALSE"], ["1", "yes"]),
        ("decimal", ["1.5", "-2", "1e3"], ["x", "."]),
        ("datetime", ["2026-11-20", "2026-11-20T10:00:00", "11-20-2026"], ["tomorrow"]),
        ("alpha", ["abcXYZ"], ["a1", "한"]),
        ("minlength(2)", ["ab"], ["a"]),
        ("maxlength(2)", ["ab"], ["abc"]),
        ("length(2)", ["ab"], ["a", "abc"]),
        ("length(2,3)", ["ab", "abc"], ["a", "abcd"]),
        ("min(5)", ["5"], ["4", "x"]),
        ("max(5)", ["5"], ["6"]),
        ("range(1,3)", ["1", "3"], ["0", "4"]),
        ("int:min(2):max(3)", ["2", "3"], ["1", "4"]),
        ("regex(^[a-c]+$)", ["abc", "ABC"], ["abd"]),
        ("required", ["x"], []),
    ],
)
def test_constraints(constraint: str, good: list[str], bad: list[str]) -> None:
    """A value that breaks its constraint makes the route not match."""
    compiled = route(f"{{x:{constraint}}}")
    assert [value for value in good if compiled.match(f"/api/{value}") != {"x": value}] == []
    assert [value for value in bad if compiled.match(f"/api/{value}") is not None] == []


@pytest.mark.parametrize(
    "template",
    [
        "/a",
        "a//b",
        "{x",
        "x}",
        "{x}/{X}",
        "{*rest}/a",
        "{x:nonsense}",
        "{x:range(1)}",
        "{x:min(a)}",
        "{x:regex([)}",
        "{}",
    ],
)
def test_templates_that_azure_refuses(template: str) -> None:
    """A broken template is named at start-up together with its function."""
    with pytest.raises(ConfigError, match="function f"):
        route(template)


def test_prefix_may_be_empty() -> None:
    """`routePrefix: ""` leaves the template alone."""
    assert route("a/{x}", prefix="").match("/a/1") == {"x": "1"}


def test_methods_are_part_of_the_match() -> None:
    """The same path with another method goes on to the next route; no methods means all."""
    table = RouteTable(
        [
            compile_route("b_write", "x/{id}", ["post", "PUT"]),
            compile_route("a_read", "x/{id}", ["get"]),
            compile_route("any", "y", None),
        ]
    )
    assert table.match("GET", "/api/x/1") == ("a_read", {"id": "1"})
    assert table.match("PUT", "/api/x/1") == ("b_write", {"id": "1"})
    assert table.match("DELETE", "/api/x/1") is None
    assert table.match("PURGE", "/api/y") == ("any", {})


def test_first_function_in_the_alphabet_wins_and_the_hidden_one_is_told() -> None:
    """As on Azure a literal has no precedence; constraints or names decide."""
    hiding = [compile_route("Get", "x/{id}", ["GET"]), compile_route("recent", "x/recent", ["GET"])]
    assert RouteTable(hiding).match("GET", "/api/x/recent") == ("Get", {"id": "recent"})
    assert RouteTable(hiding).shadowed() == [("recent", "Get")]
    fine = [compile_route("get", "x/{id:guid}", ["GET"]), compile_route("recent", "x/recent", ["GET"])]
    assert RouteTable(fine).match("GET", "/api/x/recent") == ("recent", {})
    assert RouteTable(fine).shadowed() == []
