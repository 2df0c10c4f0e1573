from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest

from local.standins.products import load_products
from local.standins.tokens import AUDIENCE, ISSUER, jwks, make_token, signing_key
from tests.unit.standins.prompts import SAMPLES


def _decode(token: str, folder: Path) -> dict[str, object]:
    keys = jwt.PyJWKSet.from_dict(jwks(folder))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, key, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE))


def test_tokens_verify_against_the_key_set(tmp_path: Path) -> None:
    """`sub` and `roles` are what was asked for; roles are left out if there are none."""
    claims = _decode(make_token(tmp_path, "kim", roles=["admin"], expires=60), tmp_path)
    assert (claims["sub"], claims["roles"]) == ("kim", ["admin"])
    assert "roles" not in _decode(make_token(tmp_path, "lee"), tmp_path)


def test_expired_and_foreign_tokens_do_not_verify(tmp_path: Path) -> None:
    """A negative lifetime, another audience, another folder's key."""
    with pytest.raises(jwt.ExpiredSignatureError):
        _decode(make_token(tmp_path, "kim", expires=-10), tmp_path)
    with pytest.raises(jwt.InvalidAudienceError):
        _decode(make_token(tmp_path, "kim", audience="other"), tmp_path)
    with pytest.raises(KeyError):
        _decode(make_token(tmp_path / "other", "kim"), tmp_path)


def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    """Mode 0600; processes that start together agree on one key."""
    folder = tmp_path / "data"
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: signing_key(folder).private_numbers().d, range(4)))
    assert len(set(keys)) == 1
    assert stat.S_IMODE((folder / "jwt-key.pem").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["jwt-key.pem"]


def test_our_samples_load() -> None:
    """At least five products; the first names a photo."""
    products = load_products(SAMPLES)
    assert len(products) >= 5
    assert next(iter(products.values()))["photo"] == "photos/mug.jpg"


def test_a_bad_products_file_names_its_line(tmp_path: Path) -> None:
    """So that it can be mended."""
    path = tmp_path / "products.jsonl"
    path.write_text('{"product_id": "a"}\n\n[1]\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 3"):
        load_products(path)
