"""What a command loads: no more than it needs. Seconds are measured by `make bench`, not here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cli.commands import COMMANDS
from mlops_iac.cloud import address, services
from mlops_iac.cloud.home import RECORD
from mlops_iac.cloud.server import Server
from tests.cli.conftest import write_stack
from tests.support.roles import make_mighty_role
from tests.support.small_environment import make_environment, make_lake, make_state_machine

CLOUDS = {"boto3", "botocore", "moto", "urllib3"}
PROGRAMS = {"pulumi", "pulumi_aws", "pydantic", "grpc", "yaml"}
OTHERS = {"cryptography", "duckdb", "flask", "jinja2", "rich", "sqlglot", "typer.rich_utils", "mlops_iac.blueprints"}
HEAVY = CLOUDS | PROGRAMS | OTHERS

RUN = "261128-195319-36ad"

REPORT = """
import contextlib, io, json, sys
from mlops_iac.cli.main import run_command

found, told = {}, io.StringIO()
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = run_command(line)
    found[" ".join(line)] = [code, sorted(sys.modules)]
print(json.dumps(found))
"""


def loaded(*lines: list[str], folder: Path) -> dict[str, tuple[int, set[str]]]:
    """Run command lines one after another in a new process: by line the exit code, and what of HEAVY is loaded then."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, json.dumps(lines)], cwd=folder, capture_output=True, text=True, check=True
    )
    return {line: (code, HEAVY & set(modules)) for line, (code, modules) in json.loads(done.stdout).items()}


def test_no_help_loads_what_only_the_command_itself_needs(tmp_path: Path) -> None:
    lines = [["--help"], *([command, "--help"] for command in COMMANDS)]
    found = loaded(*lines, folder=tmp_path)
    assert {code for code, _ in found.values()} == {0}
    assert {line: heavy for line, (_, heavy) in found.items() if heavy} == {}


@pytest.fixture
def deployed(project: Path) -> Iterator[Path]:
    """A project with a small environment: its state on the disk, its cloud in this process."""
    environment = make_environment()
    services.reset()
    home = project / ".mlops-iac/cloud"
    home.mkdir(parents=True)
    home.chmod(0o700)
    server = Server(home)
    address.write(home / RECORD, server.start(), iam=True)
    clients = server.gateway.clients(environment.region)
    make_lake(environment, clients)
    make_mighty_role(clients, "flow", "states")
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})
    clients("stepfunctions").start_execution(
        stateMachineArn=environment.pipelines["training"].handle, name=f"{environment.stack}-{RUN}", input="{}"
    )
    write_stack(project, environment)
    yield project
    server.stop()


def test_what_is_asked_often_loads_no_client_of_aws_and_no_program(deployed: Path) -> None:
    (deployed / "rows.json").write_text("[[1]]")
    found = loaded(
        ["outputs", "screening-dev"],
        ["graph", "screening-dev"],
        ["runs", "screening-dev"],
        ["runs", "show", "screening-dev", RUN],
        ["runs", "compare", "screening-dev", RUN, RUN],
        ["models", "screening-dev"],
        ["lineage", "screening-dev", RUN],
        ["logs", "screening-dev", RUN],
        ["predict", "screening-dev", "--data", "rows.json"],
        folder=deployed,
    )
    assert [code for code, _ in found.values()] == [0, 0, 0, 0, 0, 0, 0, 0, 1], "there is no model yet"
    assert {line: heavy for line, (_, heavy) in found.items() if heavy} == {}
