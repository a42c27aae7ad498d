"""A map on each target: what is run for an item, what is tolerated, and which lists are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions import compile, grants_for
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import Job, MapStep, Output

RESULTS = Output(zone="models", folder="fits")
DATA = Parameter(name="data", type="prefix", default="raw/", description="Where the list lies.")


def step(**fields: Any) -> MapStep:
    return MapStep(**{"name": "fit", "script": "fit.py", "items": ("a", "b"), "results": RESULTS, **fields})


def pipeline(**fields: Any) -> Pipeline:
    return Pipeline(name="fitting", parameters=(DATA,), steps=(step(**fields),))


def mapped(bindings: Bindings, **fields: Any) -> Any:
    return compile(pipeline(**fields), bindings)["States"]["fit"]


def test_a_literal_list_travels_in_the_document(bindings: Bindings) -> None:
    document = compile(pipeline(items=({"series": "a"}, {"series": "b"})), bindings)
    assert document["States"]["Start"]["Result"]["fit"] == {"items": [{"series": "a"}, {"series": "b"}]}
    assert document["States"]["fit"]["ItemsPath"] == "$.constants.fit.items"


@pytest.mark.parametrize(
    ("file", "reader"),
    [("items.csv", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}), ("list.json", {"InputType": "JSON"})],
)
def test_step_functions_reads_a_file_of_the_lake(bindings: Bindings, file: str, reader: dict[str, str]) -> None:
    found = mapped(bindings, items=DATA.ref, items_file=file)["ItemReader"]
    assert found["ReaderConfig"] == reader
    assert found["Resource"] == "arn:aws:states:::s3:getObject"
    assert found["Parameters"] == {
        "Bucket": bindings.bucket,
        "Key.$": f"States.Format('{{}}{file}', $.parameters.data)",
    }


@pytest.mark.parametrize(
    ("tolerate", "field"),
    [(3, {"ToleratedFailureCount": 3}), ("5%", {"ToleratedFailurePercentage": 5.0})],
)
def test_what_is_tolerated_is_a_count_or_a_decimal(bindings: Bindings, tolerate: Any, field: dict[str, Any]) -> None:
    state = mapped(bindings, tolerate=tolerate, max_concurrency=7)
    assert field.items() <= state.items()
    assert state["MaxConcurrency"] == 7
    (value,) = field.values()
    assert f": {value}" in json.dumps(field)


def test_an_item_has_a_job_of_its_own_that_is_told_it(bindings: Bindings) -> None:
    processor = mapped(bindings, inner=5)["ItemProcessor"]
    assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    job = processor["States"]["fit: item"]
    assert job["Resource"] == "arn:aws:states:::sagemaker:createProcessingJob.sync"
    assert job["Parameters"]["ProcessingJobName.$"] == "States.Format('{}-{}', $.names.fit, $.number)"
    arguments = job["Parameters"]["AppSpecification"]["ContainerArguments.$"]
    assert "'--map-item', States.JsonToString($.item), '--map-number', States.Format('{}', $.number)" in arguments
    assert "'--map-inner', '5'" in arguments
    assert "Catch" not in job


def test_on_a_queue_the_containers_of_an_array_share_an_item_s_indices(bindings: Bindings) -> None:
    states = mapped(bindings, inner=5, containers=2, compute="batch")["ItemProcessor"]["States"]
    assert states["fit: run"]["Parameters"]["ArrayProperties"] == {"Size": 2}
    single = mapped(bindings, inner=5, compute="batch")["ItemProcessor"]["States"]
    assert "ArrayProperties" not in single["fit: run"]["Parameters"]


@pytest.mark.parametrize("compute", ["sagemaker", "batch"])
def test_a_list_of_which_results_may_be_kept_is_planned_first(bindings: Bindings, compute: str) -> None:
    states = compile(pipeline(items=DATA.ref, cache=True, compute=compute, tolerate="5%"), bindings)["States"]
    planned = {name: state for name, state in states.items() if name.startswith("fit")}
    kept = f"States.Format('s3://{bindings.bucket}/models/kept/{{}}/', $.code.sha)"
    order = f"States.Format('s3://{bindings.bucket}/models/{{}}/fit-plan/{{}}/', $.run, $.number)"
    plan, items = json.dumps(planned["fit"]), json.dumps(planned["fit: items"])
    assert kept in plan
    assert order not in plan
    assert kept in items
    assert order in items
    assert planned["fit: left"]["Choices"][0]["Variable"] == "$.steps.fit.plan.left"
    assert planned["fit: items"]["ToleratedFailureCountPath"] == "$.steps.fit.plan.tolerated"


def test_on_sagemaker_pipelines_what_is_kept_is_the_code_s(bindings: Bindings) -> None:
    native = get_target("sagemaker-pipelines").compile(pipeline(cache=True), bindings)["Steps"][0]
    job = native["Arguments"]
    (kept,) = (one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"] if one["InputName"] == "kept")
    (made,) = (
        one["S3Output"]["S3Uri"] for one in job["ProcessingOutputConfig"]["Outputs"] if one["OutputName"] == "kept"
    )
    assert kept == made
    assert {"Get": "Parameters.code-sha"} in kept["Std:Join"]["Values"]


def test_on_sagemaker_pipelines_the_instances_of_one_job_share_the_items(bindings: Bindings) -> None:
    native = get_target("sagemaker-pipelines").compile(pipeline(job=Job(instance_count=3)), bindings)["Steps"][0]
    assert native["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 3
    words = native["Arguments"]["AppSpecification"]["ContainerArguments"]
    assert json.loads(words[words.index("--map-items-0") + 1]) == ["a", "b"]


def test_a_run_may_start_and_follow_items_of_its_own_machines_only(bindings: Bindings) -> None:
    granted = {one["Sid"]: one for one in grants_for(compile(pipeline(items=DATA.ref), bindings), bindings)}
    assert granted["StartItems"]["Resource"] == [
        "arn:aws:states:eu-central-1:123456789012:stateMachine:screening-dev-*"
    ]
    assert {"FollowItems", "ReadItems"} <= {*granted}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"items": ()}, "1 to 10,000 items, this one 0"),
        ({"items": tuple(range(10_001))}, "1 to 10,000 items, this one 10,001"),
        ({"tolerate": "101%"}, "should match pattern"),
        ({"inner": 10_001}, "less than or equal to 10000"),
        ({"items": "prepare"}, "step.output"),
        ({"items_file": "items.parquet"}, "should match pattern"),
        ({"inputs": {"items": DATA.ref}}, "the map's own"),
        ({"compute": "batch", "job": Job(instance_count=2)}, "one machine, not 2"),
    ],
)
def test_what_is_no_map_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(PipelineError, match=words):
        step(**fields)


def test_a_list_that_no_job_can_be_told_is_refused_with_what_to_do(bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match="10,000 items of step `fit`") as refused:
        get_target("sagemaker-pipelines").compile(pipeline(items=tuple(range(10_000))), bindings)
    assert "file of the lake" in str(refused.value)


def test_an_item_on_step_functions_has_one_machine(bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match="asks for 2 instances"):
        compile(pipeline(job=Job(instance_count=2)), bindings)


@pytest.mark.parametrize("target", TARGETS)
def test_ten_thousand_rows_of_a_file_are_nothing_that_a_document_knows(target: str, bindings: Bindings) -> None:
    assert get_target(target).compile(pipeline(items=DATA.ref), bindings)
