"""Pulumi's runtime, in this process: the only file that speaks its wire types.

The Python SDK sends a program's registrations to a *resource monitor*, which is a gRPC service of the Pulumi CLI. It
accepts any object with the same methods, which is what the SDK's own mocks are. Here it is one that hands goals to our
engine.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf import empty_pb2
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import resource as pulumi_resource
from pulumi.runtime.proto import resource_pb2, source_pb2
from pulumi.runtime.settings import ROOT, SETTINGS, Settings, configure
from pulumi.runtime.stack import run_in_stack

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.goal import AliasSpec, Answer, Goal
from mlops_iac.engine.state_file import ORGANIZATION
from mlops_iac.engine.wire import read_struct, write_struct

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_PARENT,
    # Claimed to refuse them by our own words, in `_refused`; the SDK would say that the CLI is too old.
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
)

_SEVERITIES = {1: "info", 2: "warning", 3: "error"}
"""Of ``LogSeverity``; 0 is debug, which nobody reads and which costs a message per call."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Engine(Protocol):
    """What the monitor asks of the engine."""

    def register(self, goal: Goal) -> Answer: ...

    def register_outputs(self, urn: str, outputs: dict[str, Any]) -> None: ...

    def read(self, goal: Goal, id: str) -> Answer: ...

    def invoke(self, token: str, args: dict[str, Any], provider: str | None, version: str) -> dict[str, Any]: ...

    def log(self, severity: str, message: str, urn: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a program is to be run."""

    project: str
    stack: str
    config: Mapping[str, str]
    secret_config: frozenset[str]
    dry: bool
    parallel: int


class Monitor:
    """The object the SDK talks to. Methods are named by Pulumi, and called on executor threads."""

    def __init__(self, engine: Engine, run: Run) -> None:
        self._engine, self._run = engine, run

    def GetDeploymentInfo(self, request: Any, context: Any = None) -> Any:
        run = self._run
        return resource_pb2.DeploymentInfo(
            project=run.project,
            stack=run.stack,
            organization=ORGANIZATION,
            config=dict(run.config),
            configSecretKeys=sorted(run.secret_config),
            dryRun=run.dry,
            parallel=run.parallel,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: Any, context: Any = None) -> Any:
        known = {"secrets", "resourceReferences", "aliasSpecs", "deletedWith", "replaceWith"}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in known)

    def RegisterResource(self, request: Any, context: Any = None) -> Any:
        answer = self._engine.register(_goal(request))
        response = resource_pb2.RegisterResourceResponse(urn=answer.urn, id=answer.id)
        response.result = resource_pb2.Result.FAIL if answer.failed else resource_pb2.Result.SUCCESS
        write_struct(answer.outputs, response.object)
        return response

    def RegisterResourceOutputs(self, request: Any, context: Any = None) -> Any:
        self._engine.register_outputs(request.urn, read_struct(request.outputs))
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any = None) -> Any:
        goal = Goal(
            type=request.type,
            name=request.name,
            inputs=read_struct(request.properties),
            parent=request.parent or None,
            dependencies=tuple(request.dependencies),
            provider=request.provider or None,
            version=request.version,
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
        )
        answer = self._engine.read(goal, request.id)
        response = resource_pb2.ReadResourceResponse(urn=answer.urn, id=answer.id)
        response.result = resource_pb2.Result.FAIL if answer.failed else resource_pb2.Result.SUCCESS
        write_struct(answer.outputs, response.properties)
        return response

    def Invoke(self, request: Any, context: Any = None) -> Any:
        answer = self._engine.invoke(request.tok, read_struct(request.args), request.provider or None, request.version)
        response = resource_pb2.ResourceInvokeResponse()
        write_struct(answer, getattr(response, "return"))
        return response

    def SignalAndWaitForShutdown(self, request: Any, context: Any = None) -> Any:
        return empty_pb2.Empty()

    def Call(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("method calls on resources", request.tok)

    def RegisterPackage(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("parameterized packages", request.name)

    def ExistsResource(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("asking whether a resource exists", request.id)

    def RegisterStackTransform(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("stack transforms", "")

    def RegisterStackInvokeTransform(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("invoke transforms", "")

    def RegisterResourceHook(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("resource hooks", request.name)

    def RegisterErrorHook(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("error hooks", request.name)


class Log:
    """The part of Pulumi's engine service that programs use: their log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Log(self, request: Any) -> None:
        severity = _SEVERITIES.get(request.severity)
        if severity:
            self._engine.log(severity, request.message, request.urn)

    def RequirePulumiVersion(self, request: Any) -> None:
        """A program's demand on the version of the CLI, which is not what runs it."""


def run_program(program: Callable[[], object], run: Run, engine: Engine) -> Exception | None:
    """Run a program until every registration is answered. Answers what it raised.

    The SDK keeps what it knows in context variables: a copied context leaves nothing behind for the next run.
    """
    with _no_collector():
        return contextvars.copy_context().run(_run, program, run, engine)


def _run(program: Callable[[], object], run: Run, engine: Engine) -> Exception | None:
    raised: list[Exception] = []

    async def guarded() -> None:
        try:
            answer = program()
            if inspect.isawaitable(answer):
                await answer
        except Exception as error:
            raised.append(error)
            raise
        await _all_outputs()

    loop = asyncio.new_event_loop()
    pool = _Inline() if run.dry else ThreadPoolExecutor(run.parallel, thread_name_prefix="register")
    loop.set_default_executor(pool)
    # A failed task is answered by what it makes fail; asyncio would print it once more.
    loop.set_exception_handler(lambda loop, context: None)
    try:
        _prepare(run, engine)
        loop.run_until_complete(run_in_stack(guarded))
    except Exception as error:
        return raised[0] if raised else error
    finally:
        _close(loop)
    return None


async def _all_outputs() -> None:
    """Wait until every output is settled; the SDK raises those that failed.

    The SDK would do so as well, but starts anew over all of them whenever one is settled, which takes quadratic time:
    16 of 20 seconds for 2,000 resources that are made one after the other.
    """
    while pending := [task for task in SETTINGS.outputs if not task.done()]:
        await asyncio.wait(pending)


def _prepare(run: Run, engine: Engine) -> None:
    ROOT.set(None)
    configure(
        Settings(
            project=run.project,
            stack=run.stack,
            organization=ORGANIZATION,
            monitor=Monitor(engine, run),
            engine=Log(engine),
            parallel=run.parallel,
            dry_run=run.dry,
        )
    )
    pulumi_config.set_all_config(dict(run.config), sorted(run.secret_config))
    # With each resource the SDK sends the program's whole stack, which nobody here reads: a fifth of a preview's time.
    pulumi_resource._get_stack_trace = source_pb2.StackTrace


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what the program left running, and the loop's threads."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


class _Inline(ThreadPoolExecutor):
    """Runs each call where it is asked for: a preview waits for nothing, and threads cost more than its calls."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@contextmanager
def _no_collector() -> Iterator[None]:
    """A program run is short and makes many objects that live: collections over them were most of its cost."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


def _goal(request: Any) -> Goal:
    timeouts = request.customTimeouts
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=read_struct(request.object),
        parent=request.parent or None,
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={key: sorted(group.urns) for key, group in request.propertyDependencies.items()},
        provider=request.provider or None,
        version=request.version,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=tuple(_aliases(request)),
        timeouts={
            kind: _seconds(text) for kind in ("create", "update", "delete", "read") if (text := getattr(timeouts, kind))
        },
        refused=tuple(_refused(request)),
    )


