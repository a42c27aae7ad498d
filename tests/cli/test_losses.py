"""What would lose data stands first in every output that shows what is going to happen."""

from __future__ import annotations

import json

import pytest

from mlops_iac.backends.everything import Previewed
from mlops_iac.cli.main import run_command
from mlops_iac.config.usage import Usage
from mlops_iac.core import exit_codes
from mlops_iac.engine.event import Op, Result, Step
from mlops_iac.render.pulumi_json import result_json
from mlops_iac.review.review import review

URN = "urn:pulumi:recorded-dev::mlops-iac::aws:kms/key:Key::encryption-key"
KEY = Step(
    op=Op.DELETE, urn=URN, type="aws:kms/key:Key", name="encryption-key", parent=None, provider=None, custom=True
)
LOSING = Result(steps=(KEY,), changes={"delete": 1}, outputs={}, seconds=1.0)
WORDS = "deletes encryption-key (aws:kms/key:Key): everything that was encrypted with it would be lost"
AS_JSON = [{"op": "delete", "urn": URN, "type": "aws:kms/key:Key", "loses": "everything that was encrypted with it"}]


@pytest.fixture
def deployed(recording, monkeypatch):
    """A stack whose every operation would delete its key; alone, and as one of all."""
    body = {"review": review("recorded-dev", LOSING, Usage()), "json": result_json(LOSING)}
    one = Previewed(stack="recorded-dev", seconds=1.0, changes=LOSING.changes, body=body)
    monkeypatch.setattr(
        "mlops_iac.backends.everything.preview_stacks", lambda root, stacks, render, exports=None: iter([one])
    )
    return recording(preview=LOSING, up=LOSING, destroy=LOSING, destroy_preview=LOSING, refresh=LOSING)


@pytest.mark.parametrize(
    "words",
    [["preview", "recorded-dev"], ["preview", "--all"], ["up", "recorded-dev"], ["destroy", "recorded-dev"]],
    ids=" ".join,
)
def test_people_read_it_first(deployed, words, capsys):
    run_command(words)
    first = capsys.readouterr().out.splitlines()[0]
    assert first.replace("recorded-dev ", "").strip() == WORDS


@pytest.mark.parametrize("words", [["preview", "recorded-dev"], ["preview", "--all"]], ids=" ".join)
def test_a_pull_request_reads_it_before_any_table(deployed, words, capsys):
    assert run_command([*words, "--format", "markdown"]) == exit_codes.OK
    before, _, _ = capsys.readouterr().out.partition("| ")
    assert "[!CAUTION]" in before
    assert "`encryption-key` (delete): everything that was encrypted with it" in before


@pytest.mark.parametrize(
    "words",
    [["preview", "recorded-dev"], ["up", "recorded-dev", "--yes"], ["refresh", "recorded-dev", "--yes"],
     ["destroy", "recorded-dev", "--yes"]],
    ids=" ".join,
)  # fmt: skip
def test_programs_find_it_first(deployed, words, capsys):
    assert run_command([*words, "--json"]) == exit_codes.OK
    body = json.loads(capsys.readouterr().out)
    assert next(iter(body)) == "losses"
    assert body["losses"] == AS_JSON


def test_programs_find_it_in_each_of_all(deployed, capsys):
    run_command(["preview", "--all", "--json"])
    assert json.loads(capsys.readouterr().out)["stacks"]["recorded-dev"]["losses"] == AS_JSON


def test_nothing_is_said_when_nothing_is_lost(recording, capsys):
    recording()
    assert run_command(["preview", "recorded-dev", "--json"]) == exit_codes.OK
    assert "losses" not in json.loads(capsys.readouterr().out)
