"""Keys outside the blueprint's options."""

from __future__ import annotations

import pytest

from .conftest import HEAD


@pytest.mark.parametrize(
    ("top", "hint"),
    [("confg: {}", "did you mean `config`?"), ("encryptionSalt: v1", "did you mean `encryptionsalt`?")],
)
def test_an_unknown_key_at_the_top_is_refused(problem, top, hint):
    found = problem(head=f"{top}\n{HEAD}")
    assert (found.line, found.summary, found.hint) == (1, "This key is not known here.", hint)


def test_pulumis_own_keys_at_the_top_are_known(load):
    stack = load(head=f"secretsprovider: passphrase\nencryptionsalt: v1:abc=\n{HEAD}")
    assert stack.encryption_salt == "v1:abc="


def test_pulumis_own_keys_are_text(problem):
    assert problem(head=f"encryptionsalt: [1]\n{HEAD}").path == "encryptionsalt"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("owner", "write `mlops-iac:owner`."),
        ("region", "write `aws:region`."),
        ("foo", "mlops-iac:foo"),
        ("x:", "mlops-"),
    ],
)
def test_a_key_without_a_namespace_is_told_which_one(problem, key, hint):
    found = problem(f'"{key}": x')
    assert found.summary == "A setting's key is `namespace:key`."
    assert hint in found.hint


def test_an_unknown_key_of_ours_is_refused(problem):
    found = problem("mlops-iac:secruity: sandbox")
    assert (found.line, found.path, found.hint) == (7, "secruity", "did you mean `security`?")


def test_other_namespaces_are_free_and_reach_the_program(load):
    stack = load("datadog:site: eu\nmyteam:limits: {b: [1, true], a: x}\nmyteam:n: 42")
    assert stack.config["datadog:site"] == "eu"
    assert stack.config["myteam:limits"] == '{"a":"x","b":[1,true]}'
    assert stack.config["myteam:n"] == "42"
    assert stack.secret_keys == frozenset()


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "ap-southeast-7"])
def test_regions_of_every_partition_are_known(load, region):
    assert load(head=HEAD.replace("eu-west-1", region)).region == region


@pytest.mark.parametrize(
    ("region", "hint"),
    [("eu-wset-1", "`eu-west-1`"), ("us-east1", "`us-east-1`"), ("EU-WEST-1", "`eu-west-1`"), ("aws-global", "`")],
)
def test_a_region_that_does_not_exist_is_told_with_the_nearest(problem, region, hint):
    found = problem(head=HEAD.replace("eu-west-1", region))
    assert (found.line, found.path, found.summary) == (2, "aws:region", "There is no such region.")
    assert region in found.detail
    assert hint in found.hint


@pytest.mark.parametrize("value", ["", " [eu-west-1]", " 1", " {secure: v1:x:y}"])
def test_a_region_that_is_not_text_is_told(problem, value):
    assert problem(head=HEAD.replace(" eu-west-1", value)).summary == "There is no such region."


def test_a_missing_region_is_told_and_a_typo_is_pointed_at(problems):
    found = problems(head=HEAD.replace("aws:region", "aws:regoin"))
    assert [(p.path, p.summary) for p in found] == [
        ("aws:region", "This key is missing."),
        ("aws:regoin", "This key is not known here."),
    ]
    assert found[1].hint == "did you mean `aws:region`?"


def test_settings_of_the_aws_provider_are_known(load):
    assert load("aws:profile: ml\naws:defaultTags: {tags: {a: b}}\naws:newThing2030: x").config["aws:profile"] == "ml"


@pytest.mark.parametrize("key", ["accessKey", "secretKey", "token"])
def test_credentials_in_clear_are_refused_and_not_repeated(problem, key):
    found = problem(f"aws:{key}: AKIAIOSFODNN7EXAMPLE")
    assert found.summary == "Credentials are in clear text."
    assert "AKIA" not in str(found)


def test_encrypted_credentials_are_left_to_pulumi(load):
    stack = load("aws:secretKey: {secure: 'v1:nonce:body'}")
    assert stack.secret_keys == {"aws:secretKey"}


@pytest.mark.parametrize("where", ["mlops-iac:team", "mlops-iac:tags", "mlops-iac:options"])
def test_a_secret_among_our_own_keys_is_refused(problems, where):
    value = "{secure: v1:x:y}" if where.endswith("team") else "{deep: {secure: v1:x:y}}"
    head = HEAD.replace("  mlops-iac:team: screening\n", "") if where.endswith("team") else HEAD
    found = problems(f"{where}: {value}", head=head)
    assert "This cannot be a secret." in [p.summary for p in found]


@pytest.mark.parametrize(
    "team",
    ["a", "A", "1a", "a_b", "a.b", "-a", "a-", "a--b", "a" * 17, "xn--x", "sthree-x", "amzn-s3-demo-x", "é", "a b"],
)
def test_a_team_name_that_a_service_would_refuse_is_refused(problem, team):
    found = problem(head=HEAD.replace("team: screening", f'team: "{team}"'))
    assert (found.line, found.path) == (3, "team")


@pytest.mark.parametrize("environment", ["d", "Dev", "1dev", "dev-1", "d" * 11, "dev_1", "dév", ""])
def test_an_environment_name_that_a_service_would_refuse_is_refused(problem, environment):
    found = problem(head=HEAD.replace("environment: dev", f'environment: "{environment}"'))
    assert (found.line, found.path) == (4, "environment")
    assert "2 to 10 characters" in found.detail


@pytest.mark.parametrize(
    "code",
    [
        "/etc",
        "../up",
        "a/../../b",
        "a//b",
        "",
        ".",
        "~/x",
        "C:\\x",
        "s3://b/k",
        "a\\b",
        "$HOME",
        "-rf",
        "a/-x",
        ".mlops-iac",
        "...",
        "a/.venv",
        "a ",
        "x" * 201,
    ],
)
def test_a_code_folder_that_leaves_the_project_is_refused(problems, code):
    found = problems(head=HEAD.replace("examples/screening", f"'{code}'"))
    assert [(p.line, p.path) for p in found] == [(6, "code")]


@pytest.mark.parametrize(
    "owner", ["me", "a@b", "a b@c.de", "a@b.c\\n", "<a@b.cd>", "a@b.cd,e@f.gh", "a" * 65 + "@b.cd"]
)
def test_an_owner_is_one_mail_address(problem, owner):
    assert problem(f'mlops-iac:owner: "{owner}"').path == "owner"


@pytest.mark.parametrize(
    "tags",
    ["{'aws:x': y}", "{'AWS:x': y}", "{'mlops-iac:stack': y}", "{'a<b': y}", "{a: 'b*c'}", "{a: '%s'}" % ("x" * 257)],
)
def test_tags_that_aws_would_refuse_are_refused(problem, tags):
    assert problem(f"mlops-iac:tags: {tags}").path == "tags"


def test_more_tags_than_a_resource_can_carry_are_refused(problem):
    tags = ", ".join(f"t{n}: x" for n in range(41))
    assert "There are 41 tags; there may be 40." in problem(f"mlops-iac:tags: {{{tags}}}").detail
