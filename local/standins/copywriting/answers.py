"""The content of a chat answer, by what is asked: a plan, a block, a description, a translation, fields, or talk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from local.standins.copywriting.bank import load_bank
from local.standins.copywriting.kinds import kind_of_block
from local.standins.copywriting.planner import Planner
from local.standins.copywriting.reading import Reading, read_messages
from local.standins.copywriting.schema_fill import Filler, Speaker
from local.standins.copywriting.voice import Voice
from local.standins.copywriting.writer import Writer


def answer_to(body: dict[str, Any], endpoint: str, seed: str, images: Sequence[bytes]) -> str:
    """The assistant's content for a checked chat request.

    Args:
        body: the request.
        endpoint: plan, block, vision, translate or chat.
        seed: equal seeds give equal answers.
        images: the pictures in the messages.
    """
    reading = read_messages(body["messages"])
    asked = body.get("response_format") or {}
    schema = asked.get("json_schema", {}).get("schema") if asked.get("type") == "json_schema" else None
    name = asked.get("json_schema", {}).get("name", "") if schema else ""
    speaker = speaker_for(endpoint, reading, seed, images, name, schema or {})
    if schema is not None:
        return _dump(Filler(schema, speaker, Random(seed)).fill())
    text = speaker.text("body", None) or ""
    return _dump({"answer": text}) if asked.get("type") == "json_object" else text


def speaker_for(
    endpoint: str, reading: Reading, seed: str, images: Sequence[bytes], name: str, schema: dict[str, Any]
) -> Speaker:
    """Who fills the answer's fields."""
    if endpoint == "vision" or (endpoint == "chat" and images):
        from local.standins.copywriting.onlooker import Onlooker

        return Onlooker(reading, images, seed)
    if name == "facts":
        from local.standins.copywriting.clerk import Clerk

        written = reading.data.get("product_data")
        return Clerk(written if isinstance(written, str) else reading.text)
    if endpoint == "translate":
        from local.standins.copywriting.translator import Translator

        return Translator(reading)
    bank = load_bank()
    if endpoint == "plan":
        return Planner(reading, bank, seed, _offered_templates(schema))
    block = reading.block
    hints = (str(block.get(key) or "") for key in ("block_type", "template_name", "template", "name"))
    return Writer(Voice(reading, bank, kind_of_block(*hints, name.removeprefix("block")), seed))


def _offered_templates(schema: Any, depth: int = 0) -> list[str]:
    """The values that a `template_id` may have, if the schema lists them."""
    if depth > 12 or not isinstance(schema, dict | list):  # noqa: PLR2004 - deeper than any schema accepted
        return []
    if isinstance(schema, list):
        return next(filter(None, (_offered_templates(each, depth + 1) for each in schema)), [])
    node = schema.get("template_id")
    if isinstance(node, dict) and isinstance(node.get("enum"), list):
        return [each for each in node["enum"] if isinstance(each, str)]
    return next(filter(None, (_offered_templates(each, depth + 1) for each in schema.values())), [])


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
