"""What a StackConfig offers to those who come after it."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from mlops_iac.core.errors import ConfigError


@pytest.fixture
def stack(load):
    return load("""\
        mlops-iac:options:
          gate:
            at_least: 0.9
          teams: {a.b: {metric: x}}
          pools:
            - kind: cpu
            - kind: cpu
              cores: 3
    """)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 1),
        ("team", 3),
        ("region", 2),
        ("aws:region", 2),
        ("code", 6),
        ("options", 7),
        ("options.gate.at_least", 9),
        ("options.gate.metric", 8),
        ("options.teams.a.b.metric", 10),
        ("options.pools.1.cores", 14),
        ("options.pools.7", 11),
        ("options.nothing.here", 7),
        ("security", 1),
        ("aws:profile", 1),
    ],
)
def test_every_key_knows_its_line_and_an_absent_one_its_sections(stack, path, line):
    assert stack.place(path) == ("stacks/Pulumi.screening-dev.yaml", line)


def test_a_later_problem_is_placed_like_an_early_one(stack):
    found = stack.problem("blueprint", "Unknown blueprint.", "detail", "hint")
    assert str(found).splitlines()[0] == "stacks/Pulumi.screening-dev.yaml:5  blueprint"


def test_it_is_frozen(stack):
    with pytest.raises(ValidationError):
        stack.team = "other"


def test_a_code_folder_that_is_missing_is_told_at_its_line(stack):
    with pytest.raises(ConfigError) as caught:
        stack.get_code_folder()
    (found,) = caught.value.problems
    assert (found.line, found.path, found.detail) == (6, "code", "`examples/screening` does not exist.")


def test_a_code_folder_that_is_a_file_is_told(stack, root):
    (root / "examples").mkdir()
    (root / "examples" / "screening").touch()
    with pytest.raises(ConfigError, match="is not a folder"):
        stack.get_code_folder()


def test_a_code_folder_that_is_a_link_out_of_the_project_is_refused(stack, root, tmp_path_factory):
    (root / "examples").mkdir()
    (root / "examples" / "screening").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(ConfigError, match="outside the project"):
        stack.get_code_folder()


def test_a_code_folder_that_is_there_is_returned(stack, root):
    (root / "examples" / "screening").mkdir(parents=True)
    assert stack.get_code_folder() == root / "examples" / "screening"


def test_the_flat_form_is_pulumis(stack):
    assert stack.config["mlops-iac:team"] == "screening"
    assert json.loads(stack.config["mlops-iac:options"])["pools"][1] == {"kind": "cpu", "cores": 3}
    assert all(isinstance(value, str) for value in stack.config.values())


def test_secrets_are_named_stay_encrypted_and_can_be_revealed(load):
    stack = load("""\
        app:token: {secure: "v1:n:t"}
        app:nested: {user: me, password: {secure: "v1:n:p"}, list: [{secure: "v1:n:l"}]}
        app:plain: {secure: true}
    """)
    assert stack.secret_keys == {"app:token", "app:nested"}
    assert stack.config["app:token"] == "v1:n:t"
    revealed = stack.reveal(lambda ciphertext: {"v1:n:t": "T", "v1:n:p": 'P"', "v1:n:l": "L"}[ciphertext])
    assert revealed["app:token"] == "T"
    assert json.loads(revealed["app:nested"]) == {"user": "me", "password": 'P"', "list": ["L"]}
    assert revealed["app:plain"] == '{"secure":true}'
