"""A new picture for a block: the seller's real photo in a scene of the plan's."""

from __future__ import annotations

from generation.images.editing import Translation, is_korean, translate
from generation.images.pictures import KeptImage, Pictures, picture_id
from generation.pages.plan import PlannedBlock
from generation.pages.selection import picture_ratio
from generation.ports import TextModel
from generation.prompts import prompt
from generation.tasks.run import Run
from generation.templates.models import Template


async def make_scene(
    run: Run,
    text: TextModel,
    pictures: Pictures,
    template: Template,
    block: PlannedBlock,
    original: KeptImage,
) -> KeptImage | None:
    """The block's scene as a step of `run`; None, and a warning, where it cannot be made.

    Raises:
        AppError: what an optional step raises: the run must stop, or wait for what is ours.
    """
    key = f"image:{block.template_id}"
    scene = await _in_english(run, text, key, block.image_prompt or "")
    if scene is None:
        return None
    return await run.optional_step(
        key,
        KeptImage,
        lambda meter: pictures.changed(
            original,
            prompt("scene", scene=scene),
            picture_ratio(template),
            image_id=picture_id(run.lease.task_id, key),
            owner=run.lease.owner,
            meter=meter,
        ),
        f"'{template.name}' 이미지를 만들었어요",
        otherwise="image_failed",
    )


async def _in_english(run: Run, text: TextModel, key: str, scene: str) -> str | None:
    """The scene as image models understand it: plans are to describe it in English, but not all do."""
    if not is_korean(scene):
        return scene
    run.expect_more()
    step = await run.optional_step(
        f"{key}:english",
        Translation,
        lambda meter: translate(text, scene, meter),
        "이미지 설명을 옮겼어요",
        otherwise="image_failed",
    )
    return step.english if step else None
