"""The local identity provider: a signing key on disk, its public half as JWKS, and tokens for developers.

RFC 7517 (JWKS), RFC 7638 (key thumbprint as `kid`), RFC 7519 (claims).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ISSUER = "https://identity.local"
AUDIENCE = "product-details"
KEY_FILE = "jwt-key.pem"
KEY_BITS = 2048


def make_token(
    data_dir: Path,
    user_id: str,
    *,
    roles: Sequence[str] = (),
    expires: int = 3600,
    issuer: str = ISSUER,
    audience: str = AUDIENCE,
) -> str:
    """A JWT (RS256) that the local stack accepts.

    Args:
        data_dir: the stack's folder; its key is made if there is none.
        user_id: the `sub` claim.
        roles: the `roles` claim; left out if empty.
        expires: seconds from now; a negative number gives a token that has expired.
        issuer: the `iss` claim.
        audience: the `aud` claim.
    """
    import jwt

    key, now = signing_key(data_dir), int(time.time())
    claims: dict[str, Any] = {
        "sub": user_id,
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "exp": now + expires,
    }
    if roles:
        claims["roles"] = list(roles)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": public_jwk(key)["kid"]})


def jwks(data_dir: Path) -> dict[str, Any]:
    """The key set that tokens are checked against."""
    return {"keys": [public_jwk(signing_key(data_dir))]}


def signing_key(data_dir: Path) -> RSAPrivateKey:
    """The key in `data_dir/jwt-key.pem`, made there (readable by its owner only) if there is none.

    Raises:
        ValueError: the file holds no RSA key.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = data_dir / KEY_FILE
    if not path.exists():
        _create(path)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key")  # noqa: TRY004 - the file's content is wrong, not an argument's type
    return key


def _create(path: Path) -> None:
    """Write a new key, whole or not at all; the first of several processes wins."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)  # fails if another process was first; rename would overwrite its key
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def public_jwk(key: RSAPrivateKey) -> dict[str, Any]:
    """The public half of the key as a JWK with its thumbprint as `kid`."""
    numbers = key.public_key().public_numbers()
    members = {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    kid = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    return members | {"kid": kid, "use": "sig", "alg": "RS256"}


def _base64url(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
