"""Multi-node parallel jobs of AWS Batch: the main node starts, then the others; when it ends, the job has ended.

https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html and
https://docs.aws.amazon.com/batch/latest/userguide/job-lifecycle.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.jobs.batch_node_request import container_of_node
from mlops_iac.cloud.jobs.batch_run import Attempt, Result
from mlops_iac.cloud.jobs.batch_seat import Seat
from mlops_iac.cloud.jobs.cluster import place
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.records import Key

if TYPE_CHECKING:
    from mlops_iac.cloud.jobs.host import Host

MAIN_ENDED: Final = "The main node of the multi-node parallel job has ended."


class NodesAttempt:
    """One attempt of one job: an attempt of each node's container, beside each other."""

    def __init__(self, host: Host, key: Key, record: Mapping[str, Any], number: int) -> None:
        properties = record["nodeProperties"]
        self._host, self._key = host, key
        self._count, self._main = properties["numNodes"], properties["mainNode"]
        shared = {**record, "timeout": {}}  # the time limit is the whole job's, so the main node has it
        self._nodes = [
            Attempt(
                host,
                (*key[:3], f"{key[3]}#{one}"),
                {**(record if one == self._main else shared), "container": container_of_node(properties, one)},
                number,
            )
            for one in range(self._count)
        ]

    @property
    def place(self) -> dict[str, str]:
        return self._nodes[self._main].place

    def terminate(self, reason: str) -> None:
        for node in self._nodes:
            node.terminate(reason)

    def kill(self) -> None:
        for node in self._nodes:
            node.kill()

    def refused(self, reason: str) -> Result:
        return self._nodes[self._main].refused(reason)

    def run(self, on_start: Callable[[], None]) -> Result:
        """Run until the main node has ended."""
        try:
            reach = self._nodes[self._main].reach
            with place(self._count, reach) as at:
                for number, node in enumerate(self._nodes):
                    node.seat = Seat(at, number, self._main)
                return self._run(on_start)
        except JobFailed as failure:
            return self.refused(failure.reason)
        except OSError as error:
            return self.refused(f"The nodes could not be connected: {error}")

    def _run(self, on_start: Callable[[], None]) -> Result:
        others = [
            threading.Thread(target=self._live, args=(number,), name="job node", daemon=True)
            for number in range(self._count)
            if number != self._main
        ]

        def started() -> None:
            on_start()
            for one in others:
                one.start()

        result = self._live(self._main, started)
        for number, node in enumerate(self._nodes):
            if number != self._main:
                node.terminate(MAIN_ENDED)
        for one in others:
            if one.ident is not None:
                one.join()
        return result

    def _live(self, number: int, started: Callable[[], None] = lambda: None) -> Result:
        """One node, whose record tells how it goes."""
        node = self._nodes[number]
        self._tell(number, status="STARTING")

        def on_start() -> None:
            self._tell(number, status="RUNNING", startedAt=_milliseconds(), _container=node.place)
            started()

        result = node.run(on_start)
        status = "SUCCEEDED" if result.succeeded else "FAILED"
        container = {name: value for name, value in result.container.items() if value is not None}
        self._tell(
            number,
            status=status,
            statusReason=result.status_reason[:1024],
            stoppedAt=_milliseconds(),
            attempts=[result.described()],
            _container=container,
        )
        return result

    def _tell(self, number: int, **values: Any) -> None:
        self._host.records.change((*self._key[:3], f"{self._key[3]}#{number}"), **values)


def _milliseconds() -> int:
    return int(time.time() * 1000)
