"""Each client of the list has its script, and the guide names the same list. The scripts are run by `make clients`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import __main__ as runner
from tests.clients import environments
from tests.clients.catalogue import CLIENTS, SMOKE, Client

CHECKOUT = Path(__file__).parents[2]


def test_each_client_has_its_script_and_each_script_its_client():
    assert sorted(client.script.name for client in CLIENTS) == sorted(
        path.name for path in SMOKE.iterdir() if path.suffix
    )


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.slug)
def test_a_script_says_what_it_does_compares_what_comes_back_and_needs_nothing_of_ours(client):
    module = ast.parse(client.script.read_text())
    assert ast.get_docstring(module)
    assert sum(isinstance(node, ast.Assert) for node in ast.walk(module)) >= 4
    imported = {node.module for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}
    imported |= {each.name for node in ast.walk(module) if isinstance(node, ast.Import) for each in node.names}
    imported = {name.split(".")[0] for name in imported}
    assert not imported & {"mlops_iac", "tests", "pytest"}


def test_the_guide_names_the_clients_that_are_tried():
    guide = (CHECKOUT / "docs/guides/clients.md").read_text().partition("## What is tried")[2].partition("\n## ")[0]
    named = [row.partition("|")[0].strip() for row in re.findall(r"^\| (.+)$", guide, re.MULTILINE)]
    assert named[1:] == [client.name for client in CLIENTS]


def test_a_client_has_a_package_or_a_program():
    for client in CLIENTS:
        assert bool(client.requirements) != bool(client.program), client.name


def test_what_would_mislead_a_client_is_taken_away(monkeypatch):
    for name in ("AWS_PROFILE", "PIP_TARGET", "PYTHONPATH"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("SSL_CERT_FILE", "x")
    assert {"AWS_PROFILE", "PIP_TARGET", "PYTHONPATH", "SSL_CERT_FILE"} & set(environments.bare()) == {"SSL_CERT_FILE"}


@pytest.mark.parametrize(
    ("program", "word"),
    [
        ("print('fine')", "passed"),
        ("assert 1 == 2", "FAILED"),
        ("import sys; print('no such thing here'); sys.exit(77)", "not run: no such thing here"),
    ],
)
def test_an_outcome_is_told_as_it_was(tmp_path, monkeypatch, program, word):
    (tmp_path / "with_it.py").write_text(program)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    monkeypatch.setattr(environments, "make", lambda client, folder: tmp_path / "bin")
    monkeypatch.setattr(environments, "version", lambda client, programs: "1")
    monkeypatch.setattr(runner.stack, "with_variables", lambda command: command)
    monkeypatch.setattr(Client, "script", property(lambda self: tmp_path / "with_it.py"))
    assert runner.try_one(Client("It", "it"), tmp_path / "venv", tmp_path).word == word


@pytest.mark.parametrize(
    ("words", "code"), [(["passed", "not run: no"], 0), (["passed", "FAILED"], 1), (["not run: no"], 1)]
)
def test_it_ends_with_an_error_when_one_fails_or_none_was_tried(monkeypatch, capsys, words, code):
    told = [runner.Outcome(Client("It", "it"), "1", word, 1.0) for word in words]
    monkeypatch.setattr(runner, "try_all", lambda chosen, folder: told)
    assert runner.main([]) == code
    counted = capsys.readouterr().out
    assert ("1 not run" in counted) == ("not run: no" in words)


def test_a_name_that_is_no_clients_is_refused_with_those_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "tests.clients", "s3gs"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "s3fs" in done.stderr
