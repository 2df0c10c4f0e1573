"""The function app as Azure would index it: through Microsoft's runtime library, in a process of its own.

An import error makes all functions vanish while a deployment stays green, so the whole list is written down here.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from local.functions_host.routes import RouteTable, compile_route

ROOT = Path(__file__).parents[3]

HTTP = {
    "block_regenerate": "generation/pages/{page_id}/blocks/{block_id}/regenerate",
    "image": "generation/image",
    "page_feedback": "generation/pages/{page_id}/feedback",
    "page_rollback": "generation/pages/{page_id}/rollback",
    "categories": "categories",
    "category_templates": "categories/{category_id}/templates",
    "display_list": "generation/display-list",
    "docs": "docs",
    "embedding": "embeddings/{post_id}",
    "embeddings": "embeddings",
    "health": "generation/actuator/health",
    "message": "generation/message",
    "openapi": "openapi.json",
    "ops_discard": "ops/queues/{name}/discard",
    "ops_queue": "ops/queues/{name}",
    "ops_queues": "ops/queues",
    "ops_redrive": "ops/queues/{name}/redrive",
    "page": "generation/pages/{page_id}",
    "page_html": "generation/pages/{page_id}/html",
    "page_versions": "generation/pages/{page_id}/versions",
    "pages": "generation/pages",
    "preview": "templates/preview",
    "ready": "generation/actuator/ready",
    "search": "search",
    "status": "generation",
    "task": "generation/tasks/{task_id}",
    "task_cancel": "generation/tasks/{task_id}/cancel",
    "task_retry": "generation/tasks/{task_id}/retry",
    "tasks": "generation/tasks",
    "template": "templates/{template_id}",
    "template_preview": "templates/{template_id}/preview",
    "template_rollback": "templates/{template_id}/rollback",
    "template_set": "template-sets/{template_set_id}",
    "template_set_usage": "template-sets/{template_set_id}/usage",
    "template_sets": "template-sets",
    "template_usage": "templates/{template_id}/usage",
    "template_versions": "templates/{template_id}/versions",
    "templates": "templates",
    "ticket": "notifications/ticket",
    "upload_image": "generation/upload-image",
    "wrong_path": "{*path}",
}
QUEUES = {
    "change_image": "image-requests",
    "embed_document": "embedding-requests",
    "generate_page": "generation-requests",
}
TIMERS = {
    "purge": "0 17 * * * *",
    "settle_poison": "*/15 * * * * *",
    "sweep": "*/4 * * * * *",
    "watch_queues": "0 * * * * *",
}


@cache
def index() -> list[dict[str, Any]]:
    """What the host would index, with an empty environment."""
    done = subprocess.run(
        [sys.executable, "-m", "local.functions_host", "--app", str(ROOT), "--index"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    functions: list[dict[str, Any]] = json.loads(done.stdout)
    return functions


def triggers(kind: str) -> dict[str, dict[str, Any]]:
    """The trigger of every function that has one of this type, by function name."""
    return {
        function["name"]: binding.get("settings", binding)
        for function in index()
        for binding in function["bindings"]
        if binding["type"] == kind
    }


def test_all_functions_are_there() -> None:
    """No function is missing, and none is there that this list does not know."""
    assert {function["name"] for function in index()} == {*HTTP, *QUEUES, *TIMERS}


def test_http_functions_have_their_routes_and_take_every_method() -> None:
    """Every route takes all methods (ours answers 405) and no host key: JWTs decide."""
    found = triggers("httpTrigger")
    assert {name: trigger["route"] for name, trigger in found.items()} == HTTP
    for trigger in found.values():
        assert not trigger.get("methods")  # none listed means all
        assert str(trigger["authLevel"]).lower() == "anonymous"


def test_queue_functions_listen_to_their_queues() -> None:
    """Queue names, and the connection the host opens them with."""
    found = triggers("queueTrigger")
    assert {name: trigger["queueName"] for name, trigger in found.items()} == QUEUES
    assert {trigger["connection"] for trigger in found.values()} == {"AzureWebJobsStorage"}


def test_timers_have_their_schedule() -> None:
    """Six fields: seconds first."""
    assert {name: trigger["schedule"] for name, trigger in triggers("timerTrigger").items()} == TIMERS


def test_no_route_hides_another() -> None:
    """The host tries routes in the order of function names: a literal before the parameter, the catch-all last."""
    compiled = [
        compile_route(name, trigger["route"], None) for name, trigger in triggers("httpTrigger").items()
    ]
    assert RouteTable(compiled).shadowed() == []
    assert max(HTTP) == "wrong_path"


def test_host_json_suits_the_code() -> None:
    """Messages are base64; a task's deliveries end before the host's own patience does."""
    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    queues = host["extensions"]["queues"]
    assert queues["messageEncoding"] == "base64"
    assert queues["maxDequeueCount"] == 5
    assert host["extensions"]["http"]["routePrefix"] == "api"
