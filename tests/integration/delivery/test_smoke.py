"""The look from outside that ends every delivery, on the running stack."""

import pytest

from infra.delivery.commands import DeliveryError
from infra.delivery.smoke import Deployment, smoke
from tests.stack import RunningStack
from tests.unit.delivery.fakes import Clock


@pytest.fixture
def deployment(stack: RunningStack, user: str) -> Deployment:
    """The stack as delivery sees an environment."""
    facts = stack.facts
    return Deployment(facts["functions_url"], facts["relay_urls"][0], "dev", stack.token(user))


def test_a_deployment_that_is_well_passes(stack: RunningStack, deployment: Deployment, user: str) -> None:
    """One round through queue, events and stream, and nothing stays behind."""
    seen = smoke(deployment, wait=Clock())
    assert len(seen["trace_id"]) == 32
    with stack.api(user) as api:
        task = api.get(f"/generation/tasks/{seen['task_id']}").json()
        assert (task["status"], task["kind"]) == ("completed", "embedding")
        assert api.get(f"/embeddings/delivery-smoke-{seen['trace_id'][:12]}").status_code == 404


def test_another_version_fails(deployment: Deployment) -> None:
    """The code of before still answers: publishing went wrong."""
    old = Deployment(deployment.functions_url, deployment.relay_url, "c0ffee", deployment.token)
    with pytest.raises(DeliveryError, match="version 'dev' answers, not 'c0ffee'"):
        smoke(old, patience=10, wait=Clock())


def test_a_relay_that_is_away_fails(deployment: Deployment) -> None:
    """The functions alone are no product."""
    away = Deployment(deployment.functions_url, "http://127.0.0.1:9", "dev", deployment.token)
    with pytest.raises(DeliveryError, match="no answer: ConnectError"):
        smoke(away, patience=10, wait=Clock())


def test_a_task_that_fails_fails_the_delivery(stack: RunningStack, deployment: Deployment) -> None:
    """What only the round shows: every part is up, and the work does not get done."""
    with stack.ai() as ai:
        ai.put("/_control", json={"faults": [{"endpoint": "embeddings", "fault": "quota"}]})
        try:
            with pytest.raises(DeliveryError, match=r"the stream told task\.failed"):
                smoke(deployment, wait=Clock())
        finally:
            ai.delete("/_control")


def test_a_token_nobody_accepts_fails(deployment: Deployment) -> None:
    """Refused by the API, said as such."""
    stranger = Deployment(deployment.functions_url, deployment.relay_url, "dev", "not.a.token")
    with pytest.raises(DeliveryError, match="POST /embeddings answered 401"):
        smoke(stranger, wait=Clock())
