"""The Pulumi CLI that is absent, broken, too old, or names no version: told apart, each with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.backends.pulumi import PulumiBackend
from mlops_iac.backends.pulumi_cli import OLDEST, find_cli
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import UsageError


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
