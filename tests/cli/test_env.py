"""`mlops-iac env`: any shell and any client reads it, and nothing in it is read as anything else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.env import Shell, lines
from mlops_iac.cli.main import run_command
from mlops_iac.clients import Clients, Credentials
from mlops_iac.core import exit_codes
from mlops_iac.core.environment import Service
from tests.support.recorded_aws import Refusal, recorded
from tests.support.small_environment import make_environment

HOSTILE = {"A": "it's", "B": "$(touch owned) `touch owned`", "C": "a\\'b\\", "D": "two\nlines", "E": 'say "x"', "F": ""}


@pytest.fixture(params=["embedded", "aws"])
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    clients = Clients.embedded("http://127.0.0.1:4510", "eu-west-1", credentials=Credentials("KEYID", "half"))
    if request.param == "aws":
        clients = Clients.aws("eu-west-1")
    opened = environments.Opened(make_environment(), clients, tmp_path)
    monkeypatch.setattr("mlops_iac.cli.environments.open_environment", lambda *_, **__: opened)
    return str(request.param)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert run_command(["env", "screening-dev", "--json"]) == exit_codes.OK
    found: dict[str, str] = json.loads(capsys.readouterr().out)["variables"]
    return found


def test_it_names_the_cloud_the_key_and_what_there_is_to_work_on(
    cloud: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys)
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")
    assert (found["MLOPS_IAC_STACK"], found["MLOPS_IAC_BUCKET"]) == ("screening-dev", "screening-dev-lake")
    embedded = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4510", "AWS_ACCESS_KEY_ID": "KEYID"}
    assert {name: found.get(name) for name in embedded} == (
        embedded if cloud == "embedded" else dict.fromkeys(embedded)
    )


def test_keys_of_aws_are_never_printed(cloud: str, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-person")
    run_command(["env", "screening-dev"])
    assert "of-the-person" not in capsys.readouterr().out


@pytest.mark.parametrize("shell", Shell)
def test_a_shell_reads_each_value_as_it_is(shell: Shell, tmp_path: Path) -> None:
    interpreter = shutil.which(shell)
    if interpreter is None:
        pytest.skip(f"{shell} is not installed")
    script = "\n".join(
        [
            *lines(HOSTILE, ["GONE"], shell),
            f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'",
        ]
    )
    done = subprocess.run(
        [interpreter, "-c", script], cwd=tmp_path, env={**os.environ, "GONE": "x"}, capture_output=True, check=True
    )
    found = json.loads(done.stdout)
    assert {name: found[name] for name in HOSTILE} == HOSTILE
    assert "GONE" not in found
    assert list(tmp_path.iterdir()) == []


def test_fish_is_quoted_by_fishs_rules() -> None:
    """In single quotes fish knows a backslash before a quote and before a backslash, and nothing else."""
    assert lines({"A": "it's \\n $x"}, ["GONE"], Shell.FISH) == ["set -e GONE", "set -gx A 'it\\'s \\\\n $x'"]


@pytest.mark.parametrize("cloud", ["embedded"], indirect=True)
def test_a_command_gets_the_variables_and_none_that_mislead(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr("os.execvpe", lambda file, arguments, variables: started.append((arguments, variables)))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "of-the-person")
    assert run_command(["env", "screening-dev", "--", "aws", "s3", "ls", "--json"]) == exit_codes.OK
    ((arguments, variables),) = started
    assert arguments == ["aws", "s3", "ls", "--json"]
    assert variables["AWS_ACCESS_KEY_ID"] == "KEYID"
    assert "of-the-person" not in variables.values()
    assert variables["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize("cloud", ["embedded"], indirect=True)
def test_a_command_that_is_not_there_is_told(cloud: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["env", "screening-dev", "--", "no-such-program"]) == exit_codes.CONFIGURATION
    assert "no-such-program: No such file or directory" in capsys.readouterr().err


WAREHOUSE = Service(
    endpoint="https://acme.snowflakecomputing.com",
    credentials="acme/warehouse",
    client={"SNOWFLAKE_ACCOUNT": "acme"},
    secrets={"SNOWFLAKE_PASSWORD": "password"},
)
GOOGLE = Service(
    endpoint="https://europe-west4-aiplatform.googleapis.com",
    credentials="acme/google",
    client={"GOOGLE_CLOUD_PROJECT": "acme"},
    secrets={"GOOGLE_APPLICATION_CREDENTIALS": "file:"},
)


@pytest.fixture
def with_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def read(params: dict[str, Any]) -> Any:
        name = json.loads(params["body"])["SecretId"]
        return {"SecretString": json.dumps({"password": f"of {name}"})} if name != "gone" else Refusal("AccessDenied")

    clients = recorded({"secretsmanager.GetSecretValue": read})
    known = make_environment()
    services = {
        **known.services,
        "warehouse": WAREHOUSE,
        "google": GOOGLE,
        "other": replace(WAREHOUSE, credentials="gone"),
    }
    opened = environments.Opened(replace(known, services=services), clients, tmp_path)
    monkeypatch.setattr("mlops_iac.cli.environments.open_environment", lambda *_, **__: opened)


def test_secrets_of_other_systems_are_printed_only_when_asked_for(
    with_systems: None, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys)
    assert (found["SNOWFLAKE_ACCOUNT"], found["GOOGLE_CLOUD_PROJECT"]) == ("acme", "acme")
    assert not {"SNOWFLAKE_PASSWORD", "GOOGLE_APPLICATION_CREDENTIALS"} & set(found)
    assert run_command(["env", "screening-dev"]) == exit_codes.OK
    printed = capsys.readouterr()
    assert "of acme/warehouse" not in printed.out + printed.err
    assert "Without the secrets of warehouse, google, other" in printed.err
    assert run_command(["env", "screening-dev", "--secrets"]) == exit_codes.OK
    printed = capsys.readouterr()
    assert "export SNOWFLAKE_PASSWORD='of acme/warehouse'" in printed.out
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in printed.out
    assert "google has no credentials here. Its client reads a file" in printed.err
    assert "other has no credentials here. The secret `gone` cannot be read" in printed.err


def test_a_command_finds_them_and_its_file_is_gone_after_it(
    with_systems: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told"
    script = "import os, stat, sys; p = os.environ['GOOGLE_APPLICATION_CREDENTIALS']; s = os.stat(p)\n"
    script += f"open({str(told)!r}, 'w').write('\\n'.join([os.environ['SNOWFLAKE_PASSWORD'], p, open(p).read()]))\n"
    script += "sys.exit(5 if stat.S_IMODE(s.st_mode) == 0o600 else 6)"
    assert run_command(["env", "screening-dev", "--", sys.executable, "-c", script]) == 5
    password, path, text = told.read_text().split("\n")
    assert (password, json.loads(text)) == ("of acme/warehouse", {"password": "of acme/google"})
    assert not Path(path).exists()
