"""A program against an export of a stack that AWS's own provider deployed: no cloud, no credentials, no passphrase."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.backends.exported import Comparison, account_of, compare
from mlops_iac.config.plain_stack import Settings
from mlops_iac.core.errors import StateError
from mlops_iac.engine.event import Op
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.program import StackProgram

ACCOUNT = "210987654321"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "AAABADxSecretOfTheirs"}
HEAD = "urn:pulumi:screening-dev::mlops-iac::"
ROOT = f"{HEAD}pulumi:pulumi:Stack::mlops-iac-screening-dev"
PROVIDER = f"{HEAD}pulumi:providers:aws::default_7_51_1"


SETTINGS = Settings(
    values={"aws:region": "eu-west-1", "mlops-iac:word": "v1:…"},
    secret_keys=frozenset({"mlops-iac:word"}),
    encryption_salt=None,
)


def program() -> None:
    from pulumi_aws.get_caller_identity import get_caller_identity_output
    from pulumi_aws.s3 import Bucket
    from pulumi_aws.secretsmanager import Secret, SecretVersion
    from pulumi_aws.ssm import Parameter

    Bucket("lake", bucket="screening-dev-lake", tags={"team": "screening"})
    secret = Secret("word", name="screening-dev-word")
    SecretVersion("word-version", secret_id=secret.id, secret_string=pulumi.Output.secret("of ours"))
    Parameter("account", name="/a", type="String", value=get_caller_identity_output().account_id)


def resource(type: str, name: str, id: str, inputs: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    return {
        "urn": f"{HEAD}{type}::{name}",
        "custom": True,
        "id": id,
        "type": type,
        "inputs": {"__defaults": [], **inputs},
        "outputs": {**unmarked(inputs), "id": id, **outputs},
        "parent": ROOT,
        "provider": f"{PROVIDER}::5b2ee1d4",
    }


def unmarked(inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs bear no marks of what was filled in."""
    return {
        key: unmarked(value) if isinstance(value, dict) else value
        for key, value in inputs.items()
        if key != "__defaults"
    }


