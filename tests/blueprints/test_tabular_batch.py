"""The blueprint built under Pulumi's mocks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.environment import Environment
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.bindings import Bindings, EndpointBinding
from mlops_iac.pipelines.compile.step_functions.grants import grants_for
from mlops_iac.program import load
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import ACCOUNT, REGION, Made, run_program

STACK = """\
config:
  aws:region: eu-central-1
  mlops-iac:team: screening
  mlops-iac:environment: dev
  mlops-iac:blueprint: tabular-batch
  mlops-iac:code: code
  mlops-iac:owner: team@example.org
"""


def write(root: Path, more: str = "") -> Path:
    (root / "stacks").mkdir(exist_ok=True)
    (root / "code").mkdir(exist_ok=True)
    for name in ("validate", "prepare", "train", "evaluate"):
        (root / "code" / f"{name}.py").touch()
    (root / "stacks" / "Pulumi.screening-dev.yaml").write_text(STACK + more, encoding="utf-8")
    return root


def build(root: Path, more: str = "") -> Made:
    return run_program(load(write(root, more), "screening-dev").run)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return build(tmp_path_factory.mktemp("standard"))


@pytest.fixture
def document(made: Made) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(made.get("training-state-machine", "StateMachine")["definition"])
    return definition


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/tabular-batch.tree.txt", "\n".join(made.tree()) + "\n")


def test_what_runs_is_the_compiled_pipeline_tied_to_this_environment(made: Made, document: dict[str, Any]) -> None:
    bucket = made.get("lake-bucket", "Bucket")["bucket"]
    assert document["States"]["gate"]["Parameters"]["Bucket"] == bucket
    train = document["States"]["train"]["Parameters"]
    assert train["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/screening-dev-compute-job-role"
    assert train["AlgorithmSpecification"]["TrainingImage"].endswith("sagemaker-scikit-learn:1.4-2-cpu-py3")
    assert train["EnableNetworkIsolation"] is True
    assert len(train["VpcConfig"]["Subnets"]) == 2


def test_the_role_of_the_pipeline_may_make_every_call_of_its_document(made: Made, document: dict[str, Any]) -> None:
    """What the components granted, held against what the compiler reads off the document."""
    granted = json.loads(made.get("training-policy", "RolePolicy")["policy"])["Statement"]
    missing = [
        f"{action} on {resource}"
        for statement in grants_for(document, _bindings(made, document))
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not any(_allows(given, action, resource) for given in granted) and action not in LENT
    ]
    assert missing == []


def test_the_role_of_a_pipeline_on_sagemaker_may_make_every_call_of_its_definition(tmp_path: Path) -> None:
    made = build(tmp_path, "  mlops-iac:options: {orchestrator: sagemaker-pipelines}\n")
    definition = json.loads(made.get("training-pipeline", "Pipeline")["pipelineDefinition"])
    arguments = {step["Name"]: step["Arguments"] for step in definition["Steps"]}["train"]
    bindings = _bindings(made, {"States": {"train": {"Parameters": arguments}}})
    granted = json.loads(made.get("training-execution-policy", "RolePolicy")["policy"])["Statement"]
    missing = [
        f"{action} on {resource}"
        for statement in get_target("sagemaker-pipelines").grants_for(definition, bindings)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not any(_allows(given, action, resource) for given in granted) and action not in LENT
    ]
    assert missing == []
    assert made.exports["pipelines"]["training"]["target"] == "sagemaker-pipelines"


LENT = frozenset({"kms:CreateGrant", "kms:DescribeKey"})
"""The job's and the endpoint's own roles hold these, which AWS accepts instead of the caller's.

