"""Field names of templates reduced to the phrase bank's fields, and limits read from descriptions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

#: In this order: the first pattern found wins.
_FIELDS = (
    ("fact_ids", r"^fact_?ids?$|^facts?$|^sources?$|^citations?$"),
    ("columns", r"^columns$|^headers$|^column_names$"),
    ("cells", r"^cells$|^columns_values$"),
    ("image_prompt", r"image_?prompt|^prompt(_en)?$"),
    ("alt", r"(^|_)alt($|_)|alt_?text"),
    ("eyebrow", r"eyebrow|kicker|overline|badge|^tag$|^chip|^category$|^section_?name"),
    ("subhead", r"sub_?(head|title)|^lead$|tag_?line|^deck$|^intro|^summary$|^sub$|lead_?in"),
    ("call_to_action", r"cta|call_to|button|^action"),
    ("question", r"^q$|question"),
    ("answer", r"^a$|answer"),
    ("ours_title", r"^ours?_(title|label|head|name)|(our|self)_(title|label|head|name)"),
    ("usual_title", r"^(usual|others?|theirs?|rival)_(title|label|head|name)"),
    ("ours", r"^ours?($|_)|^this_|^self$|^after$"),
    ("usual", r"^usual|^others?($|_)|^theirs?|^before$|^rival|^general$"),
    ("brief", r"brief|direction"),
    ("why", r"^why$|reason|rationale"),
    ("price", r"price|가격"),
    ("unproven", r"rating|review|score|stars?$|ranking|discount"),
    ("unit", r"^unit$|_unit$"),
    ("step", r"^step($|_)|^number$|^no$|^index$|^order$|ordinal"),
    ("figure", r"^figure|^stat(istic)?$|^amount$|^metric$"),
    ("label", r"^label$|^key$|^term$|^name$|_label$|^attribute$|^spec$"),
    ("value", r"^value$|_value$|^detail$|^data$|^content_value$"),
    ("author", r"author|writer|speaker|^by$"),
    ("quote", r"quote|testimonial"),
    ("note", r"note|disclaimer|remark|^tip"),
    ("caption", r"caption|credit"),
    ("color", r"colou?r|^accent|^background"),
    ("english", r"english|translat|_en$|^en$"),
    ("headline", r"head(line|ing)?|title|^h\d$|^hook$|^message$|^claim$|slogan"),
    ("body", r"body|text|desc|content|paragraph|copy|^answer|sentence|story|detail"),
)
_AT_MOST = (
    re.compile(r"최대\s*(\d{1,5})\s*자"),
    re.compile(r"(\d{1,5})\s*자\s*(?:이내|이하|까지|안)"),
    re.compile(r"(?:at most|max(?:imum)?(?: of)?|up to|<=|≤)\s*:?\s*(\d{1,5})\s*(?:char|자)", re.IGNORECASE),
    re.compile(r"(\d{1,5})\s*characters?\s*(?:or (?:less|fewer)|at most|max)", re.IGNORECASE),
)
_BETWEEN = re.compile(r"\d{1,5}\s*[-~\u2013]\s*(\d{1,5})\s*(?:자|char)")
_ITEMS = re.compile(r"(\d{1,3})\s*[-~\u2013]\s*(\d{1,3})\s*(?:개|items?|줄|행)")
_MOST_ITEMS = re.compile(
    r"최대\s*(\d{1,3})\s*(?:개|줄|행|항목)|(?:at most|up to)\s*(\d{1,3})\s*items?", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def field_of(name: str) -> str:
    """The phrase bank's field for a property name; `body` where nothing tells."""
    text = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    return next((field for field, pattern in _FIELDS if re.search(pattern, text)), "body")


def length_limit(schema: dict[str, Any]) -> int | None:
    """How many characters a string may have: `maxLength`, or `최대 40자` and the like in its description."""
    limits = [schema["maxLength"]] if isinstance(schema.get("maxLength"), int) else []
    text = str(schema.get("description", ""))
    for pattern in (*_AT_MOST, _BETWEEN):
        limits += [int(found) for found in pattern.findall(text)]
    return min(limits) if limits else None


def item_limits(schema: dict[str, Any]) -> tuple[int, int | None]:
    """The least and the most items of an array, by `minItems`, `maxItems` or its description."""
    low, high = schema.get("minItems"), schema.get("maxItems")
    text = str(schema.get("description", ""))
    spread, most = _ITEMS.search(text), _MOST_ITEMS.search(text)
    if low is None and spread:
        low = int(spread.group(1))
    if high is None and (spread or most):
        high = int(spread.group(2)) if spread else int(next(filter(None, most.groups())))  # type: ignore[union-attr]  # one of the two matched
    low = low if isinstance(low, int) else 0
    return low, max(low, high) if isinstance(high, int) else None
