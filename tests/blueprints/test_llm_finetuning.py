"""llm-finetuning: what it makes of a training's pipeline, who may read the base model, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints import get_blueprint
from mlops_iac.blueprints.llm_finetuning import LlmFinetuningOptions
from mlops_iac.blueprints.parts.promotion_options import Promotion
from mlops_iac.blueprints.parts.promotion_pipeline import promotion
from mlops_iac.core.errors import MlopsError
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import GateStep, ProcessingStep, RegisterStep, TrainingStep
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import STACK, write
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program

BLUEPRINT = get_blueprint("llm-finetuning")
BASE = "s3://acme-models/tiny/"
SCRIPTS = ("merge", "quantise")


def tuning(**options: Any) -> Pipeline:
    return BLUEPRINT.pipelines(LlmFinetuningOptions.model_validate(options))[0]


def train(**options: Any) -> TrainingStep:
    step = tuning(**options).get_step("train")
    assert isinstance(step, TrainingStep)
    return step


def project(root: Path, options: str = "", *, region: str = "eu-central-1") -> Path:
    write(root)
    for name in SCRIPTS:
        (root / f"code/{name}.py").touch()
    stack = STACK.replace("tabular-batch", "llm-finetuning").replace("eu-central-1", region)
    more = f"  mlops-iac:options: {options}\n" if options else ""
    (root / "stacks/Pulumi.screening-dev.yaml").write_text(stack + more)
    return root


def build(root: Path, options: str = "") -> Made:
    return run_program(load(project(root, options), "screening-dev").run)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return build(tmp_path_factory.mktemp("tuning"))


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return build(
        tmp_path_factory.mktemp("adapted"), f"{{base_model: {BASE}, base_model_account: '222222222222', "
        "tuning: {method: lora}}",
    )  # fmt: skip


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/llm-finetuning.tree.txt", "\n".join(made.tree()) + "\n")


def test_what_is_measured_and_served_is_the_quantised_model() -> None:
    whole = tuning()
    assert [step.name for step in whole.ordered] == [
        "validate", "prepare", "train", "merge", "quantise", "evaluate", "gate", "register", "deploy",
    ]  # fmt: skip
    evaluate, register = whole.get_step("evaluate"), whole.get_step("register")
    assert isinstance(evaluate, ProcessingStep)
    assert isinstance(register, RegisterStep)
    assert str(evaluate.inputs["model"]) == str(register.model) == "quantise.model"
    quantise = whole.get_step("quantise")
    assert isinstance(quantise, TrainingStep)
    assert quantise.hyperparameters == {"precision": "int8"}


def test_a_training_keeps_checkpoints_and_uses_spare_capacity() -> None:
    step = train()
    assert (step.checkpoints, step.spot, step.job.instance_type) == (True, True, "ml.g5.xlarge")
    warm = train(tuning={"spot": False, "keep_alive_minutes": 30})
    assert (warm.spot, warm.keep_alive_minutes) == (False, 30)


@pytest.mark.parametrize(
    ("options", "launched"),
    [
        ({}, None),
        ({"instances": {"train": {"instance_type": "ml.g5.12xlarge"}}}, ("torchrun", None)),
        ({"instances": {"train": {"instance_count": 2}}}, ("torchrun", None)),
        ({"tuning": {"processes": 3}}, ("torchrun", 3)),
        ({"instances": {"train": {"instance_type": "ml.c5.xlarge"}}}, None),
    ],
)
def test_torchrun_starts_a_process_for_each_gpu_of_all_machines(options: dict[str, Any], launched: Any) -> None:
    found = train(**options).distributed
    assert (found and (found.launcher, found.processes)) == launched


def test_the_gate_asks_for_both_metrics_and_that_neither_is_worse_than_the_champions() -> None:
    def asked(**options: Any) -> list[str]:
        gate = tuning(**options).get_step("gate")
        assert isinstance(gate, GateStep)
        return [one.told for one in gate.conditions]

    assert asked() == [
        "perplexity <= parameters.gate_at_most",
        "exact_match >= 0.5",
        "perplexity better than the champion's by 0",
        "exact_match better than the champion's by 0",
    ]
    assert asked(suite=None, keep_champion=False) == ["perplexity <= parameters.gate_at_most"]


def test_the_method_is_a_hyperparameter_that_the_script_is_told() -> None:
    parameter = next(
        one
        for one in tuning(base_model=BASE, tuning={"method": "lora"}, hyperparameters={"rank": 4}).parameters
        if one.name == "hyperparameters"
    )
    assert parameter.default == {"method": "lora", "rank": "4"}


def test_a_promotion_neither_trains_nor_merges_what_it_fetches() -> None:
    steps = [step.name for step in promotion(tuning(), Promotion()).ordered]
    assert steps == ["validate", "fetch", "prepare", "evaluate", "gate", "approve", "register", "deploy"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tuning": {"method": "lora"}}, "learns a difference to a base model"),
        ({"base_model_account": "222222222222"}, "is of a `base_model`"),
        ({"tuning": {"keep_alive_minutes": 5}}, "SageMaker keeps no spare capacity"),
        ({"base_model": "s3://acme-models"}, "base_model"),
        ({"base_model": "s3://acme-models/tiny"}, "base_model"),
        ({"base_model": "https://hub.example.org/tiny/"}, "base_model"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        LlmFinetuningOptions.model_validate(options)


def test_only_the_jobs_may_read_the_base_model_and_only_below_its_prefix(adapted: Made) -> None:
    readers = {
        logical: [one for one in json.loads(policy)["Statement"] if "acme-models" in json.dumps(one)]
        for logical, policy in _policies(adapted).items()
        if "acme-models" in policy
    }
    assert list(readers) == ["compute-job-policy"]
    allowed = {action: one["Resource"] for one in readers["compute-job-policy"] for action in _list(one["Action"])}
    assert _list(allowed["s3:GetObject"]) == ["arn:aws:s3:::acme-models/tiny/*"]
    assert _list(allowed["s3:ListBucket"]) == ["arn:aws:s3:::acme-models"]
    assert _list(allowed["kms:Decrypt"]) == ["arn:aws:kms:eu-central-1:222222222222:key/*"]
    assert not any("Put" in action or "Delete" in action for action in allowed)


def test_a_base_model_of_another_account_is_reached_through_the_gateway(adapted: Made, made: Made) -> None:
    assert "arn:aws:s3:::acme-models/tiny/*" in str(adapted.get("network-s3-endpoint", "VpcEndpoint")["policy"])
    assert "acme-models" not in str(made.get("network-s3-endpoint", "VpcEndpoint")["policy"])


PIPELINE = """\
steps:
  look:
    kind: processing
    script: look.py
    inputs: {model: s3://acme-models/tiny/, data: DATA}
    outputs: {report: {zone: models, folder: report}}
"""


@pytest.mark.parametrize(
    ("options", "text", "says"),
    [
        ("", PIPELINE, "the stack file has no `base_model`"),
        (f"{{base_model: {BASE}}}", PIPELINE.replace("DATA", "s3://others/raw/"), "reads `s3://others/raw/`"),
    ],
)
def test_a_pipeline_reads_no_bucket_that_the_stack_file_does_not_name(
    tmp_path: Path, options: str, text: str, says: str
) -> None:
    root = project(tmp_path, options)
    (root / "code/look.py").touch()
    (root / "code/pipelines").mkdir()
    (root / "code/pipelines/look.yaml").write_text(text.replace(", data: DATA", ""))
    with pytest.raises(MlopsError) as caught:
        run_program(load(root, "screening-dev").run)
    assert says in str(caught.value)
    assert "look.yaml" in str(caught.value)


def test_a_type_that_the_region_lacks_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(MlopsError) as caught:
        load(project(tmp_path, region="eu-south-1"), "screening-dev")
    told = str(caught.value)
    assert "`ml.g5.xlarge` (1 × A10G of 22 GiB); eu-south-1 did not have it on 2026-10-27" in told
    assert "`ml.g4dn.xlarge` (1 × T4 of 16 GiB)" in told
    assert "eu-central-1" in told


def _policies(made: Made) -> dict[str, str]:
    return {
        name: str(inputs["policy"]) for (typ, name), inputs in made.resources.items() if typ.endswith(":RolePolicy")
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
