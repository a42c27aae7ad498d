"""What Airflow's API tells of a run, as a run and its steps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import Answer
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.names import names_of
from mlops_iac.runs.runners.airflow import Runner
from mlops_iac.runs.runners.execution import Execution, Order
from tests.support.small_environment import ACCOUNT, REGION, make_environment

RUN = "261121-081530-3fa2"
HANDLE = "screening-dev-pipelines/training"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/screening-dev-models/3"
LONGEST_PATH = 64
"""MWAA's."""
VERDICT = {"gate": "gate", "conditions": [{"metric": "auc", "value": 0.9, "bound": ">= 0.97", "passed": False}]}
ORDER = ("validate", "prepare", "train", "evaluate", "gate", "register", "deploy", "deploy--wait")


def task(name: str, state: str | None = "success", *, note: str = "", attempt: int = 1) -> dict[str, Any]:
    at = f"2026-11-21T08:15:{31 + ORDER.index(name)}.000000+00:00" if state and "upstream" not in state else None
    over = at if state in ("success", "failed") else None
    return {"task_id": name, "state": state, "note": note or None, "try_number": attempt, "start_date": at} | {
        "end_date": over
    }


class Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        error = {"Code": "RestApiClientException", "Message": "Airflow refused the request."}
        self.response = {"Error": error, "RestApiStatusCode": status, "RestApiResponse": {"detail": detail}}


class Airflow:
    """One run of ours, and one that somebody started by hand."""

    def __init__(self, environment: Environment, state: str, tasks: list[dict[str, Any]], note: str = "") -> None:
        self.asked: list[tuple[str, str, Any]] = []
        names = names_of("screening-dev", RUN, environment.pipelines["training"])
        conf = {"run": RUN, "code": {"uri": "s3://b/", "sha": "abc"}, "parameters": {"data": "raw/"}, "names": names}
        self.run = {"dag_run_id": RUN, "state": state, "conf": conf, "note": note or None}
        self.run |= {"start_date": "2026-11-21T08:15:31+00:00", "end_date": "2026-11-21T08:16:31+00:00"}
        self.tasks = tasks

    def invoke_rest_api(self, *, Name: str, Method: str, Path: str, **more: Any) -> dict[str, Any]:
        assert Name == "screening-dev-pipelines"
        assert len(Path) <= LONGEST_PATH, Path
        self.asked.append((Method, Path, more.get("Body")))
        if Path == f"/dags/training/dagRuns/{RUN}":
            return {"RestApiResponse": self.run}
        if Path.endswith("/taskInstances"):
            return {"RestApiResponse": {"task_instances": self.tasks}}
        if Path == "/dags/training/dagRuns" and Method == "GET":
            return {"RestApiResponse": {"dag_runs": [self.run, {**self.run, "dag_run_id": "manual__2026"}]}}
        if Path.endswith("0000"):
            raise Refused(404, "DAGRun not found")
        return {"RestApiResponse": {}}

    def terminate_job(self, *, jobId: str, reason: str) -> None:
        self.asked.append(("terminate", jobId, reason))

    def stop_training_job(self, **asked: str) -> None:
        self.asked.append(("stop", asked["TrainingJobName"], None))


def made(state: str, tasks: list[dict[str, Any]], note: str = "") -> tuple[Runner, Airflow]:
    environment = make_environment(target="airflow", handle=HANDLE)
    cloud = Airflow(environment, state, tasks, note)
    clients = Clients(region=REGION, endpoint=None, make=lambda service: cloud, account_id=lambda: ACCOUNT)
    return Runner(environment, environment.pipelines["training"], clients), cloud


def found(runner: Runner) -> Execution:
    execution = runner.find(RUN)
    assert execution is not None
    return execution


def statuses(runner: Runner) -> dict[str, str]:
    return {step.name: step.status for step in runner.read_history(found(runner)).steps}


DONE = [task(name) for name in ORDER]
DONE[5] = task("register", note=PACKAGE)


def test_a_run_that_succeeded_has_its_jobs_and_its_model() -> None:
    runner, _ = made("success", DONE)
    history = runner.read_history(found(runner))
    assert found(runner).status == "succeeded"
    assert {step.status for step in history.steps} == {"succeeded"}
    assert history.model_package_arn == PACKAGE
    train = next(step for step in history.steps if step.name == "train")
    assert (train.job, train.job_kind) == (f"screening-dev-{RUN}-train", "training")


def test_runs_that_somebody_started_by_hand_are_left_out() -> None:
    runner, _ = made("success", DONE)
    assert [one.run for one in runner.listed()] == [RUN]


def test_a_deployment_that_waits_is_running() -> None:
    runner, _ = made("running", [*DONE[:7], task("deploy--wait", "up_for_reschedule")])
    assert statuses(runner)["deploy"] == "running"


