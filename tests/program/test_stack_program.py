"""What is run for a stack, of a project of ours and of an ordinary one, and with which configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.config.project import list_stacks, project_name, stack_path
from mlops_iac.core.errors import BlueprintError, ConfigError, StackNotFound
from mlops_iac.program import open_stack
from tests.program.conftest import WriteProject


def test_a_project_of_ours_is_checked_as_a_blueprint_asks(project: Path) -> None:
    opened = open_stack(project, "screening-dev")
    assert (opened.project, opened.folder) == ("mlops-iac", project)
    assert opened.settings.values["mlops-iac:blueprint"] == "tabular-batch"


def test_an_ordinary_project_needs_no_blueprint(write_project: WriteProject) -> None:
    opened = open_stack(write_project(), "dev")
    assert (opened.project, dict(opened.settings.values)) == ("lab", {"aws:region": "eu-west-1"})


def test_another_project_whose_stack_names_a_blueprint_is_checked_as_one(write_project: WriteProject) -> None:
    root = write_project(stack="config:\n  aws:region: eu-west-1\n  mlops-iac:blueprint: tabular-batch\n")
    with pytest.raises((ConfigError, StackNotFound)):
        open_stack(root, "dev")


PROJECT = """\
name: lab
runtime:
  name: python
config:
  size: 3
  colour:
    type: string
    default: blue
  declared:
    type: string
  aws:region:
    value: eu-central-1
"""
STACK = """\
encryptionsalt: v1:abc
config:
  lab:size: "4"
  lab:nested:
    list: [1, true]
  lab:token:
    secure: v1:xyz
  lab:declared: said here
"""


def test_a_stack_is_told_what_the_project_says_and_what_its_own_file_says_instead(write_project: WriteProject) -> None:
    settings = open_stack(write_project(pulumi=PROJECT, stack=STACK), "dev").settings
    assert dict(settings.values) == {
        "aws:region": "eu-central-1", "lab:colour": "blue", "lab:declared": "said here",
        "lab:nested": '{"list":[1,true]}', "lab:size": "4",
        "lab:token": "v1:xyz",
    }  # fmt: skip
    assert settings.secret_keys == {"lab:token"}
    assert settings.reveal(lambda text: f"clear {text}")["lab:token"] == "clear v1:xyz"


def test_the_program_may_lie_in_a_folder_of_its_own_and_stacks_in_another(write_project: WriteProject) -> None:
    root = write_project({"app/__main__.py": "", "conf/Pulumi.prod.yaml": "config: {}\n"})
    (root / "Pulumi.yaml").write_text("name: lab\nruntime: python\nmain: app\nstackConfigDir: conf # there\n")
    assert open_stack(root, "prod").folder == root / "app"
    assert list_stacks(root) == ["prod"]
    assert stack_path(root, "prod") == root / "conf/Pulumi.prod.yaml"


def test_at_home_the_working_directory_is_the_programs(write_project: WriteProject) -> None:
    before = Path.cwd()
    opened = open_stack(write_project(), "dev")
    with opened.at_home():
        assert Path.cwd() == opened.folder
    assert Path.cwd() == before


@pytest.mark.parametrize(
    ("pulumi", "stack", "error", "words"),
    [
        ("name: lab\nruntime: nodejs\n", "", ConfigError, "The program is not Python."),
        ("runtime: python\n", "", ConfigError, "The project has no name."),
        ("", "config: {}\nsecretsprovider: awskms://key\nencryptedkey: abc\n", ConfigError, "cannot be read here"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(
    write_project: WriteProject, pulumi: str, stack: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        open_stack(write_project(pulumi=pulumi, stack=stack), "dev")


def test_a_stack_without_a_file_and_a_project_without_a_program_are_told(write_project: WriteProject) -> None:
    root = write_project()
    with pytest.raises(StackNotFound) as refused:
        open_stack(root, "dve")
    assert refused.value.hint == "did you mean `dev`?"
    (root / "__main__.py").unlink()
    with pytest.raises(BlueprintError, match="no program"):
        open_stack(root, "dev")


def test_the_projects_name_is_read_without_a_parser(write_project: WriteProject, tmp_path: Path) -> None:
    assert project_name(write_project(pulumi="description: x\nname: 'lab-two' # ours\nruntime: python\n")) == "lab-two"
    assert project_name(tmp_path / "nowhere") == "mlops-iac"
