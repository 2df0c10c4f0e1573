from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.addresses import Addresses
from local.environment import child_environment, effective_settings, setting_names, stack_settings
from local.ticket_secret import ticket_secret
from shared.settings import (
    AssetSettings,
    AuthSettings,
    DatabaseSettings,
    DownloadSettings,
    EventHubSettings,
    ModelSettings,
    ProductServiceSettings,
    QueueSettings,
    RelaySettings,
    TaskSettings,
    WebSettings,
)

SECRET = "s" * 40


def test_every_settings_class_is_satisfied(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the stack finds every required setting, each of the right kind."""
    for name, value in stack_settings(Addresses(), SECRET).items():
        monkeypatch.setenv(name, value)
    classes = (
        *(AuthSettings, EventHubSettings, DatabaseSettings, QueueSettings, AssetSettings, ModelSettings),
        *(ProductServiceSettings, DownloadSettings, TaskSettings, RelaySettings, WebSettings),
    )
    for settings in classes:
        settings()
    assert DownloadSettings().allowed_hosts == ("127.0.0.1:7020", "127.0.0.1:7050")


def test_settings_point_at_this_stack_only() -> None:
    """No port of the default stack is left in the settings of another."""
    settings = stack_settings(Addresses(9000), SECRET)
    assert not [name for name, value in settings.items() if "127.0.0.1:70" in value]


def test_developers_own_settings_win() -> None:
    """A setting given as environment variable replaces the stack's; other variables stay outside."""
    given = {"LOG_LEVEL": "DEBUG", "EVENTHUB_NAME": "mine", "EDITOR": "vi", "S3_BUCKET_NAME": ""}
    settings = effective_settings(stack_settings(Addresses(), SECRET), frozenset({"LOG_LEVEL"}), given)
    assert (settings["LOG_LEVEL"], settings["EVENTHUB_NAME"]) == ("DEBUG", "mine")
    assert "EDITOR" not in settings
    assert settings["S3_BUCKET_NAME"] == "product-details"


def test_host_json_can_be_overridden() -> None:
    """Any AzureFunctionsJobHost__ variable reaches the host."""
    name = "AzureFunctionsJobHost__extensions__queues__batchSize"
    settings = effective_settings(stack_settings(Addresses(), SECRET), frozenset(), {name: "4"})
    assert settings[name] == "4"
    assert settings["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] == "00:00:00.100"


def test_real_key_means_real_service() -> None:
    """With a key of their own and no URL the models are called where they really are."""
    defaults = stack_settings(Addresses(), SECRET)
    settings = effective_settings(defaults, frozenset(), {"OPENAI_API_KEY": "sk-real"})
    assert settings["OPENAI_API_KEY"] == "sk-real"
    assert "OPENAI_BASE_URL" not in settings
    assert settings["TOGETHER_BASE_URL"] == "http://127.0.0.1:7050"


def test_real_key_with_a_url_keeps_the_url() -> None:
    """A compatible server is used by giving its URL as well."""
    given = {"TOGETHER_API_KEY": "k", "TOGETHER_BASE_URL": "https://images.example"}
    settings = effective_settings(stack_settings(Addresses(), SECRET), frozenset(), given)
    assert settings["TOGETHER_BASE_URL"] == "https://images.example"


def test_children_get_a_clean_environment() -> None:
    """Only what any program needs is inherited: no proxy, no interpreter options, no credentials."""
    outside = {"PATH": "/bin", "HTTP_PROXY": "http://p", "PYTHONPATH": "/x", "GITHUB_TOKEN": "t"}
    assert child_environment({"A": "1"}, outside) == {
        "PATH": "/bin",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "A": "1",
    }


def test_known_settings_come_from_the_sample_file(tmp_path: Path) -> None:
    """The names are the keys of the sample's Values."""
    sample = tmp_path / "local.settings.sample.json"
    sample.write_text(json.dumps({"IsEncrypted": False, "Values": {"LOG_LEVEL": "INFO"}}))
    assert setting_names(sample) == {"LOG_LEVEL"}


def test_ticket_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The same folder gives the same secret, another folder another; only the owner may read it."""
    (tmp_path / "other").mkdir()
    secret = ticket_secret(tmp_path)
    assert secret == ticket_secret(tmp_path)
    assert secret != ticket_secret(tmp_path / "other")
    assert len(secret) >= 32
    assert (tmp_path / "stream-ticket-secret").stat().st_mode & 0o777 == 0o600


def test_ticket_secret_that_was_never_finished_is_made_anew(tmp_path: Path) -> None:
    """A file that a crash or a full disk left empty does not keep the stack from starting for ever."""
    (tmp_path / "stream-ticket-secret").write_text("")
    secret = ticket_secret(tmp_path)
    assert len(secret) >= 32
    assert secret == ticket_secret(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["stream-ticket-secret"]


def test_real_models_get_photos_inline() -> None:
    """A real service cannot read this machine's bucket: the photo travels in the request, unless told otherwise."""
    defaults = {"OPENAI_BASE_URL": "http://127.0.0.1/v1"}
    known = frozenset({"OPENAI_API_KEY", "MODEL_PHOTO_TRANSPORT"})
    assert "MODEL_PHOTO_TRANSPORT" not in effective_settings(defaults, known, {})
    given = {"OPENAI_API_KEY": "k"}
    assert effective_settings(defaults, known, given)["MODEL_PHOTO_TRANSPORT"] == "inline"
    given["MODEL_PHOTO_TRANSPORT"] = "url"
    assert effective_settings(defaults, known, given)["MODEL_PHOTO_TRANSPORT"] == "url"
