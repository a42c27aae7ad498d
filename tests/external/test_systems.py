"""Every external system keeps the laws, and has its row in the guide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.external import FAMILY, SYSTEMS, System, kind_of
from mlops_iac.testing.contracts import SYSTEM_LAWS, SystemCase

WRITTEN: dict[str, dict[str, str]] = {
    "azure-ml": dict.fromkeys(("tenant_id", "client_id", "subscription", "resource_group", "workspace"), "acme"),
    "hopsworks": {"project": "churn"},
    "snowflake": {"account": "acme-analytics", "user": "ML_SERVICE", "schema": "PUBLIC"},
    "vertex-ai": {"project": "acme", "location": "europe-west4"},
    "wandb": {"entity": "acme", "project": "churn"},
}
"""What must be written of those that need more than an address."""
CASES = [SystemCase(kind=kind, written=WRITTEN.get(kind_of(kind), {})) for kind in SYSTEMS]
PAGE = Path(__file__).parents[2] / "docs/reference/external-systems.md"


@pytest.mark.parametrize("law", SYSTEM_LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: kind_of(case.kind))
def test_a_system_keeps(case: SystemCase, law: Callable[[SystemCase], None]) -> None:
    law(case)


def test_they_stand_in_the_table_in_order() -> None:
    assert [kind_of(kind) for kind in SYSTEMS] == sorted(FAMILY.ours)


@pytest.mark.parametrize("kind", SYSTEMS, ids=kind_of)
def test_a_system_has_its_place_in_the_reference(kind: type[System]) -> None:
    page = PAGE.read_text()
    assert f"| [`{kind_of(kind)}`](#{kind_of(kind)}) | {kind.title} |" in page
    assert [name for name in kind.all_variables() if f"| `{name}` | " not in page] == []


def test_no_two_of_ours_are_read_by_the_same_variables() -> None:
    names = [name for kind in SYSTEMS for name in kind.all_variables()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("kind", "address", "variables"),
    [
        ("seldon", "http://mesh.internal", {"SELDON_INFER_HOST": "mesh.internal:80"}),
        ("seldon", "https://mesh.internal:9443/", {"SELDON_INFER_HOST": "mesh.internal:9443"}),
        ("tecton", "https://acme.tecton.ai/", {"API_SERVICE": "https://acme.tecton.ai/api"}),
        ("hopsworks", "https://hops.acme.com:8181", {"HOPSWORKS_HOST": "hops.acme.com", "HOPSWORKS_PORT": "8181"}),
    ],
)
def test_an_address_is_told_as_the_client_wants_it(kind: str, address: str, variables: dict[str, str]) -> None:
    found = FAMILY.find(kind)
    assert found is not None
    system = found.model_validate({"kind": kind, "address": address, **WRITTEN.get(kind, {})})
    assert {name: value for name, value in system.variables.items() if name in variables} == variables


def test_only_this_machine_itself_is_reached_without_tls() -> None:
    found = FAMILY.find("snowflake")
    assert found is not None
    written = {"kind": "snowflake", **WRITTEN["snowflake"]}
    told = found.model_validate({**written, "address": "http://127.0.0.1:8080"}).variables
    assert [told[f"SNOWFLAKE_{name}"] for name in ("HOST", "PORT", "PROTOCOL")] == ["127.0.0.1", "8080", "http"]
    assert "SNOWFLAKE_HOST" not in found.model_validate(written).variables, "its clients know where it is"
    with pytest.raises(ValueError, match="begin with https://"):
        found.model_validate({**written, "address": "http://acme.example.com"})
