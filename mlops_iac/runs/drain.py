"""Delete what runs made: no engine's state knows it. Idempotent; a second drain finds nothing and says so.

Belonging is decided twice: by name (``<stack>-<run>-…``, or the endpoint's own) and by the tag ``mlops-iac:stack``.
What was there before the environment, an adopted bucket or registry, keeps all that lies in it.
What cannot carry a tag is told by its name and by what it lies in: versions of the stack's own model package group,
objects under a run's prefix in the stack's own lake.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG, Environment, Store
from mlops_iac.core.errors import CloudError, RunError
from mlops_iac.core.xml_text import fits_xml
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.names import RUN_ID
from mlops_iac.runs.pages import pages
from mlops_iac.runs.runners import Runner, runners
from mlops_iac.runs.runners.execution import Execution
from mlops_iac.runs.studio import delete_all, delete_apps, delete_file_groups

LONGEST_STOP = 300.0
"""Seconds until a run, a job or an endpoint that is being stopped or deleted is given up."""

RUN_ZONES = ("curated", "features", "models")
SHORTEST = 8
"""Characters of the stack's name that the shortest names of jobs hold (tuning jobs of SageMaker Pipelines)."""
WAITING_OR_RUNNING = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
MOST_DESCRIBED = 100
"""Jobs of one DescribeJobs call: https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html"""
MOST_KEYS = 1000
"""Objects of one DeleteObjects call: S3's limit."""


@dataclass(frozen=True)
class Drain:
    """One drain of one environment."""

    environment: Environment
    clients: Clients
    sleep: Callable[[float], None] = time.sleep

    @property
    def stack(self) -> str:
        return self.environment.stack

    @cached_property
    def runners(self) -> tuple[Runner, ...]:
        return tuple(runners(self.environment, self.clients))

    def owns(self, name: str) -> bool:
        """Whether a name is one that a run of this stack gives."""
        return any(runner.owns(name) for runner in self.runners)

    def has_tag(self, arn: str) -> bool:
        with calling("sagemaker:ListTags", arn):
            tags = self.clients("sagemaker").list_tags(ResourceArn=arn).get("Tags", [])
        return {"Key": STACK_TAG, "Value": self.stack} in tags

    def wait(self, is_done: Callable[[], bool], what: str) -> None:
        """Until it is done. Raises RunError after `LONGEST_STOP`."""
        waited, pause = 0.0, 0.2
        while not is_done():
            if waited > LONGEST_STOP:
                raise RunError(
                    "Draining takes too long.",
                    f"{what} has not ended after {LONGEST_STOP:g} seconds.",
                    hint="destroy again in a few minutes: it goes on where it stopped.",
                )
            self.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 5.0)


def drain(environment: Environment, clients: Clients, *, keep_data: bool = False) -> tuple[str, ...]:
    """Stop runs that are going, then delete what runs made; answers what was deleted, in words, empty for nothing.

    With ``keep_data`` versions of models, experiments and objects stay.
    Raises CloudError, and RunError when something does not end; what was deleted by then stays deleted.
    """
    work = Drain(environment, clients)
    counts = [(what, step(work)) for what, step in STEPS if not (keep_data and what in DATA)]
    return tuple(count_words(count, what) for what, count in counts if count)


def count_words(count: int, what: str) -> str:
    """``3 models``, ``2 apps of Studio``."""
    noun, of, rest = what.partition(" of ")
    return f"{count} {what if count == 1 else f'{noun}s{of}{rest}'}"


def stop_executions(work: Drain) -> int:
    stopped = 0
    for runner in work.runners:
        running: list[Execution] = []
        with missing_is_nothing():
            running = list(runner.runs(running=True))
        for execution in running:
            runner.stop(execution, "environment destroyed")
        for execution in running:
            work.wait(lambda run=execution.run, of=runner: has_ended(of, run), execution.handle)  # type: ignore[misc]
        stopped += len(running)
    return stopped


def lift_denials(work: Drain) -> int:
    """What the action of a budget attached to the environment's roles is no engine's, and keeps its policy from being
    deleted."""
    budgets, account = work.clients("budgets"), {"AccountId": work.clients.account_id}
    lifted = 0
    with missing_is_nothing(), calling("budgets:DescribeBudgets", work.stack):
        names = [one["BudgetName"] for one in pages(budgets.describe_budgets, "Budgets", **account)]
        for name in names:
            if name.startswith(f"{work.stack}-"):
                listed = partial(budgets.describe_budget_actions_for_budget, **account, BudgetName=name)
                for action in pages(listed, "Actions"):
                    lifted += _lift(work, {**account, "BudgetName": name, "ActionId": action["ActionId"]})
    return lifted


