"""notebooks: what it is made of, and what a team says of its Studio."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints.notebooks import NotebooksOptions
from mlops_iac.core.errors import ConfigError
from mlops_iac.program import load
from tests.conftest import CHECKOUT
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program


def make(root: Path, options: str = "") -> Path:
    (root / "stacks").mkdir()
    shutil.copytree(CHECKOUT / "examples/flora", root / "examples/flora")
    shutil.copy(CHECKOUT / "Pulumi.yaml", root)
    text = (CHECKOUT / "examples/flora/Pulumi.flora-dev.yaml").read_text().replace("eu-west-1", "eu-central-1")
    (root / "stacks/Pulumi.flora-dev.yaml").write_text(text + options)
    return root


def build(root: Path, options: str = "") -> Made:
    return run_program(load(make(root, options), "flora-dev").run)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return build(tmp_path_factory.mktemp("notebooks"))


def policy_of(made: Made, name: str) -> dict[str, dict[str, Any]]:
    """Sid to statement of a role's own policy."""
    document = json.loads(made.get(f"people-{name}-policy", "RolePolicy")["policy"])
    return {one["Sid"]: one for one in document["Statement"]}


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/notebooks.tree.txt", "\n".join(made.tree()) + "\n")


def test_the_domain_stands_in_the_network_and_stops_what_is_idle(made: Made) -> None:
    domain = made.get("studio-domain", "Domain")
    assert (domain["appNetworkAccessType"], domain["authMode"]) == ("VpcOnly", "IAM")
    assert domain["retentionPolicy"] == {"homeEfsFileSystem": "Delete"}
    lab = domain["defaultUserSettings"]["jupyterLabAppSettings"]
    idle = lab["appLifecycleManagement"]["idleSettings"]
    assert (idle["lifecycleManagement"], idle["idleTimeoutInMinutes"]) == ("ENABLED", 60)
    assert domain["kmsKeyId"]


def test_a_sandbox_pays_for_no_private_way_and_its_notebooks_take_sagemakers_own(tmp_path: Path) -> None:
    made = build(tmp_path, "  mlops-iac:security: sandbox\n")
    assert made.get("studio-domain", "Domain")["appNetworkAccessType"] == "PublicInternetOnly"
    ways = [inputs for (kind, _), inputs in made.resources.items() if kind == "aws:ec2/vpcEndpoint:VpcEndpoint"]
    assert {way["vpcEndpointType"] for way in ways} == {"Gateway"}


def test_each_person_acts_in_a_role_of_their_own(made: Made) -> None:
    roles = {
        name: made.get(f"people-{name}", "UserProfile")["userSettings"]["executionRole"] for name in ("ada", "grace")
    }
    assert len({*roles.values()}) == 2
    assert all(name in role for name, role in roles.items())


def test_a_person_comes_in_as_themselves_and_has_spaces_of_their_own(made: Made) -> None:
    rights = policy_of(made, "ada")
    assert rights["PeopleOpen"]["Resource"][0].endswith("/ada")
    assert rights["PeopleOwn"]["Condition"]["ArnLike"]["sagemaker:OwnerUserProfileArn"].endswith("/ada")
    wide = [sid for sid, one in rights.items() if "*" in one["Resource"]]
    assert wide == ["PeopleFind"], "lists alone, which AWS knows no resource for"


def test_a_person_starts_the_teams_pipeline_and_writes_no_raw_data(made: Made) -> None:
    rights = policy_of(made, "ada")
    assert rights["PipelineSpeciesStart"]["Action"] == ["states:StartExecution"]
    assert not [arn for arn in rights["LakeWrite"]["Resource"] if "/raw/" in arn]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a person twice": ({"people": ["ada", "Ada"]}, "`Ada` is there twice"),
    "a name that SageMaker refuses": ({"people": ["ada.lovelace"]}, "people.0"),
    "nobody": ({"people": []}, "at least 1"),
    "a password in an address": (
        {"git": {"notes": {"url": "https://ada:secret@github.com/acme/notes.git"}}}, "it holds a user or a password"
    ),
    "an address without encryption": ({"git": {"notes": {"url": "http://github.com/a/b"}}}, "must begin with https"),
    "an address of ssh": ({"git": {"notes": {"url": "ssh://git@github.com/a/b"}}}, "it holds a user or a password"),
    "a secret that is no reference": (
        {"git": {"notes": {"url": "https://github.com/a/b", "secret": "hunter2"}}}, "secret"
    ),
    "no time to think": ({"idle_minutes": 5}, "greater than or equal to 60"),
    "a disk larger than the largest": ({"disk_gib": 200}, "which is less"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_before_anything_is_made(what: str) -> None:
    asked, said = REFUSED[what]
    with pytest.raises(ValidationError) as refused:
        NotebooksOptions.model_validate({"studio": asked})
    assert said in str(refused.value)


def test_identity_center_is_for_aws_alone() -> None:
    (problem,) = NotebooksOptions.model_validate({"studio": {"auth": "sso"}}).not_embedded
    assert problem.path == "mlops-iac:options.studio.auth"


def test_a_domain_that_is_there_gets_people_and_keeps_its_settings(tmp_path: Path) -> None:
    made = build(tmp_path, "    adopt: {domain: {domain_id: d-abcdefghijkl}}\n")
    assert [one for one in made.tree() if "sagemaker/domain" in one] == []
    assert made.get("people-ada", "UserProfile")["domainId"] == "d-abcdefghijkl"


def test_of_a_domain_that_is_there_nothing_is_changed(tmp_path: Path) -> None:
    options = "      idle_minutes: 90\n    adopt: {domain: {domain_id: d-abcdefghijkl}}\n"
    with pytest.raises(ConfigError, match="An adopted layer is not changed") as refused:
        build(tmp_path, options)
    assert refused.value.problems[0].path.endswith("studio.idle_minutes")


def test_a_password_of_a_repository_is_read_by_who_clones_it(tmp_path: Path) -> None:
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:git-Ab12Cd"
    options = f'      git: {{notes: {{url: "https://github.com/acme/notes.git", secret: "{secret}"}}}}\n'
    made = build(tmp_path, options)
    assert made.get("studio-notes", "CodeRepository")["gitConfig"]["secretArn"] == secret
    assert policy_of(made, "ada")["StudioClone"]["Resource"] == [secret]
    assert "network-secretsmanager-endpoint" in "\n".join(made.tree())
