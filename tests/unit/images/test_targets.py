import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from generation.images.targets import Target, target
from shared.errors import PermanentError

NOBODY: frozenset[str] = frozenset()


def read(url: str) -> Target | str:
    """The target, or the code of the refusal."""
    try:
        return target(url, NOBODY)
    except PermanentError as error:
        return error.code


@pytest.mark.parametrize(
    ("url", "host", "port", "literal"),
    [
        ("https://shop.example/a.jpg", "shop.example", 443, False),
        ("http://shop.example:80/a.jpg?b=c#d", "shop.example", 80, False),
        ("https://SHOP.Example./a", "shop.example", 443, False),
        ("https://쇼핑.한국/귤.jpg", "xn--hp4bo76a.xn--3e0b707e", 443, False),
        ("http://8.8.8.8/a", "8.8.8.8", 80, True),
        ("http://[2606:4700::1111]/a", "2606:4700::1111", 80, True),
        ("http://3m.example/a", "3m.example", 80, False),
        ("http://shop.example:443/", "shop.example", 443, False),
    ],
)
def test_ordinary_urls(url: str, host: str, port: int, literal: bool) -> None:
    """Names and literals on the web's ports."""
    found = target(url, NOBODY)
    assert (found.host, found.port, found.literal, found.exempt) == (host, port, literal, False)
    assert not found.url.fragment


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a.jpg",
        "//shop.example/a.jpg",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "ftp://shop.example/a.jpg",
        "data:image/png;base64,AA",
        "javascript:alert(1)",
        "http:/etc",
        "http://",
        "http:///a",
        "http://user@shop.example/",
        "http://user:secret@shop.example/",
        "http://shop.example@127.0.0.1/",
        "http://:@shop.example/",
        "http://shop.example:22/",
        "http://shop.example:8080/",
        "http://shop.example:0/",
        "http://shop.example:99999/",
        "http://shop.example:x/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0x7f.0.0.1/",
        "http://127.0.0.0x1/",
        "http://1.2.3.4.5/",
        "http://0/",
        "http://127.0.0.1.:80./",
        "http://[::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1",
        "http://shop.example\\@evil.example/",
        "http://shop.example /a",
        "http://shop.example/a\r\nHost: x",
        "http://shop.example/\x00",
        " http://shop.example/",
        "http://shop.example/" + "a" * 2048,
    ],
)
def test_suspicious_urls_are_forbidden(url: str) -> None:
    """Other schemes, credentials, ports, disguised numbers, white space."""
    with pytest.raises(PermanentError) as caught:
        target(url, NOBODY)
    assert caught.value.code == "photo_url_forbidden"


@pytest.mark.parametrize("url", ["http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://[::ffff:7f00:1]/"])
def test_other_spellings_of_loopback_are_read_as_what_they_are(url: str) -> None:
    """What another parser would read as 127.0.0.1 is a literal here too, or refused."""
    found = read(url)
    assert found.literal if isinstance(found, Target) else found == "photo_url_forbidden"


def test_allowed_host_may_have_any_port() -> None:
    """The setting lifts the port rule for exactly that host and port."""
    allowed = frozenset({"127.0.0.1:9000", "s3.local:80"})
    assert target("http://127.0.0.1:9000/bucket/a.jpg", allowed).exempt
    assert target("http://S3.local/a.jpg", allowed).exempt
    assert not target("http://127.0.0.1/a.jpg", allowed).exempt
    with pytest.raises(PermanentError):
        target("http://127.0.0.1:9001/", allowed)


def test_redirects_are_read_from_where_they_come() -> None:
    """Relative locations are joined; absolute ones checked like any URL."""
    base = URL("https://shop.example/a/b.jpg")
    assert str(target("../c.jpg", NOBODY, base=base).url) == "https://shop.example/c.jpg"
    assert target("//cdn.example/c.jpg", NOBODY, base=base).host == "cdn.example"
    with pytest.raises(PermanentError):
        target("file:///etc/passwd", NOBODY, base=base)


@given(st.text(max_size=80).map(lambda text: f"http://{text}"))
def test_any_text_is_a_target_or_forbidden(url: str) -> None:
    """No text makes the reader stumble."""
    found = read(url)
    if isinstance(found, Target):
        assert found.host
        assert found.port in {80, 443}
    else:
        assert found == "photo_url_forbidden"
