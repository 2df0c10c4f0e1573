"""What is deployed where, as tags of the repository: `deployed/<environment>/<time>` at the commit; the last counts.

A tag is made only when everything of a commit is there and smoke has passed. They are never moved: their list is the
environment's history, `git log deployed/prod/...` shows what is to come.
"""

from __future__ import annotations

from datetime import datetime

from infra.delivery.commands import DeliveryError, Run


def deployed(run: Run, environment: str) -> str:
    """The commit that an environment has.

    Raises:
        DeliveryError: nothing was ever delivered there.
    """
    if not (tags := _tags(run, environment)):
        raise DeliveryError(f"nothing was ever delivered to {environment}")
    return run("git", "rev-list", "-n", "1", tags[0]).strip()


def held(run: Run, environment: str) -> str:
    """The commit that an environment has, which the checkout holds; "" where nothing was ever delivered.

    Raises:
        DeliveryError: the checkout is older, or beside it: delivering it would take back what is there unasked.
    """
    if not _tags(run, environment):
        return ""
    there = deployed(run, environment)
    if run("git", "merge-base", "HEAD", there).strip() != there:
        raise DeliveryError(
            f"{environment} has {there}, which this checkout does not hold: roll back instead"
        )
    return there


def was_deployed(run: Run, environment: str, commit: str) -> bool:
    """Whether an environment has ever had this commit."""
    return bool(run("git", "tag", "--list", f"deployed/{environment}/*", "--points-at", commit).split())


def record(run: Run, environment: str, commit: str, moment: datetime) -> str:
    """Note that an environment has a commit, in the repository that `origin` is; the tag's name."""
    tag = f"deployed/{environment}/{moment:%Y-%m-%dT%H-%M-%SZ}"
    run("git", "tag", tag, commit)
    run("git", "push", "origin", f"refs/tags/{tag}")
    return tag


def _tags(run: Run, environment: str) -> list[str]:
    """The last one first."""
    return run("git", "tag", "--list", f"deployed/{environment}/*", "--sort=-refname").split()
