"""A fleet is stopped when its last request is over, and not before."""

from __future__ import annotations

import threading
import time

from mlops_iac.cloud.endpoints.fleet import Fleet, Variant


class Server:
    """What `Serving` is to a variant."""

    def __init__(self) -> None:
        self.running, self.last_used = True, time.monotonic()

    def stop(self) -> None:
        self.running = False


def serverless() -> tuple[Variant, list[Server]]:
    """A variant whose servers are of this file, and those it started."""
    asked = {"VariantName": "all", "ServerlessConfig": {"MaxConcurrency": 2}}
    variant = Variant(None, "endpoint", "eu-west-1", "123456789012", asked)
    started: list[Server] = []

    def start() -> Server:
        started.append(Server())
        return started[-1]

    variant._start = start
    return variant, started


def fleet_of(variant: Variant) -> Fleet:
    fleet = Fleet(None, "endpoint", "eu-west-1", "123456789012", {"EndpointConfigName": "c", "ProductionVariants": []})
    fleet.variants = [variant]
    return fleet


def test_a_retired_fleet_stops_after_its_last_request():
    variant, _ = serverless()
    fleet = fleet_of(variant)
    fleet.hold()
    server = variant.ready()
    retiring = threading.Thread(target=fleet.retire)
    retiring.start()
    time.sleep(0.05)
    assert server.running
    fleet.release()
    retiring.join(5)
    assert not server.running


def test_a_retired_fleet_does_not_wait_for_ever():
    variant, _ = serverless()
    fleet = fleet_of(variant)
    fleet.hold()
    server = variant.ready()
    fleet.retire(wait=0.05)
    assert not server.running


def test_a_variant_is_not_idle_while_it_answers():
    variant, started = serverless()
    with variant.taken() as server:
        variant.stop_when_idle(-1)
        assert server.running
    variant.stop_when_idle(-1)
    assert not server.running
    with variant.taken() as again:
        assert again.running
    assert len(started) == 2
