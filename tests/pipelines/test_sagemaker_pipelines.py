from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from mlops_iac.blueprints.parts.training_options import Gate
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines import compile, grants_for, step_of
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps, check
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import GateStep, Job, Output, ProcessingStep
from tests.support.golden import check_golden

Definition = dict[str, Any]


@pytest.fixture
def document(bindings: Bindings) -> Definition:
    return compile(training(TabularBatchOptions(hyperparameters={"C": 1, "deep": True})), bindings)


def steps(document: Definition) -> dict[str, Any]:
    return {step["Name"]: step for step in all_steps(document["Steps"])}


def test_the_definition_is_the_golden_one(document: Definition) -> None:
    check_golden("pipelines/tabular-batch.sagemaker.json", json.dumps(document, indent=1) + "\n")


def test_every_step_is_there_and_waits_for_what_it_needs(document: Definition, pipeline: Pipeline) -> None:
    found = steps(document)
    assert {step_of(name) for name in found} == {step.name for step in pipeline.steps}
    assert found["train"]["DependsOn"] == ["prepare"]
    assert set(found["evaluate"]["DependsOn"]) == {"train", "prepare"}
    behind = found["gate"]["Arguments"]
    assert [step["Name"] for step in behind["IfSteps"]][:2] == ["register", "deploy"]
    assert [step["Type"] for step in behind["ElseSteps"]] == ["Fail"]
    assert {step["Name"] for step in document["Steps"]} == {"validate", "prepare", "train", "evaluate", "gate"}


def test_the_gate_asks_the_property_file_for_the_metric_by_its_path(bindings: Bindings) -> None:
    for metric, path in (
        ("auc", "metrics.auc"),
        ("regression_metrics.mse.value", "regression_metrics.mse.value"),
        ("validation:auc", "metrics['validation:auc']"),
    ):
        document = compile(training(TabularBatchOptions(gate=Gate(metric=metric, at_most=0.5))), bindings)
        (condition,) = steps(document)["gate"]["Arguments"]["Conditions"]
        assert condition["Type"] == "LessThanOrEqualTo"
        assert condition["RightValue"] == {"Get": "Parameters.gate_at_most"}
        file = {"Get": "Steps.evaluate.PropertyFiles.evaluation"}
        assert condition["LeftValue"] == {"Std:JsonGet": {"PropertyFile": file, "Path": path}}


def test_a_run_gives_its_own_names_and_may_change_every_parameter(document: Definition) -> None:
    defaults = {one["Name"]: one.get("DefaultValue") for one in document["Parameters"]}
    assert defaults == {
        "run-id": None,
        "code-uri": None,
        "code-sha": None,
        "name--deploy": None,
        "data": "raw/",
        "hyperparameters--C": "1",
        "hyperparameters--deep": "true",
        "gate_at_least": 0.9,
    }
    given = steps(document)["train"]["Arguments"]["HyperParameters"]
    assert given["C"] == {"Get": "Parameters.hyperparameters--C"}
    assert given["mlops_iac_script"] == "train.py"


def test_what_a_run_makes_is_tagged_and_its_jobs_carry_the_stacks_name(document: Definition) -> None:
    tags = [
        {"Key": "mlops-iac:stack", "Value": "screening-dev"},
        {"Key": "mlops-iac:run", "Value": {"Get": "Parameters.run-id"}},
    ]
    for name, member in (("validate", "ProcessingJobName"), ("train", "TrainingJobName")):
        arguments = steps(document)[name]["Arguments"]
        assert (arguments["Tags"], arguments[member]) == (tags, "screening-dev")


def test_waiting_for_an_endpoint_takes_as_many_lambda_steps_as_it_is_long(document: Definition) -> None:
    """A Lambda step lasts ten minutes; the deploy step of tabular-batch waits for half an hour."""
    waits = [step for step in all_steps(document["Steps"]) if step["Type"] == "Lambda"]
    assert [step["Name"] for step in waits] == ["deploy", "deploy--wait-1", "deploy--wait-2", "deploy--wait-3"]
    assert sum(step["Arguments"]["wait_seconds"] for step in waits) == 1800
    assert [step["Arguments"]["last"] for step in waits] == [False, False, False, True]
    assert waits[0]["Arguments"]["started"] == "false"
    assert waits[1]["Arguments"]["started"] == {"Get": "Steps.deploy.OutputParameters['started']"}
    settings = json.loads(waits[0]["Arguments"]["settings"])
    assert settings["alone"]["ProductionVariants"][0]["ServerlessConfig"]["MemorySizeInMB"] == 2048


def set_(path: str, value: Any) -> Callable[[Definition], None]:
    """A fault: a value at a dotted path, first key the step."""

    def change(document: Definition) -> None:
        name, *keys, last = path.split("/")
        inner = steps(document)[name]
        for key in keys:
            inner = inner[int(key) if key.isdigit() else key]
        inner[last] = value

    return change


