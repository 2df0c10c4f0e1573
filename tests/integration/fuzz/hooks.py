"""What schemathesis cannot draw by chance: ids of things that are there, sources in our language, real pictures.

Loaded by the test tool itself (SCHEMATHESIS_HOOKS). Drawn values stay as they are wherever a case is meant to be
wrong in them, so a wrong body meets a real page, and a right one is not refused for naming nothing.
"""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import strategies
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

MATERIAL: dict[str, Any] = json.loads(Path(os.environ["FUZZ_MATERIAL"]).read_text("utf-8"))
ONE_IN = 8  # of the drawn paths stay: what does not exist must be a 404
LIBRARY = ("/templates", "/template-sets", "/categories")
PLACES = {
    ParameterLocation.PATH,
    ParameterLocation.QUERY,
    ParameterLocation.HEADER,
    ParameterLocation.BODY,
}

# The one file the API takes is a picture.
schemathesis.openapi.format("binary", strategies.just(Path(MATERIAL["photo"]).read_bytes()))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put real things where the case is meant to be right."""
    wrong = _wrong(case)
    library = case.path.startswith(LIBRARY)
    if ParameterLocation.PATH not in wrong:
        _real_path(case)
    if ParameterLocation.QUERY not in wrong and library and case.query:
        case.query.pop("cursor", None)  # opaque, and each list has its own
    if ParameterLocation.BODY not in wrong and isinstance(case.body, dict):
        _real_body(case, library=library)


def _wrong(case: Any) -> set[ParameterLocation]:
    """Where the case is meant to be wrong; everywhere, when it does not say where."""
    if case.meta is None or case.meta.generation.mode.is_positive:
        return set()
    return {place for place in PLACES if case.meta.is_negative_at(place)} or PLACES


def _real_path(case: Any) -> None:
    parameters = case.path_parameters or {}
    for name in parameters.keys() & MATERIAL["path"].keys():
        # What a step before has made keeps its own id.
        if case.meta is not None and case.meta.phase.name is not TestPhase.STATEFUL:
            drawn = sum(str(parameters[name]).encode()) % ONE_IN == 0
            parameters[name] = parameters[name] if drawn else MATERIAL["path"][name]


def _real_body(case: Any, *, library: bool) -> None:
    body = case.body
    real = MATERIAL["body"] | (MATERIAL["library"] if library else {})
    for name in body.keys() & real.keys():
        if body[name] is not None:
            body[name] = real[name]
    if case.method == "PUT" and "template_html" in body:
        body.setdefault(
            "metadata", None
        )  # what was said of the old source's slots need not fit the new one's
    if case.path == "/generation/upload-image" and "image_url" in body:
        body["image_url"] = MATERIAL["photo_url"]
    if case.method == "PATCH":
        _real_edit(body)


def _real_edit(body: dict[str, Any]) -> None:
    """An edit of the page as it is: its own blocks in a drawn number, no slots that its templates do not have."""
    page = httpx.get(MATERIAL["page_url"], headers=MATERIAL["headers"], timeout=20).json()
    body["base_version"] = page["version"]
    if body.get("blocks"):
        body["blocks"] = [
            {"block_id": real["block_id"], "slots": {}}
            for real, _ in zip(page["blocks"], body["blocks"], strict=False)
        ]
    if body.get("theme"):
        body["theme"] = {name: value for name, value in body["theme"].items() if name in {"radius", "font"}}
