"""``mlops-iac ci``: files that hosts take, with no key, no more rights than they need, and nobody's own overwritten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_iac.backends.exported import Exported
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import StateError
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.scaffold.ci_files import FILES, ci_files
from tests.program.test_touched import git

Capture = pytest.CaptureFixture[str]
HOSTS = list(FILES)
WRITES = {
    "comment": {"pull-requests"},
    "plan": {"id-token"},
    "up": {"id-token"},
    "states": {"id-token"},
    "drift": {"id-token"},
}
"""Job to the rights to write that it has."""


@pytest.fixture
def repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(project, "init", "-q", "-b", "main")
    monkeypatch.chdir(project)
    return project


def workflows(root: Path) -> dict[str, dict[str, Any]]:
    texts = ci_files(root, "github", branch="main", environment="production")
    return {Path(file).name: yaml.safe_load(text) for file, text in texts.items()}


def steps(root: Path) -> list[dict[str, Any]]:
    return [step for text in workflows(root).values() for job in text["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("host", HOSTS)
def test_its_files_are_written_once_and_found_up_to_date(host: str, repository: Path, capsys: Capture) -> None:
    assert run_command(["ci", "init", "--for", host, "--check"]) == exit_codes.ERROR
    assert "not up to date" in capsys.readouterr().err
    assert run_command(["ci", "init", "--for", host, "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert told["written"] == told["files"] == list(FILES[host])
    assert "AWS_REGION" in told["variables"]
    for file in FILES[host]:
        assert yaml.safe_load((repository / file).read_text())
    assert run_command(["ci", "init", "--for", host, "--check"]) == exit_codes.OK
    assert run_command(["ci", "init", "--for", host]) == exit_codes.OK
    assert "Up to date." in capsys.readouterr().err


@pytest.mark.parametrize("host", HOSTS)
def test_a_persons_own_file_stays_without_force(host: str, repository: Path, capsys: Capture) -> None:
    file = repository / FILES[host][0]
    file.parent.mkdir(parents=True)
    file.write_text("mine\n")
    assert run_command(["ci", "init", "--for", host]) == exit_codes.CONFIGURATION
    assert file.read_text() == "mine\n"
    assert not any((repository / other).exists() for other in FILES[host][1:])
    assert FILES[host][0] in capsys.readouterr().err
    assert run_command(["ci", "init", "--for", host, "--force"]) == exit_codes.OK
    assert "ci init" in file.read_text()


def test_a_link_is_not_followed(repository: Path) -> None:
    elsewhere = repository / "elsewhere.yml"
    elsewhere.write_text("mine\n")
    file = repository / FILES["gitlab"][0]
    file.parent.mkdir()
    file.symlink_to(elsewhere)
    assert run_command(["ci", "init", "--for", "gitlab", "--force"]) == exit_codes.CONFIGURATION
    assert elsewhere.read_text() == "mine\n"


@pytest.mark.parametrize("word", ["main]\npermissions: write-all", "$(id)", "", "a b", "${{ github.token }}"])
@pytest.mark.parametrize("option", ["--branch", "--environment"])
def test_a_name_cannot_become_a_command(option: str, word: str, repository: Path) -> None:
    assert run_command(["ci", "init", "--for", "github", option, word]) == exit_codes.CONFIGURATION
    assert not (repository / ".github").exists()


def test_files_lie_at_the_top_of_the_repository(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(project.parent, "init", "-q")
    monkeypatch.chdir(project)
    assert run_command(["ci", "init", "--for", "github"]) == exit_codes.OK
    assert (project.parent / ".github/workflows").is_dir()


def test_every_action_is_pinned_by_its_commit(repository: Path) -> None:
    text = "".join(ci_files(repository, "github", branch="main", environment="production").values())
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in uses)


def test_no_job_has_more_rights_than_it_needs(repository: Path) -> None:
    for file, text in workflows(repository).items():
        assert text["permissions"] == {}
        for name, job in text["jobs"].items():
            rights = job["permissions"]
            writes = {right for right, level in rights.items() if level == "write"}
            assert writes == WRITES.get(name, set()), f"{file}: {name}"
            assert set(rights.values()) <= {"read", "write"}


def test_what_runs_a_pull_request_has_no_credentials(repository: Path) -> None:
    jobs = workflows(repository)["mlops-iac-preview.yml"]["jobs"]
    assert "id-token" not in jobs["preview"]["permissions"]
    assert not any("aws-actions" in step.get("uses", "") for step in jobs["preview"]["steps"])
    assert not any("checkout" in step.get("uses", "") for step in jobs["comment"]["steps"])  # it may write
    assert "head.repo.full_name == github.repository" in jobs["comment"]["if"]


def test_nothing_that_others_write_is_pasted_into_a_script(repository: Path) -> None:
    assert not [step["run"] for step in steps(repository) if "${{" in step.get("run", "")]
    assert all(
        step["with"]["persist-credentials"] is False
        for step in steps(repository)
        if "fetch-depth" in step.get("with", {})
    )


def test_stacks_take_turns_and_deployments_ask_their_environment(repository: Path) -> None:
    up = workflows(repository)["mlops-iac-deploy.yml"]["jobs"]["up"]
    assert up["concurrency"] == {"group": "mlops-iac-${{ matrix.stack }}", "cancel-in-progress": False}
    assert up["environment"] == "production"
    (runs,) = (step["run"] for step in up["steps"] if "--plan" in step.get("run", ""))
    assert runs == 'mlops-iac up "$STACK" --plan plan.json --yes --wait 60'


@pytest.mark.parametrize("host", HOSTS)
def test_no_account_and_no_key_stands_in_a_file(host: str, repository: Path) -> None:
    text = "".join(ci_files(repository, host, branch="main", environment="production").values())
    assert not re.search(r"\b\d{12}\b|AKIA|aws_access_key|AWS_SECRET", text, re.IGNORECASE)


@pytest.mark.parametrize("host", ["gitlab", "azure-devops"])
def test_the_python_that_writes_a_comment_is_python(host: str, repository: Path) -> None:
    (text,) = ci_files(repository, host, branch="main", environment="production").values()
    scripts = re.findall(r"<<'END'\n(.*?)\n\s+END", text, re.DOTALL)
    assert scripts
    for script in scripts:
        margin = min(len(line) - len(line.lstrip()) for line in script.splitlines() if line.strip())
        compile("\n".join(line[margin:] for line in script.splitlines()), host, "exec")


def test_stacks_are_listed_for_a_pipeline(repository: Path, capsys: Capture) -> None:
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    assert run_command(["ci", "stacks"]) == exit_codes.OK
    assert capsys.readouterr().out == "screening-dev\n"
    for words, stacks in ((["--changed-since", "HEAD"], []), (["--changed-since", "0" * 40], ["screening-dev"])):
        assert run_command(["ci", "stacks", "--json", *words]) == exit_codes.OK
        assert json.loads(capsys.readouterr().out)["stacks"] == stacks
    assert run_command(["ci", "stacks", "--changed-since", "nowhere"]) == exit_codes.CONFIGURATION


def test_what_is_not_deployed_has_no_state_to_export(repository: Path, capsys: Capture) -> None:
    assert run_command(["ci", "states", "states", "--json"]) == exit_codes.OK
    assert json.loads(capsys.readouterr().out) == {"stacks": []}
    assert list(Path("states").iterdir()) == []
    assert run_command(["preview", "--all", "--state", "states", "--json"]) == exit_codes.OK
    body = json.loads(capsys.readouterr().out)["stacks"]["screening-dev"]
    assert body["changeSummary"] == {"create": 70}


def test_an_export_of_another_stack_is_not_compared_with(
    repository: Path, recorded_export: str, capsys: Capture
) -> None:
    Path("states").mkdir()
    other = recorded_export.replace("screening-dev", "screening-prod")
    Path("states/screening-dev.json").write_text(other)
    assert run_command(["preview", "--all", "--state", "states"]) == exit_codes.ERROR
    assert "This is an export of another stack." in capsys.readouterr().err
    assert run_command(["preview", "--all", "--state", "nowhere"]) == exit_codes.CONFIGURATION


@pytest.fixture
def recorded_export() -> str:
    checkpoint = json.loads((Path(__file__).parents[1] / "golden/pulumi/checkpoint.json").read_text())
    return json.dumps({"version": 3, "deployment": checkpoint["checkpoint"]["latest"]})


def test_an_export_has_no_outputs_of_other_stacks() -> None:
    store = Exported(Snapshot(), "project")
    with pytest.raises(StateError, match="not in an export"):
        store.of_project("other").outputs("prod")
