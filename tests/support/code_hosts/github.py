"""A runner of GitHub's workflows: each job in a folder of its own, with what its steps say and nothing else.

Its `run:` steps are executed as they stand, by bash. Actions are what they do for us: a checkout clones, artifacts are
folders, and only a job that asks for AWS's role finds the cloud.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.code_hosts.code_host import BASH, CodeHost

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

GH = """#!{python}
import json, pathlib, shutil, sys

home, words = pathlib.Path({home!r}), sys.argv[1:]
comments = home / "comments.json"
known = json.loads(comments.read_text()) if comments.exists() else []
if words[:2] == ["run", "list"]:
    print("1" if (home / "artifacts/mlops-iac-states").exists() else "")
elif words[:2] == ["run", "download"]:
    source = home / "artifacts" / words[words.index("--name") + 1]
    shutil.copytree(source, words[words.index("--dir") + 1], dirs_exist_ok=True)
elif "--method" in words:
    method, body = words[words.index("--method") + 1], json.load(open(words[words.index("--input") + 1]))
    url = next(word for word in words if word.startswith("repos/"))
    if method == "PATCH":
        known = [dict(one, **body) if str(one["id"]) == url.rpartition("/")[2] else one for one in known]
    else:
        known.append(dict(body, id=len(known) + 1, user=dict(type="Bot")))
    comments.write_text(json.dumps(known))
else:
    print(json.dumps([dict(id=99, user=dict(type="User"), body="LGTM"), *known]))
"""


@dataclass
class GitHub(CodeHost):
    github: dict[str, str] = field(default_factory=dict)
    """What expressions of workflows name, without `github.`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add_tool("gh", GH.format(python=sys.executable, home=str(self.home)))

    @property
    def comments(self) -> list[dict[str, Any]]:
        file = self.home / "comments.json"
        return json.loads(file.read_text()) if file.exists() else []  # type: ignore[no-any-return]

    def job(self, workflow: str, name: str, **context: str) -> tuple[int, dict[str, str]]:
        """Run one job: its exit code and its outputs. ``context`` is what expressions name, ``matrix.stack`` say."""
        text = yaml.safe_load((self.origin / f".github/workflows/{workflow}").read_text())
        job = text["jobs"][name]
        folder, code = self.begin(), 0
        self.outputs.write_text("")
        environment = {**self.machine(), **{k: self._value(v, context) for k, v in text.get("env", {}).items()}}
        try:
            for step in job["steps"]:
                if code and step.get("if") != "always()":
                    continue
                code = self._step(step, folder, environment, context) or code
        finally:
            self.leave_cloud(folder)
        return code, dict(line.split("=", 1) for line in self.outputs.read_text().splitlines())

    @property
    def outputs(self) -> Path:
        return self.home / "outputs"

    def machine(self) -> dict[str, str]:
        files = {"GITHUB_OUTPUT": str(self.outputs), "GITHUB_STEP_SUMMARY": str(self.home / "summary.md")}
        return {**super().machine(), **files}

    def _step(self, step: Mapping[str, Any], folder: Path, job: Mapping[str, str], context: Mapping[str, str]) -> int:
        if "uses" in step:
            self._action(step["uses"].partition("@")[0], step.get("with", {}), folder, context)
            return 0
        own = {key: self._value(value, context) for key, value in step.get("env", {}).items()}
        return self.execute([*BASH, "-eo", "pipefail", "-c", step["run"]], folder, {**job, **own})

    def _action(self, name: str, given: Mapping[str, Any], folder: Path, context: Mapping[str, str]) -> None:
        if name == "actions/checkout":
            self.git(self.home, "clone", "-q", str(self.origin), str(folder))
            self.git(folder, "checkout", "-q", self.ref)
        elif name == "aws-actions/configure-aws-credentials":
            self.take_cloud(folder)
        elif name == "actions/upload-artifact":
            found = folder.glob(given["path"].rstrip("/") + ("/*" if given["path"].endswith("/") else ""))
            self.keep(self._value(given["name"], context), {file.name: file for file in found})
        elif name == "actions/download-artifact":
            self.fetch(self._value(given["name"], context), folder)
        else:
            assert name in ("actions/setup-python", "pulumi/actions"), name

    def _value(self, text: Any, context: Mapping[str, str]) -> str:
        known = {**{f"github.{key}": value for key, value in self.github.items()}, **context}
        return EXPRESSION.sub(lambda found: known.get(found[1], f"<{found[1]}>"), str(text))
