"""A map: a distributed Map whose child executions run one job each.

A child gets the run's input with its item and the item's number. It leaves nothing but that it went well: results go to
the lake, because 10,000 of them would not pass between two states. With a queue, an item's indices are an array of
containers; a SageMaker job runs them itself.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from dataclasses import dataclass

from mlops_iac.pipelines.compile import map_jobs
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import catch, failure_start
from mlops_iac.pipelines.compile.step_functions.processing import compile_processing
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import MapStep, Step

CARRIED = ("run", "code", "names", "parameters", "steps")
"""What of the run's input its children read."""
ITEM, NUMBER = "$.item", "$.number"
EMPTY = "EmptyMap"


@dataclass(frozen=True)
class ItemContext(Context):
    """The states of one item: its job has the item's number in its name, and is told the item."""

    def name(self, step: Step) -> str:
        return x.text("{}-{}", super().name(step), NUMBER)

    def told(self) -> dict[str, str]:
        return {"map-item": x.to_json(ITEM), "map-number": x.text("{}", NUMBER)}


def compile_map(step: MapStep, context: Context) -> States:
    """Native: a distributed Map of createProcessingJob.sync, or of submitJob.sync with an array of its indices."""
    count, none = f"{step.name}: count", f"{step.name}: none"
    mapped = {
        "Type": "Map",
        **_items(step, context),
        "ItemSelector": {
            "item.$": "$$.Map.Item.Value",
            "number.$": "$$.Map.Item.Index",
            **{f"{name}.$": f"$.{name}" for name in CARRIED},
        },
        "ItemProcessor": _processor(step, context),
        "MaxConcurrency": step.max_concurrency,
        **_tolerated(step.tolerate),
        "ResultSelector": {"count.$": "States.ArrayLength($)"},
        "ResultPath": x.result(step.name),
        "Catch": catch(),
        "Next": count,
    }
    return {
        step.name: mapped,
        count: {
            "Type": "Choice",
            "Choices": [{"Variable": x.inside(x.result(step.name), "count"), "NumericEquals": 0, "Next": none}],
            "Default": context.next,
        },
        none: {
            "Type": "Pass",
            "Result": {"Error": EMPTY, "Cause": f"Step {step.name}: the list of items is empty."},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }


def _items(step: MapStep, context: Context) -> State:
    """The list in the document, or the file that Step Functions reads it from."""
    if step.written is not None:
        return {"ItemsPath": x.inside(x.constants(step.name), "items")}
    assert not isinstance(step.items, tuple)
    if isinstance(step.items, FromParameter):
        key = x.text(f"{{}}{step.items_file}", x.parameter(step.items.parameter))
    else:
        key = x.text(f"{context.key(context.folder(step.items))}{step.items_file}", x.RUN)
    csv = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    return {
        "ItemReader": {
            "Resource": "s3:getObject",
            "ReaderConfig": csv if step.items_file.endswith(".csv") else {"InputType": "JSON"},
            "Parameters": {"Bucket": context.bindings.bucket, "Key.$": key},
        }
    }


def _processor(step: MapStep, context: Context) -> State:
    array = step.inner if step.compute == "batch" and step.inner > 1 else None
    item = ItemContext(context.pipeline, context.bindings, context.next, array_size=array)
    states = compile_processing(map_jobs.for_one_item(step), item)
    named = {f"{step.name}: item" if name == step.name else name: state for name, state in states.items()}
    *_, last = named
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": next(iter(named)),
        "States": {**named, last: _end(named[last])},
    }


def _end(state: State) -> State:
    """The last state of a child, which fails with its job's own error and passes nothing on."""
    kept = {name: value for name, value in state.items() if name not in ("Next", "Catch", "ResultPath")}
    return {**kept, "ResultSelector": {}, "End": True}


def _tolerated(allowed: int | str) -> State:
    """Step Functions reads a percentage as a decimal."""
    if isinstance(allowed, str):
        return {"ToleratedFailurePercentage": float(allowed.removesuffix("%"))}
    return {"ToleratedFailureCount": allowed}
