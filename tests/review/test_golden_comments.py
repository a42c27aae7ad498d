"""The comment on each kind of pull request, as a reviewer reads it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.program.test_touched import git
from tests.support.golden import check_golden

DEV, PROD = "stacks/Pulumi.screening-dev.yaml", "stacks/Pulumi.churn-dev.yaml"
ID = re.compile(r"\b(subnet-|sg-|key/)[0-9a-f-]{8,}")
"""What the cloud chose."""
OPTIONS = "  mlops-iac:options:\n"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two teams' environments, deployed from main; what the last deployment exported lies in ``states``."""
    root = make_project(tmp_path_factory.mktemp("project") / "project")
    text = (root / DEV).read_text()
    (root / PROD).write_text(text.replace("team: screening", "team: churn"))
    (root / ".gitignore").write_text(".mlops-iac/\nstates/\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for stack in ("screening-dev", "churn-dev"):
            assert run_command(["up", stack, "--yes", "--json"]) == exit_codes.OK
        assert run_command(["ci", "states", "states"]) == exit_codes.OK
        assert run_command(["cloud", "stop"]) == exit_codes.OK
    return root


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def add_a_team(root: Path) -> None:
    text = (root / DEV).read_text()
    (root / "stacks/Pulumi.uplift-dev.yaml").write_text(text.replace("team: screening", "team: uplift"))


def change_a_size(root: Path) -> None:
    edit(
        root / DEV, OPTIONS, f"{OPTIONS}    instances: {{train: {{instance_type: ml.m5.4xlarge, instance_count: 2}}}}\n"
    )


def raise_a_bound(root: Path) -> None:
    edit(root / DEV, "at_least: 0.9", "at_least: 0.95")


def replace_a_bucket(root: Path) -> None:
    renamed = (
        "def rename(props, opts):\n    props['bucket'] = props['bucket'].apply(lambda name: f'{name}-v2')\n\n\n"
        "main(transforms={Bucket: rename})\n"
    )
    edit(root / "__main__.py", "main()\n", renamed)
    edit(root / "__main__.py", "from", "from pulumi_aws.s3 import Bucket\n\nfrom")


def delete_an_environment(root: Path) -> None:
    (root / PROD).unlink()


def break_a_policy(root: Path) -> None:
    edit(root / "__main__.py", "main()", "main(transforms={BucketPublicAccessBlock: {'block_public_acls': False}})")
    edit(root / "__main__.py", "from", "from pulumi_aws.s3 import BucketPublicAccessBlock\n\nfrom")


def raise_the_cost(root: Path) -> None:
    edit(root / DEV, ": tabular-batch", ": realtime-inference")


KINDS: dict[str, tuple[Callable[[Path], None], int]] = {
    "add-a-team": (add_a_team, exit_codes.OK),
    "change-a-size": (change_a_size, exit_codes.OK),
    "raise-a-bound": (raise_a_bound, exit_codes.OK),
    "replace-a-bucket": (replace_a_bucket, exit_codes.OK),
    "delete-an-environment": (delete_an_environment, exit_codes.OK),
    "break-a-policy": (break_a_policy, exit_codes.POLICY),
    "raise-the-cost": (raise_the_cost, exit_codes.OK),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_comment_on_a_pull_request(
    kind: str, deployed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    shutil.copytree(deployed, root, ignore=shutil.ignore_patterns(".mlops-iac"))  # as a runner has it
    monkeypatch.chdir(root)
    git(root, "checkout", "-q", "-b", "change")
    change, code = KINDS[kind]
    change(root)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "change")
    words = ["preview", "--all", "--state", "states", "--changed-since", "main", "--comment", "comment.md"]
    assert run_command(words) == code
    assert not os.path.exists(".mlops-iac/cloud")
    check_golden(f"comments/{kind}.md", ID.sub(r"\1ID", Path("comment.md").read_text()))
