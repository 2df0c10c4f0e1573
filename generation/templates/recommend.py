"""Which templates a page gets when nobody chose any, and why.

The set of the category whose blocks show most of what is known, whose pages sellers kept using, and whose description
is nearest to the product's; without the blocks there are no facts for, and with a block for facts that the set has no
place for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generation.templates.coverage import KnownFact, feeding, has_facts, stated
from generation.templates.models import Template, TemplateSet
from generation.templates.nearness import NOTHING_KNOWN, Nearness, shares
from generation.templates.theme import Theme
from generation.templates.usage import TrackRecord
from shared.errors import NotFoundError

MAX_BLOCKS = 12
# Where a block that is added goes, after those of its set: facts, then duties, then what happens when it goes wrong.
_ORDER = (
    "introduction", "story", "key_features", "gallery", "reviews",
    "how_to_use", "comparison", "ingredients", "size_chart",
    "specification", "cautions", "faq", "product_notice", "shipping_returns", "recycling_guide", "closing",
)  # fmt: skip
_DEFAULT_BONUS = 0.2  # between equals the editors' default wins, a clearly better record beats it
# A template nobody has used yet counts as one that was used four times, once with success.
_PRIOR_GOOD, _PRIOR_PAGES = 1, 4
_NEAR = 0.3  # of the nearest description over the farthest: less than half the facts shown
_SPOKEN = 10  # pages from which on a record is told as a reason,
_SPEAKS_FOR = 0.3  # if at least this share of them was good
_NAMED_FACTS = 3


@dataclass(frozen=True, slots=True)
class _Known:
    """What a choice rests on."""

    facts: Sequence[KnownFact]
    usage: Mapping[str, TrackRecord]
    near: Nearness


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
    near: Nearness = NOTHING_KNOWN,
) -> Recommendation:
    """The templates for a product of this category of which these facts are known.

    Args:
        category: None if it is not known.
        facts: everything known.
        templates: the active ones.
        sets: the active ones.
        usage: records by template; those missing have none.
        near: how near descriptions are to the product, if that is known.

    Raises:
        NotFoundError: no set has a template for this.
    """
    known = _Known(facts, usage, near)
    there = {one.template_id: one for one in templates if one.category_id in {None, category}}
    sets = [one for one in _of_category(category, sets) if _kept(one, there, facts)]
    if not sets:
        raise NotFoundError("no template set fits")
    nearer = shares(near.sets, (one.template_set_id for one in sets))
    # The set of most points; of equal ones the first by id, so that the answer never depends on the order given.
    chosen = min(sets, key=lambda one: (-_points(one, there, known, nearer), one.template_set_id))
    kept = _kept(chosen, there, facts)
    added = _added(kept, list(there.values()), known)
    listed = _ordered(kept, added)
    nearest = nearer.get(chosen.template_set_id) == 1
    why = {
        one.template_id: _why(one, chosen, listed, known, added=one in added, nearest=nearest)
        for one in listed
    }
    return Recommendation(chosen.template_set_id, tuple(why), chosen.theme, why)


def _of_category(category: str | None, sets: Sequence[TemplateSet]) -> list[TemplateSet]:
    own = [one for one in sets if category is not None and one.category_id == category]
    return own or [one for one in sets if one.category_id is None]


def _kept(
    template_set: TemplateSet, there: Mapping[str, Template], facts: Sequence[KnownFact]
) -> list[Template]:
    found = [there[one] for one in template_set.template_ids if one in there]
    return [one for one in found if has_facts(one, facts)]


def _points(
    template_set: TemplateSet, there: Mapping[str, Template], known: _Known, nearer: Mapping[str, float]
) -> float:
    kept = _kept(template_set, there, known.facts)
    wanted = {one.block_type for one in there.values() if feeding(one, known.facts)}
    shown = {one.block_type for one in kept} & wanted
    coverage = len(shown) / len(wanted) if wanted else 1.0
    success = sum(_success(one, known.usage) for one in kept) / len(kept)
    fit = _NEAR * nearer.get(template_set.template_set_id, 0.0)
    return coverage + success + fit + (_DEFAULT_BONUS if template_set.is_default else 0.0)


def _success(template: Template, usage: Mapping[str, TrackRecord]) -> float:
    record = usage.get(template.template_id, TrackRecord(0, 0))
    return (record.good + _PRIOR_GOOD) / (record.pages + _PRIOR_PAGES)


def _added(kept: Sequence[Template], there: Sequence[Template], known: _Known) -> list[Template]:
    """For each kind of facts without a block, the template of that block with the best record, or the nearest."""
    covered = {one.block_type for one in kept}
    waiting: dict[str, list[Template]] = {}
    for one in there:
        if one.block_type not in covered and feeding(one, known.facts):
            waiting.setdefault(one.block_type, []).append(one)
    best = [_best(alike, known) for alike in waiting.values()]
    return sorted(best, key=_place)[: max(0, MAX_BLOCKS - len(kept))]


def _best(alike: Sequence[Template], known: _Known) -> Template:
    nearer = shares(known.near.templates, (one.template_id for one in alike))
    return min(
        alike,
        key=lambda one: (
            -_success(one, known.usage) - _NEAR * nearer.get(one.template_id, 0.0),
            one.template_id,
        ),
    )


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
    page: Sequence[Template],
    known: _Known,
    *,
    added: bool,
    nearest: bool,
) -> str:
    parts = [
        f"'{chosen.name}' 구성에 없는 정보를 더했습니다." if added else f"'{chosen.name}' 구성에 있습니다."
    ]
    if nearest and not added:
        parts.append("상품 설명과 가장 가까운 구성입니다.")
    if shown := stated(template, known.facts, page):
        names = ", ".join(list(dict.fromkeys(fact.name for fact in shown))[:_NAMED_FACTS])
        parts.append(f"알려진 사실을 보여 줍니다: {names}.")
    record = known.usage.get(template.template_id)
    if record and record.pages >= _SPOKEN and record.good >= _SPEAKS_FOR * record.pages:
        parts.append(
            f"최근 {record.pages}개 페이지 중 {record.good}개가 판매에 쓰였거나 좋은 평가를 받았습니다."
        )
    return " ".join(parts)