FAULTS = {
    "misspelt member": (set_("train/Arguments/ResourceConfg", {}), "no parameter `ResourceConfg`"),
    "number as text": (set_("train/Arguments/ResourceConfig/InstanceCount", "1"), "must be an integer"),
    "unknown machine": (set_("train/Arguments/ResourceConfig/InstanceType", "ml.x9.huge"), "none of the"),
    "bad role": (set_("train/Arguments/RoleArn", "role"), "does not match"),
    "decimal hyperparameter": (set_("train/Arguments/HyperParameters/lr", 0.1), "must be text"),
    "no time": (set_("train/Arguments/StoppingCondition/MaxRuntimeInSeconds", 0), "allowed is 1"),
    "bad approval": (set_("register/Arguments/ModelApprovalStatus", "Fine"), "none of the"),
    "missing step": (set_("register/Arguments/ModelPackageDescription", {"Get": "Steps.trian.X"}), "no such step"),
    "missing parameter": (set_("train/Arguments/Environment/A", {"Get": "Parameters.dat"}), "did you mean `data`"),
    "missing property": (set_("evaluate/Arguments/Environment/A", {"Get": "Steps.train.Artifact"}), "answers no"),
    "missing file": (
        set_("gate/Arguments/Conditions/0/LeftValue/Std:JsonGet/PropertyFile", {"Get": "Steps.train.PropertyFiles.x"}),
        "no such property file",
    ),
    "missing output": (
        set_("deploy--wait-1/Arguments/started", {"Get": "Steps.deploy.OutputParameters['x']"}),
        "no such",
    ),
    "waits for nobody": (set_("train/DependsOn", ["prepar"]), "There is no step `prepar`"),
    "long name": (set_("train/Name", "x" * 65), "takes 64"),
    "unknown type": (set_("train/Type", "Trainig"), "no type of step"),
}


@pytest.mark.parametrize(("break_it", "told"), FAULTS.values(), ids=FAULTS)
def test_what_sagemaker_would_refuse_is_told_before_it_is_deployed(
    document: Definition, break_it: Callable[[Definition], None], told: str
) -> None:
    broken = copy.deepcopy(document)
    check(broken)
    break_it(broken)
    with pytest.raises(PipelineError) as refused:
        check(broken)
    assert told in str(refused.value)


def test_a_deploy_step_needs_a_deployer(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineError, match="nothing that deploys"):
        compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1", deployer_arn=None))


def test_a_step_behind_two_gates_that_do_not_wait_for_each_other_is_refused(bindings: Bindings) -> None:
    job = Job(instance_type="ml.m5.large")
    bound = Parameter(name="bound", type="number", default=1, description="a bound")
    folder = {"out": Output(zone="models")}
    measure = [ProcessingStep(name=n, script="m.py", inputs={}, outputs=folder, job=job) for n in ("a", "b")]
    gates = [
        GateStep(name=f"gate-{m.name}", evaluation=m.output("out"), metric="x", at_least=bound.ref) for m in measure
    ]
    last = ProcessingStep(
        name="last", script="l.py", inputs={}, outputs=folder, job=job, after=tuple(gate.name for gate in gates)
    )
    with pytest.raises(PipelineError, match="cannot run this pipeline") as refused:
        compile(Pipeline(name="two", parameters=(bound,), steps=(*measure, *gates, last)), bindings)
    assert "gate-a" in refused.value.hint
    ordered = gates[1].model_copy(update={"after": ("gate-a",)})
    document = compile(Pipeline(name="two", parameters=(bound,), steps=(*measure, gates[0], ordered, last)), bindings)
    inner = steps(document)["gate-a"]["Arguments"]["IfSteps"]
    assert [step["Name"] for step in inner] == ["gate-b"]
    assert [step["Name"] for step in inner[0]["Arguments"]["IfSteps"]] == ["last"]


def test_steps_that_need_nothing_of_each_other_may_run_at_the_same_time(bindings: Bindings) -> None:
    job = Job(instance_type="ml.m5.large")
    folder = {"out": Output(zone="models")}
    two = [ProcessingStep(name=n, script="m.py", inputs={}, outputs=folder, job=job) for n in ("a", "b")]
    document = compile(Pipeline(name="two", steps=tuple(two)), bindings)
    assert [step.get("DependsOn") for step in document["Steps"]] == [None, None]


def test_a_role_gets_what_its_steps_call_and_no_wildcard(document: Definition, bindings: Bindings) -> None:
    granted = {action for statement in grants_for(document, bindings) for action in statement["Action"]}
    assert {
        "iam:PassRole",
        "lambda:InvokeFunction",
        "sagemaker:CreateModelPackage",
        "sagemaker:CreateProcessingJob",
        "sagemaker:StopTrainingJob",
    } <= granted
    assert not any("*" in action for action in granted)
    assert all(statement["Resource"] != ["*"] for statement in grants_for(document, bindings))


def test_roles_are_passed_to_sagemaker_and_to_nobody_else(document: Definition, bindings: Bindings) -> None:
    passing = [s for s in grants_for(document, bindings) if "iam:PassRole" in s["Action"]]
    assert passing
    for statement in passing:
        assert statement["Resource"] == [bindings.job_role_arn]
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
