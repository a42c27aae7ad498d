"""Steps whose script is shipped, and programs of other images: what they become on each target, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps
from mlops_iac.pipelines.compile.step_functions.structure import all_states
from mlops_iac.pipelines.describe import describe
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import BaselineStep, BiasStep, ContainerStep, ExplainStep, GateStep, QualityStep
from mlops_iac.runs.pack import pack
from mlops_iac.runs.platforms import this_platform
from tests.support.samples import SAMPLES


def requests(pipeline: Pipeline, bindings: Bindings) -> dict[str, list[dict[str, Any]]]:
    """Step to its processing job's request on each target."""
    native = {step["Name"]: step for step in all_steps(sagemaker_pipelines.compile(pipeline, bindings)["Steps"])}
    states = dict(all_states(step_functions.compile(pipeline, bindings)))
    names = [step.name for step in pipeline.steps if step.name in native and "Parameters" in states.get(step.name, {})]
    return {name: [states[name]["Parameters"], native[name]["Arguments"]] for name in names}


@pytest.mark.parametrize(
    ("step", "script", "told"),
    [
        ("describe", "mlops_iac_baseline.py", ["--ignore", "id"]),
        ("bias", "mlops_iac_bias.py", ["--label", "ill", "--positive", "1", "--groups", "country,sex"]),
        ("explain", "mlops_iac_explain.py", ["--label", "ill", "--rows", "1000"]),
    ],
)
def test_a_shipped_script_runs_as_a_processing_job(step: str, script: str, told: list[str], bindings: Bindings) -> None:
    for request in requests(SAMPLES["bias"](), bindings)[step]:
        application = request["AppSpecification"]
        assert application["ContainerEntrypoint"][-1] == script
        assert application["ContainerArguments"] == told


def test_what_is_shipped_travels_only_when_a_step_runs_it(tmp_path: Any) -> None:
    (tmp_path / "train.py").write_text("")
    framework = get_framework("sklearn", "1.4-2")
    without = pack(tmp_path, framework, this_platform(framework))
    assert not [name for name in without.entries if "bias" in name or "tables" in name]
    code = pack(tmp_path, framework, this_platform(framework), shipped=True)
    assert {"mlops_iac_bias.py", "mlops_iac_tables.py"} <= {*code.entries}
    assert code.sha != without.sha


def test_a_script_of_the_teams_own_takes_its_place() -> None:
    step = BaselineStep(name="describe", data="prepare.test", script="mine.py")
    assert step.scripts() == {"describe": "mine.py"}
    assert step.processing().script == "mine.py"
    shipped = describe(SAMPLES["baseline"](), {"models": "models/", "features": "features/", "curated": "curated/"})
    facts = {step.name: step.facts for step in shipped["steps"]}
    assert facts["describe"]["shipped"] == "mlops_iac_baseline.py"
    assert "describe" not in shipped["scripts"]


def test_a_gate_reads_the_numbers_of_a_report(bindings: Bindings) -> None:
    sample = SAMPLES["bias"]()
    condition = {"evaluation": "bias.report", "metric": "demographic_parity_difference", "at_most": 0.1}
    gate = GateStep(name="fair", conditions=(condition,))
    pipeline = Pipeline(name="training", parameters=sample.parameters, steps=(*sample.steps, gate))
    natives = {step["Name"]: step for step in all_steps(sagemaker_pipelines.compile(pipeline, bindings)["Steps"])}
    assert [file["PropertyFileName"] for file in natives["bias"]["PropertyFiles"]] == ["report"]
    states = dict(all_states(step_functions.compile(pipeline, bindings)))
    assert "models/{}/bias/evaluation.json" in states["fair"]["Parameters"]["Key.$"]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (BiasStep, {"label": "ill", "groups": ("country",)}, "Say one of `prediction`"),
        (BiasStep, {"label": "ill", "groups": ("a,b",), "prediction": "p"}, "without a comma"),
        (BiasStep, {"label": "ill", "groups": (), "prediction": "p"}, "at least 1 item"),
        (BiasStep, {"label": "ill", "groups": ("country",), "prediction": "p", "model": "t.model"}, "Say one of"),
        (ExplainStep, {"label": "ill"}, "model"),
        (ExplainStep, {"label": "ill", "model": "train.model", "rows": 1}, "greater than or equal to 10"),
        (BaselineStep, {"script": "../other.py"}, "pattern"),
        (QualityStep, {"columns": {"age": {}}}, "column needs a rule"),
        (QualityStep, {"columns": {"age": {"at_least": 3, "at_most": 2}}}, "more than `at_most`"),
        (QualityStep, {"columns": {"age": {"matches": "("}}}, "regular expression"),
        (QualityStep, {"columns": {"age": {"allowed": ["x" * 100] * 3}}}, "job's argument 256"),
        (QualityStep, {"rows_at_least": 2, "rows_at_most": 1}, "less than `rows_at_least`"),
    ],
)
def test_wrong_fields_are_told(kind: Any, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        kind(name="look", data="prepare.test", **fields)
    assert said in str(refused.value)


def test_a_container_runs_its_image_and_command_without_the_teams_code(bindings: Bindings) -> None:
    for request in requests(SAMPLES["container"](), bindings)["convert"]:
        application = request["AppSpecification"]
        assert application["ImageUri"] == f"{bindings.repository_url}:converter-1"
        assert application["ContainerEntrypoint"] == ["/usr/bin/convert", "--fast"]
        assert [one["InputName"] for one in request["ProcessingInputs"]] == ["data"]


@pytest.mark.parametrize("image", ["python:3.11", "own:", "own:a b", "docker.io/library/python:3.11", "x/y"])
def test_an_image_that_is_not_in_ecr_is_refused(image: str) -> None:
    with pytest.raises(PipelineError, match="match pattern"):
        ContainerStep(name="convert", image=image, command=("run",), inputs={}, outputs={"d": {"zone": "curated"}})
