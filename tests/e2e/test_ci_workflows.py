"""The workflows that `ci init` writes, executed step by step as a runner would: a push, a pull request, its merge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.program.test_touched import git
from tests.support.code_hosts.github import GitHub

DEPLOY, PREVIEW, DRIFT = "mlops-iac-deploy.yml", "mlops-iac-preview.yml", "mlops-iac-drift.yml"
STACK = "screening-dev"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> GitHub:
    """A repository with one team, whose workflows are on main and have run once."""
    home = tmp_path_factory.mktemp("host")
    origin = make_project(home / "origin")
    (origin / ".gitignore").write_text(".mlops-iac/\nstates/\nplan.*\ncomment.md*\n")
    git(origin, "init", "-q", "-b", "main")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(origin)
        assert run_command(["ci", "init", "--for", "github"]) == exit_codes.OK
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "first")
    found = GitHub(home, origin)
    deploy(found, "0" * 40)
    return found


def deploy(runner: GitHub, before: str) -> list[str]:
    """What a push to main does. Answers the environments it went through."""
    runner.ref, runner.github = "main", {"event.before": before}
    code, outputs = runner.job(DEPLOY, "touched")
    assert code == 0, runner.said
    stacks: list[str] = json.loads(outputs["stacks"])
    assert json.loads(outputs["code"]) == stacks
    for job in ("plan", "up"):
        for stack in stacks:
            code, _ = runner.job(DEPLOY, job, **{"matrix.stack": stack})
            assert code == 0, runner.said
    assert runner.job(DEPLOY, "states")[0] == 0, runner.said
    return stacks


def commit(runner: GitHub, old: str, new: str, *, branch: str) -> str:
    """Change the stack file on a branch. Answers the commit before."""
    before = head(runner)
    file = runner.origin / f"stacks/Pulumi.{STACK}.yaml"
    git(runner.origin, "checkout", "-q", "-B", branch)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    git(runner.origin, "add", "-A")
    git(runner.origin, "commit", "-qm", "change")
    return before


def head(runner: GitHub) -> str:
    done = subprocess.run(
        ["git", "-C", str(runner.origin), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def preview(runner: GitHub) -> str:
    """What a pull request of the branch does. Answers the comment that stands there then."""
    runner.ref, runner.github = "change", {"base_ref": "main", "server_url": "https://github.example"}
    code, _ = runner.job(PREVIEW, "preview")
    assert code == 0, runner.said
    assert runner.job(PREVIEW, "comment")[0] == 0, runner.said
    assert len(runner.comments) == 1
    return str(runner.comments[0]["body"])


def test_a_pull_request_its_second_push_and_its_merge(runner: GitHub) -> None:
    before = commit(runner, "at_least: 0.9", "at_least: 0.95", branch="change")
    assert "`gate` asks for `auc` of at least `0.95`, was `0.9`." in preview(runner)
    commit(runner, "at_least: 0.95", "at_least: 0.8", branch="change")
    assert "A model that was refused may pass now." in preview(runner)  # the same comment, updated in place
    git(runner.origin, "checkout", "-q", "main")
    git(runner.origin, "merge", "-q", "change")
    assert deploy(runner, before) == [STACK]
    assert "no changes" not in preview(runner)
    assert deploy(runner, head(runner)) == []


def test_a_plan_that_no_longer_fits_changes_nothing_and_says_what_differs(runner: GitHub) -> None:
    git(runner.origin, "checkout", "-q", "main")
    commit(runner, "    gate:", "    monthly_budget_usd: 150\n    gate:", branch="main")
    runner.ref = "main"
    assert runner.job(DEPLOY, "plan", **{"matrix.stack": STACK})[0] == 0, runner.said
    commit(runner, "monthly_budget_usd: 150", "monthly_budget_usd: 175", branch="main")
    code, _ = runner.job(DEPLOY, "up", **{"matrix.stack": STACK})
    assert code != 0
    assert "The plan is out of date." in runner.said
    assert "monthly_budget_usd" in runner.said


def test_every_night_each_environment_is_looked_at(runner: GitHub) -> None:
    runner.ref = "main"
    code, outputs = runner.job(DRIFT, "all")
    assert code == 0
    assert json.loads(outputs["stacks"]) == [STACK]
    assert runner.job(DRIFT, "drift", **{"matrix.stack": STACK})[0] == 0, runner.said


def test_a_pull_request_from_a_fork_reaches_no_cloud(runner: GitHub) -> None:
    """It may say whatever it likes: its preview has the exported states of this project, and nothing else."""
    git(runner.origin, "checkout", "-q", "main")
    git(runner.origin, "checkout", "-q", "-B", "change")
    file = runner.origin / "__main__.py"
    asks = "import pulumi\n\npulumi.StackReference('organization/other/prod').get_output('secret')\n"
    file.write_text(file.read_text() + asks)
    git(runner.origin, "add", "-A")
    git(runner.origin, "commit", "-qm", "fork")
    runner.ref, runner.github = "change", {"base_ref": "main"}
    code, _ = runner.job(PREVIEW, "preview")
    assert code != 0
    assert "cannot be previewed" in Path(runner.home / "summary.md").read_text()
    assert not Path(runner.home / "work/.mlops-iac").exists()
