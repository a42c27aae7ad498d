"""What runs behind an endpoint: one model server per variant, started when needed, stopped when idle.

A variant that Application Auto Scaling scales has a server for each of its instances, and none where it has none.

A server is never stopped under a request. Requests hold the fleet and the server while they last (``Fleet.held``,
``Variant.taken``); who replaces a fleet retires it: no new request finds it, and the ones it has are let finish.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mlops_iac.cloud.endpoints.models import get_container
from mlops_iac.cloud.endpoints.places import Places
from mlops_iac.cloud.endpoints.servers import Servers
from mlops_iac.cloud.endpoints.serving import INVOCATION_TIMEOUT, LOAD_TIMEOUT, Serving
from mlops_iac.cloud.endpoints.summaries import awake_of, count_of
from mlops_iac.cloud.endpoints.turns import Turns
from mlops_iac.cloud.gateway import AwsError
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.telemetry.instances import OF_ENDPOINTS

IDLE = 300.0
"""Seconds after its last invocation at which a serverless variant's process ends."""
CONCURRENT = 4
"""Asynchronous requests that a model gets at one time when the configuration does not say; AWS chooses by itself."""
LONGEST_REQUEST = LOAD_TIMEOUT + INVOCATION_TIMEOUT
"""Seconds a request can last: a cold start and the model's answer. A retired fleet waits no longer than that."""


class Variant:
    """One production variant. Serverless ones may have no process; the others lose theirs only with the cloud, or by
    being scaled."""

    def __init__(
        self,
        host: Host,
        endpoint: str,
        region: str,
        account: str,
        asked: dict[str, Any],
        volume_key: str | None = None,
        *,
        scaled: bool = False,
    ) -> None:
        self.asked = asked
        self._volume_key = volume_key
        self.name: str = asked["VariantName"]
        self.role = ""
        """The role in which its model runs; known once it has been started."""
        self.weight: float = asked.get("InitialVariantWeight", 1.0)
        self.instances: int = count_of(asked)
        self._host, self._endpoint, self._region, self._account = host, endpoint, region, account
        self.servers = Servers(lambda: self._start(), self._servers_of(self.instances, scaled=scaled))
        self._asked, self._counting = 0, threading.Lock()

    def ready(self) -> Serving:
        """A running server, started when there is none (a cold start); raises JobFailed."""
        return self.servers.ready()

    @contextmanager
    def taken(self) -> Iterator[Serving]:
        """A running server, as `ready` answers it; it is not stopped while it is taken."""
        with self.servers.taken() as serving:
            yield serving

    def scale(self, instances: int, *, scaled: bool) -> None:
        """Have so many instances: servers too, where it is scaled. Raises JobFailed when one does not start."""
        self.instances = instances
        self.servers.resize(self._servers_of(instances, scaled=scaled))

    def claim(self) -> bool:
        """Take one of a serverless variant's MaxConcurrency places; False when all are taken."""
        with self._counting:
            if self.serverless and self._asked >= self.serverless["MaxConcurrency"]:
                return False
            self._asked += 1
            return True

    def release(self) -> None:
        with self._counting:
            self._asked -= 1

    def stop(self) -> None:
        self.servers.stop()

    def stop_when_idle(self, idle: float) -> None:
        """What is provisioned stays awake."""
        if self.serverless and not self.awake:
            self.servers.stop_when_idle(idle)

    @property
    def serverless(self) -> dict[str, Any] | None:
        """ServerlessConfig, as an update of capacities may have changed it."""
        return self.asked.get("ServerlessConfig")

    @property
    def awake(self) -> int:
        """A serverless variant's ProvisionedConcurrency: it has a process for each."""
        return awake_of(self.asked)

    @property
    def busy(self) -> int:
        """Requests that it is answering."""
        return self._asked

    def _servers_of(self, instances: int, *, scaled: bool) -> int:
        return instances if scaled or self.awake else 1

    @property
    def running(self) -> bool:
        return self.servers.running > 0

    def _start(self) -> Serving:
        if not self.asked.get("ModelName"):
            raise JobFailed("The embedded cloud serves variants that name a model; this one has none.")
        found = get_container(self._host.client("sagemaker", self._region, self._account), self.asked["ModelName"])
        container = replace(found, instance_type=self.asked.get("InstanceType", ""))
        self.role = container.role
        group, stream = f"/aws/sagemaker/Endpoints/{self._endpoint}", f"{self.name}/i-{random.randbytes(8).hex()}"  # noqa: S311
        dimensions = {"EndpointName": self._endpoint, "VariantName": self.name}
        published = None if self.serverless else ("/aws/sagemaker/Endpoints", dimensions, OF_ENDPOINTS)
        place = (group, stream, self._region, self._account, self._volume_key)
        serving = Serving(self._host, container, *place, published)
        serving.start()
        return serving


