"""How a run is logged to MLflow, with what its scripts logged: the tracker's function, with an MLflow that is a
dictionary."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest

from mlops_iac.components.tracking import job_logs, track_mlflow
from mlops_iac.components.tracking.track_function import Facts
from tests.components.test_job_logs import META, archive

RUN = "261121-081530-3fa2"
FACTS = Facts(
    run=RUN, experiment="s-dev-training", succeeded=True, began=1, ended=99, parameters={"C": "1"},
    metrics={"auc": 0.95}, tags={"mlops-iac.run": RUN}, data={}, model="",
)  # fmt: skip
SETTINGS = {
    "app": "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-A", "bucket": "lake", "models": "models/",
    "stack": "s-dev", "tagging": "a=b", "encryption": {"ServerSideEncryption": "aws:kms"},
}  # fmt: skip
MOST = {"params": 100, "metrics": 1000, "tags": 100}
FOLDER = f"models/{RUN}/"


class Server:
    """MLflow's REST API, as far as it is asked; holds it to MLflow's limits of a request."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        return getattr(self, re.sub(r"\W", "_", path.partition("?")[0]))(path, body)  # type: ignore[no-any-return]

    def experiments_create(self, path: str, body: Any) -> dict[str, Any]:
        return {"experiment_id": "7"}

    def runs_search(self, path: str, body: Any) -> dict[str, Any]:
        tag, value = re.fullmatch(r"tags\.`(\S+)` = '(.*)'", body["filter"]).groups()  # type: ignore[union-attr]
        found = [{"info": {"run_id": run}} for run, one in self.runs.items() if one["tags"].get(tag) == value]
        return {"runs": found} if found else {}

    def runs_create(self, path: str, body: Any) -> dict[str, Any]:
        run = f"run-{len(self.runs)}"
        tags = {one["key"]: one["value"] for one in body["tags"]}
        self.runs[run] = {"name": body["run_name"], "tags": tags, "params": {}, "metrics": {}}
        return {"run": {"info": {"run_id": run}}}

    def runs_log_batch(self, path: str, body: Any) -> dict[str, Any]:
        assert all(len(body.get(kind, ())) <= most for kind, most in MOST.items())
        one = self.runs[body["run_id"]]
        for kind in ("params", "tags"):
            for pair in body.get(kind, ()):
                assert kind == "tags" or one[kind].get(pair["key"], pair["value"]) == pair["value"], "never changed"
                one[kind][pair["key"]] = pair["value"]
        for point in body.get("metrics", ()):
            one["metrics"].setdefault(point["key"], set()).add((point["step"], point["value"]))
        return {}

    def runs_update(self, path: str, body: Any) -> dict[str, Any]:
        self.runs[body["run_id"]]["status"] = body["status"]
        return {}

    def runs_get(self, path: str, body: Any) -> dict[str, Any]:
        run = path.partition("run_id=")[2]
        return {"run": {"info": {"artifact_uri": f"s3://lake/models/mlflow/7/{run}/artifacts"}}}


class Lake:
    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects, self.uploaded = objects, {}

    def client(self, service: str) -> Lake:
        return self

    def get_paginator(self, name: str) -> Lake:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Key])}

    def upload_fileobj(self, body: Any, bucket: str, key: str, ExtraArgs: dict[str, Any]) -> None:
        assert ExtraArgs == {"Tagging": "a=b", "ServerSideEncryption": "aws:kms"}
        self.uploaded[key] = body.read()


def mine(run: str, began: int = 1, **files: bytes) -> dict[str, bytes]:
    """What MLflow's client leaves of one run; ``__`` in a name is a slash."""
    own = {f"1/{run}/{name.replace('__', '/')}": text for name, text in files.items()}
    return {f"1/{run}/meta.yaml": META.format(began=began).encode(), **own}


def logged(monkeypatch: pytest.MonkeyPatch, objects: dict[str, bytes], times: int = 1) -> tuple[Server, Lake]:
    server, lake = Server(), Lake({f"{FOLDER}{key}": content for key, content in objects.items()})
    monkeypatch.setitem(sys.modules, "job_logs", job_logs)
    monkeypatch.setattr(track_mlflow, "Client", lambda app, boto3: server)
    for _ in range(times):
        told = track_mlflow.log(FACTS, SETTINGS, lake)
    assert told == {"kind": "mlflow", "experiment": "s-dev-training", "experiment_id": "7", "run_id": "run-0"}
    return server, lake


