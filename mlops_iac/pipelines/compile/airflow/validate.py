"""Would Airflow take this DAG, and would the services take its requests? Asked before anything is deployed.

Each request is held against the API model that botocore carries; each reference to what a task left, against the tasks
that are done by then. Whether the file itself is a DAG is asked of Airflow in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.core.service_models import get_model
from mlops_iac.core.syntax_trees import parse
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow import limits
from mlops_iac.pipelines.compile.airflow.operators import OPERATORS, request_of
from mlops_iac.pipelines.compile.shapes import Checker, Fault

SUMMARY: Final = "The DAG is wrong."

Document = Mapping[str, Any]


def check(document: Document) -> None:
    """Raise PipelineError with everything that is wrong."""
    problems = [*_requests(document), *_references(document), *_limits(document)]
    if problems:
        raise PipelineError.of(problems)
    parse(document["source"])


class Filled(Checker):
    """Expressions stand where a request has values; what they become is known when a run is under way."""

    def is_expression(self, value: Any) -> bool:
        return x.is_expression(value)


def _requests(document: Document) -> Iterator[Problem]:
    for name, task in document["tasks"].items():
        for path, operation in OPERATORS[task["operator"]].requests.items():
            shape = get_model("sagemaker").operation_model(operation).input_shape
            for place, detail in _faults(request_of(task["arguments"], path), shape, path):
                yield Problem(path=f"{name}.{place}", summary="A call would be refused.", detail=detail)


def _faults(request: Any, shape: Any, path: str) -> Iterator[Fault]:
    yield from Filled().fields(request, shape, path)


def _references(document: Document) -> Iterator[Problem]:
    tasks = document["tasks"]
    for name, task in tasks.items():
        for place, key, value in _marked(task["arguments"]):
            if key not in x.KINDS:
                detail = f"`{key}` at {place} begins with `{x.MARK}`, which marks what is filled in."
                yield Problem(path=name, summary=SUMMARY, detail=detail, hint="choose another name.")
            elif key in (x.MADE, x.PART) and value[0] not in _before(name, tasks):
                yield Problem(
                    path=name, summary=SUMMARY, detail=f"It reads of `{value[0]}`, which is not done by then."
                )


def _marked(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key that begins with the mark, with its place."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if str(key).startswith(x.MARK):
                yield path, key, inner
            yield from _marked(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _marked(inner, f"{path}[{index}]")


def _before(name: str, tasks: Mapping[str, Any]) -> set[str]:
    """All tasks that are over when this one begins."""
    found: set[str] = set()
    waiting = [*tasks[name]["after"]]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += tasks[one]["after"]
    return found


def _limits(document: Document) -> Iterator[Problem]:
    for name in (document["dag_id"], *document["tasks"]):
        if len(name) > limits.ID_LENGTH:
            detail = f"The id has {len(name)} characters; Airflow takes {limits.ID_LENGTH}."
            yield Problem(path=name, summary=SUMMARY, detail=detail)
    if len(limits.LONGEST_PATH.format(dag=document["dag_id"])) > limits.PATH_LENGTH:
        most = limits.PATH_LENGTH - len(limits.LONGEST_PATH.format(dag=""))
        detail = f"`{document['dag_id']}` has {len(document['dag_id'])} characters; MWAA's API takes {most} of a DAG."
        yield Problem(summary=SUMMARY, detail=detail, hint="give the pipeline a shorter name.")
