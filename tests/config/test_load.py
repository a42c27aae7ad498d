"""A good file becomes a StackConfig; a wrong key or value is told with its line, what was given, and what to do."""

from __future__ import annotations

import pytest

from mlops_iac.config import Security, load_stack
from mlops_iac.core.errors import BlueprintError, ConfigError, StackNotFound

from .conftest import HEAD, Options


def test_a_short_file_is_filled_in_with_defaults(load, root):
    stack = load()
    assert (stack.stack, stack.team, stack.environment) == ("screening-dev", "screening", "dev")
    assert (stack.region, stack.blueprint, stack.code) == ("eu-west-1", "tabular-batch", "examples/screening")
    assert (stack.security, stack.protect, stack.owner) == (Security.STANDARD, False, None)
    assert stack.tags == {}
    assert stack.options == Options()
    assert stack.file == root / "stacks" / "Pulumi.screening-dev.yaml"


def test_everything_that_can_be_said_is_read(load):
    stack = load("""\
        mlops-iac:security: regulated
        mlops-iac:owner: ml-platform@example.org
        mlops-iac:tags: {cost-center: "42"}
        mlops-iac:protect: false
        mlops-iac:options:
          framework: {name: sklearn, version: 1.4-2}
          gate: {metric: auc, at_least: 0.97}
          compute: {kind: gpu, instance_type: g5.xlarge}
    """)
    assert (stack.security, stack.owner, stack.protect) == ("regulated", "ml-platform@example.org", False)
    assert stack.tags == {"cost-center": "42"}
    assert stack.options.framework.version == "1.4-2"
    assert stack.options.gate.at_least == 0.97
    assert stack.options.compute.max_nodes == 2


def test_options_stay_as_written_without_a_model(load, root):
    load(
        "mlops-iac:options: {anything: [1, two]}", model=type("Free", (Options,), {"model_config": {"extra": "allow"}})
    )
    assert load_stack(root, "screening-dev", options_model=None).options == {"anything": [1, "two"]}


def test_options_with_every_line_commented_out_are_none(load):
    assert load("mlops-iac:options:\n  # public: true\n").options == Options()


@pytest.mark.parametrize(
    ("environment", "security", "expected"),
    [
        ("prod", "standard", True),
        ("production", "sandbox", True),
        ("dev", "regulated", True),
        ("dev", "sandbox", False),
    ],
)
def test_production_and_regulated_are_protected_unless_said_otherwise(write, root, environment, security, expected):
    text = HEAD.replace("environment: dev", f"environment: {environment}") + f"  mlops-iac:security: {security}\n"
    write(text, f"screening-{environment}")
    assert load_stack(root, f"screening-{environment}", options_model=None).protect is expected
    write(text + "  mlops-iac:protect: false\n", f"screening-{environment}")
    assert load_stack(root, f"screening-{environment}", options_model=None).protect is False


def test_text_that_pulumi_config_set_writes_is_understood(load):
    stack = load("""\
        mlops-iac:protect: "true"
        mlops-iac:tags: '{"cost-center": "42"}'
        mlops-iac:options: '{"public": true}'
    """)
    assert (stack.protect, stack.tags, stack.options.public) == (True, {"cost-center": "42"}, True)


def test_a_fault_inside_quoted_json_is_told_at_the_line_of_the_setting(problem):
    found = problem("""mlops-iac:options: '{"publik": true}'""")
    assert (found.line, found.path, found.hint) == (7, "options.publik", "did you mean `public`?")


def test_a_stack_that_does_not_exist_names_the_nearest(load, root):
    load()
    with pytest.raises(StackNotFound) as caught:
        load_stack(root, "screenin-dev", options_model=None)
    assert caught.value.exit_code == 6
    assert caught.value.hint == "did you mean `screening-dev`?"


@pytest.mark.parametrize(
    "name", ["", "../Pulumi", "a/b", "/etc/passwd", "x\x00y", "-", "a" * 5000, "%2e%2e", "{{7*7}}"]
)
def test_a_name_that_is_a_path_or_worse_is_no_stack(root, name):
    with pytest.raises(StackNotFound):
        load_stack(root, name, options_model=None)


