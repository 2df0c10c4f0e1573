"""ProductService against the stand-ins: every fault ends as the right error of ours."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from generation.providers.product_service import ProductService
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ProductServiceSettings


@pytest.fixture
async def products(stand_ins: Any) -> AsyncIterator[ProductService]:
    """The adapter at the stand-ins."""
    adapter = ProductService(ProductServiceSettings(url=stand_ins.url, timeout=5))
    yield adapter
    await adapter.close()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429;retry-after=7", TransientError),
        ("500", TransientError),
        ("503", TransientError),
        ("drop", TransientError),
        ("html502", TransientError),
        ("bad_json", PermanentError),
    ],
)
async def test_every_fault_has_its_error(
    products: ProductService, stand_ins: Any, fault: str, kind: type[AppError]
) -> None:
    """What passes is transient, nonsense is not."""
    stand_ins.control(faults=[{"endpoint": "product", "nth": [1], "fault": fault}])
    with pytest.raises(AppError) as caught:
        await products.product("1")
    code = "product_service_nonsense" if kind is PermanentError else "product_service_unavailable"
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(stand_ins.log()) == 1
