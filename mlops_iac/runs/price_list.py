"""What machines cost an hour now, asked of AWS's Price List API: on demand, Linux, shared tenancy.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.calls import calling

PLACE: Final = "us-east-1"
"""Where the API is, whatever region is asked about. It is in three regions only."""

EC2: Final = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "licenseModel": "No License required",
    "marketoption": "OnDemand",
}
"""EC2 has a price for each system, tenancy and way of buying; this is the plain one."""

SAGEMAKER: Final = {"productFamily": "ML Instance"}
USES: Final = ("Training", "Processing", "Hosting")
"""What SageMaker bills a machine for; of a type with several prices the first of these is taken."""

PAGE: Final = 100


def read_prices(clients: Clients, region: str) -> dict[str, dict[str, float]]:
    """US dollars an hour by type: ``ec2`` and ``sagemaker``. Raises CloudError when AWS refuses or is not reached."""
    plain = {name: price for name, _, price in _read(clients, "AmazonEC2", region, EC2, "instanceType")}
    by_use: dict[str, dict[str, float]] = {}
    for name, use, price in _read(clients, "AmazonSageMaker", region, SAGEMAKER, "instanceName"):
        by_use.setdefault(name, {}).setdefault(use, price)
    ours = {name: uses[use] for name, uses in by_use.items() for use in USES[::-1] if use in uses}
    return {"ec2": dict(sorted(plain.items())), "sagemaker": dict(sorted(ours.items()))}


def _read(
    clients: Clients, service: str, region: str, wanted: Mapping[str, str], name: str
) -> Iterator[tuple[str, str, float]]:
    """Type, what it is used for, and price. What has no price in US dollars an hour is left out, never taken as 0."""
    filters = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in {"regionCode": region, **wanted}.items()
    ]
    with calling("pricing:GetProducts", f"{service} in {region}"):
        pages = clients("pricing").get_paginator("get_products")
        for page in pages.paginate(ServiceCode=service, Filters=filters, PaginationConfig={"PageSize": PAGE}):
            for text in page["PriceList"]:
                product = _parse(text)
                price = _hourly(product)
                attributes = (product.get("product") or {}).get("attributes") or {}
                if price is not None and attributes.get(name):
                    yield str(attributes[name]), str(attributes.get("component", "")), price


def _parse(text: str) -> Mapping[str, Any]:
    try:
        found = read_json(text)
    except NotStrictJson:
        return {}
    return found if isinstance(found, Mapping) else {}


def _hourly(product: Mapping[str, Any]) -> float | None:
    """The one price on demand of a product, where it has exactly one."""
    terms = (product.get("terms") or {}).get("OnDemand") or {}
    dimensions = [one for term in terms.values() for one in (term.get("priceDimensions") or {}).values()]
    prices = {(one.get("pricePerUnit") or {}).get("USD") for one in dimensions if one.get("unit") in ("Hrs", "Hours")}
    if len(prices) != 1:
        return None
    try:
        price = float(prices.pop() or 0)
    except ValueError:
        return None
    return price if 0 < price < 10_000 else None
