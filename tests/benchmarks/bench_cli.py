"""Commands against ``aws --version``, by CPU, in turn: what a person waits for who asks for something small.

awscli pins its own botocore, so it gets an environment of its own, made once beside the project's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measure import least_cpu, show
from tests.benchmarks.project import STACK, project

AWS_ENVIRONMENT = Path(".venv") / "bench-awscli"


def aws_command() -> str:
    aws = AWS_ENVIRONMENT / "bin" / "aws"
    if not aws.exists():
        subprocess.run([sys.executable, "-m", "venv", AWS_ENVIRONMENT], check=True)
        subprocess.run([AWS_ENVIRONMENT / "bin" / "pip", "install", "--quiet", "awscli"], check=True)
    return str(aws)


def main() -> None:
    with project() as deployed:
        deployed.measure("up", STACK, "--yes")
        deployed.measure("data", "put", STACK, "examples/screening/data", "raw/")
        deployed.measure("run", STACK, "training", "--follow")
        predict = ("predict", STACK, "--data", "examples/screening/sample.json")
        lines = {("--help",): 0.3, ("runs", STACK): 0.8, predict: 0.8, ("graph", STACK): 1.5}
        small = {("cost", STACK): 0.5, ("blueprint", "list"): 0.2, ("config", "show", STACK): 0.5}
        first = deployed.measure("cost", STACK)
        by_cpu = least_cpu(*(deployed.command(*line) for line in small), cwd=deployed.folder)
        commands = [[str(Path(aws_command()).absolute()), "--version"], *(deployed.command(*line) for line in lines)]
        theirs, *ours = least_cpu(*commands, cwd=deployed.folder)
    show("mlops-iac cost, after a change of what it follows from", first.cpu, "s")
    for (line, limit), seconds in zip(small.items(), by_cpu, strict=True):
        show(f"mlops-iac {' '.join(line[:2])}", seconds, "s", f"must be at most {limit:.2f}")
    show("aws --version", theirs, "s")
    for (line, limit), seconds in zip(lines.items(), ours, strict=True):
        show(f"mlops-iac {line[0]}", seconds, "s")
        show("  ratio", seconds / theirs, "", f"must be at most {limit:.2f}")


if __name__ == "__main__":
    main()
