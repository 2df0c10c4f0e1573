"""Choosing phrases: what one block says, each thing once, resting on facts that are remembered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from local.standins.copywriting.bank import Bank
from local.standins.copywriting.dealing import seat_of
from local.standins.copywriting.knowledge import gather
from local.standins.copywriting.reading import Fact, Reading
from local.standins.copywriting.sentences import fill, fit, placeholders, soften, state

_SHORTER = re.compile(r"짧게|간결|간단|줄여|shorter|concise", re.IGNORECASE)
_FRIENDLIER = re.compile(r"친근|다정|부드럽|따뜻|편안|friendly|warm|casual", re.IGNORECASE)
_SENTENCES = {"body": 4, "subhead": 1, "answer": 2, "note": 1, "quote": 1}
_BODY_ROOM = 400
_TAKEN = 0.66  # share of a list's sentences that one block uses


class Voice:
    """Speaks for one block of one product.

    Args:
        reading: what the prompt says.
        bank: the phrases.
        kind: the block's kind in the phrase bank.
        seed: equal seeds give equal words.
    """

    def __init__(self, reading: Reading, bank: Bank, kind: str, seed: str) -> None:
        self.reading = reading
        self.bank = bank
        self.kind = kind
        self.rng = Random(seed)
        self.known = gather(reading, bank, self.rng, self.allowed)
        self.texts = {name: known.text for name, known in self.known.values.items()}
        self.seat = seat_of(reading.block, self.known.full_name)
        self.said: set[str] = set()
        self.used: dict[str, Fact] = {}
        self.spent: set[str] = set()  # placeholders spoken already
        wishes = " ".join(str(each or "") for each in (reading.instruction, *_tones(reading)))
        self.shorter = bool(_SHORTER.search(wishes))
        self.friendlier = bool(_FRIENDLIER.search(wishes))

    def allowed(self, text: str) -> bool:
        """Whether no finding objects to the text."""
        return not any(flagged in text for flagged in self.reading.flagged if len(flagged) > 1)

    def rest_on(self, fact: Fact | None) -> None:
        """Remember that the copy rests on a fact."""
        if fact is not None and fact.id:
            self.used.setdefault(fact.id, fact)

    def say(self, field: str, limit: int | None) -> str:
        """A text for one of the bank's fields within `limit` characters."""
        if field not in _SENTENCES:
            return self.phrase(field, limit)
        said = self.prose(field, limit, 1 if self.shorter else _SENTENCES[field])
        return fit(soften(said) if self.friendlier else said, limit)

    def phrase(self, field: str, limit: int | None) -> str:
        """One phrase for the field: the most fitting one not said yet."""
        if field == "headline":
            for fact in self.wanted():
                for text in self.sayable(self.bank.about(fact.name).headline, limit, fact):
                    return text
        for text in self.sayable(list(self._in_turn(field)), limit):
            return text
        return self._fallback(field, limit)

    def prose(self, field: str, limit: int | None, count: int) -> str:
        """Up to `count` sentences in the bank's order, those about facts the seller asked for first."""
        kept: list[tuple[int, str]] = []
        room = limit if limit is not None else _BODY_ROOM
        for position, phrase, fact in self._sentence_phrases(field):
            if len(kept) < count:
                left = room - sum(len(text) + 1 for _, text in kept)
                kept += [(position, text) for text in self.sayable([phrase], left, fact)]
        if not kept or self.kind == "any":
            for phrase in self.shuffled(self._tiers(field)[-1]):
                left = room - sum(len(text) + 1 for _, text in kept)
                kept += [(0, text) for text in self.sayable([phrase], left)] if len(kept) < count else []
        in_order = sorted(kept, key=lambda each: each[0])
        return " ".join(text for _, text in in_order) or self._fallback(field, limit)

    def _sentence_phrases(self, field: str) -> Iterator[tuple[int, str, Fact | None]]:
        """Phrases by preference, each with where it stands in the text; some are passed over for variety."""
        for fact in self.wanted():
            yield -1, state(fact.name, fact.value).replace("{", "").replace("}", ""), fact
        if field == "subhead" and self.seat:
            yield from ((0, phrase, None) for phrase in self._in_turn(field))
            return
        own, general, _ = self._tiers(field)
        # A story opens and closes in the general voice; elsewhere the category speaks first.
        pool = [*general[:-1], *own, *general[-1:]] if self.kind in {"hero", "story"} else [*own, *general]
        chosen = [phrase for phrase in pool if _states_facts(phrase) or self.rng.random() < _TAKEN]
        for phrase in (*chosen, *(each for each in pool if each not in chosen)):
            yield pool.index(phrase), phrase, None

    def _tiers(self, field: str) -> list[list[str]]:
        return self.bank.phrases(self.known.category, self.kind, field)

    def has_own(self, field: str) -> bool:
        """Whether there are phrases for the field in this kind of block, not only in any."""
        own, general, _ = self._tiers(field)
        return bool(own or general)

    def _fallback(self, field: str, limit: int | None) -> str:
        phrases = [phrase for tier in self._tiers(field) for phrase in tier if self._fillable(phrase, {})]
        texts = [fill(phrase, self.texts) for phrase in phrases]
        fresh = [text for text in texts if self.allowed(text)] or [self.known.name]
        return fit(min(fresh, key=len), limit)

    def wanted(self) -> list[Fact]:
        """The facts that the seller's instruction speaks of and the copy does not yet."""
        words = self.reading.instruction
        named = [
            fact for fact, _ in self.known.facts if words and (fact.name in words or fact.value in words)
        ]
        return [fact for fact in named if state(fact.name, fact.value) not in self.said]

    def sayable(self, phrases: Sequence[str], limit: int | None, fact: Fact | None = None) -> Iterator[str]:
        """The phrases filled, as far as they can be, fit the limit, are new and allowed; each counts as said."""
        extra = {"value": fact.value, "label": fact.name} if fact else {}
        for phrase in phrases:
            named = placeholders(phrase)
            if not self._fillable(phrase, extra) or any(_once(name) for name in named & self.spent):
                continue
            text = fill(phrase, self.texts | extra)
            if text in self.said or not self.allowed(text) or (limit is not None and len(text) > limit):
                continue
            self.said.add(text)
            self.spent |= named
            for name in named & self.known.values.keys():
                self.rest_on(self.known.values[name].fact)
            self.rest_on(fact)
            yield text

    def _in_turn(self, field: str) -> Iterator[str]:
        """The field's phrases, the most fitting first; on a page of several blocks, those that are this one's share."""
        own, general, spare = self._tiers(field)
        if self.seat is None:
            for tier in (own, general, spare):
                yield from self._fresh_first(tier)
            return
        for tier in ([*own, *general], spare):
            yield from self.seat.deal(tier, field, self.rng)

    def _fresh_first(self, phrases: Sequence[str]) -> list[str]:
        """Shuffled, those that repeat the occasion last."""
        return sorted(self.shuffled(phrases), key=lambda each: "moment" in placeholders(each) & self.spent)

    def _fillable(self, phrase: str, extra: Mapping[str, str]) -> bool:
        return placeholders(phrase) <= (self.texts.keys() | extra.keys())

    def shuffled[T](self, items: Sequence[T]) -> list[T]:
        """The items in an order that follows from the seed."""
        return self.rng.sample(list(items), len(items))


def _tones(reading: Reading) -> tuple[object, ...]:
    return reading.options.get("tone"), reading.block.get("tone"), reading.data.get("tone")


def _once(name: str) -> bool:
    """Whether a placeholder stands for a whole sentence, to be said once only."""
    return name in {"scene", "before"} or re.fullmatch(r"[dm]\d|s_\w+", name) is not None


def _states_facts(phrase: str) -> bool:
    return any(name.startswith("s_") or name in {"d1", "d2", "m1", "m2"} for name in placeholders(phrase))
