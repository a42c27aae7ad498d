"""Kinds of steps that a team writes into files of its own, on each orchestrator: what comes out, what is refused."""

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
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.logs import job_log, read_logs
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project
from tests.support.notebooks import notebook
from tests.support.rights import idle_rights, without_right
from tests.support.targets import EACH_TARGET
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
        "notebook",
        "quality",
        "skew",
        on=TARGETS,
    ),
    pytest.mark.runs("notify", "query", on=TARGETS),
    pytest.mark.runs(
        "baseline",
        "bias",
        "evaluate",
        "explain",
        "notebook",
        "quality",
        "skew",
        "training",
        on=["airflow", "step-functions"],
        compute="batch",
    ),
    pytest.mark.runs("map", "processing", on=["airflow"], compute="batch"),  # elsewhere test_map.py runs them
    pytest.mark.runs("training", on=["airflow", "step-functions"], compute="nodes"),
]

STACKS = {"airflow": "af", "step-functions": "sf", "sagemaker-pipelines": "sp"}
"""Target to the environment that has it."""
QUEUES = ("airflow", "step-functions")
"""Targets that run scripts on queues."""
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
  rules: {kind: quality, data: parameters.data, columns: {sex: {complete: 1, allowed: [f, m]}, age: {at_most: 80}}}
  explain: {kind: explain, data: parameters.data, model: train.model, label: ill}
  gate:
    kind: gate
    conditions:
      - {evaluation: bias.report, metric: demographic_parity_difference, at_most: 1}
      - {evaluation: explain.report, metric: top_share, at_least: 0.5}
      - {evaluation: skew.report, metric: skew, at_most: 0.01}
      - {evaluation: rules.report, metric: failed, at_most: 0}
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

EXECUTING = """
parameters:
  data: {type: prefix, default: raw/}
  least: {type: number, default: 40}
  strict: {type: string, default: "false", allowed: ["true", "false"]}
steps:
  count:
    kind: notebook
    notebook: count.ipynb
    inputs: {people: parameters.data}
    arguments: {least: parameters.least, strict: parameters.strict, title: "Older people"}
    outputs: {evaluation: {zone: models, folder: evaluation}}
  gate:
    kind: gate
    conditions: [{evaluation: count.evaluation, metric: people, at_least: 1}]
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

TELLING = """
parameters:
  data: {type: prefix, default: raw/}
  who: {type: string, default: anybody}
steps:
  bias: {kind: bias, data: parameters.data, prediction: ill, label: ill, groups: [sex]}
  tell:
    kind: notify
    subject: Measured
    message: "Run {run} on {parameters.data} for {parameters.who}: {demographic_parity_difference}."
    evaluation: bias.report
"""

QUEUED = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  train: {kind: training, script: fit.py, channels: {train: parameters.data}, compute: batch}
  describe: {kind: baseline, data: parameters.data, compute: batch}
  bias: {kind: bias, data: parameters.data, model: train.model, label: ill, groups: [sex], compute: batch}
  explain: {kind: explain, data: parameters.data, model: train.model, label: ill, compute: batch}
  skew: {kind: skew, train: parameters.data, serving: parameters.data, compute: batch}
  rules: {kind: quality, data: parameters.data, columns: {ill: {allowed: [0, 1]}}, compute: batch}
  evaluate: {kind: evaluate, script: evaluate.py, inputs: {model: train.model}, compute: batch}
  gate:
    kind: gate
    conditions: [{metric: auc, at_least: 0.5}, {evaluation: skew.report, metric: skew, at_most: 0.01}]
  count: {kind: notebook, notebook: count.ipynb, inputs: {people: parameters.data}, compute: batch}
  copy:
    kind: processing
    script: validate.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
    compute: batch
  each:
    kind: map
    script: each.py
    items: [3, 4]
    inputs: {data: copy.data}
    results: {zone: curated, folder: each}
    compute: batch
  spread:
    kind: training
    script: spread.py
    channels: {train: parameters.data}
    compute: several
    job: {instance_count: 2, max_minutes: 5}
  tell:
    kind: notify
    after: [gate, count, each]
    subject: Measured
    message: "Run {run} on {parameters.data} has {auc}."
"""
"""Everything on a queue, one of it on two machines, and a message."""
FAILING = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  feed:
    kind: processing
    script: broken.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
    compute: batch
