"""host.json, its overrides, settings and connections."""

import json
import logging
from pathlib import Path

import pytest

from local.functions_host.config import HostConfig, QueueOptions, is_disabled, read_config, resolve
from local.functions_host.connections import find_account, parse_connection_string
from local.functions_host.errors import ConfigError

KEY = "a2V5"


def written(folder: Path, content: object) -> Path:
    """Write a host.json; return its folder."""
    (folder / "host.json").write_text(json.dumps(content))
    return folder


def test_missing_file_means_azures_defaults(tmp_path: Path) -> None:
    """Batch 16, threshold 8, five tries, base64, 30 minutes, prefix api."""
    assert read_config(tmp_path, {}) == HostConfig()
    assert HostConfig().queues == QueueOptions(16, 8, 5, 0.0, 60.0, base64=True)


def test_values_of_the_file(tmp_path: Path) -> None:
    """All the host uses is read; the threshold follows the batch unless it is given."""
    queues = {
        "batchSize": 5,
        "maxDequeueCount": 7,
        "visibilityTimeout": "00:00:30",
        "maxPollingInterval": "00:00:02",
        "messageEncoding": "none",
    }
    content = {
        "version": "2.0",
        "functionTimeout": "00:05:00",
        "logging": {"logLevel": {"default": "Warning"}},
        "extensions": {"http": {"routePrefix": ""}, "queues": queues},
    }
    expected = HostConfig("", QueueOptions(5, 2, 7, 30.0, 2.0, base64=False), 300.0, logging.WARNING)
    assert read_config(written(tmp_path, content), {}) == expected


def test_overrides_win_whatever_their_case(tmp_path: Path) -> None:
    """`AzureFunctionsJobHost__a__b__c` replaces or adds a value; other settings do nothing."""
    folder = written(
        tmp_path, {"version": "2.0", "extensions": {"queues": {"batchSize": 5, "maxDequeueCount": 2}}}
    )
    config = read_config(
        folder,
        {
            "AzureFunctionsJobHost__extensions__queues__BATCHSIZE": "8",
            "AZUREFUNCTIONSJOBHOST__Extensions__Http__RoutePrefix": "v2",
            "AzureFunctionsJobHost__functionTimeout": "-1",
            "OTHER__extensions__queues__batchSize": "9",
        },
    )
    assert (config.queues.batch_size, config.queues.new_batch_threshold, config.queues.max_dequeue_count) == (
        8,
        4,
        2,
    )
    assert (config.route_prefix, config.function_timeout) == ("v2", None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batchSize", "0"),
        ("batchSize", "33"),
        ("batchSize", "many"),
        ("maxDequeueCount", "0"),
        ("newBatchThreshold", "-1"),
        ("maxPollingInterval", "00:00:00.05"),
        ("maxPollingInterval", "2000"),
        ("visibilityTimeout", "soon"),
        ("messageEncoding", "utf8"),
    ],
)
def test_values_beyond_azures_limits_are_refused(key: str, value: str, tmp_path: Path) -> None:
    """The host does not start with a value that Azure would refuse."""
    with pytest.raises(ConfigError):
        read_config(tmp_path, {f"AzureFunctionsJobHost__extensions__queues__{key}": value})


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"version": "1.0"}', '{"logging": {"logLevel": {"default": "loud"}}}']
)
def test_unusable_files_are_refused(text: str, tmp_path: Path) -> None:
    """Broken JSON, another kind of JSON, another version and unknown levels are told."""
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(ConfigError):
        read_config(tmp_path, {})


def test_settings_are_resolved_in_texts() -> None:
    """`%name%` becomes the setting; a missing one is an error that names it."""
    assert resolve("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    with pytest.raises(ConfigError, match="setting X"):
        resolve("%X%", {})


def test_functions_are_disabled_by_settings() -> None:
    """With dots, or with double underscores where dots are not allowed."""
    assert is_disabled("f", {"AzureWebJobs.f.Disabled": "true"})
    assert is_disabled("f", {"AzureWebJobs__f__Disabled": "1"})
    assert not is_disabled("f", {"AzureWebJobs.f.Disabled": "false", "AzureWebJobs.g.Disabled": "true"})


def test_connection_is_found_as_on_azure() -> None:
    """An empty name is AzureWebJobsStorage; a prefixed setting comes before the plain one."""
    one, two = (
        f"AccountName={name};AccountKey={KEY};QueueEndpoint=http://h/{name}/" for name in ("one", "two")
    )
    environ = {"AzureWebJobsStorage": one, "Work": two, "AzureWebJobsWork": one}
    assert find_account("", environ).name == "one"
    assert find_account("AzureWebJobsStorage", environ).endpoint == "http://h/one"
    assert find_account("Work", environ).name == "one"
    assert find_account("Work", {"Work": two}).name == "two"


def test_endpoint_defaults_to_the_cloud_and_the_emulator() -> None:
    """A connection string without an endpoint is the cloud's; UseDevelopmentStorage is Azurite on its port."""
    account = parse_connection_string(f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY}", "X")
    assert (account.endpoint, account.key) == ("https://a.queue.core.windows.net", b"key")
    assert parse_connection_string("UseDevelopmentStorage=true", "X").endpoint.endswith(
        ":10001/devstoreaccount1"
    )


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({}, "no such setting"),
        ({"AzureWebJobsStorage__accountName": "x"}, "identity-based"),
        ({"AzureWebJobsStorage": "AccountName=a"}, "needs AccountKey"),
        ({"AzureWebJobsStorage": "AccountName=a;AccountKey=!secret!"}, "no base64"),
    ],
)
def test_unusable_connections_are_refused_without_their_value(environ: dict[str, str], reason: str) -> None:
    """The message names the setting, never a key."""
    with pytest.raises(ConfigError, match=reason) as caught:
        find_account("", environ)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(parse_connection_string("AccountName=a;AccountKey=c2VjcmV0", "X"))
