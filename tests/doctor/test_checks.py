"""Every check, where it passes and where it does not, and what it says to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.errors import MlopsError
from mlops_iac.doctor.finding import Outcome
from mlops_iac.doctor.subject import Built, Subject
from mlops_iac.doctor.table import CHECKS, Line, applicable, examine, is_well
from tests.doctor.cases import BUILT, FAILS, PASSES, POOL, STACK, applied, on_aws, quota, reads_it, records, used
from tests.support.recorded_aws import ACCOUNT, Answer, Refusal


@pytest.fixture
def subject(project: Path) -> Subject:
    def never(*_: object) -> object:
        raise AssertionError("AWS was asked")

    return Subject(root=project, stack=STACK, cloud="embedded", connect=never, build=never)  # type: ignore[arg-type]


def look(subject: Subject, name: str) -> list[Line]:
    return list(examine(subject, [name]))


def test_every_check_has_both_cases() -> None:
    assert list(PASSES) == list(FAILS) == list(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_passes(name: str, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = look(PASSES[name](subject, monkeypatch), name)
    assert lines
    assert [line for line in lines if line.finding.outcome is not Outcome.PASS] == []
    assert all(line.finding.says and not line.finding.fix for line in lines)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_fails_and_says_what_to_do(name: str, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    make, says, fix = FAILS[name]
    lines = look(make(subject, monkeypatch), name)
    failed = [line.finding for line in lines if line.finding.outcome is Outcome.FAIL]
    assert [(says in each.says, fix in each.fix) for each in failed] == [(True, True)], lines
    assert not is_well(lines)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_has_a_line_in_the_guide(name: str) -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/doctor.md").read_text()
    assert f"| `{name}` | {CHECKS[name].about} |" in guide


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if check.clouds == ("aws",)])
def test_what_aws_does_not_answer_is_said_and_is_no_traceback(
    name: str, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, Answer] = {
        operation: Refusal("AccessDenied", "not authorized")
        for operation in ("iam.SimulatePrincipalPolicy", "ssm.GetParametersByPath", "ec2.DescribeInstanceTypeOfferings")
    }
    refused: dict[str, Answer] = dict.fromkeys(used(), Refusal("AccessDenied", "not authorized"))
    lines = look(on_aws(subject, {**refused, **answers}), name)
    assert lines
    if name not in ("pulumi", "credentials", "clock", "base_model", "reservations", "recorder"):
        assert [line.finding.outcome for line in lines] == [Outcome.WARN]
        assert "not looked at" in lines[0].finding.says
        assert "not authorized" in lines[0].finding.says
        assert lines[0].finding.fix


def test_without_credentials_nothing_else_is_called_wrong(subject: Subject) -> None:
    nobody = on_aws(subject, {"sts.GetCallerIdentity": Refusal("ExpiredToken")})
    lines = [line for name in ("credentials", "clock", "permissions") for line in look(nobody, name)]
    assert [line.finding.outcome for line in lines] == [Outcome.FAIL, Outcome.WARN, Outcome.WARN]


def test_a_stack_with_mistakes_is_told_once(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = on_aws(FAILS["settings"][0](subject, monkeypatch), {})
    lines = list(examine(broken, ["settings", "services", "permissions", "quotas", "instances"]))
    failed = [line.check for line in lines if line.finding.outcome is Outcome.FAIL]
    assert set(failed) == {"settings"}
    assert {line.finding.says for line in lines if line.check != "settings"} == {
        "not looked at: the stack file has mistakes"
    }


def test_a_preview_that_fails_is_a_reason_not_to_look(subject: Subject) -> None:
    def build(stack: str) -> Built:
        raise MlopsError("Too few availability zones.")

    asked = on_aws(subject, used())
    asked.build = build
    (line,) = look(asked, "quotas")
    assert "Too few availability zones." in line.finding.says


def test_what_stands_already_is_not_needed_twice(subject: Subject) -> None:
    there: Answer = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"}]}
    lines = look(on_aws(subject, {**used(vpcs=5), "resourcegroupstaggingapi.GetResources": there}), "quotas")
    assert is_well(lines)
    assert not any("VPCs" in line.finding.says for line in lines)


def test_without_a_stack_the_account_is_told_as_it_is(subject: Subject) -> None:
    account = on_aws(subject, used(vpcs=5))
    account.stack, account.asked_region = "", "eu-west-1"
    assert applicable(account) == ["python", "settings", "disk", "pulumi", "credentials", "clock", "quotas"]
    lines = look(account, "quotas")
    assert [line.finding.says for line in lines if line.finding.outcome is Outcome.WARN] == [
        "VPCs in the region: 5 of 5 used"
    ]
    assert is_well(lines)


def test_without_a_region_nothing_is_asked(subject: Subject) -> None:
    account = on_aws(subject, {})
    account.stack = ""
    (line,) = look(account, "quotas")
    assert "AWS_REGION" in line.finding.says


def test_outside_a_project_the_machine_is_looked_at(subject: Subject) -> None:
    subject.root, subject.stack = None, ""
    assert applicable(subject) == ["python", "disk", "loopback"]


@pytest.mark.parametrize(("allowed", "outcome"), [(0, Outcome.FAIL), (8, Outcome.WARN), (32, Outcome.PASS)])
def test_gpus_by_vcpus(allowed: float, outcome: Outcome, subject: Subject) -> None:
    """A new account has none; fewer than a queue may take make its jobs wait."""
    asked = on_aws(subject, used(**{"service-quotas.GetServiceQuota": applied(spot=allowed)}), Built(resources=(POOL,)))
    (line,) = [line for line in look(asked, "quotas") if "vCPUs" in line.finding.says]
    assert line.finding.outcome is outcome
    assert line.finding.says.startswith(f"spot vCPUs of G and VT instances: {allowed:g} allowed, up to 32 wanted")


def test_an_endpoint_needs_twice_its_instances_while_a_model_takes_over(subject: Subject) -> None:
    few = {"Quotas": [quota("ml.m5.large for endpoint usage", 2, "L-0000000E")]}
    asked = on_aws(subject, used(**{"service-quotas.ListServiceQuotas": few}), BUILT)
    (line,) = [line for line in look(asked, "quotas") if "endpoint usage" in line.finding.says]
    assert line.finding.outcome is Outcome.FAIL
    assert "2 allowed, 4 needed" in line.finding.says
    assert "--quota-code L-0000000E --desired-value 4" in line.finding.fix


def test_a_type_that_sagemaker_has_no_limit_of_is_not_offered(subject: Subject) -> None:
    none: Answer = {"Quotas": []}
    asked = on_aws(subject, used(**{"service-quotas.ListServiceQuotas": none}), Built(outputs=BUILT.outputs))
    says = [line.finding.says for line in look(asked, "instances")]
    assert "SageMaker in eu-west-1 knows no ml.m5.large for training job" in says


@pytest.mark.parametrize(
    ("answers", "says", "fix"),
    [
        (
            {"s3.HeadBucket": Refusal("403")},
            f"no such bucket of account {ACCOUNT} that you may read (403)",
            "whose it is",
        ),
        ({"s3.HeadBucket": Refusal("404")}, "that you may read (404)", "name another one"),
        ({"s3.HeadBucket": {"BucketRegion": "us-east-1"}}, "is in us-east-1; a training reads", "copy it"),
        ({"s3.ListObjectsV2": {"KeyCount": 0}}, "s3://acme-models/tiny/ is empty", "put the weights there"),
        (
            {"s3.GetBucketEncryption": Refusal("ServerSideEncryptionConfigurationNotFoundError")},
            "is not encrypted",
            "encrypt the bucket with a KMS key",
        ),
    ],
)
def test_a_base_model_that_cannot_be_read_is_told_with_what_to_do(
    answers: dict[str, Answer], says: str, fix: str, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = look(reads_it(answers)(subject, monkeypatch), "base_model")
    assert line.finding.outcome is Outcome.FAIL
    assert says in line.finding.says
    assert fix in line.finding.fix


@pytest.mark.parametrize(
    ("recorders", "outcome", "says", "fix"),
    [
        (("default",), Outcome.PASS, "recorder default of eu-west-1 records", ""),
        ((), Outcome.FAIL, "eu-west-1 has no recorder", "say `config: own`"),
        (("asleep",), Outcome.FAIL, "recorder asleep does not record", "--configuration-recorder-name asleep"),
    ],
)
def test_rules_need_a_recorder_that_records(
    recorders: tuple[str, ...],
    outcome: Outcome,
    says: str,
    fix: str,
    subject: Subject,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (line,) = look(records("adopted", *recorders)(subject, monkeypatch), "recorder")
    assert line.finding.outcome is outcome
    assert says in line.finding.says
    assert fix in line.finding.fix


def test_a_stack_that_reads_no_other_bucket_asks_nothing(subject: Subject) -> None:
    (line,) = look(on_aws(subject, {}), "base_model")
    assert line.finding.says == "no step reads another bucket"