def export(**changes: Any) -> dict[str, Any]:
    """What `pulumi stack export` writes of the program, deployed to an account by AWS's provider."""
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:screening-dev-word-AbCdEf"
    resources = [
        {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"},
        {
            "urn": PROVIDER, "custom": True, "id": "5b2ee1d4", "type": "pulumi:providers:aws",
            "inputs": {"region": "eu-west-1", "version": "7.51.1"},
        },
        resource(
            "aws:s3/bucket:Bucket",
            "lake",
            "screening-dev-lake",
            {
                "bucket": "screening-dev-lake", "forceDestroy": False, "tags": {"team": "screening", "__defaults": []},
                "__defaults": ["forceDestroy"],
            },
            arn="arn:aws:s3:::screening-dev-lake",
        ),
        resource(
            "aws:secretsmanager/secret:Secret",
            "word",
            arn,
            {
                "name": "screening-dev-word", "recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False,
                "__defaults": ["recoveryWindowInDays", "forceOverwriteReplicaSecret"],
            },
            arn=arn,
        ),
        resource(
            "aws:secretsmanager/secretVersion:SecretVersion",
            "word-version",
            f"{arn}|terraform",
            {"secretId": arn, "secretString": SECRET},
            arn=arn,
        ),
        resource("aws:ssm/parameter:Parameter", "account", "/a", {"name": "/a", "type": "String", "value": ACCOUNT}),
    ]  # fmt: skip
    providers = {"type": "service", "state": {"url": "https://api.example", "owner": "screening"}}
    return {
        "version": 3,
        "deployment": {"manifest": {}, "secrets_providers": providers, "resources": resources, **changes},
    }


Compare = Callable[..., Comparison]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Compare:
    """``compared(program, export)``, in a folder that stays empty and with a network that is not there."""

    def no_network(*args: Any) -> None:
        raise AssertionError("something asked the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)

    def run(program: Callable[[], object], document: Any, stack: str = "screening-dev") -> Comparison:
        opened = StackProgram(
            project="mlops-iac", stack=stack, root=tmp_path, folder=tmp_path, settings=SETTINGS, entry=program
        )
        monkeypatch.setattr("mlops_iac.program.open_stack", lambda root, stack: opened)
        text = document if isinstance(document, str) else json.dumps(document)
        comparison = compare(tmp_path, stack, text, place="export.json")
        assert list(tmp_path.iterdir()) == []
        return comparison

    return run


def changes(comparison: Comparison) -> dict[str, set[str]]:
    assert comparison.result.error is None
    return {f"{step.op} {step.name}": set(step.diff) for step in comparison.result.steps if step.op is not Op.SAME}


def test_a_program_that_was_not_changed_changes_nothing(compared: Compare) -> None:
    assert changes(compared(program, export())) == {}


def test_secrets_that_cannot_be_seen_are_counted_and_not_called_changed(compared: Compare) -> None:
    comparison = compared(program, export())
    assert comparison.hidden == 1
    assert not comparison.result.changed


def test_the_account_is_that_of_the_exported_stack(compared: Compare) -> None:
    document = export()
    document["deployment"]["resources"][-1]["inputs"]["value"] = "111122223333"
    assert changes(compared(program, document)) == {"update account": {"value"}}


def test_a_change_is_shown_as_any_preview_shows_it(compared: Compare) -> None:
    def changed() -> None:
        from pulumi_aws.s3 import Bucket

        Bucket("lake", bucket="screening-dev-lake2", tags={"team": "screening"})

    found = changes(compared(changed, export()))
    assert found["replace lake"] == {"bucket"}
    assert {"delete word", "delete word-version", "delete account"} <= set(found)


def test_what_the_program_says_now_and_the_provider_filled_in_before_is_a_change(compared: Compare) -> None:
    def changed() -> None:
        from pulumi_aws.s3 import Bucket

        program()
        Bucket("more", bucket="screening-dev-more", force_destroy=True)

    document = export()
    document["deployment"]["resources"].append(
        resource("aws:s3/bucket:Bucket", "more", "screening-dev-more", {"bucket": "screening-dev-more"})
    )
    assert changes(compared(changed, document)) == {"update more": {"forceDestroy"}}


def test_secrets_that_the_export_shows_are_compared(compared: Compare) -> None:
    document = export()
    shown = {"4dabf18193072939515e22adb298388d": SECRET["4dabf18193072939515e22adb298388d"], "plaintext": '"another"'}
    document["deployment"]["resources"][-2]["inputs"]["secretString"] = shown
    comparison = compared(program, document)
    assert changes(comparison)["replace word-version"] == {"secretString"}
    assert comparison.hidden == 0
    assert "another" not in repr(comparison.result.steps)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("noise", "not an export"),
        ("{}", "not an export"),
        (json.dumps({**export(), "version": 9}), "newer than this program"),
        (json.dumps(export()).replace("screening-dev::", "scoring-dev::"), "stack `scoring-dev`"),
        (json.dumps(export()).replace("::mlops-iac::", "::shop::"), "project `shop`"),
    ],
)
def test_a_file_that_is_none_of_this_stacks_is_refused(text: str, words: str, compared: Compare) -> None:
    with pytest.raises(StateError) as raised:
        compared(program, text)
    assert words in str(raised.value)
    assert "export.json" in str(raised.value)


def test_an_empty_export_means_that_everything_is_made(compared: Compare) -> None:
    document = export(resources=[])
    assert {"create lake", "create word"} <= set(changes(compared(program, document)))


def test_the_account_is_the_one_that_most_arns_name() -> None:
    def at(number: int, account: str) -> Record:
        arn = f"arn:aws:sqs:eu-west-1:{account}:q{number}"
        return Record(urn=f"{HEAD}a:b:C::{number}", type="a:b:C", outputs={"arn": arn})

    snapshot = Snapshot(records={0: at(0, "1" * 12), 1: at(1, ACCOUNT), 2: at(2, ACCOUNT)})
    assert account_of(snapshot) == ACCOUNT
    assert account_of(Snapshot()) is None
