"""What a photo shows, as far as measuring it tells: colours, backdrop, shape. Nothing is guessed beyond that."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from local.standins.copywriting.reading import Reading
from local.standins.copywriting.schema_fill import Row
from local.standins.copywriting.sentences import fit
from local.standins.pictures.measure import Look, look_at

_UNSEEN = Look(colors=(), plain=False, shape="정사각형", brightness="보통")
_BACKDROPS = {True: "단순한 배경", False: "생활 공간"}


class Onlooker:
    """Describes the first photo of a request."""

    def __init__(self, reading: Reading, images: Sequence[bytes], seed: str) -> None:
        self.reading = reading
        self.look = look_at(images[0]) if images else _UNSEEN
        self.rng = Random(seed)

    def text(self, name: str, limit: int | None, *, needed: bool = True) -> str | None:
        """A description, a colour or a short label."""
        del needed
        lowered = name.lower()
        if "color" in lowered or "colour" in lowered:
            return fit(self._colors()[0], limit)
        if "background" in lowered or "scene" in lowered or "setting" in lowered:
            return fit(_BACKDROPS[self.look.plain], limit)
        if "alt" in lowered or "caption" in lowered or "subject" in lowered:
            return fit(f"{self._thing()} 사진", limit)
        return fit(self.description(), limit)

    def description(self) -> str:
        """One or two sentences on what can be seen."""
        colors = ", ".join(self._colors()[:2])
        where = _BACKDROPS[self.look.plain]
        seen = f"{where}에 놓인 {self._thing()} 사진입니다."
        return f"{seen} 주로 {colors} 계열이 보이고 밝기는 {self.look.brightness}입니다."

    def _thing(self) -> str:
        name = str(self.reading.product.get("name") or "")
        return name or "상품"

    def _colors(self) -> list[str]:
        return list(self.look.colors) or ["무채색"]

    def rows(self, name: str, fields: dict[str, int | None], low: int, high: int | None) -> Sequence[Row]:
        """Seen things as rows: their name and colour."""
        del name, high
        row = {
            "label": self._thing(),
            "headline": self._thing(),
            "body": self.description(),
            "value": self._colors()[0],
        }
        return [{key: row.get(key, self._thing()) for key in fields} for _ in range(max(low, 1))]

    def strings(self, name: str, low: int, high: int | None, limit: int | None) -> Sequence[str]:
        """Colours seen; the product among the objects; no packaging and no text, since none is recognised."""
        lowered = name.lower()
        if "color" in lowered or "colour" in lowered:
            return [fit(each, limit) for each in self._colors()]
        if any(each in lowered for each in ("packag", "text", "label", "warning", "issue", "risk")):
            return ["확인되지 않음"] * low
        seen = [self._thing(), _BACKDROPS[self.look.plain]]
        return [fit(each, limit) for each in seen[: len(seen) if high is None else high]]

    def number(self, name: str) -> float | None:
        """How many products are seen (one); no confidence is made up."""
        return 1.0 if "count" in name.lower() else None

    def flag(self, name: str) -> bool:
        """Whether the backdrop is plain, where that is asked."""
        return self.look.plain if "plain" in name.lower() else False

    def fact_ids(self) -> Sequence[str]:
        """None: a photo rests on no fact."""
        return []
