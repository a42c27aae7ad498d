"""A map: a distributed Map whose child executions run one job each.

A child gets the run's input with its item and the item's number. It leaves nothing but that it went well: results go to
the lake, because 10,000 of them would not pass between two states. With a queue, an item's indices are an array of
containers; a SageMaker job runs them itself.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mlops_iac.pipelines.compile import map_jobs
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import catch, failure_start, task
from mlops_iac.pipelines.compile.step_functions.processing import compile_processing
from mlops_iac.pipelines.references import FromParameter, FromStep, Source
from mlops_iac.pipelines.steps import MapStep, Step

CARRIED = ("run", "code", "names", "parameters", "steps")
"""What of the run's input its children read."""
ITEM, NUMBER = "$.item", "$.number"
READERS = {
    "csv": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    "json": {"InputType": "JSON"},
    "jsonl": {"InputType": "JSONL"},
    "manifest": {"InputType": "JSONL"},
}
"""Of which file an item is read how: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html"""
EMPTY = "EmptyMap"


@dataclass(frozen=True)
class ItemContext(Context):
    """The states of one item: its job has the item's number in its name, and is told the item."""

    def name(self, step: Step) -> str:
        return x.text("{}-{}", super().name(step), NUMBER)

    def told(self) -> dict[str, str]:
        return {"map-item": x.to_json(ITEM), "map-number": x.text("{}", NUMBER)}


@dataclass(frozen=True)
class OrderContext(ItemContext):
    """The states of one item that a plan wrote an order for: its job finds the order as an input."""

    def told(self) -> dict[str, str]:
        return {}

    def uri(self, source: Source) -> str:
        if not isinstance(source, FromStep) or source.output != map_jobs.ORDER:
            return super().uri(source)
        step = self.pipeline.get_step(source.step)
        assert isinstance(step, MapStep)
        return x.text(f"s3://{self.bindings.bucket}/{self.key(map_jobs.plan_folder(step))}{{}}/", x.RUN, NUMBER)


