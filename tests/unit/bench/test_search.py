"""The bench of search: an invented corpus that is always the same, and figures held against their bars."""

import random

from bench.search.corpus import question, texts
from bench.search.evaluation import QUESTIONS
from bench.search.latency import Times
from bench.search.measure import Round, result_of
from bench.search.precision import Kept
from bench.search.storing import Stored
from bench.spread import Spread


def test_the_corpus_is_always_the_same() -> None:
    """Equal seeds give equal documents, others others; each is one chunk, none holds an empty place."""
    found = list(texts(1, 50))
    assert found == list(texts(1, 60))[:50]
    assert found != list(texts(2, 50))
    for text in found:
        assert 0 < len(text.content) <= 500
        assert "{" not in text.title + text.content


def test_a_question_asks_for_its_document() -> None:
    """It holds words of the title."""
    [text] = texts(1, 1)
    asked = question(random.Random(1), text)
    assert text.title.split()[0] in asked


def test_the_evaluation_set_is_whole() -> None:
    """A hundred questions, each with a document that is there; no question twice."""
    documents = {document["post_id"] for document in QUESTIONS["documents"]}
    assert {question["post_id"] for question in QUESTIONS["queries"]} <= documents
    assert len({question["q"] for question in QUESTIONS["queries"]}) == 100


def test_the_slowest_kind_of_shop_is_held_against_the_bar() -> None:
    """One kind above 60 ms misses it, however fast the others are."""
    fast, slow = Times(5, 10), Times(20, 61)
    kept = {"halfvec": Kept(1, 1, 1, 1, 1, 0.9)}
    found = {"fused": 0.95, "letters alone": 0.9, "vectors alone": 0.8}
    rounds = [Round({"few": fast, "many": fast}, {"few": fast, "many": slow})]
    stored = {"before": Stored(20_000, 81.92, Spread.of([2.5, 2.7, 2.6]))}
    result = result_of(found, rounds, 0.99, kept, stored)
    assert [measurement.name for measurement in result.missed] == ["GET /search, p95, slowest kind of shop"]
    assert result.tables[0].rows[1] == ("many", "5.0", "10.0", "20.0", "61.0")
    assert result.tables[2].rows == (("before", "20,000", "81.9", "2.60"),)


def test_times_are_percentiles_in_milliseconds() -> None:
    """Of a hundred searches."""
    times = Times.of([number / 1000 for number in range(1, 101)])
    assert (times.p50, 94 < times.p95 < 97) == (50.5, True)
