"""The finished document: complete, Korean, self-contained but for pictures."""

from selectolax.lexbor import LexborHTMLParser

from generation.templates.css import clean_style
from generation.templates.page_shell import render_fragment, render_page
from generation.templates.theme import THEMES, Theme


def test_a_page_is_a_complete_document() -> None:
    """Doctype, language, charset, viewport, escaped title, one wrapper."""
    html = render_page("<제목> & 이름", Theme(), ["<p>하나</p>", "<p>둘</p>"])
    tree = LexborHTMLParser(html)

    assert html.startswith('<!doctype html>\n<html lang="ko">')
    assert html.endswith("</html>\n")
    assert tree.css("title")[0].text() == "<제목> & 이름"
    assert len(tree.css("body > div")) == 1
    assert [p.text() for p in tree.css("body > div > p")] == ["하나", "둘"]


def test_blocks_are_sanitised_one_by_one() -> None:
    """Nothing active survives, and a block left open does not swallow the next one."""
    html = render_fragment(Theme(), ["<div><p>a<script>x</script>", "<p onclick=x>b</p>"])
    tree = LexborHTMLParser(html)

    assert "script" not in html
    assert "onclick" not in html
    assert [node.text() for node in tree.css("body > div > p")] == ["b"]


def test_the_wrapper_needs_no_stylesheet() -> None:
    """Width, font and Korean line breaking are inline, in properties that marketplaces and our own filter keep."""
    for theme in THEMES.values():
        wrapper = LexborHTMLParser(render_fragment(theme, [])).css("div")[0]
        style = wrapper.attributes["style"] or ""
        assert "max-width:860px" in style
        assert "word-break:keep-all" in style
        assert "Noto Sans KR" in style
        assert {"position:relative", "overflow:hidden"} <= set(
            style.split(";")
        )  # no block covers what is not ours
        assert clean_style(style).count(":") == style.count(":")


def test_nothing_is_loaded_but_pictures() -> None:
    """No script, no external style, and a policy that would refuse them."""
    html = render_page("t", Theme(), ["<p>x</p>"])

    assert "default-src &#x27;none&#x27;" in html
    assert "<script" not in html
    assert "<link" not in html
