"""The pipelines that `ci init` writes for GitLab and Azure DevOps, executed as these hosts' runners would: pushes,
requests to merge, nights."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.program.test_touched import git
from tests.support.code_hosts.api import serve
from tests.support.code_hosts.azure_devops import AzureDevOps
from tests.support.code_hosts.code_host import CodeHost
from tests.support.code_hosts.gitlab import COMMENT_TOKEN, GitLab

pytestmark = pytest.mark.slow

DEV, QA = "screening-dev", "screening-qa"


SUSPEND = f"""
from mlops_iac.cloud.process import EmbeddedCloud
from pathlib import Path

cloud = EmbeddedCloud(Path(".mlops-iac/cloud").absolute())
cloud.start()
s3 = cloud.clients("eu-west-1")("s3")
(bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if "{QA}-lake" in one["Name"])
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=dict(Status="Suspended"))
"""
"""What somebody did by hand."""


class Host(Protocol):
    """What both do, in their own words."""

    runner: CodeHost

    def push(self, before: str) -> Mapping[str, object]: ...
    def request(self) -> str:
        """A pull request of branch `change`. Answers its comment."""

    def night(self) -> bool: ...
    @property
    def failed(self) -> bool:
        """Whether something of the last pipeline did."""


class OnGitLab:
    name = "gitlab"

    def __init__(self, home: Path, origin: Path) -> None:
        self._roles = {"MLOPS_IAC_PREVIEW_ROLE": "arn:preview", "MLOPS_IAC_DEPLOY_ROLE": "arn:deploy"}
        self.runner = GitLab(home, origin, variables={**self._roles, "AWS_REGION": "eu-west-1"})
        self.runner.variables["MLOPS_IAC_COMMENT_TOKEN"] = COMMENT_TOKEN
        self._ran: dict[str, int] = {}

    def push(self, before: str) -> Mapping[str, object]:
        self.runner.ref = "main"
        self._ran = self.runner.pipeline("push", CI_COMMIT_BEFORE_SHA=before)
        return self._ran

    def request(self) -> str:
        self.runner.ref = "change"
        self._ran = self.runner.pipeline("merge_request_event")
        assert self._ran == {"mlops-iac-preview": 0, "mlops-iac-comment": 0}, self.runner.said
        assert [note["id"] for note in self.runner.notes] == [1, 2]
        return str(self.runner.notes[1]["body"])

    def night(self) -> bool:
        self.runner.ref = "main"
        self._ran = self.runner.pipeline("schedule")
        return self._ran["mlops-iac-drift"] == 0

    @property
    def failed(self) -> bool:
        return any(self._ran.values())


class OnAzureDevOps:
    name = "azure-devops"

    def __init__(self, home: Path, origin: Path) -> None:
        self.runner = AzureDevOps(home, origin, groups={"mlops-iac": {"AWS_REGION": "eu-west-1"}})
        self._ran: dict[str, bool] = {}

    def push(self, before: str) -> Mapping[str, object]:
        self.runner.ref = "main"
        self._ran = self.runner.build("IndividualCI")
        return self._ran

    def request(self) -> str:
        self.runner.ref = "change"
        self._ran = self.runner.build("PullRequest")
        assert self._ran == {"preview": True}, self.runner.said
        assert [thread["id"] for thread in self.runner.comments] == [1, 2]
        return str(self.runner.comments[1]["comments"][0]["content"])

    def night(self) -> bool:
        self.runner.ref = "main"
        self._ran = self.runner.build("Schedule")
        assert [*self._ran] == ["drift"]
        return self._ran["drift"]

    @property
    def failed(self) -> bool:
        return not all(self._ran.values())


@pytest.fixture(scope="module", params=[OnGitLab, OnAzureDevOps], ids=lambda kind: kind.name)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A repository with two environments, which are up since the first push."""
    home = tmp_path_factory.mktemp("host")
    origin = make_project(home / "origin")
    text = (origin / f"stacks/Pulumi.{DEV}.yaml").read_text()
    (origin / f"stacks/Pulumi.{QA}.yaml").write_text(text.replace("environment: dev", "environment: qa"))
    (origin / ".gitignore").write_text(".mlops-iac/\nstates*\nplans/\ncomment*\n")
    git(origin, "init", "-q", "-b", "main")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(origin)
        assert run_command(["ci", "init", "--for", request.param.name]) == exit_codes.OK
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "first")
    found: Host = request.param(home, origin)
    assert isinstance(found.runner, GitLab | AzureDevOps)
    with serve(found.runner.answer) as api:
        found.runner.api = api
        found.push("0" * 40)
        assert not found.failed, found.runner.said
        assert sorted(one.name for one in states(found).iterdir()) == [f"{DEV}.json", f"{QA}.json"]
        yield found


