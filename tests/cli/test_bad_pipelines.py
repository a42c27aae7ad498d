"""What a team can get wrong in a pipeline: each is told with step, field, line, what is allowed and what to do.

What shows in the file is told by `pipeline check`, and by a preview, before anything is made. What shows in a run only
is in `HELD`, by the test that holds it.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.pipelines.steps.map import MOST_ITEMS
from tests.conftest import make_project

TESTS = Path(__file__).parents[1]
FILE = "examples/screening/pipelines/bad.yaml"
DATA = "parameters: {data: {type: prefix, default: raw/}}\n"
STEP = "kind: processing, script: validate.py, outputs: {data: {zone: curated}}"
GOOD = f"steps:\n  a: {{{STEP}, inputs: {{data: parameters.data}}}}\n"
MODE = "mode: {type: string, default: MODE, allowed: [fast, full]}"


def trigger(text: str) -> str:
    return f"{DATA}triggers:\n  n: {{{text}}}\n{GOOD}"


CASES: dict[str, tuple[str, int, str, tuple[str, ...]]] = {
    "Spark where there is none": (
        f"{DATA}steps:\n  a: {{kind: spark, script: validate.py, inputs: {{data: parameters.data}}, outputs: {{made: {{zone: curated}}}}}}",  # noqa: E501
        3, "a.application", ("applications of Spark there are: none", "make one with the option `spark: {}`"),
    ),
    "a kind that there is not": (
        f"{DATA}steps:\n  a: {{kind: proccessing}}", 3, "steps.a.kind",
        ("did you mean `processing`?", "Values allowed"),
    ),
    "a cycle": (
        f"steps:\n  a: {{{STEP}, inputs: {{data: b.data}}}}\n  b: {{{STEP}, inputs: {{data: a.data}}}}",
        2, "a.inputs.data", ("a → b → a", "`b` waits for `a` by `inputs.data`", "remove one of these references"),
    ),
    "a cycle by what comes after": (
        f"{DATA}steps:\n  a: {{{STEP}, inputs: {{data: parameters.data}},\n      after: [b]}}\n  b: {{{STEP}, inputs: {{data: a.data}}}}",  # noqa: E501
        4, "a.after", ("`a` waits for `b` by `after`", "`b` waits for `a` by `inputs.data`"),
    ),
    "two steps of one name": (
        f"{DATA}{GOOD}  a: {{{STEP}, inputs: {{data: parameters.data}}}}", 4, "steps.a",
        ("already on line 3", "remove one"),
    ),
    "a step that there is not": (
        f"{DATA}steps:\n  clean: {{{STEP}, inputs: {{data: claen.data}}}}", 3, "clean.inputs.data",
        ("there is no step `claen`", "did you mean `clean`?"),
    ),
    "an output that there is not": (
        f"{DATA}{GOOD}  b: {{{STEP}, inputs: {{data: a.dta}}}}", 4, "b.inputs.data", ("no output `dta`", "`data`"),
    ),
    "a parameter that there is not": (
        f"{DATA}steps:\n  a: {{{STEP}, inputs: {{data: parameters.dta}}}}", 3, "a.inputs.data",
        ("no parameter `dta`", "did you mean `data`?"),
    ),
    "a default that is not allowed": (
        f"parameters:\n  data: {{type: prefix, default: raw/}}\n  {MODE.replace('MODE', 'slow')}\nsteps:\n"
        f"  a: {{{STEP}, inputs: {{data: parameters.data}}, arguments: {{mode: parameters.mode}}}}",
        3, "parameters.mode", ("one of fast, full",),
    ),
    "a map over an empty list": (
        "steps:\n  a: {kind: map, script: validate.py, items: [], results: {zone: curated}}", 2, "a",
        ("1 to 10,000 items, this one 0",),
    ),
    "a map over a list that is too long to be written out": (
        f"steps:\n  a: {{kind: map, script: validate.py, results: {{zone: curated}}, items: {json.dumps([*range(MOST_ITEMS + 1)])}}}",  # noqa: E501
        2, "a", ("1 to 10,000 items, this one 10,001", "put more into a file, one row each"),
    ),
    "a schedule that is no cron": (
        trigger("kind: schedule, when: every day"), 3, "triggers.n.when", ("no schedule", "cron(0 6 * * ? *)"),
    ),
    "a schedule with no such hour": (
        trigger("kind: schedule, when: 'cron(0 99 * * ? *)'"), 3, "triggers.n.when", ("`99` is no hour", "0 to 23"),
    ),
    "a trigger that would start itself": (
        trigger("kind: after, pipeline: bad"), 3, "triggers.n.pipeline", ("start itself: bad → bad", "in another way"),
    ),
    "a trigger on what its own run writes": (
        trigger("kind: data, prefix: curated/"), 3, "triggers.n.prefix", ("start itself: bad → bad", "in another way"),
    ),
    "a query that takes longer than a target waits": (
        "steps:\n  a: {kind: query, sql: SELECT 1, max_minutes: 1441}", 2, "a.max_minutes", ("1441", "1440"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_a_check_tells_step_field_line_and_what_is_allowed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, line, path, words = CASES[what]
    root = make_project(tmp_path / "project")
    (root / FILE).parent.mkdir()
    (root / FILE).write_text(text)
    monkeypatch.chdir(root)
    assert run_command(["pipeline", "check", "screening-dev"]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert f"{FILE}:{line}  " in told, told
    assert path in told.partition(f"{FILE}:{line}  ")[2].partition("\n")[0], told
    for word in words:
        assert word in told, told
    assert not (root / ".mlops-iac/cloud").exists(), "nothing half made"


HELD = {
    "a parameter out of its allowed values": (
        "e2e/bad_input/test_pipelines.py",
        "test_a_parameter_that_is_not_allowed_starts_nothing",
    ),
    "a map whose file is empty": ("e2e/bad_input/test_pipelines.py", "test_a_list_that_is_none_is_told_as_that"),
    "a list of items that nothing made": ("e2e/test_map.py", "test_an_empty_list_is_told"),
    "a condition on a metric that is missing or NaN": (
        "e2e/test_bad_evaluation.py",
        "test_what_cannot_be_compared_passes_no_gate",
    ),
    "an evaluation.json that is too large": (
        "runs/test_lake.py",
        "test_no_more_of_an_object_is_read_than_shows_that_it_is_too_large",
    ),
    "an approval nobody answers, and an answer after it": (
        "e2e/test_approvals.py",
        "test_an_approval_that_nobody_answers_times_out",
    ),
    "a run stopped in the middle of a map": (
        "e2e/test_map_interrupted.py",
        "test_what_a_stopped_run_had_done_is_not_done_again",
    ),
    "a script that never ends": (
        "e2e/test_retries.py",
        "test_a_script_that_never_ends_is_stopped_and_the_step_timed_out",
    ),
    "a checkpoint that is cut": (
        "cloud/jobs/test_sagemaker_spot.py",
        "test_a_checkpoint_that_was_cut_fails_the_job_in_the_scripts_words",
    ),
}
"""What a file does not show, to the test that runs it."""


@pytest.mark.parametrize("what", HELD)
def test_what_only_a_run_shows_is_held_by_a_test(what: str) -> None:
    file, name = HELD[what]
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
