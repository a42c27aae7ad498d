"""The Pulumi CLI, which `--cloud aws` drives."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.errors import UsageError
from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    from mlops_iac.backends.pulumi_cli import find_cli

    try:
        cli = find_cli()
    except UsageError as error:
        yield failed(f"{error.summary} {error.detail}", error.hint)
        return
    yield passed(f"the Pulumi CLI {cli.version or ''}".rstrip() + f" ({cli.command})")
