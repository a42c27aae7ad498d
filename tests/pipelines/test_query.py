"""SQL over the lake: what is asked, what becomes of values, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
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


def test_sagemaker_pipelines_refuses_it_with_the_reason(bindings: Bindings) -> None:
    with pytest.raises(PipelineError, match="No type of step runs SQL"):
        sagemaker_pipelines.compile(SAMPLES["query"](), bindings)


def test_its_role_asks_in_one_workgroup_and_one_database(bindings: Bindings) -> None:
    document = step_functions.compile(SAMPLES["query"](), bindings)
    statements = {one["Sid"]: one for one in step_functions.grants_for(document, bindings)}
    assert statements["Queries"]["Resource"] == ["arn:aws:athena:eu-central-1:123456789012:workgroup/screening-dev"]
    assert not any("*" in action for one in statements.values() for action in one["Action"])


def test_a_failed_query_is_told_by_athenas_own_reason() -> None:
    cause = '{"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "TABLE_NOT_FOUND: t"}}}'
    assert explain("States.TaskFailed", cause) == "TABLE_NOT_FOUND: t"