def _aliases(request: Any) -> Iterator[AliasSpec]:
    for urn in request.aliasURNs:
        yield AliasSpec(urn=urn)
    for alias in request.aliases:
        if alias.WhichOneof("alias") == "urn":
            yield AliasSpec(urn=alias.urn)
            continue
        spec = alias.spec
        yield AliasSpec(
            name=spec.name or None,
            type=spec.type or None,
            stack=spec.stack or None,
            project=spec.project or None,
            parent=spec.parentUrn or None,
            no_parent=spec.noParent,
        )


def _refused(request: Any) -> Iterator[str]:
    """Options that this engine does not honour, by the names that programs use."""
    used = {
        "import_": request.importId,
        "deleted_with": request.deletedWith,
        "replace_with": request.replace_with,
        "replacement_trigger": request.HasField("replacement_trigger"),
        "remote component": request.remote,
        "transforms": request.transforms,
        "state_migrations": request.state_migrations,
        "hooks": request.hooks.ByteSize(),
        "plugin_download_url": request.pluginDownloadURL,
        "package reference": request.packageRef,
        "env_var_mappings": request.envVarMappings,
    }
    return (name for name, value in used.items() if value)


def _seconds(text: str) -> float:
    """A Go duration: ``1h30m``, ``45s``."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise PlanError(
            "A time limit cannot be read.",
            f"`custom_timeouts` says `{text}`.",
            hint="write it as `45s`, `10m` or `1h30m`.",
        )
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _unsupported(what: str, name: str) -> PlanError:
    return PlanError(
        "Not supported by the embedded engine.",
        f"The program uses {what}{f' (`{name}`)' if name else ''}.",
        hint="deploy with `--cloud aws`, where Pulumi's own engine runs.",
    )
