"""A runner of GitLab's pipelines: the jobs that its rules let in, in the order of their stages, each script in one
shell, as GitLab Runner's shell executor does it.

https://docs.gitlab.com/ci/yaml/, https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.code_hosts.api import Answer, Api, Asked
from tests.support.code_hosts.code_host import BASH, CodeHost
from tests.support.code_hosts.curl import CURL

STAGES = (".pre", "build", "test", "deploy", ".post")
FILE = ".gitlab/mlops-iac.gitlab-ci.yml"
JOB_TOKEN, COMMENT_TOKEN = "job-token", "comment-token"
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
CLAUSE = re.compile(r'\$(\w+)(?:\s*==\s*"([^"]*)")?')

Job = dict[str, Any]


@dataclass
class GitLab(CodeHost):
    api: Api | None = None
    variables: dict[str, str] = field(default_factory=dict)
    """Of the project's settings."""
    notes: list[dict[str, Any]] = field(default_factory=list)
    """Comments of the merge request."""
    newest: frozenset[str] = frozenset()
    """Jobs of the latest pipeline of the branch that ended well: the API has no other's artifacts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add_tool("curl", CURL)
        self.notes.append({"id": 1, "body": "LGTM"})

    def pipeline(self, source: str, **variables: str) -> dict[str, int]:
        """Job to exit code, of those that ran. What waits for a person is let go on. ``said``: of all of them."""
        text = yaml.safe_load((self.origin / FILE).read_text())
        given = {**self._predefined(source), **self.variables, **variables}
        jobs = {name: self._extended(text, name) for name in text if not name.startswith(".")}
        ran: dict[str, int] = {}
        said = ""
        for name, job in sorted(jobs.items(), key=lambda one: STAGES.index(one[1].get("stage", "test"))):
            when = self._when(job, given)
            if when == "never" or (when != "always" and any(ran.values())):
                continue
            needed = self._needed(job, jobs, given, ran)
            if when == "always" or all(ran.get(one) == 0 for one in needed):
                ran[name] = self._run(name, job, needed, given)
                said += self.said
        self.said = said
        if not any(ran.values()) and self.ref == "main":
            self.newest = frozenset(ran)
        return ran

    def answer(self, asked: Asked) -> Answer:
        """GitLab's API: notes of a merge request with a project's token, artifacts with a job's."""
        if asked.path == "/api/v4/projects/1/jobs/artifacts/main/download":
            assert asked.headers.get("job-token") == JOB_TOKEN
            name = asked.query.removeprefix("job=")
            return (200, self._zipped(name)) if name in self.newest else (404, {"message": "404 Not Found"})
        notes, _, number = asked.path.removeprefix("/api/v4/projects/1/merge_requests/7/").partition("/")
        if notes != "notes" or asked.headers.get("private-token") != COMMENT_TOKEN:
            return 401, {"message": "401 Unauthorized"}
        if asked.method == "POST":
            self.notes.append({"id": len(self.notes) + 1, **asked.body})
        elif asked.method == "PUT":
            self.notes[int(number) - 1].update(asked.body)
        return 200, self.notes

    def _run(self, name: str, job: Job, needed: Sequence[str], given: Mapping[str, str]) -> int:
        self.begin()
        folder = self.work / "project"
        variables = {**given, **{k: str(v) for k, v in job.get("variables", {}).items()}}
        variables = {key: VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), value)
                     for key, value in variables.items()}  # fmt: skip
        variables |= {"CI_PROJECT_DIR": str(folder), "CI_JOB_TOKEN": JOB_TOKEN}
        variables |= {token: f"{token} for {said['aud']}" for token, said in job.get("id_tokens", {}).items()}
        self._check_out(folder, variables)
        for one in needed:
            if (self.home / "artifacts" / one).exists():
                self.fetch(one, folder)
        if "id_tokens" in job:
            self.take_cloud(folder)
        script = "\n".join([*job.get("before_script", []), *job["script"]])
        try:
            code = self.execute([*BASH, "-eo", "pipefail", "-c", script], folder, {**self.machine(), **variables})
        finally:
            self.leave_cloud(folder)
        kept = job.get("artifacts", {})
        if kept and (code == 0 or kept.get("when") == "always"):
            found = {path.rstrip("/"): folder / path for path in kept["paths"] if (folder / path).exists()}
            self.keep(name, found)
        return code

    def _check_out(self, folder: Path, variables: Mapping[str, str]) -> None:
        """One ref, and a commit without a branch."""
        folder.mkdir()
        if variables.get("GIT_STRATEGY") == "none":
            return
        assert variables.get("GIT_DEPTH") == "0"  # else twenty commits
        self.git(folder, "init", "-q")
        self.git(folder, "remote", "add", "origin", str(self.origin))
        self.git(folder, "fetch", "-q", "origin", f"+{self.head}:refs/pipelines/1")
        self.git(folder, "checkout", "-qf", "--detach", "refs/pipelines/1")

    def _predefined(self, source: str) -> dict[str, str]:
        assert self.api is not None
        found = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{self.api.url}/api/v4",
            "CI_JOB_URL": f"{self.api.url}/job/1",
            "CI_COMMIT_SHA": self.head,
            "CI_PIPELINE_ID": "1",
            "CI_PIPELINE_SOURCE": source,
            "CI_PROJECT_ID": "1",
            "GITLAB_USER_LOGIN": "anna",
        }
        if source == "merge_request_event":
            target = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
            return {**found, **target, "CI_MERGE_REQUEST_IID": "7"}
        return {**found, "CI_COMMIT_BRANCH": self.ref}

    def _extended(self, text: Mapping[str, Any], name: str) -> Job:
        job = dict(text[name])
        return _merged(self._extended(text, job.pop("extends")), job) if "extends" in job else job

    def _when(self, job: Job, given: Mapping[str, str]) -> str:
        """Of the first rule that holds; a person starts what is manual."""
        for rule in job["rules"]:
            if all(_holds(clause, given) for clause in rule["if"].split("&&")):
                return {"manual": "on_success"}.get(rule.get("when", ""), rule.get("when", "on_success"))
        return "never"

    def _needed(
        self, job: Job, jobs: Mapping[str, Job], given: Mapping[str, str], ran: Mapping[str, int]
    ) -> Sequence[str]:
        """Whose artifacts a job gets: those that it names, or all of the stages before. GitLab makes no pipeline in
        which a job needs one that is not in it."""
        if "needs" not in job:
            return [*ran]
        needs = [{"job": one} if isinstance(one, str) else one for one in job["needs"]]
        there = [one["job"] for one in needs if self._when(jobs[one["job"]], given) != "never"]
        assert all(one["job"] in there or one.get("optional") for one in needs), needs
        return there

    def _zipped(self, name: str) -> bytes:
        folder = self.home / "artifacts" / name
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for file in _files(folder):
                archive.write(file, file.relative_to(folder))
        return held.getvalue()


def _holds(clause: str, given: Mapping[str, str]) -> bool:
    found = CLAUSE.fullmatch(clause.strip())
    assert found, clause
    value = given.get(found[1], "")
    return bool(value) if found[2] is None else value == found[2]


def _merged(below: Job, above: Job) -> Job:
    """Maps are merged, lists are not."""
    found = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = _merged(found[key], value) if both else value
    return found


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())