def test_a_gate_that_refuses_is_told_with_its_conditions() -> None:
    refusal = task("gate", "failed", note=f"GateRefused: {json.dumps(VERDICT)}")
    runner, _ = made("failed", [*DONE[:4], refusal, *(task(name, "upstream_failed") for name in ORDER[5:])])
    execution = found(runner)
    assert execution.status == "refused"
    assert execution.verdict is not None
    assert str(execution.verdict) == "auc is 0.9, the gate wants >= 0.97"
    assert statuses(runner) | {"gate": "refused", "register": "skipped"} == statuses(runner)


def test_a_job_that_failed_is_told_in_sagemakers_own_words() -> None:
    broken = task("train", "failed", note="SageMaker job failed because AlgorithmError: exit code 1")
    runner, _ = made("failed", [*DONE[:2], broken, *(task(name, "upstream_failed") for name in ORDER[3:])])
    assert (found(runner).status, found(runner).error) == ("failed", "AlgorithmError: exit code 1")


def test_a_run_that_a_person_stopped_says_so_and_its_job_is_stopped() -> None:
    runner, cloud = made("running", [*DONE[:2], task("train", "running"), *(task(name, None) for name in ORDER[3:])])
    runner.stop(found(runner), "by mlops-iac")
    assert ("stop", f"screening-dev-{RUN}-train", None) in cloud.asked
    assert ("PATCH", f"/dags/training/dagRuns/{RUN}", {"state": "failed"}) in cloud.asked
    ended, _ = made("failed", [*DONE[:2], task("train", "failed")], note="Stopped: by mlops-iac")
    assert found(ended).status == "stopped"
    assert statuses(ended)["train"] == "stopped"


def test_a_second_attempt_has_a_job_of_its_own() -> None:
    runner, cloud = made("running", [*DONE[:2], task("train", "running", attempt=2)])
    (train,) = [step for step in runner.read_history(found(runner)).steps if step.name == "train"]
    assert (train.job, train.attempts) == (f"screening-dev-{RUN}-train-2", 2)
    order = Order(run="new", code_uri="", code_sha="", parameters={}, names={})
    assert runner.retry(found(runner), "train", order, lambda steps: None).run == RUN
    (body,) = [body for _, path, body in cloud.asked if path.endswith("/clearTaskInstances")]
    assert (body["task_ids"], body["include_downstream"], body["dry_run"]) == (["train"], True, False)


def on_a_queue(runner: Runner) -> None:
    """The pipeline as it is with `compute: batch` at its training."""
    steps = tuple(
        replace(step, facts={**step.facts, "job": "batch"}) if step.name == "train" else step
        for step in runner.pipeline.steps
    )
    runner.pipeline = replace(runner.pipeline, steps=steps)


def test_a_job_on_a_queue_is_known_by_the_number_in_its_note() -> None:
    runner, cloud = made("running", [*DONE[:2], task("train", "deferred", note="Batch job 12ab-34")])
    on_a_queue(runner)
    (train,) = [step for step in runner.read_history(found(runner)).steps if step.name == "train"]
    assert (train.status, train.job, train.job_kind) == ("running", "12ab-34", "batch")
    runner.stop(found(runner), "by mlops-iac")
    assert ("terminate", "12ab-34", "by mlops-iac") in cloud.asked
    broken = task("train", "failed", note="Batch job 12ab-34: Job attempt duration exceeded timeout")
    runner, _ = made("failed", [*DONE[:2], broken])
    on_a_queue(runner)
    assert (found(runner).status, found(runner).error) == ("timed-out", "Job attempt duration exceeded timeout")


def test_a_step_that_was_taken_over_names_the_run_and_has_no_job() -> None:
    runner, cloud = made("success", DONE)
    before = "261120-081530-3fa2"
    cloud.run["conf"] |= {"reuse": {"runs": {"train": before, "evaluate": RUN}, "left": {"train": {"name": "old"}}}}
    steps = {step.name: step for step in runner.read_history(found(runner)).steps}
    assert (steps["train"].status, steps["train"].job, steps["train"].reused_from) == ("reused", None, before)
    assert (steps["evaluate"].status, steps["evaluate"].reused_from) == ("succeeded", "")


def test_an_answer_is_a_variable_and_is_read_back_from_the_note() -> None:
    runner, cloud = made("success", DONE)
    answer = Answer(approved=False, by="ann", at="2026-11-21T09:00:00Z", reason="too few rows")
    runner.answer(f"{RUN}.approve", answer)
    (body,) = [body for _, path, body in cloud.asked if path == "/variables"]
    assert json.loads(body["value"]) == {**answer.told, "approved": False}


def test_a_run_that_is_not_there_is_none_and_what_airflow_says_is_told() -> None:
    runner, _ = made("success", DONE)
    assert runner.find("261121-081530-0000") is None
    with pytest.raises(CloudError, match=r"DAGRun not found \(404\)"):
        runner._ask("GET", "/dagRuns/261121-081530-0000")
