"""A step that tells the team, and one whose evaluation is understood."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import describe
from mlops_iac.pipelines.steps import EvaluateStep, NotifyStep, Output
from tests.support.asl_interpreter import run
from tests.support.samples import SAMPLES

RUN = "261121-081530-3fa2"


def test_the_message_has_what_it_names_of_the_run(bindings: Bindings) -> None:
    document = step_functions.compile(SAMPLES["notify"](), bindings)
    given = {"run": RUN, "code": {"uri": "s3://b/c/", "sha": "0"}, "parameters": {}, "names": {"evaluate": "x"}}
    body = json.dumps({"metrics": {"auc": 0.93}, "by": {"DE": {"auc": 0.5}}})
    done = run(document, given, {"tell": {"Body": body}})
    assert (done.status, done.error) == ("SUCCEEDED", None)
    assert done.calls["tell"]["Key"] == f"models/{RUN}/evaluation/evaluation.json"
    sent = done.calls["tell: send"]
    assert (sent["Subject"], sent["Message"]) == ("Measured", f"{RUN} of raw/: 0.93, as 0.5")


def test_on_sagemaker_pipelines_a_function_gets_what_the_message_names(bindings: Bindings) -> None:
    document = sagemaker_pipelines.compile(SAMPLES["notify"](), bindings)
    (tell,) = (step for step in document["Steps"] if step["Name"] == "tell")
    given = tell["Arguments"]
    assert (tell["FunctionArn"], given["topic"]) == (bindings.notifier_arn, bindings.alerts_topic_arn)
    assert given["message"] == "{run} of {parameters.data}: {auc}, as {by.DE.auc}"
    assert given["run"] == {"Get": "Parameters.run-id"}
    assert given["parameters.data"] == {"Get": "Parameters.data"}
    assert json.loads(given["metrics"]) == {"auc": ["metrics", "auc"], "by.DE.auc": ["by", "DE", "auc"]}
    statements = {one["Sid"]: one for one in sagemaker_pipelines.grants_for(document, bindings)}
    assert statements["Tell"]["Resource"] == [bindings.notifier_arn]


@pytest.mark.parametrize("missing", ["notifier_arn", "alerts_topic_arn"])
def test_without_somebody_to_tell_it_is_refused(missing: str, bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match="There is nobody to tell"):
        sagemaker_pipelines.compile(SAMPLES["notify"](), replace(bindings, **{missing: None}))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"message": "half {open"}, "has no partner"),
        ({"message": "{}"}, "neither {run}"),
        ({"message": "{a b}"}, "neither {run}"),
        ({"message": ""}, "at least 1 character"),
        ({"subject": "two\nlines"}, "match pattern"),
        ({"subject": "{run}"}, "match pattern"),
    ],
)
def test_what_is_no_message_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PipelineError) as refused:
        NotifyStep(**{"name": "tell", "subject": "Done", "message": "Done.", **fields})
    assert any(said in problem.detail for problem in refused.value.problems), refused.value.problems


def test_an_evaluation_says_where_its_file_lies() -> None:
    told = describe(SAMPLES["evaluate"](), {"models": "models/"})
    (facts,) = (step.facts for step in told["steps"] if step.kind == "evaluate")
    assert facts["evaluation"] == "models/{run}/evaluation/evaluation.json"
    assert facts["job"] == "processing"


def test_an_evaluation_without_its_output_is_refused() -> None:
    with pytest.raises(PipelineError) as refused:
        EvaluateStep(name="e", script="e.py", inputs={}, outputs={"out": Output(zone="models")})
    assert "one of its outputs is called `evaluation`" in str(refused.value).replace("One", "one")
