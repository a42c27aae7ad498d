"""`mlops-iac.yaml`: defaults, groups, locked settings and limits; each mistake at the line that makes it."""

from __future__ import annotations

import textwrap

import pytest

from mlops_iac.config.company import Limit, read_company
from mlops_iac.core.errors import ConfigError
from tests.config.conftest import HEAD, Options


@pytest.fixture
def company(root):
    def company(text):
        (root / "mlops-iac.yaml").write_text(textwrap.dedent(text).lstrip())

    return company


def told(found):
    return [(one.file, one.line, one.path, one.summary) for one in found]


def test_without_the_file_nothing_is_decided(root, load):
    assert read_company(root).levels == ()
    assert load().inherited.levels == ()


def test_a_stack_has_what_it_does_not_say(company, load):
    company("""
        defaults:
          security: regulated
          tags: {cost: "1", org: ml}
          options: {public: true, gate: {metric: f1}}
    """)
    stack = load("mlops-iac:tags: {cost: '2'}\nmlops-iac:options:\n  gate: {at_least: 0.5}\n")
    assert (stack.security, stack.protect, stack.tags) == ("regulated", True, {"cost": "2", "org": "ml"})
    assert (stack.options.public, stack.options.gate.metric, stack.options.gate.at_least) == (True, "f1", 0.5)
    assert "mlops-iac:security" not in stack.config  # Pulumi's own view of the settings is the same on both engines


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        (("security",), "mlops-iac.yaml:3 (group dev)"),
        (("tags", "org"), "mlops-iac.yaml:1"),
        (("options", "gate", "at_least"), "stacks/Pulumi.screening-dev.yaml:8"),
        (("team",), "stacks/Pulumi.screening-dev.yaml:3"),
        (("aws:region",), "stacks/Pulumi.screening-dev.yaml:2"),
        (("options", "public"), ""),
    ],
)
def test_every_setting_says_where_it_is_from(company, load, path, origin):
    company("""
        defaults: {security: standard, tags: {org: ml}}
        groups:
          dev: {stacks: ["*-dev"], defaults: {security: sandbox}}
    """)
    stack = load("mlops-iac:options:\n  gate: {at_least: 0.5}\n")
    assert stack.origin(path) == origin


def test_a_group_goes_before_the_project_and_only_for_its_stacks(company, load):
    company("""
        defaults: {security: standard}
        groups:
          dev: {stacks: [screening-*], defaults: {security: sandbox}}
          prod: {stacks: ["*-prod"], defaults: {security: regulated}}
    """)
    assert load().security == "sandbox"


def test_a_stack_of_two_groups_is_refused(company, problem):
    company("""
        groups:
          dev: {stacks: ["*-dev"]}
          screening: {stacks: [screening-*]}
    """)
    found = problem()
    assert (found.file, found.line, found.summary) == ("mlops-iac.yaml", 3, "A stack belongs to two groups.")
    assert "`dev` (mlops-iac.yaml:2)" in found.detail


@pytest.mark.parametrize(
    "said", ["mlops-iac:security: standard", "mlops-iac:tags: {org: ml}", "mlops-iac:options: {gate: {metric: auc}}"]
)
def test_a_locked_setting_may_be_said_again(company, load, said):
    company("""
        defaults: {security: standard, tags: {org: ml}, options: {gate: {metric: auc}}}
        locked: [security, tags.org, options.gate]
    """)
    load(said)


@pytest.mark.parametrize(
    ("said", "path", "words"),
    [
        ("mlops-iac:security: sandbox", "security", "Value given: sandbox. mlops-iac.yaml:2 locks it to `standard`."),
        ("mlops-iac:tags: {org: x}", "tags.org", "Value given: x. mlops-iac.yaml:2 locks it to `ml`."),
        ("mlops-iac:options: {gate: {at_least: 0}}", "options.gate.at_least", "locks it to what the blueprint says."),
        ("mlops-iac:options: {gate: {metric: f1}}", "options.gate.metric", "mlops-iac.yaml:2 locks it to `auc`."),
        ("mlops-iac:options: {limit: 4}", "options.limit", "mlops-iac.yaml:2 locks it to what the blueprint says."),
    ],
)
def test_a_locked_setting_cannot_be_said_otherwise(company, problem, said, path, words):
    company("""
        defaults: {security: standard, tags: {org: ml}, options: {gate: {metric: auc}}}
        locked: [security, tags.org, options.gate, options.limit]
    """)
    found = problem(said)
    assert told([found]) == [("stacks/Pulumi.screening-dev.yaml", 7, path, "This setting is locked.")]
    assert words in found.detail


def test_a_group_cannot_loosen_what_the_project_locks(company, problem):
    company("""
        defaults: {security: standard}
        locked: [security]
        groups:
          dev:
            stacks: ["*-dev"]
            defaults: {security: sandbox}
    """)
    assert told([problem()]) == [("mlops-iac.yaml", 6, "groups.dev.defaults.security", "This setting is locked.")]


