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
    stand_ins.control(faults=[{"endpoint": "product", "fault": fault}])
    with pytest.raises(AppError) as caught:
        await products.product("S-2001")
    code = "product_service_nonsense" if kind is PermanentError else "product_service_unavailable"
    assert (type(caught.value), caught.value.code) == (kind, code)
    # A GET whose connection was cut is sent once more by aiohttp itself (RFC 9110 §9.2.2 allows it).
    assert len(stand_ins.log()) == (2 if fault == "drop" else 1)


async def test_record_comes_back(products: ProductService) -> None:
    """A known product's record."""
    assert (await products.product("S-2001"))["product_id"] == "S-2001"


@pytest.mark.parametrize("product_id", ["no-such-product", "../_log", "S-2001/../S-2001", "귤", "%2e%2e"])
async def test_unknown_product_is_not_found(products: ProductService, product_id: str) -> None:
    """An id nobody has, and ids that try to be paths."""
    with pytest.raises(PermanentError) as caught:
        await products.product(product_id)
    assert caught.value.code == "product_not_found"


async def test_silence_ends_at_the_time_out(stand_ins: Any) -> None:
    """A service that holds the connection costs the time-out, no more."""
    stand_ins.control(faults=[{"endpoint": "product", "fault": "timeout"}])
    products = ProductService(ProductServiceSettings(url=stand_ins.url, timeout=0.5))
    with pytest.raises(TransientError) as caught:
        await products.product("S-2001")
    assert caught.value.code == "product_service_unavailable"
    await products.close()
