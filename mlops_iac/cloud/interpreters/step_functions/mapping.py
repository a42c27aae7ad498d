"""Distributed Map: children that fail are counted, the failures that are tolerated decide, and the rest is stopped.

moto tells a child that failed as one that answered nothing, whatever is tolerated, and goes from item to item by
recursion, so that a thousand of them behind one another end in an error. Here a few threads take one item after
another; more than `MOST_THREADS` would only wait, as jobs wait for their slots.

https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.interpreters.step_functions import item_files
from mlops_iac.cloud.interpreters.step_functions.moto_asl import CALLING, PACKAGE, module

if TYPE_CHECKING:
    from mlops_iac.cloud.iam.enforcer import Wanted

MOST_THREADS: Final = 64
EXCEEDED: Final = "States.ExceedToleratedFailureThreshold"
CAUSE: Final = "The specified tolerated failure threshold was exceeded"

_MAP: Final = f"{PACKAGE}.component.state.exec.state_map.iteration"


def install() -> None:
    """Put it into moto's interpreter."""
    item_files.install()
    module(f"{_MAP}.distributed_iteration_component").DistributedIterationComponent._map_run = _map_run


def _map_run(component: Any, env: Any, eval_input: Any) -> None:
    """Runs the children of one Map; leaves their outputs on the stack, or raises when too many failed."""
    items = env.stack.pop()
    check_role(env)
    children = Children(component, env, eval_input, items)
    threads = [
        threading.Thread(target=children.work, name=f"map item {number}", daemon=True)
        for number in range(min(len(items), eval_input.map_run_record.max_concurrency or MOST_THREADS, MOST_THREADS))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if children.exceeded:
        raise children.failure()
    env.stack.append([children.outputs[number] for number in sorted(children.outputs)])


def check_role(env: Any) -> None:
    """Each child is an execution that the machine's role starts. Raises AwsError when it may not."""
    machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
    role, region = env.aws_execution_details.role_arn, machine.split(":")[3]
    wanted: Wanted = [("states:StartExecution", machine, {})]
    CALLING.gateway.roles.require(role, "states.amazonaws.com", "StepFunctions", region, wanted)


def select(worker: Any, env_frame: Any) -> None:
    """A child's input, by the Map's ItemSelector. moto copies the Map's whole input for each item, list included."""
    selector = worker._item_selector or worker._parameters
    if selector is None:
        return
    whole = worker._env.stack[-1]
    env_frame.states._states_data["input"] = whole
    env_frame.stack.append(whole)
    selector.eval(env_frame)
    env_frame.states.reset(input_value=env_frame.stack[-1])


class Children:
    """The items of one Map that wait, run and have ended."""

    def __init__(self, component: Any, env: Any, eval_input: Any, items: list[Any]) -> None:
        self._component, self._env, self._input, self._items = component, env, eval_input, items
        self._record = eval_input.map_run_record
        self._waiting = iter(enumerate(items))
        self._lock = threading.Lock()
        self._job = module(f"{_MAP}.job").Job
        self.outputs: dict[int, Any] = {}
        self.exceeded = False

    def work(self) -> None:
        """Take item after item, until none is left, the execution is stopped, or too many have failed."""
        program = self._component._get_iteration_program()
        worker = self._component._create_worker(env=self._env, eval_input=self._input, job_pool=None)
        worker._eval_input = functools.partial(select, worker)
        while (found := self._next()) is not None:
            number, item = found
            job = self._job(job_index=number, job_program=program, job_input=item)
            with self._frame() as frame:
                worker._eval_job(env=frame, job=job)
            self.outputs[number] = job.job_output
            self._judge()

    def failure(self) -> Exception:
        """What the Map state fails with."""
        return item_files.map_run_failed(self._env, EXCEEDED, CAUSE)

    def _next(self) -> tuple[int, Any] | None:
        with self._lock:
            return None if self.exceeded or not self._env.is_running() else next(self._waiting, None)

    @contextlib.contextmanager
    def _frame(self) -> Iterator[Any]:
        frame = self._env.open_inner_frame()
        try:
            yield frame
        finally:
            self._env.delete_frame(frame)

    def _judge(self) -> None:
        """Stop the others once more have failed than is tolerated."""
        failed = self._record.item_counter.failed.get() + self._record.item_counter.timed_out.get()
        count, share = self._record.tolerated_failure_count, self._record.tolerated_failure_percentage
        limits = [limit for limit in (count, len(self._items) * share / 100) if limit] or [0]
        if failed <= min(limits) or self.exceeded:
            return
        with self._lock:
            self.exceeded = True
        for frame in [*self._env._frames]:
            frame.set_stop(stop_date=datetime.datetime.now(datetime.UTC), cause=CAUSE, error=EXCEEDED)
