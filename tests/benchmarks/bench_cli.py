"""``mlops-iac --help`` against ``aws --version``: both warm, in the same run.

awscli pins its own botocore, so it gets an environment of its own, made once beside the project's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measure import median, show

AWS_ENVIRONMENT = Path(".venv") / "bench-awscli"


def aws_command() -> str:
    aws = AWS_ENVIRONMENT / "bin" / "aws"
    if not aws.exists():
        subprocess.run([sys.executable, "-m", "venv", AWS_ENVIRONMENT], check=True)
        subprocess.run([AWS_ENVIRONMENT / "bin" / "pip", "install", "--quiet", "awscli"], check=True)
    return str(aws)


def main() -> None:
    ours = median([str(Path(sys.executable).with_name("mlops-iac")), "--help"], runs=9)
    theirs = median([aws_command(), "--version"], runs=9)
    show("mlops-iac --help", ours.wall, "s")
    show("aws --version", theirs.wall, "s")
    show("ratio", ours.wall / theirs.wall, "", "must be at most 0.30")


if __name__ == "__main__":
    main()
