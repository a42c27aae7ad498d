"""`mlops-iac upgrade` of what an older release of a blueprint really deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.backends.conftest import Cloud
from tests.support import aging

Deploy = Callable[[type[aging.Aging], str], EmbeddedBackend]

Capture = pytest.CaptureFixture[str]

STACK = """\
config:
  aws:region: eu-west-1
  mlops-iac:team: churn
  mlops-iac:environment: dev
  mlops-iac:blueprint: image-store
"""


@pytest.fixture
def deploy(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deploy]:
    """``deploy(release, rest of the stack file)``: what is deployed by a release of the blueprint."""
    monkeypatch.setattr(EmbeddedBackend, "cloud", property(lambda self: cloud))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()

    def deploy(kind: type[aging.Aging], rest: str) -> EmbeddedBackend:
        aging.release(monkeypatch, kind)
        (tmp_path / "stacks/Pulumi.churn-dev.yaml").write_text(STACK + rest)
        backend = EmbeddedBackend(tmp_path, "churn-dev")
        result = backend.up()
        assert result.outcome == "succeeded", (result.error, result.failures)
        return backend

    yield deploy
    assert EmbeddedBackend(tmp_path, "churn-dev").destroy().outcome == "succeeded"


def repository(cloud: Cloud) -> str:
    (found,) = cloud.clients("eu-west-1")("ecr").describe_repositories()["repositories"]
    return f"{found['repositoryName']} of {found['createdAt']}"


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (aging.Aging1, "  mlops-iac:options: {scan: always, days: 3}\n"),
        (aging.Aging2, "  mlops-iac:blueprint_version: 2\n"),
    ],
    ids=["two versions back", "one version back"],
)
def test_what_is_deployed_stays_when_its_release_goes_on(
    kind: type[aging.Aging], rest: str, deploy: Deploy, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    backend = deploy(kind, rest)
    before = repository(cloud)
    aging.release(monkeypatch, aging.Aging)
    assert run_command(["upgrade", "churn-dev", "--preview", "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["to"], told["refused"], told["written"]) == (3, [], False)
    assert set(told["preview"]["changeSummary"]) <= {"same", "update"}

    assert run_command(["upgrade", "churn-dev", "--yes"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert "+  mlops-iac:blueprint_version: 3" in out
    assert "is written for image-store 3" in err
    assert "is written for image-store 1" not in err  # that is what it is about
    assert not backend.preview().changed or kind is aging.Aging1
    assert backend.up().outcome == "succeeded"
    assert repository(cloud) == before
    assert not backend.preview().changed
    assert {record.name for record in backend.store.get("churn-dev") if record.custom and not record.is_provider} == {
        "containers-repository", "containers-lifecycle",
    }  # fmt: skip


def test_what_would_lose_data_is_refused_unless_it_is_named(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    deploy(aging.Aging1, "")
    aging.release(monkeypatch, aging.Careless)
    assert run_command(["upgrade", "churn-dev", "--preview"]) == exit_codes.ERROR
    err = capsys.readouterr().err
    assert "The upgrade would lose data." in err
    assert "--replace images-repository" in err
    assert run_command(["upgrade", "churn-dev", "--preview", "--replace", "images-repository"]) == exit_codes.OK
