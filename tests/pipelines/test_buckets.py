"""Steps that read a bucket which is not the environment's own."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromBucket
from mlops_iac.pipelines.steps import MapStep, Output, ProcessingStep, TrainingStep

BASE = "s3://acme-models/tiny/"


def training(**more: Any) -> TrainingStep:
    return TrainingStep(name="train", script="train.py", channels={"base": BASE, **more.pop("channels", {})}, **more)


def pipeline(*steps: Any) -> Pipeline:
    return Pipeline(name="tuning", steps=steps or (training(),))


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_asks_for_what_lies_there(target: str) -> None:
    look = ProcessingStep(
        name="look", script="look.py", inputs={"base": BASE}, outputs={"report": Output(zone="models", folder="look")}
    )
    document = str(
        get_target(target).compile(pipeline(training(), look), Bindings.placeholder("tiny-dev", "eu-west-1"))
    )
    assert document.count(BASE) >= 2


def test_a_reference_is_a_bucket_and_a_folder_of_it() -> None:
    found = training().channels["base"]
    assert isinstance(found, FromBucket)
    assert (found.bucket, found.prefix, str(found)) == ("acme-models", "tiny/", BASE)
    assert training().model_dump(mode="json")["channels"] == {"base": BASE}
    assert pipeline().needs(training()) == ()


@pytest.mark.parametrize(
    "uri",
    [
        "s3://acme-models",
        "s3://acme-models/",
        "s3://acme-models/tiny",
        "s3://A/tiny/",
        "s3://acme-models/a b/",
        "s3:///a/",
    ],
)
def test_what_is_no_folder_of_a_bucket_is_refused(uri: str) -> None:
    with pytest.raises(PipelineError, match="is written `s3://bucket/folder/`, with a slash at its end"):
        training(channels={"other": uri})


def test_a_step_that_reads_it_has_no_cache() -> None:
    with pytest.raises(PipelineError) as caught:
        pipeline(training(cache=True))
    assert "where others may change what lies there without a trace" in str(caught.value)


def test_a_list_of_items_lies_in_the_lake() -> None:
    fits = MapStep(name="fit", script="fit.py", items=BASE, results=Output(zone="models", folder="fits"))
    with pytest.raises(PipelineError) as caught:
        pipeline(fits)
    assert "a bucket; it takes a prefix or a folder" in str(caught.value)
