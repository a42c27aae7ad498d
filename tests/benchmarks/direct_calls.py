"""What `up` asks of the cloud, recorded; and the same asked again by a plain boto3 script, without this project.

python -m tests.benchmarks.direct_calls record FILE         an `up` in this folder, its creating calls written to FILE
python -m tests.benchmarks.direct_calls replay FILE HOME    a fresh embedded cloud in HOME, and the calls, one by one

A call of the recording holds ids that the cloud made up in the answer to an earlier one (`vpc-0a1b…`). The replay puts
in their place what its own cloud answered at the same spot.
"""

from __future__ import annotations

import base64
import copy
import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

READING = re.compile(r"Describe|Get|List|Head|Lookup|Search|BatchGet")
"""Operations that make nothing. A script of creates calls one only for an id that no create answers."""

MADE_UP = re.compile(r"[0-9a-f]{8}")
"""What every id that the cloud makes up has in it, and no word has."""

BYTES = "mlops-iac:bytes"
"""The key under which a recording keeps bytes."""

ID = re.compile(r"[a-z]+-[0-9a-f]{8,17}\b")
"""EC2's ids: the only ones that a program learns by reading."""


def record(file: Path) -> None:
    """Run `up` in the current folder. Its creating calls are in ``file``, in the order in which they were begun."""
    from mlops_iac import clients
    from mlops_iac.cli.main import run_command

    calls: list[dict[str, Any]] = []
    make, now = clients._make_embedded, threading.local()

    def begin(params: Any, model: Any, context: Any, **_: Any) -> None:
        now.call = {"service": model.service_model.service_name, "operation": model.name}
        calls.append(now.call)

    def ask(params: Any, **_: Any) -> None:
        now.given = copy.deepcopy(params)  # botocore changes it on its way to the wire

    def end(parsed: Any, **_: Any) -> None:
        now.call.update(params=now.given, answer={k: v for k, v in parsed.items() if k != "ResponseMetadata"})

    def listening(*arguments: Any) -> Any:
        client = make(*arguments)
        client.meta.events.register_first("before-parameter-build.*.*", ask)
        client.meta.events.register_first("before-call.*.*", begin)
        client.meta.events.register_last("after-call.*.*", end)
        return client

    clients._make_embedded = listening
    code = run_command(["up", "screening-dev", "--yes"])
    if code:
        sys.exit(code)
    file.write_text(json.dumps(list(_needed(calls)), default=_text))


def replay(file: Path, home: Path) -> None:
    """Start a cloud and make the calls, each client on its first use, as a script would."""
    import boto3
    from botocore import xform_name

    from mlops_iac.cloud.process import EmbeddedCloud

    endpoint = EmbeddedCloud(home).start().endpoint
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    made: dict[str, Any] = {}
    known: dict[str, str] = {}
    for call in json.loads(file.read_text(), object_hook=_bytes_again):
        service = call["service"]
        if service not in made:
            made[service] = session.client(service, endpoint_url=endpoint)
        answer = getattr(made[service], xform_name(call["operation"]))(**_renewed(call["params"], known))
        known.update(_pairs(call["answer"], answer))


def _needed(calls: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The calls that make something, and the reads that first told an id which one of them names."""
    told: set[str] = set()
    for index, call in enumerate(calls):
        new = set(ID.findall(json.dumps(call["answer"], default=_text))) - told
        later = json.dumps([other["params"] for other in calls[index:] if _makes(other)], default=_text)
        if _makes(call) or any(id in later for id in new):
            told |= new
            yield call


def _makes(call: Mapping[str, Any]) -> bool:
    return READING.match(call["operation"]) is None


def _pairs(before: Any, now: Any) -> Iterator[tuple[str, str]]:
    """Texts that differ at the same place of two answers."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in before.keys() & now.keys():
            yield from _pairs(before[key], now[key])
    elif isinstance(before, list) and isinstance(now, list):
        for one, other in zip(before, now, strict=False):
            yield from _pairs(one, other)
    elif isinstance(before, str) and isinstance(now, str) and before != now and MADE_UP.search(before):
        yield before, now


def _renewed(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renewed(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_renewed(item, known) for item in value]
    if isinstance(value, str):
        for before, now in known.items():
            value = value.replace(before, now)
    return value


def _text(value: Any) -> str | dict[str, str]:
    """Times in answers, which nothing that is asked again holds, and archives of code, which creates do."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} cannot be recorded")


def _bytes_again(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[BYTES]) if BYTES in value else value


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    {"record": record, "replay": replay}[what](*map(Path, paths))
