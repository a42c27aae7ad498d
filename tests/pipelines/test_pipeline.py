from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.names import JOB_NAME_LENGTH, STEP_NAME_LENGTH
from mlops_iac.pipelines.parameters import Parameter, find_fault, find_mismatch
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps import DeployStep, GateStep, Job, Output, ProcessingStep, TrainingStep

JOB = Job(instance_type="ml.m5.large")
DATA = Parameter(name="data", type="prefix", default="raw/", description="Where the data is.")
HYPER = Parameter(name="hyperparameters", type="strings", default={}, description="Hyperparameters.")


def processing(name: str, *reads: Any, **more: Any) -> ProcessingStep:
    inputs = {f"input_{number}": source for number, source in enumerate(reads)}
    outputs = {"out": Output(zone="curated", folder="out")}
    return ProcessingStep(name=name, script=f"{name}.py", inputs=inputs, outputs=outputs, job=JOB, **more)


def pipeline(*steps: Any, parameters: tuple[Parameter, ...] = (DATA, HYPER)) -> Pipeline:
    return Pipeline(name="training", parameters=parameters, steps=steps)


def test_steps_are_ordered_by_what_they_read_not_by_how_they_are_written() -> None:
    second = processing("second", FromStep(step="first", output="out"))
    first = processing("first", DATA.ref)
    assert [step.name for step in pipeline(second, first).ordered] == ["first", "second"]


def test_steps_that_need_nothing_of_each_other_keep_the_order_written() -> None:
    names = ["d", "a", "c", "b"]
    assert [step.name for step in pipeline(*(processing(name) for name in names)).ordered] == names


def test_a_step_can_wait_for_a_step_it_does_not_read() -> None:
    made = pipeline(processing("late", after=("early",)), processing("early"))
    assert [step.name for step in made.ordered] == ["early", "late"]


def test_a_cycle_is_told_as_a_path() -> None:
    one = processing("one", FromStep(step="two", output="out"))
    two = processing("two", FromStep(step="one", output="out"))
    with pytest.raises(PipelineError) as refused:
        pipeline(one, two)
    assert refused.value.summary == "A pipeline's steps wait for each other."
    way, _, fields = refused.value.detail.partition("; ")
    assert way in ("Pipeline `training`: one → two → one", "Pipeline `training`: two → one → two")
    assert "`one` waits for `two` by `inputs.input_0`" in fields
    assert refused.value.problems[0].path in ("one.inputs.input_0", "two.inputs.input_0")


def test_every_unknown_reference_is_told_at_once_with_the_nearest_name() -> None:
    first = processing("first", FromParameter(parameter="dta"), after=("frist",))
    second = processing("second", FromStep(step="first", output="uot"), FromStep(step="firs", output="out"))
    with pytest.raises(PipelineError) as refused:
        pipeline(first, second)
    told = {problem.path: problem.hint for problem in refused.value.problems}
    assert told == {
        "first.inputs.input_0": "did you mean `data`?",
        "first.after": "did you mean `first`?",
        "second.inputs.input_0": "did you mean `out`?",
        "second.inputs.input_1": "did you mean `first`?",
    }


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(PipelineError, match="2 steps are called `same`"):
        pipeline(processing("same"), processing("same"))


@pytest.mark.parametrize(
    ("step", "field", "given", "takes"),
    [
        (processing("p", HYPER.ref), "p.inputs.input_0", "strings", "prefix or a folder or a model or a bucket"),
        (
            TrainingStep(name="t", script="t.py", channels={"train": DATA.ref}, hyperparameters=DATA.ref, job=JOB),
            "t.hyperparameters",
            "prefix",
            "strings",
        ),
        (DeployStep(name="d", package=FromStep(step="first", output="out")), "d.package", "folder", "package"),
        (
            GateStep(
                name="g",
                evaluation=FromStep(step="first", output="out"),
                metric="auc",
                at_least=DATA.ref,
            ),
            "g.conditions[0].at_least",
            "prefix",
            "number",
        ),
    ],
)
def test_a_reference_to_the_wrong_kind_of_thing_is_refused(step: Any, field: str, given: str, takes: str) -> None:
    with pytest.raises(PipelineError) as refused:
        pipeline(processing("first"), step)
    (problem,) = refused.value.problems
    assert problem.path == field
    assert f"a {given}; it takes a {takes}." in problem.detail


def test_a_wrong_field_names_its_step() -> None:
    with pytest.raises(PipelineError) as refused:
        processing("Train_Model")
    assert refused.value.problems[0].path == "ProcessingStep `Train_Model`.name"


