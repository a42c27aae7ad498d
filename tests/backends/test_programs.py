"""The program in `__main__.py` is the one that runs, whatever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.event import Op
from tests.backends.conftest import STACK, Cloud
from tests.conftest import make_project

EXTRA = """
from pulumi_aws import s3

s3.Bucket("extra")
"""

QUEUES = """
\"\"\"A topic that another module makes, a log group for each colour, and a role.\"\"\"
import json

import pulumi
from pulumi_aws import cloudwatch, iam
from naming import PREFIX
import messages

config = pulumi.Config()
groups = [
    cloudwatch.LogGroup(colour, name=f"{PREFIX}-{colour}", retention_in_days=config.require_int("days"))
    for colour in config.require_object("colours")
]
role = iam.Role("reader", assume_role_policy=json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}],
}))
with open("greeting.txt") as file:
    pulumi.export("greeting", file.read())
pulumi.export("topic", messages.topic.arn)
pulumi.export("groups", [group.name for group in groups])
pulumi.export("secret", config.require_secret("word"))
pulumi.export("where", pulumi.get_root_directory())
"""

OFFERED_IN_PART = """
from pulumi_aws import lambda_, s3

site = s3.Bucket("site")
s3.BucketPolicy("open", bucket=site.id, policy="{}")
for name in ("one", "two"):
    s3.BucketAcl(name, bucket=site.id, acl="public-read")
lambda_.Alias("hello", function_name="hello", function_version="1")
"""


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    root.mkdir()
    (root / "Pulumi.yaml").write_text("name: plain\nruntime: python\nconfig:\n  days: 7\n")
    (root / "Pulumi.dev.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  plain:colours: [red, blue]\n  plain:word: hello\n"
    )
    (root / "__main__.py").write_text(QUEUES)
    (root / "naming.py").write_text('PREFIX = "plain"\n')
    (root / "messages.py").write_text('from pulumi_aws import sns\n\ntopic = sns.Topic("messages")\n')
    (root / "greeting.txt").write_text("hello")
    return root


def test_what_main_adds_to_a_blueprint_is_deployed(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    before = EmbeddedBackend(root, STACK).preview()
    main = root / "__main__.py"
    main.write_text(main.read_text() + EXTRA)
    after = EmbeddedBackend(root, STACK).preview()
    assert after.changes["create"] == before.changes["create"] + 1
    assert "extra" in {step.name for step in after.steps}


def test_an_ordinary_program_lives_its_whole_life_here(
    plain: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedBackend, "cloud", property(lambda self: cloud))
    elsewhere = Path.cwd()
    backend = EmbeddedBackend(plain, "dev")
    assert backend.preview().changes["create"] == 5
    result = backend.up()
    assert result.outcome == "succeeded", (result.error, result.failures)
    outputs: dict[str, Any] = backend.outputs()
    assert outputs["groups"] == ["plain-red", "plain-blue"]
    assert outputs["topic"].startswith("arn:aws:sns:eu-west-1:")
    assert (outputs["greeting"], outputs["where"]) == ("hello", str(plain))
    assert backend.up().changed is False
    assert (plain / ".mlops-iac/state/.pulumi/stacks/plain/dev.json").is_file()
    assert Path.cwd() == elsewhere
    assert backend.destroy().outcome == "succeeded"
    backend.remove()


def test_what_is_not_emulated_is_named_once_each_before_anything_is_made(plain: Path, cloud: Cloud) -> None:
    (plain / "__main__.py").write_text(OFFERED_IN_PART)
    result = EmbeddedBackend(plain, "dev").preview()
    assert isinstance(result.error, MlopsError)
    assert result.error.exit_code == exit_codes.RESOURCE
    assert [problem.detail for problem in result.error.problems] == [
        "The embedded cloud does not offer `aws:lambda/alias:Alias`.",
        "The embedded cloud does not offer `aws:s3/bucketAcl:BucketAcl`.",
    ]
    assert "`--cloud aws`" in result.error.hint
    assert "docs/reference/COVERAGE.md" in result.error.problems[1].hint
    assert "`BucketPolicy`" in result.error.problems[1].hint


def test_a_mistake_in_the_program_is_told_at_its_line(plain: Path) -> None:
    (plain / "__main__.py").write_text("import pulumi\n\npulumi.Config().require('nothing')\n")
    from mlops_iac.core.exceptions import explain

    error = EmbeddedBackend(plain, "dev").preview().error
    assert error is not None
    told = explain(error)
    assert (Path(told.problems[0].file).name, told.problems[0].line) == ("__main__.py", 3)
    assert "nothing" in told.detail


def test_default_tags_of_a_stack_are_carried_and_a_change_of_them_is_an_update(
    plain: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedBackend, "cloud", property(lambda self: cloud))
    (plain / "__main__.py").write_text('from pulumi_aws import cloudwatch\n\ncloudwatch.LogGroup("a", name="tagged")\n')
    stack = plain / "Pulumi.dev.yaml"
    plainly = "config:\n  aws:region: eu-west-1\n"
    backend = EmbeddedBackend(plain, "dev")
    logs = cloud.clients("eu-west-1")("logs")

    def tags() -> Any:
        return logs.list_tags_for_resource(resourceArn="arn:aws:logs:eu-west-1:123456789012:log-group:tagged")["tags"]

    for written, carried in (
        ("  aws:defaultTags:\n    tags:\n      owner: ml\n", {"owner": "ml"}),
        ("  aws:defaultTags:\n    tags: {owner: ops, cost: '7'}\n", {"owner": "ops", "cost": "7"}),
        ("", {}),
    ):
        stack.write_text(plainly + written)
        result = backend.up()
        assert result.outcome == "succeeded", (result.error, result.failures)
        assert {step.op for step in result.steps if step.name == "a"} <= {Op.CREATE, Op.UPDATE}
        assert tags() == carried
        assert backend.up().changed is False
        assert backend.refresh(preview=True).changed is False
    assert backend.destroy().outcome == "succeeded"
    backend.remove()


@pytest.mark.parametrize("setting", ['allowedAccountIds: ["999999999999"]', 'forbiddenAccountIds: ["123456789012"]'])
def test_an_account_that_is_not_allowed_is_refused_before_the_first_call(
    plain: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr(EmbeddedBackend, "cloud", property(lambda self: cloud))
    (plain / "__main__.py").write_text('from pulumi_aws import cloudwatch\n\ncloudwatch.LogGroup("a", name="tagged")\n')
    (plain / "Pulumi.dev.yaml").write_text(f"config:\n  aws:region: eu-west-1\n  aws:{setting}\n")
    cloud.asked.clear()
    result = EmbeddedBackend(plain, "dev").up()
    assert "This account is not allowed." in str(result.error)
    assert cloud.asked == []
