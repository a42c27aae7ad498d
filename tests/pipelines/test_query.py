"""SQL over the lake: what is asked, what becomes of values, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target, sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings, ExternalBinding
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import QueryStep
from mlops_iac.runs.runners.step_functions.story import explain
from tests.support.asl_interpreter import Ended, run
from tests.support.samples import SAMPLES

RUN = "261121-081530-3fa2"
COUNTRY = Parameter(name="country", type="string", default="DE", allowed=("DE", "FR"))
AGE = Parameter(name="age", type="number", default=18)
FREE = Parameter(name="free", type="string", default="anything")
QUOTED = Parameter(name="quoted", type="string", default="it's", allowed=("it's",))


def asking(sql: str, *values: Any, **fields: Any) -> Pipeline:
    known = {parameter.name: parameter for parameter in (COUNTRY, AGE, FREE, QUOTED)}
    step = QueryStep(name="ask", sql=sql, values=values, **fields)
    return Pipeline(name="refresh", parameters=tuple(known.values()), steps=(step,))


def play(pipeline: Pipeline, bindings: Bindings, **parameters: Any) -> Ended:
    input = {"run": RUN, "code": {"uri": "s3://b/c/", "sha": "0"}, "parameters": parameters, "names": {}}
    return run(step_functions.compile(pipeline, bindings), input, {})


def test_the_answer_is_unloaded_into_the_runs_folder(bindings: Bindings) -> None:
    sql = '-- why? \nSELECT \'{"it\'\'s": "\\ {}"}\', "?" FROM t /* ; */ -- the end'
    call = play(asking(sql), bindings).calls["ask"]
    place = f"s3://screening-dev-placeholder/curated/{RUN}/ask/"
    assert call["QueryString"] == f"UNLOAD ({sql}\n) TO '{place}' WITH (format = 'JSON', compression = 'NONE')"
    assert call["WorkGroup"] == "screening-dev"
    assert call["ClientRequestToken"] == f"mlops-iac:screening-dev:{RUN}:ask"
    assert 32 <= len(call["ClientRequestToken"]) <= 128
    assert "ExecutionParameters" not in call


def test_values_travel_apart_from_the_sql(bindings: Bindings) -> None:
    pipeline = asking("SELECT * FROM t WHERE a = ? AND b = ? AND c > ?", "it's", "parameters.country", "parameters.age")
    call = play(pipeline, bindings, country="FR").calls["ask: ask"]
    assert call["ExecutionParameters"] == ["'it''s'", "'FR'", "18"]
    plain = play(asking("SELECT ? + ?", 1, 0.5), bindings).calls["ask"]
    assert plain["ExecutionParameters"] == ["1", "0.5"]


@pytest.mark.parametrize("given", [{"country": "x' OR '1'='1"}, {"age": "1 OR 1=1"}])
def test_a_value_that_is_not_allowed_is_refused_whoever_starts_the_run(given: Any, bindings: Bindings) -> None:
    done = play(asking("SELECT ?, ?", "parameters.country", "parameters.age"), bindings, **given)
    assert (done.status, done.error) == ("FAILED", "BadParameter")
    assert "ask: ask" not in done.calls


@pytest.mark.parametrize(
    ("sql", "values", "said"),
    [
        ("SELECT ?", ("parameters.free",), "say which values it may have"),
        ("SELECT ?", ("parameters.quoted",), "say which values it may have"),
        ("SELECT ?", (), "has 1 question marks, and `values` has 0"),
        ("SELECT '?'", (1,), "has 0 question marks"),
        ("SELECT 1; DROP TABLE t", (), "one statement"),
        ("INSERT INTO t SELECT 1", (), "begins with SELECT or WITH"),
        ("/* nothing */", (), "begins with SELECT or WITH"),
        ("SELECT ?", ("parameters.missing",), "there is no parameter `missing`"),
    ],
)
def test_what_is_no_query_is_refused_before_anything_exists(
    sql: str, values: tuple[Any, ...], said: str, bindings: Bindings
) -> None:
    with pytest.raises(PipelineError) as refused:
        step_functions.compile(asking(sql, *values), bindings)
    assert said in str(refused.value)


def test_a_catalogue_that_the_environment_lacks_is_refused(bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match="names `other`; catalogues there are: main"):
        step_functions.compile(asking("SELECT 1", catalogue="other"), bindings)


def test_on_sagemaker_pipelines_calls_follow_one_another_for_as_long_as_it_may_take(bindings: Bindings) -> None:
    pipeline = asking("SELECT ?, ?", "it's", "parameters.free", max_minutes=20)
    document = sagemaker_pipelines.compile(pipeline, bindings)
    first, second, third = document["Steps"]
    assert [step["Name"] for step in document["Steps"]] == ["ask", "ask--wait-1", "ask--wait-2"]
    assert [step["Arguments"]["wait_seconds"] for step in (first, second, third)] == [540, 540, 120]
    assert [step["Arguments"]["last"] for step in (first, second, third)] == [False, False, True]
    assert json.loads(first["Arguments"]["values"]) == ["it's", {"parameter": "parameters.free"}]
    assert first["Arguments"]["parameters.free"] == {"Get": "Parameters.free"}
    assert second["Arguments"]["query"] == {"Get": "Steps.ask.OutputParameters['query']"}
    statements = {one["Sid"]: one for one in sagemaker_pipelines.grants_for(document, bindings)}
    assert statements["Query"]["Resource"] == [bindings.querier_arn]


def test_sagemaker_pipelines_refuses_a_query_that_may_take_longer_than_its_steps_wait(bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match="waits for a query 90 minutes at most"):
        sagemaker_pipelines.compile(asking("SELECT 1", max_minutes=91), bindings)
    with pytest.raises(PipelineError, match="There is nothing that asks"):
        sagemaker_pipelines.compile(asking("SELECT 1"), replace(bindings, querier_arn=None))


def test_its_role_asks_in_one_workgroup_and_one_database(bindings: Bindings) -> None:
    document = step_functions.compile(SAMPLES["query"](), bindings)
    statements = {one["Sid"]: one for one in step_functions.grants_for(document, bindings)}
    assert statements["Queries"]["Resource"] == ["arn:aws:athena:eu-central-1:123456789012:workgroup/screening-dev"]
    assert not any("*" in action for one in statements.values() for action in one["Action"])


def test_a_warehouse_is_asked_by_its_data_api_until_it_has_answered(bindings: Bindings) -> None:
    sql = "SELECT '?', 'it''s' FROM t WHERE a = ? AND b = ? AND c > ? -- the end"
    values = ("d'x", "parameters.country", "parameters.age")
    pipeline = asking(sql, *values, source="warehouse", format="parquet")
    document = step_functions.compile(pipeline, replace(bindings, key_arn=None))
    done = play(pipeline, replace(bindings, key_arn=None), country="FR")
    call = done.calls["ask: start"]
    select = "SELECT '?', 'it''s' FROM t WHERE a = 'd''x' AND b = 'FR' AND c > 18 -- the end\n".replace("'", "''")
    place = f"s3://screening-dev-placeholder/curated/{RUN}/ask/"
    role = bindings.warehouses["warehouse"].role_arn
    assert call["Sql"] == f"UNLOAD ('{select}') TO '{place}' IAM_ROLE '{role}' FORMAT AS PARQUET CLEANPATH"
    assert (call["WorkgroupName"], call["Database"]) == ("screening-dev-placeholder", "warehouse")
    statements = {one["Sid"]: one for one in step_functions.grants_for(document, bindings)}
    assert statements["AskWarehouse"]["Resource"] == [bindings.warehouses["warehouse"].workgroup_arn]


def test_a_warehouse_that_is_not_there_or_cannot_write_there_is_refused(bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match=r"option `warehouse: \{\}`"):
        step_functions.compile(asking("SELECT 1", source="warehouse"), replace(bindings, warehouses={}))
    with pytest.raises(PipelineError, match="warehouse unloads into curated or features, and `zone` is raw"):
        asking("SELECT 1", source="warehouse", zone="raw")


def test_on_sagemaker_pipelines_the_querier_is_told_of_the_warehouse(bindings: Bindings) -> None:
    document = sagemaker_pipelines.compile(asking("SELECT ? ", "it's", source="warehouse"), bindings)
    arguments = document["Steps"][0]["Arguments"]
    assert (arguments["source"], json.loads(arguments["parts"])) == ("warehouse", ["SELECT ", " "])
    assert arguments["options"].startswith(f"IAM_ROLE '{bindings.warehouses['warehouse'].role_arn}' FORMAT AS JSON")


SNOW = ExternalBinding(
    kind="snowflake", variables={"SNOWFLAKE_ACCOUNT": "acme"}, fetched={"SNOWFLAKE_PASSWORD": "acme/snow#password"}
)


@pytest.mark.parametrize("target", TARGETS)
def test_an_adopted_snowflake_is_asked_by_a_job_that_fetches_the_secret(target: str, bindings: Bindings) -> None:
    sql = "-- it's \\ {}\nSELECT ?, ?, ?" + " " * 300 + "FROM t"
    values = ("it's", "parameters.age", 0.5)
    pipeline = asking(sql, *values, source="external.snow", zone="raw", format="parquet")
    text = get_target(target).compile(pipeline, replace(bindings, external={"snow": SNOW}))
    (job,) = (one for one in mappings(text) if "AppSpecification" in one)
    assert job["Environment"]["MLOPS_IAC_FETCH_1"] == "SNOWFLAKE_PASSWORD=acme/snow#password"
    assert not job["NetworkConfig"]["EnableNetworkIsolation"]
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 1800}
    told = json.dumps(job["AppSpecification"])
    assert "mlops_iac_ask.py" in told
    assert "--sql-2" in told
    assert "2,3" in told, "which values are numbers"


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(one)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": "external.other"}, "names `other`; external systems there are: snow, wandb"),
        ({"source": "external.wandb"}, "is of kind `wandb`; a query step asks snowflake"),
        ({"source": "external.snow", "sql": "SELECT 1" + " " * 13_000 + "+ 1"}, "make a view of it there"),
        ({"source": "external.snow", "sql": "SELECT ?", "values": ["a\nb"]}, "one line of 256 characters"),
        ({"source": "lake", "job": {"volume_gib": 40}}, "Athena and a warehouse answer without a machine"),
    ],
)
def test_what_no_adopted_system_can_be_asked_is_refused(fields: dict[str, Any], said: str, bindings: Bindings) -> None:
    known = {"snow": SNOW, "wandb": replace(SNOW, kind="wandb")}
    asked = {"sql": "SELECT 1", **fields}
    with pytest.raises((PipelineError, ValueError)) as refused:
        step_functions.compile(
            asking(asked.pop("sql"), *asked.pop("values", ()), **asked), replace(bindings, external=known)
        )
    assert said in str(refused.value)


def test_a_folder_whose_requirements_lack_the_connector_is_told_so(tmp_path: Path) -> None:
    step = QueryStep(name="ask", sql="SELECT 1", source="external.snow")
    (fault,) = step.faults(tmp_path)
    assert "must name `snowflake-connector-python`" in fault.detail
    (tmp_path / "requirements.txt").write_text("snowflake-connector-python<5\n")
    assert [*step.faults(tmp_path)] == []
    assert [*QueryStep(name="ask", sql="SELECT 1").faults(tmp_path)] == []


def test_a_failed_query_is_told_by_athenas_own_reason() -> None:
    cause = '{"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "TABLE_NOT_FOUND: t"}}}'
    assert explain("States.TaskFailed", cause) == "TABLE_NOT_FOUND: t"
