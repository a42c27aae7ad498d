"""Runs a compiled document in moto's interpreter, with each Task played by Pass states.

A Task's parameters are evaluated as the interpreter evaluates them and kept, so that a test can read the call that
would have been made; its result, or its error, is what the test says. Choices, passes and paths are the document's own.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from mlops_iac.cloud.interpreters.step_functions import paths
from mlops_iac.pipelines.compile.step_functions.structure import all_states
from tests.support.moto_world import moto_world


@dataclass(frozen=True)
class Fails:
    """What a Task answers when it does not succeed."""

    error: str
    cause: str = "because"


@dataclass(frozen=True)
class Ended:
    status: str
    error: str | None
    cause: str | None
    states: tuple[str, ...]
    """Names of the document's states, in the order entered."""
    calls: Mapping[str, Any]
    """State to the parameters of its last call."""
    events: tuple[Mapping[str, Any], ...] = ()
    """The execution's history; states that only play are left out, and what they stand for is not told."""


def run(document: Mapping[str, Any], input: Mapping[str, Any], results: Mapping[str, Any]) -> Ended:
    """``results``: state to a result, to `Fails`, or to a list of these, one for each time the state is entered."""
    played = {**document, "States": _play(document["States"], results)}
    with moto_world(execute=True):
        paths.install()  # as AWS follows them
        client = boto3.client(
            "stepfunctions", "eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        machine = client.create_state_machine(
            name="played", definition=json.dumps(played), roleArn="arn:aws:iam::123456789012:role/played"
        )["stateMachineArn"]
        execution = client.start_execution(
            stateMachineArn=machine, name="played", input=json.dumps({**input, "calls": {}, "turn": {}})
        )["executionArn"]
        ended = _wait(client, execution)
        events = client.get_execution_history(executionArn=execution)["events"]
    known = {name for name, _ in all_states(document)}
    entered = [event["stateEnteredEventDetails"] for event in events if "stateEnteredEventDetails" in event]
    calls: dict[str, Any] = {}
    for event in events:
        details = event.get("stateExitedEventDetails")
        if details and details["name"] in known:
            calls |= json.loads(details["output"]).get("calls", {})
    names = {_key(name): name for name in known}
    return Ended(
        status=ended["status"],
        error=ended.get("error"),
        cause=ended.get("cause"),
        states=tuple(details["name"] for details in entered if details["name"] in known),
        calls={names[key]: call for key, call in calls.items()},
        events=tuple(events),
    )


def _wait(client: Any, execution: str) -> dict[str, Any]:
    for _ in range(600):
        ended: dict[str, Any] = client.describe_execution(executionArn=execution)
        if ended["status"] != "RUNNING":
            return ended
        time.sleep(0.02)
    raise AssertionError("the played execution does not end")


def _play(states: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    played: dict[str, Any] = {}
    for name, state in states.items():
        if state["Type"] == "Wait":
            played[name] = {"Type": "Pass", "Next": state["Next"]}
        elif state["Type"] == "Task":
            played |= _play_task(name, state, results.get(name, {}))
        else:
            played[name] = copy.deepcopy(state)
            if state["Type"] == "Parallel":
                played[name]["Branches"] = [
                    {**branch, "States": _play(branch["States"], results)} for branch in state["Branches"]
                ]
            if "$.constants" in str(state.get("Parameters", "")) and "steps" in state.get("Parameters", {}):
                # The state that completes the input keeps only what it names; what the test needs is named too.
                played[name]["Parameters"] |= {"calls.$": "$.calls", "turn.$": "$.turn"}
    return played


def _play_task(name: str, state: Mapping[str, Any], result: Any) -> dict[str, Any]:
    turns = result if isinstance(result, list) else [result]
    key = _key(name)
    first = f"{name} (turn 0)"
    played: dict[str, Any] = {
        name: {
            "Type": "Pass",
            "Parameters": state["Parameters"],
            "ResultPath": f"$.calls.{key}",
            "Next": f"{name} (pick)",
        },
        f"{name} (pick)": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": f"$.turn.{key}", "IsPresent": True},
                        {"Variable": f"$.turn.{key}", "NumericEquals": number},
                    ],
                    "Next": f"{name} (turn {number})",
                }
                for number in range(1, len(turns))
            ]
            or [{"Variable": "$.run", "IsNull": True, "Next": first}],
            "Default": first,
        },
    }
    for number, turn in enumerate(turns):
        here = f"{name} (turn {number})"
        played[here] = {
            "Type": "Pass",
            "Result": min(number + 1, len(turns) - 1),
            "ResultPath": f"$.turn.{key}",
            "Next": f"{here} result",
        }
        played |= _answer(f"{here} result", state, turn)
    return played


def _answer(here: str, state: Mapping[str, Any], turn: Any) -> dict[str, Any]:
    if isinstance(turn, Fails):
        catcher = state["Catch"][0]
        failure = {"Error": turn.error, "Cause": turn.cause}
        return {here: {"Type": "Pass", "Result": failure, "ResultPath": catcher["ResultPath"], "Next": catcher["Next"]}}
    path = state.get("ResultPath", "$")
    if path is None:
        return {here: {"Type": "Pass", "Next": state["Next"]}}
    if "ResultSelector" not in state:
        return {here: {"Type": "Pass", "Result": turn, "ResultPath": path, "Next": state["Next"]}}
    selector = json.loads(json.dumps(state["ResultSelector"]).replace("$.", "$.answer.").replace('.$.answer."', '.$"'))
    selected = {"Type": "Pass", "Parameters": selector, "ResultPath": path, "Next": state["Next"]}
    given = {"Type": "Pass", "Result": turn, "ResultPath": "$.answer", "Next": f"{here} selected"}
    return {here: given, f"{here} selected": selected}


def _key(name: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in name)
