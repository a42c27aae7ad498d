"""Each kind of failure in one line, with what to do; the examples are what jobs and clouds really write."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mlops_iac.runs.causes import DISTRIBUTIONS, RULES, find_cause
from mlops_iac.runs.run import Run, StepRun
from mlops_iac.runs.runners.step_functions.story import explain
from tests.docs.commands import parse
from tests.docs.pages import INLINE

RUN = Run(id="261121-081530-3fa2", pipeline="training", stack="tiny-dev", handle="arn", status="failed",
          started=datetime(2026, 11, 21, tzinfo=UTC))  # fmt: skip
STEP = StepRun(name="train", kind="training", status="failed", job="j", job_kind="training", settings="instances.train")
FRAME = (
    'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "{}"\nCommand "python train.py", exit code: 1'
)
STOPPED = json.dumps(
    {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded",
     "StoppingCondition": {"MaxRuntimeInSeconds": 60}}
)  # fmt: skip

CASES = {
    "time limit": [
        (explain("States.TaskFailed", STOPPED), "stopped after 1 minute", "raise `instances.train.max_minutes`"),
        ("ClientError: The job ran longer than its MaxRuntimeInSeconds (7200).", "stopped after 120 minutes", "raise"),
        ("MaxRuntimeExceeded", "stopped at its time limit", "raise"),
    ],
    "missing module": [
        (FRAME.format("ModuleNotFoundError: No module named 'lightgbm'"),
         "ModuleNotFoundError: No module named 'lightgbm'", "add `lightgbm` to requirements.txt"),
        ("AlgorithmError: ModuleNotFoundError: No module named 'yaml.cyaml', exit code: 1",
         "ModuleNotFoundError: No module named 'yaml.cyaml'", "add `pyyaml` to requirements.txt"),
    ],
    "no data": [("ClientError: Data download failed: No S3 objects found under s3://b/raw/.",
                 "No S3 objects found under s3://b/raw/.", "data put tiny-dev")],
    "no items": [
        ("EmptyMap: Step score: there is no item in raw/list/items.csv.", "there is no item in raw/list/items.csv",
         "data put tiny-dev"),
        ("AlgorithmError: mlops-iac: there is no item in `items.csv`; a map needs one at least, exit code: 1",
         "there is no item in `items.csv`", "have the step that makes it write one"),
        ("PipelineFailed: States.ItemReaderFailed: Unable to read s3://b/k: no such key (NoSuchKey)",
         "its list cannot be read: Unable to read s3://b/k", "data put tiny-dev"),
    ],
    "memory": [
        ("AlgorithmError: ExecuteUserScriptError:\nExitCode 137, exit code: 137", "ran out of memory", "more memory"),
        ("AlgorithmError: exit code: 137", "ran out of memory (exit code: 137)", "`instances.train.instance_type`"),
        (FRAME.format("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7 TiB for an array"),
         "ran out of memory", "in parts"),
    ],
    "disk": [(FRAME.format("OSError: [Errno 28] No space left on device"), "ran out of disk space", "volume_gib")],
    "no network": [
        (FRAME.format("urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>"),
         "has no network", "without a network"),
        (FRAME.format("socket.gaierror: [Errno -2] Name or service not known"), "has no network", "requirements.txt"),
    ],
    "flavour": [(
        'Cannot update endpoint "arn:aws:sagemaker:eu-west-1:1:endpoint/tiny-dev": a real-time endpoint cannot '
        "become a serverless one.", "it serves as before", "--endpoint-name tiny-dev`")],
    "quota": [("ResourceLimitExceeded: The account-level service limit is 0 Instances.",
               "ResourceLimitExceeded: The account-level service limit is 0 Instances.", "higher quota")],
}  # fmt: skip
"""Rule → (what the cloud says, what is told, what is advised)."""


@pytest.mark.parametrize(("rule", "case"), [(rule, case) for rule, cases in CASES.items() for case in cases])
def test_a_cause_is_one_line_with_a_remedy(rule, case):
    reason, words, remedy = case
    found = find_cause(RUN, replace(STEP, reason=reason))
    assert words in found.words
    assert remedy in found.remedy
    assert "\n" not in found.words
    for command in INLINE.findall(found.remedy):
        parse(command)


def test_every_rule_has_an_example():
    assert list(CASES) == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", CASES)
def test_the_end_of_the_log_tells_as_well(rule):
    reason, _, remedy = CASES[rule][0]
    found = find_cause(RUN, replace(STEP, reason="AlgorithmError: exit code: 1"), ["before", *reason.splitlines()])
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (FRAME.format("ValueError: no column `target`"), "ValueError: no column `target`"),
        (
            'AlgorithmError: See job logs for more information:   File "x.py", line 4\n    ^\nSyntaxError: no',
            "SyntaxError: no",
        ),
        ("AlgorithmError: See job logs for more information: validate: there is no file", "validate: there is no file"),
        ("ClientError: The environment could not be built.", "The environment could not be built."),
        ("AccessDenied: User is not authorized", "AccessDenied: User is not authorized"),
        ("", "no reason is given"),
    ],
)
def test_what_is_in_no_rule_is_told_as_it_is(reason, words):
    found = find_cause(RUN, replace(STEP, reason=reason))
    assert (found.words, found.remedy) == (words, "")


def test_a_package_is_named_as_pypi_names_it():
    assert all(package != module for module, package in DISTRIBUTIONS.items())


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ('{"FailureReason": "AlgorithmError: x"}', "AlgorithmError: x"),
        (
            '{"TrainingJobName": "j", "FailureReason": "AlgorithmError: \\"x\\"", "Inputs": [{"cut',
            'AlgorithmError: "x"',
        ),
        ('{"TrainingJobName": "j", "Inputs": [{"cut', "States.TaskFailed"),
        ('{"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}', "States.TaskFailed: Stopped, Stopped"),
        ("plain words", "States.TaskFailed: plain words"),
    ],
)
def test_raw_json_is_never_shown(cause, told):
    assert explain("States.TaskFailed", cause) == told


def test_a_step_that_does_not_say_where_its_machines_are_set_is_named_itself() -> None:
    cause = find_cause(RUN, replace(STEP, settings="", reason="MaxRuntimeExceeded"))
    assert cause.remedy.startswith("raise max minutes of step `train` in the stack file")
