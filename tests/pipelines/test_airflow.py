"""DAG files: what stands in them, that nothing in them is code of a team's, and that Airflow takes them."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.interpreters.airflow import versions
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.components.orchestrator.airflow_environment import HELPERS
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.errors import PipelineError
from mlops_iac.core.interpreters import find_uv
from mlops_iac.pipelines.caching import Cache
from mlops_iac.pipelines.compile.airflow import REFUSED, compile, grants_for, parts_of, step_of
from mlops_iac.pipelines.compile.airflow.operators import OPERATORS
from mlops_iac.pipelines.compile.airflow.source import literal, variable
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.retries import Retry
from mlops_iac.pipelines.steps import JobStep, Output, ProcessingStep
from tests.support.samples import SAMPLES

HOSTILE = (
    '"""; import os; os.abort() #',
    "{{ 7 * 7 }} {% raw %}",
    "a line\nand 'another' \\ with \"quotes\" and a \t tab",
    "{'$value': ['run']}",
    "snow ☃ and 🎿, {braces}",
    "/opt/ml/processing/run.json",
)
"""What a team may write as a value of an argument."""


def hostile() -> Pipeline:
    arguments = {f"word{number}": text for number, text in enumerate(HOSTILE)}
    step = ProcessingStep(
        name="class",
        script="work.py",
        inputs={},
        outputs={"made": Output(zone="curated")},
        arguments=arguments,
        environment={"NOTE": HOSTILE[0], "JINJA": HOSTILE[1]},
    )
    words = Parameter(name="words", type="string", default="{{ ds }}", description=HOSTILE[0])
    return Pipeline(name="hostile", parameters=(words,), steps=(step,))


def cached() -> Pipeline:
    """Every step takes over what a run before made, where it can."""
    made = SAMPLES["tune"]()
    steps = [one.model_copy(update={"cache": Cache()}) if isinstance(one, JobStep) else one for one in made.steps]
    return made.model_copy(update={"steps": tuple(steps)})


def written(source: str) -> list[ast.Call]:
    """The calls of a DAG file."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def test_what_a_team_wrote_is_a_literal_of_the_file(bindings: Bindings) -> None:
    document = compile(hostile(), bindings)
    (fill,) = [one for one in written(document["source"]) if ast.unparse(one.func) == "mlops.fill"]
    config = ast.literal_eval(fill.args[0])
    assert config == document["tasks"]["class"]["arguments"]["config"]
    assert [*HOSTILE] == config["AppSpecification"]["ContainerArguments"][1::2]
    called = {ast.unparse(one.func) for one in written(document["source"])}
    ours = {"DAG", "Param", "datetime", "timedelta", "mlops.fill", "mlops.looks"}
    assert called <= ours | {*OPERATORS} | {f"mlops.{name}" for name in OPERATORS}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_literal_is_read_as_it_was_written(text: str) -> None:
    data = {text: [text, 1, 0.5, True, None, {}, {"long": [text] * 20}]}
    assert ast.literal_eval(literal(data)) == data


def test_a_step_may_be_called_like_a_word_of_python(bindings: Bindings) -> None:
    assert [variable(name) for name in ("class", "train", "deploy--wait", "dag")] == [
        "class_",
        "train",
        "deploy__wait",
        "dag_",
    ]
    assert 'class_ = SageMakerProcessingOperator(\n        task_id="class"' in compile(hostile(), bindings)["source"]


def test_tasks_wait_for_the_last_task_of_what_their_step_needs(pipeline: Pipeline, bindings: Bindings) -> None:
    tasks = compile(pipeline, bindings)["tasks"]
    assert {name: task["after"] for name, task in tasks.items()} == {
        "validate": [],
        "prepare": ["validate"],
        "train": ["prepare"],
        "evaluate": ["train", "prepare"],
        "gate": ["evaluate"],
        "register": ["train", "evaluate", "gate"],
        "deploy": ["register"],
        "deploy--wait": ["deploy"],
    }
    assert step_of("deploy--wait") == "deploy"


def test_a_way_of_a_choice_is_skipped_and_what_joins_both_is_not(bindings: Bindings) -> None:
    tasks = compile(SAMPLES["choice"](), bindings)["tasks"]
    (chosen,) = [task for task in tasks.values() if task["operator"] == "Choose"]
    ways = {*chosen["arguments"]["then"], *chosen["arguments"]["otherwise"]}
    assert ways <= {*tasks}
    for name in ways:
        assert "trigger_rule" not in tasks[name]


def test_a_step_is_tried_again_as_airflow_does_it(bindings: Bindings) -> None:
    def compiled(**retry: Any) -> str:
        (step,) = hostile().steps
        tried = step.model_copy(update={"retry": Retry(**retry)})
        return str(compile(Pipeline(name="again", steps=(tried,)), bindings)["source"])

    source = compiled(attempts=3, interval_seconds=60)
    assert "retries=3,\n        retry_delay=timedelta(seconds=60),\n        retry_exponential_backoff=True" in source
    with pytest.raises(PipelineError, match="after any failure"):
        compiled(attempts=3, errors=("capacity",))
    with pytest.raises(PipelineError, match="doubles the wait"):
        compiled(attempts=3, backoff=5.0)


def test_a_step_with_a_cache_does_its_work_unless_it_is_taken_over(bindings: Bindings) -> None:
    document = compile(cached(), bindings)
    (job, *_) = [name for name, task in document["tasks"].items() if task["operator"] == "SageMakerTuningOperator"]
    assert f'mlops.or_reuse(SageMakerTuningOperator)(\n        task_id="{job}",\n        reused=' in document["source"]
    assert f"{{'$origin': ['{job}']}}" in repr(document["tasks"]), "its files are found in the run that made them"
    assert parts_of({"content": document["source"]}).keys() == {step_of(name) for name in document["tasks"]}


def test_a_pipeline_whose_name_is_too_long_for_mwaas_api_is_refused(bindings: Bindings) -> None:
    names = [Pipeline(name="p" * length, steps=hostile().steps) for length in (1, 16)]
    assert [compile(one, bindings)["dag_id"] for one in names] == ["p", "p" * 16]


def test_rights_name_what_they_are_on(pipeline: Pipeline, bindings: Bindings) -> None:
    statements = grants_for(compile(pipeline, bindings), bindings)
    assert {one["Sid"] for one in statements} >= {"ProcessingJobs", "TrainingJobs", "PassJobRole", "CreateModelPackage"}
    assert all("*" not in one["Resource"] for one in statements)


# Airflow itself -----------------------------------------------------------------------------------------------------

READ = """
import json, sys
try:
    from airflow.models.dagbag import DagBag
