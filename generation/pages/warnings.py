"""What a seller is told of a page that is made all the same: claims that stay, blocks that are left out."""

from __future__ import annotations

from collections.abc import Iterable

from generation.claims.check import Finding, worst_first
from generation.tasks.explanations import explain


def claim_warnings(findings: Iterable[Finding], step: str) -> list[dict[str, str]]:
    """A task's warnings for what the step's copy claims and no fact backs, the worst first."""
    return [
        {
            "code": "unbacked_claim",
            "message": finding.message,
            "message_en": finding.message_en,
            "step": step,
            "slot": finding.slot,
            "text": finding.text,
        }
        for finding in worst_first(findings)
    ]


def left_out_warnings(names: Iterable[str]) -> list[dict[str, str]]:
    """A task's warnings for blocks the seller chose and that would have to be invented; `names` of their templates."""
    return [{**explain("no_reviews"), "step": "templates", "text": name} for name in names]
