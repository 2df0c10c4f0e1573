"""Values for a template's slots: any that its schema allows."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from generation.templates.slots import ImageRef, Slot

# Text as hostile as it comes: markup, templates, controls, emoji, conjoining jamo, lone surrogates.
_AWKWARD = st.sampled_from(
    [
        "<script>",
        "{{ a }}",
        "{% if %}",
        "&",
        '"',
        "'",
        "**",
        "\n",
        "\r\n",
        "\x00",
        "\ud800",
        "👩\u200d👩\u200d👧",
        "🇰🇷",
        "각",
        "ß",
        "ΐ",
        " ",
    ]
)


def texts(limit: int) -> st.SearchStrategy[str]:
    """Strings of at most `limit` characters."""
    plain = st.text(max_size=min(limit, 60))
    awkward = st.lists(_AWKWARD, max_size=30).map("".join)
    full = st.sampled_from(["&", "'", "가", "👍", "ΐ", "\n가", "**가**", "가. "]).map(lambda one: one * limit)
    return st.one_of(plain, awkward, full).map(lambda text: text[:limit])


def values(slots: Sequence[Slot]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that fill these slots within their limits."""
    return st.fixed_dictionaries({slot.name: _value(slot) for slot in slots if slot.kind != "image"})


def _value(slot: Slot) -> st.SearchStrategy[Any]:
    if slot.kind == "list":
        return st.one_of(
            st.lists(values(slot.fields), min_size=slot.min_items, max_size=min(slot.max_items, 4)),
            values(slot.fields).map(lambda item: [item] * slot.max_items),
        )
    return texts(slot.max_chars)


IMAGES = st.builds(
    ImageRef,
    url=st.one_of(st.text(max_size=40), st.just("https://example.com/a.jpg?x='<&\"")),
    alt=texts(300),
    width=st.integers(1, 9999),
    height=st.integers(1, 9999),
)


_PLAIN_TAGS = ("div", "section", "ul", "blockquote")
_TEXT = st.sampled_from(
    ["{{ %sa }}", "{{ %sb | rich }}", "{{ %sc | inline }}", "{{ %sd | upper | trim }}", "글 &amp; 글"]
)
_PICTURE = '{%% if %(p)sg %%}<img src="{{ %(p)sg.url }}" alt="{{ %(p)sg.alt }}">{%% endif %%}'


def templates() -> st.SearchStrategy[str]:
    """Sources that are in the language: elements, slots, pictures, conditions, and loops up to two deep."""
    return _bodies("", loops=2, depth=3)


def _bodies(prefix: str, *, loops: int, depth: int) -> st.SearchStrategy[str]:
    """Some markup; slots are read from `prefix`, which is empty or a loop's variable and a dot."""
    text = _TEXT.map(lambda source: source.replace("%s", prefix))
    choices = [text, st.just(_PICTURE % {"p": prefix}), st.just(f'<p title="{{{{ {prefix}a }}}}">x</p>')]
    if depth:
        inner = _bodies(prefix, loops=loops, depth=depth - 1)
        choices += [
            st.builds(
                "<{0} style='color:{{{{ theme.ink }}}}'>{1}</{0}>".format, st.sampled_from(_PLAIN_TAGS), inner
            ),
            st.builds(
                "{{% if {0}a %}}{1}{{% elif {0}e %}}x{{% else %}}{2}{{% endif %}}".format,
                st.just(prefix),
                inner,
                inner,
            ),
        ]
        if loops:
            name = f"item{loops}"
            looped = _bodies(f"{name}.", loops=loops - 1, depth=depth - 1)
            head = f"{{% for {name} in {prefix}e %}}"
            choices.append(looped.map(lambda body: f"{head}{body}{{{{ loop.index }}}}{{% endfor %}}"))
    return st.lists(st.one_of(choices), max_size=4).map("".join)
