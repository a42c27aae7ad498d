"""What scripts logged with MLflow's client, as the tracker reads it: files that jobs left in the lake."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import Any

import pytest

from mlops_iac.components.tracking import job_logs

RUN = "models/r/"
META = "lifecycle_stage: active\nrun_name: 'mine'\nstart_time: {began}\nend_time: 9\nstatus: 3\n"
ONE: Mapping[str, bytes] = {
    "7/meta.yaml": b"name: an experiment\n",
    "7/a1/meta.yaml": META.format(began=2).encode(),
    "7/a1/params/lr": b"0.1",
    "7/a1/tags/who": b"me",
    "7/a1/tags/mlflow.user": b"root",
    "7/a1/metrics/loss": b"1 0.5 0\n2 0.25 1\n3 nan 2\n",
    "7/a1/metrics/val/loss": b"1 0.5\n2 0.4 1 data digest\n3",
    "7/a1/artifacts/notes/hello.txt": b"hello",
    "7/b2/meta.yaml": META.format(began=1).encode(),
    "7/c3/meta.yaml": META.format(began=0).replace("active", "deleted").encode(),
    "7/d4/params/cut": b"its meta.yaml was never written",
    "7/models/m-1/meta.yaml": b"a: model\n",
    ".trash/9/e5/meta.yaml": META.format(began=0).encode(),
}


class Lake:
    """S3, as far as the reader asks it."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects, self.uploaded = objects, {}

    def get_paginator(self, name: str) -> Lake:
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}, {}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Key])}


def archive(files: Mapping[str, bytes], top: str = "mlflow/evaluate/") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, content in {**{f"{top}{path}": text for path, text in files.items()}, "roc.txt": b"1"}.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(params=["a folder", "an archive"])
def lake(request: pytest.FixtureRequest) -> Lake:
    if request.param == "a folder":
        return Lake({f"{RUN}mlflow/evaluate/{path}": text for path, text in ONE.items()})
    return Lake({f"{RUN}s-r-evaluate/output/output.tar.gz": archive(ONE)})


def test_a_job_leaves_its_runs_in_their_order_without_those_that_are_none(lake: Lake) -> None:
    (place,) = job_logs.find_places(lake, "lake", RUN)
    first, second = job_logs.read_runs(place)
    assert (first.step, first.id, second.id) == ("evaluate", "b2", "a1")
    assert second.meta["run_name"] == "mine"
    assert second.parameters == {"lr": "0.1"}
    assert second.own_tags == {"who": "me"}
    assert second.artifacts == ["notes/hello.txt"]


def test_values_have_their_times_and_steps_and_a_line_that_was_cut_off_is_left_out(lake: Lake) -> None:
    (place,) = job_logs.find_places(lake, "lake", RUN)
    metrics = job_logs.read_runs(place)[1].metrics
    assert metrics["loss"][:2] == [(0.5, 1, 0), (0.25, 2, 1)]
    assert str(metrics["loss"][2][0]) == "nan"
    assert metrics["val/loss"] == [(0.5, 1, 0), (0.4, 2, 1)]


def test_artifacts_are_read_for_the_runs_that_are_asked_for(lake: Lake) -> None:
    (place,) = job_logs.find_places(lake, "lake", RUN)
    found = [(run, path, opened().read()) for run, path, opened in job_logs.read_artifacts(place, {"a1": "run-1"})]
    assert found == [("run-1", "notes/hello.txt", b"hello")]
    assert list(job_logs.read_artifacts(place, {"b2": "run-2"})) == []


def test_a_trial_of_a_tuning_is_told_by_the_name_that_sagemaker_gives_it() -> None:
    jobs = ("s-r-tune-001-0a1b2c3d", "s-261121-081530-3fa2-evaluate", "s-r-train")
    trials = Lake({f"{RUN}{job}/output/output.tar.gz": archive(ONE) for job in jobs})
    assert sorted(place.trial for place in job_logs.find_places(trials, "lake", RUN)) == ["", "", jobs[0]]


def test_what_else_a_run_left_is_no_log() -> None:
    others = {f"{RUN}evaluation/evaluation.json": b"{}", f"{RUN}a/b/output/output.tar.gz": b"", "models/q/x": b""}
    assert job_logs.find_places(Lake(others), "lake", RUN) == []
    other = Lake({f"{RUN}train/output/output.tar.gz": archive(ONE, "elsewhere/")})
    (place,) = job_logs.find_places(other, "lake", RUN)
    assert job_logs.read_runs(place) == []


def test_an_archive_that_cannot_be_read_says_so() -> None:
    cut = Lake({f"{RUN}train/output/output.tar.gz": b"no archive"})
    (place,) = job_logs.find_places(cut, "lake", RUN)
    with pytest.raises(job_logs.Failed, match=r"models/r/train/output/output.tar.gz cannot be read"):
        job_logs.read_runs(place)
