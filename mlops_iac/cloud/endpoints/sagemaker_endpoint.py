"""SageMaker endpoints: created, replaced without a gap, rolled back, deleted."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mlops_iac.cloud.endpoints import capacity, flavour, shifting
from mlops_iac.cloud.endpoints.capture import summary
from mlops_iac.cloud.endpoints.configuration import read_config
from mlops_iac.cloud.endpoints.fleet import IDLE, Fleet
from mlops_iac.cloud.endpoints.guardrails import Guardrails, Phase
from mlops_iac.cloud.endpoints.shifting import Shift
from mlops_iac.cloud.endpoints.summaries import pending, summaries
from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import validation
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.sagemaker_list import page

log = logging.getLogger("mlops_iac.cloud.endpoints")

_KIND = "endpoint"
_LOOK_FOR_IDLE_EVERY = 5.0
"""Seconds."""


class Endpoints:
    """The control plane. What runs is in ``_fleets``; records live in the cloud's snapshot."""

    def __init__(self, host: Host, idle: float = IDLE) -> None:
        self.host, self._idle = host, idle
        self._fleets: dict[Key, Fleet] = {}
        self._shifts: dict[Key, Shift] = {}
        """Updates in which both fleets answer."""
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def install(self) -> None:
        gateway = self.host.gateway
        for operation in ("Create", "Describe", "Update", "Delete"):
            gateway.instead("sagemaker", f"{operation}Endpoint", getattr(self, operation.lower()))
        gateway.instead("sagemaker", "ListEndpoints", self.list_endpoints)
        gateway.instead("sagemaker", "UpdateEndpointWeightsAndCapacities", self.update_weights)
        for operation in ("RegisterScalableTarget", "DeregisterScalableTarget"):
            gateway.after("application-autoscaling", operation, self._scaling_changed)
        gateway.reports["endpoints"] = self.statuses
        shifting.install(gateway)
        gateway.on_restore(self.settle)
        gateway.on_start(self._watch_idle)
        gateway.on_stop(self.stop_all)
        gateway.on_reset(self.stop_fleets)

    @property
    def stopped(self) -> bool:
        """Whether the cloud is being stopped."""
        return self._stopped.is_set()

    # The API ------------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        validation.check(call)
        name = call.params["EndpointName"]
        key, arn = (_KIND, call.account_id, call.region, name), _arn(call, name)
        config = read_config(self.host, call, call.params["EndpointConfigName"])
        created = now()
        record = {
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": config["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "PendingDeploymentSummary": pending(config, 0.0, "Creating"),
            "CreationTime": created,
            "LastModifiedTime": created,
            "_config": config,
        }
        if not self.host.records.add(key, record, arn, call.params.get("Tags")):
            raise AwsError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
        self._in_background(lambda: self._deploy(key, config, None, None))
        return {"EndpointArn": arn}

    def describe(self, call: Call) -> dict[str, Any]:
        record = self._get(call)[1]
        return {name: value for name, value in record.items() if not name.startswith("_") and value is not None}

    def update(self, call: Call) -> dict[str, Any]:
        validation.check(call)
        key, record = self._get(call)
        if record["EndpointStatus"] == "Failed":  # DescribeEndpoint, EndpointStatus: nothing but a delete is possible
            raise AwsError(
                "ValidationException", f'Cannot update failed endpoint "{record["EndpointArn"]}": delete it.'
            )
        if record["EndpointStatus"] != "InService":
            raise AwsError("ValidationException", f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        config = read_config(self.host, call, call.params["EndpointConfigName"])
        flavour.check_change(record["EndpointArn"], record["_config"], config)
        config = capacity.retain(call.params, config, record)
        asked = call.params.get("DeploymentConfig")
        if asked is None and call.params.get("RetainDeploymentConfig"):
            asked = record.get("LastDeploymentConfig")
        guardrails = Guardrails.of(asked, config["ProductionVariants"], record["ProductionVariants"]) if asked else None
        self.host.records.change(
            key,
            EndpointStatus="Updating",
            LastModifiedTime=now(),
            FailureReason=None,
            LastDeploymentConfig=asked,
            PendingDeploymentSummary=pending(config, 0.0, "Creating"),
        )
        self._in_background(lambda: self._deploy(key, config, dict(record), guardrails))
        return {"EndpointArn": record["EndpointArn"]}

    def update_weights(self, call: Call) -> dict[str, Any]:
        """New weights count at once; of another number of instances the endpoint says when they are there."""
        validation.check(call)
        key, record = self._get(call)
        if record["EndpointStatus"] != "InService":
            raise AwsError("ValidationException", f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        config = capacity.change(record, call.params["DesiredWeightsAndCapacities"])
        before, after = (capacity.counts(each) for each in (record["_config"], config))
        shown = capacity.shown(config, before)
        status = "InService" if before == after else "Updating"
        self.host.records.change(
            key,
            _config=config,
            ProductionVariants=shown,
            EndpointStatus=status,
            FailureReason=None,
            LastModifiedTime=now(),
        )
        fleet = self._fleets.get(key)
        asked = {each["VariantName"]: each for each in config["ProductionVariants"]}
        for variant in fleet.variants if fleet else ():
            variant.asked, variant.weight = asked[variant.name], capacity.weights(config)[variant.name]
        if before != after:
            self._in_background(lambda: self._scale(key, record, config))
        return {"EndpointArn": record["EndpointArn"]}

    def _scale(self, key: Key, before: dict[str, Any], config: dict[str, Any]) -> None:
        """Have the instances that a configuration says, or go on with those of before."""
        try:
            with self._lock:
                fleet = self._get_fleet(key)
            fleet.scale(capacity.counts(config), scaled=self._scaled(key))
            reason, reached = None, config
        except JobFailed as failure:
            reason, reached = failure.reason[:1024], before["_config"]
            fleet.scale(capacity.counts(reached), scaled=frozenset())
        except AwsError:  # it was deleted meanwhile
            return
        self.host.records.change(
            key,
            _config=reached,
            ProductionVariants=summaries(reached["ProductionVariants"]),
            EndpointStatus="InService",
            FailureReason=reason,
            LastModifiedTime=now(),
        )

    def _scaling_changed(self, call: Call) -> None:
        """A variant that is scaled from now on has a server for each instance; one that is not any more has one."""
        named = capacity.scaled_variant(call.params)
        key = (_KIND, call.account_id, call.region, named[0]) if named else None
        fleet = self._fleets.get(key) if key else None
        record = self.host.records.find(key) if key else None
        if fleet and key and record:
            self._in_background(lambda: fleet.scale(capacity.counts(record["_config"]), scaled=self._scaled(key)))

    def _scaled(self, key: Key) -> frozenset[str]:
        return capacity.find_scaled(self.host.gateway, key[1], key[2], key[3])

    def _new_fleet(self, key: Key, config: dict[str, Any]) -> Fleet:
        _, account, region, name = key
        return Fleet(self.host, name, region, account, config, self._scaled(key))

    def delete(self, call: Call) -> dict[str, Any]:
        key, record = self._get(call)
        if record["EndpointStatus"] in ("Creating", "Updating"):
            raise AwsError("ValidationException", f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        self.host.records.remove(key)
        for waiting, _ in list(self.host.records.each("asynchronous-request", key[1], key[2], f"{key[3]}/")):
            self.host.records.remove(waiting)
        with self._lock:
            fleet = self._fleets.pop(key, None)
        if fleet:
            self._in_background(fleet.retire)
        return {}

    def list_endpoints(self, call: Call) -> dict[str, Any]:
        records = [record for _, record in self.host.records.each(_KIND, call.account_id, call.region)]
        found, token = page(records, call.params, "Endpoint")
        shown = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        summaries = [{name: record[name] for name in shown} for record in found]
        return {"Endpoints": summaries, **({"NextToken": token} if token else {})}

    # What runs ----------------------------------------------------------------------------------------------------

    @contextmanager
    def held(self, account: str, region: str, name: str) -> Iterator[Fleet]:
        """What serves an endpoint, kept up while it is held, also when a new version takes its place meanwhile."""
        with self._lock:  # the one under which fleets change places: who gets one has it before it can be retired
            key = (_KIND, account, region, name)
            fleet, shift = self._get_fleet(key), self._shifts.get(key)
            fleet = shift.choose(fleet) if shift else fleet
            fleet.hold()
        try:
            yield fleet
        finally:
            fleet.release()

    def _get_fleet(self, key: Key) -> Fleet:
        """The endpoint's fleet; made anew, with nothing started, when the cloud has been restarted since."""
        _, account, _, name = key
        record = self.host.records.find(key)
        if record is None:
            raise AwsError("ValidationError", f"Endpoint {name} of account {account} not found.")
        if record["EndpointStatus"] not in ("InService", "Updating") or "ProductionVariants" not in record:
            raise AwsError("ValidationError", f"Endpoint {name} of account {account} is {record['EndpointStatus']}.")
        if key not in self._fleets:
            self._fleets[key] = self._new_fleet(key, record["_config"])
        return self._fleets[key]

    def settle(self) -> None:
        """After a restart of the cloud: deployments that were in flight have failed; an old version serves on."""
        for key, record in list(self.host.records.each(_KIND)):
            # An endpoint that had failed before has nothing to go back to.
            back = record if record.get("ProductionVariants") else None
            if record["EndpointStatus"] in ("Creating", "Updating"):
                done = record["EndpointStatus"].lower().replace("ing", "ed")
                stopped = "The embedded cloud was stopped while this endpoint was being"
                self._failed(key, back, f"{stopped} {done}. Try again.")
                if back:  # instances that were asked for are started when they are needed
                    self.host.records.change(key, ProductionVariants=summaries(record["_config"]["ProductionVariants"]))

    def statuses(self) -> dict[str, str]:
        """Name to status, for ``cloud status``."""
        return {key[-1]: record["EndpointStatus"] for key, record in self.host.records.each(_KIND)}

    def stop_fleets(self) -> None:
        with self._lock:
            fleets = [*self._fleets.values(), *(shift.new for shift in self._shifts.values())]
            self._fleets, self._shifts = {}, {}
        for fleet in fleets:
            fleet.stop()

    def stop_all(self) -> None:
        self._stopped.set()
        self.host.gateway.bells.ring(shifting.RINGS)
        self.stop_fleets()

    def _deploy(
        self, key: Key, config: dict[str, Any], before: dict[str, Any] | None, guardrails: Guardrails | None
    ) -> None:
        """Start the new fleet; only when all of it answers does it take the old one's place."""
        name, fleet = key[3], self._new_fleet(key, config)
        try:
            fleet.start()
            reason = self._shift(key, fleet, guardrails) if guardrails else ""
        except JobFailed as failure:
            reason = failure.reason
        except Exception as error:
            log.exception("Endpoint %s met an error of the embedded cloud.", name)
            reason = f"The embedded cloud met an error: {type(error).__name__}: {error}"
        with self._lock:
            self._shifts.pop(key, None)
            old = self._fleets.get(key)
            gone = self._is_gone(key)
            if not gone and not reason:
                self._fleets[key] = fleet
        if gone:
            fleet.stop()
        elif reason:
            self._failed(key, before, reason)
            fleet.retire()
        else:
            self._serves(key, config)
            if old:
                old.retire()

    def _shift(self, key: Key, fleet: Fleet, guardrails: Guardrails) -> str:
        """Let both fleets answer, as the guardrails say; answers why the update is to be taken back, or nothing."""
        role, region = fleet.variants[0].role, key[2]
        shift = Shift(fleet, guardrails, self.host.gateway, lambda: self.host.acting(role, region)("cloudwatch"))

        def tell(phase: Phase, status: str) -> None:
            summary = pending(fleet.config, phase.share, status, phase.words if status == "Baking" else "")
            self.host.records.change(key, PendingDeploymentSummary=summary)

        with self._lock:
            self._shifts[key] = shift
        return shift.run(tell, lambda: self._is_gone(key))

    def _is_gone(self, key: Key) -> bool:
        return self._stopped.is_set() or self.host.records.find(key) is None

    def _serves(self, key: Key, config: dict[str, Any]) -> None:
        self.host.records.change(
            key,
            EndpointStatus="InService",
            EndpointConfigName=config["EndpointConfigName"],
            ProductionVariants=summaries(config["ProductionVariants"]),
            ShadowProductionVariants=summaries(config.get("ShadowProductionVariants", [])) or None,
            PendingDeploymentSummary=None,
            LastModifiedTime=now(),
            _config=config,
            AsyncInferenceConfig=config.get("AsyncInferenceConfig") or None,
            DataCaptureConfig=summary(config),
        )

    def _failed(self, key: Key, before: dict[str, Any] | None, reason: str) -> None:
        status = "InService" if before else "Failed"
        self.host.records.change(
            key,
            EndpointStatus=status,
            FailureReason=reason[:1024],
            PendingDeploymentSummary=None,
            LastModifiedTime=now(),
        )

    def _watch_idle(self) -> None:
        def look() -> None:
            while not self._stopped.wait(min(_LOOK_FOR_IDLE_EVERY, self._idle / 2)):
                with self._lock:
                    variants = [variant for fleet in self._fleets.values() for variant in fleet.all]
                for variant in variants:
                    variant.stop_when_idle(self._idle)
                    with contextlib.suppress(JobFailed):  # the next look tries again
                        variant.servers.keep()

        self._in_background(look)

    def _in_background(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="endpoint", daemon=True).start()

    def _get(self, call: Call) -> tuple[Key, dict[str, Any]]:
        name = call.params.get("EndpointName", "")
        key = (_KIND, call.account_id, call.region, name)
        record = self.host.records.find(key)
        if record is None:
            raise AwsError("ValidationException", f'Could not find endpoint "{_arn(call, name)}".')
        return key, record


def _arn(call: Call, name: str) -> str:
    return call.arn("sagemaker", f"endpoint/{name}")
