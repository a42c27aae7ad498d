"""Likely secrets do not travel: by name, by form, with their place, and never shown."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mlops_iac.cloud.token import keep
from mlops_iac.core.errors import RunError
from mlops_iac.runs.folder import check_inside, read_code_folder
from mlops_iac.runs.secrets import find_in_content, find_in_name

KEY = "AKIA" + "2E3PLK7MQXZR5WTU"
"""In two pieces here, and so below: other people's detectors read this file."""
CONTENTS = {
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\n",
    "an access key of AWS": f"KEY = '{KEY}'",
    "a secret key of AWS": 'aws_secret_access_key = "' + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzz" + 'abcd"',
    "a token of GitHub": "ghp" + "_" + "a1B2" * 9,
    "a token of GitLab": "glpat" + "-" + "x" * 20,
    "a token of Hugging Face": "hf" + "_" + "aB" * 17,
    "an API key": "sk" + "-proj-" + "a1B2" * 9,
    "an API key of Google": "AIza" + "x" * 35,
    "a token of Slack": "xoxb" + "-1234567890-abcdefghijkl",
    "a key of Stripe": "sk" + "_live_" + "a" * 24,
    "a token of npm": "npm" + "_" + "a" * 36,
}
IN_A_NOTEBOOK = ("a private key", "an access key of AWS", "a secret key of AWS", "a token of GitHub")
HARMLESS = (
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "password = os.environ['PASSWORD']",
    "sha256 = " + "a1b2c3d4" * 8,
    "task-" + "a" * 50 + " risk-" + "b" * 50,
    "-----BEGIN CERTIFICATE-----\nMIIEow\n",
    'if text.startswith("-----BEGIN PRIVATE KEY-----"): pass',
    json.dumps('if "-----BEGIN PRIVATE KEY-----" in text: pass'),
    json.dumps({"image/png": "iVBORw0KGgo" + "AKIA" * 200}),
)
NAMES = (
    ".aws/credentials", ".ssh/id_rsa", ".env.local", "sub/.env.production", ".netrc", ".git-credentials", "server.pem",
    "certs/CA.PEM", "terraform.tfstate", "terraform.tfstate.backup", ".pypirc", ".kube/config", "keys/id_ed25519",
    "deep/.aws/sso/cache/x.json", ".docker/config.json", ".mlops-iac/passphrase", "store.p12", "kaggle.json",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_file_in_which_a_tool_keeps_secrets_is_refused_by_its_name(code: Path, name: str) -> None:
    (code / name).parent.mkdir(parents=True, exist_ok=True)
    (code / name).write_text("x")
    with pytest.raises(RunError, match="looks like a secret") as caught:
        read_code_folder(code)
    (problem,) = caught.value.problems
    assert problem.file == f"{code}/{name}"
    assert f"`--allow {name}`" in problem.hint
    assert name in [file.name for file in read_code_folder(code, [name])]


@pytest.mark.parametrize("what", IN_A_NOTEBOOK)
@pytest.mark.parametrize("indent", [None, 1])
def test_what_a_cell_of_a_notebook_says_or_showed_is_looked_at_too(what: str, indent: int | None) -> None:
    lines = CONTENTS[what].splitlines(keepends=True)
    for cell in ({"source": lines}, {"source": CONTENTS[what]}, {"outputs": [{"text": ["one\n", *lines]}]}):
        content = json.dumps({"cells": [cell], "nbformat": 4}, indent=indent).encode()
        assert [secret.what for secret in find_in_content("look.ipynb", content)] == [what]


@pytest.mark.parametrize("name", ["train.py", ".env.example", "id_rsa.pub", "environment.yml", "pem.py", "keys.csv"])
def test_other_names_travel(name: str) -> None:
    assert find_in_name(name) is None


@pytest.mark.parametrize("what", CONTENTS)
def test_a_form_that_only_keys_have_is_refused_with_its_line_and_not_shown(code: Path, what: str) -> None:
    (code / "settings.py").write_text(f"# settings\n\n{CONTENTS[what]}\n")
    with pytest.raises(RunError) as caught:
        read_code_folder(code)
    (problem,) = caught.value.problems
    assert (problem.line, what in problem.detail) == (3, True)
    assert CONTENTS[what][5:] not in str(caught.value)


def test_the_key_of_an_embedded_cloud_is_one_too(tmp_path: Path) -> None:
    key = keep(tmp_path).owner.access_key
    assert [found.what for found in find_in_content("x", key.encode())] == ["the key of an embedded cloud"]


@pytest.mark.parametrize("text", HARMLESS, ids=range(len(HARMLESS)))
def test_what_only_resembles_a_key_travels(text: str) -> None:
    assert list(find_in_content("x.py", text.encode())) == []


def test_every_secret_is_told_at_once(code: Path) -> None:
    (code / ".netrc").write_text("x")
    (code / "a.py").write_text(CONTENTS["a token of GitHub"])
    (code / "b.py").write_text(KEY)
    with pytest.raises(RunError) as caught:
        read_code_folder(code)
    assert [Path(problem.file).name for problem in caught.value.problems] == [".netrc", "a.py", "b.py"]


def test_an_ignored_file_is_not_looked_at(code: Path) -> None:
    (code / ".mlops-iac-ignore").write_text("*.pem\n")
    (code / "server.pem").write_text("x")
    assert "server.pem" not in [file.name for file in read_code_folder(code)]


def test_our_own_examples_and_launcher_hold_none() -> None:
    checkout = Path(__file__).parents[2]
    for folder in (checkout / "examples/screening", checkout / "mlops_iac/runs/launcher"):
        assert read_code_folder(folder)


def test_looking_costs_little(code: Path) -> None:
    content = b"AKIA -----BEGIN sk- gh hf_ " * 400_000
    began = time.process_time()
    assert list(find_in_content("x", content)) == []
    assert time.process_time() - began < 5  # ten megabytes of nothing but beginnings


def test_a_link_to_itself_and_a_circle_are_told(code: Path) -> None:
    (code / "loop").symlink_to("loop")
    with pytest.raises(RunError, match="Link cannot be packed"):
        read_code_folder(code)


def test_a_name_that_is_no_text_is_told(code: Path) -> None:
    try:
        (Path(code) / "caf\udce9.py").write_text("x")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(RunError, match="File name cannot be packed") as caught:
        read_code_folder(code)
    str(caught.value).encode()
    (code / ".mlops-iac-ignore").write_text("caf*\n")
    assert read_code_folder(code)


def test_a_code_folder_that_leads_out_of_the_project_is_refused_as_the_preview_does(code: Path, tmp_path: Path) -> None:
    root = tmp_path / "a project"
    root.mkdir()
    (root / "code").symlink_to(code)
    with pytest.raises(RunError, match="outside the project"):
        check_inside(root / "code", root)
    (root / "inside").mkdir()
    check_inside(root / "inside", root)