"""
EACH = """
    import json, os, pathlib, sys
    rows = pathlib.Path("/opt/ml/processing/input/data/numbers.csv").read_text().split()
    pathlib.Path(os.environ["MLOPS_IAC_RESULT"]).write_text(json.dumps(int(sys.argv[2]) * len(rows[1:])))
"""
QUEUE_OPTIONS = """\
    batch:
      enabled: true
      more: {several: {instance_types: [c6i], buying: [on_demand], nodes: 2, subnet: 1, placement: cluster}}
"""
SPREAD = """
    import json, os, pathlib, socket, time
    hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    if me == hosts[0]:
        with socket.create_server((me, 7000)) as server:
            connection, _ = server.accept()
            pathlib.Path(os.environ["SM_MODEL_DIR"], "heard.txt").write_text(connection.makefile().readline())
    else:
        for _ in range(600):
            try:
                with socket.create_connection((hosts[0], 7000)) as out:
                    out.sendall(me.encode() + b"\\n")
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
    print(me, "of", hosts)
"""

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

NOTEBOOK = {
    "parameters": "least = 0  # age\nstrict = False\ntitle = ''",
    "inputs": "people = 'data'",
    "outputs": "evaluation = 'out'",
    "": """import json, pandas, pathlib
rows = pandas.concat(pandas.read_csv(file) for file in pathlib.Path(people).glob('*.csv'))
found = int((rows.age > least if strict else rows.age >= least).sum())
if least >= 100:
    raise LookupError(f'nobody is {least}')