LIMITS = """
    limits:
      aws:region: {one_of: [eu-west-1, eu-central-1]}
      security: {at_least: standard}
      options.limit: {at_least: 2, at_most: 5}
      options.framework.name: {one_of: ["skl*"]}
      instance_types: {one_of: [ml.m5.*]}
"""


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("mlops-iac:security: sandbox", "security"),
        ("mlops-iac:options: {limit: 1}", "options.limit"),
        ("mlops-iac:options: {limit: 6}", "options.limit"),
        ("mlops-iac:options: {limit: none}", "options.limit"),
        ("mlops-iac:options: {framework: {name: xgboost, version: '1'}}", "options.framework.name"),
        ("mlops-iac:options: {compute: {kind: gpu, instance_type: ml.g5.xlarge}}", "options.compute.instance_type"),
        ("mlops-iac:options: {pools: [{kind: gpu, instance_type: ml.p4d}]}", "options.pools.0.instance_type"),
    ],
)
def test_a_value_outside_a_limit_is_refused_with_both_places(company, problem, said, path):
    company(LIMITS)
    found = problem(said)
    place = ("stacks/Pulumi.screening-dev.yaml", 7, path, "The company does not allow this value.")
    assert told([found]) == [place]
    assert "(mlops-iac.yaml:" in found.detail


def test_what_nobody_wrote_is_held_against_limits_too(company, problem):
    company("limits: {options.limit: {at_most: 2}}")
    assert problem().path == "options.limit"


def test_a_region_outside_its_limit_is_refused(company, problem):
    company(LIMITS)
    assert problem(head=HEAD.replace("eu-west-1", "us-east-1")).path == "aws:region"


@pytest.mark.parametrize(
    ("limit", "good", "bad"),
    [
        ({"at_least": 2}, (2, 2.5), (1, True, "3", None)),
        ({"at_most": "standard"}, ("sandbox", "standard"), ("regulated", "other", 1)),
        ({"one_of": (True,)}, (True,), (1, "True", False)),
        ({"one_of": ("ml.g5.*", 3)}, ("ml.g5.xlarge", 3), ("ml.g6.xlarge", 3.0, "3")),
    ],
)
def test_what_a_limit_allows(limit, good, bad):
    assert all(Limit(**limit).allows(value) for value in good)
    assert not any(Limit(**limit).allows(value) for value in bad)


@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("defaults: {team: churn}", 1, "defaults.team", "its own file says"),
        ("defaults: {aws:region: eu-west-1}", 1, "defaults.aws:region", "under `config:` in Pulumi.yaml"),
        ("defaults: {mlops-iac:owner: a@example.org}", 1, "defaults.mlops-iac:owner", "write `owner`"),
        ("defaults:\n  tagz: {}", 2, "defaults.tagz", "did you mean `tags`?"),
        ("locked: [secrity]", 1, "locked.0", "did you mean `security`?"),
        ("limits: {securty: {at_least: standard}}", 1, "limits.securty", "did you mean `security`?"),
        ("limits: {security: {}}", 1, "limits.security", "none of at_least"),
        ("limits: {options.limit: {at_least: regulated}}", 1, "limits.options.limit", "compared with numbers"),
        ("limits: {security: {at_lest: standard}}", 1, "limits.security.at_lest", "did you mean `at_least`?"),
        ("groups: {prod: {stacks: []}}", 1, "groups.prod.stacks", "1"),
        ("grups: {}", 1, "grups", "did you mean `groups`?"),
        ("defaults: [1]", 1, "defaults", "a list"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(company, root, text, line, path, words):
    company(text)
    with pytest.raises(ConfigError) as caught:
        read_company(root)
    (found,) = caught.value.problems
    assert (found.file, found.line, found.path) == ("mlops-iac.yaml", line, path)
    assert words in f"{found.detail} {found.hint}"


def test_a_value_that_is_wrong_for_the_stack_is_told_at_the_companys_line(company, problems):
    company("""
        defaults:
          owner: nobody
          options:
            gate: {at_least: 2}
            teams: {a: {metric: 3}}
    """)
    assert sorted((one.file, one.line, one.path) for one in problems()) == [
        ("mlops-iac.yaml", 2, "owner"),
        ("mlops-iac.yaml", 4, "options.gate.at_least"),
        ("mlops-iac.yaml", 5, "options.teams.a.metric"),
    ]


def test_options_of_other_blueprints_are_not_this_stacks(company, load):
    company("defaults: {options: {public: true, elsewhere: {deep: 1}, gate: {other: 2}}}")
    stack = load()
    assert stack.options.public
    assert [path for _, _, path in stack.inherited.unknown_to(Options)] == [
        ("options", "elsewhere"),
        ("options", "gate", "other"),
    ]


def test_what_two_files_say_for_all_stacks_is_refused(company, root, problem):
    (root / "Pulumi.yaml").write_text("name: mlops-iac\nconfig:\n  mlops-iac:owner: a@example.org\n")
    company("defaults: {owner: b@example.org}")
    found = problem()
    assert (found.file, found.line, found.summary) == ("mlops-iac.yaml", 1, "This is said twice.")
    assert "Pulumi.yaml:3" in found.detail


@pytest.mark.parametrize("tags", ["null", "''", '\'{"org": "x"}\''])
def test_what_a_stack_says_in_text_is_joined_like_a_mapping(company, load, tags):
    company("defaults: {tags: {cost: '1'}}")
    assert load(f"mlops-iac:tags: {tags}").tags["cost"] == "1"


def test_who_encrypts_secrets_is_the_company_s_to_say(company, root):
    assert read_company(root).secrets_provider is None
    key = "awskms:///arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d?region=eu-west-1"
    company(f"secrets_provider: {key}\n")
    assert read_company(root).secrets_provider == key


@pytest.mark.parametrize("value", ["http://evil.example", "awskms://", "'awskms:///key other'", "''", "5"])
def test_what_encrypts_nothing_is_refused_at_its_line(company, root, value):
    company(f"defaults: {{}}\nsecrets_provider: {value}\n")
    with pytest.raises(ConfigError) as refused:
        read_company(root)
    assert (refused.value.problems[0].line, refused.value.problems[0].path) == (2, "secrets_provider")
