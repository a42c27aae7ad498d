"""The plugin as the Pulumi engine sees it: requests over gRPC on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.engine.values.wire import read_struct, write_struct

HERE = "urn:pulumi:dev::lab::"
LOG = f"{HERE}aws:cloudwatch/logGroup:LogGroup::log"


Values = dict[str, Any]


def struct(**values: Any) -> struct_pb2.Struct:
    filled = struct_pb2.Struct()
    write_struct(values, filled)
    return filled


class Engine:
    """One connection of an engine, configured for a region. Answers are plain values."""

    def __init__(self, port: int, region: str = "eu-west-1") -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
        self.ask = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.ask.Configure(provider_pb2.ConfigureRequest(args=struct(region=region)))

    def check(self, urn: str, new: Values, old: Values | None = None) -> Any:
        request = provider_pb2.CheckRequest(urn=urn, news=struct(**new), olds=struct(**(old or {})))
        return self.ask.Check(request)

    def inputs(self, urn: str, **new: Any) -> Values:
        return read_struct(self.check(urn, new).inputs)

    def diff(self, urn: str, old: Values, new: Values) -> Any:
        request = provider_pb2.DiffRequest(id="x", urn=urn, old_inputs=struct(**old), news=struct(**new))
        return self.ask.Diff(request)

    def create(self, urn: str, inputs: Values, **more: Any) -> tuple[str, Values]:
        answer = self.ask.Create(provider_pb2.CreateRequest(urn=urn, properties=struct(**inputs), **more))
        return answer.id, read_struct(answer.properties)

    def read(self, urn: str, id: str, inputs: Values | None = None, outputs: Values | None = None) -> Any:
        asked, known = struct(**(inputs or {})), struct(**(outputs or {}))
        return self.ask.Read(provider_pb2.ReadRequest(urn=urn, id=id, inputs=asked, properties=known))

    def update(self, urn: str, id: str, old: Values, new: Values, *, outputs: Values, preview: bool = False) -> Values:
        asked = {"olds": struct(**outputs), "old_inputs": struct(**old), "news": struct(**new), "preview": preview}
        return read_struct(self.ask.Update(provider_pb2.UpdateRequest(urn=urn, id=id, **asked)).properties)

    def delete(self, urn: str, id: str, outputs: Values) -> None:
        self.ask.Delete(provider_pb2.DeleteRequest(urn=urn, id=id, properties=struct(**outputs)))


@pytest.fixture(scope="module")
def server(cloud: Any) -> Iterator[PluginServer]:
    server = PluginServer(EmbeddedProvider(cloud.clients))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connect(server: PluginServer) -> Iterator[Callable[..., Engine]]:
    made: list[Engine] = []

    def make(region: str = "eu-west-1") -> Engine:
        made.append(Engine(server.port, region))
        return made[-1]

    yield make
    for engine in made:
        engine.channel.close()


@pytest.fixture
def engine(connect: Callable[..., Engine]) -> Engine:
    return connect()
