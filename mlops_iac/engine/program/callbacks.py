"""Functions of the program that the engine asks: transforms and hooks.

The SDK serves them over gRPC to the Pulumi CLI. Here they are called on the program's own event loop, by their tokens.
Source: pulumi/pulumi, ``sdk/python/lib/pulumi/runtime/_callbacks.py`` and ``pkg/resource/deploy/source_eval.go``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import resource_pb2

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.program.hooks import Hook, HookCall
from mlops_iac.engine.program.workers import Workers
from mlops_iac.engine.values.wire import write_struct

_RENAMED = {
    "depends_on": "dependencies",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "additional_secret_outputs": "additionalSecretOutputs",
    "aliases": "aliases",
}
"""Lists of a transform's options, and what they are called in a registration."""

_PLAIN = {
    "protect": "protect",
    "version": "version",
    "provider": "provider",
    "plugin_download_url": "pluginDownloadURL",
    "retain_on_delete": "retainOnDelete",
    "deleted_with": "deletedWith",
    "delete_before_replace": "deleteBeforeReplace",
    "import": "importId",
}

_MESSAGES = {"custom_timeouts": "customTimeouts", "hooks": "hooks", "replacement_trigger": "replacement_trigger"}


class Callbacks(_CallbackServicer):
    """What the SDK registers its functions with, and who calls them. No server is started."""

    def __init__(self, monitor: Any, loop: asyncio.AbstractEventLoop, workers: Workers) -> None:
        self._callbacks: dict[str, Any] = {}
        self._transforms: dict[Any, str] = {}
        self._state_migrations: dict[Any, str] = {}
        self._monitor, self._loop, self._target = monitor, loop, "in-process"
        self._workers = workers
        self._of_everything: list[Any] = []
        self._of_invokes: list[Any] = []
        self._of_resources: dict[str, tuple[str | None, list[Any]]] = {}

    @property
    def is_used(self) -> bool:
        """Whether the program has any function that may be called; calls must then not run on the loop's thread."""
        return bool(self._callbacks)

    def add_transform(self, callback: Any) -> None:
        """A transform of every resource."""
        self._of_everything.append(callback)

    def add_invoke_transform(self, callback: Any) -> None:
        self._of_invokes.append(callback)

    def transformed(self, request: Any, urn: str) -> Any:
        """The registration after the resource's own transforms, those of its parents, and the stack's.

        Raises PlanError when a transform raised.
        """
        self._of_resources[urn] = (request.parent or None, list(request.transforms))
        callbacks = [*self._inherited(urn), *self._of_everything]
        if not callbacks:
            return request
        changed = resource_pb2.RegisterResourceRequest()
        changed.CopyFrom(request)
        changed.ClearField("transforms")
        for callback in callbacks:
            answer = resource_pb2.TransformResponse()
            self._ask(callback, _question(changed), answer, f"a transform of `{request.name}`")
            _apply(answer, changed)
        return changed

    def transformed_invoke(self, request: Any) -> Any:
        """The invoke after the stack's invoke transforms. Raises PlanError when one raised."""
        if not self._of_invokes:
            return request
        changed = resource_pb2.ResourceInvokeRequest()
        changed.CopyFrom(request)
        for callback in self._of_invokes:
            question = resource_pb2.TransformInvokeRequest(token=changed.tok, args=changed.args)
            question.options.provider, question.options.version = changed.provider, changed.version
            answer = resource_pb2.TransformInvokeResponse()
            self._ask(callback, question, answer, f"an invoke transform of `{request.tok}`")
            changed.args.CopyFrom(answer.args)
            if answer.HasField("options"):
                changed.provider, changed.version = answer.options.provider, answer.options.version
        return changed

    def hook(self, request: Any) -> Hook:
        """A hook that the program registered, as the engine calls it."""

        def run(call: HookCall) -> str:
            question = resource_pb2.ResourceHookRequest(urn=call.urn, id=call.id, name=call.name, type=call.type)
            _fill(question, call)
            answer = resource_pb2.ResourceHookResponse()
            self._ask(request.callback, question, answer, f"hook `{request.name}`")
            return str(answer.error)

        return Hook(name=request.name, run=run, in_preview=request.on_dry_run, ignores_errors=request.ignore_errors)

    def error_hook(self, request: Any) -> Hook:
        """A hook that is asked after a failure whether to try again."""

        def wants_retry(call: HookCall) -> bool:
            question = resource_pb2.ErrorHookRequest(urn=call.urn, id=call.id, name=call.name, type=call.type)
            question.failed_operation = call.operation
            question.errors.extend(call.errors)
            _fill(question, call)
            answer = resource_pb2.ErrorHookResponse()
            self._ask(request.callback, question, answer, f"error hook `{request.name}`")
            if answer.error:
                raise _raised(f"error hook `{request.name}`", answer.error)
            return bool(answer.retry)

        return Hook(name=request.name, wants_retry=wants_retry)

    def _inherited(self, urn: str | None) -> Iterator[Any]:
        while urn in self._of_resources:
            urn, callbacks = self._of_resources[urn]
            yield from callbacks

    def _ask(self, callback: Any, question: Any, answer: Any, what: str) -> None:
        """Call a function of the program on its loop, and wait for the answer."""
        function = self._callbacks[callback.token]
        with self._workers.waiting():
            future = asyncio.run_coroutine_threadsafe(function(question.SerializeToString()), self._loop)
            try:
                answer.CopyFrom(future.result())
            except Exception as error:
                raise _raised(what, str(error)) from error


