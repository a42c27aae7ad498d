"""What makes the runs of one Airflow environment go on, in Airflow's interpreter, beside ``airflow_host.py``.

What Airflow decides, Airflow decides: `DagRun.update_state` says which tasks are next and how a run ended, each task is
run by its own `TaskInstance` in a process of its own, as its LocalExecutor does, and its own triggerer waits for what
tasks wait for that gave their process back. What is ours is the loop between, which a scheduler over SQLite would be:
that one runs a task at a time. Standard library and Airflow only.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

LOOK_BUSY, LOOK_IDLE = 0.15, 0.3
"""Seconds between two looks while something runs, and at whether something was written while nothing does."""
RUN = "MLOPS_IAC_RUN "
"""How a line begins that tells of a run."""
NO_TASK = ("", "", "", -1)
BROKE_OFF = "The embedded cloud stopped while this task ran."
LAST_WORDS = 10.0
"""Seconds that the process of a task gets which is over, for what its DAG calls then."""


class Scheduler:
    """The only process that begins tasks; it has no threads, so it may fork."""

    def __init__(self, home: Path) -> None:
        from airflow.providers.amazon.aws.operators import sagemaker, sns  # noqa: F401 - tasks find it imported

        self.home, self.dags = home, home / "dags"
        self.running: dict[int, tuple[str, str, str, int]] = {}
        """Process to the task it runs: DAG, run, task, index."""
        self.ending: dict[int, float] = {}
        """Processes whose task is over, since when."""
        self.telling: dict[int, tuple[str, str]] = {}
        """Processes that do what a DAG calls when its run is over: DAG, run."""
        self.under_way: set[tuple[str, str]] = set()
        self.triggerer = 0
        """The process of Airflow's triggerer, while a run is under way that needed it; else 0."""
        self.seen = 0.0
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        sys.path.insert(0, str(self.dags))

    def run(self) -> None:
        self.end_what_broke_off()
        while True:
            self.synchronise()
            busy = self.turn() if self.running or self.was_written() else False
            time.sleep(LOOK_BUSY if busy else LOOK_IDLE)

    def was_written(self) -> bool:
        """Whether the database changed since it was seen to have nothing to do."""
        files = [self.home / name for name in ("airflow.db", "airflow.db-wal")]
        latest = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
        if latest == self.seen:
            return self.waits
        self.seen = latest
        return True

    waits = False
    """A run is under way although nothing runs: it waits for a moment, or for somebody."""

    def turn(self) -> bool:
        """Take in what ended, begin what is next. Whether something runs."""
        from airflow.utils.session import create_session

        self.take_in()
        with create_session() as session:
            runs = self.active(session)
            speaking = {self.running[pid][:2] for pid in self.ending}
            self.end_overdue(session)
            for run in runs:
                if (run.dag_id, run.run_id) not in speaking:
                    self.go_on(run, session)
            self.have_triggerer(bool(runs), session)
        self.waits = bool(runs)
        self.say({(run.dag_id, run.run_id) for run in runs} | {*self.telling.values()})
        return bool(self.running)

    def say(self, under_way: set[tuple[str, str]]) -> None:
        """Tell this cloud which runs have begun, and which are over with all that they call."""
        for status, runs in (("RUNNING", under_way - self.under_way), ("OVER", self.under_way - under_way)):
            for dag, run in sorted(runs):
                print(RUN + json.dumps({"dag": dag, "run": run, "status": status}), flush=True)
        self.under_way = under_way

    def active(self, session: Any) -> list[Any]:
        from airflow.models import DagRun
        from airflow.utils.state import DagRunState
        from sqlalchemy import select

        states = (DagRunState.QUEUED, DagRunState.RUNNING)
        return list(session.scalars(select(DagRun).where(DagRun.state.in_(states))))

    def go_on(self, run: Any, session: Any) -> None:
        from airflow.models.dagbag import DagBag
        from airflow.utils import timezone
        from airflow.utils.state import DagRunState, TaskInstanceState

        run.dag = DagBag(read_dags_from_db=True, collect_dags=False).get_dag(run.dag_id, session=session)
        if run.dag is None:
            return
        if run.state == DagRunState.QUEUED:
            run.state, run.start_date = DagRunState.RUNNING, timezone.utcnow()
            session.flush()
        self.end_late(run, session)
        next_tasks, callback = run.update_state(session=session, execute_callbacks=False)
        run.schedule_tis(next_tasks, session=session)
        session.commit()
        if callback is not None:
            self.telling[self.fork(lambda: call_back(callback), NO_TASK)] = (run.dag_id, run.run_id)
        for task in run.get_task_instances(state=[TaskInstanceState.SCHEDULED], session=session):
            task.state, task.queued_dttm = TaskInstanceState.QUEUED, timezone.utcnow()
            session.commit()
            self.begin(task)

    def end_late(self, run: Any, session: Any) -> None:
        """A run that takes longer than its DAG allows is failed, and its tasks skipped: as Airflow's scheduler does."""
        from airflow.utils import timezone
        from airflow.utils.state import DagRunState, TaskInstanceState

        limit = run.dag.dagrun_timeout
        if run.state != DagRunState.RUNNING or not limit or run.start_date >= timezone.utcnow() - limit:
            return
        run.set_state(DagRunState.FAILED)
        for task in run.get_task_instances(session=session):
            if task.state not in (TaskInstanceState.SUCCESS, TaskInstanceState.FAILED):
                task.state = TaskInstanceState.SKIPPED
                session.merge(task)
        session.commit()

    def end_overdue(self, session: Any) -> None:
        """Tasks that wait longer than they said: as Airflow's scheduler does it (`check_trigger_timeouts`)."""
        from airflow.models import TaskInstance
        from airflow.utils import timezone
        from airflow.utils.state import TaskInstanceState
        from sqlalchemy import update

        late = (TaskInstance.state == TaskInstanceState.DEFERRED, TaskInstance.trigger_timeout < timezone.utcnow())
        failing = {"next_method": "__fail__", "next_kwargs": {"error": "Trigger/execution timeout"}, "trigger_id": None}
        session.execute(update(TaskInstance).where(*late).values(state=TaskInstanceState.SCHEDULED, **failing))
        session.commit()

    def have_triggerer(self, busy: bool, session: Any) -> None:
        """Start it when the first task waits for something; end it when no run is under way any more."""
        from airflow.models import Trigger
        from sqlalchemy import select

        if self.triggerer and os.waitpid(self.triggerer, os.WNOHANG)[0]:
            self.triggerer = 0
        if self.triggerer and not busy:
            os.killpg(self.triggerer, signal.SIGKILL)
            os.waitpid(self.triggerer, 0)
            self.triggerer = 0
        elif not self.triggerer and busy and session.scalar(select(Trigger.id).limit(1)) is not None:
            free_triggers(session)
            self.triggerer = fork(run_triggerer)

    def begin(self, task: Any) -> None:
        key = (task.dag_id, task.run_id, task.task_id, task.map_index)
        self.fork(lambda: run_task(*key), key)

    def fork(self, work: Any, key: tuple[str, str, str, int]) -> int:
        pid = fork(work)
        self.running[pid] = key
        return pid

    def take_in(self) -> None:
        """Processes that have ended, and those whose task somebody has ended."""
        for pid, key in list(self.running.items()):
            ended, _ = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self.running[pid]
                self.ending.pop(pid, None)
                self.telling.pop(pid, None)
                self.fail_if_lost(key)
            elif key[0] and not self.goes_on(key):
                self.end(pid, key)

    def end(self, pid: int, key: tuple[str, str, str, int]) -> None:
        """A task that is over while its process is not: it says its last words, unless somebody ended the run."""
        from airflow.models import DagRun
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState

        self.ending.setdefault(pid, time.monotonic())
        with create_session() as session:
            run = session.query(DagRun).filter_by(dag_id=key[0], run_id=key[1]).one_or_none()
            ended = run is None or run.state not in (DagRunState.QUEUED, DagRunState.RUNNING)
        if ended or time.monotonic() - self.ending[pid] > LAST_WORDS:
            os.killpg(pid, signal.SIGTERM)

    def find(self, key: tuple[str, str, str, int], session: Any) -> Any:
        from airflow.models import TaskInstance
        from sqlalchemy import select

        dag, run, task, index = key
        asked = select(TaskInstance).where(
            TaskInstance.dag_id == dag,
            TaskInstance.run_id == run,
            TaskInstance.task_id == task,
            TaskInstance.map_index == index,
        )
        return session.scalar(asked)

    def goes_on(self, key: tuple[str, str, str, int]) -> bool:
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState

        with create_session() as session:
            found = self.find(key, session)
            return found is not None and found.state in (TaskInstanceState.QUEUED, TaskInstanceState.RUNNING)

    def fail_if_lost(self, key: tuple[str, str, str, int], why: str = "Its process ended without a word.") -> None:
        """A task whose process is gone, and which does not say how it ended, has failed; it is tried again as after any
        failure."""
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState

        if not key[0]:
            return
        with create_session() as session:
            found = self.find(key, session)
            if found is not None and found.state in (TaskInstanceState.QUEUED, TaskInstanceState.RUNNING):
                found.note = why  # where the helper of the DAG files leaves such words too
                again = found.try_number <= found.max_tries
                found.set_state(TaskInstanceState.UP_FOR_RETRY if again else TaskInstanceState.FAILED, session=session)

    def end_what_broke_off(self) -> None:
        from airflow.models import TaskInstance
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState
        from sqlalchemy import select

        states = (TaskInstanceState.QUEUED, TaskInstanceState.RUNNING)
        with create_session() as session:
            lost = [
                (one.dag_id, one.run_id, one.task_id, one.map_index)
                for one in session.scalars(select(TaskInstance).where(TaskInstance.state.in_(states)))
            ]
        for key in lost:
            self.fail_if_lost(key, BROKE_OFF)

    def synchronise(self) -> None:
        """Read the DAG files again when that is asked for; the answer names each file that is wrong."""
        asked, answer = self.home / "sync.asked", self.home / "sync.done"
        if not asked.exists():
            return
        number = asked.read_text()
        asked.unlink()
        self.fork(lambda: read_files(self.dags, answer, number), NO_TASK)


