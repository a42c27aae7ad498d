"""The gRPC service: requests of the Pulumi engine as calls of `life_cycle`, and answers back. Methods are Pulumi's."""

from __future__ import annotations

import importlib.metadata
import json
import threading
from collections import OrderedDict
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from mlops_iac.cloud.plugin import life_cycle
from mlops_iac.cloud.plugin.connections import Connections
from mlops_iac.cloud.plugin.life_cycle import Difference, Resource
from mlops_iac.cloud.plugin.refusals import refusing
from mlops_iac.cloud.plugin.time_limit import within
from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.deciding.diff import diff, top_level
from mlops_iac.engine.event import PropertyDiff
from mlops_iac.engine.handler import Provider, Scope
from mlops_iac.engine.values.value import Props, reveal
from mlops_iac.engine.values.wire import read_struct, write_struct

PACKAGE: Final = "aws"
FILLED_KEPT: Final = 20_000
"""Resources whose automatic inputs are remembered between their check and their diff."""


class PluginService(provider_pb2_grpc.ResourceProviderServicer):
    """Answers for all types of the embedded cloud. ``provider`` finds the handlers; methods run on many threads."""

    def __init__(self, provider: Provider) -> None:
        self._package = provider.package(PACKAGE)
        self._connections = Connections()
        self._filled: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    # The plugin

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=package_version())

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": PACKAGE, "version": package_version()}))

    def Cancel(self, request: Any, context: Any) -> Any:
        """Calls in flight are finished, so that their results are recorded."""
        return empty_pb2.Empty()

    # Its settings

    @refusing
    def CheckConfig(self, request: Any, context: Any) -> Any:
        self._package.check_settings(reveal(read_struct(request.news)))
        return provider_pb2.CheckResponse(inputs=request.news)

    @refusing
    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another place is another provider."""
        changes = diff(read_struct(request.old_inputs), read_struct(request.news))
        changed = {top_level(path) for path in changes} - {"version"}
        return _diff_response(Difference(changes=changes, replaces=tuple(sorted(changed & self._package.identity))))

    @refusing
    def Configure(self, request: Any, context: Any) -> Any:
        prefix = f"{PACKAGE}:config:"
        said = {key.removeprefix(prefix): value for key, value in request.variables.items() if key.startswith(prefix)}
        settings = {**said, **reveal(read_struct(request.args))}
        self._connections.configure(context.peer(), {key: value for key, value in settings.items() if value})
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    # Resources

    @refusing
    def Check(self, request: Any, context: Any) -> Any:
        new = read_struct(request.news)
        try:
            inputs = life_cycle.check(self._resource(request, context), read_struct(request.olds), new)
        except CloudError as error:
            return provider_pb2.CheckResponse(failures=[provider_pb2.CheckFailure(reason=str(error))])
        self._remember(request.urn, frozenset(inputs) - frozenset(new))
        return provider_pb2.CheckResponse(inputs=_struct(inputs))

    @refusing
    def Diff(self, request: Any, context: Any) -> Any:
        found = life_cycle.difference(
            self._resource(request, context), read_struct(request.old_inputs), read_struct(request.news),
            filled=self._filled.get(request.urn, frozenset()),
        )  # fmt: skip
        return _diff_response(found)

    @refusing
    def Create(self, request: Any, context: Any) -> Any:
        resource, inputs = self._resource(request, context), read_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_struct(life_cycle.plain(inputs)))
        made = within(request.timeout, "create", request.urn, lambda: life_cycle.create(resource, inputs))
        return provider_pb2.CreateResponse(id=made.id, properties=_struct(made.outputs))

    @refusing
    def Read(self, request: Any, context: Any) -> Any:
        known = read_struct(request.properties)
        found = life_cycle.read(self._resource(request, context), request.id, read_struct(request.inputs), known)
        if found is None:
            return provider_pb2.ReadResponse()
        made, inputs = found
        return provider_pb2.ReadResponse(id=made.id, properties=_struct(made.outputs), inputs=_struct(inputs))

    @refusing
    def Update(self, request: Any, context: Any) -> Any:
        resource = self._resource(request, context)
        old, new, outputs = (read_struct(part) for part in (request.old_inputs, request.news, request.olds))
        if request.preview:
            answered = life_cycle.expected(resource, old, new, outputs)
        else:
            answered = within(
                request.timeout, "update", request.urn,
                lambda: life_cycle.update(resource, request.id, old, new, outputs),
            )  # fmt: skip
        return provider_pb2.UpdateResponse(properties=_struct(answered))

    @refusing
    def Delete(self, request: Any, context: Any) -> Any:
        resource, outputs = self._resource(request, context), read_struct(request.properties)
        within(request.timeout, "delete", request.urn, lambda: life_cycle.delete(resource, request.id, outputs))
        return empty_pb2.Empty()

    @refusing
    def Invoke(self, request: Any, context: Any) -> Any:
        args = reveal(read_struct(request.args))
        answer = self._package.invoke(self._scope("", "", context), request.tok, args)
        return provider_pb2.InvokeResponse(**{"return": _struct(answer)})

    # Inside

    def _resource(self, request: Any, context: Any) -> Resource:
        urn = urns.parse(request.urn)
        scope = self._scope(urn.stack, urn.project, context)
        return Resource(urn=request.urn, handler=self._package.handler(urn.type), scope=scope)

    def _scope(self, stack: str, project: str, context: Any) -> Scope:
        return self._package.scope(stack, project, self._connections.settings(context.peer()))

    def _remember(self, urn: str, filled: frozenset[str]) -> None:
        with self._lock:
            self._filled[urn] = filled
            self._filled.move_to_end(urn)
            while len(self._filled) > FILLED_KEPT:
                self._filled.popitem(last=False)


def package_version() -> str:
    """The version of pulumi-aws that programs here are written against."""
    return importlib.metadata.version("pulumi-aws")


def _struct(values: Props) -> Any:
    from google.protobuf import struct_pb2

    struct = struct_pb2.Struct()
    write_struct(values, struct)
    return struct


def _diff_response(found: Difference) -> Any:
    some = provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some,
        replaces=found.replaces,
        diffs=sorted({top_level(path) for path in found.changes}),
        detailedDiff={path: _property_diff(change) for path, change in found.changes.items()},
        hasDetailedDiff=True,
        deleteBeforeReplace=found.delete_first,
    )


def _property_diff(change: PropertyDiff) -> Any:
    kind = provider_pb2.PropertyDiff.Kind.Value(change.kind.upper().replace("-", "_"))
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
