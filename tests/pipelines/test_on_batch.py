"""Steps on a queue: the call that Step Functions makes, what the launcher is told, and where they cannot run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings, QueueBinding
from mlops_iac.pipelines.compile.step_functions import compile, grants_for
from mlops_iac.pipelines.compile.step_functions.calls import check_call
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.retries import Retry
from mlops_iac.pipelines.steps import Job, ScriptStep, TrainingStep
from tests.support.asl_interpreter import run
from tests.support.batch import on_batch

STACK, RUN = "screening-dev", "261121-081530-3fa2"
STEPS = ("validate", "prepare", "train", "evaluate", "register", "deploy")
INPUT: dict[str, Any] = {
    "run": RUN,
    "code": {"uri": "s3://lake/code/0123456789abcdef/", "sha": "0123456789abcdef"},
    "parameters": {"hyperparameters": {"C": "2.0"}},
    "names": {name: f"{STACK}-{RUN}-{name}" for name in STEPS},
}


@pytest.fixture
def calls(pipeline: Pipeline, bindings: Bindings) -> Any:
    """What a run submits, by state; it stops behind the evaluation."""
    return run(compile(on_batch(pipeline), bindings), INPUT, {}).calls


def variables(call: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in call["ContainerOverrides"]["Environment"]}


def test_a_step_is_one_container_on_its_queue_with_the_run_s_name_and_tags(calls: Any, bindings: Bindings) -> None:
    call = calls["prepare: run"]
    assert call["JobName"] == f"{STACK}-{RUN}-prepare"
    assert call["JobQueue"] == bindings.queues["cpu"].queue_arn
    assert call["JobDefinition"] == bindings.queues["cpu"].job_definition_arn
    assert call["Tags"] == {"mlops-iac:stack": STACK, "mlops-iac:run": RUN}
    assert call["Timeout"] == {"AttemptDurationSeconds": 3600}
    assert call["ContainerOverrides"]["ResourceRequirements"] == [
        {"Type": "VCPU", "Value": "2"},
        {"Type": "MEMORY", "Value": "4096"},
    ]


def test_the_launcher_is_told_where_a_script_finds_and_leaves_its_data(calls: Any, bindings: Bindings) -> None:
    told = variables(calls["prepare: run"])
    assert told["MLOPS_IAC_CODE"] == INPUT["code"]["uri"]
    assert told["MLOPS_IAC_RUN"] == RUN
    order = json.loads(told["MLOPS_IAC_STEP"])
    lake = f"s3://{bindings.bucket}"
    assert order["job"] == f"{STACK}-{RUN}-prepare"
    assert order["script"] == "prepare.py"
    assert order["inputs"] == [
        {"name": "code", "path": "/opt/ml/processing/input/code", "uri": INPUT["code"]["uri"]},
        {"name": "data", "path": "/opt/ml/processing/input/data", "uri": f"{lake}/curated/{RUN}/"},
    ]
    assert [one["uri"] for one in order["outputs"]] == [f"{lake}/features/{RUN}/{part}/" for part in ("train", "test")]


def test_a_training_leaves_its_model_where_sagemaker_would(calls: Any, bindings: Bindings) -> None:
    order = json.loads(variables(calls["train: run"])["MLOPS_IAC_STEP"])
    model = f"s3://{bindings.bucket}/models/{RUN}/{STACK}-{RUN}-train/output/model.tar.gz"
    assert order["model"] == model
    assert order["hyperparameters"]["C"] == "2.0"
    assert order["hyperparameters"]["mlops_iac_script"] == "train.py"
    evaluate = json.loads(variables(calls["evaluate: run"])["MLOPS_IAC_STEP"])
    assert {"name": "model", "path": "/opt/ml/processing/input/model", "uri": model} in evaluate["inputs"]


def test_an_environment_without_queues_is_refused_with_the_option(pipeline: Pipeline) -> None:
    without = Bindings.placeholder(STACK, "eu-central-1", queues={})
    with pytest.raises(PipelineError, match="names `cpu`; queues there are: none") as refused:
        compile(on_batch(pipeline), without)
    assert "`batch.enabled`" in str(refused.value)


def test_the_name_of_a_queue_is_where_a_step_computes(pipeline: Pipeline) -> None:
    values = {"name": "train", "script": "train.py", "channels": {"train": "parameters.data"}}
    step = TrainingStep.validated({**values, "compute": "gpu"})
    assert (step.compute, step.queue) == ("batch", "gpu")
    with pytest.raises(PipelineError, match="`compute: gpu` stands beside `queue: cpu`"):
        TrainingStep(**{**values, "compute": "gpu", "queue": "cpu"})


def test_a_queue_that_the_environment_lacks_is_refused_with_those_there_are(pipeline: Pipeline) -> None:
    bindings = Bindings.placeholder(STACK, "eu-central-1")
    with pytest.raises(PipelineError, match="names `cpi`; queues there are: cpu, gpu") as refused:
        compile(on_batch(pipeline, "cpi"), bindings)
    assert "did you mean `cpu`" in str(refused.value)


def test_a_container_is_one_machine(pipeline: Pipeline) -> None:
    step = pipeline.get_step("prepare")
    assert isinstance(step, ScriptStep)
    values = {name: getattr(step, name) for name in type(step).model_fields}
    with pytest.raises(PipelineError, match="one machine, not 2"):
        type(step)(**{**values, "compute": "batch", "job": Job(instance_count=2)})


def on_nodes(pipeline: Pipeline, count: int, **fields: Any) -> Pipeline:
    """The training on several machines of the queue ``cpu``."""
    moved = on_batch(pipeline)
    steps = [
        TrainingStep(
            **{name: getattr(step, name) for name in ("name", "script", "channels", "hyperparameters")},
            compute="cpu",
            job=Job(instance_count=count),
            **fields,
        )
        if step.name == "train"
        else step
        for step in moved.steps
    ]
    return Pipeline(name=pipeline.name, parameters=pipeline.parameters, steps=tuple(steps))


def test_a_training_on_several_machines_is_one_job_of_several_nodes(pipeline: Pipeline) -> None:
    queue = QueueBinding.placeholder(STACK, "eu-central-1", "cpu", nodes=8)
    bindings = Bindings.placeholder(STACK, "eu-central-1", queues={"cpu": queue})
    document = compile(on_nodes(pipeline, 4, distributed="ray"), bindings)
    looks = [{"Jobs": [{"JobId": "7", "Status": status}]} for status in ("RUNNABLE", "SUCCEEDED")]
    document["States"]["train: wait"]["Seconds"] = 0
    ended = run(document, INPUT, {"train: run": {"JobId": "7"}, "train: look": looks})
    assert ended.calls["train: look"] == {"Jobs": ["7"]}
    assert ended.states.count("train: look") == 2
    call = ended.calls["train: run"]
    assert call["JobDefinition"] == queue.nodes_definition_arn
    assert not {"ContainerOverrides", "ArrayProperties"} & call.keys()
    assert call["NodeOverrides"]["NumNodes"] == 4
    (every,) = call["NodeOverrides"]["NodePropertyOverrides"]
    assert every["TargetNodes"] == "0:"
    order = json.loads(variables(every)["MLOPS_IAC_STEP"])
    assert order["hyperparameters"]["mlops_iac_launcher"] == "ray"
    granted = {one["Sid"]: one for one in grants_for(document, bindings)}
    assert queue.nodes_definition_arn in granted["SubmitJobs"]["Resource"]


def test_a_job_of_several_nodes_that_failed_is_told_as_others_are(pipeline: Pipeline) -> None:
    queue = QueueBinding.placeholder(STACK, "eu-central-1", "cpu", nodes=8)
    document = compile(on_nodes(pipeline, 4), Bindings.placeholder(STACK, "eu-central-1", queues={"cpu": queue}))
    failed = {"Jobs": [{"JobId": "7", "Status": "FAILED", "StatusReason": "no machine"}]}
    ended = run(document, INPUT, {"train: run": {"JobId": "7"}, "train: look": failed, "train: why": failed})
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "JobFailed", "no machine")


def test_airflow_submits_nodes_by_its_own_operator(pipeline: Pipeline) -> None:
    queue = QueueBinding.placeholder(STACK, "eu-central-1", "cpu", nodes=8)
    bindings = Bindings.placeholder(STACK, "eu-central-1", queues={"cpu": queue})
    compiled: Any = get_target("airflow").compile(on_nodes(pipeline, 4), bindings)
    given = compiled["tasks"]["train"]["arguments"]
    assert given["job_definition"] == queue.nodes_definition_arn
    assert given["node_overrides"]["numNodes"] == 4
    assert "container_overrides" not in given


def test_a_job_of_several_nodes_is_not_begun_again(pipeline: Pipeline) -> None:
    queue = QueueBinding.placeholder(STACK, "eu-central-1", "cpu", nodes=8)
    bindings = Bindings.placeholder(STACK, "eu-central-1", queues={"cpu": queue})
    with pytest.raises(PipelineError, match="to be tried again when its job has failed"):
        compile(on_nodes(pipeline, 4, retry=Retry(attempts=2, errors=("job",))), bindings)


def test_more_machines_than_a_queue_has_for_a_job_are_refused_with_the_option(pipeline: Pipeline) -> None:
    two = {"cpu": QueueBinding.placeholder(STACK, "eu-central-1", "cpu", nodes=2)}
    for bindings, most in (
        (Bindings.placeholder(STACK, "eu-central-1"), "one machine"),
        (Bindings.placeholder(STACK, "eu-central-1", queues=two), "2 machines"),
    ):
        with pytest.raises(PipelineError, match=f"asks for 4 instances .* has {most}") as refused:
            compile(on_nodes(pipeline, 4), bindings)
        assert "`nodes: 4` and `buying: [on_demand]`" in str(refused.value)


def test_an_image_that_lacks_the_launcher_is_refused_on_a_queue_too(pipeline: Pipeline) -> None:
    image = get_framework("sklearn", "1.4-2").image("eu-central-1", "training", "cpu")
    queue = QueueBinding.placeholder(STACK, "eu-central-1", "cpu", nodes=2)
    bindings = Bindings.placeholder(STACK, "eu-central-1", queues={"cpu": queue}, training_images={"cpu": image})
    with pytest.raises(PipelineError, match="trains by `torchrun`, which the image of sklearn"):
        compile(on_nodes(pipeline, 2, distributed="torchrun"), bindings)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_computes_on_queues_or_says_why_not(target: str, pipeline: Pipeline, bindings: Bindings) -> None:
    found = get_target(target)
    reason = getattr(found, "REFUSED_COMPUTE", {}).get("batch")
    if reason is None:
        assert "batch" in json.dumps(found.compile(on_batch(pipeline), bindings)).lower()
        return
    with pytest.raises(PipelineError, match="cannot compute there") as refused:
        found.compile(on_batch(pipeline), bindings)
    assert reason in refused.value.detail
    assert "`compute: batch`" in refused.value.detail


def test_a_state_machine_may_stop_and_tag_only_jobs_of_its_stack(pipeline: Pipeline, bindings: Bindings) -> None:
    granted = {one["Sid"]: one for one in grants_for(compile(on_batch(pipeline), bindings), bindings)}
    assert granted["StopJobs"]["Condition"] == {"StringEquals": {"aws:ResourceTag/mlops-iac:stack": STACK}}
    assert granted["TagJobs"]["Condition"] == {"StringEquals": {"aws:RequestTag/mlops-iac:stack": STACK}}
    assert bindings.queues["cpu"].queue_arn in granted["SubmitJobs"]["Resource"]


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"jobName": "j", "JobQueue": "q", "JobDefinition": "d"}, "There is no parameter `jobName`"),
        ({"JobName": "j", "JobQueue": "q"}, "`jobDefinition` is missing"),
        ({"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "Timeout": {"Seconds": 1}}, "no parameter `Seconds`"),
    ],
)
def test_batch_s_parameters_have_step_functions_names(parameters: dict[str, Any], fault: str) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": parameters}
    assert any(fault in said for _, said in check_call(state))