def compile_map(step: MapStep, context: Context) -> States:
    """Native: a distributed Map of createProcessingJob.sync, or of submitJob.sync with an array of its indices."""
    if step.cache:
        return _planned(step, context)
    count, none = f"{step.name}: count", f"{step.name}: none"
    item = ItemContext(context.pipeline, context.bindings, context.next, array_size=_array(step))
    return {
        step.name: {
            **_map(
                step,
                _reader(step, context),
                item,
                map_jobs.for_one_item(step),
                "$$.Map.Item.Index",
                _tolerated(step.tolerate),
            ),
            "Next": count,
        },
        count: {
            "Type": "Choice",
            "Choices": [{"Variable": x.inside(x.result(step.name), "count"), "NumericEquals": 0, "Next": none}],
            "Default": context.next,
        },
        none: {
            "Type": "Pass",
            "Parameters": {"Error": EMPTY, **_emptiness(step, context)},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }


def _planned(step: MapStep, context: Context) -> States:
    """A job that looks what is kept of the list, then a Map over the rest, if there is any."""
    planned, left, items = (f"{step.name}: {what}" for what in ("planned", "left", "items"))
    folder = context.key(map_jobs.plan_folder(step))
    plan = compile_processing(map_jobs.for_plan(step), replace(context, next=planned))
    numbers = _file(context, x.text(f"{folder}{map_jobs.NUMBERS}", x.RUN), map_jobs.NUMBERS)
    order = OrderContext(context.pipeline, context.bindings, context.next, array_size=_array(step))
    # A share is one of the whole list, of which the plan knows the length.
    tolerated = {"ToleratedFailureCountPath": x.inside(x.result(step.name), "plan", "tolerated")}
    mapped = _map(step, numbers, order, map_jobs.for_order(step), "$$.Map.Item.Value", tolerated)
    return {
        **plan,
        planned: task(
            "aws-sdk:s3:getObject",
            {"Bucket": context.bindings.bucket, "Key.$": x.text(f"{folder}{map_jobs.SUMMARY}", x.RUN)},
            left,
            generic="S3.S3Exception",
            ResultSelector={"plan.$": "States.StringToJson($.Body)"},
            ResultPath=x.result(step.name),
        ),
        left: {
            "Type": "Choice",
            "Choices": [
                {"Variable": x.inside(x.result(step.name), "plan", "left"), "NumericEquals": 0, "Next": context.next}
            ],
            "Default": items,
        },
        items: {**mapped, "Next": context.next},
    }


def _map(step: MapStep, items: State, item: ItemContext, job: map_jobs.MapJob, number: str, tolerated: State) -> State:
    """A Map of one job for each item; ``number`` is where the item's place in the whole list stands."""
    return {
        "Type": "Map",
        **items,
        "ItemSelector": {
            "item.$": "$$.Map.Item.Value",
            "number.$": number,
            **{f"{name}.$": f"$.{name}" for name in (*CARRIED, *item.reuse)},
        },
        "ItemProcessor": _processor(step, item, job),
        "MaxConcurrency": step.max_concurrency,
        **tolerated,
        "ResultSelector": {"count.$": "States.ArrayLength($)"},
        "ResultPath": x.result(step.name),
        "Catch": catch(),
    }


def _reader(step: MapStep, context: Context) -> State:
    """The list in the document, or the file that Step Functions reads it from."""
    if step.written is not None:
        return {"ItemsPath": x.inside(x.constants(step.name), "items")}
    return _file(context, x.text(*_place(step, context)), step.items_file)


def _place(step: MapStep, context: Context) -> tuple[str, str]:
    """The list's key: words with a place, and what stands there."""
    assert isinstance(step.items, FromStep | FromParameter)
    if isinstance(step.items, FromParameter):
        return f"{{}}{step.items_file}", x.parameter(step.items.parameter)
    return f"{context.key(context.folder(step.items))}{step.items_file}", context.run_of(step.items)


def _emptiness(step: MapStep, context: Context) -> State:
    if step.written is not None:  # which is refused when it is empty
        return {"Cause": f"Step {step.name}: there is no item in the list."}
    key, value = _place(step, context)
    return {"Cause.$": x.text(f"Step {step.name}: there is no item in {key}.", value)}


def _file(context: Context, key: str, name: str) -> State:
    return {
        "ItemReader": {
            "Resource": "s3:getObject",
            "ReaderConfig": READERS[name.rpartition(".")[2]],
            "Parameters": {"Bucket": context.bindings.bucket, "Key.$": key},
        }
    }


def _array(step: MapStep) -> int | None:
    """How many containers an item's array has; one container is no array."""
    return step.containers if step.containers > 1 else None


def _processor(step: MapStep, item: ItemContext, job: map_jobs.MapJob) -> State:
    states = compile_processing(job, item)
    named = {f"{step.name}: item" if name == step.name else name: state for name, state in states.items()}
    if step.cache:  # the plan's own states have the same names
        run, own = f"{step.name}: run", f"{step.name}: run item"
        named = {own if name == run else name: _leading(state, run, own) for name, state in named.items()}
    *_, last = named
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": next(iter(named)),
        "States": {**named, last: _end(named[last])},
    }


def _leading(state: State, old: str, new: str) -> State:
    return {**state, "Next": new} if state.get("Next") == old else state


def _end(state: State) -> State:
    """The last state of a child, which fails with its job's own error and passes nothing on."""
    kept = {name: value for name, value in state.items() if name not in ("Next", "Catch", "ResultPath")}
    return {**kept, "ResultSelector": {}, "End": True}


def _tolerated(allowed: int | str) -> State:
    """Step Functions reads a percentage as a decimal."""
    if isinstance(allowed, str):
        return {"ToleratedFailurePercentage": float(allowed.removesuffix("%"))}
    return {"ToleratedFailureCount": allowed}