def test_the_longest_names_make_a_job_name_that_sagemaker_takes() -> None:
    longest = f"{'t' * 16}-{'e' * 10}-261121-081530-3fa2-{'s' * STEP_NAME_LENGTH}"
    assert len(longest) == JOB_NAME_LENGTH == 63
    processing("s" * STEP_NAME_LENGTH)
    with pytest.raises(PipelineError):
        processing("s" * (STEP_NAME_LENGTH + 1))


@pytest.mark.parametrize("name", ["", "-a", "a-", "a--b", "A", "a_b", "a:b", "1a", "a\n", "é"])
def test_names_that_a_service_would_refuse_are_refused(name: str) -> None:
    with pytest.raises(PipelineError):
        processing(name)


@pytest.mark.parametrize("script", ["/etc/x.py", "train.sh", "../train.py", "a b.py", "x.py;rm"])
def test_a_script_is_a_python_file_of_the_code_folder(script: str) -> None:
    with pytest.raises(PipelineError):
        ProcessingStep(name="p", script=script, inputs={}, outputs={"out": Output(zone="curated")}, job=JOB)


@pytest.mark.parametrize(
    ("type", "value", "good"),
    [
        ("prefix", "raw/", True),
        ("prefix", "raw", False),
        ("prefix", "/raw/", False),
        ("prefix", "raw/../code/", False),
        ("number", 1, True),
        ("number", 0.97, True),
        ("number", True, False),
        ("number", "0.97", False),
        ("number", float("nan"), False),
        ("number", float("inf"), False),
        ("string", "x", True),
        ("string", 1, False),
        ("strings", {"C": "1.0"}, True),
        ("strings", {"C": 1.0}, False),
    ],
)
def test_parameters_have_types(type: Any, value: Any, good: bool) -> None:
    assert (find_mismatch(type, value) is None) is good


def test_a_default_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(PipelineError, match="The default of `bound` must be a finite number"):
        Parameter(name="bound", type="number", default="high", description="A bound.")


def test_looking_up_what_does_not_exist_names_the_nearest() -> None:
    made = pipeline(processing("first", DATA.ref))
    assert made.get_step("first").name == "first"
    with pytest.raises(PipelineError) as refused:
        made.get_step("frist")
    assert refused.value.hint == "did you mean `first`?"


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40))
def test_an_order_keeps_every_edge(edges: list[tuple[int, int]]) -> None:
    """Any graph whose edges lead upwards has an order, and every step comes after what it waits for."""
    after: dict[int, set[str]] = {number: set() for number in range(12)}
    for low, high in edges:
        if low != high:
            after[max(low, high)].add(f"s{min(low, high)}")
    made = pipeline(*(processing(f"s{number}", after=tuple(sorted(after[number]))) for number in reversed(range(12))))
    seen: set[str] = set()
    for step in made.ordered:
        assert set(step.after) <= seen
        seen.add(step.name)
    assert len(seen) == 12


@pytest.mark.parametrize(
    ("limits", "value", "why"),
    [
        ({"type": "number", "default": 3, "minimum": 1}, 0.5, "must be 1 or more"),
        ({"type": "number", "default": 3, "maximum": 5}, 6, "must be 5 or less"),
        ({"type": "number", "default": 3, "minimum": 1, "maximum": 5}, 5, None),
        (
            {"type": "string", "default": "small", "allowed": ["small", "large"]},
            "medium",
            "must be one of small, large",
        ),
        ({"type": "string", "default": "small", "allowed": ["small", "large"]}, "large", None),
        ({"type": "number", "default": 1, "allowed": [1, 2]}, "1", "must be a finite number"),
        ({"type": "prefix", "default": "raw/"}, "raw", "must be a key prefix"),
    ],
)
def test_a_value_is_held_to_what_its_parameter_allows(limits: dict, value: object, why: str | None) -> None:
    found = find_fault(Parameter(name="p", **limits), value)
    assert (found or "").startswith(why or "")
    assert bool(found) == bool(why)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"type": "number", "default": 0, "minimum": 1}, "The default of `p` must be 1 or more"),
        ({"type": "string", "default": "x", "allowed": ["y"]}, "The default of `p` must be one of y"),
        ({"type": "number", "default": 1, "allowed": [1, "2"]}, "A value that `p` may have must be a finite number"),
        ({"type": "string", "default": "x", "maximum": 3}, "only a number has a minimum or a maximum"),
    ],
)
def test_limits_that_contradict_are_refused(limits: dict, why: str) -> None:
    with pytest.raises(PipelineError) as refused:
        Parameter(name="p", **limits)
    assert why in refused.value.detail
