"""Outputs as people read them."""

from __future__ import annotations

from mlops_iac.core.environment import in_field_order


def test_outputs_come_in_the_order_of_the_fields_and_unknown_ones_last():
    outputs = {"zoo": 1, "data": {"zones": {"raw": "raw/", "curated": "curated/"}, "bucket": "b"}, "team": "screening"}
    ordered = in_field_order(outputs)
    assert ordered == outputs
    assert list(ordered) == ["team", "data", "zoo"]
    assert list(ordered["data"]) == ["bucket", "zones"]
    assert list(ordered["data"]["zones"]) == ["raw", "curated"]
    assert list(in_field_order([{"kind": "gate", "name": "gate"}])[0]) == ["name", "kind"]
