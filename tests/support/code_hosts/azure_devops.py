"""An agent of Azure Pipelines: stages whose conditions hold, each job in a workspace of its own, and steps as its
tasks do them.

Bash@3 and the AWS toolkit's AWSShellScript@1 write a script to a file and hand it to bash without ``-e``: what fails
in the middle of one fails nothing unless the script says so. Both work in the default working directory, where the
sources are, as do relative paths of the artifact tasks (microsoft/azure-pipelines-agent, PipelineArtifactPluginV2.cs;
aws/aws-toolkit-azure-devops, AWSShellScript/TaskOperations.ts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.code_hosts.api import Answer, Api, Asked
from tests.support.code_hosts.code_host import BASH, CodeHost
from tests.support.code_hosts.curl import CURL

FILE = ".azuredevops/mlops-iac-pipelines.yml"
TOKEN = "access-token"
MACRO = re.compile(r"\$\(([\w.]+)\)")
CONNECTIONS = {"mlops-iac-preview", "mlops-iac-deploy"}


@dataclass(frozen=True)
class Build:
    """One that ended."""

    reason: str
    version: str
    succeeded: bool
    artifacts: frozenset[str]


@dataclass
class AzureDevOps(CodeHost):
    api: Api | None = None
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    """Variable groups."""
    comments: list[dict[str, Any]] = field(default_factory=list)
    """Threads of the pull request."""
    builds: list[Build] = field(default_factory=list)
    """Of the branch, the newest last."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add_tool("curl", CURL)
        self.comments.append({"id": 1, "comments": [{"id": 1, "content": "LGTM"}]})

    def build(self, reason: str, **variables: str) -> dict[str, bool]:
        """Stage to whether it succeeded, of those that ran. ``said``: of all jobs. Approvals are given."""
        text = yaml.safe_load((self.origin / FILE).read_text())
        given = {**self._predefined(reason), **{key.replace("_", "."): value for key, value in variables.items()}}
        ran: dict[str, bool] = {}
        said, before = "", {path.name: path.stat().st_ctime_ns for path in self._artifacts()}
        for stage in text["stages"]:
            waits = _listed(stage.get("dependsOn"))
            if not _holds(stage.get("condition", "succeeded()"), given, [ran.get(one, False) for one in waits]):
                continue
            known = {**given, **self._stage_variables(stage)}
            ended: dict[str, bool] = {}
            for job in stage["jobs"]:
                name = job.get("job") or job["deployment"]
                done = [ended.get(one, False) for one in _listed(job.get("dependsOn"))]
                if _holds(job.get("condition", "succeeded()"), known, done):
                    ended[name] = self._job(job, known)
                    said += self.said
            ran[stage["stage"]] = all(ended.values())
        self.said = said
        if self.ref == "main":
            made = {path.name for path in self._artifacts() if path.stat().st_ctime_ns != before.get(path.name)}
            self.builds.append(Build(reason, self.head, all(ran.values()), frozenset(made)))
        return ran

    def answer(self, asked: Asked) -> Answer:
        """Azure DevOps' API, for who has the job's token: threads of a pull request, and builds."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}" or "api-version=7.1" not in asked.query:
            return 401, {}
        if asked.path == "/acme/project-id/_apis/build/builds":
            wanted = dict(one.split("=", 1) for one in asked.query.split("&"))
            assert (wanted["definitions"], wanted["branchName"]) == ("5", "refs/heads/main")
            assert (wanted["resultFilter"], wanted["reasonFilter"], wanted["$top"]) == (
                "succeeded",
                "individualCI",
                "1",
            )
            found = [one for one in self.builds if one.succeeded and one.reason == "IndividualCI"]
            return 200, {"value": [{"sourceVersion": one.version} for one in found[-1:]]}
        threads = "/acme/project-id/_apis/git/repositories/repository-id/pullRequests/7/threads"
        assert asked.path.startswith(threads), asked.path
        match asked.path.removeprefix(threads).split("/"):
            case [""] if asked.method == "POST":
                count = len(self.comments) + 1
                self.comments.append({"id": count, "comments": [{"id": 1, **asked.body["comments"][0]}]})
            case ["", thread, "comments", "1"] if asked.method == "PATCH":
                self.comments[int(thread) - 1]["comments"][0].update(asked.body)
        return 200, {"value": self.comments}

    def _job(self, job: Mapping[str, Any], given: Mapping[str, str]) -> bool:
        self.begin()
        sources = self.work / "s"
        sources.mkdir()
        steps = job["steps"] if "steps" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        places = {
            "Pipeline.Workspace": str(self.work),
            "Build.SourcesDirectory": str(sources),
            "System.DefaultWorkingDirectory": str(sources),
        }
        known, path, succeeded = {**given, **places}, "", True
        for step in steps:
            if not _holds(step.get("condition", "succeeded()"), known, [succeeded]):
                continue
            try:
                code, added = self._step(step, sources, known, path)
                path = added + path
            except FileNotFoundError as error:
                self.said += f"{error}\n"
                code = 1
            succeeded = succeeded and (code == 0 or bool(step.get("continueOnError")))
        return succeeded

    def _step(self, step: Mapping[str, Any], sources: Path, known: Mapping[str, str], path: str) -> tuple[int, str]:
        """An exit code, and what goes before the PATH."""
        inputs = {key: _expanded(value, known) for key, value in step.get("inputs", {}).items()}
        environment = self.machine() | {key.upper().replace(".", "_"): value for key, value in known.items()}
        environment |= {
            key: _expanded(value, known | {"System.AccessToken": TOKEN}) for key, value in step.get("env", {}).items()
        }
        environment["PATH"] = path + environment["PATH"]
        if step.get("checkout") == "self":
            self._check_out(sources, step)
        elif "bash" in step:
            before = len(self.said)
            code = self._script(_expanded(step["bash"], known), sources, environment)
            added = re.findall(r"##vso\[task\.prependpath\](.*)", self.said[before:])
            return code, "".join(f"{one}:" for one in added)
        elif "publish" in step:
            place = sources / step["publish"]
            if not place.exists():
                raise FileNotFoundError(f"Path does not exist: {place}")
            self.keep(step["artifact"], {"." if place.is_dir() else place.name: place})
        elif "download" in step:
            self.fetch(step["artifact"], self.work / step["artifact"])
        elif step.get("task") == "DownloadPipelineArtifact@2":
            self._download(inputs, sources)
        elif step.get("task") == "AWSShellScript@1":
            assert inputs["awsCredentials"] in CONNECTIONS
            assert inputs["scriptType"] == "inline"
            self.take_cloud(sources)
            try:
                code = self._script(inputs["inlineScript"], sources, environment | {"AWS_REGION": inputs["regionName"]})
            finally:
                self.leave_cloud(sources)
            return code, ""
        else:
            assert step.get("checkout") == "none" or step.get("task") == "UsePythonVersion@0", step
        return 0, ""

    def _script(self, text: str, sources: Path, environment: Mapping[str, str]) -> int:
        file = self.home / "script.sh"
        file.write_text(text)
        return self.execute([*BASH, str(file)], sources, environment)

    def _check_out(self, sources: Path, step: Mapping[str, Any]) -> None:
        """All branches, as of the origin's, and a commit without one."""
        depth = step["fetchDepth"]
        self.git(sources, "init", "-q")
        self.git(sources, "remote", "add", "origin", f"file://{self.origin}")
        more = [] if depth == "0" else [f"--depth={depth}"]
        self.git(sources, "fetch", "-q", *more, "origin", "+refs/heads/*:refs/remotes/origin/*")
        self.git(sources, "checkout", "-qf", "--detach", self.head)

    def _download(self, inputs: Mapping[str, str], sources: Path) -> None:
        """Of the latest build of the branch that succeeded, whatever it was for."""
        assert (inputs["buildVersionToDownload"], inputs["branchName"]) == ("latestFromBranch", "refs/heads/main")
        assert (inputs["project"], inputs["definition"]) == ("project-id", "5")
        latest = next((one for one in reversed(self.builds) if one.succeeded), None)
        if latest is None or inputs["artifactName"] not in latest.artifacts:
            raise FileNotFoundError(f"Artifact {inputs['artifactName']} was not found.")
        self.fetch(inputs["artifactName"], sources / inputs["targetPath"])

    def _artifacts(self) -> list[Path]:
        return [*(self.home / "artifacts").iterdir()] if (self.home / "artifacts").exists() else []

    def _predefined(self, reason: str) -> dict[str, str]:
        assert self.api is not None
        found = {
            "TF.Build": "True",
            "Build.Reason": reason,
            "Build.BuildId": "11",
            "Build.Repository.ID": "repository-id",
            "Build.SourceVersion": self.head,
            "Build.SourceBranch": f"refs/heads/{self.ref}",
            "System.CollectionUri": f"{self.api.url}/acme/",
            "System.TeamProjectId": "project-id",
            "System.DefinitionId": "5",
        }
        if reason != "PullRequest":
            return found
        request = {"PullRequestId": "7", "TargetBranchName": "main", "IsFork": "False"}
        return {**found, **{f"System.PullRequest.{key}": value for key, value in request.items()}}

    def _stage_variables(self, stage: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in stage.get("variables", []):
            found |= self.groups[one["group"]] if "group" in one else {one["name"]: one["value"]}
        return found


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _expanded(text: Any, known: Mapping[str, str]) -> str:
    """Macros; those that are not known stay as they are, which bash would take for commands."""
    return MACRO.sub(lambda found: known.get(found[1], found[0]), str(text))


def _holds(condition: str, variables: Mapping[str, str], waits: list[bool]) -> bool:
    """Of Azure's functions those that the file uses."""
    words = {
        "eq": lambda a, b: a.lower() == b.lower(),
        "ne": lambda a, b: a.lower() != b.lower(),
        "all_": lambda *parts: all(parts),
        "no": lambda part: not part,
        "always": lambda: True,
        "canceled": lambda: False,
        "succeeded": lambda: all(waits),
        "variables": _Known(variables),
    }
    text = re.sub(r"\band\(", "all_(", re.sub(r"\bnot\(", "no(", condition))
    return bool(eval(text, {"__builtins__": {}}, words))  # the condition is this repository's own


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
