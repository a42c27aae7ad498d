"""Who is told, what is seen, what it may cost."""

from __future__ import annotations

import json

import pytest

from mlops_iac.components._kit import EndpointRef, Metric, PipelineRef, RunEvents, TopicRef
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.components.monitoring.alerts import Alerts, AlertsArgs
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import World, run, site

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0000-1111"
TOPIC = TopicRef(arn="arn:aws:sns:eu-west-1:123456789012:screening-dev-alerts")
ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:t"
FAILED = Metric(namespace="AWS/States", name="ExecutionsFailed", dimensions={"StateMachineArn": ARN})
UNTOLD = RunEvents(
    "aws.states", "Status Change", "stateMachineArn", "name", "status", ("ABORTED", "TIMED_OUT"), "SUCCEEDED"
)
MACHINE = PipelineRef(
    target="step-functions",
    name="screening-dev-training",
    handle=ARN,
    failed=FAILED,
    outcomes=(FAILED,),
    untold=UNTOLD,
)
ENDPOINT = EndpointRef(
    name="screening-dev-endpoint", flavour="serverless", role_arn="r", settings={"VariantName": "main"}
)


def monitoring(**change: object) -> World:
    args = MonitoringArgs(alerts=TOPIC, **change)  # type: ignore[arg-type]
    return run(lambda: Monitoring(site().named("monitoring"), args))


def test_a_failed_run_is_told_by_name() -> None:
    made = monitoring(pipelines={"training": MACHINE})
    pattern = made.get("monitoring-failed-runs-rule").document("eventPattern")
    assert pattern["detail"] == {"stateMachineArn": [ARN], "status": ["ABORTED", "TIMED_OUT"]}
    target = made.get("monitoring-failed-runs-target").inputs
    assert target["arn"] == TOPIC.arn
    assert json.loads(target["inputTransformer"]["inputTemplate"]) == "Run <run> of screening-dev ended with <status>."


def test_the_budget_counts_this_stack_only() -> None:
    budget = monitoring(monthly_budget_usd=250).get("monitoring-budget").inputs
    assert (budget["limitAmount"], budget["timeUnit"]) == ("250.00", "MONTHLY")
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:mlops-iac:stack$screening-dev"]}]
    assert [(n["notificationType"], n["threshold"]) for n in budget["notifications"]] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]


def test_no_budget_when_none_is_wanted_and_no_budget_of_nothing() -> None:
    assert "monitoring-budget" not in monitoring(monthly_budget_usd=None).names()
    with pytest.raises(BlueprintError, match="Value out of range"):
        monitoring(monthly_budget_usd=0)


def test_the_dashboard_shows_pipelines_and_endpoints_in_two_columns() -> None:
    body = (
        monitoring(pipelines={"training": MACHINE}, endpoints=[ENDPOINT])
        .get("monitoring-dashboard")
        .document("dashboardBody")
    )
    assert [(w["x"], w["y"]) for w in body["widgets"]] == [(0, 0), (12, 0), (0, 6)]
    assert "screening-dev-endpoint" in json.dumps(body)


def test_a_dashboard_of_nothing_says_so() -> None:
    assert monitoring().get("monitoring-dashboard").document("dashboardBody")["widgets"][0]["type"] == "text"


def test_only_services_of_this_account_publish() -> None:
    made = run(lambda: Alerts(site().named("alerts"), AlertsArgs(emails=("a@example.org", "b@example.org"))))
    allow, events, deny = made.get("alerts-policy").document("policy")["Statement"]
    assert allow["Principal"] == {"Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert (events["Principal"], "Condition" in events) == ({"Service": ["events.amazonaws.com"]}, False)
    assert deny["Effect"] == "Deny"
    assert len(made.of("aws:sns/topicSubscription:TopicSubscription")) == 2


def test_reordering_addresses_changes_nothing() -> None:
    def urns(*emails: str) -> set[str]:
        return {made.urn for made in run(lambda: Alerts(site().named("alerts"), AlertsArgs(emails=emails))).resources}

    assert urns("a@example.org", "b@example.org") == urns("b@example.org", "a@example.org")


def test_publishing_to_an_encrypted_topic_comes_with_its_key() -> None:
    def program() -> None:
        role = Role(site().named("flow"), RoleArgs(services=("states.amazonaws.com",), description="x"))
        Alerts.adopt(site().named("alerts"), topic_arn=TOPIC.arn, key_arn=KEY).grant_publish(role)

    statements = {s["Sid"]: s for s in run(program).get("flow-policy").document("policy")["Statement"]}
    assert statements["AlertsPublish"]["Resource"] == [TOPIC.arn]
    assert statements["AlertsEncrypt"]["Resource"] == [KEY]
    assert statements["AlertsEncrypt"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}
    }


def test_the_alarm_hears_of_one_failed_run_in_five_minutes() -> None:
    alarm = monitoring(pipelines={"training": MACHINE}).get("monitoring-training-failed").inputs
    told = ("period", "evaluationPeriods", "threshold", "comparisonOperator", "statistic", "treatMissingData")
    assert [alarm[name] for name in told] == [300, 1, 0, "GreaterThanThreshold", "Sum", "notBreaching"]
    assert alarm["alarmActions"] == [TOPIC.arn]