def _lift(work: Drain, named: dict[str, str]) -> int:
    budgets = work.clients("budgets")

    def status() -> str:
        return str(budgets.describe_budget_action(**named)["Action"]["Status"])

    if status() not in ("EXECUTION_SUCCESS", "REVERSE_FAILURE"):
        return 0
    budgets.execute_budget_action(**named, ExecutionType="REVERSE_BUDGET_ACTION")
    work.wait(lambda: status() != "REVERSE_IN_PROGRESS", f"action of budget {named['BudgetName']}")
    return 1


def has_ended(runner: Runner, run: str) -> bool:
    found = runner.find(run)
    return found is None or found.status != "running"


def stop_jobs(kind: str) -> Callable[[Drain], int]:
    """Stopper of one kind of job: ``Processing``, ``Training``, ``Transform`` or ``HyperParameterTuning``.

    Their records stay, as AWS keeps them.
    """

    def stop(work: Drain) -> int:
        client = work.clients("sagemaker")
        word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
        listing = getattr(client, f"list_{word}_jobs")
        describe = getattr(client, f"describe_{word}_job")
        names = []
        with calling(f"sagemaker:List{kind}Jobs", work.stack):
            for status in ("InProgress", "Stopping"):
                found = pages(listing, f"{kind}JobSummaries", NameContains=work.stack[:SHORTEST], StatusEquals=status)
                ours = [item for item in found if work.owns(item[f"{kind}JobName"])]
                names += [item[f"{kind}JobName"] for item in ours if work.has_tag(item[f"{kind}JobArn"])]
        for name in names:
            key = {f"{kind}JobName": name}
            with missing_is_nothing("ValidationException"), calling(f"sagemaker:Stop{kind}Job", name):
                getattr(client, f"stop_{word}_job")(**key)
        for name in names:
            key = {f"{kind}JobName": name}
            with calling(f"sagemaker:Describe{kind}Job", name):
                work.wait(lambda key=key: is_over(describe(**key)[f"{kind}JobStatus"]), name)  # type: ignore[misc]
        return len(names)

    return stop


def stop_containers(work: Drain) -> int:
    """Terminate what waits or runs on the stack's own queues. Batch names jobs by number: their tag tells whose they
    are. Their records go by themselves, within a week."""
    client, found = work.clients("batch"), []
    for queue in work.environment.queues.values():
        with missing_is_nothing("ClientException"), calling("batch:ListJobs", queue.queue):
            for status in WAITING_OR_RUNNING:
                listing = pages(
                    client.list_jobs, "jobSummaryList", next_key="nextToken", jobQueue=queue.queue, jobStatus=status
                )
                found += [item["jobId"] for item in listing]
    ours = [
        job["jobId"] for job in describe_containers(client, found) if job.get("tags", {}).get(STACK_TAG) == work.stack
    ]
    for job in ours:
        with calling("batch:TerminateJob", job):
            client.terminate_job(jobId=job, reason="The environment is destroyed.")
    work_over = ("SUCCEEDED", "FAILED")
    for job in ours:
        work.wait(lambda job=job: all(one["status"] in work_over for one in describe_containers(client, [job])), job)  # type: ignore[misc]
    return len(ours)


def describe_containers(client: Any, jobs: list[str]) -> Iterator[Any]:
    for start in range(0, len(jobs), MOST_DESCRIBED):
        with calling("batch:DescribeJobs", jobs[start]):
            yield from client.describe_jobs(jobs=jobs[start : start + MOST_DESCRIBED])["jobs"]


