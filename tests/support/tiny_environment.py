"""The tiny team's environment, deployed by the CLI on one of the targets, with its data in the lake."""

from __future__ import annotations

import contextlib
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.conftest import make_project
from tests.e2e.bad_input.project import Project
from tests.support.tiny_team import write_script, write_tiny_team

STACK = """config:
  aws:region: eu-west-1
  mlops-iac:team: tiny
  mlops-iac:environment: dev
  mlops-iac:blueprint: {blueprint}
  mlops-iac:code: examples/tiny
  mlops-iac:options:
    orchestrator: {target}
"""


class TinyEnvironment(Project):
    """The project of ``tiny-dev``, and its team's scripts."""

    items_have_jobs = True
    """Whether each item of a map has a job, and a log, of its own."""

    def write(self, script: str, text: str) -> None:
        write_script(self.folder / "examples/tiny" / script, text)

    def last_run(self) -> str:
        found: str = json.loads(self.run("runs", "tiny-dev", "--json"))["runs"][0]["id"]
        return found


@contextlib.contextmanager
def tiny_environment(
    folder: Path,
    target: str,
    pipelines: Mapping[str, str] | None = None,
    *,
    blueprint: str = "tabular-batch",
    options: str = "",
    scripts: Mapping[str, str] | None = None,
) -> Iterator[TinyEnvironment]:
    """``pipelines``: the team's own, by name, as YAML. ``options``: more of the blueprint's, as lines of YAML.
    ``scripts``: of the team, by name, in the place of those it has or beside them."""
    make_project(folder)
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    code = write_tiny_team(folder)
    for name, text in (scripts or {}).items():
        write_script(code / name, text)
    for name, text in (pipelines or {}).items():
        (code / "pipelines").mkdir(exist_ok=True)
        (code / f"pipelines/{name}.yaml").write_text(text)
        for script in re.findall(r"script: (\S+\.py)", text):
            (code / script).touch()
    (folder / "stacks/Pulumi.tiny-dev.yaml").write_text(
        STACK.format(target=target, blueprint=blueprint) + textwrap.indent(textwrap.dedent(options), "    ")
    )
    made = TinyEnvironment(folder)
    made.run("up", "tiny-dev", "--yes")
    made.run("data", "put", "tiny-dev", "data", "raw/")
    try:
        yield made
    finally:
        made.run("cloud", "stop")
