"""Systems of others in an environment: what is refused, what jobs may do, what is told, and no secret anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import MlopsError
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import write
from tests.support.pulumi_mocks import Made, run_program

LINK = "com.amazonaws.vpce.eu-central-1.vpce-svc-0a1b2c3d4e5f67890"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
WAREHOUSE = {"kind": "snowflake", "account": "acme", "user": "ML", "secret": "acme/warehouse", "private_link": LINK}
WANDB = {"kind": "wandb", "entity": "acme", "project": "churn", "secret": "acme/wandb"}
OWN = {
    "vpc_id": "vpc-0a1b2c3d4e5f67890",
    "subnet_ids": ["subnet-0a1b2c3d4e5f67890"],
    "security_group_id": "sg-0a1b2c3d4e5f67890",
}


def project(root: Path, external: Any, uses: dict[str, list[str]], security: str = "standard", **options: Any) -> Path:
    asked = json.dumps({"external": external, **options})
    write(root, f"  mlops-iac:security: {security}\n  mlops-iac:options: {asked}\n")
    (root / "code/pipelines").mkdir(exist_ok=True)
    steps = {step: {"uses": names} for step, names in uses.items()}
    (root / "code/pipelines/training.yaml").write_text(json.dumps({"extends": "training", "steps": steps}))
    return root


def build(root: Path, external: Any, uses: dict[str, list[str]] | None = None, **options: Any) -> Made:
    return run_program(load(project(root, external, uses or {}, **options), "screening-dev").run)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    both = {"warehouse": {**WAREHOUSE, "secret_key_arn": KEY}, "wandb": WANDB}
    return build(tmp_path_factory.mktemp("external"), both, {"prepare": ["warehouse"], "train": ["warehouse"]})


def statements(made: Made, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(made.get(role, "RolePolicy")["policy"])["Statement"]
    return found


def test_a_step_that_uses_a_system_is_told_of_it_and_of_no_secret(made: Made) -> None:
    text = made.get("training-state-machine", "StateMachine")["definition"]
    environments = [one["Environment"] for one in _mappings(json.loads(text)) if "Environment" in one]
    found = [one for one in environments if "SNOWFLAKE_ACCOUNT" in one]
    assert len(found) == 2, "prepare and train"
    for one in found:
        assert (one["SNOWFLAKE_ACCOUNT"], one["SNOWFLAKE_USER"]) == ("acme", "ML")
        assert one["MLOPS_IAC_FETCH_1"] == "SNOWFLAKE_PASSWORD=acme/warehouse#password"
        assert not any(name.startswith(("SNOWFLAKE_PASSWORD", "WANDB")) for name in one)
        assert all(len(value) <= 256 for value in one.values()), "of a processing job's variables"


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(one)


def isolated(made: Made) -> list[bool]:
    """Of each job that a script of the team's runs in."""
    states = json.loads(made.get("training-state-machine", "StateMachine")["definition"])
    found = [one for one in _mappings(states) if "AppSpecification" in one or "AlgorithmSpecification" in one]
    return [one.get("NetworkConfig", one)["EnableNetworkIsolation"] for one in found]


def test_only_the_steps_that_use_one_have_a_network(made: Made) -> None:
    assert sorted(isolated(made)) == [False, False, True, True]


def test_jobs_may_read_that_secret_and_decrypt_by_its_key(made: Made) -> None:
    granted = [one for one in statements(made, "compute-job-policy") if one["Sid"].startswith("External")]
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/warehouse-??????"
    assert [(one["Action"], one["Resource"]) for one in granted] == [
        (["kms:Decrypt"], [KEY]),
        (["secretsmanager:GetSecretValue"], [secret]),
    ]
    assert granted[0]["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:SecretARN": secret},
    }


