"""The embedded engine over the embedded cloud: nothing but this package is needed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.backends import read_environment
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError, ConfigError, Problem, StackNotFound
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.event import Diagnostic, OnEvent, Result, ignore

if TYPE_CHECKING:
    from mlops_iac.backends.judging import Judge
    from mlops_iac.clients import Clients
    from mlops_iac.cloud.process import EmbeddedCloud
    from mlops_iac.engine.doing.deployment import Deployment
    from mlops_iac.engine.state.state_store import FileStore
    from mlops_iac.program import StackProgram

HOME = ".mlops-iac"


class EmbeddedBackend:
    """One stack of one project. ``home`` holds state and cloud; left out, it is ``.mlops-iac`` in the project."""

    place = "embedded cloud"

    def __init__(self, root: Path, stack: str, *, home: Path | None = None) -> None:
        self.root, self.stack = root, stack
        self.home = home or root / HOME

    @property
    def can_look(self) -> bool:
        return self.stack in self.store.stacks() and self.cloud.find() is not None

    def preview(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        """Asks no cloud, unless it is to refresh first. What policies say of it is in the result."""
        program, options = self._program(), absolute(options)
        judge = self._judge(program)
        self._tell_if_jobs_cannot_run(program, on_event)
        if options.refresh:
            self.cloud.start()
        else:
            self._tell_if_emptied(on_event)
            if self.cloud.is_unclean:
                on_event(_unclean(f"`mlops-iac up {self.stack}` looks at each resource first."))
        deployment = self._deployment(program, online=options.refresh)
        with program.at_home():
            result = deployment.preview(program.run, on_event=on_event, options=options)
            return judge.foresee(result, self._whole(program, options))

    def up(self, *, on_event: OnEvent = ignore, options: Options = DEFAULTS) -> Result:
        """The cloud starts while the program is imported and what changes is found; the first call waits for it.

        After a cloud that was killed with unsaved changes the state is refreshed first: it may name what is gone.
        A policy that refuses ends it before the first change.
        """
        from mlops_iac.engine.doing.rehearsal import see_nothing

        program, options = self._program(), absolute(options)
        judge = self._judge(program)
        self._tell_if_jobs_cannot_run(program, on_event)
        unclean = self.cloud.is_unclean
        if unclean and not options.refresh:
            on_event(_unclean("Each resource is looked at first; what is gone is made again."))
            options = replace(options, refresh=True)
        if not options.refresh:
            self._tell_if_emptied(on_event)
        starting = self._start_cloud()
        deployment = self._deployment(program, online=True)
        with self._kept(), program.at_home():
            whole = self._whole(program, options)
            if whole and not whole.error:
                judge.refuse(whole.steps, whole.outputs)
            result = deployment.up(
                program.run, on_event=on_event, options=options, before=starting.join,
                inspect=see_nothing if whole else judge.refuse,
            )  # fmt: skip
        starting.join()
        if unclean:
            self.cloud.told()
        return result if whole else judge.conclude(result)

    def refresh(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        self._get_deployed()
        self.cloud.start()
        with self._kept():
            result = self._deployment(None, online=True).refresh(on_event=on_event, preview=preview, options=options)
        if not preview:
            self.cloud.told()
        return result

    def destroy(self, *, on_event: OnEvent = ignore, preview: bool = False, options: Options = DEFAULTS) -> Result:
        self._get_deployed()
        self.cloud.start()
        with self._kept():
            return self._deployment(None, online=True).destroy(on_event=on_event, preview=preview, options=options)

    def remove(self) -> None:
        self.store.remove(self.stack)

    def outputs(self) -> dict[str, Any]:
        self._get_deployed()
        return dict(self.store.outputs(self.stack))

    def history(self) -> list[dict[str, Any]]:
        self._get_deployed()
        return self.store.histories(self.stack)

    def environment(self) -> Environment:
        return read_environment(self.outputs(), f"mlops-iac up {self.stack}")

    def export(self) -> str:
        from mlops_iac.engine.state.exports import render_export

        self._get_deployed()
        return render_export(*self.store.read(self.stack))

    def clients(self, *, quick: bool = False) -> Clients:
        region = self.outputs()["region"]
        self.cloud.start()
        return self.cloud.quick_clients(region) if quick else self.cloud.clients(region)

    def keep(self) -> None:
        self.cloud.save()

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """What the engine's state names is in the cloud's too, before anybody is told of success."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(CloudError, OSError):
                self.keep()  # what was done before the failure; the failure itself is what is told
            raise
        self.keep()

    @property
    def cloud(self) -> EmbeddedCloud:
        from mlops_iac.cloud.process import EmbeddedCloud

        return EmbeddedCloud(self.home / "cloud")

    @property
    def store(self) -> FileStore:
        from mlops_iac.engine.state.state_store import FileStore
        from mlops_iac.engine.values.secrets import passphrase_for

        return FileStore(self.home / "state", self.project, lambda: passphrase_for(self.home))

    @cached_property
    def project(self) -> str:
        from mlops_iac.config.project import project_name

        return project_name(self.root)

    def _program(self) -> StackProgram:
        from mlops_iac.program import open_stack

        return open_stack(self.root, self.stack)

    def _whole(self, program: StackProgram, options: Options) -> Result | None:
        """A preview of the whole stack, for policies, when only a part of it is asked for."""
        if not options.is_partial:
            return None
        return self._deployment(program, online=False).preview(program.run, options=options.whole)

    def _judge(self, program: StackProgram) -> Judge:
        from mlops_iac.backends.judging import Judge

        return Judge.of(program)

    def _deployment(self, program: StackProgram | None, *, online: bool) -> Deployment:
        from mlops_iac.cloud.provider import EmbeddedProvider
        from mlops_iac.engine.doing.deployment import Deployment

        return Deployment(
            project=self.project,
            stack=self.stack,
            provider=EmbeddedProvider(self.cloud.clients_sending_once if online else None),
            store=self.store,
            config=self._config(program) if program else {},
            secret_config=program.settings.secret_keys if program else frozenset(),
            root=str(self.root),
        )

    def _config(self, program: StackProgram) -> dict[str, str]:
        """The stack's configuration with its secrets in clear, for the program's eyes only."""
        from mlops_iac.engine.values.secrets import PassphraseManager, passphrase_for

        keeper = PassphraseManager(lambda: passphrase_for(self.home), program.settings.encryption_salt or "")
        return program.settings.reveal(keeper.decrypt)

    def _tell_if_emptied(self, on_event: OnEvent) -> None:
        """Without a refresh, an engine believes its state; that the cloud was thrown away behind it is worth a line."""
        if self.cloud.is_empty and any(record.id for record in self.store.find(self.stack) or ()):
            on_event(
                Diagnostic(
                    severity="warning",
                    message="The embedded cloud is empty, and the state still names what was in it.\n"
                    f"`mlops-iac up {self.stack} --refresh` makes it anew.",
                )
            )

    def _tell_if_jobs_cannot_run(self, program: StackProgram, on_event: OnEvent) -> None:
        """An environment comes up without the Python that its jobs need, and then every job of it fails."""
        if program.options is None:
            return
        asked = [_at_its_line(program, one) for one in getattr(program.options, "not_embedded", ())]
        problems = [*asked, *program.not_embedded()]
        if problems:
            raise ConfigError.of(problems)
        from mlops_iac.core.frameworks import frameworks_of
        from mlops_iac.core.interpreters import find_problem

        problem = find_problem(frameworks_of(program.options))
        if problem:
            on_event(
                Diagnostic(severity="warning", message=f"{problem.detail}\nIts jobs fail until you {problem.hint}")
            )

    def _start_cloud(self) -> _Starting:
        starting = _Starting(self.cloud)
        starting.start()
        return starting

    def _get_deployed(self) -> None:
        self.store.refuse_moved(self.stack)
        deployed = self.store.stacks()
        if self.stack not in deployed:
            known = did_you_mean(self.stack, deployed) if deployed else f"`mlops-iac up {self.stack}` deploys it."
            raise StackNotFound("No such environment.", f"`{self.stack}` is not deployed on this machine.", hint=known)


def _at_its_line(program: StackProgram, problem: Problem) -> Problem:
    """What options say of themselves, where the stack file says it; they do not know where they were read."""
    if program.config is None or not problem.path:
        return problem
    path = problem.path.removeprefix("mlops-iac:")
    return program.config.problem(path, problem.summary, problem.detail, problem.hint)


def absolute(options: Options) -> Options:
    """Files that the person named are where they are now: a program is run in its own folder."""
    return replace(options, plan=options.plan.absolute()) if options.plan else options


def _unclean(what: str) -> Diagnostic:
    message = "The embedded cloud ended before it saved its last changes: something that was deployed may be gone."
    return Diagnostic(severity="warning", message=f"{message}\n{what}")


class _Starting(threading.Thread):
    """The cloud starts while the program is imported; what goes wrong is raised where the start is awaited."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        super().__init__(daemon=True)
        self._cloud = cloud
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._cloud.start()
        except BaseException as error:
            self._error = error

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        if self._error:
            raise self._error
