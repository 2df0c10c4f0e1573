"""Connection strings and how requests are authorised."""

from dataclasses import dataclass

import pytest

from shared.settings import QueueSettings
from shared.storage_account import IdentityAccount, KeyAccount, open_account

KEY = "a2V5"


def opened(connection: str) -> KeyAccount:
    account = open_account(QueueSettings.model_validate({"AzureWebJobsStorage": connection}))
    assert isinstance(account, KeyAccount)
    return account


@pytest.mark.parametrize(
    ("connection", "endpoint"),
    [
        (f"AccountName=shop;AccountKey={KEY}", "https://shop.queue.core.windows.net"),
        (
            f"DefaultEndpointsProtocol=http;AccountName=shop;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn",
            "http://shop.queue.core.chinacloudapi.cn",
        ),
        (
            f"AccountName=shop;AccountKey={KEY};QueueEndpoint=http://127.0.0.1:1/shop/",
            "http://127.0.0.1:1/shop",
        ),
        ("UseDevelopmentStorage=true", "http://127.0.0.1:10001/devstoreaccount1"),
    ],
)
def test_connection_strings_are_read(connection: str, endpoint: str) -> None:
    """Names, suffixes, explicit endpoints, the emulator's short form."""
    assert opened(connection).endpoint == endpoint


@pytest.mark.parametrize("connection", ["nonsense", "AccountName=shop", "AccountName=shop;AccountKey=***"])
def test_what_is_none_is_refused_without_repeating_it(connection: str) -> None:
    """The message never holds the string: it may be a secret with a typing error."""
    with pytest.raises(ValueError, match="no connection string") as caught:
        opened(connection)
    assert connection not in str(caught.value)


def test_nothing_set_is_named() -> None:
    """Both settings that would do are in the message."""
    with pytest.raises(ValueError, match="AzureWebJobsStorage__queueServiceUri"):
        open_account(QueueSettings.model_validate({}))


async def test_the_key_stays_out_of_sight() -> None:
    """Neither repr nor headers hold it."""
    account = KeyAccount("http://x", "shop", b"topsecret")
    headers = await account.headers("POST", "/q/messages", {}, 5)
    assert "topsecret" not in repr(account) + repr(headers)


@dataclass
class Token:
    token: str
    expires_on: int


async def test_a_token_is_renewed_before_it_ends() -> None:
    """One token serves until five minutes before its end."""
    now = 1000.0
    asked: list[str] = []

    async def get_token(*scopes: str) -> Token:
        asked.extend(scopes)
        return Token(f"t{len(asked)}", int(now) + 3600)

    account = IdentityAccount("https://shop.queue.core.windows.net/", get_token, lambda: now)  # type: ignore[arg-type]
    for moment, expected in ((1000.0, "t1"), (4200.0, "t1"), (4400.0, "t2")):
        now = moment
        headers = await account.headers("POST", "/q/messages", {}, 5)
        assert headers["Authorization"] == f"Bearer {expected}"
    assert set(asked) == {"https://storage.azure.com/.default"}
