"""The example, its demo and the README say the same."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import CHECKOUT, Command, read_actions

EXAMPLE = CHECKOUT / "examples" / "screening"
LAST_OF_THE_MAIN_JOB = "mlops-iac predict screening-dev --data examples/screening/sample.json"


def demo_commands() -> list[str]:
    text = (EXAMPLE / "demo.sh").read_text(encoding="utf-8")
    return re.findall(r"^\s*step (mlops-iac .+)$", text, re.MULTILINE)


def test_the_demo_does_the_main_job_of_the_readme_in_its_order():
    lines = [action.line for action in read_actions(CHECKOUT / "README.md") if isinstance(action, Command)]
    main_job = lines[: lines.index(LAST_OF_THE_MAIN_JOB) + 1]
    assert main_job == demo_commands()


def test_the_demo_stops_at_the_first_command_that_fails(tmp_path: Path):
    ran, left = run_demo(tmp_path, fails_at="preview")
    assert ran[-1] == "mlops-iac preview screening-dev"
    assert left != 0


def test_the_demo_ends_with_commands_to_try_next_and_can_be_repeated(tmp_path: Path):
    ran, left = run_demo(tmp_path)
    assert (ran, left) == (demo_commands(), 0)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.screening-dev.yaml").touch()
    ran, left = run_demo(tmp_path)
    assert (ran, left) == ([line for line in demo_commands() if not line.startswith("mlops-iac new")], 0)


def run_demo(folder: Path, fails_at: str = "") -> tuple[list[str], int]:
    """The script with a stand-in for the CLI that writes down its arguments: what it ran, and its exit code."""
    program, calls = folder / "bin" / "mlops-iac", folder / "calls"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(calls)!r}, 'a').write(' '.join(['mlops-iac', *sys.argv[1:]]) + '\\n')\n"
        f"sys.exit(9 if sys.argv[1] == {fails_at!r} else 0)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    calls.write_text("")
    done = subprocess.run(
        ["sh", str(EXAMPLE / "demo.sh")], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    if done.returncode == 0:
        assert "mlops-iac destroy screening-dev --yes" in done.stdout.split("try:")[1]
    return calls.read_text().splitlines(), done.returncode


def test_the_stack_file_of_the_example_is_what_new_writes_today(project: Path):
    file = project / "stacks/Pulumi.screening-dev.yaml"
    file.unlink()
    new = ["new", "--team", "screening", "--env", "dev", "--blueprint", "tabular-batch"]
    subprocess.run([sys.executable, "-m", "mlops_iac.cli.main", *new], cwd=project, check=True, capture_output=True)
    kept = EXAMPLE / "Pulumi.screening-dev.yaml"
    assert kept.read_text(encoding="utf-8") == file.read_text(encoding="utf-8"), (
        f"out of date; run: mlops-iac {' '.join(new)} && cp stacks/Pulumi.screening-dev.yaml examples/screening/"
    )
