"""The way out: what a caller may change."""

from __future__ import annotations

from typing import Any

import pulumi

from mlops_iac.components._kit.transforms import apply, merge
from mlops_iac.components.data_lake import DataLake, DataLakeArgs
from tests.components.world import run, site


def test_a_mapping_merges_key_by_key() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}


def test_a_callable_may_change_properties_and_options() -> None:
    def keep(props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        props["force_destroy"] = False
        opts.protect = True

    opts = pulumi.ResourceOptions()
    assert apply({"bucket": keep}, "bucket", {"force_destroy": True}, opts) == {"force_destroy": False}
    assert opts.protect is True


def test_what_is_not_named_stays_as_it_is() -> None:
    assert apply({"other": {"a": 1}}, "bucket", {"b": 2}, pulumi.ResourceOptions()) == {"b": 2}


def test_a_transform_reaches_the_real_resource() -> None:
    def keep(props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        opts.protect = True

    transforms = {"bucket": keep, "catalog": {"description": "Churn features"}, "policy": {"policy": "{}"}}
    made = run(lambda: DataLake(site().named("lake"), DataLakeArgs(transforms=transforms)))
    assert made.get("lake-bucket").protect is True
    assert made.get("lake-catalog").inputs["description"] == "Churn features"
    assert made.get("lake-policy").inputs["policy"] == "{}"
