"""What is told of the use of templates and sets: pages, what sellers did with them, and tests."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from generation.openapi.library_answers import Experiment
from generation.templates.requests import Status

_Count = Annotated[int, Field(ge=0)]
_Probability = Annotated[float, Field(ge=0, le=1)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Outcomes(_Answer):
    """Pages by what became of them; `rating` is the mean of 1 to 5. A page counts once."""

    kept: _Count
    edited: _Count
    exported: _Count
    rated: _Count
    liked: _Count
    rating: Annotated[float, Field(ge=1, le=5)] | None


class SideOutcomes(Outcomes):
    """Outcomes of one side of a test."""

    pages: _Count


class Verdict(_Answer):
    """What a test proves so far, valid at any moment; `better` is a side once one is."""

    event: Literal["exported", "liked", "edited"]
    lift: float | None
    lift_low: float
    lift_high: float | None
    confidence: _Probability
    p_value: _Probability
    better: Literal["a", "b"] | None
    share_p_value: _Probability


class JudgedExperiment(Experiment):
    """A test with the figures of its sides: `a` the set itself, `b` the variant."""

    template_set_id: str
    variants: dict[Literal["a", "b"], SideOutcomes]
    result: Verdict


class _Usage(_Answer):
    status: Status
    version: _Count
    pages: _Count
    last_used_at: datetime | None
    outcomes: Outcomes
    experiments: list[JudgedExperiment]


class VersionUse(_Answer):
    """Pages made of one version."""

    version: _Count
    pages: _Count


class HoldingSet(_Answer):
    """A set that holds the template."""

    template_set_id: str
    name: str
    status: Status
    is_default: bool


class TemplateUsage(_Usage):
    """Uses of a template, by version too, and the sets that hold it."""

    template_id: str
    versions: list[VersionUse]
    sets: list[HoldingSet]


class TemplateSetUsage(_Usage):
    """Uses of a set."""

    template_set_id: str
