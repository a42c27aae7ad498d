"""Who acts: of three CI systems, and from a commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlops_iac.runs.actor import LONGEST, read_actor

GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "anna", "GITHUB_RUN_ID": "7", "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "clinic/ml", "GITHUB_TOKEN": "ghs_secret",
}  # fmt: skip
GITLAB = {
    "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "anna", "CI_JOB_ID": "7", "CI_JOB_TOKEN": "secret",
    "CI_JOB_URL": "https://bot:secret@gitlab.example/clinic/ml/-/jobs/7",
}  # fmt: skip
AZURE = {
    "TF_BUILD": "True", "BUILD_REQUESTEDFOR": "Anna", "BUILD_BUILDID": "7", "SYSTEM_ACCESSTOKEN": "secret",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/clinic/", "SYSTEM_TEAMPROJECT": "ml",
}  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "system", "actor", "url"),
    [
        (GITHUB, "GitHub Actions", "anna", "https://github.com/clinic/ml/actions/runs/7"),
        (GITLAB, "GitLab CI/CD", "anna", "https://gitlab.example/clinic/ml/-/jobs/7"),
        (AZURE, "Azure Pipelines", "Anna", "https://dev.azure.com/clinic/ml/_build/results?buildId=7"),
    ],
)
def test_a_ci_job_says_for_whom_it_acts_and_no_token(
    variables: dict, system: str, actor: str, url: str, tmp_path: Path
):
    found = read_actor(tmp_path, variables)
    assert found == {"ci.system": system, "ci.actor": actor, "ci.build.id": "7", "ci.build.url": url}
    assert "secret" not in str(found)


def test_values_are_cut(tmp_path: Path):
    assert len(read_actor(tmp_path, {**GITHUB, "GITHUB_ACTOR": "a" * 5000})["ci.actor"]) == LONGEST


def test_a_repository_tells_commit_and_author(tmp_path: Path):
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init", "-b", "main")
    (tmp_path / "a").write_text("a")
    git("add", "a")
    git("-c", "user.name=Anna", "-c", "user.email=anna@clinic.example", "commit", "-m", "a")
    found = read_actor(tmp_path, {})
    assert found["git.author"] == "Anna"
    assert found["git.author.email"] == "anna@clinic.example"
    assert (found["git.headName"], found["git.dirty"]) == ("refs/heads/main", "false")
    assert len(found["git.head"]) == 40


def test_outside_a_repository_and_ci_nothing_is_known(tmp_path: Path):
    assert read_actor(tmp_path, {"HOME": "/root"}) == {}
