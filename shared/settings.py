"""Every setting, read from the environment once, here and nowhere else.

docs/configuration.md explains each; local.settings.sample.json lists each with its default or a sample
(tests/unit/test_configuration.py compares the three). Azure SDK connections follow the Functions convention:
`<NAME>` holds a connection string locally, `<NAME>__fullyQualifiedNamespace` / `<NAME>__queueServiceUri`
name the resource in the cloud, where identity opens it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

CommaSeparated = Annotated[tuple[str, ...], NoDecode]


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


class _Settings(BaseSettings):
    # Azure hands every setting over as text and an unset one often as "", which then means the default.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )


class AuthSettings(_Settings):
    """Whose tokens are accepted."""

    jwks_url: str = Field(alias="AUTH_JWKS_URL", pattern="^https?://")
    issuer: str = Field(alias="AUTH_ISSUER")
    audience: str = Field(alias="AUTH_AUDIENCE")
    ticket_secret: SecretStr = Field(alias="STREAM_TICKET_SECRET", min_length=32)


class EventHubSettings(_Settings):
    """Where events are published and read."""

    connection: SecretStr | None = Field(None, alias="EVENTHUB")
    namespace: str | None = Field(None, alias="EVENTHUB__fullyQualifiedNamespace")
    client_id: str | None = Field(None, alias="EVENTHUB__clientId")
    hub: str = Field("notifications", alias="EVENTHUB_NAME")


class DatabaseSettings(_Settings):
    """PostgreSQL; the pool is per process, so instances x size must stay under the server's limit."""

    url: SecretStr = Field(alias="DATABASE_URL")
    pool_size: int = Field(4, alias="DATABASE_POOL_SIZE", ge=1, le=32)
    auth: Literal["password", "entra"] = Field("password", alias="DATABASE_AUTH")
    client_id: str | None = Field(None, alias="DATABASE_CLIENT_ID")


class QueueSettings(_Settings):
    """The storage account whose queues carry the work (the same one the host uses)."""

    connection: SecretStr | None = Field(None, alias="AzureWebJobsStorage")
    service_uri: str | None = Field(None, alias="AzureWebJobsStorage__queueServiceUri")
    client_id: str | None = Field(None, alias="AzureWebJobsStorage__clientId")


class AssetSettings(_Settings):
    """The S3 bucket that holds photos and generated images."""

    bucket: str = Field(alias="S3_BUCKET_NAME")
    region: str = Field("ap-northeast-2", alias="AWS_REGION")
    endpoint_url: str | None = Field(None, alias="S3_ENDPOINT_URL")
    public_url: str | None = Field(None, alias="S3_PUBLIC_URL")
    access_key_id: SecretStr = Field(alias="AWS_ACCESS_KEY_ID")
    secret_access_key: SecretStr = Field(alias="AWS_SECRET_ACCESS_KEY")


class ModelSettings(_Settings):
    """Which models are used, where; generation/providers/capabilities.py knows what each can do."""

    openai_api_key: SecretStr = Field(alias="OPENAI_API_KEY")
    openai_base_url: str = Field("https://api.openai.com/v1", alias="OPENAI_BASE_URL")
    text_model: str = Field("gpt-6-luna", alias="TEXT_MODEL")
    text_reasoning_effort: str | None = Field("none", alias="TEXT_REASONING_EFFORT")
    text_timeout: float = Field(60.0, alias="TEXT_TIMEOUT_SECONDS", gt=0)
    embedding_model: str = Field("text-embedding-3-small", alias="EMBEDDING_MODEL")
    together_api_key: SecretStr = Field(alias="TOGETHER_API_KEY")
    together_base_url: str = Field("https://api.together.xyz", alias="TOGETHER_BASE_URL")
    image_model: str = Field("black-forest-labs/FLUX.1-kontext-pro", alias="IMAGE_MODEL")
    photo_transport: Literal["url", "inline"] = Field("url", alias="MODEL_PHOTO_TRANSPORT")
    image_timeout: float = Field(90.0, alias="IMAGE_TIMEOUT_SECONDS", gt=0)


class ProductServiceSettings(_Settings):
    """The service that knows products by id; without a URL, requests by product_id are refused."""

    url: str | None = Field(None, alias="PRODUCT_SERVICE_URL")
    timeout: float = Field(10.0, alias="PRODUCT_SERVICE_TIMEOUT_SECONDS", gt=0)


class DownloadSettings(_Settings):
    """Limits for every URL we are given; `allowed_hosts` (host:port) lifts the public-address rule."""

    allowed_hosts: CommaSeparated = Field((), alias="DOWNLOAD_ALLOWED_HOSTS")
    max_bytes: int = Field(20 * 1024 * 1024, alias="DOWNLOAD_MAX_BYTES", gt=0)
    timeout: float = Field(20.0, alias="DOWNLOAD_TIMEOUT_SECONDS", gt=0)

    _allowed = field_validator("allowed_hosts", mode="before")(_split)


