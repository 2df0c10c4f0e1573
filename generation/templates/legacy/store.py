"""Drafts of translated templates in PostgreSQL: each row by itself, and the same file twice changes nothing.

A draft remembers under `legacy` in its metadata the row it came from and what it was given. So a row that has changed
in the old service becomes a new version, and a draft that somebody has edited since stays theirs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from generation.templates import authoring, template_rows
from generation.templates.category_words import match_category
from generation.templates.legacy.table import Row
from generation.templates.legacy.translate import Translation
from generation.templates.requests import NewTemplate, TemplateChange
from shared.errors import NotFoundError
from shared.http import validated

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

PROVENANCE = "legacy"
SAVED_BY = "legacy import"
type Outcome = Literal["added", "updated", "unchanged", "kept"]

# What the old service called kinds of blocks, by the library's own words.
_BLOCK_TYPES: Mapping[str, str] = {
    "introduction": "intro hero header main banner 소개 인트로 메인 도입 상단",
    "key_features": "feature features key_feature benefit benefits point 특징 장점 포인트 핵심특징",
    "story": "description detail brand_story 스토리 상세 설명 브랜드스토리",
    "how_to_use": "usage use guide howto how_to 사용법 사용방법 이용방법",
    "specification": "spec specs product_info info 스펙 사양 제품정보 상품정보",
    "size_chart": "size sizes 사이즈 사이즈표 치수",
    "ingredients": "ingredient 성분 원재료 전성분",
    "product_notice": "notice 고시 상품정보제공고시 정보고시",
    "reviews": "review 후기 리뷰",
    "faq": "qna qa question 질문 자주묻는질문",
    "shipping_returns": "shipping delivery return 배송 교환 반품 배송안내",
    "recycling_guide": "recycling packaging 분리배출 재활용",
    "cautions": "caution warning 주의 주의사항 유의사항",
    "comparison": "compare 비교 비교표",
    "gallery": "images photos 갤러리 사진",
    "closing": "cta footer outro 마무리 하단",
}
_KINDS = {name: kind for kind, names in _BLOCK_TYPES.items() for name in (kind, *names.split())}
_NOT_IN_ID = re.compile(r"[^a-z0-9_-]+")
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 32
_PLAIN_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A row, ready to be stored.

    Attributes:
        new: the template.
        digest: of the row and of what it was translated to.
    """

    new: NewTemplate
    digest: str


def draft(row: Row, translation: Translation, categories: Mapping[str, str]) -> Draft:
    """The template of a row; what had to be guessed is added to the row's changes.

    Args:
        row: of the file.
        translation: its template.
        categories: ids of the library's categories by id and by name.

    Raises:
        FieldsError: a name or a description is too long, or of characters nobody can read.
    """
    cells = row.cells
    kind = _kind(row)
    fields = {
        "template_id": template_id(row),
        "block_type": kind,
        "name": cells["name"] or f"이전 템플릿 {cells['id'] or row.number} ({kind})",
        "description": cells["description"],
        "category_id": _category(row, categories),
        "template_html": translation.html,
        "status": "draft",
    }
    source = hashlib.sha256(
        json.dumps([cells, fields], sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()
    legacy = {"id": cells["id"][:200], "row": row.number, "sha256": source}
    new = validated(NewTemplate, {**fields, "metadata": {**translation.metadata, "legacy": legacy}})
    return Draft(new, source)


def template_id(row: Row) -> str:
    """`legacy-` and the old id, with a digest where it is not letters, digits, `-` and `_` already.

    Without an id, a digest of the template itself.
    """
    old = row.cells["id"]
    if _PLAIN_ID.fullmatch(old):
        return f"legacy-{old}"
    digest = hashlib.sha256((old or row.cells["html"]).encode("utf-8", "replace")).hexdigest()[:12]
    plain = _NOT_IN_ID.sub("-", old.casefold()).strip("-_")[:_LONGEST_ID]
    return f"legacy-{plain}-{digest}" if plain else f"legacy-{digest}"


def store(cursor: Cursor, wanted: Draft, *, dry_run: bool = False) -> Outcome:
    """Bring a draft to what its row says, in the caller's transaction.

    Raises:
        FieldsError: its category has gone meanwhile.
    """
    try:
        current = template_rows.get(cursor, wanted.new.template_id or "")
    except NotFoundError:
        if not dry_run:
            authoring.create(cursor, wanted.new, SAVED_BY, provenance=PROVENANCE)
        return "added"
    if current["provenance"] != PROVENANCE or _is_edited(cursor, current):
        return "kept"
    if current["metadata"].get("legacy", {}).get("sha256") == wanted.digest:
        return "unchanged"
    if not dry_run:
        authoring.change(cursor, _changed(current, wanted.new), SAVED_BY, "imported again")
    return "updated"


def _is_edited(cursor: Cursor, current: Mapping[str, Any]) -> bool:
    """Whether somebody else than an import saved the newest version, or made it more than a draft."""
    cursor.execute(
        "select saved_by from template_versions where template_id = %s and version = %s",
        (current["template_id"], current["version"]),
    )
    row = cursor.fetchone()
    return row is None or row["saved_by"] != SAVED_BY or current["status"] != "draft"


def _changed(current: dict[str, Any], new: NewTemplate) -> dict[str, Any]:
    content = new.model_dump(exclude={"template_id"})
    return authoring.merged(current, TemplateChange(version=current["version"], **content))


def _kind(row: Row) -> str:
    old = row.cells["block_type"]
    plain = re.sub(r"[\s-]+", "_", old.casefold())
    kind = _KINDS.get(plain) or _KINDS.get(plain.replace("_", ""))
    if kind is None:
        ascii_name = _OTHER.sub("_", plain).strip("_")[:40] if plain.isascii() else ""
        kind = ascii_name if ascii_name[:1].isalpha() else "story"
        row.changes.append(
            f"block type {old[:40] or '(none)'} became {kind}: nothing in the library is called so"
        )
    elif kind != old:
        row.changes.append(f"block type {old[:40]} became {kind}")
    return kind


def _category(row: Row, categories: Mapping[str, str]) -> str | None:
    old = row.cells["category"]
    if not old:
        return None
    guess = match_category(old) or ""
    found = categories.get(old) or categories.get(old.casefold()) or categories.get(guess)
    if found is None:
        row.changes.append(f"category {old[:40]} is unknown: the template is for every category")
    elif found != old:
        row.changes.append(f"category {old[:40]} became {found}")
    return found