def fork(work: Any) -> int:
    """A process, and a group, of its own that does the work; answers its id."""
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setpgid(0, 0)
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def free_triggers(session: Any) -> None:
    """Those of a triggerer that is gone: the next one need not wait until it is sure of that."""
    from airflow.models import Trigger
    from sqlalchemy import update

    session.execute(update(Trigger).values(triggerer_id=None))
    session.commit()


def run_triggerer() -> None:
    """As `airflow triggerer` does it."""
    from airflow.jobs.job import Job, run_job
    from airflow.jobs.triggerer_job_runner import TriggererJobRunner

    job = Job(heartrate=5)
    runner = TriggererJobRunner(job=job)
    run_job(job=job, execute_callable=runner._execute)


def read_files(dags: Path, answer: Path, number: str) -> None:
    """Keep every DAG of the folder in the database, and forget those that are gone."""
    from airflow.models import DagModel
    from airflow.models.dagbag import DagBag
    from airflow.utils.session import create_session

    faults: dict[str, str] = {}
    try:
        bag = DagBag(str(dags), include_examples=False)
        faults = {Path(file).name: words.strip().splitlines()[-1] for file, words in bag.import_errors.items()}
        bag.sync_to_db()
        with create_session() as session:
            DagModel.deactivate_deleted_dags([str(file) for file in dags.glob("*.py")], str(dags), session=session)
    except Exception as error:
        traceback.print_exc()
        faults["*"] = f"{type(error).__name__}: {error}"
    aside = answer.with_suffix(".new")
    aside.write_text(json.dumps({"number": number, "faults": faults}))
    aside.rename(answer)


def load(file: str, dag: str) -> Any:
    from airflow.models.dagbag import DagBag

    bag = DagBag(file, include_examples=False)
    found = bag.get_dag(dag)
    if found is None:
        raise RuntimeError(f"{dag} is not in {file}: {bag.import_errors}")
    return found


def run_task(dag: str, run: str, task: str, index: int) -> None:
    """As `airflow tasks run` does it, in this process; one that defers is over until its trigger fires."""
    from airflow.models import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        file = session.get(DagModel, dag).fileloc
        loaded = load(file, dag)
        found = loaded.get_dagrun(run_id=run, session=session).get_task_instance(task, session=session, map_index=index)
        found.task = loaded.get_task(task)
        found.refresh_from_task(found.task)
        found.run(session=session)


def call_back(request: Any) -> None:
    """What a DAG calls when its run is over."""
    from airflow.utils.session import create_session

    with create_session() as session:
        dag = load(request.full_filepath, request.dag_id)
        run = dag.get_dagrun(run_id=request.run_id, session=session)
        dag.handle_callback(run, success=not request.is_failure_callback, reason=request.msg, session=session)