pathlib.Path(evaluation).mkdir(exist_ok=True)
pathlib.Path(evaluation, 'evaluation.json').write_text(json.dumps({'metrics': {'people': found}}))
print(title, found)""",
}
"""Tag to the code of its cell."""

PIPELINES = {
    "executing": EXECUTING,
    "looking": LOOKING,
    "champion": CHAMPION,
    "converting": CONVERTING,
    "telling": TELLING,
    "asking": ASKING,
}


class Environments(dict[str, DeployedEnvironment]):
    """By target, each brought up by the first who asks for it."""

    def __init__(self, project: Path, home: Path) -> None:
        super().__init__()
        self.project, self.home = project, home

    def __missing__(self, target: str) -> DeployedEnvironment:
        environment = STACKS[target]
        for name, pipeline in {"queued": QUEUED, "failing": FAILING}.items():
            file = self.project / f"examples/tiny/pipelines/{name}.yaml"
            file.unlink(missing_ok=True)
            if target in QUEUES:
                file.write_text(pipeline.lstrip())
        text = STACK.format(target=target, blueprint="tabular-batch").replace(": dev", f": {environment}").rstrip()
        (self.project / f"stacks/Pulumi.tiny-{environment}.yaml").write_text(f"{text}\n{TABLES}{QUEUE_OPTIONS}")
        made = self[target] = bring_up(EmbeddedBackend(self.project, f"tiny-{environment}", home=self.home))
        made.put(self.project / "data")
        return made


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("kinds") / "project")
    for stack_file in (root / "stacks").iterdir():
        stack_file.unlink()
    code = write_tiny_team(root)
    write_script(code / "broken.py", 'raise SystemExit("there is no feed")')
    write_script(code / "each.py", EACH)
    write_script(code / "fit.py", FIT)
    write_script(code / "spread.py", SPREAD)
    write_script(code / "inference.py", SERVE)
    (code / "count.ipynb").write_text(json.dumps(notebook(NOTEBOOK)))
    (code / "requirements.txt").write_text("papermill\nipykernel\n")
    (code / "pipelines").mkdir()
    for name, text in PIPELINES.items():
        (code / f"pipelines/{name}.yaml").write_text(text.lstrip())
    chance = random.Random(1)
    ages = [chance.randint(20, 80) for _ in range(60)]
    rows = [f"{age},{chance.choice('fm')},{int(age > 50)}" for age in ages]
    (root / "data/numbers.csv").write_text("\n".join(["age,sex,ill", *rows]) + "\n")
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("home")
    made.chmod(0o700)
    return made


@pytest.fixture(scope="module")
def cloud(home: Path) -> Iterator[EmbeddedCloud]:
    made = EmbeddedCloud(home / "cloud")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def environments(project: Path, home: Path, cloud: EmbeddedCloud) -> Environments:
    return Environments(project, home)


def read(environment: DeployedEnvironment, key: str) -> bytes:
    body = environment.clients("s3").get_object(Bucket=environment.environment.lake.bucket, Key=key)["Body"]
    found: bytes = body.read()
    return found


@pytest.mark.parametrize("target", EACH_TARGET)
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


@pytest.mark.parametrize("target", EACH_TARGET)
def test_a_notebook_is_executed_with_what_the_run_is_told_and_is_kept(environments: Environments, target: str) -> None:
    environment = environments[target]
    ages = [int(line.split(",")[0]) for line in read(environment, "raw/numbers.csv").decode().splitlines()[1:]]
    run = environment.run("executing", {"least": max(ages), "strict": "false"})
    assert run.status == "succeeded", run.error
    assert run.metrics["people"] == ages.count(max(ages))
    kept = json.loads(read(environment, f"models/{run.id}/count/count.ipynb"))
    said = "".join(part for cell in kept["cells"] for out in cell.get("outputs", ()) for part in out.get("text", ()))
    assert said == f"Older people {ages.count(max(ages))}\n"


@pytest.mark.parametrize("target", EACH_TARGET)
def test_a_cell_that_fails_is_named_and_the_notebook_is_kept(environments: Environments, target: str) -> None:
    environment = environments[target]
    run = environment.run("executing", {"least": 100})
    assert run.status == "failed"
    assert "count.ipynb: cell 4 (In [7]) failed: LookupError: nobody is 100" in run.error
    kept = json.loads(read(environment, f"models/{run.id}/count/count.ipynb"))
    errors = [out for cell in kept["cells"] for out in cell.get("outputs", ()) if out["output_type"] == "error"]
    assert [one["evalue"] for one in errors] == ["nobody is 100"]


@pytest.mark.parametrize("target", EACH_TARGET)
def test_a_program_of_a_framework_image_runs_over_folders(environments: Environments, target: str) -> None:
    run = environments[target].run("converting")
    assert run.status == "succeeded", run.error
    assert read(environments[target], f"curated/{run.id}/converted/numbers.csv").startswith(b"age,sex,ill")


@pytest.mark.parametrize("target", EACH_TARGET)
def test_without_a_champion_scoring_fails_and_says_what_to_do(environments: Environments, target: str) -> None:
    run = environments[target].run("champion")
    assert run.status == "failed"
    assert "No version of" in run.error
    assert "is approved: run a pipeline that registers one, or approve one" in run.error


def messages(sqs: Any, queue: str) -> Iterator[dict[str, Any]]:
    for _ in range(5):
        for told in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", ()):
            yield json.loads(told["Body"])


@pytest.mark.parametrize("target", EACH_TARGET)
def test_the_team_is_told_what_a_run_measured(environments: Environments, target: str) -> None:
    environment = environments[target]
    sqs, topic = environment.clients("sqs"), environment.environment.alerts_topic_arn
    queue = sqs.create_queue(QueueName=f"told-{STACKS[target]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    environment.clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    run = environment.run("telling", {"who": "the {run}"})
    assert run.status == "succeeded", run.error
    # What is told of an earlier run has no subject, an alarm one of its own.
    said = next(one for one in messages(sqs, queue) if one.get("Subject") == "Measured")
    evaluation = json.loads(read(environment, f"models/{run.id}/bias/evaluation.json"))
    measured = evaluation["metrics"]["demographic_parity_difference"]
    assert (said["Subject"], said["Message"]) == ("Measured", f"Run {run.id} on raw/ for the {{run}}: {measured}.")


@pytest.mark.parametrize("target", EACH_TARGET)
def test_a_query_answers_into_the_lake(environments: Environments, target: str) -> None:
    environment = environments[target]
    run = environment.run("asking", {"least": 50})
    assert run.status == "succeeded", run.error
    bucket = environment.environment.lake.bucket
    found = environment.clients("s3").list_objects_v2(Bucket=bucket, Prefix=f"curated/{run.id}/ask/")["Contents"]
    rows = [json.loads(line) for item in found for line in read(environment, item["Key"]).splitlines()]
    people = [line.split(",") for line in read(environment, "raw/numbers.csv").decode().splitlines()[1:]]
    wanted = {sex: sum(int(age) >= 50 and one == sex for age, one, _ in people) for sex in "fm"}
    assert {row["sex"]: row["people"] for row in rows} == wanted


@pytest.mark.parametrize("target", [one for one in EACH_TARGET if one.values[0] in QUEUES])
def test_every_kind_of_script_runs_on_a_queue_and_the_team_is_told(environments: Environments, target: str) -> None:
    environment = environments[target]
    run = environment.run("queued")
    assert run.status == "succeeded", [(step.name, step.status, step.reason) for step in run.steps]
    assert {step.status for step in run.steps} == {"succeeded"}
    assert {step.job_kind for step in run.steps if step.name not in ("gate", "tell")} == {"batch"}
    assert run.metrics["auc"] == 0.95
    bucket = environment.environment.lake.bucket
    found = environment.clients("s3").list_objects_v2(Bucket=bucket, Prefix=f"curated/{run.id}/each/")["Contents"]
    lines = [json.loads(line) for item in found for line in read(environment, item["Key"]).splitlines()]
    assert {line["item"]: line["result"] for line in lines} == {3: 180, 4: 240}
    (spread,) = (step for step in run.steps if step.name == "spread")
    said = [(line.trial, line.text) for line in job_log(environment.clients, spread).read_on()]
    assert {("algo-1", "algo-1 of ['algo-1', 'algo-2']"), ("algo-2", "algo-2 of ['algo-1', 'algo-2']")} <= {*said}


@pytest.mark.parametrize("target", [one for one in EACH_TARGET if one.values[0] in QUEUES])
def test_a_script_that_fails_on_a_queue_is_found_by_its_log(environments: Environments, target: str) -> None:
    environment = environments[target]
    run = environment.run("failing")
    assert (run.status, [step.status for step in run.steps]) == ("failed", ["failed"])
    assert "there is no feed" in [line.text for line in read_logs(environment.clients, run, "feed")]
    assert run.error == run.steps[0].reason


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


NEEDED = [
    ("sagemaker-pipelines", "telling", "pipeline-telling-notifier-role", "AlertsPublish", "sns:Publish"),
    ("sagemaker-pipelines", "telling", "pipeline-telling-notifier-role", "LakeRead", "s3:GetObject"),
    (
        "sagemaker-pipelines",
        "telling",
        "pipeline-telling-execution-role",
        "PipelineTellingTell",
        "lambda:InvokeFunction",
    ),
    ("sagemaker-pipelines", "asking", "pipeline-asking-querier-role", "LakeQuery", "athena:StartQueryExecution"),
    ("sagemaker-pipelines", "asking", "pipeline-asking-execution-role", "PipelineAskingQuery", "lambda:InvokeFunction"),
    ("step-functions", "telling", "pipeline-telling-role", "AlertsPublish", "sns:Publish"),
    ("step-functions", "asking", "pipeline-asking-role", "LakeQuery", "athena:StartQueryExecution"),
]


@pytest.mark.parametrize(("target", "pipeline", "role", "right", "action"), NEEDED)
def test_a_right_that_is_taken_away_makes_the_run_fail_and_is_named(
    environments: Environments, target: str, pipeline: str, role: str, right: str, action: str
) -> None:
    environment = environments[target]
    with without_right(environment.clients, f"tiny-{STACKS[target]}-{role}", right):
        run = environment.run(pipeline)
    assert run.status == "failed"
    assert f"not authorized to perform: {action}" in run.error


UNNEEDED = {
    "AlertsEncrypt": "a run that fails tells the team",
    "AlertsPublish": "a run that fails tells the team",
    "LakeDecrypt": "of what a gate reads, where one does",
    "LakeList": "with it a missing file is told as missing (404) and not as forbidden (403)",
    "LakeRead": "of what a gate reads, where one does",
    "PipelineAskingLog": "Lambda writes the function's log in its role on AWS; here the cloud does",
    "PipelineAskingWatch": "the events of jobs, which a query has none of",
    "PipelineTellingLog": "as PipelineAskingLog",
}
"""Rights of the pipelines that ask and tell which their runs here do not need, with the reason why they stay."""


def test_pipelines_that_ask_and_tell_may_do_that_and_nothing_else(
    environments: Environments, cloud: EmbeddedCloud
) -> None:
    both = ("step-functions", "sagemaker-pipelines")  # an Airflow has one role for all of its pipelines
    for target in both:
        for pipeline in ("asking", "telling"):
            assert environments[target].run(pipeline).status == "succeeded"
    told = cloud.rights()
    for environment in (STACKS[target] for target in both):
        for role, idle in idle_rights(told, f"tiny-{environment}").items():
            if role.startswith(
                (
                    f"tiny-{environment}-pipeline-asking",
                    "pipeline-asking",
                    f"tiny-{environment}-pipeline-telling",
                    "pipeline-telling",
                )
            ):
                assert idle <= {*UNNEEDED}, (role, idle)
