"""From the options of `up` to everything a stack consists of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.addresses import Addresses
from local.environment import child_environment, effective_settings, setting_names, stack_settings
from local.programs import ROOT, stack_programs
from local.stack import StackPlan
from local.ticket_secret import ticket_secret


def plan_stack(data: Path, addresses: Addresses, outside: Mapping[str, str]) -> StackPlan:
    """What to run for these options.

    Args:
        data: the stack's folder; made when missing.
        addresses: where it listens.
        outside: the environment this process was started in.
    """
    data = data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    known = setting_names(ROOT / "local.settings.sample.json")
    settings = effective_settings(stack_settings(addresses, ticket_secret(data)), known, outside)
    programs = stack_programs(addresses, data, settings, child_environment({}, outside))
    return StackPlan(data, addresses, tuple(programs), _facts(addresses, settings))


def _facts(addresses: Addresses, settings: Mapping[str, str]) -> dict[str, Any]:
    """What stack.json tells clients: the keys that CONTRACT names, and the lists and the base besides."""
    endpoint, bucket = settings["S3_ENDPOINT_URL"], settings["S3_BUCKET_NAME"]
    return {
        "port_base": addresses.base,
        "functions_url": addresses.functions_urls[0],
        "functions_urls": addresses.functions_urls,
        "relay_urls": addresses.relay_urls,
        "database_url": settings["DATABASE_URL"],
        "queue_connection_string": settings["AzureWebJobsStorage"],
        "eventhub_connection_string": settings["EVENTHUB"],
        "eventhub_name": settings["EVENTHUB_NAME"],
        "s3_endpoint": endpoint,
        "s3_bucket": bucket,
        "s3_public_url": settings.get("S3_PUBLIC_URL", f"{endpoint}/{bucket}"),
        "ai_url": addresses.url("standins"),
        "product_service_url": settings["PRODUCT_SERVICE_URL"],
        **({"traces_url": addresses.url("traces")} if addresses.traces else {}),
    }
