"""The environment comes up, trains, serves, and leaves word of it; with a right less, it would not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlops_iac.testing import DeployedEnvironment

STACK = "tables-dev"


def letters(environment: DeployedEnvironment) -> list[Any]:
    """All that lie in the letterbox, which is empty afterwards."""
    sqs = environment.clients("sqs")
    box = sqs.get_queue_url(QueueName=f"{STACK}-letters")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=box, MaxNumberOfMessages=10).get("Messages", [])
    for one in found:
        sqs.delete_message(QueueUrl=box, ReceiptHandle=one["ReceiptHandle"])
    return [json.loads(one["Body"]) for one in found]


def test_a_run_leaves_word_of_the_model_that_answers(deployed, mlops_iac_root: Path) -> None:
    environment = deployed(STACK)
    environment.put(mlops_iac_root / "teams/tables/data")
    run = environment.run()
    assert run.status == "succeeded", run
    group = environment.environment.registries["main"].model_package_group
    versions = environment.clients("sagemaker").list_model_packages(ModelPackageGroupName=group)
    [version] = versions["ModelPackageSummaryList"]
    assert letters(environment) == [{"run": run.id, "about": version["ModelPackageArn"]}]


def test_a_run_whose_model_is_refused_leaves_none(deployed) -> None:
    environment = deployed(STACK)
    [bound] = [name for name in environment.environment.pipelines["training"].parameters if name.startswith("gate_")]
    worst = {"gate_at_least": 1e9, "gate_at_most": -1e9}[bound]
    assert environment.run(parameters={bound: worst}).status == "refused"
    assert letters(environment) == []


def test_policies_have_nothing_against_it(policies) -> None:
    assert policies(STACK).refused == []
