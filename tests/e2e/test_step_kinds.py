"""Kinds of steps that a team writes into files of its own, on both orchestrators: what comes out, what is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.errors import ConfigError, MlopsError
from mlops_iac.core.frameworks import get_framework
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project
from tests.support.tiny_environment import STACK
from tests.support.tiny_team import write_script, write_tiny_team

pytestmark = [
    pytest.mark.slow,
    pytest.mark.runs(
        "baseline",
        "batch_transform",
        "bias",
        "container",
        "explain",
        "skew",
        on=["sagemaker-pipelines", "step-functions"],
    ),
    pytest.mark.runs("query", "notify", on=["step-functions"]),
    pytest.mark.runs(
        "baseline", "bias", "evaluate", "explain", "skew", "training", on=["step-functions"], compute="batch"
    ),
]

STACKS = {"step-functions": "sf", "sagemaker-pipelines": "sp"}
"""Target to the environment that has it."""
IMAGE = get_framework("sklearn", "1.4-2").image("eu-west-1")
TABLES = '    tables:\n      people: {zone: raw, prefix: "", format: csv, columns: {age: int, sex: string, ill: int}}\n'

LOOKING = """
parameters:
  data: {type: prefix, default: raw/}
  hyperparameters: {type: strings, default: {C: "1"}}
steps:
  train:
    kind: training
    script: fit.py
    channels: {train: parameters.data}
    hyperparameters: parameters.hyperparameters
  describe: {kind: baseline, data: parameters.data}
  bias: {kind: bias, data: parameters.data, model: train.model, label: ill, groups: [sex]}
  skew: {kind: skew, train: parameters.data, serving: parameters.data, differences: {gap: [age, ill]}}
  explain: {kind: explain, data: parameters.data, model: train.model, label: ill}
  gate:
    kind: gate
    conditions:
      - {evaluation: bias.report, metric: demographic_parity_difference, at_most: 1}
      - {evaluation: explain.report, metric: top_share, at_least: 0.5}
      - {evaluation: skew.report, metric: skew, at_most: 0.01}
      - {evaluation: skew.report, metric: distance, slices: [columns.age, columns.gap], at_most: 0.01}
  score:
    kind: batch_transform
    model: train.model
    data: parameters.data
    after: [gate]
    input_filter: "$[0]"
    join: true
    output_filter: "$[0,-1]"
"""

CHAMPION = """
parameters: {data: {type: prefix, default: raw/}}
steps: {score: {kind: batch_transform, model: champion, data: parameters.data}}
"""

CONVERTING = f"""
parameters: {{data: {{type: prefix, default: raw/}}}}
steps:
  convert:
    kind: container
    image: {IMAGE}
    command: [python3, -c, "import shutil; shutil.copytree('/opt/ml/processing/input/data', '/opt/ml/processing/output/data', dirs_exist_ok=True)"]
    inputs: {{data: parameters.data}}
    outputs: {{data: {{zone: curated, folder: converted}}}}
"""  # noqa: E501

ASKING = """
parameters: {least: {type: number, default: 40}}
steps:
  ask: {kind: query, sql: "SELECT sex, count(*) AS people FROM people WHERE age >= ? GROUP BY sex ORDER BY sex", values: [parameters.least]}
"""  # noqa: E501

QUEUED = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  train: {kind: training, script: fit.py, channels: {train: parameters.data}, compute: batch}
  describe: {kind: baseline, data: parameters.data, compute: batch}
  bias: {kind: bias, data: parameters.data, model: train.model, label: ill, groups: [sex], compute: batch}
  explain: {kind: explain, data: parameters.data, model: train.model, label: ill, compute: batch}
  skew: {kind: skew, train: parameters.data, serving: parameters.data, compute: batch}
  evaluate: {kind: evaluate, script: evaluate.py, inputs: {model: train.model}, compute: batch}
  gate:
    kind: gate
    conditions: [{metric: auc, at_least: 0.5}, {evaluation: skew.report, metric: skew, at_most: 0.01}]
  tell: {kind: notify, after: [gate], subject: Measured, message: "Run {run} on {parameters.data} has {auc}."}
"""
"""Everything on a queue, and a message: Step Functions alone."""

FIT = """
    import os, joblib, pandas
    from pathlib import Path
    from sklearn.linear_model import LogisticRegression
    rows = pandas.read_csv(next(Path(os.environ["SM_CHANNEL_TRAIN"]).glob("*.csv")))
    model = LogisticRegression().fit(rows[["age"]], rows["ill"])
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""
# Without the header that a batch transform would score as a record of its own.
SERVE = """
    import joblib, pathlib
    def model_fn(folder):
        return joblib.load(pathlib.Path(folder, "model.joblib"))
    def input_fn(body, kind):
        return [[float(line)] if line.replace(".", "").isdigit() else [0.0] for line in body.splitlines()]
    def predict_fn(rows, model):
        return model.predict(rows)
    def output_fn(answers, accept):
        return "".join(f"{answer}\\n" for answer in answers), accept
