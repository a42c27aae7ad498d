"""Step Functions: the document, its role, its log, its schedule."""

from __future__ import annotations

import json

from mlops_iac.components._kit import KeyRef
from mlops_iac.components.orchestrator.step_functions import StepFunctions, StepFunctionsArgs
from tests.components.world import World, run, site

DOCUMENT = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "A"}, "A": {"Type": "Succeed"}}}
KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")


def flow(profile: str = "standard", **change: object) -> World:
    args = StepFunctionsArgs(**{"definition": DOCUMENT, **change})  # type: ignore[arg-type]
    return run(lambda: StepFunctions(site(profile).named("training"), args))


def test_the_document_is_deployed_as_it_was_written() -> None:
    assert list(json.loads(flow().get("training-state-machine").inputs["definition"])["States"]) == ["B", "A"]
    text = '{"StartAt": "x"}'
    assert flow(definition=text).get("training-state-machine").inputs["definition"] == text


def test_the_machine_carries_the_pipelines_name() -> None:
    made = flow()
    assert made.get("training-state-machine").inputs["name"] == "screening-dev-training"
    assert made.get("training-log-group").inputs["name"] == "/aws/vendedlogs/states/screening-dev-training"


def test_everything_is_logged_but_data_under_regulated() -> None:
    for profile, data in (("standard", True), ("regulated", False)):
        logging = flow(profile).get("training-state-machine").inputs["loggingConfiguration"]
        assert (logging["level"], logging["includeExecutionData"]) == ("ALL", data)


def test_the_machine_waits_for_the_right_to_deliver_logs() -> None:
    made = flow()
    assert made.get("training-policy").urn in made.get("training-state-machine").dependencies


def test_the_machine_is_encrypted_with_the_key() -> None:
    encryption = flow(key=KEY).get("training-state-machine").inputs["encryptionConfiguration"]
    assert (encryption["type"], encryption["kmsKeyId"]) == ("CUSTOMER_MANAGED_KMS_KEY", KEY.arn)
