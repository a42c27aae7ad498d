"""What runs behind an endpoint: one model server per variant, started when needed, stopped when idle.

A server is never stopped under a request. Requests hold the fleet and the server while they last (``Fleet.held``,
``Variant.taken``); who replaces a fleet retires it: no new request finds it, and the ones it has are let finish.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlops_iac.cloud.endpoints.models import get_container
from mlops_iac.cloud.endpoints.serving import INVOCATION_TIMEOUT, LOAD_TIMEOUT, Serving
from mlops_iac.cloud.endpoints.turns import Turns
from mlops_iac.cloud.gateway import AwsError
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.host import Host

IDLE = 300.0
"""Seconds after its last invocation at which a serverless variant's process ends."""
CONCURRENT = 4
"""Asynchronous requests that a model gets at one time when the configuration does not say; AWS chooses by itself."""
LONGEST_REQUEST = LOAD_TIMEOUT + INVOCATION_TIMEOUT
"""Seconds a request can last: a cold start and the model's answer. A retired fleet waits no longer than that."""


class Variant:
    """One production variant. Serverless ones may have no process; the others lose theirs only with the cloud."""

    def __init__(
        self,
        host: Host,
        endpoint: str,
        region: str,
        account: str,
        asked: dict[str, Any],
        volume_key: str | None = None,
    ) -> None:
        self.asked = asked
        self._volume_key = volume_key
        self.name: str = asked["VariantName"]
        self.role = ""
        """The role in which its model runs; known once it has been started."""
        self.weight: float = asked.get("InitialVariantWeight", 1.0)
        self.serverless: dict[str, Any] | None = asked.get("ServerlessConfig")
        self._host, self._endpoint, self._region, self._account = host, endpoint, region, account
        self._serving: Serving | None = None
        self._requests = 0
        self._starting = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.serverless["MaxConcurrency"]) if self.serverless else None

    def ready(self, *, take: bool = False) -> Serving:
        """The running server, started when there is none (a cold start); raises JobFailed."""
        with self._starting:
            if self._serving is None or not self._serving.running:
                if self._serving:
                    self._serving.stop()
                self._serving = self._start()
            self._requests += take
            return self._serving

    @contextmanager
    def taken(self) -> Iterator[Serving]:
        """The running server, as `ready` answers it; it is not stopped for idleness while it is taken."""
        serving = self.ready(take=True)
        try:
            yield serving
        finally:
            with self._starting:
                self._requests -= 1
                serving.last_used = time.monotonic()

    def claim(self) -> bool:
        """Take one of a serverless variant's MaxConcurrency places; False when all are taken."""
        return self._slots is None or self._slots.acquire(blocking=False)

    def release(self) -> None:
        if self._slots:
            self._slots.release()

    def stop(self) -> None:
        with self._starting:
            self._stop()

    def stop_when_idle(self, idle: float) -> None:
        if not self.serverless or self._serving is None:
            return
        with self._starting:
            serving = self._serving
            if serving and not self._requests and time.monotonic() - serving.last_used > idle:
                self._stop()

    @property
    def running(self) -> bool:
        return self._serving is not None and self._serving.running

    def _stop(self) -> None:
        if self._serving:
            self._serving.stop()
        self._serving = None

    def _start(self) -> Serving:
        if not self.asked.get("ModelName"):
            raise JobFailed("The embedded cloud serves variants that name a model; this one has none.")
        container = get_container(self._host.client("sagemaker", self._region, self._account), self.asked["ModelName"])
        self.role = container.role
        group, stream = f"/aws/sagemaker/Endpoints/{self._endpoint}", f"{self.name}/i-{random.randbytes(8).hex()}"  # noqa: S311
        serving = Serving(self._host, container, group, stream, self._region, self._account, self._volume_key)
        serving.start()
        return serving


class Fleet:
    """All variants of one endpoint configuration."""

    def __init__(self, host: Host, endpoint: str, region: str, account: str, config: dict[str, Any]) -> None:
        self.config_name: str = config["EndpointConfigName"]
        self.config = config
        key = config.get("KmsKeyId")
        self.variants = [Variant(host, endpoint, region, account, asked, key) for asked in config["ProductionVariants"]]
        shadows = config.get("ShadowProductionVariants", ())
        self.shadows = [(Variant(host, endpoint, region, account, asked, key), Turns()) for asked in shadows]
        self.asynchronous: dict[str, Any] = config.get("AsyncInferenceConfig") or {}
        client = self.asynchronous.get("ClientConfig") or {}
        self.places = threading.BoundedSemaphore(client.get("MaxConcurrentInvocationsPerInstance", CONCURRENT))
        """What asynchronous requests wait for."""
        self.captured = Turns()
        """Which requests data capture keeps."""
        self._turns = Turns()
        self._requests = 0
        self._over = threading.Condition()

    def start(self) -> None:
        """Start every variant, so that a deployment proves that its models load; raises JobFailed and stops all."""
        try:
            for variant in self.all:
                variant.ready()
        except BaseException:
            self.stop()
            raise

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