except ImportError:
    from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import SerializedDAG
bag = DagBag(sys.argv[1], include_examples=False)
for dag in bag.dags.values():
    SerializedDAG.to_dict(dag)
tasks = {id: {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks} for id, dag in bag.dags.items()}
filled = {}
class Attempt:
    try_number = 2
for id, dag in bag.dags.items():
    for task in dag.tasks:
        if id == "hostile":
            given = {"run": "261121-081530-3fa2", "code": {"uri": "s3://b/code/x/", "sha": "x"},
                     "parameters": {}, "names": {task.task_id: "n" * 63}, "reuse": {"runs": {}, "left": {}}}
            filled = task.config(context={"ti": Attempt(), "params": given, "dag": dag}, jinja_env=None)
print("ANSWER" + json.dumps({"tasks": tasks, "faults": bag.import_errors, "filled": filled}))
"""


def read_by(environment: PythonEnvironment, folder: Path, bindings: Bindings) -> dict[str, Any]:
    """What Airflow makes of a folder with every sample's DAG."""
    dags = folder / "dags"
    dags.mkdir()
    for name, path in HELPERS.items():
        shutil.copy(path, dags / name)
    for kind, make in {**SAMPLES, "hostile": hostile, "cached": cached}.items():
        if kind not in REFUSED:
            pipeline = make().model_copy(update={"name": kind.replace("_", "-")})
            (dags / f"{kind}.py").write_text(compile(pipeline, bindings)["source"])
    variables = {
        **versions.SETTINGS,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(environment.folder / "bin"), "/usr/bin", "/bin"]),
        "PYTHONPATH": str(dags),
    }
    done = subprocess.run(
        [str(environment.python), "-c", READ, str(dags)], env=variables, capture_output=True, text=True, check=False
    )
    assert "ANSWER" in done.stdout, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.rpartition("ANSWER")[2])
    return answer


def check(answer: dict[str, Any], bindings: Bindings) -> None:
    assert answer["faults"] == {}
    assert {*answer["tasks"]} >= {"hostile", "cached"}
    for kind in {*SAMPLES} - {*REFUSED}:
        tasks = compile(SAMPLES[kind](), bindings)["tasks"]
        assert answer["tasks"][kind.replace("_", "-")] == {
            name: sorted({*task["after"]}) for name, task in tasks.items()
        }
    filled = answer["filled"]
    assert [*HOSTILE] == filled["AppSpecification"]["ContainerArguments"][1::2]
    assert filled["ProcessingJobName"] == "n" * 61 + "-2", "each attempt has a name of its own"
    assert filled["Environment"]["MLOPS_IAC_RUN"] == "261121-081530-3fa2"


@pytest.mark.slow
def test_airflow_reads_every_dag_and_fills_in_what_a_team_wrote_as_it_is(tmp_path: Path, bindings: Bindings) -> None:
    check(read_by(versions.airflow_environment(), tmp_path, bindings), bindings)


AIRFLOW_3 = {
    # etc/airflow_constraints.txt in images/airflow/3.0.6 of github.com/aws/amazon-mwaa-docker-images, read 2026-11-30.
    "as MWAA runs it": (
        "aiobotocore==2.24.1",
        "apache-airflow==3.0.6",
        "apache-airflow-providers-amazon==9.12.0",
        "apache-airflow-providers-common-compat==1.7.3",
        "apache-airflow-providers-standard==1.6.0",
    ),
    "with the newest provider": ("apache-airflow==3.0.6", "apache-airflow-providers-amazon"),
}


@pytest.mark.nightly
@pytest.mark.parametrize("packages", AIRFLOW_3)
def test_airflow_3_reads_every_dag_too(packages: str, tmp_path: Path, bindings: Bindings) -> None:
    """In an environment of uv's, which stays in the cache."""
    folder = cache_folder() / "environments" / f"tests-airflow-3.0.6-{packages.replace(' ', '-')}"
    python, uv = folder / "bin/python", find_uv()
    assert uv, "uv is one of the packages of `dev`"
    if not (folder / ".ready").exists():
        subprocess.run([uv, "venv", "-q", "--clear", "--python", "3.11", folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *AIRFLOW_3[packages]], check=True)
        (folder / ".ready").touch()
    check(read_by(PythonEnvironment(folder), tmp_path, bindings), bindings)