"""

Environments = dict[str, DeployedEnvironment]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("kinds") / "project")
    for stack_file in (root / "stacks").iterdir():
        stack_file.unlink()
    code = write_tiny_team(root)
    write_script(code / "fit.py", FIT)
    write_script(code / "inference.py", SERVE)
    (code / "pipelines").mkdir()
    for name, text in (
        ("looking", LOOKING),
        ("champion", CHAMPION),
        ("converting", CONVERTING),
        ("asking", ASKING),
        ("queued", QUEUED),
    ):
        (code / f"pipelines/{name}.yaml").write_text(text.lstrip())
    chance = random.Random(1)
    ages = [chance.randint(20, 80) for _ in range(60)]
    rows = [f"{age},{chance.choice('fm')},{int(age > 50)}" for age in ages]
    (root / "data/numbers.csv").write_text("\n".join(["age,sex,ill", *rows]) + "\n")
    return root


@pytest.fixture(scope="module")
def environments(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environments]:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    cloud = EmbeddedCloud(home / "cloud")
    cloud.start()
    made = {}
    alone = [project / f"examples/tiny/pipelines/{name}.yaml" for name in ("asking", "queued")]
    for target, environment in STACKS.items():
        text = STACK.format(target=target, blueprint="tabular-batch").replace(": dev", f": {environment}")
        (project / f"stacks/Pulumi.tiny-{environment}.yaml").write_text(
            f"{text.rstrip()}\n{TABLES}    batch: {{enabled: true}}\n"
        )
        made[target] = bring_up(EmbeddedBackend(project, f"tiny-{environment}", home=home))
        made[target].put(project / "data")
        for file in alone:
            file.unlink(missing_ok=True)  # the other one does not ask in SQL, and has no queues
    yield made
    cloud.stop()


def read(environment: DeployedEnvironment, key: str) -> bytes:
    body = environment.clients("s3").get_object(Bucket=environment.environment.lake.bucket, Key=key)["Body"]
    found: bytes = body.read()
    return found


@pytest.mark.parametrize("target", STACKS)
def test_a_model_is_looked_at_gated_and_scores_by_row(environments: Environments, target: str) -> None:
    environment = environments[target]
    run = environment.run("looking")
    assert run.status == "succeeded", run.error
    assert run.metrics["top_share"] == 1.0
    statistics = json.loads(read(environment, f"models/{run.id}/describe/statistics.json"))
    assert [feature["name"] for feature in statistics["features"]] == ["age", "sex", "ill"]
    assert b"<h2>sex</h2>" in read(environment, f"models/{run.id}/bias/report.html")
    scored = read(environment, f"curated/{run.id}/score/numbers.csv.out").decode().splitlines()[1:]
    assert len(scored) == 60
    assert all(answer == str(int(int(age) > 50)) for age, answer in (line.split(",") for line in scored))


@pytest.mark.parametrize("target", STACKS)
def test_a_program_of_a_framework_image_runs_over_folders(environments: Environments, target: str) -> None:
    run = environments[target].run("converting")
    assert run.status == "succeeded", run.error
    assert read(environments[target], f"curated/{run.id}/converted/numbers.csv").startswith(b"age,sex,ill")


@pytest.mark.parametrize("target", STACKS)
def test_without_a_champion_scoring_fails_and_says_what_to_do(environments: Environments, target: str) -> None:
    run = environments[target].run("champion")
    assert run.status == "failed"
    assert "No version of" in run.error
    assert "is approved: run a pipeline that registers one, or approve one" in run.error


def test_a_query_answers_into_the_lake(environments: Environments) -> None:
    environment = environments["step-functions"]
    run = environment.run("asking", {"least": 50})
    assert run.status == "succeeded", run.error
    bucket = environment.environment.lake.bucket
    found = environment.clients("s3").list_objects_v2(Bucket=bucket, Prefix=f"curated/{run.id}/ask/")["Contents"]
    rows = [json.loads(line) for item in found for line in read(environment, item["Key"]).splitlines()]
    people = [line.split(",") for line in read(environment, "raw/numbers.csv").decode().splitlines()[1:]]
    wanted = {sex: sum(int(age) >= 50 and one == sex for age, one, _ in people) for sex in "fm"}
    assert {row["sex"]: row["people"] for row in rows} == wanted


def test_every_kind_of_script_runs_on_a_queue_and_the_team_is_told(environments: Environments) -> None:
    environment = environments["step-functions"]
    run = environment.run("queued")
    assert run.status == "succeeded", [(step.name, step.status, step.reason) for step in run.steps]
    assert {step.status for step in run.steps} == {"succeeded"}
    assert {step.job_kind for step in run.steps if step.name not in ("gate", "tell")} == {"batch"}
    assert run.metrics["auc"] == 0.95


REFUSED: dict[str, tuple[str, str]] = {
    "an unknown image": (CONVERTING.replace(IMAGE, IMAGE.replace("cpu", "own")), "no containers"),
    "an image of the environment's own": (CONVERTING.replace(IMAGE, "own:mine-1"), "no containers"),
    "a text in a query that may be anything": (
        ASKING.replace("type: number, default: 40", "type: string, default: x"), "say which values it may have",
    ),
    "a filter that SageMaker has not": (LOOKING.replace('"$[0]"', '"$..age"'), "is no filter of SageMaker's"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_preview_refuses_at_the_files_line(project: Path, tmp_path: Path, what: str) -> None:
    text, said = REFUSED[what]
    bad = project / "examples/tiny/pipelines/bad.yaml"
    bad.write_text(text.lstrip())
    try:
        with pytest.raises(MlopsError) as refused:
            raise_failure(EmbeddedBackend(project, "tiny-sf", home=tmp_path / "home").preview())
    finally:
        bad.unlink()
    assert said in str(refused.value)
    assert any("pipelines/bad.yaml" in problem.file and problem.line for problem in refused.value.problems)


def raise_failure(result: Any) -> None:
    """A preview that came to an end without raising still says what it stumbled over."""
    if result.error is not None:
        raise result.error
    raise ConfigError("Nothing was refused.", str(result.outcome))
