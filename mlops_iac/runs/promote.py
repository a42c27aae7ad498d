"""A model of one environment into another: checked on both sides, then a run of the receiver's own pipeline.

The person who promotes reads the sender's registry and starts the run; the archive itself is read by the role of the
receiver's jobs, which checks it against the digest that the sender's registry has had since the model was registered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Pipeline, Step, Store
from mlops_iac.core.errors import MlopsError, Problem, RunError, UsageError
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.lake import upload
from mlops_iac.runs.models import APPROVED, Model, get_card, get_model
from mlops_iac.runs.promoted import FORMAT, TOLD, origin_key, write_origin
from mlops_iac.runs.record import RunRecord, find_record
from mlops_iac.runs.run import Run
from mlops_iac.runs.start import start

KIND: Final = "fetch"
"""The kind of step that takes a model over."""


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What will be done."""

    sender: Environment
    receiver: Environment
    model: Model
    size: int
    """Bytes of the archive."""
    pipeline: Pipeline
    """The receiver's, which takes it over."""
    record: RunRecord | None = None
    """What the run that trained it was started with."""
    card: str | None = None

    @property
    def origin(self) -> str:
        return write_origin(self.sender.stack, self.model.registry, self.model.version, self.model.run)

    @property
    def asks(self) -> tuple[str, ...]:
        """Steps at which the receiver waits for a person."""
        return tuple(step.name for step in self.pipeline.steps if step.kind == "approval")

    def to_json(self) -> dict[str, Any]:
        model = self.model
        told = {"stack": self.sender.stack, "registry": model.registry, "version": model.version, "run": model.run}
        what = {"digest": model.digest, "bytes": self.size, "metrics": dict(model.metrics), "artifact": model.data}
        steps = [{"name": step.name, "kind": step.kind} for step in self.pipeline.steps]
        to = {"stack": self.receiver.stack, "pipeline": self.pipeline.name, "steps": steps, "asks": list(self.asks)}
        return {"from": {**told, **what}, "to": to}


def plan(
    sender: Environment,
    receiver: Environment,
    clients: Clients,
    version: str,
    *,
    registry: str | None = None,
) -> Promotion:
    """Choose the version and check everything that can be known before a run. ``clients`` are the sender's.

    Raises UsageError for two stacks that are one, RunError with every reason why the model cannot go there.
    """
    if sender.stack == receiver.stack:
        detail = f"`{sender.stack}` is both --from and --to."
        raise UsageError("A stack cannot promote to itself.", detail, hint="name two stacks.")
    if faults := [*_fit(sender, receiver)]:
        raise RunError.of(faults)
    model = get_model(sender, clients, version, registry=registry)
    pipeline = _taking(receiver)
    assert pipeline is not None
    record = find_record(sender, clients, model.run) if model.run else None
    if faults := [*_fitness(sender, receiver, pipeline, model, record)]:
        raise RunError.of(faults)
    size = _measure(sender, clients, model)
    return Promotion(
        sender=sender,
        receiver=receiver,
        model=model,
        size=size,
        pipeline=pipeline,
        record=record,
        card=_card(sender, clients, model),
    )


def promote(promotion: Promotion, clients: Clients, root: Path, parameters: dict[str, Any] | None = None) -> Run:
    """Start the receiver's run with its own code and data. ``clients`` are the receiver's."""
    step = next(step for step in promotion.pipeline.steps if step.kind == KIND)
    told = _told(step, promotion)
    receiver = promotion.receiver
    run = start(receiver, clients, root, promotion.pipeline.name, {**(parameters or {}), **told})
    key = origin_key(receiver, run.id)
    body = {
        **promotion.to_json()["from"],
        "record": promotion.record.to_json() if promotion.record else None,
        "card": promotion.card,
    }
    upload(receiver, clients, key, json.dumps({"format": FORMAT, "told": body}, indent=1).encode())
    return run


def _told(step: Step, promotion: Promotion) -> dict[str, str]:
    """Parameter of the pipeline to its value."""
    model = promotion.model
    values = {"package": model.data, "digest": str(model.digest), "origin": promotion.origin}
    return {parameter: values[name] for name, parameter in step.facts[TOLD].items()}


def _taking(receiver: Environment) -> Pipeline | None:
    """The receiver's pipeline that takes models over."""
    for pipeline in receiver.pipelines.values():
        if any(step.kind == KIND for step in pipeline.steps):
            return pipeline
    return None


