"""The Pulumi CLI that is absent, broken, too old, or names no version: told apart, each with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.backends.pulumi import PulumiBackend
from mlops_iac.backends.pulumi_cli import OLDEST, find_cli
from mlops_iac.cli.main import run_command
from mlops_iac.clients import Clients
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import UsageError
from tests.support.small_environment import REGION, make_environment, make_lake, moto_clients


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``install("echo v3.250.0")`` makes that the only `pulumi` there is."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def write(script: str) -> Path:
        path = tmp_path / "pulumi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


def test_without_the_cli_the_backend_says_so(install, tmp_path):
    with pytest.raises(UsageError, match="The Pulumi CLI is not installed") as caught:
        PulumiBackend(tmp_path, "screening-dev")
    assert "leave --cloud out" in caught.value.hint


def test_without_the_cli_a_command_ends_with_2_and_no_traceback(install, project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert run_command(["preview", "screening-dev", "--cloud", "aws"]) == exit_codes.CONFIGURATION
    assert "The Pulumi CLI is not installed." in capsys.readouterr().err


@pytest.mark.parametrize("said", ["v3.18.1", "3.199.0", "v2.25.2"])
def test_one_that_is_too_old_is_named_with_the_version_that_is_needed(install, said):
    path = install(f"echo {said}")
    with pytest.raises(UsageError, match="too old") as caught:
        find_cli()
    assert f"{path} is version {said.lstrip('v')}" in caught.value.detail
    assert ".".join(map(str, OLDEST)) in caught.value.detail


@pytest.mark.parametrize("script", ["echo 'cannot execute' >&2; exit 1", "exit 126"])
def test_one_that_does_not_run_says_what_it_said(install, script):
    install(script)
    with pytest.raises(UsageError, match="does not run"):
        find_cli()


def test_one_that_is_no_program_does_not_run(install):
    install("").write_bytes(b"\x7fELF nonsense")
    with pytest.raises(UsageError, match="does not run"):
        find_cli()


@pytest.mark.parametrize("said", ["v3.200.0", "v3.260.1", "v3.261.0-alpha.1a2b3c"])
def test_a_new_one_is_taken(install, said):
    install(f"echo {said}")
    assert str(find_cli().version) == said.lstrip("v")


def test_one_built_from_source_names_no_version_and_is_taken_for_the_oldest(install):
    install("echo")
    assert str(find_cli().version) == ".".join(map(str, OLDEST))


@pytest.fixture
def deployed(install, tmp_path):
    """A CLI that knows one stack, and what that exports."""
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(make_environment().to_outputs()))
    install(f'case "$*" in version) echo v3.250.0;; *"stack output"*) /bin/cat {outputs};; esac')


def test_a_command_on_aws_uses_the_persons_own_credentials(deployed, project, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEPERSON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    clients = PulumiBackend(project, "screening-dev").clients()
    assert not clients.embedded
    assert clients.region == REGION
    s3 = clients("s3")
    assert s3._request_signer._credentials.access_key == "AKIAOFTHEPERSON"
    assert s3.meta.endpoint_url.endswith("amazonaws.com")


def test_a_profile_is_taken_too(deployed, project, monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[lab]\naws_access_key_id = AKIAOFTHEPROFILE\naws_secret_access_key = theirs\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "lab")
    s3 = PulumiBackend(project, "screening-dev").clients()("s3")
    assert s3._request_signer._credentials.access_key == "AKIAOFTHEPROFILE"


def test_the_profile_of_the_stack_file_is_taken_before_all(deployed, project, monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[prod]\naws_access_key_id = AKIAOFTHESTACK\naws_secret_access_key = theirs\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    stack_file = project / "stacks/Pulumi.screening-dev.yaml"
    stack_file.write_text(stack_file.read_text().replace("config:", "config:\n  aws:profile: prod", 1))
    s3 = PulumiBackend(project, "screening-dev").clients()("s3")
    assert s3._request_signer._credentials.access_key == "AKIAOFTHESTACK"


def test_a_profile_that_is_nowhere_is_named(deployed, project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    assert run_command(["data", "ls", "screening-dev", "--cloud", "aws"]) == exit_codes.AUTHENTICATION
    assert "nobodys" in capsys.readouterr().err


def test_data_runs_and_the_rest_reach_the_environment_on_aws(deployed, project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    with moto_clients(embedded=False) as clients:
        make_lake(make_environment(), clients)
        clients("s3").put_object(Bucket=make_environment().lake.bucket, Key="raw/a.csv", Body=b"1")
        asked = []
        monkeypatch.setattr(
            Clients, "aws", classmethod(lambda cls, region, profile=None: asked.append(region) or clients)
        )
        assert run_command(["data", "ls", "screening-dev", "--cloud", "aws"]) == exit_codes.OK
    assert asked == [REGION]
    assert "raw/a.csv" in capsys.readouterr().out
