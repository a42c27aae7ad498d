"""regulated-private under Pulumi's mocks: what it adds to realtime-inference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints import get_blueprint
from mlops_iac.blueprints.regulated_private import RegulatedPrivateOptions
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK, write
from tests.support import pulumi_mocks
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program

BLUEPRINT = get_blueprint("regulated-private")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root: Path = write(tmp_path_factory.mktemp("regulated"))
    stack_file = root / "stacks" / "Pulumi.screening-dev.yaml"
    stack_file.write_text(STACK.replace("tabular-batch", "regulated-private"))
    return run_program(load(root, "screening-dev").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/regulated-private.tree.txt", "\n".join(made.tree()) + "\n")


def test_an_api_and_promises_are_made_as_in_realtime_inference(tmp_path: Path) -> None:
    root = write(tmp_path)
    stack_file = root / "stacks" / "Pulumi.screening-dev.yaml"
    asked = "  mlops-iac:options:\n    api: {auth: iam}\n    slo: {availability_percent: 99.9}\n"
    stack_file.write_text(f"{STACK.replace('tabular-batch', 'regulated-private').rstrip()}\n{asked}")
    kinds = {kind for kind, _ in run_program(load(root, "screening-dev").run).resources}
    assert {kind.rpartition(":")[2] for kind in kinds} >= {"RestApi", "MetricAlarm"}


def test_a_person_is_asked_between_the_gate_and_the_registry() -> None:
    pipeline = BLUEPRINT.pipelines(RegulatedPrivateOptions())[0]
    names = [step.name for step in pipeline.ordered]
    assert names[-4:] == ["gate", "approve", "register", "deploy"]
    assert "approve" in pipeline.needs(pipeline.get_step("register"))


def test_only_the_card_writer_signs_and_only_the_verifier_verifies(made: Made) -> None:
    """Whoever trains, registers or deploys can do neither."""
    may = {
        name: {action for statement in json.loads(inputs["policy"])["Statement"] for action in statement["Action"]}
        for (kind, name), inputs in made.resources.items()
        if kind.endswith(":RolePolicy")
    }
    assert {name for name, actions in may.items() if "kms:Sign" in actions} == {"cards-writer-policy"}
    assert {name for name, actions in may.items() if "kms:Verify" in actions} == {"signing-verifier-policy"}


def test_what_is_deployed_is_verified_first(made: Made) -> None:
    states = json.loads(made.get("training-state-machine", "StateMachine")["definition"])["States"]
    assert states["deploy"]["Resource"].endswith("lambda:invoke")
    assert states["deploy"]["Next"] == "deploy: model"
    assert states["deploy: model"]["Resource"].endswith("sagemaker:createModel")


def test_with_a_key_for_each_layer_no_role_reaches_the_key_of_another_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the pipeline works in several: it starts jobs on the lake's key, keeps its executions by the logs', asks by
    the secrets'."""
    monkeypatch.setitem(pulumi_mocks._ARNS, "aws:kms/key:Key", "arn:aws:kms:{region}:{account}:key/{name}")
    root = write(tmp_path)
    asked = "  mlops-iac:options:\n    keys: per-layer\n"
    text = f"{STACK.replace('tabular-batch', 'regulated-private').rstrip()}\n{asked}"
    (root / "stacks" / "Pulumi.screening-dev.yaml").write_text(text)
    made = run_program(load(root, "screening-dev").run)
    keys = {name for kind, name in made.resources if kind.endswith(":Key")}
    assert keys == {"encryption-key", "logs-key-key", "registry-key-key", "secrets-key-key", "signing-key"}
    policies = {
        name: inputs["policy"] for (kind, name), inputs in made.resources.items() if kind.endswith(":RolePolicy")
    }
    reached = {name: reached_keys(policy, keys) for name, policy in policies.items()}
    assert reached["compute-job-policy"] == reached["endpoint-policy"] == {"encryption-key"}
    others = {name for name, found in reached.items() if found - {"encryption-key", "signing-key"}}
    assert others <= {"training-policy"}


def reached_keys(document: str, keys: set[str]) -> set[str]:
    """Whose keys a role's statements name."""
    statements = json.loads(document)["Statement"]
    named = [
        resource
        for one in statements
        if any(action.startswith("kms:") for action in one["Action"])
        for resource in one["Resource"]
    ]
    return {key for key in keys for resource in named if resource.endswith(f"/{key}")}


def test_where_nobody_tells_who_started_a_run_two_people_are_refused() -> None:
    options = RegulatedPrivateOptions
    with pytest.raises(ValidationError, match="CloudTrail does not tell who starts a run on airflow"):
        options.model_validate({"orchestrator": "airflow"})
    assert options.model_validate({"orchestrator": "airflow", "approvals": "one-person"})


def test_a_promoted_model_is_approved_as_any_other() -> None:
    with pytest.raises(ValidationError, match=r"leave `promotion\.approval` out"):
        RegulatedPrivateOptions.model_validate({"promotion": {"from": ["oncology-dev"], "approval": False}})