def test_an_orchestrator_starts_them_in_the_environments_own_subnets_only(made: Made) -> None:
    create = [one for one in statements(made, "training-policy") if "sagemaker:CreateTrainingJob" in one["Action"]]
    isolated, reaching = sorted(create, key=lambda one: "Null" in one["Condition"])
    assert isolated["Condition"]["Bool"] == {"sagemaker:NetworkIsolation": "true"}
    assert "Bool" not in reaching["Condition"]
    assert reaching["Condition"]["Null"] == {"sagemaker:VpcSubnets": "false"}
    assert len(reaching["Condition"]["ForAllValues:StringEquals"]["sagemaker:VpcSubnets"]) == 2


def test_the_network_leads_to_the_vendor_and_to_secrets(made: Made) -> None:
    link = made.get("network-warehouse-link", "VpcEndpoint")
    assert (link["serviceName"], link["privateDnsEnabled"], "policy" in link) == (LINK, False, False)
    endpoints = [line.split()[1] for line in made.tree() if line.startswith("aws:ec2/vpcEndpoint")]
    assert endpoints == [
        "network-dynamodb-endpoint",
        "network-s3-endpoint",
        "network-secretsmanager-endpoint",
        "network-warehouse-link",
    ]


def test_the_catalogue_names_the_secret_and_its_keys(made: Made) -> None:
    services = made.exports["services"]
    assert services["warehouse"] == {
        "endpoint": "https://acme.snowflakecomputing.com",
        "credentials": "acme/warehouse",
        "client": {"SNOWFLAKE_ACCOUNT": "acme", "SNOWFLAKE_USER": "ML"},
        "secrets": {
            "SNOWFLAKE_PASSWORD": "password",
            "SNOWFLAKE_PRIVATE_KEY_RAW": "private_key",
            "SNOWFLAKE_TOKEN": "token",
        },
    }
    assert services["wandb"]["client"]["WANDB_PROJECT"] == "churn"
    profile = json.loads(made.get("catalogue-parameter", "Parameter")["insecureValue"])
    assert (profile["WANDB_ENTITY"], profile["SNOWFLAKE_ACCOUNT"]) == ("acme", "acme")
    assert "WANDB_API_KEY" not in profile


def test_what_no_step_uses_changes_no_right_and_no_network(tmp_path: Path) -> None:
    made = build(tmp_path, {"wandb": WANDB})
    assert not [one for one in statements(made, "compute-job-policy") if "External" in one["Sid"]]
    assert not [line for line in made.tree() if "link" in line or "secretsmanager" in line]
    assert all(isolated(made))


def test_in_a_network_of_the_teams_own_nothing_is_made(tmp_path: Path) -> None:
    made = build(tmp_path, {"wandb": WANDB}, {"train": ["wandb"]}, adopt={"network": OWN})
    assert not [line for line in made.tree() if "vpcEndpoint" in line]
    assert "WANDB_API_KEY=acme/wandb#api_key" in made.get("training-state-machine", "StateMachine")["definition"]


