"""Which templates a page gets when nobody chose any, and why.

The set of the category whose blocks show most of what is known and whose pages sellers kept using; without the blocks
there are no facts for, and with a block for facts that the set has no place for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generation.templates.coverage import KnownFact, feeding, has_facts
from generation.templates.models import Template, TemplateSet
from generation.templates.theme import Theme
from generation.templates.usage import TrackRecord
from shared.errors import NotFoundError

MAX_BLOCKS = 12
# Where a block that is added goes, after those of its set: facts, then duties, then what happens when it goes wrong.
_ORDER = (
    "introduction", "story", "key_features", "gallery", "how_to_use", "comparison", "ingredients", "size_chart",
    "specification", "cautions", "faq", "product_notice", "shipping_returns", "recycling_guide", "closing",
)  # fmt: skip
_DEFAULT_BONUS = 0.2  # between equals the editors' default wins, a clearly better record beats it
# A template nobody has used yet counts as one that was used four times, once with success.
_PRIOR_GOOD, _PRIOR_PAGES = 1, 4
_SPOKEN = 10  # pages from which on a record is told as a reason
_NAMED_FACTS = 3


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Templates in order, and for the seller, in Korean, why each is there."""

    template_set_id: str
    template_ids: tuple[str, ...]
    theme: Theme
    why: Mapping[str, str]


def recommend(
    category: str | None,
    facts: Sequence[KnownFact],
    templates: Sequence[Template],
    sets: Sequence[TemplateSet],
    usage: Mapping[str, TrackRecord],
) -> Recommendation:
    """The templates for a product of this category of which these facts are known.

    Args:
        category: None if it is not known.
        facts: everything known.
        templates: the active ones.
        sets: the active ones.
        usage: records by template; those missing have none.

    Raises:
        NotFoundError: no set has a template for this.
    """
    there = {one.template_id: one for one in templates if one.category_id in {None, category}}
    sets = [one for one in _of_category(category, sets) if _kept(one, there, facts)]
    if not sets:
        raise NotFoundError("no template set fits")
    # The set of most points; of equal ones the first by id, so that the answer never depends on the order given.
    chosen = min(sets, key=lambda one: (-_points(one, there, facts, usage), one.template_set_id))
    kept = _kept(chosen, there, facts)
    added = _added(kept, list(there.values()), facts, usage)
    why = {one.template_id: _why(one, chosen, facts, usage, added=one in added) for one in [*kept, *added]}
    listed = [one.template_id for one in _ordered(kept, added)]
    return Recommendation(
        chosen.template_set_id, tuple(listed), chosen.theme, {one: why[one] for one in listed}
    )


def _of_category(category: str | None, sets: Sequence[TemplateSet]) -> list[TemplateSet]:
    own = [one for one in sets if category is not None and one.category_id == category]
    return own or [one for one in sets if one.category_id is None]


def _kept(
    template_set: TemplateSet, there: Mapping[str, Template], facts: Sequence[KnownFact]
) -> list[Template]:
    found = [there[one] for one in template_set.template_ids if one in there]
    return [one for one in found if has_facts(one, facts)]


def _points(
    template_set: TemplateSet,
    there: Mapping[str, Template],
    facts: Sequence[KnownFact],
    usage: Mapping[str, TrackRecord],
) -> float:
    kept = _kept(template_set, there, facts)
    wanted = {one.block_type for one in there.values() if feeding(one, facts)}
    shown = {one.block_type for one in kept} & wanted
    coverage = len(shown) / len(wanted) if wanted else 1.0
    success = sum(_success(one, usage) for one in kept) / len(kept)
    return coverage + success + (_DEFAULT_BONUS if template_set.is_default else 0.0)


def _success(template: Template, usage: Mapping[str, TrackRecord]) -> float:
    record = usage.get(template.template_id, TrackRecord(0, 0))
    return (record.good + _PRIOR_GOOD) / (record.pages + _PRIOR_PAGES)


def _added(
    kept: Sequence[Template],
    there: Sequence[Template],
    facts: Sequence[KnownFact],
    usage: Mapping[str, TrackRecord],
) -> list[Template]:
    """For each kind of facts without a block, the template of that block with the best record."""
    best: dict[str, Template] = {}
    covered = {one.block_type for one in kept}
    for one in sorted(there, key=lambda one: (-_success(one, usage), one.template_id)):
        if one.block_type not in covered and feeding(one, facts):
            best.setdefault(one.block_type, one)
    return sorted(best.values(), key=_place)[: max(0, MAX_BLOCKS - len(kept))]


def _place(template: Template) -> int:
    return _ORDER.index(template.block_type) if template.block_type in _ORDER else len(_ORDER)


def _ordered(kept: Sequence[Template], added: Sequence[Template]) -> list[Template]:
    """The set's own order, each addition behind the last block that usually stands before it."""
    listed = list(kept)
    for one in added:
        before = [number for number, other in enumerate(listed) if _place(other) <= _place(one)]
        listed.insert(before[-1] + 1 if before else 0, one)
    return listed


def _why(
    template: Template,
    chosen: TemplateSet,
    facts: Sequence[KnownFact],
    usage: Mapping[str, TrackRecord],
    *,
    added: bool,
) -> str:
    parts = [
        f"'{chosen.name}' 구성에 없는 정보를 더했습니다." if added else f"'{chosen.name}' 구성에 있습니다."
    ]
    if stated := feeding(template, facts):
        names = ", ".join(dict.fromkeys(fact.name for fact in stated[:_NAMED_FACTS]))
        parts.append(f"알려진 사실 {len(stated)}가지를 보여 줍니다: {names}.")
    record = usage.get(template.template_id)
    if record and record.pages >= _SPOKEN:
        parts.append(
            f"최근 {record.pages}개 페이지 중 {record.good}개가 판매에 쓰였거나 좋은 평가를 받았습니다."
        )
    return " ".join(parts)
