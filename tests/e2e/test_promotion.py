"""A model of one environment into another, on each orchestrator: what arrives, what is refused, who may read what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import STACK, TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("fetch", on=TARGETS)]

FROM, TO, STRANGER = "tiny-dev", "tiny-prod", "tiny-other"
PROMOTE = ("promote", "1", "--from", FROM, "--to", TO)
REGION = "eu-west-1"


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    """A sender with one model, a receiver, and a third whose models nobody may take."""
    target, folder = str(request.param), tmp_path_factory.mktemp("tiny")
    with tiny_environment(folder, target, options=f"promotion: {{to: [{TO}]}}") as made:
        for stack, options in ((TO, f"promotion: {{from: [{FROM}], approval: false}}"), (STRANGER, "")):
            text = STACK.format(target=target, blueprint="tabular-batch").replace(
                "environment: dev", f"environment: {stack.removeprefix('tiny-')}"
            )
            made.folder.joinpath(f"stacks/Pulumi.{stack}.yaml").write_text(f"{text}    {options}\n")
            made.run("up", stack, "--yes")
            made.run("data", "put", stack, "data", "raw/")
        made.run("run", FROM, "--follow")
        yield made


def models(tiny: TinyEnvironment, stack: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(tiny.run("models", stack, "--json"))["models"]
    return found


def sagemaker(tiny: TinyEnvironment) -> Any:
    return tiny.cloud.clients(REGION)("sagemaker")


def trainings(tiny: TinyEnvironment) -> int:
    return len(sagemaker(tiny).list_training_jobs()["TrainingJobSummaries"])


def test_a_dry_run_starts_nothing(tiny: TinyEnvironment) -> None:
    told = json.loads(tiny.run(*PROMOTE, "--dry-run", "--json"))
    assert told["run"] is None
    assert told["promotion"]["from"]["digest"] == models(tiny, FROM)[0]["digest"]
    assert [step["kind"] for step in told["promotion"]["to"]["steps"]].count("fetch") == 1
    assert json.loads(tiny.run("runs", TO, "--json"))["runs"] == []


def test_a_promoted_model_serves_and_says_whence_it_is(tiny: TinyEnvironment) -> None:
    before, sent = trainings(tiny), models(tiny, FROM)[0]
    tiny.run(*PROMOTE, "--follow")
    assert trainings(tiny) == before
    arrived = models(tiny, TO)[0]
    assert arrived["digest"] == sent["digest"]
    assert arrived["origin"] == {
        "stack": FROM, "registry": "main", "version": 1, "run": sent["run"], "digest": sent["digest"]
    }  # fmt: skip
    assert arrived["serves"] == ["tiny-prod-endpoint"]
    assert json.loads(tiny.run("predict", TO, "--data", "rows.json", "--json"))["predictions"] == [5]
    assert f"version 1 of {FROM}, run {sent['run']}" in tiny.run("models", "show", TO, "serving")
    kinds = [node["kind"] for node in json.loads(tiny.run("lineage", TO, "--json"))["nodes"]]
    assert kinds == ["origin", "data", "code", "run", "model", "endpoint"]


def test_what_the_sender_knew_lies_with_the_run(tiny: TinyEnvironment) -> None:
    run = models(tiny, TO)[0]["run"]
    bucket = json.loads(tiny.run("outputs", TO, "--json"))["stores"]["lake"]["bucket"]
    s3 = tiny.cloud.clients(REGION)("s3")
    told = json.loads(s3.get_object(Bucket=bucket, Key=f"models/{run}/record/origin.json")["Body"].read())["told"]
    assert told["stack"] == FROM
    assert told["metrics"] == {"auc": 0.95}
    assert told["record"]["framework"] == "sklearn 1.4-2"
    assert told["card"].startswith(f"# Model of {FROM}")


def test_the_receiver_s_own_gate_decides(tiny: TinyEnvironment) -> None:
    there = models(tiny, TO)
    said = tiny.refused(*PROMOTE, "--set", "gate_at_least=0.99", "--follow", code=1, says=("Gate refused",))
    assert "keeps serving the model of run" in said
    assert models(tiny, TO) == there


def test_models_of_a_stack_that_is_not_named_cannot_be_read(tiny: TinyEnvironment) -> None:
    """Whoever starts the pipeline by hand is held by the jobs' role."""
    bucket = json.loads(tiny.run("outputs", STRANGER, "--json"))["stores"]["lake"]["bucket"]
    tiny.cloud.clients(REGION)("s3").put_object(Bucket=bucket, Key="models/x/model.tar.gz", Body=b"x")
    given = (f"package=s3://{bucket}/models/x/model.tar.gz", "digest=x", f"origin={STRANGER}/main/1@")
    settings = [word for one in given for word in ("--set", one)]
    there = models(tiny, TO)
    tiny.refused("run", TO, "promotion", *settings, "--follow", code=1, says=("AccessDenied",))
    assert models(tiny, TO) == there


def test_only_archives_of_a_named_stack_can_be_read(tiny: TinyEnvironment) -> None:
    bucket = json.loads(tiny.run("outputs", FROM, "--json"))["stores"]["lake"]["bucket"]
    given = (f"package=s3://{bucket}/raw/numbers.csv", "digest=x", f"origin={FROM}/main/1@")
    settings = [word for one in given for word in ("--set", one)]
    tiny.refused("run", TO, "promotion", *settings, "--follow", code=1, says=("AccessDenied",))


def test_the_pipeline_is_started_by_promote(tiny: TinyEnvironment) -> None:
    tiny.refused("run", TO, "promotion", code=1, says=("Nobody says which model.", "mlops-iac promote"))


def test_a_stack_that_takes_none_says_what_to_write(tiny: TinyEnvironment) -> None:
    told = tiny.refused("promote", "1", "--from", FROM, "--to", STRANGER, code=1)
    assert f"promotion: {{from: [{FROM}]}}" in told
    assert f"promotion: {{to: [{STRANGER}]}}" in told
    tiny.refused("promote", "1", "--from", FROM, "--to", FROM, code=2, says=("to itself",))


def test_an_archive_that_was_changed_is_not_taken_over(tiny: TinyEnvironment) -> None:
    """After all others: the archive is another one from here on."""
    there, sent = models(tiny, TO), models(tiny, FROM)[0]
    bucket, _, key = sent["data"].removeprefix("s3://").partition("/")
    tiny.cloud.clients(REGION)("s3").put_object(Bucket=bucket, Key=key, Body=b"something else")
    tiny.refused(*PROMOTE, "--follow", code=1, says=("was changed after it was registered",))
    assert models(tiny, TO) == there
    tiny.cloud.clients(REGION)("s3").delete_object(Bucket=bucket, Key=key)
    tiny.refused(*PROMOTE, code=1, says=("The archive is gone.",))


def test_a_rejected_model_stays_where_it_is(tiny: TinyEnvironment) -> None:
    arn = models(tiny, FROM)[0]["arn"]
    sagemaker(tiny).update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    tiny.refused(*PROMOTE, code=1, says=("The model is not approved.", "Rejected"))