@pytest.mark.parametrize(
    ("external", "uses", "options", "words"),
    [
        (
            {"wandb": WANDB},
            {"train": ["wandb"]},
            {},
            ("A job has no way to the internet.", "private_link", "train.uses"),
        ),
        (
            {"wandb": {**WANDB, "private_link": LINK, "secret": None}},
            {"train": ["wandb"]},
            {},
            ("A job has no credentials for a system.", "`external.wandb.secret`"),
        ),
        ({"wandb": WANDB}, {"train": ["wandbb"]}, {}, ("external systems there are: wandb", "did you mean `wandb`?")),
        ({}, {"train": ["wandb"]}, {}, ("external systems there are: none", "under `external` in the stack file")),
        (
            {"wandb": WANDB},
            {},
            {"security": "regulated"},
            ("regulated environment reaches nothing on the internet", ":9"),
        ),
        (
            {"warehouse": {**WAREHOUSE, "private_link": LINK.replace("eu-central-1", "us-east-1")}},
            {},
            {},
            ("another region",),
        ),
        (
            {"wandb": {**WANDB, "secret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:w-AbCdEf"}},
            {},
            {},
            ("A secret is in another region.",),
        ),
        ({"wandb": {**WANDB, "secret": None, "secret_key_arn": KEY}}, {}, {}, ("A key without a secret.",)),
        ({"one": WANDB, "two": WANDB}, {}, {}, ("`one` and `two` both set `WANDB_BASE_URL`",)),
        ({"retrieval": WANDB}, {}, {}, ("This name is taken.", "choose another one")),
        ({"wandb": {**WANDB, "kind": "wandbb"}}, {}, {}, ("did you mean `wandb`?", "options.external.wandb.kind")),
        ({"wandb": {**WANDB, "projekt": "x"}}, {}, {}, ("This key is not known here.", "did you mean `project`?")),
        (
            {"db": {"kind": "databricks"}},
            {},
            {},
            ("options.external.db.address", "no address that all who use it share"),
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    external: Any, uses: dict[str, list[str]], options: dict[str, Any], words: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(MlopsError) as refused:
        build(tmp_path, external, uses, **options)
    told = "\n".join([str(refused.value), *map(str, refused.value.problems)])
    assert [word for word in words if word not in told] == [], told


@pytest.mark.parametrize("secret", ["0123456789abcdef0123456789abcdef01234567", "pa ss!word", {"api_key": "hunter2"}])
def test_a_secret_in_the_file_is_refused_and_not_repeated(secret: Any, tmp_path: Path) -> None:
    with pytest.raises(MlopsError) as refused:
        build(tmp_path, {"wandb": {**WANDB, "secret": secret}})
    told = "\n".join([str(refused.value), *map(str, refused.value.problems)])
    assert "options.external.wandb.secret" in told
    assert "revoke it" in told
    assert not [word for word in ("0123456789abcdef", "pa ss", "hunter2") if word in told]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"prepare": {"uses": ["wandb"], "cache": True}}, "leave out `cache`, or `uses`"),
        ({"prepare": {"uses": ["wandb"], "compute": "batch"}}, "`uses` is of SageMaker's jobs"),
    ],
)
def test_steps_that_may_use_none_say_why(step: dict[str, Any], words: str, tmp_path: Path) -> None:
    project(tmp_path, {"wandb": WANDB}, {})
    (tmp_path / "code/pipelines/training.yaml").write_text(json.dumps({"extends": "training", "steps": step}))
    with pytest.raises(MlopsError) as refused:
        load(tmp_path, "screening-dev")
    assert words in "\n".join([str(refused.value), *map(str, refused.value.problems)])


ASKING = {"steps": {"ask": {"kind": "query", "source": "external.warehouse", "sql": "SELECT 1"}}}


def ask(root: Path, system: dict[str, Any]) -> Path:
    project(root, {"warehouse": system}, {})
    (root / "code/requirements.txt").write_text("snowflake-connector-python<5\n")
    (root / "code/pipelines/asking.yaml").write_text(json.dumps(ASKING))
    return root


def test_a_query_of_an_adopted_warehouse_has_the_rights_of_a_script_that_uses_it(tmp_path: Path) -> None:
    made = run_program(load(ask(tmp_path, WAREHOUSE), "screening-dev").run)
    (allowed,) = [one for one in statements(made, "compute-job-policy") if one["Sid"] == "ExternalReadWarehouse"]
    assert allowed["Action"] == ["secretsmanager:GetSecretValue"]
    assert allowed["Resource"] == ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/warehouse-??????"]


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ({**WAREHOUSE, "private_link": None}, ("ask.source", "A job has no way to the internet")),
        ({**WAREHOUSE, "secret": None}, ("ask.source", "A job has no credentials for a system")),
    ],
)
def test_a_query_that_would_not_reach_it_is_refused(
    system: dict[str, Any], words: tuple[str, ...], tmp_path: Path
) -> None:
    root = ask(tmp_path, system)
    with pytest.raises(MlopsError) as refused:
        run_program(load(root, "screening-dev").run)
    told = "\n".join([str(refused.value), *map(str, refused.value.problems)])
    assert [word for word in words if word not in told] == [], told
