"""A template's source and metadata, checked before anything of it is stored or shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.templates.language import CompiledTemplate, compile_template
from generation.templates.schema import check_values
from generation.templates.slots import Slot
from generation.templates.syntax import SyntaxProblem, TemplateSyntaxIssue
from shared.errors import FieldIssue, FieldsError

MAX_METADATA_BYTES = 64 * 1024
_SOURCES = ("facts", "model")
# The seed's own note in metadata and themes, never shown (generation.templates.seed).
MARK = "library_sha256"


@dataclass(frozen=True, slots=True)
class _Only:
    """One slot, as check_values wants it."""

    slots: tuple[Slot, ...]


def checked_template(source: str, metadata: Mapping[str, Any]) -> CompiledTemplate:
    """`source` compiled; takes up to a tenth of a second for the largest: run it on a thread.

    Raises:
        TemplateSyntaxIssue: the source is outside the language, or empty.
        FieldsError: the metadata does not fit it, is too large, or holds samples that do not fit their slots.
    """
    import orjson

    if len(orjson.dumps(metadata)) > MAX_METADATA_BYTES:
        raise FieldsError([FieldIssue("metadata", f"holds at most {MAX_METADATA_BYTES} bytes of JSON")])
    if not source.strip():
        raise TemplateSyntaxIssue([SyntaxProblem(1, 1, "an empty template shows nothing")])
    if metadata.get("source", "model") not in _SOURCES:
        raise FieldsError([FieldIssue("metadata.source", f"one of {', '.join(_SOURCES)}")])
    compiled = compile_template(source, metadata)
    if issues := _sample_issues(compiled.slots, metadata.get("slots", {}), "metadata.slots"):
        raise FieldsError(issues, "The template's metadata is not valid.")
    return compiled


def _sample_issues(slots: Sequence[Slot], given: Mapping[str, Any], loc: str) -> list[FieldIssue]:
    """What is wrong with the samples the author gave; those the vocabulary gives are only trimmed."""
    issues = []
    for slot in slots:
        about = given.get(slot.name, {})
        if "sample" in about and about["sample"] is not None:
            found = check_values(_Only((slot,)), {slot.name: about["sample"]})
            start = f"{loc}.{slot.name}.sample"
            issues += [FieldIssue(start + issue.loc.removeprefix(slot.name), issue.msg) for issue in found]
        issues += _sample_issues(slot.fields, about.get("fields", {}), f"{loc}.{slot.name}.fields")
    return issues


def without_mark(data: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata or a theme as people see it."""
    return {key: value for key, value in data.items() if key != MARK}
