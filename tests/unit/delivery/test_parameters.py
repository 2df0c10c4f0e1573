"""Deployments by delivery and by azd are given the same values."""

import pytest

from infra.delivery.commands import DeliveryError
from infra.delivery.parameters import ENVIRONMENTS, parameters
from tests.unit.delivery.fakes import VARIABLES
from tests.unit.infra.bicep import INFRA, read


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("template", ["main", "relay"])
def test_every_required_parameter_is_given(template: str, environment: str) -> None:
    """With the variables docs/delivery.md asks for, no parameter without a default is left open, and none unknown."""
    own = {"AZURE_ENV_NAME": environment, "SERVICE_RELAY_IMAGE_NAME": "x"}
    given = parameters(template, environment, {**VARIABLES, **own})["parameters"]
    params = read(INFRA / f"{template}.bicep").params
    assert {name for name, default in params.items() if default is None} <= set(given) <= set(params)
    assert given["environmentName"] == {"value": environment}


def test_missing_variables_are_all_named() -> None:
    """Whoever sets up an environment learns of everything at once."""
    with pytest.raises(DeliveryError, match="AUTH_AUDIENCE, AUTH_ISSUER, AUTH_JWKS_URL, AZURE_ENV_NAME"):
        parameters("main", "dev", {})


def test_an_unknown_environment_is_refused() -> None:
    """A typing error makes no new environment."""
    with pytest.raises(DeliveryError, match="'production' is no environment"):
        parameters("main", "production", VARIABLES)


def test_values_are_taken_as_they_are() -> None:
    """Quotes and braces in a value stay in it, an empty one means the default."""
    hard = {**VARIABLES, "AZURE_ENV_NAME": "dev", "CORS_ORIGINS": '"${x}"', "AWS_REGION": ""}
    given = parameters("main", "dev", hard)["parameters"]
    assert given["corsOrigins"] == {"value": '"${x}"'}
    assert given["awsRegion"] == {"value": "ap-northeast-2"}
    assert "databaseAllowedAddresses" not in given