https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
"""


def _allows(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    covers = any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
    return statement["Effect"] == "Allow" and action in statement["Action"] and covers


def _bindings(made: Made, document: Mapping[str, Any]) -> Bindings:
    outputs = made.exports
    job = document["States"]["train"]["Parameters"]
    return Bindings.placeholder(
        "screening-dev",
        REGION,
        account_id=ACCOUNT,
        bucket=outputs["stores"]["lake"]["bucket"],
        key_arn=outputs["stores"]["lake"]["key_arn"],
        job_role_arn=job["RoleArn"],
        registries={"main": outputs["registries"]["main"]["model_package_group"]},
        endpoints={
            "main": EndpointBinding(
                name=outputs["endpoints"]["main"]["name"], flavour="serverless", role_arn="", variant={}
            )
        },
        alerts_topic_arn=outputs["alerts_topic_arn"],
        alerts_key_arn=None,
    )


def test_the_outputs_are_an_environment(made: Made) -> None:
    environment = Environment.from_outputs(made.exports)
    assert environment.stack == "screening-dev"
    assert environment.account_id == ACCOUNT
    pipeline = environment.pipelines["training"]
    assert [step.kind for step in pipeline.steps] == [
        "processing",
        "processing",
        "training",
        "processing",
        "gate",
        "register",
        "deploy",
    ]
    assert pipeline.scripts == {step: f"{step}.py" for step in ("validate", "prepare", "train", "evaluate")}
    assert {name: (one.type, one.default) for name, one in pipeline.parameters.items()} == {
        "data": ("prefix", "raw/"),
        "hyperparameters": ("strings", {}),
        "gate_at_least": ("number", 0.9),
    }
    assert {step.name: step.facts for step in pipeline.steps}["gate"] == {
        "conditions": [
            {
                "evaluation": "models/{run}/evaluation/evaluation.json",
                "metric": "auc",
                "direction": "at_least",
                "parameter": "gate_at_least",
            }
        ]
    }
    assert pipeline.code == "code"
    assert set(environment.services) == {"data-lake", "model-store", "prediction-serving"}
    assert environment.services["data-lake"].endpoint == f"s3://{environment.lake.bucket}/"
    json.dumps(made.exports)


def test_a_sandbox_has_no_key_and_no_isolation(tmp_path: Path) -> None:
    made = build(tmp_path, "  mlops-iac:security: sandbox\n")
    assert not any("kms/key" in typ for typ, _ in made.resources)
    assert made.exports["stores"]["lake"]["key_arn"] == ""
    train = json.loads(made.get("training-state-machine", "StateMachine")["definition"])["States"]["train"]
    assert train["Parameters"]["EnableNetworkIsolation"] is False


def test_a_realtime_endpoint_is_deployed_to_its_instances(tmp_path: Path) -> None:
    options = "  mlops-iac:options:\n    serving: {flavour: realtime, instance_type: ml.m5.xlarge, instance_count: 3}\n"
    made = build(tmp_path, options)
    states = json.loads(made.get("training-state-machine", "StateMachine")["definition"])["States"]
    (variant,) = states["deploy: configure"]["Parameters"]["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.xlarge", 3)
    assert states["deploy"]["Parameters"]["EnableNetworkIsolation"] is True
    assert made.exports["endpoints"]["main"]["flavour"] == "realtime"


def test_batch_queues_are_built_only_when_they_are_wanted(made: Made, tmp_path: Path) -> None:
    assert not any(typ.startswith("aws:batch") for typ, _ in made.resources)
    wanted = build(tmp_path, "  mlops-iac:options:\n    batch: {enabled: true}\n")
    assert sum(typ == "aws:batch/jobQueue:JobQueue" for typ, _ in wanted.resources) == 2
    assert {name: list(queue) for name, queue in wanted.exports["queues"].items()} == {
        "cpu": ["queue", "job_definition"],
        "gpu": ["queue"],
    }


def test_tables_and_retention_reach_the_lake(tmp_path: Path) -> None:
    options = (
        "  mlops-iac:options:\n    retention_days: 90\n"
        "    tables: {patients: {columns: {id: bigint, mean_radius: double}}}\n"
    )
    made = build(tmp_path, options)
    assert made.get("lake-table-patients", "CatalogTable")["name"] == "patients"
    assert "90" in json.dumps(made.get("lake-lifecycle", "LifecycleConfiguration")["rules"])
