"""What an environment has so that somebody can be sure afterwards, as the cloud tells it now: met by what, or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling
from mlops_iac.runs.evidence import signature_of
from mlops_iac.runs.locks import find_locked
from mlops_iac.runs.models import list_models


@dataclass(frozen=True, kw_only=True)
class Safeguard:
    """One control that no policy can judge from resources alone."""

    control: str
    met: bool
    by: str
    """The resources that meet it; empty where nothing does."""
    detail: str

    def to_json(self) -> dict[str, Any]:
        return {"control": self.control, "met": self.met, "by": self.by, "detail": self.detail}


def find_safeguards(
    environment: Environment, clients: Clients, *, review: str, review_key: str | None = None
) -> list[Safeguard]:
    """``review``: who has to agree to a change, and ``review_key``: what signs their plan, as the stack file says."""
    return [one for look in LOOKS for one in look(environment, clients)] + [_changes(review, review_key)]


def _signatures(environment: Environment, clients: Clients) -> Iterator[Safeguard]:
    signing = [one for one in environment.registries.values() if one.signing_key_arn]
    models = list_models(environment, clients)
    bad = [model for model in models if signature_of(environment, clients, model.arn, model.registry) != "holds"]
    yield Safeguard(
        control="models are signed, and a changed one does not serve",
        met=bool(signing) and not bad,
        by=", ".join(str(one.signing_key_arn) for one in signing),
        detail=f"{len(models) - len(bad)} of {len(models)} versions verify now",
    )


def _approvals(environment: Environment, clients: Clients) -> Iterator[Safeguard]:
    yield Safeguard(
        control="a second person lets a model be registered",
        met=bool(environment.two_person),
        by=environment.approvals_queue_url or "",
        detail="CloudTrail says who started a run, STS who answers" if environment.two_person else "anybody who may",
    )


def _retention(environment: Environment, clients: Clients) -> Iterator[Safeguard]:
    kept = environment.lake.retention
    locked = find_locked(environment, clients)
    yield Safeguard(
        control="registered models, the log of who did what, and evidence cannot be deleted",
        met=kept is not None,
        by=", ".join([environment.lake.bucket, *([environment.trail.bucket] if environment.trail else [])])
        if kept
        else "",
        detail="; ".join(map(str, locked)) or ("nothing is locked yet" if kept else "no retention"),
    )


def _trail(environment: Environment, clients: Clients) -> Iterator[Safeguard]:
    """A trail that was stopped, or whose bucket refuses it, is none."""
    control = "who read and wrote what is written down, and a changed log file is found out"
    trail = environment.trail
    if trail is None:
        yield Safeguard(control=control, met=False, by="", detail="no trail")
        return
    try:
        with calling("cloudtrail:GetTrailStatus", trail.arn):
            status = clients("cloudtrail").get_trail_status(Name=trail.arn)
            known = clients("cloudtrail").get_trail(Name=trail.arn)["Trail"]
    except CloudError as error:
        yield Safeguard(control=control, met=False, by=trail.arn, detail=error.detail)
        return
    faults = [
        *([] if status["IsLogging"] else ["it was stopped"]),
        *([] if known.get("LogFileValidationEnabled") else ["no digests"]),
        *([f"it cannot write: {status['LatestDeliveryError']}"] if status.get("LatestDeliveryError") else []),
    ]
    last = status.get("LatestDeliveryTime")
    written = f"last file {last:%Y-%m-%dT%H:%M:%SZ}" if last else "no file yet"
    yield Safeguard(control=control, met=not faults, by=trail.arn, detail="; ".join(faults) or written)


def _config(environment: Environment, clients: Clients) -> Iterator[Safeguard]:
    """A recorder that was stopped sees no change, so that rules say what was."""
    control = "AWS judges again and again what was judged before it was deployed"
    names = environment.config_rules or ()
    if not names:
        yield Safeguard(control=control, met=False, by="", detail="no rules of AWS Config")
        return
    try:
        with calling("config:DescribeConfigurationRecorderStatus", environment.region):
            found = clients("config").describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    except CloudError as error:
        yield Safeguard(control=control, met=False, by="", detail=error.detail)
        return
    on = [one["name"] for one in found if one.get("recording")]
    detail = f"{len(names)} rules; recorder {', '.join(on)}" if on else "no recorder is on"
    yield Safeguard(control=control, met=bool(on), by=", ".join(on), detail=detail)


def _changes(review: str, key: str | None) -> Safeguard:
    two = review == "two-persons"
    signed = f"plans are signed with {key} of KMS" if key else "plans are signed under the stack's passphrase"
    return Safeguard(
        control="two persons stand behind a change, and behind the end, of the environment",
        met=two,
        by="mlops-iac" if two else "",
        detail=f"`up` and `destroy` take an approved plan only; {signed}; AWS itself does not ask"
        if two
        else f"review: {review}",
    )


LOOKS: tuple[Callable[[Environment, Clients], Iterator[Safeguard]], ...] = (
    _signatures,
    _approvals,
    _retention,
    _trail,
    _config,
)
