"""`mlops-iac policy`, and policies in `preview` and `up`: what is refused, waived, switched off, and at what line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project

STACK = "screening-dev"
OPEN_BUCKET = """
import pulumi_aws as aws

from mlops_iac.program import main

main()
aws.s3.Bucket("drop", bucket="drop")
"""
WAIVER = """
  mlops-iac:waivers:
    - rule: s3-public-access
      resource: drop
      reason: A partner's courier puts files there until they have roles.
      owner: ml-platform@example.org
      expires: "{expires}"
"""
OWN = """
from mlops_iac.policy import Example, Policy, Resource, Severity, Violation

KEY = "aws:kms/key:Key"


class AcmeKeys(Policy):
    name = "acme-key-description"
    wants = "Keys say whose they are."
    why = "Nobody dares to delete one."
    severity = Severity.ERROR
    types = (KEY,)
    remedy = "begin its description with ACME."
    sources = ("https://acme.example/handbook/keys",)
    breaks = (Example(resources=[Resource(type=KEY, name="a", inputs={"description": "a key"})]),)
    keeps = (Example(resources=[Resource(type=KEY, name="a", inputs={"description": "ACME: a key"})]),)

    def check(self, resource, world, parameters):
        if not resource.get("description", "").startswith("ACME"):
            yield Violation(detail="It does not say so.", path="description")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def broken(project: Path) -> Path:
    """A project whose program leaves a bucket open."""
    (project / "__main__.py").write_text(OPEN_BUCKET)
    return project


def stack_file(project: Path) -> Path:
    return project / f"stacks/Pulumi.{STACK}.yaml"


def waive(project: Path, expires: str = "2999-01-31", **change: str) -> None:
    text = WAIVER.format(expires=expires)
    for old, new in change.items():
        text = text.replace(f"{old}: ", f"{old}: {new} #")
    with stack_file(project).open("a") as file:
        file.write(text)


def company(project: Path, text: str) -> None:
    (project / "mlops-iac.yaml").write_text(text)


