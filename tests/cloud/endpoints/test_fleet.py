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


def serverless(awake: int = 0) -> tuple[Variant, list[Server]]:
    """A variant whose servers are of this file, and those it started."""
    config = {"MaxConcurrency": 2, **({"ProvisionedConcurrency": awake} if awake else {})}
    asked = {"VariantName": "all", "ServerlessConfig": config}
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


def test_what_is_provisioned_is_started_with_the_fleet_and_stays_awake():
    variant, started = serverless(awake=2)
    fleet_of(variant).start()
    assert len(started) == 2
    variant.stop_when_idle(-1)
    assert all(server.running for server in started)
    started[0].stop()
    variant.servers.keep()
    assert [server.running for server in started] == [False, True, True]


def test_no_more_requests_are_taken_than_the_variant_answers_at_one_time():
    variant, _ = serverless(awake=1)
    assert [variant.claim() for _ in range(3)] == [True, True, False]
    assert variant.busy == 2
    variant.release()
    assert variant.claim()
