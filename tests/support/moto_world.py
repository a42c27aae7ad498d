"""A mock of AWS in this process that no embedded cloud takes part in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def moto_world(*, execute: bool = False) -> Iterator[Any]:
    """``execute``: state machines run.

    A cloud that this process has had takes executions that end from moto; this world's are to stay.
    """
    from moto import mock_aws
    from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication as Communication

    terminated = Communication.terminated
    Communication.terminated = getattr(terminated, "original", terminated)
    try:
        with mock_aws(config={"stepfunctions": {"execute_state_machine": execute}}) as world:
            yield world
    finally:
        Communication.terminated = terminated
