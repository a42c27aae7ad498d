"""Versions of models in an environment's registries: where they come from, how good they are, where they serve."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.core.evaluation import MOST_BYTES, read_numbers
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.calls import calling, found_or_missing, missing_is_nothing
from mlops_iac.runs.lake import Beginning, find_beginnings, find_content
from mlops_iac.runs.names import RUN_ID
from mlops_iac.runs.pages import pages
from mlops_iac.runs.promoted import Origin, read_origin
from mlops_iac.runs.run import time_text
from mlops_iac.runs.serving import NOWHERE, Behind, packages_behind

APPROVED: Final = "Approved"
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModelPackage.html (ModelApprovalStatus)"""

CARD: Final = "record/model_card.md"
"""Where a run's card lies in its own folder."""

MOST_CARD_BYTES: Final = 1024 * 1024

SERVING: Final = "serving"
"""Stands for the version that serves."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """One version."""

    version: int
    registry: str
    """By its name in the environment."""
    arn: str
    approval: str
    """Approved, PendingManualApproval or Rejected."""
    registered: datetime
    run: str | None = None
    """The run that registered it; None for one that somebody else put there."""
    code: str | None = None
    """Sha of the run's packed code."""
    image: str = ""
    data: str = ""
    """S3 URI of the model's artifact."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of its evaluation's file, while that lies in the lake."""
    serves: tuple[str, ...] = ()
    """Endpoints that it serves on now."""
    shadows: tuple[str, ...] = ()
    """Endpoints where it gets copies of requests, and its answers go nowhere."""
    digest: str | None = None
    """SHA-256 of the artifact when it was registered, in hex. None for one that was registered without."""
    origin: Origin | None = None
    """Where it was promoted from. None for one that was made here."""
    card: str | None = None
    """Status of its model card: Draft, PendingReview, Approved or Archived. None: it has none."""

    def to_json(self) -> dict[str, Any]:
        lists = {"serves": list(self.serves), "shadows": list(self.shadows)}
        return {**asdict(self), "registered": time_text(self.registered), **lists}


def list_models(
    environment: Environment, clients: Clients, *, registry: str | None = None, limit: int | None = None
) -> tuple[Model, ...]:
    """The latest versions of one registry, or of each, newest first. Raises UsageError for an unknown registry."""
    served = packages_behind(environment, clients)
    found = [
        model
        for name in ([_known(environment, registry)] if registry else environment.registries)
        for model in _read_latest(environment, clients, name, limit, served)
    ]
    return tuple(sorted(found, key=lambda one: one.registered, reverse=True)[:limit])


def get_model(environment: Environment, clients: Clients, version: str, *, registry: str | None = None) -> Model:
    """One version by its number; ``last`` is the newest, ``serving`` the one that serves.

    Raises RunError when there is none such, UsageError for what is no version.
    """
    name = the_registry(environment, registry)
    served = packages_behind(environment, clients)
    arn = _find_arn(environment, clients, name, version, served)
    return _read(environment, clients, name, arn, served)


def find_model_of_run(environment: Environment, clients: Clients, arn: str | None) -> Model | None:
    """The version that a run registered, by its ARN; None when it registered none, or it was deleted."""
    if arn is None:
        return None
    group = arn.split("/")[1]
    names = [name for name, one in environment.registries.items() if one.model_package_group == group]
    served = packages_behind(environment, clients)
    with missing_is_nothing("ValidationException"):
        return _read(environment, clients, names[0] if names else "", arn, served)
    return None


def the_registry(environment: Environment, registry: str | None) -> str:
    """The one that is named, or the only one. Raises UsageError when that is not said."""
    if registry is not None:
        return _known(environment, registry)
    if len(environment.registries) != 1:
        names = ", ".join(environment.registries) or "none"
        detail = f"{environment.stack} has these: {names}."
        raise UsageError("Which registry?", detail, hint="name one with --registry.")
    return next(iter(environment.registries))


def list_arns(environment: Environment, clients: Clients, registry: str, *, page: int = 100) -> Iterator[str]:
    """ARNs of a registry's versions, newest first; ``page`` are asked for at a time."""
    group = environment.registries[registry].model_package_group
    with missing_is_nothing(), calling("sagemaker:ListModelPackages", group):
        call = clients("sagemaker").list_model_packages
        order = {"SortBy": "CreationTime", "SortOrder": "Descending"}
        for item in pages(call, "ModelPackageSummaryList", ModelPackageGroupName=group, MaxResults=page, **order):
            yield item["ModelPackageArn"]


def get_card(environment: Environment, clients: Clients, model: Model) -> str:
    """The markdown that its run wrote. Raises RunError when it has none."""
    key = f"{environment.lake.zones['models']}{model.run}/{CARD}"
    content = find_content(environment.lake, clients, key, MOST_CARD_BYTES) if model.run else None
    if content is None:
        raise RunError(
            "No model card.",
            f"Version {model.version} of registry `{model.registry}` has no card in the lake: no run wrote one.",
            hint="models that a run registers from now on have one, after `mlops-iac up`.",
        )
    return content.decode(errors="replace")


def version_of(arn: str) -> int:
    """``arn:…:model-package/<group>/7`` is version 7."""
    return int(arn.rpartition("/")[2])


def _known(environment: Environment, registry: str) -> str:
    if registry not in environment.registries:
        detail = f"{environment.stack} has no registry `{registry}`; it has: {', '.join(environment.registries)}."
        raise UsageError("No such registry.", detail, hint=did_you_mean(registry, environment.registries))
    return registry


