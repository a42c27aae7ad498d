"""A runner of GitHub's workflows: each job in a folder of its own, with what its steps say and nothing else.

Its `run:` steps are executed as they stand, by bash. Actions are what they do for us: a checkout clones, artifacts are
folders, and only a job that asks for AWS's role finds the cloud.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

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
class Runner:
    """``home`` holds what outlives a job: the origin, artifacts, comments and the cloud."""

    home: Path
    origin: Path
    ref: str = "main"
    github: dict[str, str] = field(default_factory=dict)
    said: str = ""
    """What the last job wrote."""

    def __post_init__(self) -> None:
        tools = self.home / "bin"
        tools.mkdir(parents=True)
        (tools / "gh").write_text(GH.format(python=sys.executable, home=str(self.home)))
        (tools / "gh").chmod(0o755)

    @property
    def comments(self) -> list[dict[str, Any]]:
        file = self.home / "comments.json"
        return json.loads(file.read_text()) if file.exists() else []  # type: ignore[no-any-return]

    def job(self, workflow: str, name: str, **context: str) -> tuple[int, dict[str, str]]:
        """Run one job: its exit code and its outputs. ``context`` is what expressions name, ``matrix.stack`` say."""
        text = yaml.safe_load((self.origin / f".github/workflows/{workflow}").read_text())
        job = text["jobs"][name]
        folder = self.home / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        outputs, code, self.said = self.home / "outputs", 0, ""
        outputs.write_text("")
        environment = {
            **self._environment(outputs),
            **{k: self._value(v, context) for k, v in text.get("env", {}).items()},
        }
        try:
            for step in job["steps"]:
                if code and step.get("if") != "always()":
                    continue
                code = self._step(step, folder, environment, context) or code
        finally:
            self._leave(folder)
        return code, dict(line.split("=", 1) for line in outputs.read_text().splitlines())

    def _environment(self, outputs: Path) -> dict[str, str]:
        cache = os.environ.get("MLOPS_IAC_CACHE", str(Path.home() / ".cache/mlops-iac"))
        return {
            "PATH": f"{self.home / 'bin'}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "CI": "true",
            "MLOPS_IAC_CACHE": cache,
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary.md"),
        }

    def _step(self, step: Mapping[str, Any], folder: Path, job: Mapping[str, str], context: Mapping[str, str]) -> int:
        if "uses" in step:
            self._action(step["uses"].partition("@")[0], step.get("with", {}), folder, context)
            return 0
        own = {key: self._value(value, context) for key, value in step.get("env", {}).items()}
        environment = {**job, **own, "MLOPS_IAC_CLOUD": "embedded"}  # the cloud that a test has
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done.returncode

    def _action(self, name: str, given: Mapping[str, Any], folder: Path, context: Mapping[str, str]) -> None:
        if name == "actions/checkout":
            subprocess.run(["git", "clone", "-q", str(self.origin), str(folder)], check=True)
            subprocess.run(["git", "-C", str(folder), "checkout", "-q", self.ref], check=True)
        elif name == "aws-actions/configure-aws-credentials":
            if (self.home / "cloud").exists():
                shutil.move(self.home / "cloud", folder / ".mlops-iac")
        elif name == "actions/upload-artifact":
            target = self.home / "artifacts" / self._value(given["name"], context)
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for file in folder.glob(given["path"].rstrip("/") + ("/*" if given["path"].endswith("/") else "")):
                shutil.copy(file, target)
        elif name == "actions/download-artifact":
            source = self.home / "artifacts" / self._value(given["name"], context)
            shutil.copytree(source, folder, dirs_exist_ok=True)
        else:
            assert name in ("actions/setup-python", "pulumi/actions"), name

    def _leave(self, folder: Path) -> None:
        """What a job left in the cloud is there for the next one; nothing goes on in its folder."""
        if (folder / ".mlops-iac").exists():
            stop = [str(Path(sys.executable).with_name("mlops-iac")), "cloud", "stop"]
            subprocess.run(
                stop, cwd=folder, env=self._environment(self.home / "outputs"), capture_output=True, check=True
            )
            shutil.move(folder / ".mlops-iac", self.home / "cloud")

    def _value(self, text: Any, context: Mapping[str, str]) -> str:
        known = {**{f"github.{key}": value for key, value in self.github.items()}, **context}
        return EXPRESSION.sub(lambda found: known.get(found[1], f"<{found[1]}>"), str(text))