def states(host: Host) -> Path:
    (found,) = (folder for folder in (host.runner.home / "artifacts").iterdir() if "states" in folder.name)
    return found / "states" if (found / "states").exists() else found


def commit(host: Host, branch: str, old: str, new: str, stack: str = DEV) -> str:
    """Change a stack file on a branch. Answers the commit before."""
    origin = host.runner.origin
    git(origin, "checkout", "-q", "-B", branch)
    before = host.runner.git(origin, "rev-parse", "HEAD")
    file = origin / f"stacks/Pulumi.{stack}.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    git(origin, "commit", "-qam", "change")
    return before


def merge(host: Host) -> None:
    git(host.runner.origin, "checkout", "-q", "main")
    git(host.runner.origin, "merge", "-q", "change")


def test_a_request_is_previewed_a_night_passes_and_the_merge_brings_up_what_it_touched(host: Host) -> None:
    before = commit(host, "change", "at_least: 0.9", "at_least: 0.95")
    assert "`gate` asks for `auc` of at least `0.95`, was `0.9`." in host.request()
    commit(host, "change", "at_least: 0.95", "at_least: 0.8")
    assert "A model that was refused may pass now." in host.request()  # the same comment, updated in place

    # What the night leaves is no deployment, and the states of the last one are what a request is compared with.
    git(host.runner.origin, "checkout", "-q", "main")
    assert host.night(), host.runner.said
    assert "A model that was refused may pass now." in host.request()

    # Two commits at once: the second one touches nothing.
    git(host.runner.origin, "checkout", "-q", "change")
    (host.runner.origin / "NOTES.md").write_text("nothing\n")
    git(host.runner.origin, "add", "-A")
    git(host.runner.origin, "commit", "-qm", "notes")
    merge(host)
    host.push(before)
    assert not host.failed, host.runner.said
    assert f"{DEV} is up" in host.runner.said
    assert f"{QA} is up" not in host.runner.said
    commit(host, "change", "at_least: 0.8", "at_least: 0.7")
    assert "of at least `0.7`, was `0.8`" in host.request()
    git(host.runner.origin, "checkout", "-q", "main")


def test_what_fails_in_the_middle_of_a_script_fails_the_pipeline(host: Host) -> None:
    git(host.runner.origin, "checkout", "-q", "main")
    before = host.runner.git(host.runner.origin, "rev-parse", "main")
    kept = (host.runner.origin / f"stacks/Pulumi.{DEV}.yaml").read_text()
    commit(host, "main", "  mlops-iac:options:", "  mlops-iac:optoins:")
    host.push(before)
    assert host.failed
    assert "optoins" in host.runner.said
    (host.runner.origin / f"stacks/Pulumi.{DEV}.yaml").write_text(kept)
    git(host.runner.origin, "commit", "-qam", "back")


def test_a_night_that_finds_something_is_red(host: Host) -> None:
    folder = host.runner.begin()
    host.runner.git(folder, "clone", "-q", str(host.runner.origin), ".")
    host.runner.take_cloud(folder)
    try:
        code = host.runner.execute([sys.executable, "-c", SUSPEND], folder, host.runner.machine())
        assert code == 0, host.runner.said
    finally:
        host.runner.leave_cloud(folder)
    assert not host.night()
    assert "~ versioning" in host.runner.said