def checked(capsys: pytest.CaptureFixture[str], *more: str, code: int = exit_codes.OK) -> dict[str, Any]:
    assert run_command(["policy", "check", STACK, "--json", *more]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def rules(body: dict[str, Any], *, waived: bool = False) -> list[str]:
    return [one["rule"] for one in body["findings"] if bool(one["waiver"]) is waived and one["severity"] == "error"]


def test_an_environment_of_ours_keeps_them_all(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = checked(capsys)
    assert body["stack"] == STACK
    assert (body["counts"]["error"], body["counts"]["warning"]) == (0, 0)
    assert not (project / ".mlops-iac/cloud").exists()  # no cloud was started


def test_a_broken_policy_is_told_with_its_remedy_and_sources(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["policy", "check", STACK]) == exit_codes.POLICY
    told = capsys.readouterr().out
    assert "error: s3-public-access: All public access to a bucket is blocked." in told
    assert "  drop: It has no public access block." in told
    assert "hint: give the bucket a BucketPublicAccessBlock" in told
    assert "Security Hub S3.8" in told


def test_a_preview_shows_its_changes_and_what_is_refused(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["preview", STACK]) == exit_codes.POLICY
    told = capsys.readouterr()
    assert "71 to create" in told.out
    assert "s3-public-access" in told.err
    assert run_command(["preview", STACK, "--json"]) == exit_codes.POLICY
    assert "s3-public-access" in rules(json.loads(capsys.readouterr().out)["policy"])


def test_up_is_refused_before_anything_is_made(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["up", STACK, "--yes"]) == exit_codes.POLICY
    told = capsys.readouterr().err
    assert "s3-public-access: All public access to a bucket is blocked." in told
    assert run_command(["stack", "ls", "--json"]) == exit_codes.OK
    assert not json.loads(capsys.readouterr().out)["stacks"][0]["deployed"]
    run_command(["cloud", "stop"])


def test_a_part_is_judged_by_all_that_stands_beside_it(
    project: Path, broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the boundary alone would be a policy that lets roles be passed to anybody, and a part a way around."""
    assert run_command(["preview", STACK, "--target", "boundary-policy"]) == exit_codes.POLICY
    told = capsys.readouterr().err
    assert "s3-public-access" in told
    assert "iam-pass-role" not in told
    assert run_command(["up", STACK, "--yes", "--target", "boundary-policy"]) == exit_codes.POLICY
    assert "s3-public-access" in capsys.readouterr().err
    (project / "__main__.py").write_text("from mlops_iac.program import main\n\nmain()\n")
    assert run_command(["preview", STACK, "--target", "boundary-policy"]) == exit_codes.OK
    run_command(["cloud", "stop"])


def test_all_previews_end_as_the_worst_of_them(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["preview", "--all"]) == exit_codes.POLICY
    assert f"refused by a policy: mlops-iac policy check {STACK}" in capsys.readouterr().out


def test_a_waiver_lets_it_pass_and_stays_visible(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waive(broken)
    (broken / "mlops-iac.yaml").write_text("policies: {rules: {s3-public-access: {severity: error}}}")
    body = checked(capsys)
    assert rules(body) == []
    assert rules(body, waived=True)[:1] == ["s3-public-access"]
    found = next(one for one in body["findings"] if one["waiver"])
    assert found["waiver"]["owner"] == "ml-platform@example.org"
    assert found["waiver"]["place"].startswith("stacks/Pulumi.screening-dev.yaml:")


def test_a_waiver_past_its_date_fails_at_its_line(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waive(broken, expires="2020-01-31")
    line = stack_file(broken).read_text().splitlines().index("    - rule: s3-public-access") + 1
    body = checked(capsys, code=exit_codes.POLICY)
    assert [one["place"] for one in body["expired"]] == [f"stacks/Pulumi.{STACK}.yaml:{line}"]
    assert "s3-public-access" in rules(body)
    # What was deployed can still be looked at, and taken down: only what asks policies fails.
    assert run_command(["config", "show", STACK]) == exit_codes.OK


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": '""'}, "Value out of range."),
        ({"expires": '"soon"'}, "expires"),
        ({"rule": "s3-pubic-access"}, "did you mean `s3-public-access`?"),
        ({"owner": '""'}, "Value out of range."),
    ],
)
def test_a_waiver_that_says_too_little_is_refused_at_its_line(
    change: dict[str, str], said: str, broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waive(broken, **change)
    assert run_command(["policy", "check", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert f"stacks/Pulumi.{STACK}.yaml:" in told
    assert said in told


def test_a_waiver_that_nothing_needs_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waive(project)
    assert run_command(["policy", "check", STACK]) == exit_codes.OK
    assert "A waiver is not needed." in capsys.readouterr().out


def test_a_company_may_keep_a_policy_from_being_waived(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waive(broken)
    company(broken, "policies:\n  rules:\n    s3-public-access: {waivable: false}\n")
    assert run_command(["policy", "check", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert "This policy cannot be waived here." in told
    assert "mlops-iac.yaml:3" in told


def test_a_company_weighs_switches_off_and_waives(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company(broken, "policies:\n  rules:\n    s3-public-access: {severity: advice}\n")
    run_command(["policy", "check", STACK, "--json"])
    body = json.loads(capsys.readouterr().out)
    assert {one["severity"] for one in body["findings"] if one["rule"] == "s3-public-access"} == {"advice"}
    company(broken, "policies:\n  rules:\n    s3-public-access: {off: We have a guard rail in the organisation.}\n")
    run_command(["policy", "check", STACK, "--json"])
    body = json.loads(capsys.readouterr().out)
    assert "s3-public-access" not in {one["rule"] for one in body["findings"]}
    assert body["off"]["s3-public-access"] == {
        "reason": "We have a guard rail in the organisation.",
        "place": "mlops-iac.yaml:3",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policies:\n  rules:\n    s3-pubic-access: {severity: error}\n", "did you mean `s3-public-access`?"),
        ("policies:\n  rules:\n    s3-public-access: {severity: fatal}\n", "error"),
        ("policies:\n  rules:\n    s3-public-access: {off: no}\n", "mlops-iac.yaml:3"),
        (
            "policies:\n  rules:\n    s3-public-access:\n      parameters: {days: 3}\n",
            "The policy has no such parameter.",
        ),
        ("policies:\n  rules: {}\n  folder: nowhere\n", "The folder of policies is missing."),
        ("policies:\n  rules: {}\n  folder: ../..\n", "The folder of policies is missing."),
        ("policies:\n  rules: {}\n  folder: stacks\n", "The folder holds no policy."),
        ("groups:\n  dev:\n    stacks: [a]\n    policies:\n      folder: policies\n", "This key is not known here."),
        ("defaults:\n  waivers: []\n", "A waiver is no default."),
    ],
)
def test_a_company_file_that_is_wrong_is_refused_at_its_line(
    text: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company(project, text)
    assert run_command(["policy", "check", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert "mlops-iac.yaml:" in told
    assert said in told


@pytest.fixture
def own(project: Path) -> Path:
    """The file of a policy of the company's own."""
    (project / "policies").mkdir()
    file = project / "policies/acme_keys.py"
    file.write_text(OWN)
    company(project, "policies:\n  folder: policies\n")
    return file


def test_a_company_has_policies_of_its_own(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules(checked(capsys, code=exit_codes.POLICY)) == ["acme-key-description"]
    assert run_command(["policy", "show", "acme-key-description"]) == exit_codes.OK
    assert "Keys say whose they are." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("class AcmeKeys(Policy)", "class AcmeKeys(object)", "it holds none"),
        ('name = "acme-key-description"', 'name = "s3-public-access"', "Two policies have one name."),
        ('startswith("ACME")', 'startswith("")', "finds nothing in `breaks[0]`"),
        ("KEY = ", "KEY = 1 / 0 #", "ZeroDivisionError"),
        ("    sources = ", "    others = ", "has no `sources`"),
    ],
)
def test_an_own_policy_that_is_wrong_is_refused(
    old: str, new: str, said: str, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.write_text(OWN.replace(old, new))
    assert run_command(["policy", "check", STACK]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert "policies/acme_keys.py" in told
    assert said in told


def test_a_stack_file_adds_no_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack_file(project).open("a") as file:
        file.write("  mlops-iac:policies: {folder: policies}\n")
    assert run_command(["policy", "check", STACK]) == exit_codes.CONFIGURATION
    assert "This key is not known here." in capsys.readouterr().err


def exported(project: Path) -> Path:
    """An export with nothing in it but an open bucket."""
    urn = f"urn:pulumi:{STACK}::mlops-iac::aws:s3/bucket:Bucket::drop"
    bucket = {"urn": urn, "custom": True, "type": "aws:s3/bucket:Bucket", "id": "drop", "inputs": {"bucket": "drop"}}
    file = project / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [bucket]}}))
    return file