class TaskSettings(_Settings):
    """How a task is run: its lease, its tries, and how many calls one page makes at once."""

    heartbeat: float = Field(10.0, alias="TASK_HEARTBEAT_SECONDS", gt=0)
    stale_after: float = Field(60.0, alias="TASK_STALE_SECONDS", gt=0)
    step_attempts: int = Field(4, alias="STEP_ATTEMPTS", ge=1)
    step_timeout: float = Field(180.0, alias="STEP_TIMEOUT_SECONDS", gt=0)
    max_dequeue_count: int = Field(5, alias="TASK_MAX_DEQUEUE_COUNT", ge=1)
    task_budget: float = Field(1.0, alias="TASK_BUDGET_USD", gt=0)
    user_budget: float = Field(20.0, alias="USER_DAILY_BUDGET_USD", gt=0)
    user_rate: int = Field(60, alias="USER_TASKS_PER_MINUTE", ge=1)


class RetentionSettings(_Settings):
    """Days for which what is finished is kept; docs/decisions/0015 says what each may touch.

    A storage queue keeps a message for seven days: a task outlives every message that names it.
    """

    step_days: int = Field(7, alias="RETENTION_STEP_DAYS", ge=1, le=3650)
    task_days: int = Field(30, alias="RETENTION_TASK_DAYS", ge=8, le=3650)
    failed_days: int = Field(90, alias="RETENTION_FAILED_DAYS", ge=8, le=3650)
    usage_days: int = Field(400, alias="RETENTION_USAGE_DAYS", ge=2, le=3650)


class RelaySettings(_Settings):
    """The SSE relay's own: its address, its window and its limits."""

    host: str = Field("0.0.0.0", alias="RELAY_HOST")  # noqa: S104  a container serves every interface
    port: int = Field(8080, alias="RELAY_PORT", ge=0, le=65535)
    consumer_groups: CommaSeparated = Field(("relay-0",), alias="RELAY_CONSUMER_GROUPS", min_length=1)
    window_seconds: float = Field(600.0, alias="RELAY_WINDOW_SECONDS", gt=0)
    window_bytes: int = Field(256 * 1024 * 1024, alias="RELAY_WINDOW_BYTES", gt=0)
    user_events: int = Field(1000, alias="RELAY_USER_EVENTS", gt=0)
    heartbeat: float = Field(15.0, alias="RELAY_HEARTBEAT_SECONDS", gt=0)
    lifetime: float = Field(200.0, alias="RELAY_LIFETIME_SECONDS", gt=0)
    lifetime_jitter: float = Field(20.0, alias="RELAY_LIFETIME_JITTER_SECONDS", ge=0)
    connections_per_user: int = Field(10, alias="RELAY_CONNECTIONS_PER_USER", gt=0)
    queue_events: int = Field(256, alias="RELAY_QUEUE_EVENTS", gt=0)
    queue_bytes: int = Field(1024 * 1024, alias="RELAY_QUEUE_BYTES", gt=0)
    frozen_after: float = Field(10.0, alias="RELAY_FROZEN_SECONDS", gt=0)
    grace: float = Field(25.0, alias="RELAY_GRACE_SECONDS", ge=0)
    cors_origins: CommaSeparated = Field((), alias="CORS_ORIGINS")

    _lists = field_validator("cors_origins", "consumer_groups", mode="before")(_split)


class TelemetrySettings(_Settings):
    """What is logged, where traces and metrics go; without an exporter nothing of OpenTelemetry is loaded."""

    connection_string: str | None = Field(None, alias="APPLICATIONINSIGHTS_CONNECTION_STRING")
    authentication: str | None = Field(None, alias="APPLICATIONINSIGHTS_AUTHENTICATION_STRING")
    otlp_endpoint: str | None = Field(None, alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    sample_ratio: float = Field(1.0, alias="TELEMETRY_SAMPLE_RATIO", ge=0, le=1)
    metric_seconds: float = Field(60.0, alias="TELEMETRY_METRIC_SECONDS", gt=0)
    environment: str = Field("local", alias="ENVIRONMENT_NAME")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")
    version: str = Field("dev", alias="APP_VERSION")


class WebSettings(_Settings):
    """What the HTTP API says about its surroundings."""

    stream_url: str = Field(alias="STREAM_URL")
    max_body: int = Field(1024 * 1024, alias="HTTP_MAX_BODY_BYTES", gt=0)
    max_upload: int = Field(20 * 1024 * 1024, alias="HTTP_MAX_UPLOAD_BYTES", gt=0)
    version: str = Field("dev", alias="APP_VERSION")
