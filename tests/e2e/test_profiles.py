"""Every security profile, every blueprint and every option, deployed for real: what is made differs, the way does not.

One cloud and one project; each environment comes up, says "no change" when asked again, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.errors import PlanError
from mlops_iac.testing import DeployedEnvironment
from tests.conftest import make_project
from tests.support.leftovers import find_leftovers
from tests.support.tiny_team import write_tiny_team

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("profiles")]

STACK = """config:
  aws:region: eu-west-1
  mlops-iac:team: tiny
  mlops-iac:environment: {env}
  mlops-iac:blueprint: {blueprint}
  mlops-iac:code: examples/tiny
  mlops-iac:security: {security}
{more}  mlops-iac:options:
    gate: {{metric: auc, at_least: 0.9}}
{options}
"""

Deploy = Callable[..., DeployedEnvironment]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("profiles") / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    write_tiny_team(folder)
    return folder


@pytest.fixture(scope="module")
def deploy(embedded_cloud: EmbeddedCloud, mlops_iac_home: Path, root: Path) -> Deploy:
    """``deploy("sandbox", env="sb", options="serving: …")`` writes the stack file and brings the environment up."""

    def up(
        security: str, *, env: str, options: str = "", more: str = "", blueprint: str = "tabular-batch"
    ) -> DeployedEnvironment:
        text = STACK.format(
            security=security, env=env, options=indented(options, 4), more=indented(more, 2), blueprint=blueprint
        )
        (root / f"stacks/Pulumi.tiny-{env}.yaml").write_text(text)
        backend = EmbeddedBackend(root, f"tiny-{env}", home=mlops_iac_home)
        result = backend.up()
        assert result.outcome == "succeeded", [str(failure.error) for failure in result.failures] or result.error
        return DeployedEnvironment(backend, result)

    return up


def indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def kinds(environment: DeployedEnvironment) -> dict[str, int]:
    """How many resources of each type were made."""
    found: dict[str, int] = {}
    for step in environment.deployment.steps:
        found[step.type] = found.get(step.type, 0) + 1
    return found


def check_settled(environment: DeployedEnvironment) -> None:
    """A second `up` has nothing to do."""
    again = environment.backend.up()
    assert (again.outcome, again.changed) == ("succeeded", False), [s for s in again.steps if s.op != "same"]


def check_gone(environment: DeployedEnvironment) -> None:
    clients, stack = environment.clients, environment.backend.stack
    assert find_leftovers(clients, stack), "the list of what is there finds nothing while it is there"
    result = environment.destroy()
    assert result.outcome == "succeeded", [str(failure.error) for failure in result.failures]
    assert find_leftovers(clients, stack) == []


def train_and_ask(environment: DeployedEnvironment, root: Path) -> list[dict[str, Any]]:
    """A whole run and a prediction; answers the descriptions of the run's jobs."""
    environment.put(root / "data")
    run = environment.run("training")
    assert run.status == "succeeded", run.error
    assert environment.predict([[7]]) == {"predictions": [5.0]}
    sagemaker = environment.clients("sagemaker")
    jobs = {step.name: step.job for step in run.steps if step.job}
    return [
        sagemaker.describe_training_job(TrainingJobName=name)
        if step == "train"
        else sagemaker.describe_processing_job(ProcessingJobName=name)
        for step, name in jobs.items()
    ]


def test_sandbox_has_no_key_of_its_own_and_no_isolation(deploy: Deploy, root: Path):
    environment = deploy("sandbox", env="sandbox")
    made = kinds(environment)
    assert "aws:kms/key:Key" not in made
    assert not environment.environment.lake.key_arn
    jobs = train_and_ask(environment, root)
    assert not any(job.get("NetworkConfig", job).get("EnableNetworkIsolation") for job in jobs)
    bucket = environment.environment.lake.bucket
    head = environment.clients("s3").head_object(Bucket=bucket, Key="raw/numbers.csv")
    assert head["ServerSideEncryption"] == "AES256"
    check_settled(environment)
    check_gone(environment)


