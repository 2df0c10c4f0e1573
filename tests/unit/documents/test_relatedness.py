"""When a hit is about a product: by its letters, or beyond what is usual for its vector, whatever the model."""

import pytest

from generation.documents.requests import DocumentKind
from generation.documents.retrieval import is_about
from generation.documents.search import Hit


def hit(similarity: float | None, coverage: float = 0.0) -> Hit:
    """A piece of a document."""
    return Hit(1, "p1", DocumentKind.FAQ, "제목", 0, "글", 0.5, similarity, coverage)


@pytest.mark.parametrize(
    ("unlike", "like"),
    [(0.0, 0.2), (0.2, 0.4), (0.72, 0.86)],
    ids=["the stand-in", "text-embedding-3-small", "text-embedding-ada-002"],
)
def test_every_models_own_measure_counts(unlike: float, like: float) -> None:
    """What is usual between unlike texts is about nothing, with each model; what is well beyond it is."""
    assert is_about(hit(like), unlike)
    assert not is_about(hit(unlike), unlike)
    assert not is_about(hit(unlike + 0.08), unlike)


def test_letters_are_enough() -> None:
    """A document that holds the product's name is about it, whatever the vectors say or if there are none."""
    assert is_about(hit(None, 0.6), None)
    assert is_about(hit(0.1, 1.0), 0.1)
    assert not is_about(hit(None, 0.5), None)
    assert not is_about(hit(0.9), None)
