"""Which environments a change can touch: by the files in which it differs from another commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlops_iac.core.errors import UsageError
from mlops_iac.program.touched import untouched

STACKS = ("churn-dev", "churn-prod", "screening-dev")


def git(root: Path, *words: str) -> None:
    named = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, "-C", str(root), *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three stacks of two teams, of one commit on main; a branch is checked out."""
    root = tmp_path / "project"
    (root / "stacks").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: mlops-iac\nruntime: python\nstackConfigDir: stacks\n")
    for stack in STACKS:
        team, _, environment = stack.partition("-")
        (root / f"teams/{team}").mkdir(parents=True, exist_ok=True)
        (root / f"teams/{team}/train.py").write_text("pass\n")
        settings = {"aws:region": "eu-west-1", "team": team, "environment": environment, "code": f"teams/{team}"}
        lines = [f"  {key if ':' in key else f'mlops-iac:{key}'}: {value}\n" for key, value in settings.items()]
        lines.append("  mlops-iac:blueprint: tabular-batch\n")
        (root / f"stacks/Pulumi.{stack}.yaml").write_text("config:\n" + "".join(lines))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    git(root, "checkout", "-q", "-b", "change")
    return root


def change(root: Path, path: str, text: str = "changed: true\n", *, commit: bool = True) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened:
        opened.write(text)
    if commit:
        git(root, "add", "-A")
        git(root, "commit", "-qm", "change")


def previewed(root: Path) -> list[str]:
    left_out = untouched(root, STACKS, "main")
    return [stack for stack in STACKS if stack not in left_out]


@pytest.mark.parametrize(
    ("path", "stacks"),
    [
        ("stacks/Pulumi.churn-dev.yaml", ["churn-dev"]),
        ("teams/churn/train.py", ["churn-dev", "churn-prod"]),
        ("teams/churn/notes.md", ["churn-dev", "churn-prod"]),
        ("mlops-iac.yaml", list(STACKS)),
        ("Pulumi.yaml", list(STACKS)),
        ("__main__.py", list(STACKS)),
        ("requirements.txt", list(STACKS)),
        ("settings/anything.json", list(STACKS)),
        ("README.md", []),
        ("docs/page.html", []),
        (".github/workflows/ci.yml", []),
        ("stacks/Pulumi.new-dev.yaml", []),
    ],
)
@pytest.mark.parametrize("commit", [True, False])
def test_a_file_touches_whom_it_can(repository: Path, path: str, stacks: list[str], commit: bool) -> None:
    change(repository, path, "# changed\n", commit=commit)
    assert previewed(repository) == stacks


def test_what_main_did_meanwhile_is_not_the_change(repository: Path) -> None:
    change(repository, "stacks/Pulumi.churn-dev.yaml", "# changed\n")
    git(repository, "checkout", "-q", "main")
    change(repository, "mlops-iac.yaml", "defaults: {}\n")
    git(repository, "checkout", "-q", "change")
    assert previewed(repository) == ["churn-dev"]


def test_a_stack_that_cannot_be_read_is_looked_at(repository: Path) -> None:
    change(repository, "stacks/Pulumi.screening-dev.yaml", "\n- no: [stack file\n")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "change")
    git(repository, "checkout", "-q", "-b", "other")
    change(repository, "stacks/Pulumi.churn-dev.yaml", "# changed\n")
    assert previewed(repository) == ["churn-dev", "screening-dev"]


def test_the_reason_names_what_changed(repository: Path) -> None:
    change(repository, "teams/churn/train.py", "# changed\n")
    assert untouched(repository, STACKS, "main") == {
        "screening-dev": "neither its stack file nor its code is among what changed: teams/churn/train.py"
    }
    git(repository, "checkout", "-q", "main")
    assert set(untouched(repository, STACKS, "main").values()) == {"nothing changed"}


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=x", ""])
def test_a_commit_that_git_does_not_know_is_misuse(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="git knows no such commit") as told:
        untouched(repository, STACKS, ref)
    assert "fetch-depth: 0" in told.value.hint


def test_a_folder_that_is_no_repository_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        untouched(tmp_path, [], "main")