def test_realtime_inference_answers_from_machines_that_always_run(deploy: Deploy, root: Path):
    environment = deploy("standard", env="realtime", blueprint="realtime-inference")
    assert environment.environment.endpoints["main"].flavour == "realtime"
    jobs = train_and_ask(environment, root)
    assert all(job.get("NetworkConfig", job)["EnableNetworkIsolation"] for job in jobs)
    sagemaker = environment.clients("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName="tiny-realtime-endpoint")
    assert endpoint["EndpointStatus"] == "InService"
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert (variant["InitialInstanceCount"], variant["InstanceType"]) == (2, "ml.m5.large")
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    assert model["EnableNetworkIsolation"] is True
    assert model["VpcConfig"]["Subnets"]
    alarms = environment.clients("cloudwatch").describe_alarms(AlarmNamePrefix="tiny-realtime-endpoint")["MetricAlarms"]
    assert {alarm["MetricName"]: alarm["Threshold"] for alarm in alarms}["ModelLatency"] == 200_000
    check_settled(environment)
    check_gone(environment)


def test_regulated_runs_without_a_network_and_gives_nothing_away(deploy: Deploy, root: Path):
    environment = deploy("regulated", env="audited", more="mlops-iac:owner: audit@example.org")
    made = kinds(environment)
    assert made["aws:ec2/flowLog:FlowLog"] == 1
    assert made["aws:ec2/vpcEndpoint:VpcEndpoint"] > 2
    jobs = train_and_ask(environment, root)
    for job in jobs:
        network = job.get("NetworkConfig", job)
        assert network["EnableNetworkIsolation"] is True
        assert network["VpcConfig"]["Subnets"]
    check_settled(environment)

    before = find_leftovers(environment.clients, "tiny-audited")
    with pytest.raises(PlanError, match="Protected") as refused:
        environment.destroy()
    assert "lake-bucket" in refused.value.detail
    assert find_leftovers(environment.clients, "tiny-audited") == before, (
        "nothing was deleted, the runs' things included"
    )
    (file,) = (root / "stacks").glob("Pulumi.tiny-audited.yaml")
    file.write_text(file.read_text().replace("mlops-iac:security", "mlops-iac:protect: false\n  mlops-iac:security"))
    assert environment.backend.up().outcome == "succeeded"
    check_gone(environment)


OPTIONS = """framework: {name: sklearn, version: "1.2-1"}
data: raw/numbers/
hyperparameters: {depth: 3, shuffle: true, note: a b}
instances:
  train: {instance_type: ml.m5.xlarge, instance_count: 1, volume_gib: 50, max_minutes: 90}
serving: {flavour: serverless, memory_mb: 4096, max_concurrency: 7}
monthly_budget_usd: 250
retention_days: 30
tables:
  numbers: {zone: raw, prefix: raw/numbers/, format: csv, columns: {value: double}}
batch:
  enabled: true
  cpu: {instance_types: [c6i], max_vcpus: 16}
  gpu: {instance_types: [g5.xlarge], max_vcpus: 8}"""


def test_every_option_reaches_the_cloud(deploy: Deploy):
    environment = deploy("standard", env="options", options=OPTIONS)
    clients, made = environment.clients, kinds(environment)
    assert made["aws:batch/jobQueue:JobQueue"] == 2
    environments = clients("batch").describe_compute_environments()["computeEnvironments"]
    assert sorted(one["computeResources"]["maxvCpus"] for one in environments) == [8, 8, 16, 16]
    bucket = environment.environment.lake.bucket
    rules = clients("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert any(rule.get("Expiration", {}).get("Days") == 30 for rule in rules)
    (table,) = clients("glue").get_tables(DatabaseName=database(environment))["TableList"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "value", "Type": "double"}]
    assert table["StorageDescriptor"]["Location"].endswith("/raw/numbers/")
    (budget,) = [
        one
        for one in clients("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
        if one["BudgetName"].startswith("tiny-options")
    ]
    assert float(budget["BudgetLimit"]["Amount"]) == 250
    training = environment.environment.pipelines["training"]
    assert training.framework_version == "1.2-1"
    assert training.parameters["hyperparameters"].default == {"depth": "3", "shuffle": "true", "note": "a b"}
    machine = clients("stepfunctions").describe_state_machine(stateMachineArn=training.handle)["definition"]
    for words in ("ml.m5.xlarge", '"VolumeSizeInGB":50', '"MaxRuntimeInSeconds":5400', '"MemorySizeInMB":4096'):
        assert words in machine.replace(": ", ":"), words
    check_settled(environment)


def test_options_are_taken_back_in_place(deploy: Deploy):
    environment = deploy("standard", env="options", options="monthly_budget_usd: 250")
    changes = environment.deployment.changes
    assert changes.get("delete", 0) >= 4, "the queues and what they stand on are gone"
    assert environment.clients("batch").describe_job_queues()["jobQueues"] == []
    check_settled(environment)
    check_gone(environment)


def database(environment: DeployedEnvironment) -> str:
    names = [one["Name"] for one in environment.clients("glue").get_databases()["DatabaseList"]]
    return next(name for name in names if name.startswith("tiny_options"))