class Fleet:
    """All variants of one endpoint configuration."""

    def __init__(
        self,
        host: Host,
        endpoint: str,
        region: str,
        account: str,
        config: dict[str, Any],
        scaled: Container[str] = frozenset(),
    ) -> None:
        """``scaled`` are the names of the variants that have a server for each instance."""
        self.config_name: str = config["EndpointConfigName"]
        self.config = config
        key = config.get("KmsKeyId")
        self.variants = [
            Variant(host, endpoint, region, account, asked, key, scaled=asked["VariantName"] in scaled)
            for asked in config["ProductionVariants"]
        ]
        shadows = config.get("ShadowProductionVariants", ())
        self.shadows = [(Variant(host, endpoint, region, account, asked, key), Turns()) for asked in shadows]
        self.asynchronous: dict[str, Any] = config.get("AsyncInferenceConfig") or {}
        client = self.asynchronous.get("ClientConfig") or {}
        self.places = Places(client.get("MaxConcurrentInvocationsPerInstance", CONCURRENT))
        """What asynchronous requests wait for."""
        self.places.have(sum(variant.instances for variant in self.variants))
        self.captured = Turns()
        """Which requests data capture keeps."""
        self._turns = Turns()
        self._requests = 0
        self._over = threading.Condition()

    def start(self) -> None:
        """Start every variant, so that a deployment proves that its models load; raises JobFailed and stops all."""
        try:
            for variant in self.all:
                variant.servers.fill()
        except BaseException:
            self.stop()
            raise

    def scale(self, counts: Mapping[str, int], *, scaled: Container[str]) -> None:
        """Have so many instances of each variant. Raises JobFailed when one does not start."""
        for variant in self.variants:
            variant.scale(counts[variant.name], scaled=variant.name in scaled)
        self.places.have(sum(counts.values()))

    def hold(self) -> None:
        """A request begins; `release` when it is over."""
        with self._over:
            self._requests += 1

    def release(self) -> None:
        with self._over:
            self._requests -= 1
            self._over.notify_all()

    def retire(self, wait: float = LONGEST_REQUEST) -> None:
        """Stop when the last request is over, at the latest after ``wait`` seconds."""
        with self._over:
            self._over.wait_for(lambda: self._requests == 0, wait)
        self.stop()

    def stop(self) -> None:
        """Stop at once, whatever is being asked."""
        for variant in self.all:
            variant.stop()

    @property
    def all(self) -> list[Variant]:
        return [*self.variants, *(variant for variant, _ in self.shadows)]

    def choose_shadows(self) -> list[Variant]:
        """Those that get a copy of the next request: a shadow's share is its weight in the production variant's."""
        whole = self.variants[0].weight or 1.0
        shares = [(variant, turns, min(variant.weight / whole, 1.0)) for variant, turns in self.shadows]
        return [variant for variant, turns, share in shares if turns.next((1 - share, share)) == 1]

    def choose(self, target: str | None) -> Variant:
        """The variant that a request names, else one by weight."""
        if target is None:
            return self.variants[self._turns.next([variant.weight for variant in self.variants])]
        for variant in self.variants:
            if variant.name == target:
                return variant
        raise AwsError("ValidationError", f"Variant {target} not found.")
