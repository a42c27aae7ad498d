"""What a program changes in all resources of a type, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes

Capture = pytest.CaptureFixture[str]

MAIN = """\
from pulumi_aws.s3 import Bucket

from mlops_iac.program import main

main(
    transforms={Bucket: %s},
)
"""


def preview(project: Path, transform: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(project)
    (project / "__main__.py").write_text(MAIN % transform)
    return run_command(["preview", "screening-dev", "--json"])


def test_a_transform_of_a_type_changes_what_the_blueprint_makes(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert preview(project, '{"tags": {"cost-centre": "research"}}', monkeypatch) == exit_codes.OK
    steps = json.loads(capsys.readouterr().out)["steps"]
    buckets = [step["newState"]["inputs"] for step in steps if step["urn"].split("::")[-2].endswith("s3/bucket:Bucket")]
    assert buckets
    for inputs in buckets:
        assert inputs["tags"]["cost-centre"] == "research"
        assert inputs["tags"]["mlops-iac:stack"] == "screening-dev", "ours stay"


def test_a_property_that_the_type_has_not_stops_the_preview_at_its_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert preview(project, '{"tagz": {}}', monkeypatch) == exit_codes.CONFIGURATION
    (problem,) = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert problem == {
        "file": "__main__.py",
        "line": 5,
        "summary": "Unknown property.",
        "detail": "`aws:s3/bucket:Bucket` has no property `tagz`.",
        "hint": "did you mean `tags`?",
    }
