"""A cloud with one environment, as far as delivery's commands (az, skopeo, sh) see and change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from infra.delivery.commands import DeliveryError

DIGEST = "sha256:" + "7" * 64
REGISTRY = "crx.azurecr.io"
OUTPUTS = {
    "FUNCTION_APP_NAME": "func-x",
    "AZURE_CONTAINER_REGISTRY_ENDPOINT": REGISTRY,
    "DATABASE_HOST": "db.example.com",
}
# What main.parameters.json and relay.parameters.json cannot do without.
VARIABLES = {
    "AZURE_LOCATION": "koreacentral",
    "AUTH_JWKS_URL": "https://id.example.com/jwks",
    "AUTH_ISSUER": "https://id.example.com",
    "AUTH_AUDIENCE": "product-details",
    "S3_BUCKET_NAME": "pages",
}


class Cloud:
    """Stands for Run: holds what was deployed, published and pushed.

    Args:
        functions: the functions it lists, one answer after another; the last one stays.
        ready_after: how often the relay's new revision is looked at before it is ready.
        outputs: what main.bicep gives back.
        relay_url: what relay.bicep gives back.
        token: of the signed-in identity.
        spans: what its workspace has of every trace.
    """

    def __init__(
        self,
        *functions: frozenset[str],
        ready_after: int = 0,
        outputs: Mapping[str, str] = OUTPUTS,
        relay_url: str = "https://relay.example.com",
        token: str = "",
        spans: tuple[str, ...] = (),
    ) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.deployments: dict[str, dict[str, Any]] = {}
        self.pushed: dict[str, str] = {}
        self.hooks: list[dict[str, str]] = []
        self.image = ""
        self._outputs, self._relay_url = dict(outputs), relay_url
        self._answers = {
            "az acr login": "token\n",
            "az account get-access-token": f"{token}\n",
            "az monitor log-analytics workspace list": "w1\n",
            "az rest": json.dumps({"tables": [{"rows": [[span] for span in spans]}]}),
        }
        self._functions = list(functions)
        self._ready_after = ready_after

    def __call__(self, *command: str, stdin: str = "", variables: Mapping[str, str] | None = None) -> str:
        self.commands.append(command)
        words = " ".join(command)
        if command[0] == "sh":
            self.hooks.append(dict(variables or {}))
        elif " create " in words or " what-if " in words:
            return self._deployment(command)
        elif words.startswith("az functionapp function list"):
            names = self._functions.pop(0) if len(self._functions) > 1 else self._functions[0]
            return json.dumps([f"func-x/{name}" for name in names])
        elif words.startswith("az containerapp list"):
            return self._relay(command)
        elif command[0] == "skopeo":
            return self._registry(command, stdin)
        return next((text for start, text in self._answers.items() if words.startswith(start)), "")

    def _deployment(self, command: tuple[str, ...]) -> str:
        options = {name: value for name, value in pairwise(command) if name.startswith("--")}
        content = json.loads(Path(options["--parameters"].removeprefix("@")).read_text("utf-8"))
        given = {name: entry["value"] for name, entry in content["parameters"].items()}
        self.deployments[f"{command[3]} {options['--name']}"] = given
        if command[3] == "what-if":
            return json.dumps({"status": "Succeeded", "changes": []})
        if "relay.bicep" in options["--template-file"]:
            self.image = given["imageName"]
            return json.dumps({"relaY_URL": {"type": "String", "value": self._relay_url}})
        # Resource Manager gives names in capitals back with small letters at the beginning.
        return json.dumps(
            {name[:3].lower() + name[3:]: {"value": value} for name, value in self._outputs.items()}
        )

    def _relay(self, command: tuple[str, ...]) -> str:
        if "--output" in command and command[-1] == "tsv":
            return f"{self.image}\n"
        self._ready_after -= 1
        ready = "relay--2" if self._ready_after < 0 else "relay--1"
        return json.dumps(
            {"properties": {"latestRevisionName": "relay--2", "latestReadyRevisionName": ready}}
        )

    def _registry(self, command: tuple[str, ...], stdin: str) -> str:
        if command[1] == "login":
            assert stdin == "token"
        elif command[1] == "copy":
            self.pushed[command[-1]] = command[-2]
        elif command[-1] not in self.pushed:
            raise DeliveryError("`skopeo inspect ...` ended with 1")
        else:
            return f"{DIGEST}\n"
        return ""


class Clock:
    """Waiting that takes no time and is counted."""

    def __init__(self) -> None:
        self.waited = 0.0

    def __call__(self, seconds: float) -> None:
        self.waited += seconds
