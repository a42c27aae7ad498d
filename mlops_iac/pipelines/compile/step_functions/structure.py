"""The structure of a definition, held against the Amazon States Language: https://states-language.net/spec.html"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.errors import Problem
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.compile.step_functions import limits

SUMMARY = "The state machine's definition is wrong."

_COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_FLOW = frozenset({"Next", "End"})
_RESULT = frozenset({"Parameters", "ResultPath"})

FIELDS: Mapping[str, frozenset[str]] = {
    "Choice": _COMMON | _PATHS | {"Choices", "Default"},
    "Fail": _COMMON | {"Error", "ErrorPath", "Cause", "CausePath"},
    "Map": _COMMON
    | _PATHS
    | _FLOW
    | _RESULT
    | {"ItemProcessor", "ItemReader", "ItemSelector", "ItemsPath", "MaxConcurrency", "ResultSelector", "Retry", "Catch"}
    | {"ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage"},
    "Parallel": _COMMON | _PATHS | _FLOW | _RESULT | {"Branches", "ResultSelector", "Retry", "Catch"},
    "Pass": _COMMON | _PATHS | _FLOW | _RESULT | {"Result"},
    "Succeed": _COMMON | _PATHS,
    "Task": _COMMON
    | _PATHS
    | _FLOW
    | _RESULT
    | {"Resource", "ResultSelector", "Retry", "Catch", "TimeoutSeconds", "HeartbeatSeconds"},
    "Wait": _COMMON | _PATHS | _FLOW | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
}
"""State type to the fields it may have; the types that our compilers use."""

RETRIER = frozenset(
    {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
)
CATCHER = frozenset({"ErrorEquals", "ResultPath", "Next"})

ENDS = frozenset({"Succeed", "Fail"})


def all_states(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every state by its name, those inside branches included."""
    states = document.get("States")
    for name, state in states.items() if isinstance(states, Mapping) else ():
        yield name, state
        for branch in _branches(state):
            yield from all_states(branch)


def _branches(state: Any) -> Iterator[Mapping[str, Any]]:
    branches = state.get("Branches") if isinstance(state, Mapping) else None
    inner = state.get("ItemProcessor") if isinstance(state, Mapping) else None
    yield from (branch for branch in (*(branches or ()), inner) if isinstance(branch, Mapping))