# Whether one may go to the other ------------------------------------------------------------------------------------

Fault = Callable[[str, str, str], Problem]


def _fault(summary: str, detail: str, hint: str) -> Problem:
    return Problem(summary=summary, detail=detail, hint=hint)


def _fit(sender: Environment, receiver: Environment) -> Iterator[Problem]:
    """What keeps any model of the one from the other."""
    if sender.blueprint != receiver.blueprint:
        yield _fault(
            "The stacks are of different blueprints.",
            f"{sender.stack} is of `{sender.blueprint}`, {receiver.stack} of `{receiver.blueprint}`: what serves and "
            "measures a model there is not what it was made for.",
            "promote between stacks of one blueprint.",
        )
        return
    if sender.region != receiver.region:
        yield _fault(
            "The stacks are in different regions.",
            f"{sender.stack} is in {sender.region}, {receiver.stack} in {receiver.region}; SageMaker's jobs read from "
            "buckets of their own region only.",
            "promote to a stack of the same region first.",
        )
    yield from _consent(receiver, sender, "from", "may take no models of")
    yield from _consent(sender, receiver, "to", "gives no models to")


def _consent(one: Environment, other: Environment, word: str, what: str) -> Iterator[Problem]:
    """Both say it in their stack files; what a stack says is in force since its last `up`."""
    partners = (one.promotion or {}).get(word, ())
    wanted = other.stack if other.account_id == one.account_id else f"{other.stack}@{other.account_id}"
    if wanted in partners or f"{other.stack}@{other.account_id}" in partners:
        return
    named = f"; `promotion.{word}` names: {', '.join(partners)}" if partners else ""
    yield _fault(
        "A promotion is not allowed.",
        f"{one.stack} {what} {wanted}{named}.",
        f"add `promotion: {{{word}: [{wanted}]}}` to the options in stacks/Pulumi.{one.stack}.yaml, then "
        f"`mlops-iac up {one.stack}`.",
    )


def _fitness(
    sender: Environment, receiver: Environment, pipeline: Pipeline, model: Model, record: RunRecord | None
) -> Iterator[Problem]:
    """What keeps this model."""
    name = f"Version {model.version} of {sender.stack}"
    if model.approval != APPROVED:
        yield _fault(
            "The model is not approved.",
            f"{name} is `{model.approval}` in its registry; what goes to {receiver.stack} is `{APPROVED}`.",
            f"promote another one: `mlops-iac models {sender.stack}` lists them.",
        )
    if model.digest is None:
        yield _fault(
            "The model has no digest.",
            f"{name} was registered without the SHA-256 of its archive, so nobody could tell whether it was changed.",
            f"`mlops-iac up {sender.stack}`, then run its training again: models have one from then on.",
        )
    made_by = record.framework if record else _framework(sender.pipelines.get("training", pipeline))
    if made_by != _framework(pipeline):
        yield _fault(
            "The framework is another one.",
            f"{name} was made with {made_by}; {receiver.stack} serves {_framework(pipeline)}.",
            "give both stacks the same `framework`, and `mlops-iac up` them.",
        )


def _framework(pipeline: Pipeline) -> str:
    return f"{pipeline.framework} {pipeline.framework_version}"


def _measure(sender: Environment, clients: Clients, model: Model) -> int:
    """Bytes of the archive. Raises RunError for one that is gone, or does not lie in the sender's own lake."""
    store, key = _place(sender, model)
    try:
        with calling("s3:HeadObject", model.data):
            return int(clients("s3").head_object(Bucket=store.bucket, Key=key)["ContentLength"])
    except MlopsError as error:
        if not is_missing(error):
            raise
        raise RunError(
            "The archive is gone.",
            f"Version {model.version} of {sender.stack} names {model.data}, and nothing is there.",
            hint="restore an earlier version of the object, or promote another model.",
        ) from error


def _place(sender: Environment, model: Model) -> tuple[Store, str]:
    place = urlsplit(model.data)
    for store in sender.stores.values():
        if store.bucket == place.netloc:
            return store, place.path.lstrip("/")
    raise RunError(
        "The archive lies elsewhere.",
        f"Version {model.version} of {sender.stack} names {model.data}, which is in none of its own stores.",
        hint="promote a model that a run registered.",
    )


def _card(sender: Environment, clients: Clients, model: Model) -> str | None:
    try:
        return get_card(sender, clients, model)
    except RunError:
        return None
