"""Who encrypts the secrets of stacks that the Pulumi CLI makes: what the company's file says."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand
from semver import VersionInfo

from mlops_iac.backends.pulumi import PulumiBackend

KEY = "awskms:///arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d?region=eu-west-1"


def test_a_stack_that_the_cli_makes_has_the_company_s_secrets_provider(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi's own workspace hands it to `pulumi stack init`."""
    command = object.__new__(PulumiCommand)  # none is asked, so none need be installed
    command.version = VersionInfo(3, 260, 0)
    monkeypatch.setattr("mlops_iac.backends.pulumi.find_cli", lambda: command)
    assert PulumiBackend(project, "screening-dev")._workspace.secrets_provider is None
    (project / "mlops-iac.yaml").write_text(f"secrets_provider: {KEY}\n")
    assert PulumiBackend(project, "screening-dev")._workspace.secrets_provider == KEY
