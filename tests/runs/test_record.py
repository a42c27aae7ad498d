from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs import person
from mlops_iac.runs.compare import compare
from mlops_iac.runs.details import get_details
from mlops_iac.runs.history import find_id, list_ids
from mlops_iac.runs.record import find_manifests, find_record, packages_of
from mlops_iac.runs.requirements import Locked, Wheel
from mlops_iac.runs.start import pack_code, start
from tests.support.small_environment import make_state_machine, moto_clients


@pytest.fixture
def root(environment: Environment, clients: Clients, code: Path) -> Path:
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/table.csv", Body=b"1\n2\n")
    return code.parents[1]


def test_a_start_records_who_what_and_of_which_data(environment: Environment, clients: Clients, root: Path) -> None:
    run = start(environment, clients, root)
    record = find_record(environment, clients, run.id)
    assert record is not None
    assert record.started_by == person.who_asks(clients)
    assert record.framework == "sklearn 1.4-2"
    assert "scikit-learn==1.4.2" in record.packages
    assert record.git is None
    summary = record.data["data"]
    assert (summary["prefix"], summary["objects"], summary["bytes"], summary["complete"]) == ("raw/", 1, 4, True)
    (manifest,) = find_manifests(environment, clients, run.id).values()
    assert [one.key for one in manifest.objects] == ["raw/table.csv"]
    assert manifest.digest == summary["digest"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"told": 7}', b'{"told": {"git": 1}}', b"\xff", b"[" * 2000])
def test_a_record_that_cannot_be_read_is_none(
    environment: Environment, clients: Clients, root: Path, body: bytes
) -> None:
    run = start(environment, clients, root)
    for name in ("run", "data"):
        key = f"models/{run.id}/record/{name}.json"
        clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=body)
    assert find_record(environment, clients, run.id) is None
    assert find_manifests(environment, clients, run.id) == {}
    assert get_details(environment, clients, run.id).record is None


def test_on_aws_it_is_whom_the_credentials_stand_for() -> None:
    with moto_clients(embedded=False) as clients:
        assert person.who_asks(clients).startswith("arn:aws:sts::123456789012:")


def test_a_user_without_a_name_is_a_number(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(person.getpass, "getuser", refuse)
    assert person.who_asks(clients).startswith("user ")


def test_a_team_s_wheel_takes_the_place_of_the_image_s_package(
    environment: Environment, clients: Clients, root: Path
) -> None:
    code = pack_code(environment, environment.pipelines["training"], clients, root)
    wheels = (Wheel("NumPy", "9.9", Path("w.whl"), "0"), Wheel("typing_extensions", "4", Path("t.whl"), "0"))
    pins = packages_of(dataclasses.replace(code, requirements=Locked(wheels)))
    assert [pin for pin in pins if pin.startswith("numpy")] == ["numpy==9.9"]
    assert "typing-extensions==4" in pins
    assert list(pins) == sorted(pins)


def test_two_runs_differ_where_they_differ(environment: Environment, clients: Clients, root: Path, code: Path) -> None:
    first = start(environment, clients, root)
    (code / "train.py").write_text("print('another')\n")
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/table.csv", Body=b"1\n2\n3\n")
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/more.csv", Body=b"1\n")
    second = start(environment, clients, root, parameters={"hyperparameters": {"C": "2"}})
    body = json.dumps({"metrics": {"auc": 0.5}})
    key = f"models/{second.id}/evaluation/evaluation.json"
    clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=body)
    found = compare(environment, clients, first.id, second.id)
    assert {(line.part, line.name) for line in found.differences} == {
        ("parameters", "hyperparameters.C"),
        ("code", "sha"),
        ("code", "train.py"),
        ("data", "raw/table.csv"),
        ("data", "raw/more.csv"),
        ("metrics", "auc"),
    }
    assert found.unknown == ()
    lines = {(line.part, line.name): line for line in found.lines}
    assert not lines["code", "validate.py"].differs
    assert (lines["data", "raw/more.csv"].a, lines["metrics", "auc"].b) == (None, 0.5)


def test_what_was_not_recorded_is_said_and_not_compared(environment: Environment, clients: Clients, root: Path) -> None:
    first, second = start(environment, clients, root), start(environment, clients, root)
    clients("s3").delete_object(Bucket=environment.lake.bucket, Key=f"models/{first.id}/record/run.json")
    found = compare(environment, clients, first.id, second.id)
    assert {line.part for line in found.lines}.isdisjoint({"packages", "data"})
    assert found.unknown[0].startswith(f"Of run {first.id} nothing was recorded")


def test_a_lake_that_was_not_recorded_whole_is_said(
    environment: Environment, clients: Clients, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_iac.runs.data_manifest.MOST_OBJECTS", 1)
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/more.csv", Body=b"1\n")
    first, second = start(environment, clients, root), start(environment, clients, root)
    assert len(compare(environment, clients, first.id, second.id).unknown) == 2


def test_a_run_is_found_by_the_beginning_of_its_id(environment: Environment, clients: Clients, root: Path) -> None:
    ids = [start(environment, clients, root).id for _ in range(3)][::-1]
    assert list_ids(environment, clients) == tuple(ids)
    assert list_ids(environment, clients, limit=1) == (ids[0],)
    assert [find_id(environment, clients, word) for word in ("last", "last~0", "last~2")] == [ids[0], ids[0], ids[2]]
    with pytest.raises(RunError, match="has 3 runs, so none is the 3th before the last"):
        find_id(environment, clients, "last~3")
    assert find_id(environment, clients, f"screening-dev-{ids[1]}") == ids[1]
    with pytest.raises(UsageError, match=f"3 runs of screening-dev begin with `{ids[0][:4]}`: {ids[0]}"):
        find_id(environment, clients, ids[0][:4])
    with pytest.raises(RunError, match="has no run `990101`"):
        get_details(environment, clients, "990101")
    with pytest.raises(UsageError, match="not the id of a run"):
        find_id(environment, clients, "train")