def test_an_exported_state_is_judged_without_its_program(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = exported(project)
    assert run_command(["policy", "check", "--state", str(file), "--json"]) == exit_codes.POLICY
    body = json.loads(capsys.readouterr().out)
    assert (body["stack"], "s3-public-access" in rules(body)) == (STACK, True)


def test_a_preview_against_an_export_runs_no_policy_of_the_folder(
    own: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is what a continuous integration runs for a fork, whose files are a stranger's."""
    own.write_text("raise SystemExit('a stranger')\n")
    file = exported(project)
    assert run_command(["preview", STACK, "--state", str(file)]) == exit_codes.OK
    assert "1 policy of the company's folder not run" in capsys.readouterr().err


def test_an_ordinary_project_is_judged_when_its_company_file_says_so(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "__main__.py").write_text("import pulumi_aws as aws\naws.s3.Bucket('drop', bucket='drop')\n")
    (project / "Pulumi.yaml").write_text("name: plain\nruntime: python\nstackConfigDir: stacks\n")
    stack_file(project).write_text("config: {aws:region: eu-west-1}\n")
    assert run_command(["preview", STACK]) == exit_codes.OK
    assert "Policies" not in capsys.readouterr().err
    company(project, "policies: {}\n")
    assert run_command(["preview", STACK]) == exit_codes.POLICY
    assert "s3-public-access" in capsys.readouterr().err


def test_sarif_names_rules_lines_and_what_is_waived(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waive(broken)
    run_command(["policy", "check", STACK, "--sarif"])
    body = json.loads(capsys.readouterr().out)
    assert body["version"] == "2.1.0"
    (run,) = body["runs"]
    rules = run["tool"]["driver"]["rules"]
    (found,) = (one for one in run["results"] if one["ruleId"] == "s3-public-access")
    assert rules[found["ruleIndex"]]["id"] == "s3-public-access"
    assert found["level"] == "error"
    assert found["suppressions"][0]["justification"].startswith("A partner's courier")
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": f"stacks/Pulumi.{STACK}.yaml", "uriBaseId": "PROJECTROOT"}
    assert place["region"]["startLine"] > 1
    assert found["locations"][0]["logicalLocations"][0]["name"] == "drop"


@pytest.mark.parametrize("words", [[], [STACK, "--all"], ["--all", "--state", "x.json"], [STACK, "--json", "--sarif"]])
def test_choices_that_make_no_sense_are_refused(words: list[str], project: Path) -> None:
    assert run_command(["policy", "check", *words]) == exit_codes.CONFIGURATION


def test_an_unknown_policy_is_answered_with_the_nearest(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["policy", "show", "s3-public-acess"]) == exit_codes.CONFIGURATION
    assert "did you mean `s3-public-access`?" in capsys.readouterr().err


def test_a_pack_is_written_once_and_never_over_something_else(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["policy", "pack", "pack", "--json"]) == exit_codes.OK
    assert json.loads(capsys.readouterr().out) == {"files": ["pack/PulumiPolicy.yaml", "pack/__main__.py"]}
    assert run_command(["policy", "pack", "pack"]) == exit_codes.OK
    (project / "pack/__main__.py").write_text("mine = 1\n")
    assert run_command(["policy", "pack", "pack"]) == exit_codes.CONFIGURATION
    assert (project / "pack/__main__.py").read_text() == "mine = 1\n"