def stop_spark(work: Drain) -> int:
    """Cancel what runs in the stack's own application, and stop it: one that is started cannot be deleted."""
    service = work.environment.services.get("spark")
    if service is None:
        return 0
    client, named = work.clients("emr-serverless"), {"applicationId": service.client["MLOPS_IAC_SPARK"]}
    jobs: list[str] = []
    with missing_is_nothing("ResourceNotFoundException"), calling("emr-serverless:ListJobRuns", "spark"):
        jobs = [one["id"] for one in pages(client.list_job_runs, "jobRuns", next_key="nextToken", **named, states=BUSY)]
    for job in jobs:
        with missing_is_nothing("ValidationException"), calling("emr-serverless:CancelJobRun", job):
            client.cancel_job_run(**named, jobRunId=job)
    for job in jobs:
        state = partial(client.get_job_run, **named, jobRunId=job)
        work.wait(lambda state=state: state()["jobRun"]["state"] not in BUSY, job)  # type: ignore[misc]
    with missing_is_nothing("ResourceNotFoundException"), calling("emr-serverless:StopApplication", "spark"):
        client.stop_application(**named)
        work.wait(lambda: client.get_application(**named)["application"]["state"] in AT_REST, "spark")
    return len(jobs)


BUSY = ["SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "CANCELLING"]
"""States of a job run of EMR Serverless that has not ended."""
AT_REST = ("CREATED", "STOPPED")
"""States of an application that can be deleted."""


def is_over(status: str) -> bool:
    return status in ("Completed", "Failed", "Stopped")


def delete_endpoints(work: Drain) -> int:
    return sum(delete_endpoint(work, endpoint.name) for endpoint in work.environment.endpoints.values())


def delete_endpoint(work: Drain, name: str) -> int:
    client = work.clients("sagemaker")

    def describe() -> Any:
        with missing_is_nothing(), calling("sagemaker:DescribeEndpoint", name):
            return client.describe_endpoint(EndpointName=name)
        return None

    found = describe()
    if found is None or not work.has_tag(found["EndpointArn"]):
        return 0
    # An endpoint that is being created or changed cannot be deleted.
    busy = ("Creating", "Updating", "SystemUpdating", "RollingBack")
    work.wait(lambda: (describe() or {}).get("EndpointStatus") not in busy, name)
    with missing_is_nothing(), calling("sagemaker:DeleteEndpoint", name):
        client.delete_endpoint(EndpointName=name)
    work.wait(lambda: describe() is None, name)
    return 1


def delete_named(kind: str, plural: str) -> Callable[[Drain], int]:
    """Deleter of models or endpoint configurations: ours by name and by tag."""
    words = {"Model": "model", "EndpointConfig": "endpoint_config"}

    def delete(work: Drain) -> int:
        client, word = work.clients("sagemaker"), words[kind]
        with calling(f"sagemaker:List{plural}", work.stack):
            listing = pages(getattr(client, f"list_{word}s"), plural, NameContains=work.stack)
            found = [(item[f"{kind}Name"], item[f"{kind}Arn"]) for item in listing]
            ours = [name for name, arn in found if work.owns(name) and work.has_tag(arn)]
        for name in ours:
            with missing_is_nothing(), calling(f"sagemaker:Delete{kind}", name):
                getattr(client, f"delete_{word}")(**{f"{kind}Name": name})
        return len(ours)

    return delete


def delete_model_packages(work: Drain) -> int:
    """All versions in the stack's own groups, which the stack itself deletes afterwards, empty."""
    own = [one for one in work.environment.registries.values() if not one.adopted]
    return sum(delete_versions(work, one.model_package_group) for one in own)


def delete_versions(work: Drain, group: str) -> int:
    client = work.clients("sagemaker")
    arns: list[str] = []
    with missing_is_nothing(), calling("sagemaker:ListModelPackages", group):
        listing = pages(client.list_model_packages, "ModelPackageSummaryList", ModelPackageGroupName=group)
        arns = [item["ModelPackageArn"] for item in listing]
    for arn in arns:
        with missing_is_nothing(), calling("sagemaker:DeleteModelPackage", arn):
            client.delete_model_package(ModelPackageName=arn)
    return len(arns)


def delete_experiments(work: Drain) -> int:
    """Trials, their components and the experiments that trackers made, ours by name and by tag."""
    client, deleted = work.clients("sagemaker"), 0
    with calling("sagemaker:ListExperiments", work.stack):
        listed = [*pages(client.list_experiments, "ExperimentSummaries")]
        ours = [one for one in listed if one["ExperimentName"].startswith(f"{work.stack}-")]
    for one in ours:
        if work.has_tag(one["ExperimentArn"]):
            deleted += delete_experiment(client, one["ExperimentName"])
    return deleted


def delete_experiment(client: Any, name: str) -> int:
    """An experiment is deleted when it has no trial, a trial when it has no component."""
    with missing_is_nothing("ValidationException"), calling("sagemaker:DeleteExperiment", name):
        for trial in [one["TrialName"] for one in pages(client.list_trials, "TrialSummaries", ExperimentName=name)]:
            listing = pages(client.list_trial_components, "TrialComponentSummaries", TrialName=trial)
            for component in [one["TrialComponentName"] for one in listing]:
                client.disassociate_trial_component(TrialComponentName=component, TrialName=trial)
                client.delete_trial_component(TrialComponentName=component)
            client.delete_trial(TrialName=trial)
        client.delete_experiment(ExperimentName=name)
    return 1


def delete_deployed(work: Drain) -> int:
    """What an orchestrator's own tools deployed: the stack itself holds what we deploy."""
    return sum(runner.undeploy() for runner in work.runners)


def delete_objects(work: Drain) -> int:
    """Every version of what runs wrote into their stores; the team's own data is the bucket's affair."""
    own = [(name, store) for name, store in work.environment.stores.items() if not store.adopted]
    return sum(delete_run_objects(work, name, store) for name, store in own)


def delete_run_objects(work: Drain, name: str, store: Store) -> int:
    client, deleted = work.clients("s3"), 0
    with missing_is_nothing(), calling("s3:ListObjectVersions", store.bucket):
        batch: list[dict[str, str]] = []
        for version in find_versions(work, name, store):
            batch.append(version)
            if len(batch) == MOST_KEYS:
                deleted += delete_batch(client, store.bucket, batch)
                batch = []
        deleted += delete_batch(client, store.bucket, batch)
    return deleted


def find_versions(work: Drain, name: str, store: Store) -> Iterator[dict[str, str]]:
    used = [one for one in work.environment.pipelines.values() if one.store == name]
    own = {prefix for one in used for prefix in (one.code_prefix, *one.keeps)}
    places = [(store.zones[zone], True) for zone in RUN_ZONES if zone in store.zones]
    paginator = work.clients("s3").get_paginator("list_object_versions")
    for prefix, by_run in [*places, *((prefix, False) for prefix in sorted(own))]:
        for page in paginator.paginate(Bucket=store.bucket, Prefix=prefix):
            for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if not by_run or RUN_ID.match(item["Key"].removeprefix(prefix)):
                    yield {"Key": item["Key"], "VersionId": item["VersionId"]}


def delete_batch(client: Any, bucket: str, batch: Iterable[dict[str, str]]) -> int:
    whole = list(batch)
    odd = [one for one in whole if not fits_xml(one["Key"])]
    for one in odd:
        client.delete_object(Bucket=bucket, **one)
    batch = [one for one in whole if one not in odd] if odd else whole
    if not batch:
        return len(whole)
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
    if answer.get("Errors"):
        first = answer["Errors"][0]
        raise CloudError(
            "Cloud refused a request.",
            f"s3:DeleteObjects for `{first.get('Key')}`: {first.get('Message')} ({first.get('Code')}).",
            call="s3:DeleteObjects",
            resource=bucket,
            code=first.get("Code", ""),
        )
    return len(whole)


STEPS: tuple[tuple[str, Callable[[Drain], int]], ...] = (
    ("budget's denial of jobs", lift_denials),
    ("running execution", stop_executions),
    ("running processing job", stop_jobs("Processing")),
    ("running tuning job", stop_jobs("HyperParameterTuning")),
    ("running training job", stop_jobs("Training")),
    ("running transform job", stop_jobs("Transform")),
    ("running container", stop_containers),
    ("running job of Spark", stop_spark),
    ("deployed flow's part", delete_deployed),
    ("app of Studio", delete_apps),
    ("space of Studio", delete_all("Space")),
    ("profile of Studio", delete_all("UserProfile")),
    ("security group of Studio's files", delete_file_groups),
    ("endpoint", delete_endpoints),
    ("endpoint configuration", delete_named("EndpointConfig", "EndpointConfigs")),
    ("model", delete_named("Model", "Models")),
    ("model package", delete_model_packages),
    ("experiment", delete_experiments),
    ("run object", delete_objects),
)

DATA = ("model package", "experiment", "run object")
"""What of it holds something."""
