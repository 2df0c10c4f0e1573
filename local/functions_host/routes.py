"""From route templates to the function that answers a request.

Templates follow ASP.NET Core's (`items/{id:guid}/{page:int?}`, `files/{*rest}`, `{x=5}`, `{name}.{ext}`): literals are
matched without regard to case and a trailing slash does not matter. The host tries the routes in the alphabetical
order of their functions' names and takes the first whose template and methods fit; a literal does NOT win over a
parameter (Azure/azure-functions-host: FunctionMetadataManager sorts by name, issues 3153 and 9876). A method that no
matching route lists is a 404, not a 405 (issue 10098), and HEAD is not GET (issue 11625).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.functions_host.constraints import Constraint, constraint
from local.functions_host.errors import ConfigError

ANY_METHOD: frozenset[str] = frozenset()
_PARAMETER = re.compile(
    r"(?P<stars>\*{0,2})(?P<name>[^:=?*/{}]+)(?P<constraints>:.*?)?(?:=(?P<default>[^)]*?))?(?P<optional>\?)?"
)


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    constraints: tuple[Constraint, ...]
    default: str | None
    optional: bool
    catch_all: bool


@dataclass(frozen=True, slots=True)
class Route:
    """One function's compiled route: what `compile_route` makes."""

    function: str
    template: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    parameters: tuple[_Parameter, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route parameters of a decoded path, None where the template does not fit."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values: dict[str, str] = {}
        for parameter, value in zip(self.parameters, found.groups(), strict=True):
            text = value or parameter.default  # an empty catch-all is no value
            if text is None:
                continue
            if not all(holds(text) for holds in parameter.constraints):
                return None
            values[parameter.name] = text
        return values


class RouteTable:
    """All routes of an app, in the order Azure tries them."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = sorted(routes, key=lambda route: route.function.upper())

    def match(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the name of the function that answers and its route parameters, None for a 404."""
        for route in self.routes:
            if route.methods and method not in route.methods:
                continue
            values = route.match(path)
            if values is not None:
                return route.function, values
        return None

    def shadowed(self) -> list[tuple[str, str]]:
        """Return (function, the one that answers in its place) for routes another one hides, here as on Azure."""
        hidden = []
        for route in self.routes:
            for method in sorted(route.methods) or ["GET"]:
                found = self.match(method, _literal_path(route.template))
                if found is not None and found[0] != route.function:
                    hidden.append((route.function, found[0]))
        return sorted(set(hidden))


def compile_route(function: str, template: str, methods: Iterable[str] | None, prefix: str = "api") -> Route:
    """Compile a function's route; without methods it answers all of them.

    Raises:
        ConfigError: the template breaks ASP.NET Core's rules, so that Azure could not load the function.
    """
    full = "/".join(part for part in (prefix.strip("/"), template) if part)
    parameters: list[_Parameter] = []
    pattern = ""
    segments = _segments(full.removesuffix("/"), function)
    for segment in segments:
        if parameters and parameters[-1].catch_all:
            raise ConfigError(f"function {function}: a catch-all must end the route {template!r}")
        pattern += _segment_pattern(segment, parameters, function)
    if len({parameter.name.lower() for parameter in parameters}) != len(parameters):
        raise ConfigError(f"function {function}: the route {template!r} names a parameter twice")
    compiled = re.compile(pattern + "/?", re.IGNORECASE | re.DOTALL)
    return Route(function, full, frozenset(m.upper() for m in methods or ()), compiled, tuple(parameters))


def _segments(template: str, function: str) -> list[list[str]]:
    """Split a template into segments of parts, each part a literal or `{...}`."""
    segments: list[list[str]] = [[""]]
    depth = 0
    for char in template:
        depth += (char == "{") - (char == "}")
        if char == "/" and depth == 0:
            segments.append([""])
        elif char == "{" and depth == 1:
            segments[-1].append("{")
        else:
            segments[-1][-1] += char
            if char == "}" and depth == 0:
                segments[-1].append("")
        if depth < 0:
            break
    parts = [[part for part in segment if part] for segment in segments]
    if depth or not all(parts):
        raise ConfigError(
            f"function {function}: the route {template!r} has an empty segment or an open brace"
        )
    return parts


def _segment_pattern(parts: list[str], parameters: list[_Parameter], function: str) -> str:
    if len(parts) == 1 and parts[0].startswith("{"):
        parameter = _parameter(parts[0], function)
        parameters.append(parameter)
        if parameter.catch_all:
            return "(?:/(.*))?"
        return "(?:/([^/]+))?" if parameter.optional or parameter.default is not None else "/([^/]+)"
    pattern = "/"
    for part in parts:
        if part.startswith("{"):
            parameters.append(_parameter(part, function))
            pattern += "([^/]+)"
        else:
            pattern += re.escape(part)
    return pattern


def _parameter(part: str, function: str) -> _Parameter:
    found = _PARAMETER.fullmatch(part[1:-1])
    if found is None:
        raise ConfigError(f"function {function}: {part!r} is no route parameter")
    texts = _split_constraints(found["constraints"] or "")
    return _Parameter(
        found["name"],
        tuple(constraint(text, function) for text in texts),
        found["default"],
        optional=bool(found["optional"]),
        catch_all=bool(found["stars"]),
    )


def _split_constraints(text: str) -> list[str]:
    """Split `:int:min(1)` at the colons outside parentheses."""
    return re.findall(r":((?:[^:(]|\((?:[^()]|\([^()]*\))*\))+)", text)


def _literal_path(template: str) -> str:
    """Return a path that only the template's literals decide: parameters stand for themselves."""
    return "/" + re.sub(r"\{[^}]*\}", "~", template)


def describe(routes: Iterable[Route]) -> Mapping[str, str]:
    """Return function name -> `METHODS /template`, for the start-up log."""
    return {r.function: f"{','.join(sorted(r.methods)) or 'any method'} /{r.template}" for r in routes}
