from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.core.errors import ConfigError, StackNotFound
from mlops_iac.program import load

STACK = """\
config:
  aws:region: eu-central-1
  mlops-iac:team: screening
  mlops-iac:environment: dev
  mlops-iac:blueprint: tabular-batch
  mlops-iac:code: code
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "code").mkdir()
    for name in ("validate", "prepare", "train", "evaluate"):
        (tmp_path / "code" / f"{name}.py").touch()
    write(tmp_path)
    return tmp_path


def write(root: Path, more: str = "", blueprint: str = "tabular-batch") -> None:
    text = STACK.replace("blueprint: tabular-batch", f"blueprint: {blueprint}") + more
    (root / "stacks" / "Pulumi.screening-dev.yaml").write_text(text, encoding="utf-8")


def test_a_program_knows_its_configuration_and_describes_itself(root: Path) -> None:
    loaded = load(root, "screening-dev")
    assert loaded.config.team == "screening"
    described = loaded.describe()
    assert described.blueprint == "tabular-batch"
    assert described.pipelines["training"][0] == "validate"
    assert described.options["scripts"]["validate"] == "validate.py"


def test_loading_does_not_load_pulumi(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mlops_iac.program import load; "
        f"load(Path({str(root)!r}), 'screening-dev'); "
        "print([m for m in ('pulumi', 'boto3', 'moto', 'botocore') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_stack_that_does_not_exist_is_refused(root: Path) -> None:
    with pytest.raises(StackNotFound):
        load(root, "screening-prod")


def test_an_unknown_blueprint_is_told_at_its_line(root: Path) -> None:
    write(root, blueprint="tabular-bach")
    with pytest.raises(ConfigError) as refused:
        load(root, "screening-dev")
    (problem,) = refused.value.problems
    assert (problem.line, problem.path) == (5, "blueprint")
    assert "did you mean `tabular-batch`?" in problem.hint


def test_a_missing_code_folder_is_told_at_its_line(root: Path) -> None:
    write(root)
    for file in (root / "code").iterdir():
        file.unlink()
    (root / "code").rmdir()
    with pytest.raises(ConfigError) as refused:
        load(root, "screening-dev")
    assert (refused.value.problems[0].line, refused.value.summary) == (6, "The code folder is missing.")


def test_every_missing_script_is_told_with_what_is_there(root: Path) -> None:
    (root / "code" / "train.py").rename(root / "code" / "trian.py")
    (root / "code" / "evaluate.py").unlink()
    with pytest.raises(ConfigError) as refused:
        load(root, "screening-dev")
    told = {problem.path: problem for problem in refused.value.problems}
    assert set(told) == {"options.scripts.train", "options.scripts.evaluate"}
    assert "Did you mean `trian.py`?" in told["options.scripts.train"].hint
    assert told["options.scripts.train"].file == "stacks/Pulumi.screening-dev.yaml"


def test_a_script_that_the_options_name_is_told_at_its_own_line(root: Path) -> None:
    write(root, "  mlops-iac:options:\n    scripts:\n      train: fit.py\n")
    with pytest.raises(ConfigError) as refused:
        load(root, "screening-dev")
    (problem,) = refused.value.problems
    assert (problem.line, problem.path) == (9, "options.scripts.train")


def test_a_key_of_another_region_is_told_at_its_line(root: Path) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    write(root, f"  mlops-iac:options:\n    adopt:\n      encryption: {{key_arn: '{key}'}}\n")
    with pytest.raises(ConfigError) as refused:
        load(root, "screening-dev")
    (problem,) = refused.value.problems
    assert (problem.line, problem.path) == (9, "options.adopt.encryption.key_arn")
    assert "It is in us-east-1; the stack is in eu-central-1." in problem.detail
