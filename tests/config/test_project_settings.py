"""`config:` of Pulumi.yaml, as Pulumi reads it: what a stack file does not say; types, defaults and secrets."""

from __future__ import annotations

import pytest

from mlops_iac.config import load_stack
from mlops_iac.config.document import parse_document
from mlops_iac.config.plain_stack import read_settings
from mlops_iac.config.project_file import read_project_file
from mlops_iac.config.project_settings import TYPES, is_of_type, merge, read_declarations
from mlops_iac.core.errors import ConfigError
from tests.config.conftest import HEAD

PROJECT = "name: mlops-iac\nruntime: python\nconfig:\n"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "examples/screening").mkdir(parents=True)

    def root(project, stack=HEAD):
        (tmp_path / "Pulumi.yaml").write_text(PROJECT + project)
        (tmp_path / "stacks/Pulumi.screening-dev.yaml").write_text(stack)
        return tmp_path

    return root


def load(root):
    return load_stack(root, "screening-dev", options_model=None)


def problems(root):
    with pytest.raises(ConfigError) as caught:
        load(root)
    return [(one.file, one.line, one.summary) for one in caught.value.problems]


@pytest.mark.parametrize("written", ["  {}: {}\n", "  {}: {{value: {}}}\n", "  {}: {{default: {}}}\n"])
@pytest.mark.parametrize("key", ["owner", "mlops-iac:owner"])
def test_what_the_project_says_holds_where_the_stack_says_nothing(root, written, key):
    assert load(root(written.format(key, "a@example.org"))).owner == "a@example.org"


def test_the_stack_wins(root):
    stack = load(root("  owner: a@example.org\n", HEAD + "  mlops-iac:owner: b@example.org\n"))
    assert stack.owner == "b@example.org"


def test_a_structure_is_replaced_as_a_whole(root):
    stack = load(root("  tags: {a: '1', b: '2'}\n", HEAD + "  mlops-iac:tags: {b: '3'}\n"))
    assert dict(stack.tags) == {"b": "3"}
    assert dict(load(root("  tags: {a: '1', b: '2'}\n")).tags) == {"a": "1", "b": "2"}


def test_a_region_for_all_stacks(root):
    stack = HEAD.replace("  aws:region: eu-west-1\n", "")
    assert load(root("  aws:region: us-east-1\n", stack)).region == "us-east-1"
    assert load(root("  aws:region: {value: us-east-1}\n", stack)).region == "us-east-1"


def test_a_mistake_in_the_projects_file_is_told_at_its_line(root):
    stack = HEAD.replace("  aws:region: eu-west-1\n", "")
    assert problems(root("  aws:region: mars-1\n", stack)) == [("Pulumi.yaml", 4, "There is no such region.")]
    assert problems(root("  security: strict\n"))[0][:2] == ("Pulumi.yaml", 4)


def test_a_setting_without_a_default_must_be_in_the_stacks_file(root):
    assert problems(root("  x:note: later\n  note: {type: string}\n")) == [
        ("stacks/Pulumi.screening-dev.yaml", 1, "This key is missing.")
    ]


@pytest.mark.parametrize(
    ("declared", "summary"),
    [
        ("  note: {type: strng}\n", "There is no such type."),
        ("  note: {type: integer, default: many}\n", "The default is not of its type."),
        ("  note: {type: array, items: {type: integer}, default: [1, x]}\n", "The default is not of its type."),
        ("  note: {value: a, default: b}\n", "A value and a default exclude each other."),
        ("  aws:region: {type: string}\n", "Only a value is allowed here."),
        ("  aws:region: {default: eu-west-1}\n", "Only a value is allowed here."),
    ],
)
def test_a_declaration_that_is_none_is_refused_at_its_line(root, declared, summary):
    assert problems(root(declared)) == [("Pulumi.yaml", 4, summary)]


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("string", ["a", "1"], [1, True, [], {}]),
        ("boolean", [True, "false"], ["yes", 1, []]),
        ("integer", [1, "-7"], ["1.5", 1.5, True, "many"]),
        ("array", [[], ["a"]], ["a", {}, 1]),
        ("object", [{}, {"a": 1}], [[], "a"]),
    ],
)
def test_a_value_is_held_to_the_declared_type(type_, good, bad):
    assert [is_of_type(value, type_) for value in good] == [True] * len(good)
    assert [is_of_type(value, type_) for value in bad] == [False] * len(bad)
    assert is_of_type({"secure": "v1:abc"}, type_), "a secret is not looked into"


def test_every_type_is_tried():
    assert set(TYPES) == {"string", "boolean", "integer", "array", "object"}


def test_a_stacks_value_of_another_type_is_refused_where_it_stands():
    project = parse_document("name: shop\nconfig:\n  size: {type: integer, default: 1}\n", "Pulumi.yaml")
    stack = parse_document("config:\n  shop:size: many\n", "Pulumi.dev.yaml")
    with pytest.raises(ConfigError) as caught:
        merge(read_declarations(project, "shop"), stack, stack.values["config"])
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.summary) == ("Pulumi.dev.yaml", 2, "This is not of the declared type.")
    assert "Pulumi.yaml:3 declares `shop:size` as integer" in problem.detail


def test_a_plain_project_has_its_secrets_and_its_own_namespace(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nconfig:\n  size: 3\n  token: {type: string, default: t, secret: true}\n"
    )
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    settings = read_settings(read_project_file(tmp_path), "dev")
    assert dict(settings.values) == {"shop:size": "3", "shop:token": "t", "aws:region": "eu-west-1"}
    assert settings.secret_keys == {"shop:token"}
    assert settings.reveal(lambda text: pytest.fail("it is not encrypted"))["shop:token"] == "t"


def test_what_goes_into_names_and_tags_is_no_secret(root):
    assert problems(root("  owner: {default: a@example.org, secret: true}\n")) == [
        ("Pulumi.yaml", 4, "This cannot be a secret.")
    ]