TRAINED = {
    **mine("aa", 1, params__rate=b"0.1", params__C=b"2", metrics__loss=b"1 0.5 0\n2 0.4 1\n", metrics__auc=b"1 0.7 0\n",
           tags__who=b"me", artifacts__roc=b"a picture"),
    **mine("bb", 2, metrics__loss=b"1 0.3 0\n", **{"tags__mlflow.parentRunId": b"aa", "tags__mlflow.runName": b"fold"}),
    **mine("cc", 3, **{"tags__mlflow.parentRunId": b"bb"}),
}  # fmt: skip


def test_the_first_run_of_a_job_is_the_pipelines_and_the_others_lie_below(monkeypatch: pytest.MonkeyPatch) -> None:
    server, lake = logged(monkeypatch, {"s-dev-train/output/output.tar.gz": archive(TRAINED, "mlflow/train/")})
    first, fold, inner = server.runs.values()
    assert (first["name"], first["status"], first["tags"]["who"]) == (RUN, "FINISHED", "me")
    # Names that the run has already keep the step's name before them.
    assert first["params"] == {"C": "1", "rate": "0.1", "train.C": "2"}
    assert first["metrics"] == {"auc": {(0, 0.95)}, "loss": {(0, 0.5), (1, 0.4)}, "train.auc": {(0, 0.7)}}
    assert (fold["name"], fold["tags"]["mlflow.parentRunId"], fold["tags"]["mlops-iac.step"]) == (
        "fold",
        "run-0",
        "train",
    )
    assert (inner["tags"]["mlflow.parentRunId"], inner["status"]) == ("run-1", "FINISHED")
    assert lake.uploaded == {"models/mlflow/7/run-0/artifacts/roc": b"a picture"}


def test_logging_a_run_again_makes_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = {"s-dev-train/output/output.tar.gz": archive(TRAINED, "mlflow/train/")}
    assert logged(monkeypatch, objects, times=2)[0].runs == logged(monkeypatch, objects)[0].runs


def test_two_steps_that_log_one_name_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = {
        f"mlflow/{step}/{path}": text
        for step in ("left", "right")
        for path, text in mine(step, params__rate=step.encode(), metrics__loss=b"1 0.5 0\n").items()
    }
    (only,) = logged(monkeypatch, objects)[0].runs.values()
    assert only["params"] == {"C": "1", "rate": "left", "right.rate": "right"}
    assert set(only["metrics"]) == {"auc", "loss", "right.loss"}


def test_each_trial_of_a_tuning_is_a_run_below(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [f"s-dev-tune-00{number}-0a1b2c3d" for number in (1, 2)]
    objects = {
        f"{job}/output/output.tar.gz": archive(mine(job[-10:], metrics__loss=b"1 0.5 0\n"), "mlflow/tune/")
        for job in jobs
    }
    first, *trials = logged(monkeypatch, objects)[0].runs.values()
    assert set(first["metrics"]) == {"auc"}
    assert [one["tags"]["mlops-iac.trial"] for one in trials] == jobs
    assert {one["tags"]["mlflow.parentRunId"] for one in trials} == {"run-0"}


def test_much_is_logged_in_requests_that_mlflow_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    points = "".join(f"{step} {step / 2} {step}\n" for step in range(2500)).encode()
    many = {f"params__p{number}": b"1" for number in range(250)}
    objects = {f"mlflow/evaluate/{key}": text for key, text in mine("aa", metrics__loss=points, **many).items()}
    (only,) = logged(monkeypatch, objects)[0].runs.values()
    assert len(only["params"]) == 251
    assert len(only["metrics"]["loss"]) == 2500


def test_what_json_cannot_say_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = mine("aa", metrics__loss=b"1 nan 0\n1 inf 1\n1 -inf 2\n")
    (only,) = logged(monkeypatch, {f"mlflow/evaluate/{k}": v for k, v in odd.items()})[0].runs.values()
    assert only["metrics"]["loss"] == {(0, "NaN"), (1, "Infinity"), (2, "-Infinity")}


def test_a_job_whose_archive_is_broken_costs_no_other_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    objects = {"s-dev-train/output/output.tar.gz": b"no archive"}
    objects |= {f"mlflow/evaluate/{key}": text for key, text in mine("aa", params__rate=b"1").items()}
    (only,) = logged(monkeypatch, objects)[0].runs.values()
    assert (only["params"]["rate"], only["status"]) == ("1", "FINISHED")
    assert "output.tar.gz cannot be read" in capsys.readouterr().out
