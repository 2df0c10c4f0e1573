"""A template shown before it is used: given values, samples for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.templates.language import CompiledTemplate
from generation.templates.page_shell import render_page
from generation.templates.requests import PreviewImage, TemplatePreview
from generation.templates.schema import check_values, fit_values
from generation.templates.slots import ImageRef, Slot, image_keys
from generation.templates.theme import parse_theme
from shared.errors import FieldIssue, FieldsError

_EMPTY: tuple[object, ...] = (None, "", [])
_WIDTH = 1200


@dataclass(frozen=True, slots=True)
class _Template:
    slots: tuple[Slot, ...]


def preview(title: str, template: CompiledTemplate, wish: TemplatePreview) -> str:
    """The block as a complete, sanitised document.

    Raises:
        FieldsError: values, pictures or a theme that do not fit; an empty value is shown as such.
    """
    values = filled(template.slots, wish.slots)
    images = _images(template.slots, values, wish.images)
    theme = parse_theme(wish.theme)
    return render_page(title, theme, [template.render(values, images, theme)])


def filled(slots: tuple[Slot, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, and trimmed samples for the slots it does not name.

    Raises:
        FieldsError: what is given does not fit; `loc` is a path such as `slots.items.0.title`.
    """
    samples = fit_values(_Template(slots), {slot.name: slot.sample for slot in slots})
    told = {name: value for name, value in given.items() if value not in _EMPTY}
    issues = [
        FieldIssue(f"slots.{issue.loc}", issue.msg)
        for issue in check_values(_Template(slots), {**samples, **told})
        if issue.loc.split(".")[0] in told
    ]
    unknown = given.keys() - told.keys() - {slot.name for slot in slots}
    issues += [FieldIssue(f"slots.{name}", "the template has no such slot") for name in sorted(unknown)]
    if issues:
        raise FieldsError(issues)
    return {**samples, **given}


def _images(
    slots: tuple[Slot, ...], values: Mapping[str, Any], given: Mapping[str, PreviewImage]
) -> dict[str, ImageRef]:
    places = dict(image_keys(slots, values))
    if unknown := sorted(given.keys() - places.keys()):
        raise FieldsError(
            [FieldIssue(f"images.{key}", "the template has no such picture") for key in unknown]
        )
    return {key: _picture(places[key], image) for key, image in given.items()}


def _picture(slot: Slot, image: PreviewImage) -> ImageRef:
    across, down = (int(part) for part in slot.ratio.split(":"))
    width = image.width or _WIDTH
    return ImageRef(str(image.url), image.alt or slot.label, width, image.height or width * down // across)
