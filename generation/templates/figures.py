"""What GET .../usage answers: how often a template or a set was used, with what outcome, and its A/B tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generation.templates import experiment_rows, set_rows, template_rows, usage
from generation.templates.evidence import ALPHA, evidence

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_MAX_TESTS = 20
# What is counted for a goal. Kept means not edited: there an edit is the event, and fewer are better.
_EVENT = {"exported": "exported", "liked": "liked", "kept": "edited"}


def of_template(cursor: Cursor, template_id: str) -> dict[str, Any]:
    """Uses of a template, and the tests of the sets that hold it.

    Raises:
        NotFoundError: no such template.
    """
    template = template_rows.get(cursor, template_id)
    used = usage.of_template(cursor, template_id)
    sets = [one["template_set_id"] for one in used["sets"]]
    named = {name: template[name] for name in ("template_id", "version", "status")}
    return {**named, **used, "experiments": _tests(cursor, sets)}


def of_set(cursor: Cursor, template_set_id: str) -> dict[str, Any]:
    """Uses of a set, and its tests.

    Raises:
        NotFoundError: no such set.
    """
    found = set_rows.get(cursor, template_set_id)
    named = {name: found[name] for name in ("template_set_id", "version", "status")}
    tests = _tests(cursor, [template_set_id])
    return {**named, **usage.of_set(cursor, template_set_id), "experiments": tests}


def _tests(cursor: Cursor, template_set_ids: list[str]) -> list[dict[str, Any]]:
    tests = experiment_rows.of_sets(cursor, template_set_ids, _MAX_TESTS)
    return [judged(test, usage.of_experiment(cursor, test["experiment_id"])) for test in tests]


def judged(test: dict[str, Any], sides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A test with its sides' figures and what they prove.

    Args:
        test: as experiment_rows gives it.
        sides: outcomes by `a` and `b`.
    """
    event = _EVENT[test["goal"]]
    found = evidence(sides["a"][event], sides["b"][event], test["share"])
    pages = evidence(sides["a"]["pages"], sides["b"]["pages"], test["share"])
    return {
        **test,
        "variants": sides,
        "result": {
            "event": event,
            "lift": found.lift,
            "lift_low": found.low,
            "lift_high": found.high,
            "confidence": 1 - ALPHA,
            "p_value": found.p_value,
            "better": _better(test["goal"], found.p_value, found.low),
            "share_p_value": pages.p_value,
        },
    }


def _better(goal: str, p_value: float, low: float) -> str | None:
    if p_value > ALPHA:
        return None
    more = "b" if low >= 1 else "a"
    fewer = "a" if more == "b" else "b"
    return fewer if goal == "kept" else more
