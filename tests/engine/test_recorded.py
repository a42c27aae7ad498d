"""The program that the real Pulumi CLI was recorded with, run by our engine: same steps, same shapes, same state."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.event import Result, Step
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.value import Props
from tests.support.one_package import OnePackage

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws")
RECORDED = Path(__file__).parent / "recorded"


class Echo(OnePackage):
    """The stand-in provider of the recording: it echoes inputs and adds an ARN."""

    type = ""

    def handler(self, type: str) -> Echo:
        return self

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        return {"accountId": "123456789012"}

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        return dict(new)

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"bucket"}

    def moves(self, was: Props, will: Props) -> bool:
        return was != will

    def deletes_before_replace(self, old: Props, new: Props, *, moved: bool = False) -> bool:
        return False

    def secrets(self) -> frozenset[str]:
        return frozenset()

    def create(self, scope: Scope, inputs: Props) -> Created:
        name = inputs.get("bucket") or f"lake-{'secret' if 'secretId' in inputs else 'queue'}-0000000"
        return Created(name, {**inputs, "arn": f"arn:aws:x:::{name}"})

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        return {**new, "arn": outputs["arn"]}

    def delete(self, scope: Scope, id: str, outputs: Props) -> None:
        return None

    def read(self, scope: Scope, id: str, outputs: Props) -> Created | None:
        return Created(id, dict(outputs))

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        return None


def program() -> None:
    import pulumi_aws as aws

    config = pulumi.Config()

    class Lake(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("mlops-iac:index:DataLake", name)
            here = pulumi.ResourceOptions(parent=self)
            tags = {"team": config.require("team"), **(config.get_object("extra") or {})}
            self.bucket = aws.s3.Bucket(f"{name}-bucket", bucket="screening-dev-lake", tags=tags, opts=here)
            aws.s3.BucketVersioning(
                f"{name}-versions",
                bucket=self.bucket.bucket,
                versioning_configuration={"status": "Enabled"},
                opts=here,
            )
            aws.secretsmanager.SecretVersion(
                f"{name}-secret", secret_id="abc", secret_string=config.require_secret("token"), opts=here
            )
            aws.sqs.Queue(f"{name}-queue", opts=here)
            self.register_outputs({"bucket": self.bucket.bucket})

    lake = Lake("lake")
    pulumi.export("arn", lake.bucket.arn)
    pulumi.export("bucket", lake.bucket.bucket)
    pulumi.export("me", aws.get_caller_identity_output().account_id)
    pulumi.export("token", config.require_secret("token"))


class World:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = {"aws:region": "eu-west-1", "mlops-iac:team": "screening", "mlops-iac:token": "hunter2"}

    @property
    def deployment(self) -> Deployment:
        return Deployment(
            project="mlops-iac",
            stack="screening-dev",
            provider=Echo(),
            store=FileStore(self.root, "mlops-iac", lambda: "pass"),
            config=self.config,
            secret_config=frozenset({"mlops-iac:token"}),
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def same(value: Any) -> Any:
    """JSON with what differs from run to run made equal: times, provider ids, ciphertexts, automatic names."""
    text = json.dumps(value, sort_keys=True)
    text = re.sub(r"(default_[0-9_]+)::[0-9a-f-]{36}", r"\1::ID", text)
    text = re.sub(r'"\d{4}-\d\d-\d\dT[0-9:.]+Z"', '"TIME"', text)
    text = re.sub(r'"v1:[^"]+"', '"CIPHERTEXT"', text)
    text = re.sub(r"lake-(secret|queue)-[0-9a-f]{7}", r"lake-\1-SUFFIX", text)
    text = re.sub(r'"id": "[0-9a-f-]{36}"', '"id": "ID"', text)
    return json.loads(text)


def step_json(step: Step) -> dict[str, Any]:
    fields: dict[str, Any] = {"op": str(step.op), "urn": step.urn}
    if step.provider:
        fields["provider"] = step.provider
    if step.old is not None:
        fields["oldState"] = step.old
    if step.new is not None:
        fields["newState"] = step.new
    return fields


def compare(result: Result, name: str) -> None:
    """Steps by URN (independent ones have no order), and the summary."""
    wanted = recorded(name)
    ours = {step.urn: same(step_json(step)) for step in result.steps}
    for step in wanted["steps"]:
        for key in ("detailedDiff", "diffReasons"):
            step.pop(key, None)
        assert ours[step["urn"]] == same(step)
    quiet = {step.urn for step in result.steps if step.op == "same"}
    assert set(ours) - quiet == {step["urn"] for step in wanted["steps"]} - quiet
    assert result.changes == wanted["changeSummary"]
    assert result.config == wanted["config"]


def test_a_first_preview_is_the_recorded_one(world: World) -> None:
    compare(world.deployment.preview(program), "preview-create")


def test_a_preview_without_changes_is_the_recorded_one(world: World) -> None:
    world.deployment.up(program)
    compare(world.deployment.preview(program), "preview-same")


def test_a_preview_of_an_update_is_the_recorded_one(world: World) -> None:
    world.deployment.up(program)
    world.config["mlops-iac:extra"] = '{"owner":"bob"}'
    result = world.deployment.preview(program)
    compare(result, "preview-update")
    bucket = next(step for step in result.steps if step.name == "lake-bucket")
    assert {path: change.kind for path, change in bucket.diff.items()} == {"tags.owner": "add"}


def test_the_state_after_up_is_the_recorded_one(world: World) -> None:
    world.deployment.up(program)
    ours = json.loads((world.root / ".pulumi/stacks/mlops-iac/screening-dev.json").read_text())
    wanted = recorded("checkpoint")
    for document in (ours, wanted):
        document["checkpoint"]["latest"]["resources"].sort(key=lambda resource: resource["urn"])
    assert same(ours) == same(wanted)


def test_a_replacement_takes_the_recorded_steps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ``plan.json``: create-replacement, replace, delete-replaced for the bucket and for what stands on it."""
    world.deployment.up(program)
    monkeypatch.setattr(Echo, "check", lambda self, scope, name, old, new: _renamed(dict(new)))
    result = world.deployment.preview(program)
    kinds: dict[str, list[str]] = {}
    for step in result.steps:
        kinds.setdefault(step.name, []).append(str(step.op))
    replaced = ["create-replacement", "replace", "delete-replaced"]
    assert kinds["lake-bucket"] == kinds["lake-versions"] == replaced
    assert result.changes == {"replace": 2, "same": 4}


def _renamed(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "bucket": "fifth"} if "bucket" in inputs else inputs
