"""What of the code a step can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.frameworks import get_framework
from mlops_iac.runs.pack import pack
from mlops_iac.runs.platforms import aws_platform
from mlops_iac.runs.step_code import code_key

FILES = {
    "train.py": "import shared\n",
    "evaluate.py": "from helpers import figures\n",
    "prepare.py": "print(1)\n",
    "shared.py": "import prepare\n",
    "helpers/__init__.py": "",
    "helpers/figures.py": "",
    "settings.yaml": "a: 1\n",
}
SCRIPTS = ("train.py", "evaluate.py", "prepare.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def keys(folder: Path) -> dict[str, str]:
    framework = get_framework("sklearn", "1.4-2")
    code = pack(folder, framework, aws_platform(framework))
    return {script: code_key(code, script, SCRIPTS) for script in SCRIPTS}


@pytest.mark.parametrize(
    ("changed", "know"),
    [
        ("settings.yaml", {*SCRIPTS}),
        ("helpers/figures.py", {*SCRIPTS}),
        ("train.py", {"train.py"}),
        ("evaluate.py", {"evaluate.py"}),
        ("prepare.py", {"prepare.py", "train.py"}),
    ],
)
def test_a_step_knows_all_files_but_the_scripts_that_it_never_imports(
    folder: Path, changed: str, know: set[str]
) -> None:
    before = keys(folder)
    (folder / changed).write_text(f"{FILES[changed]}\n# changed\n")
    after = keys(folder)
    assert {script for script in SCRIPTS if after[script] != before[script]} == know


def test_a_script_that_cannot_be_read_knows_everything(folder: Path) -> None:
    (folder / "evaluate.py").write_text("def (")
    before = keys(folder)
    (folder / "train.py").write_text("# changed")
    assert keys(folder)["evaluate.py"] != before["evaluate.py"]
