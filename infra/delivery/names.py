"""The functions a deployment has against those the code has.

An import error makes every function vanish while the deployment stays green (azure-functions-host #11915).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache


@cache  # azure.functions lists an app's functions only once
def expected_names() -> frozenset[str]:
    """The functions of function_app.py, indexed here as Azure does it there."""
    import function_app

    return frozenset(str(function.get_function_name()) for function in function_app.app.get_functions())


def compare(expected: Iterable[str], listed: Iterable[str]) -> str:
    """What is missing and what is too much, "" when the lists are equal.

    Args:
        expected: the code's.
        listed: Azure's, each with the app's name before it (`app/function`) or without.
    """
    wanted, found = set(expected), {name.rsplit("/", maxsplit=1)[-1] for name in listed}
    parts = [("missing", wanted - found), ("unknown", found - wanted)]
    return "; ".join(f"{word}: {', '.join(sorted(names))}" for word, names in parts if names)
