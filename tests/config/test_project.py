"""Where the project is, and which stacks it has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlops_iac.config import find_project, list_stacks
from mlops_iac.config.regions import list_regions
from mlops_iac.core.errors import UsageError


def test_the_project_is_found_from_a_folder_deep_inside(root):
    deep = root / "examples" / "screening"
    deep.mkdir(parents=True)
    assert find_project(deep) == root


def test_outside_a_project_the_error_says_where_it_looked(tmp_path):
    with pytest.raises(UsageError, match="not a project") as caught:
        find_project(tmp_path)
    assert str(tmp_path) in caught.value.detail


def test_stacks_are_listed_by_name_and_other_files_are_not(root):
    for name in ("Pulumi.b-dev.yaml", "Pulumi.a-dev.yaml", "Pulumi.yaml", "Pulumi.A.yaml", "notes.md", ".new-x.tmp"):
        (root / "stacks" / name).touch()
    assert list_stacks(root) == ["a-dev", "b-dev"]


def test_a_project_without_a_stacks_folder_has_none(root):
    (root / "stacks").rmdir()
    assert list_stacks(root) == []


def test_completion_of_stack_names_imports_nothing_heavy():
    code = "import sys, mlops_iac.config; print([m for m in ('pydantic', 'yaml', 'botocore') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_regions_are_known_without_importing_botocore():
    code = (
        "import sys; from mlops_iac.config.regions import list_regions as r; print(len(r()), 'botocore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(list_regions())), "False"]
    assert {"eu-west-1", "us-east-1", "cn-north-1"} <= set(list_regions())