def _raised(what: str, message: str) -> PlanError:
    return PlanError("A function of the program failed.", f"{what[0].upper()}{what[1:]} raised: {message}")


def _question(request: Any) -> Any:
    question = resource_pb2.TransformRequest(
        type=request.type, name=request.name, custom=request.custom, parent=request.parent, properties=request.object
    )
    options = question.options
    for theirs, ours in _RENAMED.items():
        getattr(options, theirs).extend(getattr(request, ours))
    for theirs, ours in _PLAIN.items():
        if theirs != "delete_before_replace" or request.deleteBeforeReplaceDefined:
            setattr(options, theirs, getattr(request, ours))
    for theirs, ours in _MESSAGES.items():
        if request.HasField(ours):
            getattr(options, theirs).CopyFrom(getattr(request, ours))
    options.hide_diff.extend(request.hideDiffs)
    options.replace_with.extend(request.replace_with)
    return question


def _apply(answer: Any, request: Any) -> None:
    """Put a transform's answer into the registration. What the SDK does not send back stays as it was."""
    _keep_dependencies(answer.properties, request)
    request.object.CopyFrom(answer.properties)
    if not answer.HasField("options"):
        return
    options = answer.options
    for theirs, ours in _RENAMED.items():
        _set_list(request, ours, getattr(options, theirs))
    for theirs, ours in _PLAIN.items():
        setattr(request, ours, getattr(options, theirs))
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    for theirs, ours in _MESSAGES.items():
        request.ClearField(ours)
        if options.HasField(theirs):
            getattr(request, ours).CopyFrom(getattr(options, theirs))
    for theirs, ours in (("hide_diff", "hideDiffs"), ("replace_with", "replace_with")):
        if getattr(options, theirs):
            _set_list(request, ours, getattr(options, theirs))


def _keep_dependencies(properties: Any, request: Any) -> None:
    """An input that a transform took out takes nothing from anywhere; a new one has what the program says of it."""
    for key in [key for key in request.propertyDependencies if key not in properties.fields]:
        del request.propertyDependencies[key]
    for key in properties.fields:
        request.propertyDependencies[key]  # a map of messages makes what it is asked for


def _set_list(request: Any, name: str, values: Any) -> None:
    kept = list(values)
    request.ClearField(name)
    getattr(request, name).extend(kept)


def _fill(question: Any, call: HookCall) -> None:
    for name in ("new_inputs", "old_inputs", "new_outputs", "old_outputs"):
        values = getattr(call, name)
        if values is not None and hasattr(question, name):
            target = getattr(question, name)
            write_struct(values, target)
            target.SetInParent()