def check_structure(document: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _machine(document)
    for name, count in Counter(name for name, _ in all_states(document)).items():
        if count > 1:
            yield Problem(path=name, summary=SUMMARY, detail=f"{count} states are called `{name}`.")
    seconds = document.get("TimeoutSeconds", 1)
    if not 1 <= seconds <= limits.EXECUTION_SECONDS:
        detail = f"The execution may take {seconds} seconds; Step Functions allows 1 to {limits.EXECUTION_SECONDS}."
        yield Problem(path="TimeoutSeconds", summary=SUMMARY, detail=detail)


def _machine(document: Mapping[str, Any]) -> Iterator[Problem]:
    """One set of states: the document's, or a branch's."""
    states = document.get("States")
    if not isinstance(states, Mapping) or not states:
        yield Problem(path="States", summary=SUMMARY, detail="There are no states.")
        return
    start = document.get("StartAt")
    if start not in states:
        yield Problem(
            path="StartAt", summary=SUMMARY, detail=f"There is no state `{start}`.", hint=_nearest(start, states)
        )
    for name, state in states.items():
        yield from _state(name, state, states)
    # With no start nothing can be reached, and saying so of each state would hide the one mistake.
    for name in sorted(states.keys() - _reachable(start, states)) if start in states else ():
        yield Problem(path=name, summary=SUMMARY, detail=f"No way leads to state `{name}`.")


def targets(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Field and name of every state that may follow."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        for index, branch in enumerate(state.get(field, ())):
            if "Next" in branch:
                yield f"{field}[{index}].Next", branch["Next"]


def _state(name: str, state: Any, states: Mapping[str, Any]) -> Iterator[Problem]:
    if len(name) > limits.STATE_NAME_LENGTH:
        detail = f"The name has {len(name)} characters; Step Functions takes {limits.STATE_NAME_LENGTH}."
        yield Problem(path=name, summary=SUMMARY, detail=detail)
    kind = str(state.get("Type")) if isinstance(state, Mapping) else ""
    if kind not in FIELDS:
        detail = f"`{kind}` is no type of state that is known here."
        yield Problem(path=f"{name}.Type", summary=SUMMARY, detail=detail, hint=did_you_mean(kind, FIELDS))
        return
    for field in sorted(state.keys() - FIELDS[kind]):
        detail = f"A {kind} state has no field `{field}`."
        yield Problem(path=f"{name}.{field}", summary=SUMMARY, detail=detail, hint=did_you_mean(field, FIELDS[kind]))
    for field, target in targets(state):
        if target not in states:
            detail = f"There is no state `{target}`."
            yield Problem(path=f"{name}.{field}", summary=SUMMARY, detail=detail, hint=_nearest(target, states))
    if kind not in ENDS | {"Choice"} and ("Next" in state) == (state.get("End") is True):
        yield Problem(path=name, summary=SUMMARY, detail=f"A {kind} state has either `Next` or `End: true`.")
    yield from _paths(name, state)
    yield from {
        "Task": _task,
        "Map": _map,
        "Parallel": _parallel,
        "Choice": _choice,
        "Fail": _fail,
        "Wait": _wait,
    }.get(kind, _nothing)(name, state)


def _paths(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    for field in ("InputPath", "OutputPath", "ResultPath", "ErrorPath", "CausePath", "SecondsPath"):
        value = state.get(field)
        begins = ("$", "States.") if field in ("ErrorPath", "CausePath") else "$"
        if value is not None and (not isinstance(value, str) or not value.startswith(begins)):
            yield Problem(
                path=f"{name}.{field}", summary=SUMMARY, detail=f"{value!r} is no path; a path starts with `$`."
            )


def _task(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(state.get("Resource"), str):
        yield Problem(path=f"{name}.Resource", summary=SUMMARY, detail="A Task state names a resource.")
    yield from _retries(name, state)


def _parallel(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(state.get("Branches"), list) or not state["Branches"]:
        yield Problem(path=f"{name}.Branches", summary=SUMMARY, detail="A Parallel state has at least one branch.")
    for branch in _branches(state):
        yield from _machine(branch)
    yield from _retries(name, state)


def _map(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(state.get("ItemProcessor"), Mapping):
        yield Problem(path=f"{name}.ItemProcessor", summary=SUMMARY, detail="A Map state has an item processor.")
    if "ItemReader" in state and "ItemsPath" in state:
        yield Problem(path=name, summary=SUMMARY, detail="A Map state has `ItemReader` or `ItemsPath`, not both.")
    share = state.get("ToleratedFailurePercentage", 0.0)
    if not isinstance(share, float) or not 0 <= share <= 100:
        detail = f"{share!r} is no share of failures: a decimal from 0.0 to 100.0."
        yield Problem(path=f"{name}.ToleratedFailurePercentage", summary=SUMMARY, detail=detail)
    for branch in _branches(state):
        yield from _machine(branch)
    yield from _retries(name, state)


def _retries(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    for field, allowed in (("Retry", RETRIER), ("Catch", CATCHER)):
        branches = state.get(field, ())
        for index, branch in enumerate(branches):
            place = f"{name}.{field}[{index}]"
            for key in sorted(branch.keys() - allowed):
                detail = f"There is no field `{key}` here."
                yield Problem(path=f"{place}.{key}", summary=SUMMARY, detail=detail, hint=did_you_mean(key, allowed))
            errors = branch.get("ErrorEquals")
            if not isinstance(errors, list) or not errors:
                yield Problem(path=place, summary=SUMMARY, detail="`ErrorEquals` is a list of at least one error name.")
            elif "States.ALL" in errors and (len(errors) > 1 or index != len(branches) - 1):
                yield Problem(path=place, summary=SUMMARY, detail="`States.ALL` stands alone, and in the last one.")


_TESTS = frozenset({"And", "Or", "Not", "Variable"})


def _choice(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    choices = state.get("Choices")
    if not isinstance(choices, list) or not choices:
        yield Problem(path=f"{name}.Choices", summary=SUMMARY, detail="A Choice state has at least one choice.")
        return
    for index, choice in enumerate(choices):
        place = f"{name}.Choices[{index}]"
        if "Next" not in choice:
            yield Problem(path=place, summary=SUMMARY, detail="A choice has a `Next`.")
        yield from _test(place, choice)


def _test(place: str, test: Mapping[str, Any]) -> Iterator[Problem]:
    """One test: And, Or, Not, or a variable with exactly one comparison."""
    forms = _TESTS & test.keys()
    if len(forms) != 1:
        yield Problem(
            path=place, summary=SUMMARY, detail="A test is one of And, Or, Not, or a Variable with a comparison."
        )
        return
    form = next(iter(forms))
    if form != "Variable":
        for index, inner in enumerate(test[form] if form != "Not" else [test[form]]):
            yield from _test(f"{place}.{form}[{index}]", inner)
        return
    comparisons = test.keys() - {"Variable", "Next", "Comment"}
    unknown = sorted(comparisons - COMPARISONS)
    if unknown:
        detail = f"There is no comparison `{unknown[0]}`."
        yield Problem(path=place, summary=SUMMARY, detail=detail, hint=did_you_mean(unknown[0], COMPARISONS))
    elif len(comparisons) != 1:
        yield Problem(path=place, summary=SUMMARY, detail="A Variable has exactly one comparison.")
    if not str(test["Variable"]).startswith("$"):
        yield Problem(path=place, summary=SUMMARY, detail=f"Variable {test['Variable']!r} is no path.")


_ORDERED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
COMPARISONS = frozenset(
    [f"{kind}{how}{path}" for kind in ("String", "Numeric", "Timestamp") for how in _ORDERED for path in ("", "Path")]
    + ["BooleanEquals", "BooleanEqualsPath", "StringMatches"]
    + ["IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"]
)


def _fail(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    for field in ("Error", "Cause"):
        if field in state and f"{field}Path" in state:
            yield Problem(path=name, summary=SUMMARY, detail=f"A Fail state has `{field}` or `{field}Path`, not both.")
    if str(state.get("Error", "")).startswith("States."):
        detail = f"`{state['Error']}`: names that start with `States.` are reserved."
        yield Problem(path=f"{name}.Error", summary=SUMMARY, detail=detail)


def _wait(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    if len(state.keys() & {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}) != 1:
        yield Problem(path=name, summary=SUMMARY, detail="A Wait state says exactly one time.")


def _nothing(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    return iter(())


def _reachable(start: Any, states: Mapping[str, Any]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in states or not isinstance(states[name], Mapping):
            continue
        seen.add(name)
        waiting += [target for _, target in targets(states[name])]
    return seen


def _nearest(name: Any, states: Mapping[str, Any]) -> str:
    return did_you_mean(str(name), states)
