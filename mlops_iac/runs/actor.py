"""Who acts, for the record: the person, the commit that lies there, and the CI job that acts for somebody.

Only names and addresses are taken from the environment, never a token.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from mlops_iac.runs.git import ask_git, read_git_state

LONGEST: Final = 300
"""Characters of one value."""


class CiSystem(NamedTuple):
    """Variables by which a CI system says where and for whom it runs. ``url`` is a template of variables' names."""

    name: str
    mark: str
    """The variable that is set there and nowhere else."""
    actor: str
    build: str
    url: str


# https://docs.github.com/en/actions/reference/workflows-and-actions/variables
# https://docs.gitlab.com/ci/variables/predefined_variables/
# https://learn.microsoft.com/azure/devops/pipelines/build/variables
SYSTEMS: Final = (
    CiSystem(
        "GitHub Actions", "GITHUB_ACTIONS", "GITHUB_ACTOR", "GITHUB_RUN_ID",
        "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    ),
    CiSystem("GitLab CI/CD", "GITLAB_CI", "GITLAB_USER_LOGIN", "CI_JOB_ID", "{CI_JOB_URL}"),
    CiSystem(
        "Azure Pipelines", "TF_BUILD", "BUILD_REQUESTEDFOR", "BUILD_BUILDID",
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    ),
)  # fmt: skip


def read_actor(root: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """What is known of who acts, by the keys of Pulumi's own history, and ``ci.actor``; empty values are left out.

    Source of the keys: pulumi/pulumi, ``pkg/backend/updates.go``. Pulumi knows no key for who started a CI job.
    """
    found = {**read_commit(root), **read_ci(os.environ if variables is None else variables)}
    return {key: value[:LONGEST] for key, value in found.items() if value}


def read_commit(root: Path) -> dict[str, str]:
    state = read_git_state(root)
    if state is None:
        return {}
    author = (ask_git(root, "log", "-1", "--format=%an%x00%ae") or "").strip().partition("\0")
    dirty = "" if state.dirty is None else str(state.dirty).lower()
    head = f"refs/heads/{state.branch}" if state.branch else ""
    return {
        "git.head": state.commit,
        "git.headName": head,
        "git.dirty": dirty,
        "git.author": author[0],
        "git.author.email": author[2],
    }


def read_ci(variables: Mapping[str, str]) -> dict[str, str]:
    for system in SYSTEMS:
        if variables.get(system.mark):
            known = {name: value for name, value in variables.items() if f"{{{name}}}" in system.url}
            return {
                "ci.system": system.name,
                "ci.actor": variables.get(system.actor, ""),
                "ci.build.id": variables.get(system.build, ""),
                "ci.build.url": without_password(system.url.format_map(Blank(known))),
            }
    return {}


def without_password(url: str) -> str:
    """An address without what stands before its host: a runner may be given one with a token in it."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


class Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