def _find_arn(
    environment: Environment, clients: Clients, registry: str, version: str, served: Mapping[str, Behind]
) -> str:
    if version == SERVING:
        return _the_served(environment, registry, served)
    if version == "last":
        for arn in list_arns(environment, clients, registry):
            return arn
        raise RunError(
            "No models yet.",
            f"No run of {environment.stack} has registered a model.",
            hint=f"mlops-iac run {environment.stack} --follow",
        )
    if not re.fullmatch(r"[1-9]\d{0,8}", version):
        detail = f"`{version}` is no version: write its number, `last`, or `{SERVING}`."
        raise UsageError("Not a version.", detail, hint=f"`mlops-iac models {environment.stack}` lists them.")
    group = environment.registries[registry].model_package_group
    head = f"arn:{_partition(environment)}:sagemaker:{environment.region}:{environment.account_id}"
    return f"{head}:model-package/{group}/{version}"


def _the_served(environment: Environment, registry: str, served: Mapping[str, Behind]) -> str:
    group = environment.registries[registry].model_package_group
    for arn, where in served.items():
        if where.serves and arn.split("/")[1] == group:
            return arn
    raise RunError(
        "Nothing is served yet.",
        f"No endpoint of {environment.stack} serves a model of registry `{registry}`.",
        hint=f"mlops-iac run {environment.stack} --follow",
    )


def _partition(environment: Environment) -> str:
    """``aws``, as the handles of the environment say that are ARNs; else as its region does."""
    parts = (one.handle.split(":") for one in environment.pipelines.values())
    by_region = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(environment.region.rsplit("-", 2)[0], "aws")
    return next((one[1] for one in parts if one[0] == "arn"), by_region)


def _read(environment: Environment, clients: Clients, registry: str, arn: str, served: Mapping[str, Behind]) -> Model:
    """Raises RunError when there is no such version."""
    for model in _read_all(environment, clients, registry, [arn], served):
        return model
    raise RunError(
        "No such version.",
        f"Registry `{registry}` of {environment.stack} has no version {version_of(arn)}.",
        hint=f"`mlops-iac models {environment.stack}` lists them.",
    )


def _read_latest(
    environment: Environment, clients: Clients, registry: str, limit: int | None, served: Mapping[str, Behind]
) -> Iterator[Model]:
    page = 100 if limit is None else min(limit, 100)
    arns = [*islice(list_arns(environment, clients, registry, page=page), limit)]
    return _read_all(environment, clients, registry, arns, served)


def _read_all(
    environment: Environment, clients: Clients, registry: str, arns: Sequence[str], served: Mapping[str, Behind]
) -> Iterator[Model]:
    """DescribeModelPackage, and the evaluation that it names, of each; without those that are gone."""
    answers = clients.many("sagemaker", "describe_model_package", [{"ModelPackageName": arn} for arn in arns])
    packages = {
        arn: found_or_missing(answer, "sagemaker:DescribeModelPackage", arn, "ValidationException")
        for arn, answer in zip(arns, answers, strict=True)
    }
    metrics = _read_metrics(environment, clients, {arn: one for arn, one in packages.items() if one})
    for arn, numbers in metrics.items():
        yield _model(registry, arn, packages[arn], numbers, served.get(arn, NOWHERE))


def _model(
    registry: str, arn: str, described: Mapping[str, Any], metrics: Mapping[str, float], behind: Behind
) -> Model:
    properties = described.get("CustomerMetadataProperties", {})
    container = (described.get("InferenceSpecification", {}).get("Containers") or [{}])[0]
    run = properties.get("run", "")
    return Model(
        version=version_of(arn),
        registry=registry,
        arn=arn,
        approval=described.get("ModelApprovalStatus", ""),
        registered=described["CreationTime"],
        run=run if RUN_ID.fullmatch(run) else None,
        code=properties.get("code"),
        image=container.get("Image", ""),
        data=container.get("ModelDataUrl", ""),
        digest=properties.get("digest"),
        origin=read_origin(properties.get("origin"), properties.get("digest")),
        metrics=metrics,
        serves=behind.serves,
        shadows=behind.shadows,
        card=described.get("ModelCard", {}).get("ModelCardStatus"),
    )


def _read_metrics(
    environment: Environment, clients: Clients, packages: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, float]]:
    """By the package's ARN, of files in the environment's own stores, and in no other."""
    places = {arn: _evaluation_of(described) for arn, described in packages.items()}
    found: dict[tuple[str, str], Beginning | None] = {}
    for store in {one.bucket: one for one in environment.stores.values()}.values():
        keys = (key for bucket, key in places.values() if bucket == store.bucket)
        for key, beginning in find_beginnings(store, clients, keys, MOST_BYTES).items():
            found[store.bucket, key] = beginning
    files = {arn: found.get(place) for arn, place in places.items()}
    return {arn: read_numbers(file.body if file else b"") for arn, file in files.items()}


def _evaluation_of(described: Mapping[str, Any]) -> tuple[str, str]:
    """Bucket and key of the file; empty where the package names none."""
    quality = described.get("ModelMetrics", {}).get("ModelQuality", {})
    place = urlsplit(quality.get("Statistics", {}).get("S3Uri", ""))
    return (place.netloc, place.path.lstrip("/")) if place.scheme == "s3" else ("", "")
