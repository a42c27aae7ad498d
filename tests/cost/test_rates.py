"""What each type of resource costs: every type that components make has an answer, which is AWS's own price."""

from __future__ import annotations

import pytest

from mlops_iac.config.usage import Usage
from mlops_iac.core.resource_types import MADE
from mlops_iac.cost.rates import FREE, RATES, Place

HOME = Place(region="us-east-1", usage=Usage())


@pytest.mark.parametrize("type_", sorted(MADE))
def test_every_type_that_components_make_has_a_price_or_is_free_for_a_reason(type_: str) -> None:
    if type_ == "aws:sagemaker/endpoint:Endpoint":
        pytest.skip("runs make it, not the engine: machines.py prices it")
    assert (type_ in RATES) is not (type_ in FREE)
    assert FREE.get(type_, "said") != ""


@pytest.mark.parametrize(
    ("type_", "inputs", "idle", "used"),
    [
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {}, 0.10, 0),
        ("aws:cloudwatch/dashboard:Dashboard", {}, 3.0, 0),
        ("aws:kms/key:Key", {}, 1.0, 0),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Gateway"}, 0, 0),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]}, 14.60, 0),
        ("aws:s3/bucket:Bucket", {}, 0, 0.23),
        ("aws:cloudwatch/logGroup:LogGroup", {}, 0, 0.50),
        ("aws:athena/workgroup:Workgroup", {}, 0, 0.05),
        ("aws:sfn/stateMachine:StateMachine", {"definition": '{"Type": "Pass", "Type": "Fail"}'}, 0, 0.0015),
        ("aws:secretsmanager/secret:Secret", {}, 0.40, 0),
        ("aws:ec2/natGateway:NatGateway", {}, 32.85, 0),
        ("aws:sagemaker/domain:Domain", {}, 0, 1.50),
        ("aws:sagemaker/userProfile:UserProfile", {}, 0, 2.56),
        ("aws:mwaa/environment:Environment", {"environmentClass": "mw1.medium"}, 540.20, 0),
        ("aws:mwaa/environment:Environment", {"environmentClass": "mw1.micro"}, 357.70, 0),
        ("aws:mwaa/environment:Environment", {"environmentClass": "mw1.xlarge"}, 722.70, 0),
    ],
)
def test_a_rate_is_the_price_lists(type_: str, inputs: dict[str, object], idle: float, used: float) -> None:
    costs = list(RATES[type_](inputs, HOME))
    assert sum(cost.idle.usual for cost in costs) == pytest.approx(idle)
    assert sum(cost.used.usual for cost in costs) == pytest.approx(used)


def test_a_price_that_is_not_in_the_table_is_said_to_be_another_s() -> None:
    (cost,) = RATES["aws:mwaa/environment:Environment"]({"environmentClass": "mw1.micro"}, HOME)
    assert cost.what == "an Airflow environment of mw1.micro, by the price of mw1.small: it costs less"
    assert (cost.idle.low, cost.idle.high) == (0, pytest.approx(357.70))