def test_without_any_stack_file_the_hint_is_to_write_one(root):
    with pytest.raises(StackNotFound, match="No such stack") as caught:
        load_stack(root, "screening-dev", options_model=None)
    assert "mlops-iac new" in caught.value.hint


def test_the_file_must_carry_the_name_of_team_and_environment(write, root):
    write(HEAD, "screening-test")
    with pytest.raises(ConfigError) as caught:
        load_stack(root, "screening-test", options_model=None)
    (found,) = caught.value.problems
    assert found.line == 3
    assert "Pulumi.screening-dev.yaml" in found.detail
    assert "rename the file" in found.hint


@pytest.mark.parametrize(("mine", "other"), [("ml-dev", "ml-dev-test"), ("ml-dev-test", "ml-dev")])
def test_a_stack_whose_prefix_is_anothers_is_refused_from_both_sides(write, root, mine, other):
    team, _, environment = mine.rpartition("-")
    write(
        HEAD.replace("screening\n  mlops-iac:env", f"{team}\n  mlops-iac:env").replace(": dev", f": {environment}"),
        mine,
    )
    assert load_stack(root, mine, options_model=None).stack == mine
    (root / "stacks" / f"Pulumi.{other}.yaml").touch()
    with pytest.raises(ConfigError) as caught:
        load_stack(root, mine, options_model=None)
    (found,) = caught.value.problems
    assert (found.line, found.summary) == (3, "The stack's name overlaps another stack's.")
    assert f"`{other}`" in found.detail


def test_neighbours_that_only_look_alike_live_side_by_side(load, root):
    (root / "stacks" / "Pulumi.screening2-dev.yaml").touch()
    (root / "stacks" / "Pulumi.screening-test.yaml").touch()
    (root / "stacks" / "Pulumi.screening-de.yaml").touch()
    assert load().stack == "screening-dev"


def test_an_unknown_blueprint_is_told_at_its_line(write, root):
    def unknown(name):
        raise BlueprintError("Unknown blueprint.", f"There is no `{name}`.", hint="did you mean `tabular-batch`?")

    write(HEAD.replace("tabular-batch", "tabular-bach"))
    with pytest.raises(ConfigError) as caught:
        load_stack(root, "screening-dev", options_model=unknown)
    (found,) = caught.value.problems
    assert (found.file, found.line, found.path) == ("stacks/Pulumi.screening-dev.yaml", 5, "blueprint")
    assert (found.summary, found.hint) == ("Unknown blueprint.", "did you mean `tabular-batch`?")


def test_all_problems_are_told_at_once_in_the_order_of_the_file(problems):
    found = problems("""\
        team: screening
        mlops-iac:securty: regulated
        mlops-iac:security: strict
        mlops-iac:tags: {cost-center: 42}
        mlops-iac:options:
          gate: {at_leest: 0.9}
          compute:
            kind: gpu
            max_nodes: 900
    """)
    assert [(p.line, p.path) for p in found] == [
        (7, "team"),
        (8, "securty"),
        (9, "security"),
        (10, "tags.cost-center"),
        (12, "options.gate.at_leest"),
        (13, "options.compute.instance_type"),
        (15, "options.compute.max_nodes"),
    ]
    assert all(p.file == "stacks/Pulumi.screening-dev.yaml" for p in found)


def test_a_thousand_problems_are_told_as_a_hundred_and_a_count(problems):
    found = problems("".join(f"nonsense{n}: 1\n" for n in range(1000)))
    assert len(found) == 101
    assert "problems or more" in found[-1].summary


@pytest.mark.parametrize(("key", "good"), [("alias/ml-plans", True), ("my key", False), ("arn:aws:s3:::bucket", False)])
def test_a_key_that_signs_plans_is_named_as_kms_takes_it(root, write, key, good):
    write(f"{HEAD}  mlops-iac:review_key: {key}\n")
    if good:
        assert load_stack(root, "screening-dev", options_model=None).review_key == key
        return
    with pytest.raises(ConfigError, match="review_key"):
        load_stack(root, "screening-dev", options_model=None)
