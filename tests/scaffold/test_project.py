"""What `mlops-iac init` leaves in a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mlops_iac.config.project import STACKS, find_project, list_stacks
from mlops_iac.core.errors import ConfigError, UsageError
from mlops_iac.scaffold import project
from mlops_iac.scaffold.example import list_examples
from mlops_iac.scaffold.project import FILES, new_project

CHECKOUT = Path(__file__).parents[2]


def test_a_folder_becomes_a_project(tmp_path):
    root = tmp_path / "new" / "project"
    assert sorted(map(str, new_project(root))) == sorted(FILES)
    assert find_project(root) == root
    assert (root / STACKS).is_dir()


def test_pulumi_is_told_where_stack_files_are(tmp_path):
    new_project(tmp_path)
    written = yaml.safe_load((tmp_path / "Pulumi.yaml").read_text())
    assert (written["name"], written["stackConfigDir"], written["runtime"]) == ("mlops-iac", STACKS, {"name": "python"})


def test_this_checkout_is_a_project_as_init_makes_them(tmp_path, monkeypatch):
    monkeypatch.setattr(project, "virtualenv_of", lambda root: ".venv")
    new_project(tmp_path)
    for name in ("Pulumi.yaml", "__main__.py"):
        assert (tmp_path / name).read_text() == (CHECKOUT / name).read_text(), name
    ignored = (CHECKOUT / ".gitignore").read_text().splitlines()
    assert set((tmp_path / ".gitignore").read_text().splitlines()) <= set(ignored)


def test_a_virtual_environment_in_the_project_is_the_one_that_pulumi_uses(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    new_project(tmp_path)
    written = yaml.safe_load((tmp_path / "Pulumi.yaml").read_text())
    assert written["runtime"]["options"] == {"virtualenv": ".venv"}


@pytest.mark.parametrize("example", list_examples())
def test_an_example_brings_its_code_its_data_and_its_stack_file(tmp_path, example):
    new_project(tmp_path, example)
    tracked = subprocess.run(
        ["git", "ls-files", f"examples/{example}"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in tracked:
        source = CHECKOUT / name
        is_stack_file = source.match("Pulumi.*.yaml")
        copied = tmp_path / STACKS / source.name if is_stack_file else tmp_path / name
        assert copied.read_bytes() == source.read_bytes(), name
    assert list_stacks(tmp_path)


def test_nothing_that_is_there_is_overwritten(tmp_path):
    (tmp_path / "__main__.py").write_text("mine")
    with pytest.raises(UsageError) as caught:
        new_project(tmp_path, "screening")
    assert [problem.file for problem in caught.value.problems] == ["__main__.py"]
    assert [path.name for path in tmp_path.iterdir()] == ["__main__.py"]


def test_a_project_is_not_made_twice(tmp_path):
    new_project(tmp_path)
    with pytest.raises(UsageError, match="project already") as caught:
        new_project(tmp_path)
    assert "mlops-iac new" in caught.value.hint


def test_an_ignore_file_is_completed_and_keeps_its_own_lines(tmp_path):
    (tmp_path / ".gitignore").write_text("mine\n.venv/")
    new_project(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine\n.venv/\n.mlops-iac/\n__pycache__/\n"


def test_an_ignore_file_that_says_it_all_is_left_alone(tmp_path):
    (tmp_path / ".gitignore").write_text("__pycache__/\n.venv/\n.mlops-iac/\n")
    assert Path(".gitignore") not in new_project(tmp_path)


def test_an_unknown_example_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError) as caught:
        new_project(tmp_path, "screnning")
    assert "did you mean `screening`?" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_stacks_folder_that_leads_elsewhere_is_not_written_to(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root = tmp_path / "project"
    root.mkdir()
    (root / STACKS).symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="outside the project"):
        new_project(root, "screening")
    assert list(elsewhere.iterdir()) == []
