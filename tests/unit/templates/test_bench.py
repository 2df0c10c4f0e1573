"""bench/templates: what it measures is what it says."""

from bench.templates.measure import result_of
from bench.templates.shelves import PAGE_BYTES, TEMPLATES, Page, large_library
from generation.templates.sanitize import sanitize


def medians(**given: list[float]) -> dict[str, list[float]]:
    """Milliseconds of two rounds."""
    usual = {"cached": [0.001, 0.002], "stored": [0.1, 0.1], "vector": [0.7, 0.8], "page": [5.0, 5.2]}
    return {**usual, "page CPU": [4.9, 5.0], "first page": [20.0, 21.0], **given}


def test_the_bars_are_held_against_each_round() -> None:
    """The ratio is that of the round's own two sides; a slow page and a slow cache miss."""
    good = result_of(medians(), 50_000)
    assert good.missed == []
    ratio = next(one for one in good.measurements if one.unit == "times")
    assert ratio.ours.runs == (700.0, 400.0)
    missed = result_of(medians(cached=[0.1, 0.1], page=[9.0, 9.0]), 50_000).missed
    assert [one.unit for one in missed] == ["times", "ms"]


def test_the_library_is_as_large_as_told() -> None:
    """Different templates, each with the source of one of the seed library."""
    library = large_library()
    assert len(library.by_id) == len(library.templates) == TEMPLATES


def test_the_page_is_as_large_as_told() -> None:
    """Whole blocks, already clean but for their spelling."""
    page = Page()
    html = page.render()
    assert PAGE_BYTES <= page.size == len(html.encode()) < 1.3 * PAGE_BYTES
    assert sanitize(html).count("<section") == html.count("<section")
