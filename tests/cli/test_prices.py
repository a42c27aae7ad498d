"""`mlops-iac prices`: AWS's own answers become a dated table, and nothing changes where there are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from mlops_iac.cli.main import run_command
from mlops_iac.clients import Clients
from mlops_iac.core import exit_codes, refreshed_prices
from mlops_iac.core.errors import UsageError
from mlops_iac.core.prices import hourly
from tests.conftest import make_project

STACK = "screening-dev"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return root


def product(name: str, kind: str, price: str, component: str = "", unit: str = "Hrs") -> str:
    """One of GetProducts' answers, in its form."""
    attributes = {name: kind, "regionCode": "eu-west-1", **({"component": component} if component else {})}
    dimension = {"unit": unit, "pricePerUnit": {"USD": price}}
    return json.dumps(
        {
            "product": {"productFamily": "ML Instance", "attributes": attributes},
            "terms": {"OnDemand": {"A.JRTCKXETXF": {"priceDimensions": {"A.JRTCKXETXF.6YS6EN2CT7": dimension}}}},
        }
    )


ANSWERS = {
    "AmazonEC2": [product("instanceType", "m5.large", "0.1070000000"), product("instanceType", "odd", "0.0000000000")],
    "AmazonSageMaker": [
        product("instanceName", "ml.m5.large", "0.1290000000", "Hosting"),
        product("instanceName", "ml.m5.large", "0.1280000000", "Training"),
        product("instanceName", "ml.storage", "0.14", "Training", unit="GB-Mo"),
        "not JSON",
    ],
}


class Pricing:
    """The client, with recorded answers."""

    def __init__(self, answers: dict[str, list[str]], error: Exception | None = None) -> None:
        self.answers, self.error, self.asked = answers, error, list[dict[str, Any]]()

    def get_paginator(self, operation: str) -> Pricing:
        assert operation == "get_products"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        if self.error:
            raise self.error
        for text in self.answers[asked["ServiceCode"]]:
            yield {"PriceList": [text]}


def answer(monkeypatch: pytest.MonkeyPatch, pricing: Pricing) -> None:
    made = Clients(region="us-east-1", endpoint=None, make=lambda service: pricing, account_id=lambda: "1")
    monkeypatch.setattr(Clients, "aws", classmethod(lambda cls, region, profile=None: made))


def test_what_aws_answers_is_used_with_its_date(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pricing = Pricing(ANSWERS)
    answer(monkeypatch, pricing)
    assert run_command(["prices", "refresh", "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert told["regions"] == {"eu-west-1": {"ec2": {"m5.large": 0.107}, "sagemaker": {"ml.m5.large": 0.128}}}
    assert (project / refreshed_prices.FILE).is_file()
    filters = {one["Field"]: one["Value"] for one in pricing.asked[0]["Filters"]}
    assert (filters["regionCode"], filters["operatingSystem"], filters["tenancy"]) == ("eu-west-1", "Linux", "Shared")

    exact = hourly("ml.m5.large", "eu-west-1")
    assert exact is not None
    assert (exact.low, exact.usual, exact.high) == (0.128, 0.128, 0.128)
    assert hourly("ml.m5.large", "us-east-1") == hourly("ml.m5.large")  # another region is the packaged table's
    assert hourly("ml.c5.xlarge", "eu-west-1") is not None  # so is another type
    assert run_command(["cost", STACK]) == exit_codes.OK
    assert "of machines, less than a day old" in capsys.readouterr().out


def test_without_a_network_nothing_changes_and_that_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Pricing(ANSWERS))
    assert run_command(["prices", "refresh"]) == exit_codes.OK
    before = (project / refreshed_prices.FILE).read_text()
    answer(
        monkeypatch, Pricing({}, EndpointConnectionError(endpoint_url="https://api.pricing.us-east-1.amazonaws.com"))
    )
    assert run_command(["prices", "refresh", "--region", "eu-north-1"]) == 4
    assert "api.pricing.us-east-1.amazonaws.com" in capsys.readouterr().err
    assert (project / refreshed_prices.FILE).read_text() == before


def test_a_region_without_prices_is_refused_and_never_taken_as_free(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Pricing({"AmazonEC2": [], "AmazonSageMaker": []}))
    assert run_command(["prices", "refresh", "--region", "eu-nowhere-1"]) == exit_codes.CONFIGURATION
    assert "No prices for this region." in capsys.readouterr().err
    assert not (project / refreshed_prices.FILE).exists()


def test_a_persons_own_table_is_used_where_the_project_has_none(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, Pricing(ANSWERS))
    assert run_command(["prices", "refresh", "--user"]) == exit_codes.OK
    assert not (project / refreshed_prices.FILE).exists()
    found = refreshed_prices.find()
    assert found is not None
    assert found.hourly("m5.large", "eu-west-1") == 0.107
    assert run_command(["prices", "show"]) == exit_codes.OK
    assert "Used before them, less than a day old" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2}',
        '{"version": 1, "as_of": "soon", "regions": {}}',
        '{"version": 1, "as_of": "2026-11-30", "regions": {"eu-west-1": {"ec2": {"m5.large": 0}}}}',
        '{"version": 1, "as_of": "2026-11-30", "regions": {"eu-west-1": {"ec2": {"m5.large": "0.1"}}}}',
    ],
)
def test_a_file_that_holds_no_prices_is_refused_by_name(project: Path, text: str) -> None:
    (project / refreshed_prices.FILE).write_text(text)
    with pytest.raises(UsageError, match="no prices"):
        refreshed_prices.find()
