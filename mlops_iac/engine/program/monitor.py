"""Pulumi's resource monitor, in this process: its requests to our goals, and our answers to its responses.

The Python SDK sends a program's registrations to a *resource monitor*, which is a gRPC service of the Pulumi CLI. It
accepts any object with the same methods, which is what the SDK's own mocks are. Here it is one that hands goals to our
engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.program.goal import AliasSpec, Answer, Goal
from mlops_iac.engine.program.hooks import Hook
from mlops_iac.engine.program.moment import MOMENTS, Moment
from mlops_iac.engine.state.state_file import ORGANIZATION
from mlops_iac.engine.values.wire import read_struct, read_value, write_struct

if TYPE_CHECKING:
    from mlops_iac.engine.program.callbacks import Callbacks

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_PARENT,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    # Claimed to refuse them by our own words, in `_refused`; the SDK would say that the CLI is too old.
    resource_pb2.RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
)
"""Output values are not claimed: the SDK then sends unknowns and secrets as the marks that `wire` reads."""

KNOWN_IDS = frozenset(
    {
        "secrets",
        "resourceReferences",
        "aliasSpecs",
        "deletedWith",
        "replaceWith",
        "replacementTrigger",
        "transforms",
        "invokeTransforms",
        "resourceHooks",
        "errorHooks",
        "stateMigrations",
        "parameterization",
    }
)
"""The same features, by the names that older versions of the SDK ask for one by one."""

Severity = Literal["debug", "info", "warning", "error"]

_SEVERITIES: dict[int, Severity] = {1: "info", 2: "warning", 3: "error"}
"""Of ``LogSeverity``; 0 is debug, which nobody reads and which costs a message per call."""

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Engine(Protocol):
    """What the monitor asks of the engine."""

    def register(self, goal: Goal) -> Answer: ...

    def register_outputs(self, urn: str, outputs: dict[str, Any]) -> None: ...

    def read(self, goal: Goal, id: str) -> Answer: ...

    def exists(self, goal: Goal, id: str) -> bool | None:
        """Whether the cloud has a resource of this id; None when it is not asked."""

    def invoke(
        self, token: str, args: dict[str, Any], provider: str | None, version: str, after: tuple[str, ...]
    ) -> dict[str, Any] | None:
        """``after`` is what must be there first; None when it is not, so that the answer is not known."""

    def add_hook(self, hook: Hook) -> None: ...

    def make_urn(self, type: str, name: str, parent: str | None) -> str: ...

    def log(self, severity: Severity, message: str, urn: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a program is to be run."""

    project: str
    stack: str
    config: Mapping[str, str]
    secret_config: frozenset[str]
    dry: bool
    parallel: int
    root: str = ""
    """The project's folder, as the program may ask for it."""
    stopping: Callable[[], bool] = lambda: False
    """Whether the program is not to be waited for any longer."""


class Monitor:
    """The object the SDK talks to. Methods are named by Pulumi, and called on executor threads."""

    def __init__(self, engine: Engine, run: Run) -> None:
        self._engine, self._run = engine, run
        self.callbacks: Callbacks | None = None

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
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in KNOWN_IDS)

    def RegisterResource(self, request: Any, context: Any = None) -> Any:
        if self._functions.is_used:
            urn = self._engine.make_urn(request.type, request.name, request.parent or None)
            request = self._functions.transformed(request, urn)
        answer = self._engine.register(_goal(request))
        response = resource_pb2.RegisterResourceResponse(urn=answer.urn, id=answer.id)
        response.result = resource_pb2.Result.FAIL if answer.failed else resource_pb2.Result.SUCCESS
        write_struct(answer.outputs, response.object)
        return response

    def RegisterResourceOutputs(self, request: Any, context: Any = None) -> Any:
        self._engine.register_outputs(request.urn, read_struct(request.outputs))
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any = None) -> Any:
        answer = self._engine.read(_read_goal(request), request.id)
        response = resource_pb2.ReadResourceResponse(urn=answer.urn, id=answer.id)
        response.result = resource_pb2.Result.FAIL if answer.failed else resource_pb2.Result.SUCCESS
        write_struct(answer.outputs, response.properties)
        return response

    def ExistsResource(self, request: Any, context: Any = None) -> Any:
        goal = Goal(
            type=request.type,
            name=request.id,
            inputs=read_struct(request.properties),
            parent=request.parent or None,
            provider=request.provider or None,
            version=request.version,
        )
        found = self._engine.exists(goal, request.id)
        return resource_pb2.ExistsResourceResponse(exists=bool(found), unknown=found is None)

    def Invoke(self, request: Any, context: Any = None) -> Any:
        request = self._functions.transformed_invoke(request)
        args, after = read_struct(request.args), tuple(request.dependsOn)
        answer = self._engine.invoke(request.tok, args, request.provider or None, request.version, after)
        response = resource_pb2.ResourceInvokeResponse(unknown=answer is None)
        write_struct(answer or {}, getattr(response, "return"))
        return response

    def SignalAndWaitForShutdown(self, request: Any, context: Any = None) -> Any:
        return empty_pb2.Empty()

    def Call(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("method calls on resources", request.tok)

    def RegisterPackage(self, request: Any, context: Any = None) -> Any:
        raise _unsupported("parameterized packages", request.name)

    def RegisterStackTransform(self, request: Any, context: Any = None) -> Any:
        self._functions.add_transform(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any, context: Any = None) -> Any:
        self._functions.add_invoke_transform(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any, context: Any = None) -> Any:
        self._engine.add_hook(self._functions.hook(request))
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any, context: Any = None) -> Any:
        self._engine.add_hook(self._functions.error_hook(request))
        return empty_pb2.Empty()

    @property
    def _functions(self) -> Callbacks:
        if self.callbacks is None:
            raise AssertionError("a monitor is given its program's functions before the program runs")
        return self.callbacks


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
        deleted_with=request.deletedWith or None,
        replace_with=tuple(request.replace_with),
        replacement_trigger=read_value(request.replacement_trigger) if _has(request, "replacement_trigger") else None,
        hide_diffs=tuple(request.hideDiffs),
        import_id=request.importId,
        hooks=_hooks(request.hooks) if request.HasField("hooks") else {},
        refused=tuple(_refused(request)),
    )


def _read_goal(request: Any) -> Goal:
    return Goal(
        type=request.type,
        name=request.name,
        inputs=read_struct(request.properties),
        parent=request.parent or None,
        dependencies=tuple(sorted(request.dependencies)),
        provider=request.provider or None,
        version=request.version,
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        refused=tuple(_refused(request)),
    )


def _hooks(binding: Any) -> dict[Moment, tuple[str, ...]]:
    named = ((moment, tuple(getattr(binding, _CAPITAL.sub("_", moment).lower()))) for moment in sorted(MOMENTS))
    return {moment: names for moment, names in named if names}


def _has(request: Any, field: str) -> bool:
    """Whether a field was sent. A null is sent for an option that was not used."""
    return bool(request.HasField(field)) and getattr(request, field).WhichOneof("kind") not in (None, "null_value")


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
        "remote component": "remote",
        "state_migrations": "state_migrations",
        "plugin_download_url": "pluginDownloadURL",
        "package reference": "packageRef",
        "env_var_mappings": "envVarMappings",
    }
    return (option for option, field in used.items() if getattr(request, field, None))


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
        hint="deploy with the Pulumi CLI, whose own engine has it.",
    )
